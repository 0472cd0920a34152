#include <utility>

#include "absl/strings/substitute.h"
#include "common/judge/rules/rules.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

bool IsLevel(Loa loa) { return loa == Loa::k2 || loa == Loa::k3; }

// The lowest level that the certificate's policies name; kUnknown: none.
Loa PolicyLoa(const CertificateFacts& certificate, const CaCatalogue& catalogue) {
  Loa lowest = Loa::kUnknown;
  for (const std::string& oid : certificate.policy_oids) {
    const CataloguedPolicy* policy = catalogue.FindPolicy(oid);
    if (policy == nullptr || !IsLevel(policy->loa)) continue;
    if (lowest == Loa::kUnknown || policy->loa == Loa::k2) lowest = policy->loa;
  }
  return lowest;
}

// LOA_CONTRADICTION: a certificate's policy and its verified issuer stand for
// different levels. One of the two is wrong in the catalogue, or the card is; what
// a service goes by cannot be known here.
class LoaContradiction final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kLoaContradiction; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    const Language language = facts.language();
    for (const CardView& view : facts.cards) {
      for (const size_t index : view.sorted.persons) {
        const CertificateFacts& certificate = view.certificate(index);
        const RecognisedCa& issuer = view.sorted.issuers[index];
        const bool verified =
            issuer.match == CaMatch::kFingerprint || issuer.match == CaMatch::kVerifiedToRoot;
        const Loa policy = PolicyLoa(certificate, facts.c.catalogue);
        if (!verified || !IsLevel(policy) || !IsLevel(issuer.ca->loa) || policy == issuer.ca->loa) continue;
        Finding finding = NewFinding(code(), view, language);
        finding.certificate_sha256 = certificate.sha256;
        finding.ca = issuer.ca->id;
        finding.evidence = absl::Substitute(Say(language, "$0: its policy stands for $1, its issuer for $2",
                                                "$0: dess policy står för $1, dess utfärdare för $2"),
                                            CertificateName(certificate, language), LoaText(policy, language),
                                            LoaText(issuer.ca->loa, language));
        finding.remedy =
            Say(language,
                "See which of the two is right, with the card's issuer, and correct it in your own CA "
                "catalogue file (the agent's and the collector's `catalogue`). Until then the policy "
                "counts.",
                "Ta reda på vilken av de två som stämmer, hos kortets utfärdare, och rätta det i er "
                "egen katalogfil (`catalogue` hos agenten och insamlaren). Till dess gäller "
                "policyn.");
        findings.push_back(std::move(finding));
        break;  // one a card: its certificates are of one issue
      }
    }
  }
};

}  // namespace

const Rule& LoaContradictionRule() {
  static const LoaContradiction rule;
  return rule;
}

}  // namespace kortvakt
