// Revocation in a running agent: asked now and then, remembered in memory.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "agent/revocation/fetch.h"
#include "agent/revocation/known.h"
#include "agent/revocation/questions.h"
#include "common/base/event.h"
#include "common/base/mutex.h"
#include "common/base/random.h"
#include "common/base/time.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt {

// Thread-safe. Asks on a thread of its own, and never keeps its callers waiting for it.
class RevocationWatch {
 public:
  struct Options {
    // A question is asked again so long after it was answered, and up to `jitter` more.
    absl::Duration again = kAskAgain;
    absl::Duration jitter = kAskAgainJitter;
    // So long after nothing told, and up to `failed_jitter` more.
    absl::Duration failed_again = absl::Hours(1);
    absl::Duration failed_jitter = absl::Minutes(30);
    // A new one is asked within so long, evenly spread: cards are put in at the same hour.
    // What is due within as long is asked in the same round: a list is fetched once in a round.
    absl::Duration first_within = absl::Minutes(10);
    // Between two rounds that ask what was asked before. What is new does not wait for it.
    absl::Duration between = absl::Hours(1);
    absl::Duration each = absl::Seconds(30);          // for one address
    std::function<double()> random = RandomFraction;  // in [0, 1)
  };

  // `on_news` is called on the watch's thread after each round. `clock` must outlive it.
  RevocationWatch(std::unique_ptr<Fetcher> fetcher, const Clock& clock, Options options,
                  std::function<void()> on_news);
  // Stops what is under way.
  ~RevocationWatch();
  RevocationWatch(const RevocationWatch&) = delete;
  RevocationWatch& operator=(const RevocationWatch&) = delete;

  // Puts what is known into `snapshot`, and plans to ask what is not, where the policy has
  // it done at all. `pool` as QuestionsOf has it.
  void Join(Snapshot& snapshot, const CaCatalogue& catalogue, const Policy& policy,
            const CertificatePool& pool);

 private:
  // What is known by a question, and when it is asked next: by the wall clock, for a
  // machine that sleeps lets the monotonic one stand still.
  struct Memory {
    std::vector<RevocationCheck> checks;
    std::vector<CaDownload> downloads;
    absl::Time next;
    bool asked = false;
  };

  void Run();
  // Waits for the next round, in which there is something to ask. None: stop.
  std::optional<Questions> NextRound();
  // kCancelled: stop. kInternal: a failure of our own ended the round.
  absl::Status AskAll(const Questions& questions);
  // What was asked before is held until then: by another round of such.
  absl::Time HeldUntil(absl::Time now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // When it is asked next, but for what holds it.
  absl::Time NextOf(const Memory& memory, absl::Time now) const;
  // When it is to be asked, in a round of its own. What is due by `now` is not held.
  absl::Time DueAt(const Memory& memory, absl::Time now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // When the next of the latest questions is to be asked.
  absl::Time Due(absl::Time now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Puts off a question after it was asked, by whether it is answered.
  void PutOff(Memory& memory, bool answered) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Puts off all of the round that a failure of our own ended, and says why, once.
  void Fail(const Questions& questions, const absl::Status& why);
  void Forget() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Duration Part(absl::Duration of) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::unique_ptr<Fetcher> fetcher_;
  const Clock& clock_;
  const Options options_;
  const std::function<void()> on_news_;
  const Event stop_;
  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Questions latest_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Memory> known_ ABSL_GUARDED_BY(mutex_);
  absl::Time not_before_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();  // nothing asked before
  std::string failure_;  // of our own, as last logged; empty: none. The thread's.
  std::thread thread_;
};

}  // namespace kortvakt
