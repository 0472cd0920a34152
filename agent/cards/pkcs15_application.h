// The file system of one PKCS#15 application.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/cards/card_reader.h"
#include "agent/cards/certificate_list.h"
#include "agent/cards/file_reader.h"
#include "agent/cards/pkcs15_files.h"
#include "agent/cards/pkcs15_freshness.h"
#include "common/base/bytes.h"

namespace kortvakt {

// DF(PKCS15) and EF(ODF) where nothing says otherwise (PKCS#15 v1.1, 5.5).
inline constexpr uint8_t kPkcs15Df[] = {0x50, 0x15};
inline constexpr uint8_t kPkcs15Odf[] = {0x50, 0x31};

// Reads one application, first its object directory, then everything else. Faults of the card
// are told from errors of the session by IsCardFault.
class Pkcs15Application {
 public:
  // `df`: path of the application's DF from the MF; nullopt: not known, its files are found
  // through the selected application `aid`.
  Pkcs15Application(FileReader& files, Bytes aid, std::optional<Bytes> df)
      : files_(files), aid_(std::move(aid)), df_(std::move(df)) {}

  // Reads EF(ODF), in the transaction under way. A fault: it is not here.
  absl::Status ReadObjectDirectory(const Pkcs15Path& odf);

  // Reads everything else, beginning in the same transaction.
  absl::StatusOr<CardContents> ReadContents();

  // Path of the DF from the MF; after ReadContents also where it was not given, if it was needed.
  const std::optional<Bytes>& df() const { return df_; }

 private:
  FilePath InApplication(const Bytes& path) const;
  FilePath Resolve(const Pkcs15Path& path) const;
  std::string Name(std::string_view kind, const Pkcs15Path& path) const;

  absl::Status ReadTokenInfo(CardContents& contents, Bytes& token_info);
  // Finds out the path of the selected application's DF, by which its files are read with fewer
  // commands. In the transaction under way, as the last of it.
  absl::Status LocateFolder(const std::vector<ObjectDirectoryEntry>& entries);
  absl::Status ReadDirectories(const std::vector<ObjectDirectoryEntry>& entries);
  void AddKeys(const Bytes& contents);
  void AddEntries(const std::string& name, const Bytes& contents);
  // Whether a key that is not in keys_ is not on the card.
  bool keys_known() const { return key_directory_read_ && !some_keys_unknown_; }
  KeyPresence KeyOf(const CertificateEntry& entry) const;
  // Of the entries for one place one, at the place of the first: one that has a key if any has.
  std::vector<CertificateEntry> DistinctEntries() const;
  absl::Status ReadCertificates();

  FileReader& files_;
  const Bytes aid_;
  std::optional<Bytes> df_;
  Pkcs15Path odf_path_;
  Bytes odf_;
  CertificateList list_;
  std::set<Bytes> keys_;
  bool key_directory_read_ = false;  // one at least
  bool some_keys_unknown_ = false;   // one at least was not read to the end
  std::vector<CertificateEntry> entries_;
  Pkcs15FreshnessBuilder freshness_;
};

}  // namespace kortvakt
