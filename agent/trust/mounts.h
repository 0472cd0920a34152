// What is mounted where.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace kortvakt {

// The mount table, as /proc/self/mountinfo has it (proc(5)).
class Mounts {
 public:
  // Lines that cannot be understood are left out.
  static Mounts Parse(std::string_view mountinfo);

  // Type of the file system that `path` (absolute, without "..") is on, such as
  // "ext4"; "autofs" where a touch would mount something. Empty: not known.
  std::string TypeAt(std::string_view path) const;

  // Whether touching `path` cannot hang: its file system is one of the kernel's own
  // on a local disk or in memory.
  bool IsLocal(std::string_view path) const;

  // `path` with the symbolic links on its way followed, as far as that touches
  // local file systems only; what lies beyond is as written. kUnavailable: a touch
  // would mount something. kFailedPrecondition: links in a circle.
  absl::StatusOr<std::string> Resolve(const std::string& path) const;

 private:
  std::map<std::string, std::string, std::less<>>
      types_;  // by mount point; the topmost where several are stacked
};

}  // namespace kortvakt
