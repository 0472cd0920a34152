#include "agent/probe/server_chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/probe/scripted_server.h"

namespace kortvakt {
namespace {

using testing::CertificateSpec;
using ::testing::ElementsAre;
using testing::Issue;
using testing::Issued;
using testing::MakeServerPki;
using testing::ServerPki;

class ServerChainTest : public ::testing::Test {
 protected:
  std::vector<Bytes> Full() const { return {pki_.leaf.der, pki_.issuing.der}; }
  std::vector<Bytes> LeafOnly() const { return {pki_.leaf.der}; }
  ProbePool Trusting(const Issued& ca) const { return {.store = "store", .trusted = {ca.der}}; }

  const ServerPki pki_ = MakeServerPki();
  const ServerPki other_ = MakeServerPki();  // the same names with other keys
};

TEST_F(ServerChainTest, IsTrustedUpToARootThatIsHere) {
  const ProbeTrust trust = TrustOf(Full(), Trusting(pki_.root), {});
  EXPECT_EQ(trust.verdict, ProbeVerdict::kTrusted);
  EXPECT_FALSE(trust.with_local_intermediate);
  EXPECT_EQ(trust.root_sha256, pki_.root.sha256);
  EXPECT_EQ(trust.root_subject, "CN=Exempel Root CA,O=Exempelbolaget AB,C=SE");
  EXPECT_EQ(trust.root_origin, RootOrigin::kUnknown);
  EXPECT_EQ(trust.ca_not_after, testing::Forever());
}

TEST_F(ServerChainTest, ToldByOriginOfItsRoot) {
  EXPECT_EQ(TrustOf(Full(), Trusting(pki_.root), {pki_.root.sha256}).root_origin, RootOrigin::kPublic);
  EXPECT_EQ(TrustOf(Full(), Trusting(pki_.root), {other_.root.sha256}).root_origin, RootOrigin::kLocal);
}

TEST_F(ServerChainTest, RootOfTheSameNameWithAnotherKeyIsNotTheRoot) {
  EXPECT_EQ(TrustOf(Full(), Trusting(other_.root), {}).verdict, ProbeVerdict::kRootUnknown);
  EXPECT_EQ(TrustOf(Full(), {.store = "empty"}, {}).verdict, ProbeVerdict::kRootUnknown);
}

TEST_F(ServerChainTest, MissingIntermediateIsToldFromMissingRoot) {
  EXPECT_EQ(TrustOf(LeafOnly(), Trusting(pki_.root), {}).verdict, ProbeVerdict::kChainIncomplete);
  EXPECT_EQ(TrustOf({pki_.leaf.der, pki_.issuing.der, pki_.root.der}, {.store = "empty"}, {}).verdict,
            ProbeVerdict::kRootUnknown);
}

TEST_F(ServerChainTest, CertificateStraightFromARootIsTrustedWhereTheRootIs) {
  CertificateSpec spec;
  spec.subject = {{"CN", "straight.example.org"}};
  const std::vector<Bytes> sent = {Issue(spec, &pki_.root).der};
  const ProbeTrust trust = TrustOf(sent, Trusting(pki_.root), {});
  EXPECT_EQ(trust.verdict, ProbeVerdict::kTrusted);
  EXPECT_FALSE(trust.with_local_intermediate);
}

TEST_F(ServerChainTest, IntermediateOfTheStoreHelpsAndIsTold) {
  ProbePool pool = Trusting(pki_.root);
  pool.present = {pki_.issuing.der};
  const ProbeTrust trust = TrustOf(LeafOnly(), pool, {});
  EXPECT_EQ(trust.verdict, ProbeVerdict::kTrusted);
  EXPECT_TRUE(trust.with_local_intermediate);
}

TEST_F(ServerChainTest, TrustedIntermediateEndsAChainOnlyWhereTheStoreSaysSo) {
  ProbePool pool = Trusting(pki_.issuing);
  EXPECT_EQ(TrustOf(Full(), pool, {}).verdict, ProbeVerdict::kRootUnknown);
  pool.intermediates_end_chains = true;
  EXPECT_EQ(TrustOf(Full(), pool, {}).verdict, ProbeVerdict::kTrusted);
}

TEST_F(ServerChainTest, DistrustWinsOverTrust) {
  ProbePool pool = Trusting(pki_.root);
  pool.distrusted = {pki_.issuing.der};
  EXPECT_EQ(TrustOf(Full(), pool, {}).verdict, ProbeVerdict::kDistrusted);
}

TEST_F(ServerChainTest, DatesDoNotCountButAreTold) {
  CertificateSpec old;
  old.subject = {{"CN", "Exempel Old Root"}};
  old.ca = true;
  old.not_after = testing::LongAgo() + absl::Hours(1);
  const Issued root = Issue(old);
  CertificateSpec leaf;
  leaf.subject = {{"CN", "x"}};
  leaf.not_after = testing::LongAgo() + absl::Hours(2);
  const ProbeTrust trust = TrustOf({Issue(leaf, &root).der}, Trusting(root), {});
  EXPECT_EQ(trust.verdict, ProbeVerdict::kTrusted);
  EXPECT_EQ(trust.ca_not_after, old.not_after);
}

TEST_F(ServerChainTest, CertificateOfAnIssuerThatIsNoCaIsInvalid) {
  CertificateSpec spec;
  spec.subject = {{"CN", "below a server"}};
  const Issued below = Issue(spec, &pki_.leaf);
  const ProbeTrust trust = TrustOf({below.der, pki_.leaf.der, pki_.issuing.der}, Trusting(pki_.root), {});
  EXPECT_EQ(trust.verdict, ProbeVerdict::kInvalid);
  EXPECT_NE(trust.detail, "");
}

TEST_F(ServerChainTest, NothingThatCanBeDecodedIsInvalid) {
  EXPECT_EQ(TrustOf({Bytes{0x30, 0x00}, Bytes{}}, Trusting(pki_.root), {}).verdict, ProbeVerdict::kInvalid);
  EXPECT_EQ(TrustOf({}, Trusting(pki_.root), {}).verdict, ProbeVerdict::kInvalid);
}

ProbeFacts Read(const std::vector<Bytes>& sent, const std::string& host) {
  ProbeFacts facts;
  ReadServerChain(sent, host, facts);
  return facts;
}

TEST_F(ServerChainTest, NamesAreThoseOfTheAlternativeNames) {
  const ProbeFacts facts = Read(Full(), "localhost");
  EXPECT_TRUE(facts.name_matches);
  EXPECT_THAT(facts.server_names, ElementsAre("localhost", "127.0.0.1"));
  EXPECT_TRUE(Read(Full(), "127.0.0.1").name_matches);
  EXPECT_FALSE(Read(Full(), "login.example.org").name_matches);
  const ServerPki common_name_only = MakeServerPki([](CertificateSpec& leaf) {
    leaf.dns_names.clear();
    leaf.ip_addresses.clear();
  });
  EXPECT_FALSE(Read({common_name_only.leaf.der}, "localhost").name_matches);
  const ServerPki wildcard = MakeServerPki([](CertificateSpec& leaf) { leaf.dns_names = {"*.example.org"}; });
  EXPECT_TRUE(Read({wildcard.leaf.der}, "login.example.org").name_matches);
  EXPECT_FALSE(Read({wildcard.leaf.der}, "a.login.example.org").name_matches);
}

TEST_F(ServerChainTest, PathIsFollowedWhateverTheOrder) {
  EXPECT_EQ(Read(Full(), "x").path_length, 2u);
  EXPECT_EQ(Read({pki_.leaf.der, pki_.root.der, pki_.issuing.der}, "x").path_length, 3u);
  EXPECT_EQ(Read({pki_.leaf.der, other_.leaf.der}, "x").path_length, 1u);
  EXPECT_EQ(Read({}, "x").path_length, 0u);
}

TEST_F(ServerChainTest, NoPersonOfAServerCertificateIsTold) {
  const ServerPki personal = MakeServerPki([](CertificateSpec& leaf) {
    leaf.subject = {{"CN", "Testa Testsson"}, {"serialNumber", "189912289809"}};
    leaf.dns_names = {"localhost", "dator-189912289809.example.org"};
    leaf.emails = {"testa@example.org"};
  });
  const ProbeFacts facts = Read({personal.leaf.der}, "localhost");
  ASSERT_EQ(facts.chain.size(), 1u);
  EXPECT_EQ(facts.chain[0].subject.find("Testsson"), std::string::npos);
  for (const std::string& name : facts.server_names) EXPECT_EQ(name.find("1899"), std::string::npos) << name;
}

}  // namespace
}  // namespace kortvakt
