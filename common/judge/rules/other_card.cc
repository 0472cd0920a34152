#include "common/judge/rules/other_card.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "common/judge/revocation_view.h"
#include "common/judge/rules/card_kind.h"
#include "common/judge/rules/cert_dates.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

bool CanLogIn(const Facts& facts, const CardView& view) {
  return std::any_of(view.sorted.persons.begin(), view.sorted.persons.end(), [&](size_t index) {
    const CertificateFacts& certificate = view.certificate(index);
    if (!IsLogin(certificate) || certificate.key_presence == KeyPresence::kAbsent) return false;
    if (ValidityAt(certificate, facts.now) != Validity::kValid) return false;
    const CataloguedCa& ca = *view.sorted.issuers[index].ca;
    if (ca.state != CaState::kCurrent || ca.environment != facts.c.policy.environment) return false;
    const RevocationCheck* check = RevocationOf(facts.c.snapshot, certificate);
    return check == nullptr || check->status != RevocationStatus::kRevoked;
  });
}

}  // namespace

const CardView* OtherCardToLogInWith(const Facts& facts, const CardView& view) {
  const auto other = std::find_if(facts.cards.begin(), facts.cards.end(), [&](const CardView& one) {
    return one.card != view.card && CanLogIn(facts, one);
  });
  return other == facts.cards.end() ? nullptr : &*other;
}

void LowerForOtherCard(const Facts& facts, const CardView& view, Finding& finding) {
  const CardView* other = OtherCardToLogInWith(facts, view);
  if (other == nullptr) return;
  const Language language = facts.language();
  Lower(Severity::kWarning, Say(language, "another card here can log in", "ett annat kort här kan logga in"),
        finding);
  finding.remedy = absl::StrCat(
      absl::Substitute(
          Say(language, "Take out $0, unless it is the one to log in with: $1 can log in. If it is: ",
              "Ta ut $0, om det inte är det som ska användas: $1 kan logga in. Om det är det: "),
          CardName(*view.reader, *view.card, language), CardName(*other->reader, *other->card, language)),
      finding.remedy);
  finding.fixed_by = FixedBy::kUser;
}

}  // namespace kortvakt
