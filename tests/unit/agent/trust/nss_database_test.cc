#include "agent/trust/nss_database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <sstream>

#include "tests/unit/agent/trust/nss_fixture.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Issued;
using testing::NamedCa;
using testing::NssDatabase;
using testing::Output;
using ::testing::SizeIs;
using testing::TemporaryFolder;

using TrustBySha = std::map<std::string, CaTrust>;

TrustBySha Ours(const NssDatabase& database) {
  TrustBySha result;
  const auto entries = ReadNssDatabase(database.Read());
  EXPECT_TRUE(entries.ok()) << entries.status();
  for (const auto& entry : *entries) {
    EXPECT_EQ(entry.sha256, Sha256Hex(entry.der));
    EXPECT_TRUE(result.emplace(entry.sha256, entry.trust).second);
  }
  return result;
}

// What NSS says, by its listing: "NAME   C,,", names being fingerprints. Trust for
// servers is the first field: "C" trusted CA, "p" without "P" distrusted.
TrustBySha Nsss(const NssDatabase& database) {
  TrustBySha result;
  std::istringstream listing(database.CertUtil("-L"));
  for (std::string line; std::getline(listing, line);) {
    std::istringstream words(line);
    std::string name;
    std::string flags;
    if (!(words >> name >> flags) || name.size() != 64) continue;
    const std::string server = flags.substr(0, flags.find(','));
    const bool trusted = server.find('C') != std::string::npos;
    const bool distrusted = server.find('p') != std::string::npos && server.find('P') == std::string::npos;
    result[name] = trusted ? CaTrust::kTrusted : distrusted ? CaTrust::kDistrusted : CaTrust::kPresent;
  }
  return result;
}

TEST(NssDatabaseTest, AgreesWithNssOnForty) {
  std::mt19937 random(20261122);
  const std::vector<std::string> flags = {"C,,", "p,,",  ",,",  "CT,C,C", "P,,",   "c,,",
                                          "T,,", ",C,C", ",p,", "CTp,,",  "Cc,c,", "Pc,,"};
  std::vector<Issued> cas;
  for (int i = 0; i < 12; ++i) cas.push_back(NamedCa(absl::StrCat("ca ", i)));
  std::map<CaTrust, int> seen;
  for (int round = 0; round < 40; ++round) {
    const TemporaryFolder folder;
    const NssDatabase database(folder.path() + "/db");
    const size_t count = random() % 4;
    for (size_t i = 0; i < count; ++i) {
      database.Add(cas[(round + i * 3) % cas.size()], flags[random() % flags.size()]);
    }
    // Trust that is changed, and certificates that are taken away again.
    if (count > 1) {
      database.CertUtil(absl::StrCat("-M -n ", cas[round % cas.size()].sha256, " -t '",
                                     flags[random() % flags.size()], "'"));
      if (round % 5 == 0) database.CertUtil("-D -n " + cas[(round + 3) % cas.size()].sha256);
    }
    const TrustBySha ours = Ours(database);
    EXPECT_EQ(ours, Nsss(database)) << "database " << round;
    for (const auto& [sha256, trust] : ours) ++seen[trust];
  }
  EXPECT_THAT(seen, SizeIs(3)) << "all kinds of trust were among them";
}

struct Fixture {
  TemporaryFolder folder;
  NssDatabase database{folder.path() + "/db"};
  Issued ca = NamedCa("a");
  std::string Sqlite(const std::string& sql) const {
    const std::string script = folder.Write("script.sql", sql);
    return Output("sqlite3 " + database.file() + " < " + script);
  }
};

TEST(NssDatabaseTest, TakesAnEmptyDatabase) {
  const Fixture f;
  const auto entries = ReadNssDatabase(f.database.Read());
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_THAT(*entries, IsEmpty());
}

TEST(NssDatabaseTest, ReadsOneThatWasPutIntoWalMode) {
  const Fixture f;
  f.database.Add(f.ca, "C,,");
  EXPECT_EQ(f.Sqlite("PRAGMA journal_mode=WAL;"), "wal");
  EXPECT_EQ(Ours(f.database), (TrustBySha{{f.ca.sha256, CaTrust::kTrusted}}));
}

TEST(NssDatabaseTest, TrustForAnotherCertificateOfTheSameNameAndNumberDoesNotCount) {
  const Fixture f;
  f.database.Add(f.ca, "C,,");
  f.Sqlite("UPDATE nssPublic SET ace5363b4 = zeroblob(20) WHERE a0 = x'CE534353';");
  EXPECT_EQ(Ours(f.database), (TrustBySha{{f.ca.sha256, CaTrust::kPresent}}));
  f.Sqlite("UPDATE nssPublic SET ace5363b4 = NULL WHERE a0 = x'CE534353';");
  EXPECT_EQ(Ours(f.database), (TrustBySha{{f.ca.sha256, CaTrust::kPresent}}));
  f.Sqlite("UPDATE nssPublic SET ace536358 = x'CE53435A' WHERE a0 = x'CE534353';");
  EXPECT_EQ(Ours(f.database), (TrustBySha{{f.ca.sha256, CaTrust::kDistrusted}}));
}

// By hand: Debian's NSS does not write this form.
TEST(NssDatabaseTest, TrustInTheFormOfPkcs11GoesBeforeNsssOwn) {
  const Fixture f;
  f.database.Add(f.ca, "p,,");
  for (const char* column : {"a62c", "a635", "a8c"})
    f.Sqlite(absl::StrCat("ALTER TABLE nssPublic ADD COLUMN ", column, ";"));
  EXPECT_EQ(Ours(f.database), (TrustBySha{{f.ca.sha256, CaTrust::kDistrusted}}));
  f.Sqlite(absl::StrCat("INSERT INTO nssPublic(id, a0, a81, a82, a62c, a635, a8c) SELECT 4711, x'0000000B', ",
                        "a81, a82, x'00000002', x'", f.ca.sha256,
                        "', x'00000250' FROM nssPublic WHERE a0 = x'00000001';"));
  const auto set = [&](const std::string& what, CaTrust expected) {
    f.Sqlite("UPDATE nssPublic SET " + what + " WHERE id = 4711;");
    EXPECT_EQ(Ours(f.database), (TrustBySha{{f.ca.sha256, expected}})) << what;
  };
  set("a62c = x'00000002'", CaTrust::kTrusted);
  set("a62c = x'00000001'", CaTrust::kPresent);
  set("a62c = x'00000004'", CaTrust::kPresent);
  f.Sqlite("DELETE FROM nssPublic WHERE a0 = x'CE534353';");
  set("a62c = x'00000003'", CaTrust::kDistrusted);
  set("a62c = x'00000002'", CaTrust::kTrusted);
  set("a8c = x'00000220'", CaTrust::kPresent);
  set("a8c = x'00000250', a635 = zeroblob(32)", CaTrust::kPresent);
  set("a635 = NULL", CaTrust::kPresent);
  set("a62c = x'00000003'", CaTrust::kDistrusted);
}

TEST(NssDatabaseTest, RefusesWhatIsNoNssDatabase) {
  const Fixture f;
  EXPECT_THAT(ReadNssDatabase({}).status().message(), HasSubstr("not an SQLite file"));
  EXPECT_THAT(ReadNssDatabase(Bytes(5000, 'x')).status().message(), HasSubstr("not an SQLite file"));
  EXPECT_TRUE(absl::IsResourceExhausted(ReadNssDatabase(Bytes(kMaxNssBytes + 1)).status()));
  const std::string other = f.folder.path() + "/other.db";
  Output("sqlite3 " + other + " 'CREATE TABLE t(x)'");
  const std::string text = *ReadFile(other);
  EXPECT_THAT(ReadNssDatabase({text.begin(), text.end()}).status().message(),
              HasSubstr("no table nssPublic"));
}

// What a schema can bring along, in place of NSS's table or beside it.
TEST(NssDatabaseTest, RunsNothingOfAHostileSchema) {
  const std::string values =
      "SELECT 1 AS id, x'00000001' AS a0, x'3000' AS a11, x'01' AS a81, x'01' AS a82, x'CE534352' AS "
      "ace536358, "
      "x'' AS ace5363b4";
  for (const std::string& sql : std::vector<std::string>{
           "DROP TABLE nssPublic; CREATE VIEW nssPublic AS " + values + ";",
           "DROP TABLE nssPublic; CREATE VIEW nssPublic AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT "
           "n+1 "
           "FROM r) SELECT n AS id, x'00000001' AS a0, x'3000' AS a11, 1 AS a81, 1 AS a82, 1 AS ace536358, 1 "
           "AS "
           "ace5363b4 FROM r;",
           "DROP TABLE nssPublic; CREATE VIRTUAL TABLE nssPublic USING fts5(a0, a11, a81, a82, ace536358, "
           "ace5363b4);",
           "DROP TABLE nssPublic; CREATE TABLE nssPublic(id, a0, a11 AS (readfile('/etc/passwd')), a81, a82, "
           "ace536358, ace5363b4); INSERT INTO nssPublic(a0) VALUES (x'00000001');",
           "DROP TABLE nssPublic; CREATE TABLE nssPublic(id, a0, a11 AS (zeroblob(900000000)), a81, a82, "
           "ace536358, ace5363b4); INSERT INTO nssPublic(a0) VALUES (x'00000001');",
       }) {
    const Fixture f;
    f.Sqlite(sql);
    const auto entries = ReadNssDatabase(f.database.Read());
    if (entries.ok()) {
      EXPECT_THAT(*entries, IsEmpty()) << sql;
    } else {
      EXPECT_NE(entries.status().message(), "") << sql;
    }
  }
}

// SQLite's own messages quote the names.
TEST(NssDatabaseTest, TellsNoNameOfTheFile) {
  const char* const name = "Testa Exempel 18991228-9809";
  const auto refuse = [&](const std::string& sql, const char* why) {
    const Fixture f;
    const std::string script = f.folder.Write("script.sql", sql);
    Output("sqlite3 " + f.database.file() + " < " + script);
    const absl::Status status = ReadNssDatabase(f.database.Read()).status();
    EXPECT_EQ(status.message(), std::string("not a sound NSS database: ") + why) << sql;
  };
  refuse(
      absl::StrCat("CREATE TABLE \"", name, "\"(x); PRAGMA writable_schema = ON; UPDATE sqlite_schema SET ",
                   "sql = 'CREATE TABLE \"", name, "\"(' WHERE name = '", name, "';"),
      "it is damaged");
  refuse(absl::StrCat("ALTER TABLE nssPublic RENAME COLUMN a11 TO \"", name, "\";"),
         "its tables are not as NSS makes them");
}

TEST(NssDatabaseTest, SurvivesDamageAnywhere) {
  const Fixture f;
  f.database.Add(f.ca, "C,,");
  const Bytes whole = f.database.Read();
  std::mt19937 random(7);
  int good = 0;
  for (int round = 0; round < 400; ++round) {
    Bytes damaged = whole;
    for (int i = 0; i < 8; ++i)
      damaged[16 + random() % (damaged.size() - 16)] = static_cast<uint8_t>(random());
    if (round % 4 == 0) damaged.resize(random() % damaged.size());
    const auto entries = ReadNssDatabase(damaged);
    if (!entries.ok()) continue;
    ++good;
    for (const auto& entry : *entries) EXPECT_EQ(entry.sha256, Sha256Hex(entry.der));
  }
  EXPECT_GT(good, 0);
}

TEST(NssDatabaseTest, BoundsTheNumberOfCertificates) {
  const Fixture f;
  // Each is a SEQUENCE of its own: 30 04 and four digits.
  f.Sqlite(
      "INSERT INTO nssPublic(id, a0, a11) WITH RECURSIVE r(n) AS (SELECT 1000 UNION ALL SELECT n+1 FROM r "
      "WHERE n < 6000) SELECT n, x'00000001', CAST(x'3004' || CAST(n AS TEXT) AS BLOB) FROM r;");
  EXPECT_TRUE(absl::IsResourceExhausted(ReadNssDatabase(f.database.Read()).status()));
}

}  // namespace
}  // namespace kortvakt
