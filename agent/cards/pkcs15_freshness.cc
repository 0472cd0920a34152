#include "agent/cards/pkcs15_freshness.h"

#include <algorithm>
#include <optional>

#include "agent/cards/evidence.h"
#include "agent/cards/pkcs15_files.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

constexpr size_t kDigestSize = 32;

void Append32(Bytes& bytes, size_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<uint8_t>(value >> shift));
}

void AppendShort(Bytes& bytes, const Bytes& value) {
  bytes.push_back(static_cast<uint8_t>(value.size()));
  bytes.insert(bytes.end(), value.begin(), value.end());
}

// Takes pieces off the front; after a piece that does not fit everything is empty.
class Cursor {
 public:
  explicit Cursor(ByteView bytes) : rest_(bytes) {}
  ByteView Take(size_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const ByteView taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  size_t Number(size_t octets) {
    size_t value = 0;
    for (const uint8_t byte : Take(octets)) value = value << 8 | byte;
    return value;
  }
  Bytes Short() {
    const ByteView taken = Take(Number(1));
    return {taken.begin(), taken.end()};
  }
  bool ok() const { return ok_; }
  bool empty() const { return rest_.empty(); }

 private:
  ByteView rest_;
  bool ok_ = true;
};

std::optional<Pkcs15Freshness> DecodeFreshness(ByteView encoded) {
  Cursor cursor(encoded);
  Pkcs15Freshness freshness;
  freshness.application = cursor.Short();
  const size_t files = cursor.Number(1);
  for (size_t i = 0; i < files && cursor.ok(); ++i) {
    Pkcs15Freshness::File file;
    file.path.from_mf = cursor.Number(1) != 0;
    file.path.path = cursor.Short();
    file.size = cursor.Number(4);
    freshness.files.push_back(std::move(file));
  }
  const ByteView digest = cursor.Take(kDigestSize);
  freshness.digest.assign(digest.begin(), digest.end());
  if (!cursor.ok() || !cursor.empty()) return std::nullopt;
  return freshness;
}

}  // namespace

Bytes FreshnessDigest(const std::vector<Bytes>& contents) {
  Bytes all;
  for (const Bytes& piece : contents) {
    Append32(all, piece.size());
    all.insert(all.end(), piece.begin(), piece.end());
  }
  return Sha256(all);
}

Bytes EncodeFreshness(const Pkcs15Freshness& freshness) {
  Bytes encoded;
  AppendShort(encoded, freshness.application);
  encoded.push_back(static_cast<uint8_t>(freshness.files.size()));
  for (const Pkcs15Freshness::File& file : freshness.files) {
    encoded.push_back(file.path.from_mf ? 1 : 0);
    AppendShort(encoded, file.path.path);
    Append32(encoded, file.size);
  }
  encoded.insert(encoded.end(), freshness.digest.begin(), freshness.digest.end());
  return encoded;
}

absl::StatusOr<bool> Pkcs15Unchanged(FileReader& files, ByteView encoded) {
  const std::optional<Pkcs15Freshness> freshness = DecodeFreshness(encoded);
  if (!freshness || freshness->files.empty()) return false;
  RETURN_IF_ERROR(files.Begin());
  std::vector<Bytes> contents;
  absl::Status status;
  if (!freshness->application.empty()) status = files.SelectApplication(freshness->application);
  for (const Pkcs15Freshness::File& file : freshness->files) {
    if (!status.ok()) break;
    const size_t size = file.size;
    FileRequest request{.file = file.path};
    request.wanted = [size](ByteView so_far) { return size == 0 ? DirectoryEnd(so_far) : size; };
    absl::StatusOr<Bytes> read = files.Read(request);
    status = read.status();
    if (status.ok()) contents.push_back(*std::move(read));
  }
  files.End();
  if (!status.ok()) return IsCardFault(status) ? absl::StatusOr<bool>(false) : status;
  return FreshnessDigest(contents) == freshness->digest;
}

}  // namespace kortvakt
