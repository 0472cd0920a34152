// The agent's side over real gRPC, with a collector that means no good.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <thread>

#include "agent/reporter/collector_client.h"
#include "agent/reporter/collector_judgement.h"
#include "common/base/files.h"
#include "common/judge/judgement_proto.h"
#include "kortvakt/v1/ingest.grpc.pb.h"
#include "tests/support/grpc/mtls_server.h"
#include "tests/support/log/log_capture.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;

// Answers GetJudgement as told.
class Hostile final : public v1::IngestService::Service {
 public:
  grpc::Status GetJudgement(grpc::ServerContext* context, const v1::GetJudgementRequest*,
                            v1::Judgement* answer) override {
    ++calls;
    return behave(*context, *answer);
  }
  std::function<grpc::Status(grpc::ServerContext&, v1::Judgement&)> behave;
  std::atomic<int> calls = 0;
};

Judgement With(const std::string& policy) {
  return {*ParsePolicy(policy, "test policy"), std::make_shared<const CaCatalogue>(CaCatalogue::BuiltIn())};
}

class HostileCollectorTest : public ::testing::Test {
 protected:
  HostileCollectorTest() {
    std::string pattern = ::testing::TempDir() + "hostile.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    const testing::Issued workstation = pki_.Workstation("11111111-2222-4333-8444-555555555555");
    const TlsPaths paths{Write("ca.pem", pki_.ca().pem), Write("ws.pem", workstation.pem),
                         Write("ws.key", workstation.key_pem)};
    server_ = std::make_unique<testing::MtlsServer>(service_, pki_.Server({}, {"127.0.0.1"}), pki_.ca());
    client_ = MakeCollectorClient({"127.0.0.1", static_cast<uint16_t>(server_->port())}, paths);
    judgement_ = std::make_unique<CollectorJudgement>(
        With(""), SystemClock(), CollectorJudgement::Options{.file = KeptJudgementFile(folder_)});
    service_.behave = [](grpc::ServerContext&, v1::Judgement& answer) {
      answer = JudgementToProto(With("required_loa = 2\n"));
      return grpc::Status::OK;
    };
    judgement_->Follow("first", "first", *client_);
  }
  ~HostileCollectorTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) const {
    EXPECT_TRUE(WriteFileDurably(folder_ + "/" + name, text, 0600).ok());
    return folder_ + "/" + name;
  }
  bool LastGoodOneIsInForce() const {
    const absl::StatusOr<Judgement> kept = ReadKeptJudgement(KeptJudgementFile(folder_));
    return judgement_->Current()->policy.required_loa == Loa::k2 && kept.ok() &&
           kept->policy.required_loa == Loa::k2;
  }

  testing::LogCapture log_;
  testing::TlsPki pki_;
  std::string folder_;
  Hostile service_;
  std::unique_ptr<testing::MtlsServer> server_;
  std::unique_ptr<CollectorTransport> client_;
  std::unique_ptr<CollectorJudgement> judgement_;
};

TEST_F(HostileCollectorTest, TheLastGoodOneStaysWhateverItSends) {
  ASSERT_TRUE(LastGoodOneIsInForce());
  using Behave = std::function<grpc::Status(grpc::ServerContext&, v1::Judgement&)>;
  const std::vector<std::pair<const char*, Behave>> cases = {
      {"an error", [](auto&, auto&) { return grpc::Status(grpc::StatusCode::INTERNAL, "one"); }},
      {"a refusal", [](auto&, auto&) { return grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "two"); }},
      {"no such method", [](auto&, auto&) { return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "three"); }},
      {"a status beyond the list",
       [](auto&, auto&) { return grpc::Status(static_cast<grpc::StatusCode>(77), "four"); }},
      {"nothing", [](auto&, auto&) { return grpc::Status::OK; }},
      {"garbage",
       [](auto&, v1::Judgement& answer) {
         answer = JudgementToProto(With("required_loa = 3\n"));
         answer.set_policy("\x7F\x01[[[[[[");
         return grpc::Status::OK;
       }},
      {"a text without end",
       [](auto&, v1::Judgement& answer) {
         answer = JudgementToProto(With("required_loa = 3\n"));
         answer.mutable_catalogue(0)->mutable_text()->append(8u << 20, '#');
         return grpc::Status::OK;
       }},
      {"deep nesting",
       [](auto&, v1::Judgement& answer) {
         answer = JudgementToProto(With("required_loa = 3\n"));
         answer.set_policy("required_cas = " + std::string(500'000, '['));
         return grpc::Status::OK;
       }},
      {"a key of many parts",
       [](auto&, v1::Judgement& answer) {
         answer = JudgementToProto(With("required_loa = 3\n"));
         for (int i = 0; i < 60'000; ++i) answer.mutable_policy()->append("a.");
         answer.mutable_policy()->append("a = 1\n");
         return grpc::Status::OK;
       }},
      {"a table within many, in the catalogue",
       [](auto&, v1::Judgement& answer) {
         answer = JudgementToProto(With("required_loa = 3\n"));
         std::string& text = *answer.mutable_catalogue(0)->mutable_text();
         text = "[a";
         for (int i = 0; i < 60'000; ++i) text += ".a";
         text += "]\n";
         return grpc::Status::OK;
       }},
      {"more entries than can be",
       [](auto&, v1::Judgement& answer) {
         answer = JudgementToProto(With("required_loa = 3\n"));
         std::string& text = *answer.mutable_catalogue(0)->mutable_text();
         text = "version = \"1\"\n";
         for (int i = 0; i < 26'000; ++i) text += "[[ca]]\nid = \"a\"\nsubject = \"C=\"\n";
         return grpc::Status::OK;
       }},
      {"a policy under another's version",
       [](auto&, v1::Judgement& answer) {
         answer = JudgementToProto(With("required_loa = 3\n"));
         answer.set_policy_version("00000000");
         return grpc::Status::OK;
       }},
      {"a connection that breaks",
       [](grpc::ServerContext& context, auto&) {
         context.TryCancel();
         return grpc::Status::OK;
       }},
  };
  int number = 0;
  for (const auto& [what, behave] : cases) {
    service_.behave = behave;
    const int calls = service_.calls;
    log_.Take();
    const std::string named = "named-" + std::to_string(number++);
    judgement_->Follow(named, named, *client_);
    EXPECT_TRUE(LastGoodOneIsInForce()) << what;
    EXPECT_THAT(log_.Take(), HasSubstr("the collector")) << what;
    judgement_->Follow(named, named, *client_);
    EXPECT_EQ(service_.calls, calls + 1) << what << ": asked again at once";
  }
}

TEST_F(HostileCollectorTest, OneThatNeverAnswersHoldsNobodyUpWhoStops) {
  service_.behave = [](grpc::ServerContext& context, auto&) {
    while (!context.IsCancelled()) std::this_thread::yield();
    return grpc::Status::CANCELLED;
  };
  const int before = service_.calls;
  std::thread following([&] { judgement_->Follow("next", "next", *client_); });
  while (service_.calls == before) std::this_thread::yield();
  log_.Take();
  client_->Cancel();
  following.join();
  EXPECT_TRUE(LastGoodOneIsInForce());
  EXPECT_EQ(log_.Take(), "") << "stopping is no failure";
}

}  // namespace
}  // namespace kortvakt
