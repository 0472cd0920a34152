#include "agent/readers/reader_plan.h"

#include <algorithm>

namespace kortvakt {
namespace {

// pcscd looks at its readers every 0.4 s, so "in use" by ourselves shows for so
// long after we let go; with room for a busy machine.
constexpr absl::Duration kOwnTrace = absl::Seconds(1);
// Later than this after the insertion somebody may have shown a PIN.
constexpr absl::Duration kFresh = absl::Seconds(2);

}  // namespace

void ReaderPlan::Insert(absl::Duration now, bool first) {
  ++insertion_;
  inserted_at_ = now;
  attempts_ = 0;
  read_ = false;
  used_by_others_ = false;
  not_before_ = now;
  free_since_ = now;
  want_ = first && !options_.once ? Want::kWhenQuiet : Want::kAtOnce;
}

void ReaderPlan::OnStatus(const ReaderStatus& status, absl::Duration now) {
  const bool first = !known_;
  const bool inserted = status.present && (first || !present_ || status.events != events_);
  // A card that answers after all: its insertion, but a late one.
  const bool woken = status.present && !inserted && mute_ && !status.mute;
  known_ = true;
  present_ = status.present;
  mute_ = status.mute;
  in_use_ = status.in_use;
  exclusive_ = status.exclusive;
  events_ = status.events;
  // Nobody looked for a while: somebody may have come and gone.
  if (free_since_ != absl::InfiniteDuration() && sample_is_old(now)) free_since_ = now;
  sampled_at_ = now;
  if (!present_) {
    want_ = Want::kNothing;
    read_ = false;
    used_by_others_ = false;
    ++insertion_;
  } else if (inserted) {
    Insert(now, first);
    // `once` looks at the start only.
    if (options_.once && !first) want_ = Want::kNothing;
  } else if (woken && !read_ && !options_.once) {
    want_ = Want::kWhenQuiet;
    free_since_ = now;
  }
  OnTime(now);
}

void ReaderPlan::OnTime(absl::Duration now) {
  if (!present_) return;
  const bool others = exclusive_ || (in_use_ && !own_trace(now));
  if (others) {
    free_since_ = absl::InfiniteDuration();
    used_by_others_ = true;
    // They may put certificates on it; look again when they are done.
    want_ = options_.once ? Want::kNothing : Want::kWhenQuiet;
  } else if (free_since_ == absl::InfiniteDuration()) {
    free_since_ = now;
  }
  if (want_ == Want::kAtOnce && attempts_ == 0 && now - inserted_at_ > kFresh) {
    want_ = options_.once ? Want::kAtOnce : Want::kWhenQuiet;
  }
}

bool ReaderPlan::ReadDue(absl::Duration now) const {
  if (!present_ || mute_ || reading_ || now < not_before_) return false;
  if (want_ == Want::kAtOnce) return true;
  return want_ == Want::kWhenQuiet && now - options_.quiet_time >= free_since_ && !sample_is_old(now);
}

bool ReaderPlan::wants_samples() const {
  return present_ && !mute_ && !reading_ && want_ == Want::kWhenQuiet && free_since_ != absl::InfiniteDuration();
}

void ReaderPlan::ReadStarted() {
  reading_ = true;
  reading_insertion_ = insertion_;
}

bool ReaderPlan::ReadEnded(Outcome outcome, absl::Duration now) {
  reading_ = false;
  own_trace_until_ = now + kOwnTrace;
  bool given_up = false;
  // What was read is not what is there now: that one's plan stands.
  if (reading_insertion_ == insertion_) {
    switch (outcome) {
      case Outcome::kDone:
        read_ = true;
        want_ = Want::kNothing;
        break;
      case Outcome::kRetry:
        given_up = ++attempts_ >= kMostAttempts;
        if (given_up) {
          read_ = true;
          want_ = Want::kNothing;
        }
        // By then it shows whether others have the card.
        not_before_ = own_trace_until_;
        break;
      case Outcome::kBusy:
        used_by_others_ = true;
        want_ = options_.once ? Want::kNothing : Want::kWhenQuiet;
        free_since_ = now;
        break;
    }
  }
  OnTime(now);
  return given_up;
}

absl::Duration ReaderPlan::NextTime() const {
  absl::Duration next = absl::InfiniteDuration();
  if (!present_) return next;
  if (in_use_ && !reading_ && free_since_ != absl::InfiniteDuration()) next = own_trace_until_;
  if (mute_ || reading_) return next;
  if (want_ == Want::kAtOnce) next = std::min(next, not_before_);
  if (want_ == Want::kWhenQuiet) next = std::min(next, std::max(not_before_, free_since_ + options_.quiet_time));
  return next;
}

bool ReaderPlan::settled() const {
  if (!known_) return false;
  if (!present_ || mute_) return true;
  if (read_) return true;
  return !reading_ && (want_ == Want::kNothing || used_by_others_);
}

}  // namespace kortvakt
