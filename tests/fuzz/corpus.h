// What the programs that make seed corpora share; corpus_main.cc has their main.
#pragma once

#include <filesystem>
#include <string>

#include "common/base/bytes.h"

namespace kortvakt::testing {

// Writes one seed into `folder`, and makes the folder where there is none. Its name follows
// from its bytes: the same seed twice is one file.
void WriteSeed(const std::filesystem::path& folder, ByteView seed);

// Ends the program with failure, saying `why` on standard error: a corpus with gaps is a mistake.
[[noreturn]] void GiveUp(const std::string& why);

// Each program's own: writes its corpora below `folder`, which holds no seeds yet.
void MakeCorpora(const std::filesystem::path& folder);

}  // namespace kortvakt::testing
