#include "agent/cards/pkcs15_freshness.h"

#include <algorithm>
#include <optional>

#include "agent/cards/certificate_list.h"
#include "agent/cards/evidence.h"
#include "agent/cards/pkcs15_files.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

constexpr size_t kDigestSize = 32;

// Most commands that an unchanged card is to cost (design, section 7).
constexpr size_t kMostCommands = 6;

// So many files that none of the known cards has so, and the card is taken for a new one.
constexpr int kMostMisses = 2;

// What a certificate says of its key: the extension subjectKeyIdentifier with a SHA-1
// digest (RFC 5280, 4.2.1.2), up to the digest.
constexpr uint8_t kSubjectKeyIdentifier[] = {0x06, 0x03, 0x55, 0x1D, 0x0E, 0x04, 0x16, 0x04, 0x14};
constexpr size_t kKeyDigestSize = 20;

// What CardContents::freshness encodes.
struct Freshness {
  struct File {
    Pkcs15Directory place;
    size_t size = 0;   // as Pkcs15FreshnessBuilder::File has it
    size_t first = 0;  // bytes to ask for first; 0: as many as the card gives
    Bytes digest;      // SHA-256 of the contents
  };
  size_t bytes_a_read = 0;
  Bytes application;  // to be selected before the files; empty: they have paths from the MF
  std::vector<File> files;
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
  freshness.bytes_a_read = cursor.Number(4);
  freshness.application = cursor.Short();
  const size_t files = cursor.Number(1);
  for (size_t i = 0; i < files && cursor.ok(); ++i) {
    Freshness::File file;
    file.place.file.from_mf = cursor.Number(1) != 0;
    file.place.file.path = cursor.Short();
    file.place.start = cursor.Number(4);
    const size_t most = cursor.Number(4);
    file.place.most = most == 0 ? kUntilEnd : most;
    file.size = cursor.Number(4);
    file.first = cursor.Number(4);
    const ByteView digest = cursor.Take(kDigestSize);
    file.digest.assign(digest.begin(), digest.end());
    freshness.files.push_back(std::move(file));
  }
  if (!cursor.ok() || !cursor.empty()) return std::nullopt;
  return freshness;
}

Bytes Encode(const Freshness& freshness) {
  Bytes encoded;
  Append32(encoded, freshness.bytes_a_read);
  AppendShort(encoded, freshness.application);
  encoded.push_back(static_cast<uint8_t>(freshness.files.size()));
  for (const Freshness::File& file : freshness.files) {
    encoded.push_back(file.place.file.from_mf ? 1 : 0);
    AppendShort(encoded, file.place.file.path);
    Append32(encoded, file.place.start);
    Append32(encoded, file.place.most == kUntilEnd ? 0 : file.place.most);
    Append32(encoded, file.size);
    Append32(encoded, file.first);
    encoded.insert(encoded.end(), file.digest.begin(), file.digest.end());
  }
  return encoded;
}

// A card that the one in the reader may still be.
struct Candidate {
  struct Mark {
    size_t bytes_a_read = 0;
    Bytes application;
    Freshness::File file;

    bool IsOfSameFile(const Mark& other) const {
      return file.place == other.file.place && IsDirectory() == other.IsDirectory() &&
             application == other.application;
    }
    bool IsDirectory() const { return file.size == 0; }
  };
  KnownCard card;
  std::vector<Mark> unread;  // by which it is still to be told
};

std::vector<Candidate> Candidates(const KnownCards& known) {
  std::vector<Candidate> candidates;
  for (const KnownCard& card : known) {
    std::optional<Freshness> freshness = DecodeFreshness(card->freshness);
    if (!freshness || freshness->files.empty()) continue;
    Candidate& candidate = candidates.emplace_back();
    candidate.card = card;
    for (Freshness::File& file : freshness->files) {
      candidate.unread.push_back({freshness->bytes_a_read, freshness->application, std::move(file)});
    }
  }
  return candidates;
}

// The mark that most candidates have, with the same size: of several the first, which is an
// early one of the card that was seen last. nullopt: there is nothing left to look at.
std::optional<Candidate::Mark> MostTelling(const std::vector<Candidate>& candidates) {
  const Candidate::Mark* best = nullptr;
  size_t most = 0;
  for (const Candidate& candidate : candidates) {
    for (const Candidate::Mark& mark : candidate.unread) {
      if (most == candidates.size()) break;
      const auto has_it = [&mark](const Candidate& other) {
        return std::any_of(other.unread.begin(), other.unread.end(), [&mark](const Candidate::Mark& one) {
          return one.file.size == mark.file.size && one.IsOfSameFile(mark);
        });
      };
      const auto count = static_cast<size_t>(std::count_if(candidates.begin(), candidates.end(), has_it));
      if (count <= most) continue;
      most = count;
      best = &mark;
    }
  }
  return best == nullptr ? std::nullopt : std::optional<Candidate::Mark>(*best);
}

// Reads files in the transaction under way, with the application selected where that is needed.
class Looker {
 public:
  explicit Looker(FileReader& files) : files_(files) {}

  // The file of `mark` as the card has it; if it is EF(TokenInfo), all of that, whatever its size.
  absl::StatusOr<Bytes> Read(const Candidate::Mark& mark) {
    const FilePath& path = mark.file.place.file;
    const bool select = selected_ != mark.application || (!path.from_mf && elsewhere_);
    if (!mark.application.empty() && select) RETURN_IF_ERROR(files_.SelectApplication(mark.application));
    selected_ = mark.application;
    elsewhere_ = path.from_mf;
    FileRequest request = ReadOf(mark.file.place);
    if (!mark.IsDirectory()) {
      request.wanted = CertificateSize;
      request.decode = CutCertificate;
    }
    if (mark.file.first != 0) {
      request.wanted = [first = mark.file.first, then = request.wanted](ByteView so_far) {
        const size_t wanted = then(so_far);
        return wanted == kUntilEnd && so_far.size() < first ? first : wanted;
      };
    }
    files_.AskForAtMost(mark.bytes_a_read);
    return files_.Read(request);
  }

 private:
  FileReader& files_;
  Bytes selected_;
  bool elsewhere_ = false;  // a path from the MF was selected since
};

// Drops those for whom the file of `mark` is not as the card has it. `digest`: of that; empty:
// the card does not give it. Those that do not speak of the file stay. False: none that
// speaks of it stays.
bool Narrow(std::vector<Candidate>& candidates, const Candidate::Mark& mark, const Bytes& digest) {
  bool matched = false;
  std::erase_if(candidates, [&](Candidate& candidate) {
    const auto same_file = std::find_if(candidate.unread.begin(), candidate.unread.end(),
                                        [&](const Candidate::Mark& one) { return one.IsOfSameFile(mark); });
    if (same_file == candidate.unread.end()) return false;
    if (same_file->file.digest != digest) return true;
    candidate.unread.erase(same_file);
    matched = true;
    return false;
  });
  return matched;
}

}  // namespace

void Pkcs15FreshnessBuilder::SetTokenInfo(FilePath path, Bytes contents) {
  const size_t size = contents.size();
  files_.insert(files_.begin(), {{.file = std::move(path)}, size, std::move(contents)});
}

void Pkcs15FreshnessBuilder::AddDirectory(Pkcs15Directory directory, Bytes contents) {
  files_.push_back({std::move(directory), 0, std::move(contents)});
}

void Pkcs15FreshnessBuilder::AddOwnKey(ByteView id, ByteView der) {
  if (id.size() != kKeyDigestSize) return;
  Bytes extension(std::begin(kSubjectKeyIdentifier), std::end(kSubjectKeyIdentifier));
  extension.insert(extension.end(), id.begin(), id.end());
  if (std::search(der.begin(), der.end(), extension.begin(), extension.end()) != der.end())
    names_a_key_ = true;
}

size_t Pkcs15FreshnessBuilder::Commands(const FileReader& files, const File& file) {
  const size_t most = files.bytes_a_read();
  const size_t size = file.contents.size();
  const size_t commands = 1 + (size + most - 1) / most;
  if (file.size != 0 || size == file.place.most) return commands;
  // That nothing follows is asked for, and once more with one byte.
  if (files.refuses_past_end()) return commands + (DirectoryEnd(file.contents) == kUntilEnd ? 2 : 0);
  // Under T=0 a card refuses to be asked for more than the file has left, and is asked again.
  if (size % most != 0) return commands + (files.session().is_t0() ? 1 : 0);
  // The end of a file that ends with a full answer shows when it is asked for more, twice.
  return commands + (DirectoryEnd(file.contents) == kUntilEnd ? 2 : 0);
}

Bytes Pkcs15FreshnessBuilder::Build(const FileReader& files, const Bytes& application) const {
  size_t commands = application.empty() ? 0 : 1;
  for (const File& file : files_) commands += Commands(files, file);
  const bool directories_alone = commands > kMostCommands && names_a_key_;
  Freshness freshness;
  freshness.bytes_a_read = files.bytes_a_read();
  freshness.application = application;
  for (const File& file : files_) {
    if (directories_alone && file.size != 0) continue;
    const bool exactly = file.size != 0 || files.refuses_past_end();
    freshness.files.push_back(
        {file.place, file.size, exactly ? file.contents.size() : 0, Sha256(file.contents)});
  }
  return Encode(freshness);
}

absl::StatusOr<KnownCard> FindPkcs15(FileReader& files, const KnownCards& known) {
  std::vector<Candidate> candidates = Candidates(known);
  RETURN_IF_ERROR(files.Begin());
  Looker looker(files);
  int misses = 0;
  while (const std::optional<Candidate::Mark> mark = MostTelling(candidates)) {
    const absl::StatusOr<Bytes> contents = looker.Read(*mark);
    if (!contents.ok() && !IsCardFault(contents.status())) return contents.status();
    const bool matched = Narrow(candidates, *mark, contents.ok() ? Sha256(*contents) : Bytes{});
    if (!matched && ++misses == kMostMisses) return nullptr;
  }
  return candidates.size() == 1 ? candidates[0].card : nullptr;
}

}  // namespace kortvakt
