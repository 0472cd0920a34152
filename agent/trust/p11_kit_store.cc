#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/trust/become_user.h"
#include "agent/trust/certificate_file.h"
#include "agent/trust/reader_process.h"
#include "agent/trust/store_reading.h"
#include "agent/trust/trust_store.h"
#include "common/base/bytes.h"
#include "common/base/files.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

// p11-kit says the path of a slot in 64 bytes: one that fills them may be cut (PKCS#11, CK_SLOT_INFO).
constexpr size_t kMaxSlotPath = 64;
constexpr uint32_t kNobody = 65534;

// Names and digests of `path`, or of the files below it, sorted. kOutOfRange: more than can be told.
absl::Status AddInput(const std::string& path, std::vector<std::string>& told) {
  std::error_code error;
  std::vector<std::string> files;
  if (std::filesystem::is_directory(path, error)) {
    std::filesystem::recursive_directory_iterator entry(path, error);
    for (; !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error)) {
      if (files.size() == kMaxStoreFiles) return absl::OutOfRangeError("too many files");
      if (!entry->is_directory(error)) files.push_back(entry->path().string());
    }
    if (error) return absl::OutOfRangeError("cannot be listed");
  } else {
    files.push_back(path);
  }
  for (const std::string& file : files) {
    const absl::StatusOr<std::string> text = ReadFile(file, kMaxStoreBytes);
    told.push_back(absl::StrCat(
        file, "\n", text.ok() ? Sha256Hex(AsBytes(*text)) : std::string(text.status().message())));
  }
  return absl::OkStatus();
}

class P11KitStore final : public TrustStore {
 public:
  P11KitStore(const std::string& program, const Clock& clock) : process_(program, kMaxAnswerBytes, clock) {}
  TrustStoreKind kind() const override { return TrustStoreKind::kP11Kit; }
  const std::string& location() const override { return reading_.location; }

  // The module is asked when one of the files that it said it reads has changed.
  const TrustStoreContents& Look() override {
    std::string digest = InputDigest();
    if (!digest.empty() && digest == digest_) return reading_.contents;
    Ask();
    digest_ = reading_.contents.state == TrustStoreState::kRead ? InputDigest() : "";
    return reading_.contents;
  }

 private:
  // Empty: it cannot be told whether something changed.
  std::string InputDigest() const {
    if (reading_.inputs.empty()) return "";
    std::vector<std::string> told;
    for (const std::string& path : reading_.inputs) {
      if (path.empty() || path.front() != '/' || path.size() >= kMaxSlotPath || !AddInput(path, told).ok())
        return "";
    }
    std::sort(told.begin(), told.end());
    std::string all;
    for (const std::string& one : told) absl::StrAppend(&all, one, "\n");
    return Sha256Hex(AsBytes(all));
  }

  void Ask() {
    const bool as_nobody = MayBecomeUsers();
    process_.Start({"p11-kit", absl::StrCat(as_nobody ? kNobody : geteuid()),
                    absl::StrCat(as_nobody ? kNobody : getegid())},
                   "");
    ReaderProcess::Wait({&process_});
    const auto read = [&]() -> absl::StatusOr<std::vector<StoreReading>> {
      ASSIGN_OR_RETURN(const std::string answer, process_.TakeAnswer());
      return DecodeReadings(answer);
    };
    absl::StatusOr<std::vector<StoreReading>> readings = read();
    reading_ = StoreReading();
    if (readings.ok() && readings->size() == 1) {
      reading_ = std::move(readings->front());
    } else {
      reading_.contents = NotRead(readings.ok() ? absl::InternalError("no answer") : readings.status());
    }
    reading_.location = "p11-kit-trust.so";
  }

  ReaderProcess process_;
  StoreReading reading_;
  std::string digest_;  // of the inputs at the time the module was asked; empty: ask
};

}  // namespace

std::unique_ptr<TrustStore> MakeP11KitStore(const std::string& program, const Clock& clock) {
  return std::make_unique<P11KitStore>(program, clock);
}

}  // namespace kortvakt
