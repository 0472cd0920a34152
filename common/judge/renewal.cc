#include "common/judge/renewal.h"

#include <algorithm>
#include <array>

#include "common/judge/person_certificates.h"
#include "common/judge/seconds.h"

namespace kortvakt {
namespace {

constexpr int64_t kDaySeconds = 86'400;

struct StageWindow {
  Stage stage;
  const char* word;
  int64_t seconds;  // most time left that belongs to the stage
};
// Smallest first. Whatever is due earlier shows as 8w.
constexpr std::array<StageWindow, 4> kStages = {{{Stage::k1w, "1w", 7 * kDaySeconds},
                                                 {Stage::k2w, "2w", 14 * kDaySeconds},
                                                 {Stage::k4w, "4w", 28 * kDaySeconds},
                                                 {Stage::k8w, "8w", 2 * kFarSeconds}}};

}  // namespace

const char* StageWord(Stage stage) {
  if (stage == Stage::kExpired) return "expired";
  for (const StageWindow& window : kStages) {
    if (window.stage == stage) return window.word;
  }
  return "";
}

std::optional<Stage> FindStage(std::string_view word) {
  if (word == "expired") return Stage::kExpired;
  for (const StageWindow& window : kStages) {
    if (window.word == word) return window.stage;
  }
  return std::nullopt;
}

Stage StageAt(absl::Time not_after, absl::Duration lifetime, const Policy& policy, absl::Time now) {
  const int64_t left = WholeSeconds(not_after) - WholeSeconds(now);
  if (left < 0) return Stage::kExpired;
  if (left > RenewalWindow(WholeSeconds(lifetime), policy)) return Stage::kNotDue;
  for (const StageWindow& window : kStages) {
    if (left <= window.seconds) return window.stage;
  }
  return Stage::k8w;
}

absl::Time NextStageChange(absl::Time not_after, absl::Duration lifetime, const Policy& policy,
                           absl::Time now) {
  const int64_t end = WholeSeconds(not_after);
  const int64_t window = RenewalWindow(WholeSeconds(lifetime), policy);
  const int64_t after = WholeSeconds(now);
  if (end - window > after) return InstantOf(end - window);
  for (auto stage = kStages.rbegin() + 1; stage != kStages.rend(); ++stage) {
    if (stage->seconds < window && end - stage->seconds > after) return InstantOf(end - stage->seconds);
  }
  return end + 1 > after ? InstantOf(end + 1) : absl::InfiniteFuture();
}

std::vector<RenewalFacts> CardRenewals(const CardFacts& card, const CaCatalogue& catalogue,
                                       const CaDirectory& known_cas, const Policy& policy, absl::Time now,
                                       const ReplacementLookup* elsewhere) {
  const PersonCertificates sorted = SortPersonCertificates(card, catalogue, known_cas, elsewhere);
  std::vector<RenewalFacts> renewals;
  for (const OrganisationCertificates& organisation : sorted.organisations) {
    if (organisation.login.empty()) continue;
    RenewalFacts renewal;
    renewal.certificate = organisation.login.front();
    renewal.not_after = card.certificates[renewal.certificate].not_after;
    const int64_t lifetime = LifetimeOf(card, sorted, renewal.certificate);
    renewal.lifetime = absl::Seconds(lifetime);
    renewal.due_at = InstantOf(WholeSeconds(renewal.not_after) - RenewalWindow(lifetime, policy));
    renewal.stage = StageAt(renewal.not_after, renewal.lifetime, policy, now);
    renewals.push_back(renewal);
  }
  std::stable_sort(renewals.begin(), renewals.end(),
                   [](const RenewalFacts& a, const RenewalFacts& b) { return a.not_after < b.not_after; });
  return renewals;
}

Loa CardLoa(const CardFacts& card, absl::Time now) {
  Loa highest = Loa::kNotApplicable;
  for (const CertificateFacts& certificate : card.certificates) {
    if (certificate.purpose != Purpose::kAuthentication) continue;
    if (ValidityAt(certificate, WholeSeconds(now)) != Validity::kValid) continue;
    if (certificate.loa == Loa::k3) return Loa::k3;
    if (certificate.loa == Loa::k2) highest = Loa::k2;
    if (certificate.loa == Loa::kUnknown && highest == Loa::kNotApplicable) highest = Loa::kUnknown;
  }
  return highest;
}

}  // namespace kortvakt
