#include "agent/trust/nss_database.h"

#include <sqlite3.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/sha1.h"
#include "common/base/status.h"
#include "common/certs/der.h"

namespace kortvakt {
namespace {

// SQLite file format, 1.3: "SQLite format 3", NUL; write and read version at 18 and 19, 1 for a
// rollback journal, 2 for WAL.
constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr size_t kWriteVersion = 18;
constexpr size_t kHeaderSize = 100;

constexpr int kMaxValue = 1 << 20;          // bytes of one value; certificates have a few KiB
constexpr int kStepsBetweenLooks = 10'000;  // of SQLite's virtual machine
constexpr int kMaxLooks = 20'000;           // 200 million steps: seconds; real databases need thousands

// NSS pkcs11n.h: CKO_NSS_TRUST is 0xCE534353; CKT_NSS_TRUSTED_DELEGATOR and CKT_NSS_NOT_TRUSTED.
constexpr std::string_view kTrustedDelegator("\xCE\x53\x43\x52", 4);
constexpr std::string_view kNotTrusted("\xCE\x53\x43\x5A", 4);
constexpr std::string_view kMustVerify("\xCE\x53\x43\x53", 4);
constexpr std::string_view kTrustUnknown("\xCE\x53\x43\x55", 4);
constexpr size_t kSha1Size = 20;
// What NSS writes for an attribute that is there and empty (sdb.c).
constexpr std::string_view kExplicitNull("\xA5\x00\x5A", 3);

// CKA_CLASS 1 is CKO_CERTIFICATE; a11 CKA_VALUE, a81 CKA_ISSUER, a82 CKA_SERIAL_NUMBER,
// ace536358 CKA_NSS_TRUST_SERVER_AUTH, ace5363b4 CKA_NSS_CERT_SHA1_HASH.
constexpr char kCertificates[] = "SELECT a11, a81, a82 FROM nssPublic WHERE a0 = x'00000001' ORDER BY rowid";
constexpr char kTrusts[] =
    "SELECT a81, a82, ace536358, ace5363b4 FROM nssPublic WHERE a0 = x'CE534353' ORDER BY rowid";
constexpr char kIsTable[] =
    "SELECT 1 FROM sqlite_schema WHERE name = 'nssPublic' COLLATE NOCASE AND type = 'table'";

struct CloseDatabase {
  void operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
struct FinishStatement {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, FinishStatement>;

absl::Status Damaged(sqlite3* database) {
  return absl::InvalidArgumentError(absl::StrCat("not a sound NSS database: ", sqlite3_errmsg(database)));
}

// Runs out after kMaxLooks calls: a made-up tree of pages can be endless.
int CountLooks(void* looks) { return ++*static_cast<int*>(looks) > kMaxLooks ? 1 : 0; }

void Restrain(sqlite3* database) {
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  for (const int off :
       {SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW, SQLITE_DBCONFIG_TRUSTED_SCHEMA,
        SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, SQLITE_DBCONFIG_DQS_DDL, SQLITE_DBCONFIG_DQS_DML}) {
    sqlite3_db_config(database, off, 0, nullptr);
  }
  sqlite3_limit(database, SQLITE_LIMIT_LENGTH, kMaxValue);
  sqlite3_limit(database, SQLITE_LIMIT_SQL_LENGTH, 64 << 10);  // of the schema: NSS's has 2 KiB
  sqlite3_limit(database, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(database, SQLITE_LIMIT_EXPR_DEPTH, 20);
  sqlite3_limit(database, SQLITE_LIMIT_COMPOUND_SELECT, 1);
  sqlite3_limit(database, SQLITE_LIMIT_WORKER_THREADS, 0);
}

absl::StatusOr<Statement> Prepare(sqlite3* database, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database, sql, -1, &statement, nullptr) != SQLITE_OK) return Damaged(database);
  return Statement(statement);
}

std::string_view Column(sqlite3_stmt* statement, int column) {
  if (sqlite3_column_type(statement, column) != SQLITE_BLOB) return {};
  const void* bytes = sqlite3_column_blob(statement, column);
  const std::string_view value(static_cast<const char*>(bytes),
                               static_cast<size_t>(sqlite3_column_bytes(statement, column)));
  return bytes == nullptr || value == kExplicitNull ? std::string_view() : value;
}

// One row of trust.
struct Trust {
  std::string server;  // a CKT_NSS_ value
  std::string sha1;    // of the certificate; empty: any with that issuer and serial number

  // Without a hash only what cannot help an attacker counts (nssTrust_Create, pkibase.c).
  bool IsAbout(ByteView der) const {
    if (!sha1.empty()) return sha1.size() == kSha1Size && sha1 == AsString(Sha1(der));
    return server == kNotTrusted || server == kMustVerify || server == kTrustUnknown;
  }
};
using IssuerAndSerial = std::pair<std::string, std::string>;

absl::StatusOr<std::map<IssuerAndSerial, Trust>> ReadTrusts(sqlite3* database) {
  ASSIGN_OR_RETURN(const Statement rows, Prepare(database, kTrusts));
  std::map<IssuerAndSerial, Trust> trusts;
  int result = SQLITE_ROW;
  while ((result = sqlite3_step(rows.get())) == SQLITE_ROW) {
    if (trusts.size() == kMaxNssCertificates) return absl::ResourceExhaustedError("too many rows of trust");
    // Of several the first counts, as NSS looks for one.
    trusts.try_emplace({std::string(Column(rows.get(), 0)), std::string(Column(rows.get(), 1))},
                       Trust{std::string(Column(rows.get(), 2)), std::string(Column(rows.get(), 3))});
  }
  if (result != SQLITE_DONE) return Damaged(database);
  return trusts;
}

CaTrust TrustOf(const Trust& trust) {
  if (trust.server == kTrustedDelegator) return CaTrust::kTrusted;
  return trust.server == kNotTrusted ? CaTrust::kDistrusted : CaTrust::kPresent;
}

bool IsOneDerSequence(ByteView bytes) {
  const absl::StatusOr<DerHeader> header = ReadDerHeader(bytes);
  return header.ok() && header->tag == kDerSequence && header->total_size() == bytes.size();
}

absl::StatusOr<Database> OpenImage(Bytes& file) {
  if (file.size() > kMaxNssBytes) {
    return absl::ResourceExhaustedError(absl::StrCat("larger than ", kMaxNssBytes, " bytes"));
  }
  if (file.size() < kHeaderSize || AsString(ByteView(file).first(kMagic.size())) != kMagic) {
    return absl::InvalidArgumentError("not an SQLite file");
  }
  // An image in memory has no WAL beside it, and SQLite does not open one that says it has.
  file[kWriteVersion] = file[kWriteVersion + 1] = 1;
  sqlite3* opened = nullptr;
  const int result = sqlite3_open_v2(
      ":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(opened);
  if (result != SQLITE_OK) return absl::ResourceExhaustedError("SQLite cannot start");
  Restrain(database.get());
  const auto size = static_cast<sqlite3_int64>(file.size());
  if (sqlite3_deserialize(database.get(), "main", file.data(), size, size, SQLITE_DESERIALIZE_READONLY) !=
      SQLITE_OK) {
    return Damaged(database.get());
  }
  return database;
}

}  // namespace

absl::StatusOr<std::vector<TrustStoreContents::Entry>> ReadNssDatabase(Bytes file) {
  ASSIGN_OR_RETURN(const Database database, OpenImage(file));
  int looks = 0;
  sqlite3_progress_handler(database.get(), kStepsBetweenLooks, CountLooks, &looks);
  {
    ASSIGN_OR_RETURN(const Statement is_table, Prepare(database.get(), kIsTable));
    if (sqlite3_step(is_table.get()) != SQLITE_ROW) {
      return absl::InvalidArgumentError("not an NSS database: it has no table nssPublic");
    }
  }
  ASSIGN_OR_RETURN(const auto trusts, ReadTrusts(database.get()));
  ASSIGN_OR_RETURN(const Statement rows, Prepare(database.get(), kCertificates));
  std::vector<TrustStoreContents::Entry> entries;
  std::set<std::string> known;  // fingerprints
  int result = SQLITE_ROW;
  while ((result = sqlite3_step(rows.get())) == SQLITE_ROW) {
    const ByteView der = AsBytes(Column(rows.get(), 0));
    if (!IsOneDerSequence(der)) continue;
    TrustStoreContents::Entry entry{Bytes(der.begin(), der.end()), Sha256Hex(der), CaTrust::kPresent};
    if (!known.insert(entry.sha256).second) continue;
    if (entries.size() == kMaxNssCertificates) return absl::ResourceExhaustedError("too many certificates");
    const auto trust = trusts.find({std::string(Column(rows.get(), 1)), std::string(Column(rows.get(), 2))});
    if (trust != trusts.end() && trust->second.IsAbout(der)) entry.trust = TrustOf(trust->second);
    entries.push_back(std::move(entry));
  }
  if (result != SQLITE_DONE) return Damaged(database.get());
  return entries;
}

}  // namespace kortvakt
