#include "agent/readers/reader_watch.h"

#include <utility>

#include "agent/readers/watch_core.h"

namespace kortvakt {

ReaderWatch::ReaderWatch(const Options& options, const Clock& clock, std::function<void()> on_change)
    : core_(std::make_shared<WatchCore>(options, clock, std::move(on_change))) {
  core_->Start();
}

ReaderWatch::~ReaderWatch() { Stop(); }

void ReaderWatch::Stop() { core_->Stop(); }

ObservedReaders ReaderWatch::Current() const { return core_->Current(); }

bool ReaderWatch::WaitUntilSettled(absl::Duration limit) const { return core_->WaitUntilSettled(limit); }

}  // namespace kortvakt
