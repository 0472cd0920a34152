#include "tests/integration/pcsc/watching.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace kortvakt::testing {
namespace {

constexpr uint16_t kIdentityTag = 0xDF30;
constexpr size_t kIdentityLength = 2;  // exact, so that T=0 needs one command

CardContents Contents(const Bytes& identity) {
  CardContents contents;
  contents.family = CardFamily::kPkcs15;
  contents.state = CardState::kRead;
  contents.serial = identity;
  contents.freshness = identity;
  return contents;
}

}  // namespace

WatchingTest::WatchingTest() : folder_(absl::StrCat("/tmp/kvc", getpid())) {
  std::filesystem::create_directories(folder_);
  options_.quiet_time = absl::Seconds(1);
  options_.look_interval = absl::Milliseconds(500);
  options_.read = [this](CardSession& session) { return Read(session); };
  options_.refresh = [this](CardSession& session, const CardContents& before) { return Refresh(session, before); };
}

WatchingTest::~WatchingTest() {
  watch_.reset();
  service_.reset();
  std::error_code error;
  std::filesystem::remove_all(folder_, error);
}

bool WatchingTest::StartService(const std::vector<std::string>& names) {
  absl::StatusOr<PrivatePcscd> service = PrivatePcscd::Start(names);
  EXPECT_TRUE(service.ok()) << service.status();
  if (service.ok()) service_.emplace(*std::move(service));
  return service.ok();
}

std::string WatchingTest::CardFile(const std::string& identity) {
  const std::string path = absl::StrCat(folder_, "/", identity, ".toml");
  std::ofstream(path) << "atr = \"3B7F96000080318065B0855956FB120FFE829000\"\nprotocol = \"T=0\"\n"
                      << "[[data]]\ntag = \"DF30\"\nhex = \"" << identity << "\"\n";
  return path;
}

void WatchingTest::StartWatch() {
  watch_ = std::make_unique<ReaderWatch>(options_, SystemClock(), [this] {
    MutexLock lock(mutex_);
    ++changes_;
    changed_.NotifyAll();
  });
}

absl::StatusOr<CardContents> WatchingTest::Read(CardSession& session) {
  ++readings_;
  Bytes identity;
  for (size_t done = 0; done < kCommands;) {
    ASSIGN_OR_RETURN(const std::unique_ptr<CardChannel> channel, session.Begin());
    for (int i = 0; i < 5; ++i, ++done) {
      if (before_command_) before_command_(done);
      ASSIGN_OR_RETURN(const ResponseApdu response, channel->Transmit(CommandApdu::GetData(kIdentityTag, kIdentityLength)));
      if (done == 0) identity = response.data;
      if (!response.ok() || response.data != identity) return absl::InternalError("two cards were mixed");
    }
  }
  return Contents(identity);
}

absl::StatusOr<CardContents> WatchingTest::Refresh(CardSession& session, const CardContents& before) {
  {
    ++refreshes_;
    ASSIGN_OR_RETURN(const std::unique_ptr<CardChannel> channel, session.Begin());
    ASSIGN_OR_RETURN(const ResponseApdu response, channel->Transmit(CommandApdu::GetData(kIdentityTag, kIdentityLength)));
    if (response.data == before.freshness) return before;
  }
  return Read(session);
}

bool WatchingTest::Await(const std::function<bool(const ObservedReaders&)>& condition, absl::Duration limit) {
  const absl::Time end = absl::Now() + limit;
  while (true) {
    uint64_t seen = 0;
    {
      MutexLock lock(mutex_);
      seen = changes_;
    }
    if (condition(watch_->Current())) return true;
    MutexLock lock(mutex_);
    while (changes_ == seen) {
      const absl::Duration left = end - absl::Now();
      if (left <= absl::ZeroDuration()) return false;
      changed_.WaitFor(mutex_, left);
    }
  }
}

std::optional<ObservedReader> WatchingTest::Reader(size_t slot) const {
  const ObservedReaders now = watch_->Current();
  const auto found = std::find_if(now.readers.begin(), now.readers.end(), [&](const ObservedReader& reader) {
    return reader.name == service_->ReaderName(slot);
  });
  return found == now.readers.end() ? std::nullopt : std::optional<ObservedReader>(*found);
}

std::string WatchingTest::Identity(size_t slot) const {
  const std::optional<ObservedReader> reader = Reader(slot);
  if (!reader.has_value() || !reader->card.has_value()) return "";
  return UpperHex(reader->card->contents.serial);
}

bool WatchingTest::AwaitCard(size_t slot, const std::string& identity, absl::Duration limit) {
  return Await([&](const ObservedReaders&) { return Identity(slot) == identity; }, limit);
}

bool WatchingTest::AwaitState(size_t slot, CardState state, absl::Duration limit) {
  return Await(
      [&](const ObservedReaders&) {
        const std::optional<ObservedReader> reader = Reader(slot);
        return reader.has_value() && reader->card.has_value() && reader->card->contents.state == state;
      },
      limit);
}

bool WatchingTest::AwaitNoCard(size_t slot, absl::Duration limit) {
  return Await(
      [&](const ObservedReaders&) {
        const std::optional<ObservedReader> reader = Reader(slot);
        return reader.has_value() && !reader->card.has_value();
      },
      limit);
}

bool WatchingTest::AwaitReaders(size_t count, absl::Duration limit) {
  return Await([&](const ObservedReaders& now) { return now.service_running && now.readers.size() == count; },
               limit);
}

size_t WatchingTest::Apdus(size_t slot) const {
  const auto log = service_->ApduLog(slot);
  EXPECT_TRUE(log.ok()) << log.status();
  return log.ok() ? log->size() : 0;
}

bool WatchingTest::WasReset(size_t slot) const {
  const auto log = service_->Log(slot);
  EXPECT_TRUE(log.ok()) << log.status();
  return log.ok() && std::find(log->begin(), log->end(), "reset") != log->end();
}

}  // namespace kortvakt::testing
