#include "tests/integration/pcsc/service_test.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/integration/pcsc/other_program.h"
#include "tests/support/card/virtual_card.h"

namespace kortvakt::testing {

bool ServiceTest::StartService(const std::vector<std::string>& names, bool verbose) {
  absl::StatusOr<PrivatePcscd> service = PrivatePcscd::Start(names, verbose);
  EXPECT_TRUE(service.ok()) << service.status();
  if (service.ok()) service_.emplace(*std::move(service));
  slots_ = names.size() * 2;
  return service.ok();
}

bool ServiceTest::StartLargeService() {
  std::vector<std::string> names;
  for (size_t i = 0; i < kMostSlots / 2; ++i) names.push_back(absl::StrCat("Virtual ", i));
  return StartService(names);
}

void ServiceTest::Insert(size_t slot, const TestCard& card) {
  const absl::Status inserted = service_->InsertCard(slot, card.file);
  EXPECT_TRUE(inserted.ok()) << inserted;
}

void ServiceTest::Remove(size_t slot) {
  const absl::Status removed = service_->RemoveCard(slot);
  EXPECT_TRUE(removed.ok()) << removed;
}

void ServiceTest::InsertNoticed(size_t slot, const TestCard& card) {
  Insert(slot, card);
  OtherProgram onlooker;
  const absl::Status noticed = onlooker.AwaitCard(service_->ReaderName(slot));
  EXPECT_TRUE(noticed.ok()) << noticed;
}

std::vector<std::string> ServiceTest::Log(size_t slot) const {
  const auto log = service_->Log(slot);
  EXPECT_TRUE(log.ok()) << log.status();
  return log.value_or(std::vector<std::string>());
}

std::vector<std::string> ServiceTest::Commands(size_t slot) const {
  const auto log = service_->ApduLog(slot);
  EXPECT_TRUE(log.ok()) << log.status();
  return log.value_or(std::vector<std::string>());
}

size_t ServiceTest::OthersThanReading(size_t slot) const {
  size_t count = 0;
  for (const std::string& line : Commands(slot)) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (!OnlyReads(*FromHex(words[0]))) ++count;
  }
  return count;
}

bool ServiceTest::WasReset(size_t slot) const {
  const std::vector<std::string> log = Log(slot);
  return std::find(log.begin(), log.end(), "reset") != log.end();
}

bool ServiceTest::AwaitApdus(size_t slot, size_t count, absl::Duration limit) const {
  for (const absl::Time end = absl::Now() + limit; Apdus(slot) < count;
       absl::SleepFor(absl::Milliseconds(1))) {
    if (absl::Now() > end) return false;
  }
  return true;
}

bool ServiceTest::AwaitPowerOff(size_t slot) const {
  for (const absl::Time end = absl::Now() + kPatience; absl::Now() < end;) {
    const std::vector<std::string> log = Log(slot);
    if (!log.empty() && log.back() == "power-off") return true;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return false;
}

bool ServiceTest::NothingIsSent(absl::Duration time) const {
  std::vector<size_t> before;
  for (size_t slot = 0; slot < slots_; ++slot) before.push_back(Apdus(slot));
  for (const absl::Time end = absl::Now() + time; absl::Now() < end; absl::SleepFor(absl::Milliseconds(20))) {
    for (size_t slot = 0; slot < slots_; ++slot) {
      if (Apdus(slot) != before[slot]) return false;
    }
  }
  return true;
}

}  // namespace kortvakt::testing
