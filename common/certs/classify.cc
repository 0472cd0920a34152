#include "common/certs/classify.h"

#include <algorithm>
#include <utility>

namespace kortvakt {
namespace {

constexpr char kClientAuth[] = "1.3.6.1.5.5.7.3.2";           // RFC 5280, 4.2.1.12
constexpr char kAnyUsage[] = "2.5.29.37.0";                   // likewise
constexpr char kSmartcardLogon[] = "1.3.6.1.4.1.311.20.2.2";  // Microsoft
// Longest way to a root: CertificatePool's paths are no longer either.
constexpr int kMaxDepth = 8;

// Certificates with one key that are looked at; a CA has a handful.
constexpr size_t kMaxTwins = 16;

bool Contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

RecognisedCa Recognise(const CertificateFacts& facts, const CaCatalogue& catalogue, const CaDirectory& known,
                       int depth);

// Which catalogued CA the certificate with this fingerprint is.
RecognisedCa RecogniseFingerprint(const std::string& sha256, const CaCatalogue& catalogue,
                                  const CaDirectory& known, int depth) {
  if (const CataloguedCa* ca = catalogue.FindByFingerprint(sha256)) return {ca, CaMatch::kFingerprint};
  const CertificateFacts* facts = known.Find(sha256);
  if (facts == nullptr || depth <= 0) return {};
  return Recognise(*facts, catalogue, known, depth);
}

// Whether a certificate of `ca` is among `known`.
bool IsHere(const CataloguedCa& ca, const CaDirectory& known) {
  if (known.Find(ca.sha256) != nullptr) return true;
  const std::vector<const CertificateFacts*>& with_key = known.WithKey(ca.public_key_sha256);
  return std::any_of(with_key.begin(), with_key.end(),
                     [&ca](const CertificateFacts* one) { return one->subject == ca.subject; });
}

// What to make of a certificate whose issuer, by name `issuer`, was not verified. With
// the issuer's certificate at hand its signature was tried, and failed. Of several CAs of
// that name one that is not here may have signed it.
CaMatch MatchUnverified(const CataloguedCa& issuer, const CaCatalogue& catalogue, const CaDirectory& known) {
  const bool all_here =
      std::all_of(catalogue.cas().begin(), catalogue.cas().end(),
                  [&](const CataloguedCa& ca) { return ca.subject != issuer.subject || IsHere(ca, known); });
  return all_here ? CaMatch::kLookAlike : CaMatch::kNameOnly;
}

// How well `facts`, which bears the name of `ca`, matches it by its issuer.
CaMatch MatchByIssuer(const CertificateFacts& facts, const CataloguedCa& ca, const CaCatalogue& catalogue,
                      const CaDirectory& known, int depth) {
  if (!ca.subject_key_id.empty() && !facts.subject_key_id.empty() &&
      ca.subject_key_id != facts.subject_key_id) {
    return CaMatch::kLookAlike;
  }
  const CataloguedCa* issuer = catalogue.FindById(ca.issuer);
  if (issuer == nullptr || facts.issuer != issuer->subject) return CaMatch::kLookAlike;
  if (ca.role == CaRole::kRoot) return CaMatch::kNameOnly;
  if (facts.issuer_sha256.empty()) return MatchUnverified(*issuer, catalogue, known);
  const RecognisedCa verified = RecogniseFingerprint(facts.issuer_sha256, catalogue, known, depth - 1);
  switch (verified.match) {
    case CaMatch::kFingerprint:
    case CaMatch::kVerifiedToRoot:
      // A renewed root of another key has an entry, and an id, of its own.
      return verified.ca->subject == issuer->subject ? CaMatch::kVerifiedToRoot : CaMatch::kLookAlike;
    case CaMatch::kLookAlike:
      return CaMatch::kLookAlike;
    case CaMatch::kNameOnly:
    case CaMatch::kNone:
      // The verified issuer is itself known by name only, or is not described here.
      return CaMatch::kNameOnly;
  }
  return CaMatch::kNameOnly;
}

// Whether `facts` was found to have signed a CA that the catalogue says `ca` issued.
bool HasSignedCatalogued(const CertificateFacts& facts, const CataloguedCa& ca, const CaCatalogue& catalogue,
                         const CaDirectory& known) {
  return std::any_of(catalogue.cas().begin(), catalogue.cas().end(), [&](const CataloguedCa& below) {
    if (below.issuer != ca.id || below.id == ca.id || below.sha256.empty()) return false;
    const CertificateFacts* signed_by_it = known.Find(below.sha256);
    return signed_by_it != nullptr && signed_by_it->issuer_sha256 == facts.sha256;
  });
}

// How well `facts`, which bears the name of `ca` but not its fingerprint, matches it: by
// its key; where the catalogue has none, by its issuer and what it issued.
CaMatch MatchByName(const CertificateFacts& facts, const CataloguedCa& ca, const CaCatalogue& catalogue,
                    const CaDirectory& known, int depth) {
  if (!ca.public_key_sha256.empty() && !facts.public_key_sha256.empty()) {
    return ca.public_key_sha256 == facts.public_key_sha256 ? CaMatch::kVerifiedToRoot : CaMatch::kLookAlike;
  }
  const CaMatch by_issuer = MatchByIssuer(facts, ca, catalogue, known, depth);
  if (ca.sha256.empty()) return by_issuer;
  // Another certificate than the one that the catalogue has: its key is the same where it signed a
  // CA that the catalogue has by its certificate. A key id alone proves nothing, for it can be copied.
  if (HasSignedCatalogued(facts, ca, catalogue, known)) return CaMatch::kVerifiedToRoot;
  if (by_issuer != CaMatch::kVerifiedToRoot) return CaMatch::kLookAlike;
  // Signed by the right CA above. Without a key id a new key cannot be told from the old one.
  return !ca.subject_key_id.empty() && ca.subject_key_id == facts.subject_key_id ? CaMatch::kVerifiedToRoot
                                                                                 : CaMatch::kNameOnly;
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

// By fingerprint, else by name and what goes with it.
RecognisedCa RecogniseAlone(const CertificateFacts& facts, const CaCatalogue& catalogue,
                            const CaDirectory& known, int depth) {
  if (const CataloguedCa* ca = catalogue.FindByFingerprint(facts.sha256)) return {ca, CaMatch::kFingerprint};
  RecognisedCa best;
  for (const CataloguedCa& ca : catalogue.cas()) {
    if (ca.subject != facts.subject) continue;
    const CaMatch match = MatchByName(facts, ca, catalogue, known, depth);
    if (Certainty(match) > Certainty(best.match)) best = {&ca, match};
  }
  return best;
}

RecognisedCa Recognise(const CertificateFacts& facts, const CaCatalogue& catalogue, const CaDirectory& known,
                       int depth) {
  RecognisedCa best = RecogniseAlone(facts, catalogue, known, depth);
  if (best.match != CaMatch::kNameOnly && best.match != CaMatch::kLookAlike) return best;
  size_t looked_at = 0;
  for (const CertificateFacts* twin : known.WithKey(facts.public_key_sha256)) {
    if (twin->subject != facts.subject || twin->sha256 == facts.sha256) continue;
    if (++looked_at > kMaxTwins) break;
    const RecognisedCa same = RecogniseAlone(*twin, catalogue, known, depth - 1);
    if (same.match == CaMatch::kFingerprint || same.match == CaMatch::kVerifiedToRoot) {
      return {same.ca, CaMatch::kVerifiedToRoot};
    }
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

CaDirectory::CaDirectory(std::vector<const CertificateFacts*> cas) : cas_(std::move(cas)) {
  for (const CertificateFacts* ca : cas_) {
    const bool is_new = by_fingerprint_.emplace(ca->sha256, ca).second;
    if (is_new && !ca->public_key_sha256.empty()) by_key_[ca->public_key_sha256].push_back(ca);
  }
}

const CertificateFacts* CaDirectory::Find(std::string_view sha256) const {
  const auto found = by_fingerprint_.find(sha256);
  return found == by_fingerprint_.end() ? nullptr : found->second;
}

const std::vector<const CertificateFacts*>& CaDirectory::WithKey(std::string_view public_key_sha256) const {
  static const std::vector<const CertificateFacts*> kNone;
  const auto found = by_key_.find(public_key_sha256);
  return found == by_key_.end() ? kNone : found->second;
}

RecognisedCa RecogniseCa(const CertificateFacts& facts, const CaCatalogue& catalogue,
                         const CaDirectory& known) {
  return Recognise(facts, catalogue, known, kMaxDepth);
}

const RecognisedCa& CaRecogniser::Of(const CertificateFacts& facts) {
  const auto [place, is_new] = recognised_.try_emplace(facts.sha256);
  if (is_new) place->second = RecogniseCa(facts, catalogue_, known_);
  return place->second;
}

RecognisedCa RecogniseIssuer(const CertificateFacts& facts, const CaCatalogue& catalogue,
                             const CaDirectory& known) {
  RecognisedCa best;
  bool described = false;
  const auto consider = [&](const std::string& sha256) {
    if (catalogue.FindByFingerprint(sha256) == nullptr && known.Find(sha256) == nullptr) return;
    described = true;
    const RecognisedCa issuer = RecogniseFingerprint(sha256, catalogue, known, kMaxDepth);
    if (Certainty(issuer.match) > Certainty(best.match)) best = issuer;
  };
  consider(facts.issuer_sha256);
  for (const CertificatePath& path : facts.paths) consider(path.front());
  if (described) return best;
  const CataloguedCa* ca = catalogue.FindBySubject(facts.issuer);
  return ca == nullptr ? RecognisedCa{} : RecognisedCa{ca, CaMatch::kNameOnly};
}

void Classify(CertificateFacts& facts, const CaCatalogue& catalogue, const CaDirectory& known) {
  const RecognisedCa issuer = RecogniseIssuer(facts, catalogue, known);
  SetLoa(facts, catalogue, issuer);
  facts.purpose = PurposeOf(facts, catalogue, issuer);
}

}  // namespace kortvakt
