#include "agent/readers/reader_plan.h"

#include <algorithm>

namespace kortvakt {
namespace {

// pcscd looks at its readers every 0.4 s, so "in use" shows for so long after
// ourselves or others let go; with room for a busy machine.
// In as long it sees, too, that a card which did not answer has gone.
constexpr absl::Duration kTrace = absl::Seconds(1);
// Later than this after the insertion somebody may have shown a PIN.
constexpr absl::Duration kFresh = absl::Seconds(2);

}  // namespace

void ReaderPlan::Insert(absl::Duration now, bool first) {
  ++insertion_;
  inserted_at_ = now;
  ForgetAttempts();
  read_ = false;
  used_by_others_ = false;
  look_due_since_ = absl::InfiniteDuration();
  not_before_ = now;
  free_since_ = now;
  trace_until_ = first && options_.once && in_use_ && !exclusive_ ? now + kTrace : now;
  want_ = first && !options_.once ? Want::kWhenQuiet : Want::kAtOnce;
}

void ReaderPlan::OnStatus(const ReaderStatus& status, absl::Duration now) {
  const bool first = !known_;
  const bool inserted = status.present && (first || !present_ || status.events != events_);
  // A card that answers after all: its insertion, but a late one.
  const bool woken = status.present && !inserted && mute_ && !status.mute;
  known_ = true;
  present_ = status.present;
  if (inserted || !mute_) mute_since_ = now;
  mute_ = status.mute;
  in_use_ = status.in_use;
  exclusive_ = status.exclusive;
  events_ = status.events;
  // Nobody looked for a while: somebody may have come and gone.
  if (free_since_ != absl::InfiniteDuration() && sample_is_old(now)) free_since_ = now;
  sampled_at_ = now;
  if (!present_) {
    NothingToDo();
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

void ReaderPlan::WaitForQuiet(absl::Duration now) {
  want_ = options_.once ? Want::kNothing : Want::kWhenQuiet;
  if (read_ && !options_.once) look_due_since_ = std::min(look_due_since_, now);
}

void ReaderPlan::NothingToDo() {
  want_ = Want::kNothing;
  look_due_since_ = absl::InfiniteDuration();
}

void ReaderPlan::OnTime(absl::Duration now) {
  kept_from_looking_ = present_ && now - options_.in_use_after >= look_due_since_;
  mute_told_ = present_ && mute_ && now - kTrace >= mute_since_;
  if (!present_) return;
  const bool others = exclusive_ || (in_use_ && !own_trace(now) && !may_be_trace(now));
  if (others) {
    free_since_ = absl::InfiniteDuration();
    used_by_others_ = true;
    ForgetAttempts();
    // They may put certificates on it; look again when they are done.
    WaitForQuiet(now);
  } else if (free_since_ == absl::InfiniteDuration()) {
    free_since_ = now;
  }
  const bool under_way = reading_ && reading_insertion_ == insertion_;
  if (want_ == Want::kAtOnce && !options_.once && !under_way && now - inserted_at_ > kFresh) {
    want_ = Want::kWhenQuiet;
  }
}

bool ReaderPlan::ReadDue(absl::Duration now) const {
  if (!present_ || mute_ || reading_ || now < not_before_) return false;
  if (want_ == Want::kAtOnce) return !may_be_trace(now);
  return want_ == Want::kWhenQuiet && now - options_.quiet_time >= free_since_ && !sample_is_old(now);
}

bool ReaderPlan::wants_samples() const {
  if (!present_ || mute_ || reading_) return false;
  if (want_ == Want::kAtOnce) return may_be_trace(sampled_at_);
  return want_ == Want::kWhenQuiet && free_since_ != absl::InfiniteDuration();
}

void ReaderPlan::ForgetAttempts() {
  attempts_ = 0;
  attempts_took_ = absl::ZeroDuration();
}

void ReaderPlan::ReadStarted(absl::Duration now) {
  reading_ = true;
  reading_since_ = now;
  reading_insertion_ = insertion_;
}

bool ReaderPlan::ReadEnded(Outcome outcome, absl::Duration now) {
  reading_ = false;
  own_trace_until_ = now + kTrace;
  bool given_up = false;
  // What was read is not what is there now: that one's plan stands.
  if (reading_insertion_ == insertion_) {
    switch (outcome) {
      case Outcome::kDone:
        read_ = true;
        ForgetAttempts();
        NothingToDo();
        break;
      case Outcome::kRetry:
        attempts_took_ += now - reading_since_;
        given_up = ++attempts_ >= kMostAttempts || attempts_took_ >= options_.read_time;
        if (given_up) {
          read_ = true;
          ForgetAttempts();
          NothingToDo();
        }
        // By then it shows whether others have the card.
        not_before_ = own_trace_until_;
        if (free_since_ != absl::InfiniteDuration()) free_since_ = now;
        break;
      case Outcome::kBusy:
        used_by_others_ = true;
        ForgetAttempts();
        WaitForQuiet(now);
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
  if (!kept_from_looking_) next = look_due_since_ + options_.in_use_after;
  if (in_use_ && !reading_ && free_since_ != absl::InfiniteDuration())
    next = std::min(next, std::max(own_trace_until_, trace_until_));
  if (mute_ && !mute_told_) next = std::min(next, mute_since_ + kTrace);
  if (mute_ || reading_) return next;
  if (want_ == Want::kAtOnce)
    next = std::min(next, in_use_ ? std::max(not_before_, trace_until_) : not_before_);
  if (want_ == Want::kWhenQuiet)
    next = std::min(next, std::max(not_before_, free_since_ + options_.quiet_time));
  return next;
}

bool ReaderPlan::settled() const {
  if (!known_) return false;
  if (!present_) return true;
  if (mute_) return mute_told_;
  if (read_) return true;
  return !reading_ && want_ != Want::kAtOnce;
}

}  // namespace kortvakt
