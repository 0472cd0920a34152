// When the card in one reader may be read: the rules of "never in the way".
#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "agent/pcsc/pcsc_context.h"

namespace kortvakt {

// A card has one PIN state, one applet and one current file for all programs, so
// it is read
//  - at its insertion, at once: no PIN can have been shown yet;
//  - when it was there before we were, or others have used it: once it has been
//    free for the quiet time unbroken, for then its power has been cut. Only time
//    in which the service was asked again and again counts as unbroken;
//  - never otherwise.
// Pure: told what happens, it answers what may be done. Time is any clock that
// does not go back. Not thread-safe.
class ReaderPlan {
 public:
  struct Options {
    absl::Duration quiet_time = absl::Seconds(10);
    // Longest time that all attempts in a row take together.
    absl::Duration read_time = absl::Seconds(20);
    // How long others may keep a card that was read from being looked at again.
    absl::Duration in_use_after = absl::Minutes(2);
    // Reads a card that is there at the start at once unless it is in use for
    // longer than the trace of a program that has just ended, and nothing after that.
    bool once = false;
  };
  enum class Outcome {
    kDone,   // read, or known not to be readable
    kRetry,  // the card was reset or replaced in the middle, or went away
    kBusy,   // another program has it
  };
  // So many attempts in a row, without others' use of the card in between.
  static constexpr int kMostAttempts = 5;

  explicit ReaderPlan(const Options& options) : options_(options) {}

  // The service told the reader's state, changed or not.
  void OnStatus(const ReaderStatus& status, absl::Duration now);
  // Time has passed.
  void OnTime(absl::Duration now);

  // Whether reading is to start now; the caller then calls ReadStarted, and
  // ReadEnded once for each.
  bool ReadDue(absl::Duration now) const;
  void ReadStarted(absl::Duration now);
  // What is left of read_time for the next attempt.
  absl::Duration read_time_left() const { return options_.read_time - attempts_took_; }
  // True: that was the last attempt and it failed (kRetry only).
  bool ReadEnded(Outcome outcome, absl::Duration now);

  // Whether a card is waited for to have been free long enough: OnStatus is then
  // to be called more often than kLongestGap, or the wait begins anew.
  bool wants_samples() const;
  bool sample_is_old(absl::Duration now) const { return now - sampled_at_ > kLongestGap; }
  static constexpr absl::Duration kLongestGap = absl::Seconds(1);

  // When OnTime is to be called at the latest; InfiniteDuration: no need.
  absl::Duration NextTime() const;

  // Numbers the insertions; the card of an earlier number is not the one in the reader.
  uint64_t insertion() const { return insertion_; }
  bool present() const { return present_; }
  // Whether the card does not answer to reset, and has not for so long that it is not one that
  // was pulled while the service brought its power up.
  bool mute() const { return mute_told_; }
  // Whether this insertion was read or given up.
  bool read() const { return read_; }
  // Whether others have kept us from reading this insertion.
  bool in_use() const { return !read_ && used_by_others_; }
  // Whether they have kept us, for in_use_after, from looking again at this insertion, which
  // was read before.
  bool kept_from_looking() const { return kept_from_looking_; }
  // Whether the state of "in use" may be the trace of our own last handle.
  bool own_trace(absl::Duration now) const { return reading_ || now < own_trace_until_; }
  // Whether it waits to be read, or is being read, because it has to be free for the
  // quiet time first.
  bool waiting() const { return present_ && !mute_ && !read_ && want_ == Want::kWhenQuiet; }
  absl::Duration quiet_time() const { return options_.quiet_time; }
  // Whether no first reading is under way or about to start at once; a card that has
  // to be free for the quiet time first is settled until then.
  bool settled() const;

 private:
  enum class Want { kNothing, kAtOnce, kWhenQuiet };

  void Insert(absl::Duration now, bool first);
  void ForgetAttempts();
  void WaitForQuiet(absl::Duration now);
  void NothingToDo();
  // Whether "in use" may be what a program left that ended before we began.
  bool may_be_trace(absl::Duration now) const { return in_use_ && !exclusive_ && now < trace_until_; }

  const Options options_;
  bool known_ = false;  // a status has come
  bool present_ = false;
  bool mute_ = false;  // as the service says
  absl::Duration mute_since_;
  bool mute_told_ = false;
  bool in_use_ = false;  // as the service says
  bool exclusive_ = false;
  uint16_t events_ = 0;
  uint64_t insertion_ = 0;
  Want want_ = Want::kNothing;
  absl::Duration inserted_at_;
  absl::Duration sampled_at_ = -absl::InfiniteDuration();
  absl::Duration not_before_ = -absl::InfiniteDuration();
  absl::Duration free_since_ = absl::InfiniteDuration();  // infinite: others have it
  absl::Duration own_trace_until_ = -absl::InfiniteDuration();
  absl::Duration trace_until_ = -absl::InfiniteDuration();  // may_be_trace
  bool used_by_others_ = false;
  absl::Duration look_due_since_ = absl::InfiniteDuration();  // of a card that was read
  bool kept_from_looking_ = false;
  bool read_ = false;
  bool reading_ = false;
  uint64_t reading_insertion_ = 0;
  absl::Duration reading_since_;
  int attempts_ = 0;
  absl::Duration attempts_took_;
};

}  // namespace kortvakt
