#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "agent/trust/certificate_file.h"
#include "agent/trust/trust_store.h"
#include "common/base/files.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

bool HasCertificateSuffix(const std::filesystem::path& path) {
  const std::string suffix = absl::AsciiStrToLower(path.extension().string());
  return suffix == ".pem" || suffix == ".crt" || suffix == ".cer" || suffix == ".der";
}

// Names of the certificate files in `folder`, sorted, so that equal folders look
// equal.
absl::StatusOr<std::vector<std::string>> ListFiles(const std::string& folder) {
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  std::vector<std::string> names;
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (!HasCertificateSuffix(entry->path())) continue;
    if (names.size() == kMaxStoreFiles) {
      return absl::ResourceExhaustedError(
          absl::StrCat(folder, ": more than ", kMaxStoreFiles, " certificate files"));
    }
    names.push_back(entry->path().filename().string());
  }
  if (error == std::errc::not_a_directory) {
    return absl::InvalidArgumentError(absl::StrCat(folder, ": not a folder"));
  }
  if (error) return ErrnoStatus(error.value(), absl::StrCat("listing ", folder));
  std::sort(names.begin(), names.end());
  return names;
}

// What a file of the folder held at this look.
struct FileLook {
  std::string name;
  absl::StatusOr<std::string> text;
};

class FolderStore final : public TrustStore {
 public:
  explicit FolderStore(std::string path) : path_(std::move(path)) {}
  TrustStoreKind kind() const override { return TrustStoreKind::kFolder; }
  const std::string& location() const override { return path_; }

  const TrustStoreContents& Look() override {
    absl::StatusOr<std::vector<FileLook>> files = ReadFiles();
    if (!files.ok()) {
      digest_.clear();
      contents_ = NotRead(files.status());
      return contents_;
    }
    std::string digest = DigestOf(*files);
    if (digest == digest_) return contents_;
    CertificateCollector collector;
    for (const FileLook& file : *files) {
      if (file.text.ok()) {
        collector.AddFile(*file.text, file.name);
      } else {
        collector.AddProblem(std::string(file.text.status().message()));
      }
    }
    contents_ = collector.Finish();
    digest_ = std::move(digest);
    return contents_;
  }

 private:
  absl::StatusOr<std::vector<FileLook>> ReadFiles() const {
    ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFiles(path_));
    std::vector<FileLook> files;
    size_t left = kMaxStoreBytes;
    for (const std::string& name : names) {
      FileLook file{name, ReadFile(absl::StrCat(path_, "/", name), left)};
      if (absl::IsResourceExhausted(file.text.status())) {
        return absl::ResourceExhaustedError(
            absl::StrCat(path_, ": its files have more than ", kMaxStoreBytes, " bytes together"));
      }
      if (file.text.ok()) left -= file.text->size();
      files.push_back(std::move(file));
    }
    return files;
  }

  // Over names, contents and errors, each with its length.
  static std::string DigestOf(const std::vector<FileLook>& files) {
    std::string input;
    for (const FileLook& file : files) {
      const std::string told =
          file.text.ok() ? AsString(Sha256(AsBytes(*file.text))) : std::string(file.text.status().message());
      absl::StrAppend(&input, file.name.size(), ":", file.name, told.size(), ":", told);
    }
    return AsString(Sha256(AsBytes(input)));
  }

  const std::string path_;
  std::string digest_;  // of the files that contents_ is of; empty: not read
  TrustStoreContents contents_;
};

}  // namespace

std::unique_ptr<TrustStore> MakeFolderStore(std::string path) {
  return std::make_unique<FolderStore>(std::move(path));
}

}  // namespace kortvakt
