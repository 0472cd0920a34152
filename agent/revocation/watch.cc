#include "agent/revocation/watch.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <set>
#include <utility>

#include "agent/revocation/round.h"

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

std::function<double()> MachineRandom() {
  return [engine = std::mt19937_64(std::random_device()())]() mutable {
    return std::uniform_real_distribution<double>(0, 1)(engine);
  };
}

}  // namespace

RevocationWatch::RevocationWatch(std::unique_ptr<Fetcher> fetcher, const Clock& clock, Options options,
                                 std::function<void()> on_news)
    : fetcher_(std::move(fetcher)),
      clock_(clock),
      options_(std::move(options)),
      on_news_(std::move(on_news)),
      stop_(eventfd(0, EFD_CLOEXEC)),
      random_(options_.random ? options_.random : MachineRandom()),
      thread_([this] { Run(); }) {}

RevocationWatch::~RevocationWatch() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  const uint64_t one = 1;
  // Cannot fail: the counter is far from its limit.
  (void)!write(stop_.get(), &one, sizeof one);
  thread_.join();
}

absl::Duration RevocationWatch::Part(absl::Duration of) { return of * random_(); }

void RevocationWatch::Join(Snapshot& snapshot, const CaCatalogue& catalogue, const Policy& policy,
                           const CertificatePool& pool) {
  Questions questions;
  if (policy.revocation) questions = QuestionsOf(snapshot, catalogue, policy, pool, clock_.Now());
  const absl::Duration now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  absl::Duration next = absl::InfiniteDuration();
  const auto join = [&](const auto& question) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto [memory, is_new] = known_.try_emplace(KeyOf(question));
    if (is_new) memory->second.next = now + Part(options_.first_within);
    Append(memory->second.checks, snapshot.revocations);
    Append(memory->second.downloads, snapshot.ca_downloads);
    next = std::min(next, memory->second.next);
  };
  for (const RevocationQuestion& question : questions.certificates) join(question);
  for (const CaQuestion& question : questions.cas) join(question);
  latest_ = std::move(questions);
  Forget();
  due_ = std::max(next, not_before_);
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

Questions RevocationWatch::NextRound() {
  const MutexLock lock(mutex_);
  while (!stopping_ && clock_.Monotonic() < due_) {
    if (due_ == absl::InfiniteDuration()) {
      changed_.Wait(mutex_);
    } else {
      changed_.WaitFor(mutex_, due_ - clock_.Monotonic());
    }
  }
  if (stopping_) return {};
  const absl::Duration now = clock_.Monotonic();
  Questions questions = latest_;
  const auto is_later = [&](const auto& question) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto known = known_.find(KeyOf(question));
    return known == known_.end() || known->second.next > now;
  };
  std::erase_if(questions.certificates, is_later);
  std::erase_if(questions.cas, is_later);
  due_ = absl::InfiniteDuration();
  return questions;
}

bool RevocationWatch::AskAll(const Questions& questions) {
  RevocationRound round(*fetcher_, clock_,
                        {.hosts = questions.hosts,
                         .limit = ProbeLimit::After(kLongestRound, stop_.get()),
                         .each = options_.each});
  const auto remember = [&](const std::string& key, auto answers, auto member) {
    const MutexLock lock(mutex_);
    Memory& memory = known_[key];
    memory.*member = std::move(answers);
    memory.next = clock_.Monotonic() + options_.again + Part(options_.jitter);
  };
  for (const RevocationQuestion& question : questions.certificates) {
    absl::StatusOr<std::vector<RevocationCheck>> checks = round.Ask(question);
    if (!checks.ok()) return false;
    remember(KeyOf(question), *std::move(checks), &Memory::checks);
  }
  for (const CaQuestion& question : questions.cas) {
    absl::StatusOr<std::vector<CaDownload>> downloads = round.Ask(question);
    if (!downloads.ok()) return false;
    remember(KeyOf(question), *std::move(downloads), &Memory::downloads);
  }
  return true;
}

void RevocationWatch::Run() {
  while (true) {
    const Questions questions = NextRound();
    {
      const MutexLock lock(mutex_);
      if (stopping_) return;
      not_before_ = clock_.Monotonic() + options_.between;
    }
    if (!AskAll(questions)) return;
    on_news_();
  }
}

}  // namespace kortvakt
