#include "agent/cards/idprime.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/cards/certificate_list.h"
#include "agent/cards/idprime_files.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

constexpr uint8_t kIdPrimeAid[] = {0xA0, 0x00, 0x00, 0x00, 0x18, 0x80, 0x00, 0x00, 0x00, 0x06, 0x62};

// Files of the application; their sizes where the index does not say.
constexpr uint16_t kIndexFile = 0x0101;
constexpr uint16_t kCardIdFile = 0x0201;
constexpr size_t kCardIdSize = 16;
constexpr uint16_t kCardCfFile = 0x0202;
constexpr size_t kCardCfSize = 6;
constexpr size_t kMaxCardCfSize = 64;  // 6 and 14 have been seen
constexpr size_t kNoContainer = std::numeric_limits<size_t>::max();

FilePath InApplet(uint16_t id) {
  return {.from_mf = false, .path = {static_cast<uint8_t>(id >> 8), static_cast<uint8_t>(id)}};
}

FileRequest Exactly(uint16_t id, size_t size) {
  FileRequest request{.file = InApplet(id)};
  request.wanted = [size](ByteView) { return size; };
  return request;
}

// What of a file the card gives, in the transaction under way; empty where it
// gives none. For what is good to have, never needed.
absl::StatusOr<Bytes> ReadOptional(FileReader& files, const FileRequest& request) {
  absl::StatusOr<Bytes> contents = files.Read(request);
  if (contents.ok() || !IsCardFault(contents.status())) return contents;
  return Bytes{};
}

const IdPrimeFile* Find(const std::vector<IdPrimeFile>& index, std::string_view directory,
                        std::string_view name) {
  for (const IdPrimeFile& file : index) {
    if (file.name == name && file.directory == directory) return &file;
  }
  return nullptr;
}

struct CertificateFile {
  IdPrimeFile file;
  std::vector<IdPrimeContainer> containers;  // at least one
};

// Certificates of the index, each file once, by container; of one container the key exchange
// certificate first, and last those of which no container is told.
std::vector<CertificateFile> CertificateFiles(const std::vector<IdPrimeFile>& index) {
  std::vector<CertificateFile> certificates;
  std::map<uint16_t, size_t> places;
  for (const IdPrimeFile& file : index) {
    if (file.directory != "mscp") continue;
    const std::optional<IdPrimeContainer> container = ParseContainerName(file.name);
    if (!container.has_value()) continue;
    const auto [place, is_new] = places.try_emplace(file.id, certificates.size());
    if (is_new) certificates.push_back({file, {}});
    certificates[place->second].containers.push_back(*container);
  }
  const auto order = [](const CertificateFile& file) {
    const IdPrimeContainer& first = file.containers.front();
    return std::pair(first.number.value_or(kNoContainer), first.signature);
  };
  std::stable_sort(certificates.begin(), certificates.end(),
                   [&order](const auto& a, const auto& b) { return order(a) < order(b); });
  return certificates;
}

// The part of the container map that tells of the containers in use.
struct ContainerMap {
  Bytes bytes;
  size_t first = 0;
};

absl::StatusOr<ContainerMap> ReadContainerMap(FileReader& files, const std::vector<IdPrimeFile>& index,
                                              const std::vector<CertificateFile>& certificates) {
  ContainerMap map;
  const IdPrimeFile* file = Find(index, "mscp", "cmapfile");
  if (file == nullptr || file->size < kContainerRecord) return map;
  const size_t in_file = std::min(file->size / kContainerRecord, kMaxContainers);
  size_t last = in_file - 1;
  std::set<size_t> in_use;
  for (const CertificateFile& certificate : certificates) {
    for (const IdPrimeContainer& container : certificate.containers) {
      if (container.number.has_value()) in_use.insert(*container.number);
    }
  }
  if (!in_use.empty()) {
    map.first = *in_use.begin();
    last = std::min(last, *in_use.rbegin());
  }
  if (map.first > last) return map;
  FileRequest request = Exactly(file->id, (last - map.first + 1) * kContainerRecord - kContainerFlags);
  request.start = map.first * kContainerRecord + kContainerFlags;
  ASSIGN_OR_RETURN(map.bytes, ReadOptional(files, request));
  return map;
}

bool HoldsKeys(const ContainerMap& map) {
  for (size_t number = 0; number < kMaxContainers; ++number) {
    for (const bool signature : {false, true}) {
      const IdPrimeContainer container{number, signature};
      if (KeyInContainer(map.bytes, map.first, container) == KeyPresence::kPresent) return true;
    }
  }
  return false;
}

absl::Status ReadCertificates(FileReader& files, const std::vector<CertificateFile>& entries,
                              const ContainerMap& map, CertificateList& list) {
  for (const CertificateFile& entry : entries) {
    if (!list.HasRoom()) break;
    FileRequest request{.file = InApplet(entry.file.id)};
    const size_t size = entry.file.size;
    request.wanted = [size](ByteView so_far) { return CertificateFileSize(so_far, size); };
    request.decode = UnpackCertificate;
    absl::StatusOr<Bytes> der = files.ReadAlone(request);
    if (!der.ok()) {
      if (!IsCardFault(der.status())) return der.status();
      list.AddUnreadable(absl::StrCat(entry.file.name, " ", UpperHex(request.file.path)), der.status());
      continue;
    }
    for (const IdPrimeContainer& container : entry.containers) {
      list.Add({.der = *der,
                .key_presence = KeyInContainer(map.bytes, map.first, container),
                .source = entry.file.name});
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<CardContents>> ReadIdPrime(FileReader& files) {
  files.ForgetApplication();
  files.SelectApplicationAlways(false);
  RETURN_IF_ERROR(files.Begin());
  const absl::Status selected = files.SelectApplication(kIdPrimeAid);
  if (!selected.ok()) {
    files.End();
    if (!IsCardFault(selected)) return selected;
    return std::nullopt;
  }
  CardContents contents;
  contents.family = CardFamily::kIdPrime;
  CertificateList list;
  FileRequest index_request{.file = InApplet(kIndexFile)};
  index_request.wanted = IdPrimeIndexSize;
  absl::StatusOr<Bytes> index_file = files.Read(index_request);
  if (!index_file.ok() && !IsCardFault(index_file.status())) return index_file.status();
  if (index_file.ok() && index_file->empty()) index_file = ContentFault("the file is empty");
  if (!index_file.ok()) {
    files.End();
    list.AddFault("index 0101", index_file.status());
    list.MoveTo(contents, "");
    return contents;
  }
  const std::vector<IdPrimeFile> index = ParseIdPrimeIndex(*index_file);

  ASSIGN_OR_RETURN(contents.serial, ReadOptional(files, Exactly(kCardIdFile, kCardIdSize)));
  const IdPrimeFile* cardcf = Find(index, "", "cardcf");
  const size_t cardcf_size = cardcf == nullptr ? kCardCfSize : std::min(cardcf->size, kMaxCardCfSize);
  ASSIGN_OR_RETURN(contents.freshness, ReadOptional(files, Exactly(kCardCfFile, cardcf_size)));
  if (const IdPrimeFile* label = Find(index, "p11", "tinfo")) {
    ASSIGN_OR_RETURN(const Bytes info,
                     ReadOptional(files, Exactly(label->id, std::min<size_t>(label->size, 256))));
    contents.label = ParseTokenLabel(info);
  }
  const std::vector<CertificateFile> entries = CertificateFiles(index);
  ASSIGN_OR_RETURN(ContainerMap map, ReadContainerMap(files, index, entries));
  files.End();

  const bool holds_keys = HoldsKeys(map);
  if (holds_keys) {
    contents.private_keys = KeyPresence::kPresent;
  } else if (!map.bytes.empty() && entries.empty()) {
    contents.private_keys = KeyPresence::kAbsent;
  }
  // Not all software that writes certificates keeps the map: one without any key in
  // it says nothing of theirs.
  if (!holds_keys) map.bytes.clear();
  RETURN_IF_ERROR(ReadCertificates(files, entries, map, list));
  list.MoveTo(contents, holds_keys ? "the card's index names key containers, but no certificate"
                                   : "the card's index names no certificate");
  // By less than whole files another card could be taken for this one.
  const bool whole = contents.serial.size() == kCardIdSize && contents.freshness.size() >= kCardCfSize;
  if (contents.state == CardState::kUnreadable || !whole) contents.freshness.clear();
  return contents;
}

absl::StatusOr<KnownCard> FindIdPrime(FileReader& files, const KnownCards& known) {
  RETURN_IF_ERROR(files.Begin());
  const absl::Status selected = files.SelectApplication(kIdPrimeAid);
  if (!selected.ok()) return IsCardFault(selected) ? absl::StatusOr<KnownCard>(nullptr) : selected;
  ASSIGN_OR_RETURN(const Bytes id, ReadOptional(files, Exactly(kCardIdFile, kCardIdSize)));
  const auto card =
      std::find_if(known.begin(), known.end(), [&id](const KnownCard& one) { return one->serial == id; });
  if (card == known.end()) return nullptr;
  const Bytes& counters = (*card)->freshness;
  ASSIGN_OR_RETURN(const Bytes now, ReadOptional(files, Exactly(kCardCfFile, counters.size())));
  return now == counters ? *card : nullptr;
}

}  // namespace kortvakt
