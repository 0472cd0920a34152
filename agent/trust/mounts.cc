#include "agent/trust/mounts.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace kortvakt {
namespace {

constexpr int kMaxLinks = 40;  // as the kernel (path_resolution(7))
constexpr std::array<std::string_view, 14> kLocalTypes = {"bcachefs", "btrfs", "ecryptfs", "ext2",    "ext3",
                                                          "ext4",     "f2fs",  "jfs",      "overlay", "ramfs",
                                                          "reiserfs", "tmpfs", "xfs",      "zfs"};

// proc(5): space, tab, newline and backslash are written as "\" and three octal digits.
std::string Unescape(absl::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto digit = [&](size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '7'; };
    if (text[i] == '\\' && digit(i + 1) && digit(i + 2) && digit(i + 3)) {
      result += static_cast<char>((text[i + 1] - '0') << 6 | (text[i + 2] - '0') << 3 | (text[i + 3] - '0'));
      i += 3;
    } else {
      result += text[i];
    }
  }
  return result;
}

}  // namespace

Mounts Mounts::Parse(std::string_view mountinfo) {
  Mounts mounts;
  for (const absl::string_view line :
       absl::StrSplit(absl::string_view(mountinfo.data(), mountinfo.size()), '\n', absl::SkipEmpty())) {
    // Fields: id, parent, device, root, mount point, options, optional fields, "-", type, …
    const std::vector<absl::string_view> fields = absl::StrSplit(line, ' ');
    const auto dash = std::find(fields.begin(), fields.end(), "-");
    if (fields.size() < 6 || fields.end() - dash < 2) continue;
    mounts.types_[Unescape(fields[4])] = std::string(dash[1]);
  }
  return mounts;
}

std::string Mounts::TypeAt(std::string_view path) const {
  std::string point(path);
  while (point.size() > 1 && point.back() == '/') point.pop_back();
  while (true) {
    const auto type = types_.find(point);
    if (type != types_.end()) return type->second;
    const size_t slash = point.rfind('/');
    if (slash == std::string::npos || point == "/") return "";
    point.resize(std::max<size_t>(slash, 1));
  }
}

bool Mounts::IsLocal(std::string_view path) const {
  const std::string type = TypeAt(path);
  return std::find(kLocalTypes.begin(), kLocalTypes.end(), type) != kLocalTypes.end();
}

absl::StatusOr<std::string> Mounts::Resolve(const std::string& path) const {
  std::string done;  // without links
  std::vector<std::string> left = absl::StrSplit(path, '/', absl::SkipEmpty());
  std::reverse(left.begin(), left.end());
  int links = 0;
  while (!left.empty()) {
    const std::string part = left.back();
    left.pop_back();
    if (part == ".") continue;
    if (part == "..") {
      done.resize(done.rfind('/') == std::string::npos ? 0 : done.rfind('/'));
      continue;
    }
    const std::string parent = done.empty() ? "/" : done;
    const std::string here = absl::StrCat(done, "/", part);
    if (TypeAt(here) == "autofs") return absl::UnavailableError("its file system is not mounted");
    done = here;
    if (!IsLocal(parent)) continue;
    std::array<char, PATH_MAX> target;
    const ssize_t size = readlink(here.c_str(), target.data(), target.size());
    if (size <= 0) continue;  // no link, or nothing at all
    if (++links > kMaxLinks) return absl::FailedPreconditionError("too many symbolic links");
    const std::string text(target.data(), static_cast<size_t>(size));
    std::vector<std::string> parts = absl::StrSplit(text, '/', absl::SkipEmpty());
    left.insert(left.end(), parts.rbegin(), parts.rend());
    done.resize(text.front() == '/' ? 0 : done.rfind('/'));
  }
  return done.empty() ? "/" : done;
}

}  // namespace kortvakt
