// What a certificate is, by the catalogue: pure functions, used at the edge for
// the snapshot and again when judging.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/certs/ca_catalogue.h"
#include "common/certs/certificate_facts.h"

namespace kortvakt {

// How sure it is that a CA certificate, or a certificate's issuer, is the
// catalogued one.
enum class CaMatch {
  kNone,
  kFingerprint,     // SHA-256 is the catalogue's
  kVerifiedToRoot,  // subject is the catalogue's, no fingerprint known, and its verified issuer
                    // is a root (or CA) that matches; or it has the name and the key of the
                    // catalogue, or of a certificate that matches (renewed, cross-signed: the
                    // same CA). Where the catalogue has a fingerprint and no key: it signed a CA
                    // that the catalogue has by fingerprint, or has the key id and such an issuer
  kNameOnly,        // only the name agrees: nothing verified; or another fingerprint, no key id is
                    // known, but its verified issuer matches
  kLookAlike,       // the name agrees, but the catalogue's key does not; where no key is known, its
                    // fingerprint, and neither issuer nor what it issued says that it is the same
                    // CA; where no fingerprint is known either, its issuer: another one was verified,
                    // or the catalogue's is here and did not sign it
};

// CA certificates of a workstation, to be looked up. What the pointers point to must
// outlive it, unchanged but for what Classify sets.
class CaDirectory {
 public:
  CaDirectory() = default;
  // Not explicit: wherever a directory is asked for, the certificates will do.
  CaDirectory(std::vector<const CertificateFacts*> cas);  // NOLINT(google-explicit-constructor)

  // In the order in which they were given.
  const std::vector<const CertificateFacts*>& cas() const { return cas_; }
  // Null: not here.
  const CertificateFacts* Find(std::string_view sha256) const;
  // Those with this key; none for a key that is not known ("").
  const std::vector<const CertificateFacts*>& WithKey(std::string_view public_key_sha256) const;

 private:
  std::vector<const CertificateFacts*> cas_;
  std::unordered_map<std::string_view, const CertificateFacts*> by_fingerprint_;
  std::unordered_map<std::string_view, std::vector<const CertificateFacts*>> by_key_;
};

struct RecognisedCa {
  const CataloguedCa* ca = nullptr;  // null with kNone
  CaMatch match = CaMatch::kNone;
};

// Which catalogued CA the CA certificate `facts` is. `known` are facts of CA
// certificates of the workstation, among which issuer_sha256 is looked up.
RecognisedCa RecogniseCa(const CertificateFacts& facts, const CaCatalogue& catalogue,
                         const CaDirectory& known);

// RecogniseCa, done once for each certificate. Not thread-safe.
class CaRecogniser {
 public:
  // Both must outlive it.
  CaRecogniser(const CaCatalogue& catalogue, const CaDirectory& known)
      : catalogue_(catalogue), known_(known) {}
  const CaCatalogue& catalogue() const { return catalogue_; }
  const CaDirectory& known() const { return known_; }
  // `facts` must outlive it too.
  const RecognisedCa& Of(const CertificateFacts& facts);

 private:
  const CaCatalogue& catalogue_;
  const CaDirectory& known_;
  std::unordered_map<std::string_view, RecognisedCa> recognised_;  // by fingerprint
};

// Which catalogued CA issued `facts`: by issuer_sha256, and the first of each of its
// paths, found in `known` or in the catalogue, of several the surest; else by name
// (kNameOnly).
RecognisedCa RecogniseIssuer(const CertificateFacts& facts, const CaCatalogue& catalogue,
                             const CaDirectory& known);

// Sets loa, loa_basis and purpose of `facts`.
//
// LoA: a policy OID the catalogue knows; else the verified issuer's; else the
// issuer's by name; else kUnknown. Of several such OIDs the lowest. CA certificates
// and certificates of function CAs: kNotApplicable. Of a look-alike's: kUnknown.
// Purpose: CA certificate: authority; issuer or policy for transport: transport;
// digitalSignature (or no keyUsage but EKU clientAuth) and, where there is an
// EKU, one of clientAuth, smartcardLogon, any: authentication; nonRepudiation
// without digitalSignature: signature; else other.
void Classify(CertificateFacts& facts, const CaCatalogue& catalogue, const CaDirectory& known);

}  // namespace kortvakt
