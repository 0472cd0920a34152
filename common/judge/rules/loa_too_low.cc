#include <algorithm>
#include <utility>

#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/judge/remedy.h"
#include "common/judge/rules/other_card.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/usable_login.h"
#include "common/judge/seconds.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// The valid login certificate of level 2 that ends last; there is one when the
// card's level is 2.
const CertificateFacts* Best(const CardView& view, int64_t now) {
  const CertificateFacts* best = nullptr;
  for (const CertificateFacts& certificate : view.card->certificates) {
    if (certificate.purpose != Purpose::kAuthentication || certificate.loa != Loa::k2) continue;
    if (ValidityAt(certificate, now) != Validity::kValid) continue;
    if (best == nullptr || best->not_after < certificate.not_after) best = &certificate;
  }
  return best;
}

// The first card here whose level will do and that can log in; null: none.
const CardView* OtherWithLoa3(const Facts& facts, const CardView& view) {
  const auto other = std::find_if(facts.cards.begin(), facts.cards.end(), [&](const CardView& one) {
    return &one != &view && CardLoa(*one.card, facts.c.now) == Loa::k3 && CanLogIn(facts, one);
  });
  return other == facts.cards.end() ? nullptr : &*other;
}

// LOA_TOO_LOW: the highest level of the card's valid login certificates is known and
// below the policy's. Services compare levels one by one, so some logins still work.
class LoaTooLow final : public ValidityRule {
 public:
  FindingCode code() const override { return FindingCode::kLoaTooLow; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    for (const CardView& view : facts.cards) {
      if (facts.c.policy.required_loa != Loa::k3 || CardLoa(*view.card, facts.c.now) != Loa::k2) continue;
      Finding finding = NewFinding(code(), view, facts.language());
      const CertificateFacts& best = *Best(view, facts.now);
      finding.certificate_sha256 = best.sha256;
      finding.evidence = absl::Substitute(
          Say(facts.language(), "$0: $1; needed here: $2", "$0: $1; krävs här: $2"),
          CertificateName(best, facts.language()), LoaText(best.loa, best.loa_basis, facts.language()),
          LoaText(facts.c.policy.required_loa, facts.language()));
      finding.remedy = Say(facts.language(),
                           "Use a card with LoA 3: an ordinary card, or a reserve card issued by two "
                           "administrators against a Swedish "
                           "identity document. Until then, services that need LoA 3 answer \"Non-matching "
                           "Levels of Assurance\".",
                           "Använd ett kort med LoA 3: ett ordinarie kort, eller ett reservkort utfärdat av "
                           "två administratörer mot "
                           "svensk id-handling. Tills dess svarar tjänster som kräver LoA 3 \"Non-matching "
                           "Levels of Assurance\".");
      const std::string contact = ContactFor(facts.c.policy, best.organisation);
      if (!contact.empty()) {
        finding.remedy += Say(facts.language(), " Card office: ", " Kortkontor: ") + CleanText(contact, 500);
      }
      if (const CardView* other = OtherWithLoa3(facts, view); other != nullptr) {
        AdviseOtherCard(facts, view, *other, finding);
      }
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& LoaTooLowRule() {
  static const LoaTooLow rule;
  return rule;
}

}  // namespace kortvakt
