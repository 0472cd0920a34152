// Policy and CA catalogue of the collector on a workstation: fetched when it names
// others than are here, kept on disk, and in force until better ones come.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/reporter/collector_transport.h"
#include "common/base/backoff.h"
#include "common/base/mutex.h"
#include "common/base/random.h"
#include "common/base/time.h"
#include "common/judge/judgement.h"

namespace kortvakt {

// The file among those of the spool in `spool_folder` that keeps them: a sealed file
// (sealed_file.h) of the kind "kortvakt-judgement", with a kortvakt.v1.Judgement.
std::string KeptJudgementFile(const std::string& spool_folder);

// What `file` keeps, Judgement::of_collector set. kNotFound: nothing; kPermissionDenied:
// it is not for this user; another error: it cannot be used, and says why.
absl::StatusOr<Judgement> ReadKeptJudgement(const std::string& file);

// What is in force on this workstation: the collector's, else that of the local
// configuration. What comes is taken up whole or not at all: read as strictly as a
// configuration, checked against itself and its versions, on disk before it counts.
// Otherwise what is in force stays, and the reason is logged once.
class CollectorJudgement {
 public:
  struct Options {
    std::string file;  // KeptJudgementFile; its folder exists
    // Between tries when the collector or the disk fails. What came and cannot be used is
    // asked for again after a day, or when the collector names another version.
    Backoff::Limits backoff{absl::Minutes(1), absl::Minutes(1), absl::Hours(1)};
    std::function<double()> random = RandomFraction;  // in [0, 1)
  };

  // Begins with what options.file keeps, else with `local`; a file that cannot be used is
  // logged. `clock` must outlive it.
  CollectorJudgement(Judgement local, const Clock& clock, Options options);

  // Thread-safe; never null.
  std::shared_ptr<const Judgement> Current() const;

  // The collector has named the versions in force there: fetches by `transport`, on the
  // calling thread, what is not here. The local ones become the collector's where they are
  // the same: they stay when the configuration changes. Called on one thread.
  void Follow(const std::string& policy_version, const std::string& catalogue_version,
              CollectorTransport& transport);

  // Called by Follow when Current has changed. Set before the first Follow.
  void set_on_change(std::function<void()> callback) { on_change_ = std::move(callback); }

 private:
  // What versions a collector names.
  struct Versions {
    std::string policy;
    std::string catalogue;

    bool operator==(const Versions&) const = default;
  };
  static Versions VersionsOf(const Judgement& judgement);
  // Asks for what `have` is not and takes up the answer; returns its versions.
  absl::StatusOr<Versions> Fetch(const Judgement& have, CollectorTransport& transport);
  // Keeps the collector's `judgement` on disk, then puts it into force.
  absl::Status TakeUp(Judgement judgement);
  void NoteFailure(const Versions& named, const absl::Status& status);

  const Clock& clock_;
  const Options options_;
  std::function<void()> on_change_;

  // Of Follow's thread.
  Backoff backoff_;
  Versions tried_;           // not to be asked for until retry_at_
  absl::Duration retry_at_;  // by the monotonic clock
  std::string last_error_;   // empty: what the collector names is in force

  mutable Mutex mutex_;
  std::shared_ptr<const Judgement> current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kortvakt
