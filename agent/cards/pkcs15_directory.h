// Directory files of a PKCS#15 application, and how they are read.
#pragma once

#include "agent/cards/file_reader.h"

namespace kortvakt {

// A directory: a file to the end of its entries, or a part of one (PKCS#15 v1.1, 6.1.5: the
// index and length of a Path).
struct Pkcs15Directory {
  FilePath file;
  size_t start = 0;
  size_t most = kUntilEnd;  // bytes it can have; kUntilEnd: those of the file

  bool operator==(const Pkcs15Directory&) const = default;
};

// Reads it to the end of its entries.
FileRequest ReadOf(const Pkcs15Directory& directory);

}  // namespace kortvakt
