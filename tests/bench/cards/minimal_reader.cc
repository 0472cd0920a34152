#include "tests/bench/cards/minimal_reader.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent/cards/certificate_list.h"
#include "agent/cards/file_reader.h"
#include "agent/cards/idprime_files.h"
#include "agent/cards/pkcs15_files.h"
#include "common/base/status.h"

namespace kortvakt::testing {
namespace {

constexpr uint8_t kPkcs15Aid[] = {0xA0, 0x00, 0x00, 0x00, 0x63, 0x50, 0x4B, 0x43, 0x53, 0x2D, 0x31, 0x35};
constexpr uint8_t kIdPrimeAid[] = {0xA0, 0x00, 0x00, 0x00, 0x18, 0x80, 0x00, 0x00, 0x00, 0x06, 0x62};

using Wanted = std::function<size_t(ByteView so_far)>;

class MinimalReader {
 public:
  MinimalReader(CardSession& session, std::unique_ptr<CardChannel> channel)
      : channel_(std::move(channel)), most_(session.extended_length() && !session.is_t0() ? 2048 : 256) {}

  absl::Status Select(const CommandApdu& command) {
    ASSIGN_OR_RETURN(const ResponseApdu response, channel_->Transmit(command));
    return response.ok() ? absl::OkStatus() : absl::FailedPreconditionError("SELECT refused");
  }

  // Selects a file and reads it from `start` until `wanted` is there.
  absl::StatusOr<Bytes> Read(const CommandApdu& select, const Wanted& wanted, size_t start = 0) {
    RETURN_IF_ERROR(Select(select));
    Bytes contents;
    while (contents.size() < wanted(contents)) {
      const size_t ask = std::min(wanted(contents) - contents.size(), most_);
      ASSIGN_OR_RETURN(const ResponseApdu response,
                       channel_->Transmit(CommandApdu::ReadBinary(start + contents.size(), ask)));
      if (!response.ok()) return absl::FailedPreconditionError("READ BINARY refused");
      contents.insert(contents.end(), response.data.begin(), response.data.end());
      if (response.data.size() < ask) break;
    }
    return contents;
  }

 private:
  std::unique_ptr<CardChannel> channel_;
  const size_t most_;
};

Wanted Exactly(size_t size) {
  return [size](ByteView) { return size; };
}

absl::StatusOr<std::vector<Bytes>> ReadPkcs15Minimally(MinimalReader& card) {
  const auto file = [](uint8_t high, uint8_t low) {
    return CommandApdu::SelectPathFromMf(Bytes{0x50, 0x15, high, low});
  };
  RETURN_IF_ERROR(card.Select(CommandApdu::SelectApplication(kPkcs15Aid)));
  ASSIGN_OR_RETURN(const Bytes odf, card.Read(file(0x50, 0x31), DirectoryEnd));
  RETURN_IF_ERROR(card.Read(file(0x50, 0x32), CertificateSize).status());
  std::vector<Bytes> certificates;
  for (const ObjectDirectoryEntry& directory : ParseObjectDirectory(odf).entries) {
    ASSIGN_OR_RETURN(const Bytes contents,
                     card.Read(CommandApdu::SelectPathFromMf(directory.path->path), DirectoryEnd));
    if (directory.kind == ObjectDirectoryEntry::Kind::kPrivateKeys) continue;
    for (const CertificateEntry& entry : ParseCertificateDirectory(contents).entries) {
      ASSIGN_OR_RETURN(Bytes der,
                       card.Read(CommandApdu::SelectPathFromMf(entry.path->path), CertificateSize));
      der.resize(CertificateSize(der));
      certificates.push_back(std::move(der));
    }
  }
  return certificates;
}

absl::StatusOr<std::vector<Bytes>> ReadIdPrimeMinimally(MinimalReader& card) {
  RETURN_IF_ERROR(card.Select(CommandApdu::SelectApplication(kIdPrimeAid)));
  ASSIGN_OR_RETURN(const Bytes index_file, card.Read(CommandApdu::SelectFile(0x0101), IdPrimeIndexSize));
  std::vector<Bytes> certificates;
  std::map<std::string, IdPrimeFile> index;
  size_t containers = 0;
  for (const IdPrimeFile& file : ParseIdPrimeIndex(index_file)) {
    index[file.name] = file;
    if (ParseContainerName(file.name)) ++containers;
  }
  for (const char* name : {"cardid", "cardcf", "tinfo"}) {
    const IdPrimeFile& file = index[name];
    RETURN_IF_ERROR(card.Read(CommandApdu::SelectFile(file.id), Exactly(file.size)).status());
  }
  // Of the container map, from the flags of the first container in use to those of the last.
  RETURN_IF_ERROR(card.Read(CommandApdu::SelectFile(index["cmapfile"].id),
                            Exactly(containers * kContainerRecord - kContainerFlags), kContainerFlags)
                      .status());
  for (const auto& [name, file] : index) {
    if (!ParseContainerName(name)) continue;
    ASSIGN_OR_RETURN(Bytes contents, card.Read(CommandApdu::SelectFile(file.id), Exactly(file.size)));
    ASSIGN_OR_RETURN(Bytes der, UnpackCertificate(std::move(contents)));
    certificates.push_back(std::move(der));
  }
  return certificates;
}

}  // namespace

absl::StatusOr<std::vector<Bytes>> ReadMinimally(CardSession& session, CardFamily family) {
  ASSIGN_OR_RETURN(std::unique_ptr<CardChannel> channel, session.Begin());
  MinimalReader card(session, std::move(channel));
  return family == CardFamily::kIdPrime ? ReadIdPrimeMinimally(card) : ReadPkcs15Minimally(card);
}

}  // namespace kortvakt::testing
