// Paths of many generated PKIs against what `openssl verify` says: every path that is
// found holds, and whenever openssl finds one, so do we; and a login's best path is complete
// exactly where one that openssl takes is valid at the moment.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/files.h"
#include "common/base/time.h"
#include "common/certs/certificate_facts.h"
#include "common/certs/chain.h"
#include "common/judge/login_path.h"
#include "tests/support/pki/openssl_oracle.h"
#include "tests/unit/common/certs/varied_certificates.h"

namespace kortvakt {
namespace {

using testing::Issued;

constexpr char kMoment[] = "2026-11-22T09:00:00Z";
constexpr unsigned kPkis = 64;

// The commands of `openssl verify` that are to be run, and what came of them: many at
// a time, and many certificates a command, for a process costs 40 ms.
class Verifications {
 public:
  // Returns the number of the run; `files` are certificates.
  size_t Add(const std::string& options, const std::vector<std::string>& files) {
    const size_t number = count_++;
    if (files.empty()) return number;
    absl::StrAppend(&commands_, "openssl verify ", options, " ", absl::StrJoin(files, " "), " >", Out(number),
                    " 2>/dev/null\n");
    return number;
  }
  void Run() {
    const std::string list = folder_.Write("commands", commands_);
    testing::Output("OPENSSL_CONF=/dev/null xargs -a " + list + " -d '\\n' -P 2 -I {} sh -c '{}'");
    for (size_t number = 0; number < count_; ++number) {
      const auto text = ReadFile(Out(number), 1 << 20);
      if (!text.ok()) continue;  // nothing was asked, or nothing is good
      for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
        if (absl::EndsWith(line, ": OK"))
          good_.insert({number, std::string(line.substr(0, line.size() - 4))});
      }
    }
  }
  bool IsGood(size_t number, const std::string& file) const { return good_.count({number, file}) > 0; }
  size_t count() const { return count_; }
  std::string Write(const std::string& name, const std::string& contents) const {
    return folder_.Write(name, contents);
  }

 private:
  std::string Out(size_t number) const { return absl::StrCat(folder_.path(), "/out-", number); }
  const testing::TemporaryFolder folder_;
  std::string commands_;
  size_t count_ = 0;
  std::set<std::pair<size_t, std::string>> good_;
};

// A PKI with its pool, and the runs of openssl that tell of it.
struct Compared {
  testing::VariedPki pki;
  CertificatePool pool;
  std::map<std::string, const Issued*> by_fingerprint;
  std::vector<std::string> files;                            // of the leaves
  std::vector<size_t> at_a_moment;                           // of each leaf: the run with dates
  std::vector<size_t> at_any;                                // without
  std::vector<std::vector<CertificatePath>> paths;           // of each leaf
  std::vector<std::map<CertificatePath, size_t>> path_runs;  // of each leaf
};

bool MayBeClient(const CertificateFacts& leaf) {
  const auto has = [](const std::vector<std::string>& list, const std::string& word) {
    return std::find(list.begin(), list.end(), word) != list.end();
  };
  return (leaf.extended_key_usages.empty() || has(leaf.extended_key_usages, "1.3.6.1.5.5.7.3.2")) &&
         (leaf.key_usages.empty() || has(leaf.key_usages, "digitalSignature"));
}

std::string PemOf(const std::vector<const Issued*>& certificates) {
  std::string pem;
  for (const Issued* one : certificates) pem += one->pem;
  return pem;
}

bool IsValidAt(const Issued& issued, absl::Time now) {
  const CertificateFacts facts = *ReadCertificate(issued.der, {});
  return facts.not_before <= now && now <= facts.not_after;
}

void Plan(unsigned number, Verifications& runs, Compared& compared) {
  compared.pki = testing::MakeVariedPki(number);
  std::vector<const Issued*> roots;
  std::vector<const Issued*> others;
  for (const Issued& root : compared.pki.roots) roots.push_back(&root);
  for (const Issued& other : compared.pki.others) others.push_back(&other);
  for (const auto* list : {&others, &roots}) {
    for (const Issued* one : *list) {
      ASSERT_TRUE(compared.pool.Add(one->der).ok());
      compared.by_fingerprint[one->sha256] = one;
    }
  }
  const std::string roots_file = runs.Write(absl::StrCat("roots-", number), PemOf(roots));
  const std::string others_file = runs.Write(absl::StrCat("others-", number), PemOf(others));
  std::map<std::pair<CertificatePath, bool>, std::vector<std::string>> by_path;
  std::vector<std::string> searched[2];  // by whether it may be a client's
  std::vector<bool> clients;
  for (size_t i = 0; i < compared.pki.leaves.size(); ++i) {
    const Issued& leaf = compared.pki.leaves[i];
    compared.files.push_back(runs.Write(absl::StrCat("leaf-", number, "-", i), leaf.pem));
    const bool client = MayBeClient(*ReadCertificate(leaf.der, {}));
    clients.push_back(client);
    searched[client ? 1 : 0].push_back(compared.files.back());
    compared.paths.push_back(compared.pool.FindPaths(leaf.der));
    for (const CertificatePath& path : compared.paths.back()) {
      by_path[{path, client}].push_back(compared.files.back());
    }
  }
  size_t moment_runs[2] = {};
  size_t any_runs[2] = {};
  for (const int client : {0, 1}) {
    const std::string given = absl::StrCat(client == 1 ? "-purpose sslclient" : "", " -CAfile ", roots_file,
                                           " -untrusted ", others_file);
    moment_runs[client] = runs.Add(
        absl::StrCat("-attime ", absl::ToUnixSeconds(*ParseTime(kMoment)), " ", given), searched[client]);
    any_runs[client] = runs.Add(absl::StrCat("-no_check_time ", given), searched[client]);
  }
  for (const bool client : clients) {
    compared.at_a_moment.push_back(moment_runs[client ? 1 : 0]);
    compared.at_any.push_back(any_runs[client ? 1 : 0]);
  }
  compared.path_runs.resize(compared.files.size());
  for (const auto& [path_and_client, files] : by_path) {
    const auto& [path, client] = path_and_client;
    std::vector<const Issued*> below;
    for (size_t i = 0; i + 1 < path.size(); ++i) below.push_back(compared.by_fingerprint.at(path[i]));
    const std::string name = absl::StrCat(number, "-", runs.count());
    const std::string top = runs.Write("top-" + name, compared.by_fingerprint.at(path.back())->pem);
    std::string options = absl::StrCat("-no_check_time -partial_chain -trusted ", top);
    if (client) options += " -purpose sslclient";
    if (!below.empty()) absl::StrAppend(&options, " -untrusted ", runs.Write("below-" + name, PemOf(below)));
    const size_t run = runs.Add(options, files);
    for (size_t i = 0; i < compared.files.size(); ++i) {
      if (std::find(files.begin(), files.end(), compared.files[i]) != files.end()) {
        compared.path_runs[i][path] = run;
      }
    }
  }
}

// The facts of a PKI as of a store where its roots are trusted, and what a login there makes of them.
class Store {
 public:
  explicit Store(const Compared& compared)
      : compared_(compared),
        facts_(StoreOf(compared)),
        known_(Known(facts_)),
        recogniser_(Nothing(), known_) {}

  LoginPath BestOf(size_t leaf) {
    CertificateFacts facts = *ReadCertificate(compared_.pki.leaves[leaf].der, {});
    facts.issuer_sha256 = compared_.pool.FindIssuer(compared_.pki.leaves[leaf].der);
    facts.paths = compared_.paths[leaf];
    return BestLoginPath(facts, TrustView(facts_, recogniser_, {absl::ToUnixSeconds(*ParseTime(kMoment)), 0}),
                         recogniser_);
  }

 private:
  static const CaCatalogue& Nothing() {
    static const CaCatalogue nothing = *CaCatalogue::Parse("version = \"1\"\n", "test.toml");
    return nothing;
  }
  static TrustStoreFacts StoreOf(const Compared& compared) {
    TrustStoreFacts store;
    const auto add = [&](const std::vector<Issued>& all, CaTrust trust) {
      for (const Issued& one : all) {
        TrustedCa& ca = store.cas.emplace_back();
        ca.certificate = *ReadCertificate(one.der, {});
        ca.certificate.issuer_sha256 = compared.pool.FindIssuer(one.der);
        ca.trust = trust;
      }
    };
    add(compared.pki.roots, CaTrust::kTrusted);
    add(compared.pki.others, CaTrust::kPresent);
    return store;
  }
  static CaDirectory Known(const TrustStoreFacts& store) {
    std::vector<const CertificateFacts*> known;
    for (const TrustedCa& ca : store.cas) known.push_back(&ca.certificate);
    return known;
  }

  const Compared& compared_;
  const TrustStoreFacts facts_;
  const CaDirectory known_;
  CaRecogniser recogniser_;
};

struct Tally {
  size_t leaves = 0;
  size_t paths = 0;
  size_t none = 0;
  size_t several = 0;
  size_t good = 0;       // by openssl's search, at the moment
  size_t good_any = 0;   // dates left aside
  size_t only_ours = 0;  // that openssl's search missed
  size_t complete = 0;
  size_t broken = 0;  // an issuer is here, and yet no path holds
};

void Compare(const Compared& compared, const Verifications& runs, Tally& tally) {
  const absl::Time moment = *ParseTime(kMoment);
  std::set<std::string> roots;
  for (const Issued& root : compared.pki.roots) roots.insert(root.sha256);
  Store store(compared);
  for (size_t i = 0; i < compared.pki.leaves.size(); ++i) {
    const Issued& leaf = compared.pki.leaves[i];
    const std::string& file = compared.files[i];
    SCOPED_TRACE(leaf.pem);
    bool ends_at_root = false;
    bool valid_to_root = false;
    bool cas_valid_to_root = false;
    for (const CertificatePath& path : compared.paths[i]) {
      EXPECT_TRUE(runs.IsGood(compared.path_runs[i].at(path), file))
          << "openssl refuses a path that we found";
      bool valid = true;
      for (const std::string& sha256 : path) valid &= IsValidAt(*compared.by_fingerprint.at(sha256), moment);
      ends_at_root |= roots.count(path.back()) > 0;
      cas_valid_to_root |= roots.count(path.back()) > 0 && valid;
      valid_to_root |= roots.count(path.back()) > 0 && valid && IsValidAt(leaf, moment);
    }
    // What openssl finds, we find; what we find beyond was verified above.
    const bool good = runs.IsGood(compared.at_a_moment[i], file);
    const bool good_any = runs.IsGood(compared.at_any[i], file);
    EXPECT_TRUE(!good || valid_to_root) << "openssl finds a path at " << kMoment;
    EXPECT_TRUE(!good_any || ends_at_root) << "openssl finds a path, dates left aside";
    const LoginPath best = store.BestOf(i);
    EXPECT_EQ(best.complete(), cas_valid_to_root) << "the path of a login";
    EXPECT_TRUE(!good || best.complete()) << "openssl finds a path for a login";
    tally.complete += best.complete() ? 1 : 0;
    tally.broken += best.holds ? 0 : 1;
    ++tally.leaves;
    tally.paths += compared.paths[i].size();
    tally.none += compared.paths[i].empty() ? 1 : 0;
    tally.several += compared.paths[i].size() > 1 ? 1 : 0;
    tally.good += good ? 1 : 0;
    tally.good_any += good_any ? 1 : 0;
    tally.only_ours += valid_to_root && !good ? 1 : 0;
  }
}

TEST(PathDifferentialTest, AgreesWithOpensslVerifyOnEveryPath) {
  Verifications runs;
  std::vector<Compared> all(kPkis);
  for (unsigned number = 0; number < kPkis; ++number) Plan(number, runs, all[number]);
  runs.Run();
  Tally tally;
  for (const Compared& compared : all) Compare(compared, runs, tally);
  // The comparison bites only where there are enough of each kind.
  EXPECT_GE(tally.leaves, 500u);
  EXPECT_GE(tally.paths, 500u);
  EXPECT_GE(tally.none, 50u);
  EXPECT_GE(tally.several, 100u);
  EXPECT_GE(tally.good, 100u);
  EXPECT_GT(tally.good_any, tally.good);
  EXPECT_GT(tally.only_ours, 0u);
  EXPECT_GE(tally.complete, 100u);
  EXPECT_GE(tally.broken, 10u);
  RecordProperty("leaves", static_cast<int>(tally.leaves));
  std::cout << tally.leaves << " certificates, " << tally.paths << " paths, " << tally.none << " without, "
            << tally.several << " with several; openssl finds " << tally.good << " and, dates aside, "
            << tally.good_any << "; missed by its search " << tally.only_ours << "; complete for a login "
            << tally.complete << ", broken " << tally.broken << "; " << runs.count() << " processes\n";
}

// A reading of what is compared above: that a name is left out by its constraint, and so on,
// is seen to be told apart and not only agreed on.
TEST(PathDifferentialTest, TellsConstraintsApart) {
  testing::CertificateSpec ca;
  ca.subject = {{"CN", "constrained"}};
  ca.ca = true;
  ca.key_usages = {"keyCertSign"};
  testing::CertificateSpec leaf;
  leaf.subject = {{"CN", "leaf"}};
  leaf.key_usages = {"digitalSignature"};
  leaf.dns_names = {"a.exempel.test"};
  const auto paths = [&](const Issued& root, const testing::CertificateSpec& spec) {
    CertificatePool pool;
    EXPECT_TRUE(pool.Add(root.der).ok());
    return pool.FindPaths(Issue(spec, &root).der).size();
  };
  const Issued plain = Issue(ca);
  EXPECT_EQ(paths(plain, leaf), 1u);
  EXPECT_EQ(
      paths(WithExtension(plain, nullptr, "nameConstraints", "critical,permitted;DNS:exempel.test"), leaf),
      1u);
  EXPECT_EQ(
      paths(WithExtension(plain, nullptr, "nameConstraints", "critical,permitted;DNS:annat.test"), leaf), 0u);
  EXPECT_EQ(
      paths(WithExtension(plain, nullptr, "nameConstraints", "critical,excluded;DNS:exempel.test"), leaf),
      0u);
  testing::CertificateSpec critical = leaf;
  critical.extensions = {{"1.2.3.4.5", true, {0x05, 0x00}}};
  EXPECT_EQ(paths(plain, critical), 0u);
}

}  // namespace
}  // namespace kortvakt
