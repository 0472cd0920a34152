// PROGRAM FOLDER: makes the seed corpora anew, for they are not kept as binaries. What a fuzzer
// has found and put beside the seeds stays.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fuzz/corpus.h"

namespace kortvakt::testing {
namespace {

namespace fs = std::filesystem;

constexpr char kSeed[] = "seed-";

// So that those of an earlier run, of other keys, do not pile up.
void RemoveSeeds(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> seeds;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().filename().string().rfind(kSeed, 0) == 0) seeds.push_back(entry->path());
  }
  for (const fs::path& seed : seeds) {
    if (!error) fs::remove(seed, error);
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    GiveUp(absl::StrCat(folder.string(), ": earlier seeds cannot be removed: ", error.message()));
  }
}

}  // namespace

void WriteSeed(const fs::path& folder, ByteView seed) {
  std::error_code error;
  fs::create_directories(folder, error);
  std::ofstream file(folder / absl::StrCat(kSeed, Sha256Hex(seed).substr(0, 16)), std::ios::binary);
  file.write(reinterpret_cast<const char*>(seed.data()), static_cast<std::streamsize>(seed.size()));
  file.close();
  if (!file) GiveUp(absl::StrCat(folder.string(), ": a seed cannot be written"));
}

void GiveUp(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

}  // namespace kortvakt::testing

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  kortvakt::testing::RemoveSeeds(argv[1]);
  kortvakt::testing::MakeCorpora(argv[1]);
  return 0;
}
