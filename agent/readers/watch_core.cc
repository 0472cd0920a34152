#include "agent/readers/watch_core.h"

#include <algorithm>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/pcsc/pcsc_status.h"
#include "agent/readers/observed.h"
#include "common/base/backoff.h"
#include "common/base/log.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

// pcscd looks at its readers every 0.4 s; while a card is waited for to have been
// free long enough, so do we.
constexpr absl::Duration kSampleInterval = absl::Milliseconds(300);
// A session ends by its budget between two calls; a call that takes so much longer is stuck.
constexpr absl::Duration kWatchdogGrace = absl::Seconds(2);
// pcsc-lite has whoever finds the card in a transaction look again after 100 ms
// (PCSCLITE_LOCK_POLL_RATE): a little less tells that somebody had it, and not a busy machine.
constexpr absl::Duration kLatePatience = absl::Milliseconds(90);

}  // namespace

WatchCore::WatchCore(const ReaderWatch::Options& options, const Clock& clock, std::function<void()> on_change)
    : options_(options), clock_(clock), on_change_(std::move(on_change)) {}

void WatchCore::Start() {
  MutexLock lock(mutex_);
  const std::shared_ptr<WatchCore> self = shared_from_this();
  watching_ = StartThread([self] { self->WatchStatus(); });
  if (watching_ && StartThread([self] { self->Keep(); })) return;
  service_known_ = true;
  service_detail_ = "no thread could be started";
}

bool WatchCore::StartThread(std::function<void()> body) {
  try {
    std::thread([self = shared_from_this(), run = std::move(body)]() mutable {
      run();
      run = nullptr;
      MutexLock lock(self->mutex_);
      --self->threads_;
      self->wake_.NotifyAll();
    }).detach();
  } catch (const std::system_error& error) {
    spdlog::error("the system gives no thread: {}", error.what());
    return false;
  }
  ++threads_;
  return true;
}

void WatchCore::Stop() {
  MutexLock lock(mutex_);
  const bool first = !std::exchange(stopping_, true);
  if (first) {
    stop_by_ = clock_.Monotonic() + options_.stop_limit;
    for (const std::unique_ptr<Reader>& reader : readers_) {
      if (reader->job != nullptr) reader->job->control.stop = true;
    }
    wake_.NotifyAll();
    StartThread([self = shared_from_this()] { self->CancelWaiting(); });
  }
  while (threads_ > 0 && clock_.Monotonic() < stop_by_) wake_.WaitFor(mutex_, stop_by_ - clock_.Monotonic());
  if (first && threads_ > 0) {
    spdlog::warn("{} call(s) to the smart card service do not return; left behind", threads_);
  }
}

void WatchCore::CancelWaiting() {
  mutex_.Lock();
  while (watching_) {
    // Lost when the status thread is not in its wait just then: tried again.
    const std::shared_ptr<PcscContext> context = context_;
    mutex_.Unlock();
    if (context != nullptr) context->Cancel();
    mutex_.Lock();
    if (watching_) wake_.WaitFor(mutex_, absl::Milliseconds(20));
  }
  mutex_.Unlock();
}

void WatchCore::Pause(absl::Duration time) {
  MutexLock lock(mutex_);
  if (stopping_) return;
  const absl::Duration end = clock_.Monotonic() + time;
  while (!stopping_ && clock_.Monotonic() < end) wake_.WaitFor(mutex_, end - clock_.Monotonic());
}

ObservedReaders WatchCore::Current() const {
  MutexLock lock(mutex_);
  ObservedReaders current;
  current.service_running = service_running_;
  current.service_detail = service_detail_;
  for (const std::unique_ptr<Reader>& reader : readers_) current.readers.push_back(reader->shown);
  return current;
}

bool WatchCore::Settled() const {
  return service_known_ && std::all_of(readers_.begin(), readers_.end(), [](const auto& reader) {
           return reader->plan.settled() || !reader->not_answering.empty();
         });
}

bool WatchCore::WaitUntilSettled(absl::Duration limit) const {
  MutexLock lock(mutex_);
  const absl::Duration end = clock_.Monotonic() + limit;
  while (!stopping_ && !Settled() && clock_.Monotonic() < end)
    wake_.WaitFor(mutex_, end - clock_.Monotonic());
  return !stopping_ && Settled();
}

// ---- The status thread.

void WatchCore::SetContext(std::shared_ptr<PcscContext> context) {
  MutexLock lock(mutex_);
  context_ = std::move(context);
}

void WatchCore::WatchStatus() {
  Backoff backoff({.floor = std::min(absl::Milliseconds(100), options_.reconnect_ceiling),
                   .first = absl::Milliseconds(200),
                   .ceiling = options_.reconnect_ceiling});
  while (true) {
    absl::StatusOr<std::unique_ptr<PcscContext>> established = PcscContext::Establish();
    absl::Status status = established.status();
    if (status.ok()) {
      const std::shared_ptr<PcscContext> context = *std::move(established);
      SetContext(context);
      status = WatchContext(*context, [&backoff] { backoff.Reset(); });
      SetContext(nullptr);
    }
    ServiceDown(status);
    Pause(backoff.Next());
    MutexLock lock(mutex_);
    if (!stopping_) continue;
    watching_ = false;
    return;
  }
}

absl::Status WatchCore::WatchContext(PcscContext& context, const std::function<void()>& on_success) {
  std::vector<ReaderStatus> states;
  int idle_rounds = 0;
  while (true) {
    {
      MutexLock lock(mutex_);
      if (stopping_) return absl::CancelledError("the agent is stopping");
    }
    ASSIGN_OR_RETURN(const std::vector<std::string> names, context.ListReaders());
    std::vector<ReaderStatus> listed(names.size());
    for (size_t i = 0; i < names.size(); ++i) {
      const auto known = std::find_if(states.begin(), states.end(), [&](const ReaderStatus& state) {
        return state.name == names[i] && !state.gone;
      });
      if (known != states.end()) listed[i] = *known;
      listed[i].name = names[i];
    }
    const bool same_list = listed.size() == states.size();
    states = std::move(listed);
    Apply(states, /*fresh=*/false);
    const std::vector<ReaderStatus> before = states;
    const absl::Status status = context.Wait(states, StatusTimeout());
    if (!status.ok() && !absl::IsDeadlineExceeded(status) && !absl::IsCancelled(status)) return status;
    on_success();
    Apply(states, /*fresh=*/!absl::IsCancelled(status));
    // A service that says "changed" when nothing has must not make us spin.
    const bool changed = !same_list || !std::equal(states.begin(), states.end(), before.begin(),
                                                   [](const ReaderStatus& a, const ReaderStatus& b) {
                                                     return a.raw_state == b.raw_state;
                                                   });
    idle_rounds = changed || !status.ok() ? 0 : idle_rounds + 1;
    if (idle_rounds > 3) Pause(absl::Milliseconds(200));
  }
}

void WatchCore::ServiceDown(const absl::Status& why) {
  MutexLock lock(mutex_);
  if (stopping_) return;
  const std::string name = PcscCodeName(why);
  if (service_running_ || !service_known_) spdlog::warn("the smart card service does not answer: {}", name);
  if (service_running_ || !service_known_ || service_detail_ != name) Changed();
  service_known_ = true;
  service_running_ = false;
  service_detail_ = name;
  for (const std::unique_ptr<Reader>& reader : readers_) {
    if (reader->job != nullptr) reader->job->control.stop = true;
  }
  readers_.clear();
}

absl::Duration WatchCore::StatusTimeout() const {
  MutexLock lock(mutex_);
  const bool sampling = std::any_of(readers_.begin(), readers_.end(),
                                    [](const auto& reader) { return reader->plan.wants_samples(); });
  return sampling ? kSampleInterval : options_.look_interval;
}

void WatchCore::Apply(const std::vector<ReaderStatus>& states, bool fresh) {
  MutexLock lock(mutex_);
  if (stopping_) return;
  const absl::Duration now = clock_.Monotonic();
  std::vector<std::unique_ptr<Reader>> readers;
  size_t kept = 0;
  bool added = false;
  for (const ReaderStatus& state : states) {
    const auto old = std::find_if(readers_.begin(), readers_.end(), [&](const auto& reader) {
      return reader != nullptr && reader->status.name == state.name;
    });
    if (state.gone || (old == readers_.end() && state.raw_state == 0)) continue;
    if (old == readers_.end()) {
      readers.push_back(std::make_unique<Reader>(
          state, ReaderPlan::Options{.quiet_time = options_.quiet_time,
                                     .read_time = options_.budget.time,
                                     // Free for the quiet time is not in use.
                                     .in_use_after = options_.in_use_after + options_.quiet_time,
                                     .once = options_.once}));
      added = true;
    } else {
      readers.push_back(std::move(*old));
      ++kept;
    }
    Reader& reader = *readers.back();
    if (!fresh) continue;
    const uint64_t insertion = reader.plan.insertion();
    reader.status = state;
    reader.plan.OnStatus(state, now);
    if (reader.plan.insertion() != insertion) {
      reader.card.reset();
      // Whatever it reads is of a card that is not there any more.
      if (reader.job != nullptr) reader.job->control.stop = true;
    }
    Show(reader);
  }
  const bool removed = kept != readers_.size();
  for (const std::unique_ptr<Reader>& reader : readers_) {
    if (reader != nullptr && reader->job != nullptr) reader->job->control.stop = true;
  }
  readers_ = std::move(readers);
  // Known once the first states are: before that, "no reader" would be a guess.
  const bool complete = states.size() == readers_.size();
  if (complete && !service_running_) {
    if (service_known_) spdlog::info("the smart card service answers again");
    service_known_ = true;
    service_running_ = true;
    service_detail_.clear();
    Changed();
  }
  if (added || removed) Changed();
  if (!fresh) return;
  attention_ = true;
  wake_.NotifyAll();
}

// ---- The keeper.

void WatchCore::Keep() {
  mutex_.Lock();
  while (!stopping_) {
    const absl::Duration now = clock_.Monotonic();
    absl::Duration next = absl::InfiniteDuration();
    attention_ = false;
    for (const std::unique_ptr<Reader>& reader : readers_) next = std::min(next, Attend(*reader, now));
    if (std::exchange(changed_, false)) {
      mutex_.Unlock();
      if (on_change_) on_change_();
      mutex_.Lock();
      continue;
    }
    if (std::exchange(sample_, false) && context_ != nullptr) {
      const std::shared_ptr<PcscContext> context = context_;
      mutex_.Unlock();
      context->Cancel();
      mutex_.Lock();
    }
    if (attention_) continue;
    if (next == absl::InfiniteDuration()) {
      wake_.Wait(mutex_);
    } else if (next > now) {
      wake_.WaitFor(mutex_, next - now);
    }
  }
  mutex_.Unlock();
}

absl::Duration WatchCore::Attend(Reader& reader, absl::Duration now) {
  reader.plan.OnTime(now);
  if (reader.plan.ReadDue(now) && reader.job == nullptr) StartReading(reader, now);
  Show(reader);
  absl::Duration next = reader.job == nullptr ? reader.plan.NextTime() : absl::InfiniteDuration();
  if (reader.plan.wants_samples()) {
    sample_ = sample_ || reader.plan.sample_is_old(now);
    next = now + kSampleInterval;
  }
  if (reader.job == nullptr || !reader.not_answering.empty()) return next;
  const absl::Duration limit = reader.job->started + options_.budget.time + kWatchdogGrace;
  if (now < limit) return std::min(next, limit);
  const char* const call = reader.job->control.call;
  reader.not_answering = call != nullptr ? call : "the card's driver";
  spdlog::warn("reader '{}' is not answering: {} has not returned", CleanText(reader.status.name),
               reader.not_answering);
  Show(reader);
  return next;
}

void WatchCore::StartReading(Reader& reader, absl::Duration now) {
  auto job = std::make_shared<CardJob>();
  job->reader = reader.status.name;
  job->events = reader.status.events;
  job->insertion = reader.plan.insertion();
  job->check_in_use = !reader.plan.own_trace(now);
  job->known = Recall(reader);
  job->options = options_;
  // Later than at the insertion whoever comes in between may have shown a PIN.
  if (reader.plan.waiting() || options_.once) job->options.budget.patience = kLatePatience;
  job->options.budget.time = reader.plan.read_time_left();
  job->started = now;
  if (!StartThread([self = shared_from_this(), job] { self->Work(job); })) {
    // As after a failed attempt: once more later, then given up.
    reader.plan.ReadStarted(now);
    reader.plan.ReadEnded(ReaderPlan::Outcome::kRetry, now);
    return;
  }
  reader.job = std::move(job);
  reader.plan.ReadStarted(now);
}

// ---- A worker.

void WatchCore::Work(const std::shared_ptr<CardJob>& job) {
  CardResult result = RunCardJob(*job, clock_);
  MutexLock lock(mutex_);
  if (stopping_) return;
  const auto found =
      std::find_if(readers_.begin(), readers_.end(), [&](const auto& reader) { return reader->job == job; });
  if (found == readers_.end()) return;  // the reader has gone meanwhile
  Reader& reader = **found;
  reader.job.reset();
  reader.not_answering.clear();
  TakeResult(reader, *job, std::move(result));
  Show(reader);
  attention_ = true;
  wake_.NotifyAll();
}

void WatchCore::TakeResult(Reader& reader, const CardJob& job, CardResult result) {
  // The worker saw the insertion that it was sent to; was that the newest?
  if (job.events != reader.status.events) result.outcome = ReaderPlan::Outcome::kRetry;
  const bool same_insertion = job.insertion == reader.plan.insertion();
  const bool given_up = reader.plan.ReadEnded(result.outcome, clock_.Monotonic());
  if (!same_insertion) return;
  if (given_up) {
    // What was read before, between others' uses of the card, stays.
    if (reader.card.has_value()) return;
    result.contents = GivenUp(result.detail);
  } else if (result.outcome != ReaderPlan::Outcome::kDone) {
    return;
  }
  ObservedCard card{
      .atr = reader.status.atr, .contents = std::move(result.contents), .read_at = std::nullopt};
  if (card.contents.state == CardState::kMute) card.atr.clear();
  const bool was_read =
      card.contents.state != CardState::kMute && card.contents.state != CardState::kUnsupported;
  // A look that found nothing new leaves the time of the reading as it was.
  const bool unchanged = reader.card.has_value() && SameContents(reader.card->contents, card.contents);
  if (was_read) card.read_at = unchanged ? reader.card->read_at : clock_.Now();
  reader.card = std::move(card);
  memory_.Keep(reader.card->atr, reader.card->contents);
}

KnownCards WatchCore::Recall(const Reader& reader) const {
  if (!reader.card.has_value()) return memory_.Find(reader.status.atr, clock_.Now());
  const CardContents& contents = reader.card->contents;
  if (clock_.Now() >= KnownUntil(contents)) return {};
  return {std::make_shared<const CardContents>(contents)};
}

// ---- What is shown.

void WatchCore::Changed() {
  changed_ = true;
  wake_.NotifyAll();
}

void WatchCore::Show(Reader& reader) {
  ObservedReader shown = Observe(reader.status, reader.plan, reader.card, reader.not_answering);
  if (SameReader(shown, reader.shown)) return;
  reader.shown = std::move(shown);
  Changed();
}

}  // namespace kortvakt
