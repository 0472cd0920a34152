// Why nobody was asked whether a certificate is revoked.
#pragma once

#include <map>
#include <string>

namespace kortvakt {

enum class NotAsked {
  kEnded,          // it has ended
  kNoAddress,      // it names no server
  kNoIssuer,       // its issuer's certificate is neither on the workstation nor on the card
  kNoKnownRoot,    // no path leads from it to a current root that the catalogue knows
  kNotHandedOver,  // the running agent has its issuer's certificate, but did not hand it over
  kTooMany,        // more than are asked about
  kNoTime,         // the time was used up
  kFailed,         // a failure of our own, which was told before
};

// By SHA-256 of the certificate.
using NotAskedCertificates = std::map<std::string, NotAsked>;

}  // namespace kortvakt
