// What a certificate is, by the catalogue: pure functions, used at the edge for
// the snapshot and again when judging.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/certs/ca_catalogue.h"
#include "common/certs/certificate_facts.h"

namespace kortvakt {

// How sure it is that a CA certificate, or a certificate's issuer, is the
// catalogued one.
enum class CaMatch {
  kNone,
  kFingerprint,      // SHA-256 is the catalogue's
  kVerifiedToRoot,   // subject is the catalogue's, no fingerprint known, and its verified issuer
                     // is a root (or CA) that matches by fingerprint
  kNameOnly,         // only the name agrees: nothing verified
  kLookAlike,        // the name agrees, but the catalogue's fingerprint or verified issuer does not
};

struct RecognisedCa {
  const CataloguedCa* ca = nullptr;  // null with kNone
  CaMatch match = CaMatch::kNone;
};

// Which catalogued CA the CA certificate `facts` is. `known` are facts of CA
// certificates of the workstation, among which issuer_sha256 is looked up.
RecognisedCa RecogniseCa(const CertificateFacts& facts, const CaCatalogue& catalogue,
                         const std::vector<const CertificateFacts*>& known);

// Which catalogued CA issued `facts`: by issuer_sha256 found in `known` or in the
// catalogue, else by name (kNameOnly).
RecognisedCa RecogniseIssuer(const CertificateFacts& facts, const CaCatalogue& catalogue,
                             const std::vector<const CertificateFacts*>& known);

// Sets loa, loa_basis and purpose of `facts`.
//
// LoA: a policy OID the catalogue knows; else the verified issuer's; else the
// issuer's by name; else kUnknown. Of several such OIDs the lowest. CA certificates
// and certificates of function CAs: kNotApplicable. Of a look-alike's: kUnknown.
// Purpose: CA certificate: authority; issuer or policy for transport: transport;
// digitalSignature (or no keyUsage but EKU clientAuth) and, where there is an
// EKU, one of clientAuth, smartcardLogon, any: authentication; nonRepudiation
// without digitalSignature: signature; else other.
void Classify(CertificateFacts& facts, const CaCatalogue& catalogue,
              const std::vector<const CertificateFacts*>& known);

}  // namespace kortvakt
