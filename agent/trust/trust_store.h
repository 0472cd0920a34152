// Trust stores: the places where the workstation keeps CA certificates.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/base/bytes.h"
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
};

// One store. An implementation looks again only when the store changed (size,
// times or digest), and keeps what it parsed. Not thread-safe.
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

// The bundle that this system uses: the first that exists of the paths known for
// Linux distributions; Debian's when none does.
std::string DefaultSystemBundle();

}  // namespace kortvakt
