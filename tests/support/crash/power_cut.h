// What a power cut leaves of a folder that unsynced.cc watched.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace kortvakt::testing {

// Takes back, newest first, whatever `journal` says was not synced, and removes
// the journal. Call it when the watched programs are dead. `undone`, if given,
// counts what was taken back.
absl::Status CutPower(const std::string& journal, int* undone = nullptr);

// Path of the library to preload; from the environment variable KORTVAKT_UNSYNCED.
std::string UnsyncedLibrary();

}  // namespace kortvakt::testing
