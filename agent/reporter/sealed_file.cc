#include "agent/reporter/sealed_file.h"

#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/base/files.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

constexpr size_t kDigits = 64;
// mkostemp(3): a dot and six characters, see WriteFileDurably.
constexpr size_t kTemporaryEnding = 7;

std::string HeadOf(std::string_view kind, std::string_view body) {
  return absl::StrCat(std::string(kind), " 1 ", Sha256Hex(AsBytes(body)), "\n");
}

}  // namespace

absl::Status WriteSealedFile(const std::string& path, std::string_view kind, std::string_view body) {
  return WriteFileDurably(path, absl::StrCat(HeadOf(kind, body), std::string(body)), 0600);
}

absl::StatusOr<std::string> ReadSealedFile(const std::string& path, std::string_view kind, size_t max_bytes) {
  const size_t head = kind.size() + 3 + kDigits + 1;
  ASSIGN_OR_RETURN(std::string text, ReadFile(path, max_bytes + head));
  if (text.size() < head || HeadOf(kind, std::string_view(text).substr(head)) != text.substr(0, head)) {
    return absl::DataLossError(absl::StrCat(path, ": not whole, or not a ", std::string(kind)));
  }
  text.erase(0, head);
  return text;
}

bool IsHalfWritten(std::string_view name, std::string_view ending) {
  if (name.size() < ending.size() + kTemporaryEnding) return false;
  const std::string_view whole = name.substr(0, name.size() - kTemporaryEnding);
  return name[whole.size()] == '.' && whole.substr(whole.size() - ending.size()) == ending;
}

}  // namespace kortvakt
