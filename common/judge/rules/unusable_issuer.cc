#include "common/judge/rules/unusable_issuer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/judge/rules/other_card.h"
#include "common/judge/rules/usable_login.h"
#include "common/judge/seconds.h"
#include "common/judge/words.h"

namespace kortvakt {

void FindUnusableIssuers(const Facts& facts, const UnusableIssuer& rule, std::vector<Finding>& findings) {
  const Language language = facts.language();
  for (const CardView& view : facts.cards) {
    std::vector<std::string> names;
    const CertificateFacts* first = nullptr;
    bool usable = false;
    for (const size_t index : view.sorted.persons) {
      const CertificateFacts& certificate = view.certificate(index);
      if (certificate.purpose != Purpose::kAuthentication) continue;
      if (ValidityAt(certificate, facts.now) != Validity::kValid) continue;
      const CataloguedCa& ca = *view.sorted.issuers[index].ca;
      if (!rule.refused(ca, facts.c.policy)) {
        usable |= IsUsable(facts, view, index);
        continue;
      }
      if (first == nullptr) first = &certificate;
      names.push_back(absl::StrCat(CertificateName(certificate, language), ": ",
                                   rule.evidence(ca, facts.c.policy, language)));
    }
    if (first == nullptr) continue;
    Finding finding = NewFinding(rule.code, view, language);
    finding.certificate_sha256 = first->sha256;
    finding.evidence = ListText(names, 4, language);
    finding.remedy = rule.remedy(facts.c.policy, language);
    if (usable) {
      finding.severity = Severity::kWarning;
      finding.evidence += Say(language, "; another login certificate on the card can be used",
                              "; ett annat inloggningscertifikat på kortet går att använda");
    } else {
      LowerForOtherCard(facts, view, finding);
    }
    findings.push_back(std::move(finding));
  }
}

}  // namespace kortvakt
