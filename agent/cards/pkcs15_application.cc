#include "agent/cards/pkcs15_application.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/cards/evidence.h"
#include "agent/cards/pkcs15_directory.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

const Bytes kTokenInfo = {0x50, 0x32};  // PKCS#15 v1.1, 5.5

constexpr size_t kMaxDirectories = 16;

Bytes Joined(const Bytes& a, const Bytes& b) {
  Bytes joined = a;
  joined.insert(joined.end(), b.begin(), b.end());
  return joined;
}

// Where a file, or a part of one, begins: what makes two entries one.
using Place = std::tuple<bool, Bytes, size_t>;
Place PlaceOf(const FilePath& file, size_t start) { return {file.from_mf, file.path, start}; }

// The part of `file` that `path` speaks of. A length that no file has says nothing.
Pkcs15Directory DirectoryAt(FilePath file, const Pkcs15Path& path) {
  const size_t length = path.length.value_or(0);
  return {.file = std::move(file),
          .start = path.index,
          .most = length == 0 || length > kMaxCardFile ? kUntilEnd : length};
}

// The DF that all paths from the MF begin with, DF(PKCS15) if that is one of them; nullopt:
// there is none but the MF, or a path is relative.
std::optional<Bytes> FolderOf(const std::vector<ObjectDirectoryEntry>& entries) {
  std::optional<Bytes> folder;
  for (const ObjectDirectoryEntry& entry : entries) {
    if (!entry.path) continue;
    const Bytes& path = entry.path->path;
    if (!entry.path->absolute || path.size() < 4) return std::nullopt;
    Bytes parent(path.begin(), path.end() - 2);
    if (std::equal(std::begin(kPkcs15Df), std::end(kPkcs15Df), parent.begin())) parent.resize(2);
    if (folder && *folder != parent) return std::nullopt;
    folder = std::move(parent);
  }
  return folder;
}

FileRequest CertificateRequest(const FilePath& file, const Pkcs15Path& path) {
  FileRequest request{.file = file};
  request.start = path.index;
  // The certificate's own header counts, for it cannot end elsewhere; the
  // directory's length only keeps the first command within the window.
  const std::optional<size_t> window = path.length;
  request.wanted = [window](ByteView so_far) {
    const size_t size = CertificateSize(so_far);
    return size == kUntilEnd && window && *window > so_far.size() && *window < kMaxCardFile ? *window : size;
  };
  request.decode = CutCertificate;
  return request;
}

}  // namespace

FilePath Pkcs15Application::InApplication(const Bytes& path) const {
  if (df_) return {.from_mf = true, .path = Joined(*df_, path)};
  return {.from_mf = false, .path = path};
}

FilePath Pkcs15Application::Resolve(const Pkcs15Path& path) const {
  if (path.absolute) return {.from_mf = true, .path = path.path};
  return InApplication(path.path);
}

std::string Pkcs15Application::Name(std::string_view kind, const Pkcs15Path& path) const {
  std::string name = absl::StrCat(std::string(kind), " ", UpperHex(Resolve(path).path));
  if (path.index != 0) absl::StrAppend(&name, " at ", path.index);
  return name;
}

absl::Status Pkcs15Application::ReadObjectDirectory(const Pkcs15Path& odf) {
  odf_path_ = odf;
  ASSIGN_OR_RETURN(odf_, files_.Read(ReadOf(DirectoryAt(Resolve(odf), odf))));
  return absl::OkStatus();
}

absl::StatusOr<CardContents> Pkcs15Application::ReadContents() {
  CardContents contents;
  contents.family = CardFamily::kPkcs15;
  Bytes token_info;
  RETURN_IF_ERROR(ReadTokenInfo(contents, token_info));
  const ParsedDirectory<ObjectDirectoryEntry> odf = ParseObjectDirectory(odf_);
  RETURN_IF_ERROR(LocateFolder(odf.entries));
  files_.End();
  files_.SelectApplicationAlways(!df_.has_value());
  if (!token_info.empty()) freshness_.SetTokenInfo(InApplication(kTokenInfo), std::move(token_info));
  if (odf_.empty() && contents.serial.empty()) {
    list_.AddFault(Name("EF.ODF", odf_path_), ContentFault("the file is empty"));
  }
  if (odf.bad_entries > 0) {
    list_.AddFault(Name("EF.ODF", odf_path_), odf.fault);
    some_keys_unknown_ = true;
  }
  RETURN_IF_ERROR(ReadDirectories(odf.entries));
  RETURN_IF_ERROR(ReadCertificates());
  contents.private_keys = !keys_.empty() ? KeyPresence::kPresent
                          : keys_known() ? KeyPresence::kAbsent
                                         : KeyPresence::kUnknown;
  list_.MoveTo(contents, keys_.empty() ? "the card's directories name no certificate"
                                       : "the card's directories name private keys, but no certificate");
  if (contents.state != CardState::kUnreadable && !contents.serial.empty()) {
    contents.freshness = freshness_.Build(files_, df_ ? Bytes{} : aid_);
  }
  return contents;
}

absl::Status Pkcs15Application::ReadTokenInfo(CardContents& contents, Bytes& token_info) {
  FileRequest request{.file = InApplication(kTokenInfo)};
  request.wanted = CertificateSize;  // one SEQUENCE, as a certificate is
  request.decode = CutCertificate;
  absl::StatusOr<Bytes> read = files_.Read(request);
  if (!read.ok() && !IsCardFault(read.status())) return read.status();
  if (!read.ok()) return absl::OkStatus();  // optional for us
  if (const absl::StatusOr<TokenInfo> info = ParseTokenInfo(*read); info.ok()) {
    contents.serial = info->serial;
    contents.label = info->label;
    contents.manufacturer = info->manufacturer;
    token_info = *std::move(read);
  }
  return absl::OkStatus();
}

absl::Status Pkcs15Application::LocateFolder(const std::vector<ObjectDirectoryEntry>& entries) {
  if (df_) return absl::OkStatus();
  df_ = FolderOf(entries);
  const bool relative = std::any_of(entries.begin(), entries.end(), [](const ObjectDirectoryEntry& entry) {
    return entry.path && !entry.path->absolute;
  });
  if (!relative || odf_path_.absolute) return absl::OkStatus();
  // Nothing that was read names the DF. It mostly is 5015, but that may also be what an
  // earlier application left: it must have the same object directory.
  const Bytes usual(std::begin(kPkcs15Df), std::end(kPkcs15Df));
  FileRequest request{.file = {.from_mf = true, .path = Joined(usual, odf_path_.path)}};
  request.wanted = [this](ByteView) { return odf_.size(); };
  const absl::StatusOr<Bytes> there = files_.Read(request);
  if (!there.ok() && !IsCardFault(there.status())) return there.status();
  if (there.ok() && *there == odf_) df_ = usual;
  return absl::OkStatus();
}

absl::Status Pkcs15Application::ReadDirectories(const std::vector<ObjectDirectoryEntry>& entries) {
  using Kind = ObjectDirectoryEntry::Kind;
  size_t count = 0;
  std::set<std::pair<bool, Place>> seen;
  // Whether EF(ODF) itself tells which certificates there are, or that there are none.
  const auto is_directory = [](const ObjectDirectoryEntry& entry) {
    return entry.kind != Kind::kPrivateKeys;
  };
  const bool in_odf = std::none_of(entries.begin(), entries.end(), is_directory) ||
                      std::any_of(entries.begin(), entries.end(), [&](const ObjectDirectoryEntry& entry) {
                        return is_directory(entry) && !entry.path;
                      });
  for (const ObjectDirectoryEntry& entry : entries) {
    const bool keys = entry.kind == Kind::kPrivateKeys;
    std::string name = keys ? "EF.PrKDF" : "EF.CDF";
    Bytes contents = entry.objects;
    if (entry.path) {
      const Pkcs15Directory directory = DirectoryAt(Resolve(*entry.path), *entry.path);
      name = Name(name, *entry.path);
      if (!seen.emplace(keys, PlaceOf(directory.file, directory.start)).second) continue;
      if (++count > kMaxDirectories) {
        some_keys_unknown_ = true;
        list_.AddFault("EF.ODF", ContentFault(absl::StrCat("more than ", kMaxDirectories, " directories")));
        break;
      }
      absl::StatusOr<Bytes> read = files_.ReadAlone(ReadOf(directory));
      if (!read.ok() && !IsCardFault(read.status())) return read.status();
      if (!read.ok()) {
        // Without its keys a card still tells its certificates.
        if (keys) {
          some_keys_unknown_ = true;
        } else {
          list_.AddFault(name, read.status());
        }
        continue;
      }
      contents = *std::move(read);
      if (!keys) freshness_.AddDirectory(directory, contents);
    }
    keys ? AddKeys(contents) : AddEntries(name, contents);
  }
  if (in_odf) freshness_.AddDirectory(DirectoryAt(Resolve(odf_path_), odf_path_), odf_);
  return absl::OkStatus();
}

void Pkcs15Application::AddKeys(const Bytes& contents) {
  ParsedDirectory<Bytes> directory = ParsePrivateKeyDirectory(contents);
  key_directory_read_ = true;
  if (directory.bad_entries > 0) some_keys_unknown_ = true;
  for (Bytes& id : directory.entries) {
    if (id.empty()) some_keys_unknown_ = true;  // any certificate's
    keys_.insert(std::move(id));
  }
}

void Pkcs15Application::AddEntries(const std::string& name, const Bytes& contents) {
  ParsedDirectory<CertificateEntry> directory = ParseCertificateDirectory(contents);
  for (size_t i = 0; i < directory.bad_entries; ++i) list_.AddUnreadable(name, directory.fault);
  std::move(directory.entries.begin(), directory.entries.end(), std::back_inserter(entries_));
}

KeyPresence Pkcs15Application::KeyOf(const CertificateEntry& entry) const {
  if (entry.id.empty()) return KeyPresence::kUnknown;
  if (keys_.contains(entry.id)) return KeyPresence::kPresent;
  return keys_known() ? KeyPresence::kAbsent : KeyPresence::kUnknown;
}

std::vector<CertificateEntry> Pkcs15Application::DistinctEntries() const {
  std::vector<CertificateEntry> distinct;
  std::map<Place, size_t> places;
  for (const CertificateEntry& entry : entries_) {
    if (entry.path) {
      const auto [place, added] =
          places.emplace(PlaceOf(Resolve(*entry.path), entry.path->index), distinct.size());
      if (!added) {
        CertificateEntry& known = distinct[place->second];
        if (SaysMore(KeyOf(known), KeyOf(entry))) known.id = entry.id;
        continue;
      }
    }
    distinct.push_back(entry);
  }
  return distinct;
}

absl::Status Pkcs15Application::ReadCertificates() {
  for (const CertificateEntry& entry : DistinctEntries()) {
    if (!list_.HasRoom()) break;
    CardCertificate certificate;
    certificate.key_presence = KeyOf(entry);
    absl::StatusOr<Bytes> der;
    if (entry.path) {
      certificate.source = Name("EF", *entry.path);
      der = files_.ReadAlone(CertificateRequest(Resolve(*entry.path), *entry.path));
      if (!der.ok() && !IsCardFault(der.status())) return der.status();
    } else {
      certificate.source = "EF.CDF";
      der = CutCertificate(entry.der);
    }
    if (!der.ok()) {
      list_.AddUnreadable(certificate.source, der.status());
      continue;
    }
    certificate.der = *std::move(der);
    if (certificate.key_presence == KeyPresence::kPresent) freshness_.AddOwnKey(entry.id, certificate.der);
    list_.Add(std::move(certificate));
  }
  return absl::OkStatus();
}

}  // namespace kortvakt
