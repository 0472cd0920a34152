#include "agent/reporter/spool.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent/reporter/fit_report.h"
#include "agent/reporter/sealed_file.h"
#include "common/base/log.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kKind = "kortvakt-spool";
constexpr std::string_view kEnding = ".report";

// The number in "0000000000000001.report"; 0: another file.
uint64_t NumberOf(const fs::path& path) {
  const std::string stem = path.stem().string();
  if (path.extension() != kEnding || stem.size() != 16) return 0;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(stem.data(), stem.data() + stem.size(), number);
  return error == std::errc() && end == stem.data() + stem.size() ? number : 0;
}

}  // namespace

std::string Spool::PathOf(uint64_t number) const {
  return absl::StrFormat("%s/%016d.report", folder_, number);
}

absl::StatusOr<v1::Report> Spool::Read(uint64_t number) const {
  ASSIGN_OR_RETURN(const std::string body, ReadSealedFile(PathOf(number), kKind, kMaxReportBytes));
  v1::Report report;
  if (!report.ParseFromString(body) || report.id().empty()) return absl::DataLossError("not a whole report");
  return report;
}

absl::StatusOr<Spool> Spool::Open(const std::string& folder, size_t max_reports) {
  std::error_code error;
  const bool made = fs::create_directories(folder, error);
  if (error) return ErrnoStatus(error.value(), absl::StrCat("making the spool folder ", folder));
  if (made) chmod(folder.c_str(), 0700);

  Spool spool(folder, max_reports);
  std::vector<uint64_t> numbers;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const uint64_t number = NumberOf(it->path());
    if (number != 0) {
      numbers.push_back(number);
    } else if (IsHalfWritten(it->path().filename().string(), kEnding)) {
      std::error_code ignored;  // what cannot be removed does no harm
      fs::remove(it->path(), ignored);
    }
  }
  if (error) return ErrnoStatus(error.value(), absl::StrCat("reading the spool folder ", folder));
  std::sort(numbers.begin(), numbers.end());
  for (const uint64_t number : numbers) {
    spool.next_number_ = number + 1;
    const absl::StatusOr<v1::Report> report = spool.Read(number);
    if (report.ok()) {
      spool.entries_.push_back({number, report->id()});
    } else {
      spool.PutAside(number, report.status());
    }
  }
  spool.DropBeyondLimit();
  return spool;
}

void Spool::PutAside(uint64_t number, const absl::Status& why) const {
  const std::string path = PathOf(number);
  spdlog::warn("spool: {} cannot be used and is kept as {}.damaged: {}", path, path,
               std::string(why.message()));
  std::error_code error;
  fs::rename(path, path + ".damaged", error);
}

absl::Status Spool::Add(const v1::Report& report) {
  const std::string body = report.SerializeAsString();
  if (body.size() > kMaxReportBytes) {
    return absl::ResourceExhaustedError(absl::StrCat("a report of ", body.size(), " bytes is too large"));
  }
  const uint64_t number = next_number_;
  const absl::Status written = WriteSealedFile(PathOf(number), kKind, body);
  // What failed may stand all the same. Where it does not, its number stays free: the next
  // failure has the same words then, and is not logged anew.
  std::error_code ignored;
  if (written.ok() || fs::exists(PathOf(number), ignored)) ++next_number_;
  RETURN_IF_ERROR(Annotate(written, "keeping a report"));
  entries_.push_back({number, report.id()});
  DropBeyondLimit();
  return absl::OkStatus();
}

void Spool::DropBeyondLimit() {
  while (entries_.size() > max_reports_) {
    std::error_code error;
    fs::remove(PathOf(entries_.front().number), error);
    entries_.pop_front();
    // Said at the first and then rarely: the collector may be away for days.
    if (dropped_++ % 1000 == 0) {
      spdlog::warn("spool: full at {} reports; the oldest are dropped ({} so far)", max_reports_, dropped_);
    }
  }
}

std::vector<v1::Report> Spool::Oldest(size_t count, size_t max_bytes) {
  std::vector<v1::Report> reports;
  size_t bytes = 0;
  for (auto entry = entries_.begin(); entry != entries_.end() && reports.size() < count;) {
    absl::StatusOr<v1::Report> report = Read(entry->number);
    if (absl::IsDataLoss(report.status()) || absl::IsNotFound(report.status())) {
      PutAside(entry->number, report.status());
      entry = entries_.erase(entry);
      continue;
    }
    // Something that may pass, such as too many open files: later, and in order.
    if (!report.ok()) break;
    bytes += report->ByteSizeLong();
    if (bytes > max_bytes && !reports.empty()) break;
    reports.push_back(*std::move(report));
    ++entry;
  }
  return reports;
}

void Spool::Remove(const std::string& report_id) {
  const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& candidate) { return candidate.report_id == report_id; });
  if (entry == entries_.end()) return;
  std::error_code error;
  fs::remove(PathOf(entry->number), error);
  // A file that cannot be removed is sent again after a restart, which is harmless.
  if (error) spdlog::warn("spool: cannot remove {}: {}", PathOf(entry->number), error.message());
  entries_.erase(entry);
}

}  // namespace kortvakt
