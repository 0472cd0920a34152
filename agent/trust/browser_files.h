// The text files that browsers keep beside their databases.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kortvakt {

// One profile of Firefox's profiles.ini.
struct FirefoxProfile {
  std::string path;         // as written; never with a ".." or "." component
  bool is_relative = true;  // to the folder of profiles.ini
};

// The profiles named in `text`, in order; at most 16 of them. Sections without a
// path, and paths that climb, are left out.
std::vector<FirefoxProfile> ParseProfilesIni(std::string_view text);

// Whether `name` is that of a snap's revision: a number, with an "x" before it where
// the snap was installed from a file (snapd, snap.Revision).
bool IsSnapRevision(std::string_view name);

}  // namespace kortvakt
