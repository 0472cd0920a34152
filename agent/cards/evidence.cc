#include "agent/cards/evidence.h"

#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"

namespace kortvakt {
namespace {

constexpr size_t kShown = 4;

}  // namespace

bool IsCardFault(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kDataLoss:
      return true;
    default:
      return false;
  }
}

absl::Status StatusWordFault(uint16_t sw) {
  const uint8_t bytes[] = {static_cast<uint8_t>(sw >> 8), static_cast<uint8_t>(sw)};
  const std::string text = absl::StrCat("status word ", UpperHex(bytes));
  if (sw == 0x6A82 || sw == 0x6A83 || sw == 0x6A88) return absl::NotFoundError(text);
  return absl::FailedPreconditionError(text);
}

absl::Status ContentFault(std::string_view what) { return absl::InvalidArgumentError(std::string(what)); }

void Evidence::Add(std::string_view where, const absl::Status& fault) {
  if (++count_ > kShown) return;
  if (!text_.empty()) text_ += "; ";
  absl::StrAppend(&text_, "reading ", std::string(where), ": ", std::string(fault.message()));
}

std::string Evidence::Text() const {
  return count_ > kShown ? absl::StrCat(text_, "; and ", count_ - kShown, " more") : text_;
}

}  // namespace kortvakt
