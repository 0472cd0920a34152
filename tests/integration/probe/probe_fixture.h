// Servers of every fate, and a probe that looks at them: what the tests of this folder
// share.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/probe/probe.h"
#include "common/certs/ca_catalogue.h"
#include "common/snapshot/snapshot.h"
#include "tests/integration/probe/live_server.h"
#include "tests/unit/agent/probe/scripted_server.h"

namespace kortvakt::testing {

// For s_server: TLS versions and ciphers that are no longer good.
inline constexpr const char* kLegacyCiphers = "ALL:@SECLEVEL=0";

// The moment at which findings are judged: 2026-11-22T09:00:00Z.
absl::Time ProbedAt();

// A key that TLS 1.0 and RSA key exchange can use.
KeySpec Rsa();

// A server PKI, a person PKI with one card, and what servers need of them.
class ProbeFixture : public ::testing::Test {
 protected:
  static void SetUpTestSuite();
  static void TearDownTestSuite();

  // A server certificate for "localhost" that `change` spoils, and its files.
  struct Files {
    std::string certificate;
    std::string key;
    std::string chain;  // certificate and intermediate, for nginx
    Issued leaf;
  };
  Files ServerFiles(const std::function<void(CertificateSpec&)>& change = [](CertificateSpec&) {});
  // The same with an RSA key for everything.
  Files RsaServerFiles();

  // openssl s_server with these files; ends the tests when it does not start.
  LiveServer Serve(const Files& files, std::vector<std::string> arguments, bool with_intermediate = true);
  // Arguments of s_server for a client certificate of this CA, whose name it lists.
  std::vector<std::string> Asking(const Issued& ca);
  // The same without telling the name.
  std::vector<std::string> AskingSilently(const Issued& ca);
  std::optional<LiveServer> Nginx(const Files& files, const std::string& more);

  static ProbePool Trusting(const std::string& name, const std::vector<const Issued*>& cas,
                            bool browser = true);
  // Probes, by a browser that trusts the server PKI's root, or by `pools`.
  ProbeFacts Look(const std::string& url);
  ProbeFacts Look(const std::string& url, const std::vector<ProbePool>& pools);

  // The findings about the server, as "CODE severity", with this in the reader; each has
  // a subject, evidence and a remedy.
  enum class Card { kNone, kWithIntermediate, kWithoutIntermediate };
  std::vector<std::string> Findings(const ProbeFacts& facts, Card card = Card::kNone);

  static ServerPki* pki_;
  static SithsLikePki* persons_;
  static CaCatalogue* catalogue_;
  Issued card_;  // its login certificate
  TestFolder folder_;
  std::set<std::string> public_roots_;
  std::string evidence_;             // of all Findings()
  std::vector<std::string> others_;  // what the last Findings() found that is not about the server

  ProbeFixture();

 private:
  void AddCard(Snapshot& snapshot, bool with_intermediate);
};

}  // namespace kortvakt::testing
