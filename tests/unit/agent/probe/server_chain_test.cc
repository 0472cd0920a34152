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
using ::testing::SizeIs;

class ServerChainTest : public ::testing::Test {
 protected:
  std::vector<Bytes> Full() const { return {pki_.leaf.der, pki_.issuing.der}; }

  const ServerPki pki_ = MakeServerPki();
  const ServerPki other_ = MakeServerPki();  // the same names with other keys
};

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
  const ServerPki part = MakeServerPki([](CertificateSpec& leaf) { leaf.dns_names = {"lo*.example.org"}; });
  EXPECT_FALSE(Read({part.leaf.der}, "login.example.org").name_matches) << "browsers take no such name";
}

TEST_F(ServerChainTest, PathIsFollowedWhateverTheOrder) {
  EXPECT_EQ(Read(Full(), "x").path_length, 2u);
  EXPECT_EQ(Read({pki_.leaf.der, pki_.root.der, pki_.issuing.der}, "x").path_length, 3u);
  EXPECT_EQ(Read({pki_.leaf.der, other_.leaf.der}, "x").path_length, 1u);
  EXPECT_EQ(Read({}, "x").path_length, 0u);
  EXPECT_TRUE(Read({pki_.leaf.der, pki_.root.der, pki_.issuing.der}, "x").ends_self_signed);
  EXPECT_FALSE(Read(Full(), "x").ends_self_signed);
}

TEST_F(ServerChainTest, WhatLeadsUpIsToldOfAChainThatIsTooLong) {
  std::vector<Bytes> sent = {pki_.leaf.der};
  for (int i = 0; i < 12; ++i) sent.push_back(MakeServerPki().root.der);
  sent.push_back(pki_.issuing.der);
  const ProbeFacts facts = Read(sent, "x");
  EXPECT_EQ(facts.chain_length, 14u);
  EXPECT_EQ(facts.path_length, 2u);
  ASSERT_THAT(facts.chain, SizeIs(10));
  EXPECT_EQ(facts.chain.front().sha256, pki_.leaf.sha256);
  EXPECT_EQ(facts.chain.back().sha256, pki_.issuing.sha256);
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
