#include "agent/revocation/watch.h"

#include <algorithm>
#include <set>
#include <utility>

#include "agent/revocation/round.h"
#include "common/base/log.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

// A shared workstation sees a few dozen cards a day, of four certificates each.
constexpr size_t kMaxKnown = 1024;
// A round ends even where every server drips.
constexpr absl::Duration kLongestRound = absl::Minutes(15);

std::string KeyOf(const RevocationQuestion& question) { return question.certificate_sha256; }
std::string KeyOf(const CaQuestion& question) { return "ca " + question.ca.id; }

template <typename List>
void Append(const List& from, List& to) {
  to.insert(to.end(), from.begin(), from.end());
}

// Further ahead than anything is put off: the clock was set back since.
absl::Time UnlessSetBack(absl::Time planned, absl::Duration longest, absl::Time now) {
  return planned - now > longest ? now : planned;
}

}  // namespace

RevocationWatch::RevocationWatch(std::unique_ptr<Fetcher> fetcher, const Clock& clock, Options options,
                                 std::function<void()> on_news)
    : fetcher_(std::move(fetcher)),
      clock_(clock),
      options_(std::move(options)),
      on_news_(std::move(on_news)),
      thread_([this] { Run(); }) {}

RevocationWatch::~RevocationWatch() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  stop_.Set();
  thread_.join();
}

absl::Duration RevocationWatch::Part(absl::Duration of) { return of * options_.random(); }

void RevocationWatch::Join(Snapshot& snapshot, const CaCatalogue& catalogue, const Policy& policy,
                           const CertificatePool& pool) {
  Questions questions;
  if (policy.revocation) questions = QuestionsOf(snapshot, catalogue, policy, pool, clock_.Now());
  const absl::Time now = clock_.Now();
  const MutexLock lock(mutex_);
  const auto join = [&](const auto& question) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto [memory, is_new] = known_.try_emplace(KeyOf(question));
    if (is_new) memory->second.next = now + Part(options_.first_within);
    Append(memory->second.checks, snapshot.revocations);
    Append(memory->second.downloads, snapshot.ca_downloads);
  };
  for (const RevocationQuestion& question : questions.certificates) join(question);
  for (const CaQuestion& question : questions.cas) join(question);
  latest_ = std::move(questions);
  Forget();
  changed_.NotifyAll();
}

// Those that are not asked about now and would be asked first go first.
void RevocationWatch::Forget() {
  if (known_.size() <= kMaxKnown) return;
  std::set<std::string> here;
  for (const RevocationQuestion& question : latest_.certificates) here.insert(KeyOf(question));
  for (const CaQuestion& question : latest_.cas) here.insert(KeyOf(question));
  while (known_.size() > kMaxKnown) {
    auto oldest = known_.end();
    for (auto entry = known_.begin(); entry != known_.end(); ++entry) {
      if (here.count(entry->first) > 0) continue;
      if (oldest == known_.end() || entry->second.next < oldest->second.next) oldest = entry;
    }
    if (oldest == known_.end()) return;
    known_.erase(oldest);
  }
}

absl::Time RevocationWatch::HeldUntil(absl::Time now) const {
  return UnlessSetBack(not_before_, options_.between, now);
}

absl::Time RevocationWatch::NextOf(const Memory& memory, absl::Time now) const {
  const absl::Duration longest = std::max({options_.again + options_.jitter, options_.first_within,
                                           options_.failed_again + options_.failed_jitter});
  return UnlessSetBack(memory.next, longest, now);
}

absl::Time RevocationWatch::DueAt(const Memory& memory, absl::Time now) const {
  const absl::Time next = NextOf(memory, now);
  return memory.asked ? std::max(next, HeldUntil(now)) : next;
}

absl::Time RevocationWatch::Due(absl::Time now) const {
  absl::Time due = absl::InfiniteFuture();
  const auto look = [&](const auto& question) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto known = known_.find(KeyOf(question));
    if (known != known_.end()) due = std::min(due, DueAt(known->second, now));
  };
  for (const RevocationQuestion& question : latest_.certificates) look(question);
  for (const CaQuestion& question : latest_.cas) look(question);
  return due;
}

std::optional<Questions> RevocationWatch::NextRound() {
  const MutexLock lock(mutex_);
  // What is due by this moment is in the round by this moment: it is not empty.
  absl::Time now;
  while (!stopping_) {
    now = clock_.Now();
    const absl::Time due = Due(now);
    if (due <= now) break;
    if (due == absl::InfiniteFuture()) {
      changed_.Wait(mutex_);
    } else {
      changed_.WaitFor(mutex_, due - now);
    }
  }
  if (stopping_) return std::nullopt;
  const bool held = HeldUntil(now) > now;
  bool again = false;
  Questions questions = latest_;
  const auto is_later = [&](const auto& question) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto known = known_.find(KeyOf(question));
    if (known == known_.end()) return true;
    const Memory& memory = known->second;
    if (DueAt(memory, now) > now + options_.first_within || (memory.asked && held)) return true;
    again = again || memory.asked;
    return false;
  };
  std::erase_if(questions.certificates, is_later);
  std::erase_if(questions.cas, is_later);
  if (again) not_before_ = now + options_.between;
  return questions;
}

void RevocationWatch::PutOff(Memory& memory, bool answered) {
  memory.asked = true;
  memory.next = clock_.Now() + (answered ? options_.again + Part(options_.jitter)
                                         : options_.failed_again + Part(options_.failed_jitter));
}

absl::Status RevocationWatch::AskAll(const Questions& questions) {
  RevocationRound round(*fetcher_, clock_,
                        {.hosts = questions.hosts,
                         .limit = ProbeLimit::After(kLongestRound, stop_.descriptor()),
                         .each = options_.each});
  for (const RevocationQuestion& question : questions.certificates) {
    ASSIGN_OR_RETURN(std::vector<RevocationCheck> checks, round.Ask(question));
    if (checks.empty()) continue;  // no time was left: it stays due
    const MutexLock lock(mutex_);
    Memory& memory = known_[KeyOf(question)];
    PutOff(memory, Tells(checks));
    memory.checks = WithWhatWasKnown(memory.checks, std::move(checks), clock_.Now());
  }
  for (const CaQuestion& question : questions.cas) {
    ASSIGN_OR_RETURN(std::vector<CaDownload> downloads, round.Ask(question));
    if (downloads.empty()) continue;
    const MutexLock lock(mutex_);
    Memory& memory = known_[KeyOf(question)];
    PutOff(memory, Tells(downloads));
    memory.downloads = std::move(downloads);
  }
  return absl::OkStatus();
}

void RevocationWatch::Fail(const Questions& questions, const absl::Status& why) {
  if (failure_ != why.message()) {
    failure_ = std::string(why.message());
    spdlog::warn("revocation cannot be asked about, and is tried again every hour: {}", failure_);
  }
  const MutexLock lock(mutex_);
  const absl::Time now = clock_.Now();
  const auto put_off = [&](const auto& question) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto known = known_.find(KeyOf(question));
    if (known != known_.end() && NextOf(known->second, now) <= now + options_.first_within) {
      PutOff(known->second, false);
    }
  };
  for (const RevocationQuestion& question : questions.certificates) put_off(question);
  for (const CaQuestion& question : questions.cas) put_off(question);
}

void RevocationWatch::Run() {
  while (const std::optional<Questions> questions = NextRound()) {
    const absl::Status asked = AskAll(*questions);
    if (absl::IsCancelled(asked)) return;
    if (asked.ok()) {
      failure_.clear();
    } else {
      Fail(*questions, asked);
    }
    on_news_();
  }
}

}  // namespace kortvakt
