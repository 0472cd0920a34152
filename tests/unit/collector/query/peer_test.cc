#include "collector/query/peer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/pki/test_pki.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kHash(64, 'a');

AccessRule ByUri(Role role, const std::string& uri) {
  return {.role = role, .uri = uri, .common_name = "", .sha256 = ""};
}
AccessRule ByName(Role role, const std::string& name) {
  return {.role = role, .uri = "", .common_name = name, .sha256 = ""};
}
AccessRule ByHash(Role role, const std::string& hash) {
  return {.role = role, .uri = "", .common_name = "", .sha256 = hash};
}

TEST(PeerTest, KnowsTheFingerprintOfThePem) {
  const testing::TlsPki pki;
  const testing::Issued certificate = pki.Operator("it-1");
  EXPECT_EQ(MakePeerIdentity({}, "it-1", certificate.pem).sha256, certificate.sha256);
  EXPECT_EQ(MakePeerIdentity({}, "it-1", "").sha256, "");
  EXPECT_EQ(MakePeerIdentity({}, "it-1", "-----END CERTIFICATE----------BEGIN CERTIFICATE-----").sha256, "");
  EXPECT_EQ(MakePeerIdentity({}, "", "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----").sha256,
            "");
}

TEST(PeerTest, FindsTheRoleByEachWayOfNaming) {
  const PeerIdentity peer{
      .uris = {"urn:example:other", "urn:kortvakt:operator:it-1"}, .common_name = "it-1", .sha256 = kHash};
  const auto role = [&](const AccessRule& rule) { return FindCaller(peer, {rule}); };
  EXPECT_EQ(role(ByUri(Role::kOperator, "urn:kortvakt:operator:it-1"))->role, Role::kOperator);
  EXPECT_EQ(role(ByName(Role::kReader, "it-1"))->role, Role::kReader);
  EXPECT_EQ(role(ByHash(Role::kOperator, kHash))->role, Role::kOperator);
  EXPECT_FALSE(role(ByUri(Role::kOperator, "urn:kortvakt:operator:it")).ok());
  EXPECT_FALSE(role(ByName(Role::kOperator, "it-2")).ok());
  EXPECT_FALSE(role(ByHash(Role::kOperator, "")).ok()) << "a rule that names nothing lets nobody in";
}

TEST(PeerTest, ANamelessPeerMatchesNoRule) {
  EXPECT_FALSE(FindCaller({}, {ByHash(Role::kOperator, "")}).ok());
  EXPECT_FALSE(FindCaller({}, {ByHash(Role::kOperator, kHash)}).ok());
}

TEST(PeerTest, TheFirstRuleThatMatchesCounts) {
  const PeerIdentity peer{.uris = {}, .common_name = "it-1", .sha256 = kHash};
  EXPECT_EQ(FindCaller(peer, {ByName(Role::kReader, "it-1"), ByHash(Role::kOperator, kHash)})->role,
            Role::kReader);
}

TEST(PeerTest, AWorkstationIsRefusedEvenWhereARuleNamesIt) {
  const PeerIdentity peer{.uris = {"urn:kortvakt:operator:it-1", "urn:kortvakt:workstation:x"},
                          .common_name = "it-1",
                          .sha256 = kHash};
  const auto caller = FindCaller(peer, {ByHash(Role::kOperator, kHash)});
  EXPECT_EQ(caller.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(caller.status().message()), HasSubstr("workstation"));
}

TEST(PeerTest, TheAuditNameHoldsNoPersonsName) {
  const PeerIdentity peer{
      .uris = {"urn:kortvakt:operator:it-1"}, .common_name = "Testa Testsson", .sha256 = kHash};
  EXPECT_EQ(FindCaller(peer, {ByName(Role::kReader, "Testa Testsson")})->name,
            "certificate " + std::string(16, 'a'));
  EXPECT_EQ(FindCaller(peer, {ByUri(Role::kReader, "urn:kortvakt:operator:it-1")})->name,
            "uri urn:kortvakt:operator:it-1");
  const auto refused = FindCaller(peer, {});
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr(kHash));
  EXPECT_THAT(std::string(refused.status().message()), Not(HasSubstr("Testsson")));
}

}  // namespace
}  // namespace kortvakt
