#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/judge/remedy.h"
#include "common/judge/revocation_view.h"
#include "common/judge/rules/cert_dates.h"
#include "common/judge/rules/other_card.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/usable_login.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

std::string Remedy(const RevocationCheck& check, const std::string& organisation, const Policy& policy,
                   Language language) {
  std::string remedy =
      check.reason == RevocationReason::kCertificateHold
          ? Say(language,
                "The certificate is suspended, not revoked for good: ask the card office to lift that, for "
                "instance when the card has been found again. Until then use a reserve card.",
                "Certifikatet är tillfälligt spärrat, inte för gott: be kortkontoret häva spärren, till "
                "exempel "
                "när kortet har kommit till rätta. Använd ett reservkort så länge.")
          : Say(language,
                "Order a new card, or new certificates, from the card office; until then use a reserve card. "
                "A "
                "revoked certificate never works again.",
                "Beställ ett nytt kort, eller nya certifikat, hos kortkontoret; använd ett reservkort så "
                "länge. "
                "Ett spärrat certifikat fungerar aldrig mer.");
  const std::string contact = ContactFor(policy, organisation);
  if (!contact.empty()) {
    absl::StrAppend(&remedy, Say(language, " Card office: ", " Kortkontor: "), CleanText(contact, 500));
  }
  return remedy;
}

// CERT_REVOKED: the issuer has revoked or suspended a certificate that nothing replaces;
// RFC 5280, 3.3 and 5.3.1. One finding an organisation and purpose. Critical where no other
// login certificate of the organisation can be used. An ended one is CERT_EXPIRED's business;
// where the answer says neither, it cannot be told.
class CertRevoked final : public ValidityRule {
 public:
  FindingCode code() const override { return FindingCode::kCertRevoked; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    if (facts.c.snapshot.revocations.empty()) return;
    for (const CardView& view : facts.cards) {
      for (const OrganisationCertificates& organisation : view.sorted.organisations) {
        const std::vector<size_t> revoked = Revoked(facts, view, organisation.login);
        const bool one_left = std::any_of(organisation.login.begin(), organisation.login.end(),
                                          [&](size_t index) { return IsUsable(facts, view, index); });
        if (!revoked.empty()) {
          Finding finding = Found(facts, view, revoked);
          if (one_left) {
            Lower(Severity::kWarning,
                  Say(facts.language(), "another login certificate of the organisation can be used",
                      "ett annat inloggningscertifikat för organisationen går att använda"),
                  finding);
          } else {
            LowerForOtherCard(facts, view, finding);
          }
          findings.push_back(std::move(finding));
        }
        const std::vector<size_t> signatures = Revoked(facts, view, organisation.signature);
        if (signatures.empty() || (!revoked.empty() && !one_left)) continue;
        Finding finding = Found(facts, view, signatures);
        Lower(Severity::kWarning,
              Say(facts.language(), "only signing fails, not login",
                  "bara underskrift misslyckas, inte inloggning"),
              finding);
        findings.push_back(std::move(finding));
      }
    }
  }

 private:
  static std::vector<size_t> Revoked(const Facts& facts, const CardView& view,
                                     const std::vector<size_t>& indices) {
    std::vector<size_t> revoked;
    for (const size_t index : indices) {
      const CertificateFacts& certificate = view.certificate(index);
      if (ValidityAt(certificate, facts.now) == Validity::kExpired) continue;
      const RevocationCheck* check = RevocationOf(facts.c.snapshot, certificate);
      if (check != nullptr && check->status == RevocationStatus::kRevoked) revoked.push_back(index);
    }
    return revoked;
  }

  Finding Found(const Facts& facts, const CardView& view, const std::vector<size_t>& revoked) const {
    const CertificateFacts& certificate = view.certificate(revoked.front());
    const RevocationCheck& check = *RevocationOf(facts.c.snapshot, certificate);
    Finding finding = DateFinding(code(), view, revoked.front(), facts.language());
    absl::StrAppend(&finding.evidence, "; ", RevocationText(check, facts.language()));
    AddOthers(view, revoked, facts.language(), finding);
    finding.remedy = Remedy(check, certificate.organisation, facts.c.policy, facts.language());
    return finding;
  }
};

}  // namespace

const Rule& CertRevokedRule() {
  static const CertRevoked rule;
  return rule;
}

}  // namespace kortvakt
