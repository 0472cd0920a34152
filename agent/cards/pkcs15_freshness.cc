#include "agent/cards/pkcs15_freshness.h"

#include <algorithm>
#include <optional>

#include "agent/cards/evidence.h"
#include "agent/cards/pkcs15_files.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

constexpr size_t kDigestSize = 32;

// Most commands that an unchanged card is to cost (design, section 7).
constexpr size_t kMostCommands = 6;

// What a certificate says of its key: the extension subjectKeyIdentifier with a SHA-1
// digest (RFC 5280, 4.2.1.2), up to the digest.
constexpr uint8_t kSubjectKeyIdentifier[] = {0x06, 0x03, 0x55, 0x1D, 0x0E, 0x04, 0x16, 0x04, 0x14};
constexpr size_t kKeyDigestSize = 20;

// The files and the digest, as CardContents::freshness has them.
struct Freshness {
  struct File {
    FilePath path;
    size_t size = 0;  // as Pkcs15FreshnessBuilder::File has it
  };
  Bytes application;
  std::vector<File> files;
  Bytes digest;  // SHA-256 over the files' contents, each behind its length
};

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

std::optional<Freshness> DecodeFreshness(ByteView encoded) {
  Cursor cursor(encoded);
  Freshness freshness;
  freshness.application = cursor.Short();
  const size_t files = cursor.Number(1);
  for (size_t i = 0; i < files && cursor.ok(); ++i) {
    Freshness::File file;
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

Bytes Encode(const Freshness& freshness) {
  Bytes encoded;
  AppendShort(encoded, freshness.application);
  encoded.push_back(static_cast<uint8_t>(freshness.files.size()));
  for (const Freshness::File& file : freshness.files) {
    encoded.push_back(file.path.from_mf ? 1 : 0);
    AppendShort(encoded, file.path.path);
    Append32(encoded, file.size);
  }
  encoded.insert(encoded.end(), freshness.digest.begin(), freshness.digest.end());
  return encoded;
}

// A file as the digest covers it.
void AppendFile(Bytes& message, const Bytes& contents) {
  Append32(message, contents.size());
  message.insert(message.end(), contents.begin(), contents.end());
}

}  // namespace

void Pkcs15FreshnessBuilder::SetTokenInfo(FilePath path, Bytes contents) {
  const size_t size = contents.size();
  files_.insert(files_.begin(), {std::move(path), size, std::move(contents)});
}

void Pkcs15FreshnessBuilder::AddDirectory(FilePath path, Bytes contents) {
  files_.push_back({std::move(path), 0, std::move(contents)});
}

void Pkcs15FreshnessBuilder::AddOwnKey(ByteView id, ByteView der) {
  if (id.size() != kKeyDigestSize) return;
  Bytes extension(std::begin(kSubjectKeyIdentifier), std::end(kSubjectKeyIdentifier));
  extension.insert(extension.end(), id.begin(), id.end());
  if (std::search(der.begin(), der.end(), extension.begin(), extension.end()) != der.end())
    names_a_key_ = true;
}

size_t Pkcs15FreshnessBuilder::Commands(const CardSession& session, const File& file) {
  const size_t most = MostBytesARead(session);
  const size_t size = file.contents.size();
  const size_t commands = 1 + (size + most - 1) / most;
  if (file.size != 0) return commands;
  // Under T=0 a card refuses to be asked for more than the file has left, and is asked again.
  if (size % most != 0) return commands + (session.is_t0() ? 1 : 0);
  // The end of a file that ends with a full answer shows when it is asked for more, twice.
  return commands + (DirectoryEnd(file.contents) == kUntilEnd ? 2 : 0);
}

Bytes Pkcs15FreshnessBuilder::Build(const CardSession& session, const Bytes& application) const {
  size_t commands = application.empty() ? 0 : 1;
  for (const File& file : files_) commands += Commands(session, file);
  const bool directories_alone = commands > kMostCommands && names_a_key_;
  Freshness freshness;
  freshness.application = application;
  Bytes message;
  for (const File& file : files_) {
    if (directories_alone && file.size != 0) continue;
    freshness.files.push_back({file.path, file.size});
    AppendFile(message, file.contents);
  }
  freshness.digest = Sha256(message);
  return Encode(freshness);
}

absl::StatusOr<bool> Pkcs15Unchanged(FileReader& files, ByteView encoded) {
  const std::optional<Freshness> freshness = DecodeFreshness(encoded);
  if (!freshness || freshness->files.empty()) return false;
  RETURN_IF_ERROR(files.Begin());
  Bytes message;
  absl::Status status;
  if (!freshness->application.empty()) status = files.SelectApplication(freshness->application);
  for (const Freshness::File& file : freshness->files) {
    if (!status.ok()) break;
    const size_t size = file.size;
    FileRequest request{.file = file.path};
    request.wanted = [size](ByteView so_far) { return size == 0 ? DirectoryEnd(so_far) : size; };
    absl::StatusOr<Bytes> read = files.Read(request);
    status = read.status();
    if (status.ok()) AppendFile(message, *read);
  }
  files.End();
  if (!status.ok()) return IsCardFault(status) ? absl::StatusOr<bool>(false) : status;
  return Sha256(message) == freshness->digest;
}

}  // namespace kortvakt
