#include "common/certs/classify.h"

#include <algorithm>

namespace kortvakt {
namespace {

constexpr char kClientAuth[] = "1.3.6.1.5.5.7.3.2";           // RFC 5280, 4.2.1.12
constexpr char kAnyUsage[] = "2.5.29.37.0";                   // likewise
constexpr char kSmartcardLogon[] = "1.3.6.1.4.1.311.20.2.2";  // Microsoft
// Longest way to a root: CertificatePool's paths are no longer either.
constexpr int kMaxDepth = 8;

using KnownCertificates = std::vector<const CertificateFacts*>;

bool Contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

const CertificateFacts* FindKnown(const KnownCertificates& known, const std::string& sha256) {
  const auto found = std::find_if(known.begin(), known.end(),
                                  [&](const CertificateFacts* facts) { return facts->sha256 == sha256; });
  return found == known.end() ? nullptr : *found;
}

RecognisedCa Recognise(const CertificateFacts& facts, const CaCatalogue& catalogue,
                       const KnownCertificates& known, int depth);

// Which catalogued CA the certificate with this fingerprint is.
RecognisedCa RecogniseFingerprint(const std::string& sha256, const CaCatalogue& catalogue,
                                  const KnownCertificates& known, int depth) {
  if (const CataloguedCa* ca = catalogue.FindByFingerprint(sha256)) return {ca, CaMatch::kFingerprint};
  const CertificateFacts* facts = FindKnown(known, sha256);
  if (facts == nullptr || depth <= 0) return {};
  return Recognise(*facts, catalogue, known, depth);
}

// How well `facts`, which bears the name of `ca`, matches it without a fingerprint.
CaMatch MatchByIssuer(const CertificateFacts& facts, const CataloguedCa& ca, const CaCatalogue& catalogue,
                      const KnownCertificates& known, int depth) {
  if (!ca.sha256.empty()) return CaMatch::kLookAlike;
  if (!ca.subject_key_id.empty() && !facts.subject_key_id.empty() &&
      ca.subject_key_id != facts.subject_key_id) {
    return CaMatch::kLookAlike;
  }
  const CataloguedCa* issuer = catalogue.FindById(ca.issuer);
  if (issuer == nullptr || facts.issuer != issuer->subject) return CaMatch::kLookAlike;
  if (ca.role == CaRole::kRoot || facts.issuer_sha256.empty()) return CaMatch::kNameOnly;
  const RecognisedCa verified = RecogniseFingerprint(facts.issuer_sha256, catalogue, known, depth - 1);
  switch (verified.match) {
    case CaMatch::kFingerprint:
    case CaMatch::kVerifiedToRoot:
      return verified.ca == issuer ? CaMatch::kVerifiedToRoot : CaMatch::kLookAlike;
    case CaMatch::kLookAlike:
      return CaMatch::kLookAlike;
    case CaMatch::kNameOnly:
    case CaMatch::kNone:
      // The verified issuer is itself known by name only, or is not described here.
      return CaMatch::kNameOnly;
  }
  return CaMatch::kNameOnly;
}

int Certainty(CaMatch match) {
  switch (match) {
    case CaMatch::kFingerprint:
      return 4;
    case CaMatch::kVerifiedToRoot:
      return 3;
    case CaMatch::kNameOnly:
      return 2;
    case CaMatch::kLookAlike:
      return 1;
    case CaMatch::kNone:
      return 0;
  }
  return 0;
}

RecognisedCa Recognise(const CertificateFacts& facts, const CaCatalogue& catalogue,
                       const KnownCertificates& known, int depth) {
  if (const CataloguedCa* ca = catalogue.FindByFingerprint(facts.sha256)) return {ca, CaMatch::kFingerprint};
  RecognisedCa best;
  for (const CataloguedCa& ca : catalogue.cas()) {
    if (ca.subject != facts.subject) continue;
    const CaMatch match = MatchByIssuer(facts, ca, catalogue, known, depth);
    if (Certainty(match) > Certainty(best.match)) best = {&ca, match};
  }
  return best;
}

Loa LoaOfPolicies(const CertificateFacts& facts, const CaCatalogue& catalogue) {
  // Two levels in one certificate: the one that is safe to rely on.
  for (const Loa loa : {Loa::k2, Loa::k3, Loa::kNotApplicable}) {
    for (const std::string& oid : facts.policy_oids) {
      const CataloguedPolicy* policy = catalogue.FindPolicy(oid);
      if (policy != nullptr && policy->loa == loa) return loa;
    }
  }
  return Loa::kUnknown;
}

void SetLoa(CertificateFacts& facts, const CaCatalogue& catalogue, const RecognisedCa& issuer) {
  facts.loa = Loa::kUnknown;
  facts.loa_basis = LoaBasis::kNone;
  if (facts.is_ca || (issuer.ca != nullptr && issuer.ca->issues == CaIssues::kFunctions)) {
    facts.loa = Loa::kNotApplicable;
    return;
  }
  // An impostor's policies say nothing.
  if (issuer.match == CaMatch::kLookAlike) return;
  if (const Loa loa = LoaOfPolicies(facts, catalogue); loa != Loa::kUnknown) {
    facts.loa = loa;
    if (loa != Loa::kNotApplicable) facts.loa_basis = LoaBasis::kPolicy;
    return;
  }
  if (issuer.ca == nullptr) return;
  facts.loa = issuer.ca->loa;
  if (facts.loa == Loa::k2 || facts.loa == Loa::k3) {
    facts.loa_basis = issuer.match == CaMatch::kNameOnly ? LoaBasis::kIssuerName : LoaBasis::kVerifiedIssuer;
  }
}

bool IsForTransport(const CertificateFacts& facts, const CaCatalogue& catalogue, const RecognisedCa& issuer) {
  if (issuer.ca != nullptr && issuer.ca->issues == CaIssues::kTransport) return true;
  return std::any_of(facts.policy_oids.begin(), facts.policy_oids.end(), [&](const std::string& oid) {
    const CataloguedPolicy* policy = catalogue.FindPolicy(oid);
    return policy != nullptr && policy->purpose == Purpose::kTransport;
  });
}

Purpose PurposeOf(const CertificateFacts& facts, const CaCatalogue& catalogue, const RecognisedCa& issuer) {
  if (facts.is_ca) return Purpose::kAuthority;
  if (IsForTransport(facts, catalogue, issuer)) return Purpose::kTransport;
  const std::vector<std::string>& extended = facts.extended_key_usages;
  const bool may_sign_in =
      Contains(extended, kClientAuth) || Contains(extended, kSmartcardLogon) || Contains(extended, kAnyUsage);
  if (Contains(facts.key_usages, "digitalSignature")) {
    return extended.empty() || may_sign_in ? Purpose::kAuthentication : Purpose::kOther;
  }
  if (facts.key_usages.empty()) {
    return Contains(extended, kClientAuth) ? Purpose::kAuthentication : Purpose::kOther;
  }
  return Contains(facts.key_usages, "nonRepudiation") ? Purpose::kSignature : Purpose::kOther;
}

}  // namespace

RecognisedCa RecogniseCa(const CertificateFacts& facts, const CaCatalogue& catalogue,
                         const KnownCertificates& known) {
  return Recognise(facts, catalogue, known, kMaxDepth);
}

RecognisedCa RecogniseIssuer(const CertificateFacts& facts, const CaCatalogue& catalogue,
                             const KnownCertificates& known) {
  if (!facts.issuer_sha256.empty()) {
    if (catalogue.FindByFingerprint(facts.issuer_sha256) != nullptr ||
        FindKnown(known, facts.issuer_sha256) != nullptr) {
      return RecogniseFingerprint(facts.issuer_sha256, catalogue, known, kMaxDepth);
    }
  }
  const CataloguedCa* ca = catalogue.FindBySubject(facts.issuer);
  return ca == nullptr ? RecognisedCa{} : RecognisedCa{ca, CaMatch::kNameOnly};
}

void Classify(CertificateFacts& facts, const CaCatalogue& catalogue, const KnownCertificates& known) {
  const RecognisedCa issuer = RecogniseIssuer(facts, catalogue, known);
  SetLoa(facts, catalogue, issuer);
  facts.purpose = PurposeOf(facts, catalogue, issuer);
}

}  // namespace kortvakt
