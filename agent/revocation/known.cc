#include "agent/revocation/known.h"

#include <algorithm>

namespace kortvakt {
namespace {

bool TellsOne(const RevocationCheck& answer) { return answer.status != RevocationStatus::kUnknown; }

bool TellsOne(const CaDownload& answer) {
  return answer.outcome == CaDownloadOutcome::kMatches || answer.outcome == CaDownloadOutcome::kByName;
}

template <typename Answer>
bool AnyTells(const std::vector<Answer>& answers) {
  return std::any_of(answers.begin(), answers.end(), [](const Answer& answer) { return TellsOne(answer); });
}

template <typename Answer>
bool AnyHolds(const std::vector<Answer>& answers, absl::Time now) {
  return std::any_of(answers.begin(), answers.end(), [&](const Answer& answer) {
    return TellsOne(answer) && answer.checked_at <= now &&
           now - answer.checked_at <= kAskAgain + kAskAgainJitter;
  });
}

bool Stands(const RevocationCheck& answer, absl::Time now) {
  if (answer.status == RevocationStatus::kRevoked) return true;
  return answer.status == RevocationStatus::kGood && answer.next_update && now < *answer.next_update;
}

// From when it tells: revoked not before it was.
absl::Time TimeOf(const RevocationCheck& answer) {
  const absl::Time told = answer.this_update.value_or(answer.checked_at);
  return answer.revoked_at ? std::max(told, *answer.revoked_at) : told;
}

}  // namespace

bool Tells(const std::vector<RevocationCheck>& answers) { return AnyTells(answers); }
bool Tells(const std::vector<CaDownload>& answers) { return AnyTells(answers); }

bool IsAnswered(const std::vector<RevocationCheck>& answers, absl::Time now) {
  return AnyHolds(answers, now);
}
bool IsAnswered(const std::vector<CaDownload>& answers, absl::Time now) { return AnyHolds(answers, now); }

std::vector<RevocationCheck> WithWhatWasKnown(const std::vector<RevocationCheck>& known,
                                              std::vector<RevocationCheck> fresh, absl::Time now) {
  const auto stands = std::find_if(known.begin(), known.end(),
                                   [&](const RevocationCheck& answer) { return Stands(answer, now); });
  if (stands == known.end()) return fresh;
  const auto told = std::find_if(fresh.begin(), fresh.end(),
                                 [](const RevocationCheck& answer) { return TellsOne(answer); });
  if (told != fresh.end()) {
    if (told->status == stands->status || TimeOf(*told) >= TimeOf(*stands)) return fresh;
    fresh.erase(told);
  }
  fresh.insert(fresh.begin(), *stands);
  return fresh;
}

}  // namespace kortvakt
