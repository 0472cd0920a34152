#include "tests/integration/pcsc/watching.h"

#include <algorithm>
#include <utility>

#include "common/base/status.h"

namespace kortvakt::testing {
namespace {

// Tells of each transaction before it begins.
class AnnouncedSession final : public CardSession {
 public:
  AnnouncedSession(CardSession& session, const std::function<void(const CardSession&, size_t)>& announce)
      : session_(session), announce_(announce) {}
  ByteView atr() const override { return session_.atr(); }
  bool is_t0() const override { return session_.is_t0(); }
  bool extended_length() const override { return session_.extended_length(); }
  absl::StatusOr<std::unique_ptr<CardChannel>> Begin() override {
    if (announce_) announce_(session_, transactions_++);
    return session_.Begin();
  }

 private:
  CardSession& session_;
  const std::function<void(const CardSession&, size_t)>& announce_;
  size_t transactions_ = 0;
};

}  // namespace

WatchingTest::WatchingTest() {
  options_.quiet_time = absl::Seconds(1);
  options_.look_interval = absl::Milliseconds(500);
  // A busy machine keeps a program waiting as another one would; what is done about that at the
  // default is tested on a clock of the test's own.
  options_.budget.patience = absl::Seconds(15);
  options_.read = [this](CardSession& session) { return Look(session, {}); };
  options_.refresh = [this](CardSession& session, const KnownCards& known) { return Look(session, known); };
}

WatchingTest::~WatchingTest() { watch_.reset(); }

absl::StatusOr<CardContents> WatchingTest::Look(CardSession& session, const KnownCards& known) {
  AnnouncedSession announced(session, before_transaction_);
  absl::StatusOr<CardContents> contents = known.empty() ? ReadCard(announced) : RefreshCard(announced, known);
  if (absl::IsAborted(contents.status())) ++gave_way_;
  ++looks_;
  return contents;
}

void WatchingTest::StartWatch() {
  StopWatch();
  watch_ = std::make_unique<ReaderWatch>(options_, SystemClock(), [this] {
    MutexLock lock(mutex_);
    ++changes_;
    changed_.NotifyAll();
  });
}

ObservedReaders WatchingTest::Now() { return onlooker_ == nullptr ? watch_->Current() : onlooker_->Look(); }

bool WatchingTest::Await(const std::function<bool(const ObservedReaders&)>& condition, absl::Duration limit) {
  const absl::Time end = absl::Now() + limit;
  while (true) {
    uint64_t seen = 0;
    {
      MutexLock lock(mutex_);
      seen = changes_;
    }
    if (condition(Now())) return true;
    MutexLock lock(mutex_);
    while (changes_ == seen) {
      const absl::Duration left = end - absl::Now();
      if (left <= absl::ZeroDuration()) return false;
      changed_.WaitFor(mutex_, left);
    }
  }
}

std::optional<ObservedReader> WatchingTest::Reader(const ObservedReaders& now, size_t slot) const {
  const auto found = std::find_if(now.readers.begin(), now.readers.end(), [&](const ObservedReader& reader) {
    return reader.name == service_->ReaderName(slot);
  });
  return found == now.readers.end() ? std::nullopt : std::optional<ObservedReader>(*found);
}

std::string WatchingTest::Shown(const ObservedReaders& now, size_t slot) const {
  const std::optional<ObservedReader> reader = Reader(now, slot);
  return reader.has_value() ? cards_.Describe(reader->card) : "";
}

bool WatchingTest::AwaitCard(size_t slot, const TestCard& card, absl::Duration limit) {
  return Await([&](const ObservedReaders& now) { return Shown(now, slot) == card.name; }, limit);
}

bool WatchingTest::AwaitState(size_t slot, CardState state, absl::Duration limit) {
  return Await(
      [&](const ObservedReaders& now) {
        const std::optional<ObservedReader> reader = Reader(now, slot);
        return reader.has_value() && reader->card.has_value() && reader->card->contents.state == state;
      },
      limit);
}

bool WatchingTest::AwaitNoCard(size_t slot, absl::Duration limit) {
  return Await(
      [&](const ObservedReaders& now) {
        const std::optional<ObservedReader> reader = Reader(now, slot);
        return reader.has_value() && !reader->card.has_value();
      },
      limit);
}

bool WatchingTest::AwaitReaders(size_t count, absl::Duration limit) {
  return Await([&](const ObservedReaders& now) { return now.service_running && now.readers.size() == count; },
               limit);
}

std::vector<std::pair<CardFamily, size_t>> WatchingTest::MomentsOfAReading() {
  std::vector<std::pair<CardFamily, size_t>> moments;
  for (const size_t slot : {0, 1}) {
    const TestCard card = cards_.Make(kBothFamilies[slot]);
    Insert(slot, card);
    EXPECT_TRUE(AwaitCard(slot, card));
    const size_t commands = Apdus(slot);
    EXPECT_GT(commands, 10u);
    for (size_t at = 0; at < commands; ++at) moments.emplace_back(card.family, at);
    Remove(slot);
    EXPECT_TRUE(AwaitNoCard(slot));
    EXPECT_TRUE(service_->ClearLog(slot).ok());
  }
  return moments;
}

Onlooker::Onlooker(WatchingTest& test, size_t slots) : test_(test), seen_(slots) {
  Look();
  test_.onlooker_ = this;
  thread_ = std::thread([this] {
    while (!stop_) {
      Look();
      absl::SleepFor(absl::Milliseconds(2));
    }
  });
}

ObservedReaders Onlooker::Look() {
  const MutexLock lock(mutex_);
  ObservedReaders now = test_.watch_->Current();
  for (size_t slot = 0; slot < seen_.size(); ++slot) {
    const std::string shown = test_.Shown(now, slot);
    if (seen_[slot].empty() || seen_[slot].back() != shown) seen_[slot].push_back(shown);
  }
  return now;
}

void Onlooker::Stop() {
  if (!thread_.joinable()) return;
  stop_ = true;
  thread_.join();
  Look();  // what is there in the end is seen
  test_.onlooker_ = nullptr;
}

std::vector<std::string> Onlooker::Seen(size_t slot) {
  Stop();
  const MutexLock lock(mutex_);
  return seen_.at(slot);
}

std::vector<std::string> Onlooker::CardsSeen(size_t slot) {
  std::vector<std::string> cards = Seen(slot);
  std::erase(cards, "");
  return cards;
}

}  // namespace kortvakt::testing
