#include "agent/cards/pkcs15.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/cards/certificate_list.h"
#include "agent/cards/pkcs15_files.h"
#include "agent/cards/pkcs15_freshness.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

// "PKCS-15" under its registered identifier (PKCS#15 v1.1, 5.6).
constexpr uint8_t kPkcs15Aid[] = {0xA0, 0x00, 0x00, 0x00, 0x63, 0x50, 0x4B, 0x43, 0x53, 0x2D, 0x31, 0x35};
// ESIGN (CWA 14890): under it some Swedish cards list their certificates as well.
constexpr uint8_t kEsignAid[] = {0xA0, 0x00, 0x00, 0x01, 0x67, 0x45, 0x53, 0x49, 0x47, 0x4E};

// File identifiers of PKCS#15 v1.1, 5.5, and of EF.DIR (ISO/IEC 7816-4, 12.2.3).
const Bytes kDf = {0x50, 0x15};
const Bytes kOdf = {0x50, 0x31};
const Bytes kTokenInfo = {0x50, 0x32};
const Bytes kEfDir = {0x2F, 0x00};

constexpr size_t kMaxApplications = 8;
constexpr size_t kMaxDirectories = 16;

Bytes Joined(const Bytes& a, const Bytes& b) {
  Bytes joined = a;
  joined.insert(joined.end(), b.begin(), b.end());
  return joined;
}

FileRequest DirectoryRequest(FilePath path) {
  FileRequest request{.file = std::move(path)};
  request.wanted = DirectoryEnd;
  return request;
}

// Reads the file system of one application, once its place is known.
class Pkcs15Reader {
 public:
  // `df`: path of the application's DF from the MF; nullopt: not known, its files
  // are found through the selected application `aid` only.
  Pkcs15Reader(FileReader& files, Bytes aid, std::optional<Bytes> df)
      : files_(files), aid_(std::move(aid)), df_(std::move(df)) {}

  // Reads EF(ODF), in the transaction under way. A fault: it is not here.
  absl::Status ReadObjectDirectory() {
    ASSIGN_OR_RETURN(odf_, files_.Read(DirectoryRequest(InApplication(kOdf))));
    return absl::OkStatus();
  }

  // Reads everything else.
  absl::StatusOr<CardContents> ReadContents() {
    files_.SelectApplicationAlways(!df_.has_value());
    CardContents contents;
    contents.family = CardFamily::kPkcs15;
    RETURN_IF_ERROR(ReadTokenInfo(contents));
    files_.End();
    if (odf_.empty() && contents.serial.empty()) {
      list_.AddFault(Name("EF.ODF", kOdf), ContentFault("the file is empty"));
    }
    const ParsedDirectory<ObjectDirectoryEntry> odf = ParseObjectDirectory(odf_);
    if (odf.bad_entries > 0) {
      list_.AddFault(Name("EF.ODF", kOdf), odf.fault);
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
      contents.freshness = freshness_.Build(files_.session(), df_ ? Bytes{} : aid_);
    }
    return contents;
  }

 private:
  FilePath InApplication(const Bytes& path) const {
    if (df_) return {.from_mf = true, .path = Joined(*df_, path)};
    return {.from_mf = false, .path = path};
  }

  FilePath Resolve(const Pkcs15Path& path) const {
    if (path.absolute) return {.from_mf = true, .path = path.path};
    return InApplication(path.path);
  }

  std::string Name(std::string_view kind, const Bytes& path) const {
    return absl::StrCat(std::string(kind), " ", UpperHex(InApplication(path).path));
  }

  absl::Status ReadTokenInfo(CardContents& contents) {
    FileRequest request{.file = InApplication(kTokenInfo)};
    request.wanted = CertificateSize;  // one SEQUENCE, as a certificate is
    request.decode = CutCertificate;
    const absl::StatusOr<Bytes> read = files_.Read(request);
    if (!read.ok() && !IsCardFault(read.status())) return read.status();
    if (!read.ok()) return absl::OkStatus();  // optional for us
    if (const absl::StatusOr<TokenInfo> info = ParseTokenInfo(*read); info.ok()) {
      contents.serial = info->serial;
      contents.label = info->label;
      contents.manufacturer = info->manufacturer;
      freshness_.SetTokenInfo(request.file, *read);
    }
    return absl::OkStatus();
  }

  absl::Status ReadDirectories(const std::vector<ObjectDirectoryEntry>& entries) {
    using Kind = ObjectDirectoryEntry::Kind;
    size_t count = 0;
    std::set<Bytes> seen;
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
      const std::string kind = keys ? "EF.PrKDF" : "EF.CDF";
      Bytes contents = entry.objects;
      if (entry.path) {
        const FilePath file = Resolve(*entry.path);
        const std::string name = absl::StrCat(kind, " ", UpperHex(file.path));
        if (!seen.insert(file.path).second) continue;
        if (++count > kMaxDirectories) {
          some_keys_unknown_ = true;
          list_.AddFault("EF.ODF", ContentFault(absl::StrCat("more than ", kMaxDirectories, " directories")));
          break;
        }
        FileRequest request = DirectoryRequest(file);
        request.start = entry.path->index;
        absl::StatusOr<Bytes> read = files_.ReadAlone(request);
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
        if (!keys) freshness_.AddDirectory(file, contents);
      }
      keys ? AddKeys(contents) : AddEntries(kind, entry, contents);
    }
    if (in_odf) freshness_.AddDirectory(InApplication(kOdf), odf_);
    return absl::OkStatus();
  }

  void AddKeys(const Bytes& contents) {
    ParsedDirectory<Bytes> directory = ParsePrivateKeyDirectory(contents);
    key_directory_read_ = true;
    if (directory.bad_entries > 0) some_keys_unknown_ = true;
    for (Bytes& id : directory.entries) {
      if (id.empty()) some_keys_unknown_ = true;  // any certificate's
      keys_.insert(std::move(id));
    }
  }

  // Whether a key that is not in keys_ is not on the card.
  bool keys_known() const { return key_directory_read_ && !some_keys_unknown_; }

  void AddEntries(const std::string& kind, const ObjectDirectoryEntry& entry, const Bytes& contents) {
    ParsedDirectory<CertificateEntry> directory = ParseCertificateDirectory(contents);
    if (directory.bad_entries > 0) {
      const std::string name =
          entry.path ? absl::StrCat(kind, " ", UpperHex(Resolve(*entry.path).path)) : kind;
      for (size_t i = 0; i < directory.bad_entries; ++i) list_.AddUnreadable(name, directory.fault);
    }
    std::move(directory.entries.begin(), directory.entries.end(), std::back_inserter(entries_));
  }

  KeyPresence KeyOf(const CertificateEntry& entry) const {
    if (entry.id.empty()) return KeyPresence::kUnknown;
    if (keys_.contains(entry.id)) return KeyPresence::kPresent;
    return keys_known() ? KeyPresence::kAbsent : KeyPresence::kUnknown;
  }

  absl::Status ReadCertificates() {
    std::set<std::pair<Bytes, size_t>> seen;
    for (const CertificateEntry& entry : entries_) {
      if (!list_.HasRoom()) break;
      CardCertificate certificate;
      certificate.key_presence = KeyOf(entry);
      absl::StatusOr<Bytes> der;
      if (entry.path) {
        const FilePath file = Resolve(*entry.path);
        if (!seen.emplace(file.path, entry.path->index).second) continue;
        certificate.source = absl::StrCat("EF ", UpperHex(file.path));
        if (entry.path->index != 0) absl::StrAppend(&certificate.source, " at ", entry.path->index);
        der = files_.ReadAlone(CertificateRequest(file, *entry.path));
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

  static FileRequest CertificateRequest(const FilePath& file, const Pkcs15Path& path) {
    FileRequest request{.file = file};
    request.start = path.index;
    // The certificate's own header counts, for it cannot end elsewhere; the
    // directory's length only keeps the first command within the window.
    const std::optional<size_t> window = path.length;
    request.wanted = [window](ByteView so_far) {
      const size_t size = CertificateSize(so_far);
      return size == kUntilEnd && window && *window > so_far.size() && *window < kMaxCardFile ? *window
                                                                                              : size;
    };
    request.decode = CutCertificate;
    return request;
  }

  FileReader& files_;
  const Bytes aid_;
  const std::optional<Bytes> df_;
  Bytes odf_;
  CertificateList list_;
  std::set<Bytes> keys_;
  bool key_directory_read_ = false;  // one at least
  bool some_keys_unknown_ = false;   // one at least was not read to the end
  std::vector<CertificateEntry> entries_;
  Pkcs15FreshnessBuilder freshness_;
};

// Selects application `aid` where it is not empty and reads the file system at `df`
// (a path from the MF); nullopt: wherever it is found. nullopt: there is none.
absl::StatusOr<std::optional<CardContents>> ReadOnce(FileReader& files, const Bytes& aid,
                                                     const std::optional<Bytes>& df) {
  RETURN_IF_ERROR(files.Begin());
  bool selected = false;
  if (!aid.empty()) {
    const absl::Status status = files.SelectApplication(aid);
    if (!status.ok() && !IsCardFault(status)) return status;
    selected = status.ok();
  }
  std::vector<std::optional<Bytes>> places;
  if (df || selected) places.push_back(df.value_or(kDf));
  if (selected) places.push_back(std::nullopt);
  absl::Status fault;
  for (const std::optional<Bytes>& place : places) {
    Pkcs15Reader reader(files, aid, place);
    const absl::Status status = reader.ReadObjectDirectory();
    if (status.ok()) return reader.ReadContents();
    if (!IsCardFault(status)) return status;
    if (fault.ok()) fault = status;
  }
  files.End();
  if (!selected || df) return std::nullopt;
  // The application is there, its object directory is not.
  CardContents contents;
  contents.family = CardFamily::kPkcs15;
  contents.state = CardState::kUnreadable;
  Evidence evidence;
  evidence.Add("EF.ODF 50155031", fault);
  contents.detail = evidence.Text();
  return contents;
}

absl::StatusOr<std::optional<CardContents>> ReadApplication(FileReader& files, const Bytes& aid,
                                                            const std::optional<Bytes>& df) {
  files.ForgetApplication();
  ASSIGN_OR_RETURN(std::optional<CardContents> contents, ReadOnce(files, aid, df));
  if (!contents || !files.MayHaveStoppedEarly()) return contents;
  files.ReadOnAfterShortAnswers();
  return ReadOnce(files, aid, df);
}

// Applications of EF.DIR, those first that hold certificates on Swedish cards.
absl::StatusOr<std::vector<ApplicationEntry>> ReadApplicationDirectory(FileReader& files) {
  RETURN_IF_ERROR(files.Begin());
  const FilePath file{.from_mf = true, .path = kEfDir};
  const absl::StatusOr<Bytes> contents = files.Read(DirectoryRequest(file));
  if (!contents.ok() && !IsCardFault(contents.status())) return contents.status();
  std::vector<ApplicationEntry> applications;
  if (contents.ok()) {
    applications = ParseApplicationDirectory(*contents);
  } else if (!absl::IsNotFound(contents.status())) {
    // A record file refuses READ BINARY (ISO/IEC 7816-4: 6981).
    const absl::StatusOr<std::vector<Bytes>> records = files.ReadRecords(file);
    if (!records.ok() && !IsCardFault(records.status())) return records.status();
    for (const Bytes& record : records.value_or(std::vector<Bytes>{})) {
      for (ApplicationEntry& entry : ParseApplicationDirectory(record))
        applications.push_back(std::move(entry));
    }
  }
  files.End();
  const auto rank = [](const ApplicationEntry& entry) {
    if (std::equal(entry.aid.begin(), entry.aid.end(), std::begin(kPkcs15Aid), std::end(kPkcs15Aid)))
      return 0;
    return std::equal(entry.aid.begin(), entry.aid.end(), std::begin(kEsignAid), std::end(kEsignAid)) ? 1 : 2;
  };
  std::vector<ApplicationEntry> ranked;
  for (const int wanted : {0, 1, 2}) {
    for (const ApplicationEntry& entry : applications) {
      if (rank(entry) == wanted && ranked.size() < kMaxApplications) ranked.push_back(entry);
    }
  }
  return ranked;
}

}  // namespace

absl::StatusOr<std::optional<CardContents>> ReadPkcs15(FileReader& files) {
  return ReadApplication(files, Bytes(std::begin(kPkcs15Aid), std::end(kPkcs15Aid)), std::nullopt);
}

absl::StatusOr<std::optional<CardContents>> ReadPkcs15Elsewhere(FileReader& files) {
  ASSIGN_OR_RETURN(std::vector<ApplicationEntry> applications, ReadApplicationDirectory(files));
  applications.push_back({.aid = {}, .path = kDf});
  applications.push_back({.aid = {}, .path = Bytes{}});
  std::optional<CardContents> unreadable;
  for (const ApplicationEntry& application : applications) {
    ASSIGN_OR_RETURN(std::optional<CardContents> contents,
                     ReadApplication(files, application.aid, application.path));
    if (!contents) continue;
    if (contents->state != CardState::kUnreadable || !contents->certificates.empty()) return contents;
    if (!unreadable) unreadable = std::move(contents);
  }
  return unreadable;
}

}  // namespace kortvakt
