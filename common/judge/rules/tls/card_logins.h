// The login certificates of the cards that are here, as a server's question for a
// client certificate meets them.
#pragma once

#include <string>
#include <vector>

#include "common/judge/rule.h"

namespace kortvakt {

// A login certificate that is valid now, with the names that a server may list to have
// it offered (RFC 8446, 4.2.4). Pointers into the facts.
struct CardLogin {
  const CardView* view = nullptr;
  const CertificateFacts* certificate = nullptr;
  // Its issuer's name, and those of the issuers above on all its paths as far as one of the
  // browsers here has their certificates, or where none is known, any store: what a browser
  // on this workstation can match.
  std::vector<std::string> names;
  bool chain_complete = false;  // up to a self-signed certificate, in one browser
  // Names above those, by the other stores and the catalogue: what a browser could match if
  // it had the certificates that are missing.
  std::vector<std::string> names_beyond;
  // Name of the first certificate that is not there, on the way that gets furthest; empty:
  // none is missing.
  std::string missing;
};

std::vector<CardLogin> CardLogins(const Facts& facts);

// Whether `names` holds `name`; case and runs of spaces do not count (RFC 5280, 7.1).
bool HoldsName(const std::vector<std::string>& names, const std::string& name);

}  // namespace kortvakt
