// Writes the seed corpora, made anew at each build rather than kept as binaries: NSS
// databases by NSS's own tools, and readings of them.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "agent/trust/nss_database.h"
#include "agent/trust/store_reading.h"
#include "tests/unit/agent/trust/nss_fixture.h"

namespace kortvakt::testing {
namespace {

// Every trust that certutil can set, and none.
void FillDatabase(const NssDatabase& database, const SithsLikePki& pki) {
  const std::vector<std::string> trusts = {"C,,", ",,", "p,,", "P,,", "c,c,c", "TCu,Cu,Tu"};
  size_t next = 0;
  for (const Issued* ca : pki.cas()) database.Add(*ca, trusts[next++ % trusts.size()]);
}

void Write(const std::filesystem::path& folder, const std::string& name, std::string_view bytes) {
  std::filesystem::create_directories(folder);
  std::ofstream(folder / name, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::vector<StoreReading> ReadingsOf(const Bytes& database) {
  StoreReading read;
  read.location = "~/.pki/nssdb";
  read.browsers = {"Chromium"};
  read.modules.files = {"p11-kit-proxy.so"};
  read.digest = Sha256Hex(database);
  auto entries = ReadNssDatabase(database);
  if (entries.ok()) {
    read.contents.state = TrustStoreState::kRead;
    read.contents.entries = *std::move(entries);
  }
  StoreReading unchanged;
  unchanged.location = "~/.mozilla/firefox/profile 1";
  unchanged.digest = std::string(64, 'a');
  unchanged.unchanged = true;
  StoreReading unreadable;
  unreadable.location = "~/.config";
  unreadable.contents = {TrustStoreState::kUnreadable, "cert9.db: damaged", {}};
  return {read, unchanged, unreadable};
}

void WriteCorpora(const std::filesystem::path& folder) {
  const TemporaryFolder scratch;
  const SithsLikePki pki;
  const NssDatabase empty(scratch.path() + "/empty");
  const NssDatabase full(scratch.path() + "/full");
  FillDatabase(full, pki);
  int number = 0;
  for (const NssDatabase* database : {&empty, &full}) {
    if (!std::filesystem::exists(database->file())) continue;  // certutil is not installed
    const Bytes bytes = database->Read();
    const std::string name = "seed-" + std::to_string(number++);
    Write(folder / "nss_database", name, AsString(bytes));
    Write(folder / "store_reading", name, EncodeReadings(ReadingsOf(bytes)));
    Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2));
    Write(folder / "nss_database", name + "-cut", AsString(cut));
  }
  Write(folder / "nss_database", "none", "SQLite format 3");
  Write(folder / "store_reading", "none", EncodeReadings({}));
}

}  // namespace
}  // namespace kortvakt::testing

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  kortvakt::testing::WriteCorpora(argv[1]);
  return 0;
}
