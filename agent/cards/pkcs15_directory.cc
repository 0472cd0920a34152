#include "agent/cards/pkcs15_directory.h"

#include <algorithm>

#include "agent/cards/pkcs15_files.h"

namespace kortvakt {

FileRequest ReadOf(const Pkcs15Directory& directory) {
  FileRequest request{.file = directory.file};
  request.start = directory.start;
  const size_t most = directory.most;
  request.wanted = [most](ByteView so_far) { return std::min(most, DirectoryEnd(so_far)); };
  request.may_end = EndsBetweenEntries;
  return request;
}

}  // namespace kortvakt
