#include "collector/ingest/log_limit.h"

#include <utility>

namespace kortvakt {
namespace {

constexpr absl::Duration kInterval = absl::Hours(1);
constexpr size_t kMaxSubjects = 10'000;
// A look through all subjects takes half a millisecond.
constexpr absl::Duration kDropInterval = absl::Minutes(1);

}  // namespace

std::optional<uint64_t> LogLimit::Admit(const std::string& subject) {
  const absl::Duration now = clock_.Monotonic();
  MutexLock lock(mutex_);
  if (lines_.size() >= kMaxSubjects && now - dropped_ >= kDropInterval) DropOld(now);
  const bool room = lines_.size() < kMaxSubjects || lines_.contains(subject);
  const auto [line, fresh] = lines_.try_emplace(room ? subject : "", Line{now});
  if (fresh) return 0;
  if (now - line->second.written < kInterval) {
    ++line->second.left_out;
    return std::nullopt;
  }
  line->second.written = now;
  return std::exchange(line->second.left_out, 0);
}

void LogLimit::DropOld(absl::Duration now) {
  for (auto line = lines_.begin(); line != lines_.end();) {
    line = now - line->second.written >= kInterval ? lines_.erase(line) : std::next(line);
  }
  dropped_ = now;
}

}  // namespace kortvakt
