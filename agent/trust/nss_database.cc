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

// What NSS writes for an attribute that is there and empty (sdb.c).
constexpr std::string_view kExplicitNull("\xA5\x00\x5A", 3);

// CKA_CLASS 1 is CKO_CERTIFICATE; a11 CKA_VALUE, a81 CKA_ISSUER, a82 CKA_SERIAL_NUMBER.
constexpr char kCertificates[] = "SELECT a11, a81, a82 FROM nssPublic WHERE a0 = x'00000001' ORDER BY rowid";

// A form in which NSS writes trust.
struct TrustForm {
  const char* column;       // the table has it where the form is in use
  const char* rows;         // issuer, serial number, trust for servers, hash of the certificate
  std::string_view anchor;  // values of the third
  std::string_view distrusted;
  std::string (*hash)(ByteView der);
};
// Since NSS 3.114, as in PKCS#11 3.2: CKO_TRUST, CKA_TRUST_SERVER_AUTH,
// CKA_HASH_OF_CERTIFICATE by CKA_NAME_HASH_ALGORITHM, for which NSS writes CKM_SHA256;
// by another the hash is none that we know. CKT_TRUST_ANCHOR, CKT_NOT_TRUSTED.
constexpr TrustForm kStandardTrust = {
    "a62c",
    "SELECT a81, a82, a62c, CASE WHEN a635 IS NULL OR a635 = x'A5005A' OR a8c = x'00000250' THEN a635 "
    "ELSE x'00' END FROM nssPublic WHERE a0 = x'0000000B' ORDER BY rowid",
    std::string_view("\x00\x00\x00\x02", 4), std::string_view("\x00\x00\x00\x03", 4),
    [](ByteView der) { return std::string(AsString(Sha256(der))); }};
// Before, NSS pkcs11n.h: CKO_NSS_TRUST, CKA_NSS_TRUST_SERVER_AUTH, CKA_NSS_CERT_SHA1_HASH;
// CKT_NSS_TRUSTED_DELEGATOR, CKT_NSS_NOT_TRUSTED.
constexpr TrustForm kNssTrust = {
    "ace536358", "SELECT a81, a82, ace536358, ace5363b4 FROM nssPublic WHERE a0 = x'CE534353' ORDER BY rowid",
    std::string_view("\xCE\x53\x43\x52", 4), std::string_view("\xCE\x53\x43\x5A", 4),
    [](ByteView der) { return std::string(AsString(Sha1(der))); }};

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

// What SQLite says of it. In words of our own: SQLite's quote names from the file, which may
// be a person's, and have one language.
const char* Trouble(sqlite3* database) {
  switch (sqlite3_errcode(database)) {
    case SQLITE_INTERRUPT:
      return "it takes too long to read";
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return "something in it is too large";
    case SQLITE_ERROR:
      return "its tables are not as NSS makes them";
    default:
      return "it is damaged";
  }
}

absl::Status Damaged(sqlite3* database) {
  return absl::InvalidArgumentError(absl::StrCat("not a sound NSS database: ", Trouble(database)));
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
  CaTrust trust;
  std::string hash;  // of the certificate; empty: any with that issuer and serial number
};
using IssuerAndSerial = std::pair<std::string, std::string>;

// The rows of trust of one form.
class Trusts {
 public:
  static absl::StatusOr<Trusts> Read(sqlite3* database, const TrustForm& form) {
    Trusts trusts(form);
    if (sqlite3_table_column_metadata(database, "main", "nssPublic", form.column, nullptr, nullptr, nullptr,
                                      nullptr, nullptr) != SQLITE_OK) {
      return trusts;
    }
    ASSIGN_OR_RETURN(const Statement rows, Prepare(database, form.rows));
    int result = SQLITE_ROW;
    while ((result = sqlite3_step(rows.get())) == SQLITE_ROW) {
      if (trusts.rows_.size() == kMaxNssCertificates) {
        return absl::ResourceExhaustedError("too many rows of trust");
      }
      const std::string_view server = Column(rows.get(), 2);
      const CaTrust trust = server == form.anchor       ? CaTrust::kTrusted
                            : server == form.distrusted ? CaTrust::kDistrusted
                                                        : CaTrust::kPresent;
      // Of several the first counts, as NSS looks for one.
      trusts.rows_.try_emplace({std::string(Column(rows.get(), 0)), std::string(Column(rows.get(), 1))},
                               Trust{trust, std::string(Column(rows.get(), 3))});
    }
    if (result != SQLITE_DONE) return Damaged(database);
    return trusts;
  }

  // What they say of a certificate; null: nothing. Without a hash only what cannot
  // help an attacker counts (nssTrust_Create, pkibase.c).
  const Trust* Find(const IssuerAndSerial& name, ByteView der) const {
    const auto row = rows_.find(name);
    if (row == rows_.end()) return nullptr;
    const Trust& trust = row->second;
    const bool is_about =
        trust.hash.empty() ? trust.trust != CaTrust::kTrusted : trust.hash == form_->hash(der);
    return is_about ? &trust : nullptr;
  }

 private:
  explicit Trusts(const TrustForm& form) : form_(&form) {}
  const TrustForm* form_;
  std::map<IssuerAndSerial, Trust> rows_;
};

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
  ASSIGN_OR_RETURN(const Trusts standard, Trusts::Read(database.get(), kStandardTrust));
  ASSIGN_OR_RETURN(const Trusts nss, Trusts::Read(database.get(), kNssTrust));
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
    const IssuerAndSerial name(Column(rows.get(), 1), Column(rows.get(), 2));
    const Trust* trust = standard.Find(name, der);  // which NSS looks for first
    if (trust == nullptr) trust = nss.Find(name, der);
    if (trust != nullptr) entry.trust = trust->trust;
    entries.push_back(std::move(entry));
  }
  if (result != SQLITE_DONE) return Damaged(database.get());
  return entries;
}

}  // namespace kortvakt
