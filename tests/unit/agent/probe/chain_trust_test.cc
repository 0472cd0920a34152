#include "agent/probe/chain_trust.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/agent/probe/scripted_server.h"

namespace kortvakt {
namespace {

using testing::CertificateSpec;
using ::testing::ElementsAre;
using testing::Forever;
using ::testing::IsEmpty;
using testing::Issue;
using testing::Issued;
using testing::LongAgo;
using testing::MakeServerPki;
using testing::ServerPki;
using ::testing::SizeIs;

// A CA certificate of this key (one label, one key), valid so.
Issued Ca(const std::string& name, const std::string& key, const Issued* issuer = nullptr,
          absl::Time begins = LongAgo(), absl::Time ends = Forever()) {
  CertificateSpec spec;
  spec.subject = {{"C", "SE"}, {"CN", name}};
  spec.key.label = key;
  spec.ca = true;
  spec.key_usages = {"keyCertSign"};
  spec.not_before = begins;
  spec.not_after = ends;
  return Issue(spec, issuer);
}

Issued Server(const Issued& issuer) {
  CertificateSpec spec;
  spec.subject = {{"CN", "localhost"}};
  spec.extended_key_usages = {"serverAuth"};
  return Issue(spec, &issuer);
}

ProbeTrust Trust(const std::vector<Bytes>& sent, const ProbePool& pool,
                 const std::set<std::string>& public_roots = {}) {
  return TrustOf(sent, {pool}, public_roots).at(0);
}

class ChainTrustTest : public ::testing::Test {
 protected:
  std::vector<Bytes> Full() const { return {pki_.leaf.der, pki_.issuing.der}; }
  std::vector<Bytes> LeafOnly() const { return {pki_.leaf.der}; }
  static ProbePool Trusting(const Issued& ca) { return {.store = "store", .trusted = {ca.der}}; }

  const ServerPki pki_ = MakeServerPki();
  const ServerPki other_ = MakeServerPki();  // the same names with other keys
  const absl::Time early_ = LongAgo() + absl::Hours(1);
  const absl::Time late_ = LongAgo() + absl::Hours(1000);
};

TEST_F(ChainTrustTest, IsTrustedUpToARootThatIsHere) {
  const ProbeTrust trust = Trust(Full(), Trusting(pki_.root));
  EXPECT_EQ(trust.verdict, ProbeVerdict::kTrusted);
  EXPECT_FALSE(trust.with_local_intermediate);
  EXPECT_EQ(trust.root_sha256, pki_.root.sha256);
  EXPECT_EQ(trust.root_subject, "CN=Exempel Root CA,O=Exempelbolaget AB,C=SE");
  EXPECT_EQ(trust.root_origin, RootOrigin::kUnknown);
  ASSERT_THAT(trust.ways, SizeIs(1));
  EXPECT_EQ(trust.ways[0].begins.time, LongAgo());
  EXPECT_EQ(trust.ways[0].ends.time, Forever());
}

TEST_F(ChainTrustTest, ToldByOriginOfItsRoot) {
  EXPECT_EQ(Trust(Full(), Trusting(pki_.root), {pki_.root.sha256}).root_origin, RootOrigin::kPublic);
  EXPECT_EQ(Trust(Full(), Trusting(pki_.root), {other_.root.sha256}).root_origin, RootOrigin::kLocal);
}

TEST_F(ChainTrustTest, RootOfTheSameNameWithAnotherKeyIsNotTheRoot) {
  EXPECT_EQ(Trust(Full(), Trusting(other_.root)).verdict, ProbeVerdict::kIssuerUnknown);
  CertificateSpec spec;
  spec.subject = {{"C", "SE"}, {"O", "Exempelbolaget AB"}, {"CN", "Exempel Root CA"}};
  spec.ca = true;
  spec.subject_key_id = false;
  EXPECT_EQ(Trust(Full(), Trusting(Issue(spec))).verdict, ProbeVerdict::kIssuerUnknown) << "by signature";
}

TEST_F(ChainTrustTest, WhatIsMissingIsToldAsFarAsAnyStoreKnows) {
  EXPECT_EQ(Trust(Full(), {.store = "empty"}).verdict, ProbeVerdict::kIssuerUnknown);
  EXPECT_EQ(Trust(LeafOnly(), Trusting(pki_.root)).verdict, ProbeVerdict::kChainIncomplete);
  EXPECT_EQ(Trust({pki_.leaf.der, pki_.issuing.der, pki_.root.der}, {.store = "empty"}).verdict,
            ProbeVerdict::kRootUnknown);
  const std::vector<ProbeTrust> by_other_store =
      TrustOf(Full(), {{.store = "empty"}, Trusting(pki_.root)}, {});
  EXPECT_EQ(by_other_store.at(0).verdict, ProbeVerdict::kRootUnknown);
  EXPECT_EQ(by_other_store.at(1).verdict, ProbeVerdict::kTrusted);
}

TEST_F(ChainTrustTest, MissingUpperIntermediateIsNotTakenForARoot) {
  const Issued root = Ca("Upper Root", "upper root");
  const Issued upper = Ca("Upper", "upper", &root);
  const Issued lower = Ca("Lower", "lower", &upper);
  const std::vector<Bytes> sent = {Server(lower).der, lower.der};
  EXPECT_EQ(Trust(sent, Trusting(root)).verdict, ProbeVerdict::kIssuerUnknown);
  ProbePool knows = Trusting(root);
  knows.present = {upper.der};
  const std::vector<ProbeTrust> trusts = TrustOf(sent, {Trusting(root), knows}, {});
  EXPECT_EQ(trusts.at(0).verdict, ProbeVerdict::kChainIncomplete);
  EXPECT_TRUE(trusts.at(1).with_local_intermediate);
}

TEST_F(ChainTrustTest, CertificateStraightFromARootIsTrustedWhereTheRootIs) {
  const std::vector<Bytes> sent = {Server(pki_.root).der};
  const std::vector<ProbeTrust> trusts = TrustOf(sent, {Trusting(pki_.root), {.store = "empty"}}, {});
  EXPECT_EQ(trusts.at(0).verdict, ProbeVerdict::kTrusted);
  EXPECT_FALSE(trusts.at(0).with_local_intermediate);
  EXPECT_EQ(trusts.at(1).verdict, ProbeVerdict::kRootUnknown) << "no intermediate is missing";
}

TEST_F(ChainTrustTest, IntermediateOfTheStoreHelpsAndIsTold) {
  ProbePool pool = Trusting(pki_.root);
  pool.present = {pki_.issuing.der};
  const ProbeTrust trust = Trust(LeafOnly(), pool);
  EXPECT_EQ(trust.verdict, ProbeVerdict::kTrusted);
  EXPECT_TRUE(trust.with_local_intermediate);
  EXPECT_FALSE(Trust(Full(), pool).with_local_intermediate);
}

TEST_F(ChainTrustTest, TrustedIntermediateEndsAChainOnlyWhereTheStoreSaysSo) {
  ProbePool pool = Trusting(pki_.issuing);
  EXPECT_EQ(Trust(Full(), pool).verdict, ProbeVerdict::kIssuerUnknown);
  pool.intermediates_end_chains = true;
  EXPECT_EQ(Trust(Full(), pool).verdict, ProbeVerdict::kTrusted);
}

TEST_F(ChainTrustTest, TrustedServerCertificateHasNoCaWhoseDatesCount) {
  CertificateSpec spec;
  spec.subject = {{"CN", "localhost"}};
  spec.key_usages = {"digitalSignature"};
  const Issued self_signed = Issue(spec);
  const ProbeTrust trust = Trust({self_signed.der}, Trusting(self_signed));
  EXPECT_EQ(trust.verdict, ProbeVerdict::kTrusted);
  EXPECT_THAT(trust.ways, IsEmpty());
  EXPECT_EQ(Trust({self_signed.der}, Trusting(pki_.root)).verdict, ProbeVerdict::kRootUnknown);
}

TEST_F(ChainTrustTest, DistrustWinsOverTrust) {
  ProbePool pool = Trusting(pki_.root);
  pool.distrusted = {pki_.issuing.der};
  EXPECT_EQ(Trust(Full(), pool).verdict, ProbeVerdict::kDistrusted);
  pool.distrusted = {pki_.root.der};
  EXPECT_EQ(Trust(Full(), pool).verdict, ProbeVerdict::kDistrusted);
  EXPECT_EQ(Trust(Full(), {.store = "x", .distrusted = {pki_.root.der}}).verdict, ProbeVerdict::kDistrusted);
}

TEST_F(ChainTrustTest, DatesDoNotCountButAreToldWithWhoseTheyAre) {
  const Issued root = Ca("Old Root", "old root", nullptr, LongAgo(), early_);
  const Issued issuing = Ca("Old Issuing", "old issuing", &root, early_, late_);
  const ProbeTrust trust = Trust({Server(issuing).der, issuing.der}, Trusting(root));
  EXPECT_EQ(trust.verdict, ProbeVerdict::kTrusted);
  EXPECT_THAT(trust.ways, ElementsAre(ProbeWay{{early_, "CN=Old Issuing,C=SE", false},
                                               {early_, "CN=Old Root,C=SE", true}}));
}

// Twins of one intermediate, an old root beside its renewal, cross-signs: each way counts,
// whatever comes first.
TEST_F(ChainTrustTest, EachWayIsToldWhateverTheOrder) {
  const Issued root = Ca("Twin Root", "twin root");
  const Issued other_root = Ca("Other Root", "other root", nullptr, early_, Forever());
  const Issued ended = Ca("Twin", "twin", &root, LongAgo(), early_);
  const Issued good = Ca("Twin", "twin", &root, early_, Forever());
  const Issued cross = Ca("Twin", "twin", &other_root, LongAgo(), late_);
  const Issued old_root = Ca("Twin Root", "twin root", nullptr, LongAgo(), early_);
  const Issued server = Server(good);
  std::vector<Bytes> sent = {ended.der, good.der, cross.der};
  std::vector<ByteView> trusted = {old_root.der, root.der, other_root.der};
  std::sort(sent.begin(), sent.end());
  do {
    std::reverse(trusted.begin(), trusted.end());
    const std::vector<Bytes> chain = {server.der, sent[0], sent[1], sent[2]};
    const ProbeTrust trust = Trust(chain, {.store = "store", .trusted = trusted});
    EXPECT_EQ(trust.verdict, ProbeVerdict::kTrusted);
    ASSERT_THAT(trust.ways, SizeIs(2));
    EXPECT_EQ(trust.ways[0].begins.time, early_);
    EXPECT_EQ(trust.ways[0].ends.time, Forever());
    EXPECT_EQ(trust.ways[1].begins.time, LongAgo());
    EXPECT_EQ(trust.ways[1].ends.time, early_);
    EXPECT_TRUE(trust.root_sha256 == root.sha256) << "the way that ends last";
  } while (std::next_permutation(sent.begin(), sent.end()));
}

TEST_F(ChainTrustTest, DeadEndsHideNotTheWayThatHolds) {
  const Issued root = Ca("Known Root", "known root");
  const Issued unknown = Ca("Unknown Root", "unknown root");
  const Issued to_unknown = Ca("Crossed", "crossed", &unknown);
  const Issued to_known = Ca("Crossed", "crossed", &root);
  const Issued server = Server(to_known);
  for (const std::vector<Bytes>& sent :
       {std::vector<Bytes>{server.der, to_unknown.der, unknown.der, to_known.der},
        std::vector<Bytes>{server.der, to_known.der, unknown.der, to_unknown.der}}) {
    EXPECT_EQ(Trust(sent, Trusting(root)).verdict, ProbeVerdict::kTrusted);
  }
}

TEST_F(ChainTrustTest, LongChainsAreFollowedAmongOthersThatLeadNowhere) {
  std::vector<Issued> cas = {Ca("Long Root", "long root")};
  for (int i = 0; i < 11; ++i) {
    const std::string name = "Long " + std::to_string(i);
    cas.push_back(Ca(name, name, &cas.back()));
  }
  std::vector<Bytes> sent = {Server(cas.back()).der};
  for (int i = 0; i < 9; ++i) sent.push_back(other_.issuing.der);
  for (size_t i = cas.size() - 1; i > 0; --i) sent.push_back(cas[i].der);
  EXPECT_EQ(Trust(sent, Trusting(cas.front())).verdict, ProbeVerdict::kTrusted);
}

// What a server may send so that looking for ways would never end.
TEST_F(ChainTrustTest, ManyTwinsOfOneNameEndInTime) {
  const Issued root = Ca("Many", "many");
  std::vector<Bytes> sent = {Server(root).der};
  for (int i = 0; i < 150; ++i) sent.push_back(Ca("Many", "many", &root).der);
  EXPECT_EQ(Trust(sent, Trusting(pki_.root)).verdict, ProbeVerdict::kRootUnknown);
  EXPECT_EQ(Trust(sent, Trusting(root)).verdict, ProbeVerdict::kTrusted);
}

TEST_F(ChainTrustTest, CertificateOfAnIssuerThatIsNoCaIsInvalid) {
  CertificateSpec spec;
  spec.subject = {{"CN", "below a server"}};
  const Issued below = Issue(spec, &pki_.leaf);
  const ProbeTrust trust = Trust({below.der, pki_.leaf.der, pki_.issuing.der}, Trusting(pki_.root));
  EXPECT_EQ(trust.verdict, ProbeVerdict::kInvalid);
  EXPECT_NE(trust.detail, "");
}

TEST_F(ChainTrustTest, CaThatIsForSomethingElseThanServersIsInvalid) {
  CertificateSpec spec;
  spec.subject = {{"CN", "Client CA"}};
  spec.ca = true;
  spec.extended_key_usages = {"clientAuth"};
  const Issued client_ca = Issue(spec, &pki_.root);
  EXPECT_EQ(Trust({Server(client_ca).der, client_ca.der}, Trusting(pki_.root)).verdict,
            ProbeVerdict::kInvalid);
  // What the server's own is for is told by its facts.
  spec.ca.reset();
  EXPECT_EQ(Trust({Issue(spec, &pki_.issuing).der, pki_.issuing.der}, Trusting(pki_.root)).verdict,
            ProbeVerdict::kTrusted);
}

TEST_F(ChainTrustTest, NothingThatCanBeDecodedIsInvalid) {
  EXPECT_EQ(Trust({Bytes{0x30, 0x00}, Bytes{}}, Trusting(pki_.root)).verdict, ProbeVerdict::kInvalid);
  EXPECT_EQ(Trust({}, Trusting(pki_.root)).verdict, ProbeVerdict::kInvalid);
}

}  // namespace
}  // namespace kortvakt
