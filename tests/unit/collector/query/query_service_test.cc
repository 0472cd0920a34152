// The service as it stands on the network: who gets in, and what is logged.
#include "collector/query/query_service.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "collector/store/sqlite_fleet_store.h"
#include "common/base/mutex.h"
#include "kortvakt/v1/query.grpc.pb.h"
#include "tests/support/grpc/mtls_server.h"
#include "tests/unit/collector/query/test_fleet.h"

namespace kortvakt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TestFleet;

class QueryServiceTest : public ::testing::Test {
 protected:
  QueryServiceTest() {
    std::string pattern = ::testing::TempDir() + "/kortvakt-query-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    store_ = *SqliteFleetStore::Open(folder_ + "/fleet.db");
    alerts_ = std::make_unique<AlertBook>(*store_);
    queries_ = std::make_unique<Queries>(fleet_.fleet(), *alerts_, clock_);
    fleet_.Report(1, "MOTTAGNING-01", "Lund", absl::Hours(24));
    service_ = MakeQueryService(
        *queries_,
        {{.role = Role::kOperator, .uri = "urn:kortvakt:operator:it-1", .common_name = "", .sha256 = ""},
         {.role = Role::kReader, .uri = "", .common_name = "wall-screen", .sha256 = ""}},
        [this](const std::string& line) {
          const MutexLock lock(mutex_);
          audit_.push_back(line);
        });
    server_ = std::make_unique<testing::MtlsServer>(*service_, pki_.Server({}, {"127.0.0.1"}), pki_.ca());
  }
  ~QueryServiceTest() override {
    server_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::unique_ptr<v1::QueryService::Stub> StubAs(const testing::Issued& own) {
    return v1::QueryService::NewStub(grpc::CreateChannel(
        absl::StrCat("127.0.0.1:", server_->port()),
        grpc::SslCredentials(
            {.pem_root_certs = pki_.ca().pem, .pem_private_key = own.key_pem, .pem_cert_chain = own.pem})));
  }
  template <typename Request, typename Response>
  grpc::Status Ask(const testing::Issued& own,
                   grpc::Status (v1::QueryService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                  Response*),
                   const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    return (StubAs(own).get()->*method)(&context, request, response);
  }
  grpc::Status ListCards(const testing::Issued& own, v1::ListCardsResponse* response) {
    return Ask(own, &v1::QueryService::Stub::ListCards, v1::ListCardsRequest(), response);
  }
  std::vector<std::string> audit() {
    const MutexLock lock(mutex_);
    return audit_;
  }

  testing::TlsPki pki_;
  std::string folder_;
  std::unique_ptr<SqliteFleetStore> store_;
  std::unique_ptr<AlertBook> alerts_;
  TestFleet fleet_;
  testing::FixedClock clock_;
  std::unique_ptr<Queries> queries_;
  Mutex mutex_;
  std::vector<std::string> audit_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<grpc::Service> service_;
  std::unique_ptr<testing::MtlsServer> server_;
};

TEST_F(QueryServiceTest, AnOperatorSeesTheHolderAndTheLookIsLogged) {
  v1::ListCardsResponse cards;
  ASSERT_TRUE(ListCards(pki_.Operator("it-1"), &cards).ok());
  EXPECT_EQ(cards.cards(0).holder_hsa_id(), TestFleet::HsaId(1));
  v1::ListRenewalsResponse renewals;
  ASSERT_TRUE(
      Ask(pki_.Operator("it-1"), &v1::QueryService::Stub::ListRenewals, v1::ListRenewalsRequest(), &renewals)
          .ok());
  v1::GetWorkstationRequest name;
  name.set_name("mottagning-01");
  v1::GetWorkstationResponse workstation;
  ASSERT_TRUE(Ask(pki_.Operator("it-1"), &v1::QueryService::Stub::GetWorkstation, name, &workstation).ok());
  v1::GetSummaryResponse summary;
  ASSERT_TRUE(
      Ask(pki_.Operator("it-1"), &v1::QueryService::Stub::GetSummary, v1::GetSummaryRequest(), &summary)
          .ok());
  const std::string who = "uri urn:kortvakt:operator:it-1: ";
  EXPECT_THAT(audit(), ElementsAre(who + "listed cards: 1 rows", who + "listed renewals: 1 rows",
                                   who + "looked at workstation " + TestFleet::Uuid(1)))
      << "numbers alone are no personal data";
}

TEST_F(QueryServiceTest, TheAuditLogTellsTheKindOfQuestionNotThePerson) {
  v1::ListCardsRequest request;
  request.set_holder_hsa_id(TestFleet::HsaId(1));
  v1::ListCardsResponse response;
  ASSERT_TRUE(Ask(pki_.Operator("it-1"), &v1::QueryService::Stub::ListCards, request, &response).ok());
  EXPECT_THAT(audit(), ElementsAre("uri urn:kortvakt:operator:it-1: listed cards by holder: 1 rows"));
}

TEST_F(QueryServiceTest, AReaderSeesNoHolderAndMayNotLookForOne) {
  const testing::Issued reader = pki_.Operator("wall-screen");
  v1::ListCardsResponse cards;
  ASSERT_TRUE(ListCards(reader, &cards).ok());
  ASSERT_EQ(cards.cards_size(), 1);
  EXPECT_EQ(cards.cards(0).holder_hsa_id(), "");
  EXPECT_TRUE(audit().empty());
  v1::ListCardsRequest request;
  request.set_holder_hsa_id(TestFleet::HsaId(1));
  EXPECT_EQ(Ask(reader, &v1::QueryService::Stub::ListCards, request, &cards).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(audit(),
              ElementsAre("certificate " + reader.sha256.substr(0, 16) + ": refused ListCardsRequest"));
}

TEST_F(QueryServiceTest, AWorkstationIsRefused) {
  v1::ListCardsResponse cards;
  const grpc::Status status = ListCards(pki_.Workstation(TestFleet::Uuid(1)), &cards);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(status.error_message(), HasSubstr("workstation's certificate"));
  EXPECT_EQ(cards.cards_size(), 0);
}

TEST_F(QueryServiceTest, ACertificateWithoutRoleIsRefusedAndToldItsFingerprint) {
  const testing::Issued stranger = pki_.Operator("it-2");
  v1::GetSummaryResponse summary;
  const grpc::Status status =
      Ask(stranger, &v1::QueryService::Stub::GetSummary, v1::GetSummaryRequest(), &summary);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(status.error_message(), HasSubstr(stranger.sha256));
  EXPECT_EQ(audit().size(), 1u);
}

TEST_F(QueryServiceTest, ErrorsKeepTheirCode) {
  v1::GetWorkstationRequest request;
  request.set_name("NONE");
  v1::GetWorkstationResponse response;
  EXPECT_EQ(
      Ask(pki_.Operator("it-1"), &v1::QueryService::Stub::GetWorkstation, request, &response).error_code(),
      grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace kortvakt
