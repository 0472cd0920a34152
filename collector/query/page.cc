#include "collector/query/page.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace kortvakt {
namespace {

constexpr uint32_t kUsualSize = 1000;
constexpr uint32_t kLargestSize = 10000;
// A sort key is a time, an id and a name of up to 4 KiB (snapshot_proto.h), in base64.
constexpr size_t kLongestToken = 8192;

}  // namespace

absl::StatusOr<PageRange> RangeOf(const v1::Page& page, PagedList list) {
  PageRange range;
  range.limit = page.size() == 0 ? kUsualSize : std::min(page.size(), kLargestSize);
  if (page.token().empty()) return range;
  std::string decoded;
  if (page.token().size() > kLongestToken || !absl::WebSafeBase64Unescape(page.token(), &decoded) ||
      decoded.size() < 2 || decoded[0] != static_cast<char>(list)) {
    return absl::InvalidArgumentError(
        "page.token is not a next_page_token of this list; begin again without a token");
  }
  range.after = decoded.substr(1);
  return range;
}

std::string TokenAfter(std::string_view sort_key, PagedList list) {
  return absl::WebSafeBase64Escape(std::string(1, static_cast<char>(list)) + std::string(sort_key));
}

}  // namespace kortvakt
