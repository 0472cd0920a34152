#include <algorithm>
#include <utility>

#include "absl/strings/substitute.h"
#include "common/judge/remedy.h"
#include "common/judge/rules/cert_dates.h"
#include "common/judge/rules/rules.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

Stage StageOf(const Facts& facts, const CardView& view, size_t index, int64_t at) {
  return StageAt(view.certificate(index).not_after, absl::Seconds(LifetimeOf(*view.card, view.sorted, index)),
                 facts.c.policy, absl::FromUnixSeconds(at));
}

bool IsDue(Stage stage) { return stage != Stage::kNotDue && stage != Stage::kExpired; }

std::vector<size_t> Due(const Facts& facts, const CardView& view, const std::vector<size_t>& indices) {
  std::vector<size_t> due;
  std::copy_if(indices.begin(), indices.end(), std::back_inserter(due),
               [&](size_t index) { return IsDue(StageOf(facts, view, index, facts.now)); });
  return due;
}

bool IsSure(const Facts& facts, const CardView& view, size_t index) {
  return IsDue(StageOf(facts, view, index, facts.now - facts.clock_error)) &&
         IsDue(StageOf(facts, view, index, facts.now + facts.clock_error));
}

// CERT_EXPIRES_SOON: still valid, but within the renewal window (renewal.h), and nothing replaces it. One
// finding an organisation: its soonest login certificate. A signature certificate is told apart where it is
// due while the login certificates are not.
class CertExpiresSoon final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kCertExpiresSoon; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    for (const CardView& view : facts.cards) {
      for (const OrganisationCertificates& organisation : view.sorted.organisations) {
        const std::vector<size_t> login = Due(facts, view, organisation.login);
        const std::vector<size_t> signature = Due(facts, view, organisation.signature);
        if (!login.empty()) {
          findings.push_back(Login(facts, view, login));
        } else if (!signature.empty() && !HasEnded(facts, view, organisation.login)) {
          findings.push_back(Signature(facts, view, signature));
        }
      }
    }
  }
  absl::Time NextChange(const Facts& facts) const override {
    Moments moments(facts);
    for (const CardView& view : facts.cards) {
      for (const OrganisationCertificates& organisation : view.sorted.organisations) {
        for (const size_t index : organisation.login) AddStages(facts, view, index, moments);
        for (const size_t index : organisation.signature) AddStages(facts, view, index, moments);
      }
    }
    return moments.Next();
  }

 private:
  static bool HasEnded(const Facts& facts, const CardView& view, const std::vector<size_t>& login) {
    return !login.empty() && Select(view, login, facts.now, Validity::kExpired).size() == login.size();
  }

  static void AddStages(const Facts& facts, const CardView& view, size_t index, Moments& moments) {
    const CertificateFacts& certificate = view.certificate(index);
    const int64_t end = WholeSeconds(certificate.not_after);
    const int64_t window = RenewalWindow(LifetimeOf(*view.card, view.sorted, index), facts.c.policy);
    constexpr int64_t kDay = 86'400;
    for (const int64_t before : {window, 28 * kDay, 14 * kDay, 7 * kDay, int64_t{-1}}) {
      if (before <= window) moments.Add(end - before);
    }
    // The remedy's.
    moments.Add(end - WholeSeconds(facts.c.policy.delivery) + 1);
  }

  Finding Login(const Facts& facts, const CardView& view, const std::vector<size_t>& due) const {
    const CertificateFacts& certificate = view.certificate(due.front());
    Finding finding = Found(facts, view, due);
    finding.remedy =
        RenewalRemedy(certificate.not_after, absl::Seconds(LifetimeOf(*view.card, view.sorted, due.front())),
                      certificate.organisation, facts.c.policy, facts.c.now, facts.language());
    if (!IsSure(facts, view, due.front())) DoubtForClock(facts.language(), finding);
    return finding;
  }

  Finding Signature(const Facts& facts, const CardView& view, const std::vector<size_t>& due) const {
    const Language language = facts.language();
    Finding finding = Found(facts, view, due);
    Lower(Severity::kInfo, Say(language, "login is not affected", "inloggning påverkas inte"), finding);
    finding.fixed_by = FixedBy::kUser;
    finding.remedy = Say(language, "Fetch a new signature certificate in Mina sidor (minasidor.siths.se).",
                         "Hämta ett nytt underskriftscertifikat i Mina sidor (minasidor.siths.se).");
    if (!IsSure(facts, view, due.front())) DoubtForClock(language, finding);
    return finding;
  }

  Finding Found(const Facts& facts, const CardView& view, const std::vector<size_t>& due) const {
    Finding finding = DateFinding(code(), view, due.front(), facts.language());
    finding.evidence += absl::Substitute(Say(facts.language(), "; renewal stage $0", "; förnyelseläge $0"),
                                         StageWord(StageOf(facts, view, due.front(), facts.now)));
    AddOthers(view, due, facts.language(), finding);
    return finding;
  }
};

}  // namespace

const Rule& CertExpiresSoonRule() {
  static const CertExpiresSoon rule;
  return rule;
}

}  // namespace kortvakt
