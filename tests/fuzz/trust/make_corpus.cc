// The seed corpora: NSS databases by NSS's own tools, and readings of them.
#include <filesystem>
#include <string>
#include <vector>

#include "agent/trust/nss_database.h"
#include "agent/trust/store_reading.h"
#include "tests/fuzz/corpus.h"
#include "tests/unit/agent/trust/nss_fixture.h"

namespace kortvakt::testing {
namespace {

// Every trust that certutil can set, and none.
void FillDatabase(const NssDatabase& database, const SithsLikePki& pki) {
  const std::vector<std::string> trusts = {"C,,", ",,", "p,,", "P,,", "c,c,c", "TCu,Cu,Tu"};
  size_t next = 0;
  for (const Issued* ca : pki.cas()) database.Add(*ca, trusts[next++ % trusts.size()]);
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

}  // namespace

void MakeCorpora(const std::filesystem::path& folder) {
  const TemporaryFolder scratch;
  const SithsLikePki pki;
  const NssDatabase empty(scratch.path() + "/empty");
  const NssDatabase full(scratch.path() + "/full");
  FillDatabase(full, pki);
  for (const NssDatabase* database : {&empty, &full}) {
    if (!std::filesystem::exists(database->file())) continue;  // certutil is not installed
    const Bytes bytes = database->Read();
    WriteSeed(folder / "nss_database", bytes);
    WriteSeed(folder / "store_reading", AsBytes(EncodeReadings(ReadingsOf(bytes))));
    WriteSeed(folder / "nss_database", ByteView(bytes).first(bytes.size() / 2));
  }
  WriteSeed(folder / "nss_database", AsBytes("SQLite format 3"));
  WriteSeed(folder / "store_reading", AsBytes(EncodeReadings({})));
}

}  // namespace kortvakt::testing
