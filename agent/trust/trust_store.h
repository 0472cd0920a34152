// Trust stores: the places where the workstation keeps CA certificates.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/base/bytes.h"
#include "common/base/time.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt {

// What a look at a store found.
struct TrustStoreContents {
  TrustStoreState state = TrustStoreState::kAbsent;
  std::string detail;  // why not read, or what in it could not be parsed
  struct Entry {
    Bytes der;
    std::string sha256;
    CaTrust trust = CaTrust::kTrusted;
  };
  std::vector<Entry> entries;  // each certificate once
  UnreadableReason unreadable_reason = UnreadableReason::kOther;
};

// A store at the latest look: where it is, whose, and what was found.
struct SeenStore {
  TrustStoreKind kind = TrustStoreKind::kSystemBundle;
  std::string location;
  std::string owner = "machine";  // or "uid:1000"
  const TrustStoreContents* contents = nullptr;
};

// One store of the machine. An implementation reads its files at each look (size and times would
// miss a change within a clock tick), and parses them only when their SHA-256 is
// another than at the look before. Not thread-safe.
class TrustStore {
 public:
  virtual ~TrustStore() = default;
  virtual TrustStoreKind kind() const = 0;
  virtual const std::string& location() const = 0;
  // The contents now; valid until the next call.
  virtual const TrustStoreContents& Look() = 0;
};

// The system's bundle: one PEM file.
std::unique_ptr<TrustStore> MakeSystemBundle(std::string path);
// A folder of certificate files (*.pem *.crt *.cer *.der), PEM or DER; not its sub-folders.
std::unique_ptr<TrustStore> MakeFolderStore(std::string path);

// p11-kit's trust module, by the trust reader `program` (reader_process.h). `clock`
// must outlive it.
std::unique_ptr<TrustStore> MakeP11KitStore(const std::string& program, const Clock& clock);

// The bundle that this system uses: the first that exists of the paths known for
// Linux distributions; Debian's when none does.
std::string DefaultSystemBundle();

}  // namespace kortvakt
