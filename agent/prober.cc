#include "agent/prober.h"

#include <algorithm>
#include <utility>

#include "common/base/bytes.h"
#include "common/base/log.h"
#include "common/base/time.h"

namespace kortvakt {
namespace {

std::vector<std::string> UrlsOf(const std::vector<ProbeTarget>& targets) {
  std::vector<std::string> urls;
  for (const ProbeTarget& target : targets) urls.push_back(FormatProbeTarget(target));
  return urls;
}

}  // namespace

Prober::Prober(Options options) : options_(std::move(options)), thread_([this] { Run(); }) {}

Prober::~Prober() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  stop_.Set();
  thread_.join();
}

std::vector<ProbeFacts> Prober::Current() const {
  const MutexLock lock(mutex_);
  return current_;
}

void Prober::LookAtPlan() {
  const MutexLock lock(mutex_);
  look_ = true;
  changed_.NotifyAll();
}

void Prober::Run() {
  std::vector<std::string> planned;  // what the last look at the plan said
  absl::Duration next = absl::InfiniteDuration();
  while (true) {
    const Plan plan = options_.plan();
    const absl::Duration now = SystemClock().Monotonic();
    if (std::vector<std::string> urls = UrlsOf(plan.targets); urls != planned) {
      planned = std::move(urls);
      Forget(plan);
      next = now + plan.interval / 60 * options_.random();
    }
    next = planned.empty() ? absl::InfiniteDuration() : std::min(next, now + plan.interval * 1.1);
    if (now >= next) {
      Round(plan);
      next = SystemClock().Monotonic() + plan.interval * (0.9 + 0.2 * options_.random());
    }
    const MutexLock lock(mutex_);
    while (!stopping_ && !look_) {
      const absl::Duration left = next - SystemClock().Monotonic();
      if (left <= absl::ZeroDuration()) break;
      if (left == absl::InfiniteDuration()) {
        changed_.Wait(mutex_);
      } else {
        changed_.WaitFor(mutex_, left);
      }
    }
    if (stopping_) return;
    look_ = false;
  }
}

void Prober::Round(const Plan& plan) {
  absl::StatusOr<std::vector<ProbeFacts>> seen = options_.probe(plan.targets, stop_.descriptor());
  if (absl::IsCancelled(seen.status())) return;
  const std::string error(seen.status().message());
  // Once a reason, not once a round.
  if (!error.empty() && error != last_error_) {
    spdlog::error("servers cannot be probed: {}", CleanText(error, 500));
  }
  last_error_ = error;
  if (!seen.ok()) seen = std::vector<ProbeFacts>();  // what was seen before says nothing of now
  {
    const MutexLock lock(mutex_);
    if (current_ == *seen) return;
    current_ = *std::move(seen);
  }
  options_.on_change();
}

void Prober::Forget(const Plan& plan) {
  const std::vector<std::string> urls = UrlsOf(plan.targets);
  {
    const MutexLock lock(mutex_);
    const auto gone = std::remove_if(current_.begin(), current_.end(), [&](const ProbeFacts& facts) {
      return std::find(urls.begin(), urls.end(), facts.url) == urls.end();
    });
    if (gone == current_.end()) return;
    current_.erase(gone, current_.end());
  }
  options_.on_change();
}

}  // namespace kortvakt
