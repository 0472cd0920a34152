#include <algorithm>
#include <utility>

#include "absl/strings/substitute.h"
#include "common/judge/detail_text.h"
#include "common/judge/rules/other_card.h"
#include "common/judge/rules/rules.h"
#include "common/judge/seconds.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

bool HasValidLogin(const CardView& view, int64_t now) {
  return std::any_of(view.sorted.persons.begin(), view.sorted.persons.end(), [&](size_t index) {
    const CertificateFacts& certificate = view.certificate(index);
    return certificate.purpose == Purpose::kAuthentication &&
           ValidityAt(certificate, now) == Validity::kValid;
  });
}

// CARD_UNREADABLE: the reading ended in an error, or some certificates could not be
// read. For information only where a login certificate that is valid was read.
class CardUnreadable final : public ValidityRule {
 public:
  FindingCode code() const override { return FindingCode::kCardUnreadable; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    for (const CardView& view : facts.cards) {
      const CardFacts& card = *view.card;
      if (card.state != CardState::kUnreadable && card.unreadable_certificates == 0) continue;
      Finding finding = NewFinding(code(), view, facts.language());
      const std::string detail = DetailText(card.detail, facts.language());
      finding.evidence = absl::Substitute(Say(facts.language(), "certificates read: $0, not readable: $1$2",
                                              "lästa certifikat: $0, oläsbara: $1$2"),
                                          card.certificates.size(), card.unreadable_certificates,
                                          detail.empty() ? "" : "; " + detail);
      finding.remedy =
          Say(facts.language(),
              "Take the card out, close programs that use it, and insert it again. If that does not "
              "help, try another reader; then let the card office look at it.",
              "Ta ut kortet, stäng program som använder det och sätt i det igen. Om det inte hjälper, "
              "prova en annan läsare; låt sedan kortkontoret titta på det.");
      if (HasValidLogin(view, facts.now)) {
        finding.severity = Severity::kInfo;
        finding.evidence += Say(facts.language(), "; a valid login certificate was read",
                                "; ett giltigt inloggningscertifikat kunde läsas");
      } else {
        LowerForOtherCard(facts, view, finding);
      }
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& CardUnreadableRule() {
  static const CardUnreadable rule;
  return rule;
}

}  // namespace kortvakt
