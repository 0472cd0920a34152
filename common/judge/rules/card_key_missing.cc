#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/judge/rules/card_kind.h"
#include "common/judge/rules/cert_dates.h"
#include "common/judge/rules/other_card.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/usable_login.h"
#include "common/judge/seconds.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// Most certificates named in the evidence.
constexpr size_t kMostNamed = 4;

bool Contains(const std::vector<size_t>& list, size_t index) {
  return std::find(list.begin(), list.end(), index) != list.end();
}

// Whether another certificate took the place of certificate `index`.
bool IsReplaced(const CardView& view, size_t index) {
  const Purpose purpose = view.certificate(index).purpose;
  if (purpose != Purpose::kAuthentication && purpose != Purpose::kSignature) return false;
  if (!Contains(view.sorted.persons, index)) return false;
  return std::none_of(view.sorted.organisations.begin(), view.sorted.organisations.end(),
                      [index](const OrganisationCertificates& organisation) {
                        return Contains(organisation.login, index) || Contains(organisation.signature, index);
                      });
}

// Whether somebody would want to use certificate `index`, now or later.
bool IsWanted(const CardView& view, size_t index, int64_t now) {
  const CertificateFacts& certificate = view.certificate(index);
  const bool has_a_use = IsLogin(certificate) || certificate.purpose == Purpose::kSignature ||
                         certificate.purpose == Purpose::kTransport;
  return has_a_use && ValidityAt(certificate, now) != Validity::kExpired && !IsReplaced(view, index);
}

bool OneIsUsable(const Facts& facts, const CardView& view) {
  for (size_t i = 0; i < view.card->certificates.size(); ++i) {
    if (IsUsable(facts, view, i)) return true;
  }
  return false;
}

// CARD_KEY_MISSING: certificates that have not ended, whose private keys the card's
// own key directory does not name. One finding a card. A warning where a login
// certificate with its key can be used. Where the key directory could not be read, or
// the card does not keep one, nothing is said.
class CardKeyMissing final : public ValidityRule {
 public:
  FindingCode code() const override { return FindingCode::kCardKeyMissing; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    for (const CardView& view : facts.cards) {
      std::vector<std::string> names;
      const CertificateFacts* first = nullptr;
      for (size_t i = 0; i < view.card->certificates.size(); ++i) {
        const CertificateFacts& certificate = view.certificate(i);
        if (certificate.key_presence != KeyPresence::kAbsent || !IsWanted(view, i, facts.now)) continue;
        if (first == nullptr) first = &certificate;
        names.push_back(absl::StrCat(PurposeText(certificate.purpose, facts.language()), ": ",
                                     CertificateName(certificate, facts.language())));
      }
      if (first == nullptr) continue;
      Finding finding = NewFinding(code(), view, facts.language());
      finding.certificate_sha256 = first->sha256;
      finding.evidence = absl::StrCat(
          Say(facts.language(), "without a private key on the card: ", "utan privat nyckel på kortet: "),
          ListText(names, kMostNamed, facts.language()));
      finding.remedy =
          Say(facts.language(),
              "Let the card office order certificates anew or replace the card; use a reserve card until "
              "then. A certificate without its key cannot be repaired.",
              "Låt kortkontoret beställa nya certifikat eller byta kortet; använd ett reservkort så länge. "
              "Ett certifikat utan sin nyckel går inte att laga.");
      if (OneIsUsable(facts, view)) {
        Lower(Severity::kWarning,
              Say(facts.language(), "a login certificate with its key can be used",
                  "ett inloggningscertifikat med sin nyckel går att använda"),
              finding);
        finding.fixed_by = FixedBy::kUser;
        finding.remedy = Say(facts.language(),
                             "Log in to Mina sidor (minasidor.siths.se) with the certificate that works and "
                             "fetch the others anew, or ask the card office.",
                             "Logga in i Mina sidor (minasidor.siths.se) med det certifikat som fungerar och "
                             "hämta de andra på nytt, eller vänd dig till kortkontoret.");
      } else {
        LowerForOtherCard(facts, view, finding);
      }
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& CardKeyMissingRule() {
  static const CardKeyMissing rule;
  return rule;
}

}  // namespace kortvakt
