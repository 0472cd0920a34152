#include <algorithm>
#include <utility>

#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/usable_login.h"
#include "common/judge/seconds.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// Valid login certificates of a person CA, replaced ones too: a browser shows them all.
std::vector<const CertificateFacts*> ValidLogins(const CardView& view, int64_t now) {
  std::vector<const CertificateFacts*> logins;
  for (const size_t index : view.sorted.persons) {
    const CertificateFacts& certificate = view.certificate(index);
    if (certificate.purpose != Purpose::kAuthentication) continue;
    if (ValidityAt(certificate, now) == Validity::kValid) logins.push_back(&certificate);
  }
  return logins;
}

// Organisations whose certificates are valid: those with a national number belong
// to their HSA-id's. What replaces a certificate on another card does not count:
// the holder chooses among those on this one.
size_t ValidOrganisations(const Facts& facts, const CardView& view) {
  size_t count = 0;
  const PersonCertificates sorted =
      SortPersonCertificates(*view.card, facts.c.catalogue, facts.known_cas, nullptr);
  for (const OrganisationCertificates& organisation : sorted.organisations) {
    for (const size_t index : organisation.login) {
      if (ValidityAt(view.certificate(index), facts.now) != Validity::kValid) continue;
      ++count;
      break;
    }
  }
  return count;
}

bool IsOfPolicysOrganisation(const CertificateFacts& certificate, const Policy& policy) {
  return !policy.organisation_prefix.empty() &&
         certificate.hsa_id.substr(0, certificate.hsa_id.find('-')) == policy.organisation_prefix;
}

// The one to choose for services at work: with HSA-id; of several organisations the one
// of the policy; of several the one that ends last. Null: it cannot be told.
const CertificateFacts* LoginToChoose(const std::vector<const CertificateFacts*>& logins,
                                      const Policy& policy, bool two_organisations) {
  const CertificateFacts* choice = nullptr;
  const bool by_policy = std::any_of(logins.begin(), logins.end(), [&](const CertificateFacts* login) {
    return IsOfPolicysOrganisation(*login, policy);
  });
  if (two_organisations && !by_policy) return nullptr;
  for (const CertificateFacts* login : logins) {
    if (login->identity_kind != IdentityKind::kHsaId) continue;
    if (by_policy && !IsOfPolicysOrganisation(*login, policy)) continue;
    if (choice == nullptr || choice->not_after < login->not_after) choice = login;
  }
  return choice;
}

std::string NameForChooser(const CertificateFacts& certificate, Language language) {
  const std::string organisation = CleanText(certificate.organisation, 80);
  return absl::Substitute(Say(language, "$0, organisation '$1'", "$0, organisation '$1'"),
                          CertificateName(certificate, language),
                          organisation.empty() ? Say(language, "not given", "anges inte") : organisation);
}

std::string Advice(const CertificateFacts* choice, Language language) {
  if (choice == nullptr) {
    return Say(language,
               "At login choose the certificate with HSA-id of the employer whose service it is. Close all "
               "browser windows first if another was chosen.",
               "Välj vid inloggning certifikatet med HSA-id från den arbetsgivare vars tjänst det gäller. "
               "Stäng först alla webbläsarfönster om ett annat valdes.");
  }
  return absl::Substitute(
      Say(language, "At login choose: $0. Close all browser windows first if another was chosen.",
          "Välj vid inloggning: $0. Stäng först alla webbläsarfönster om ett annat valdes."),
      NameForChooser(*choice, language));
}

// SEVERAL_LOGIN_CERTS: the holder must choose. Of two organisations the wrong choice logs in for the wrong
// employer: a warning. HSA-id and personnummer of one person are the ordinary card, and a certificate beside
// its successor passes: for information.
class SeveralLoginCerts final : public ValidityRule {
 public:
  FindingCode code() const override { return FindingCode::kSeveralLoginCerts; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    for (const CardView& view : facts.cards) {
      const std::vector<const CertificateFacts*> logins = ValidLogins(view, facts.now);
      if (logins.size() < 2) continue;
      const bool two_organisations = ValidOrganisations(facts, view) > 1;
      Finding finding = NewFinding(code(), view, facts.language());
      std::vector<std::string> names;
      for (const CertificateFacts* login : logins) names.push_back(NameForChooser(*login, facts.language()));
      finding.evidence = ListText(names, 5, facts.language());
      if (!two_organisations) {
        finding.severity = Severity::kInfo;
        finding.evidence +=
            Say(facts.language(), "; all for the same organisation", "; alla för samma organisation");
      }
      // No other is to be advised.
      const CertificateFacts* choice =
          LoginToChoose(UsableLogins(facts, view), facts.c.policy, two_organisations);
      if (choice != nullptr) finding.certificate_sha256 = choice->sha256;
      finding.remedy = Advice(choice, facts.language());
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& SeveralLoginCertsRule() {
  static const SeveralLoginCerts rule;
  return rule;
}

}  // namespace kortvakt
