// A collector's surroundings: TLS files, configuration, clients.
#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "collector/config.h"
#include "common/snapshot/snapshot_proto.h"
#include "kortvakt/v1/ingest.grpc.pb.h"
#include "kortvakt/v1/query.grpc.pb.h"
#include "tests/support/pki/test_pki.h"
#include "tests/support/scenarios/workstations.h"

namespace kortvakt {

inline constexpr char kStation[] = "11111111-2222-4333-8444-555555555555";
inline constexpr char kOtherStation[] = "99999999-2222-4333-8444-555555555555";

class CollectorFixture : public ::testing::Test {
 protected:
  CollectorFixture() {
    std::string pattern = (std::filesystem::temp_directory_path() / "kortvakt-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    const testing::Issued server = pki_.Server({"localhost"}, {"127.0.0.1"});
    config_.tls = {Write("ca.pem", pki_.ca().pem), Write("collector.pem", server.pem),
                   Write("collector.key", server.key_pem)};
    config_.grpc_address = "127.0.0.1:0";
    config_.http_address = "127.0.0.1:0";
    config_.storage_path = folder_ + "/fleet.db";
    config_.access = {{Role::kReader, "urn:kortvakt:operator:reader", "", ""}};
  }
  ~CollectorFixture() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string Write(const std::string& name, const std::string& contents) const {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << contents;
    return path;
  }

  // A connection of its own as `client`; null: without a certificate.
  std::shared_ptr<grpc::Channel> Connect(int port, const testing::Issued* client) const {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = pki_.ca().pem;
    if (client != nullptr) {
      options.pem_private_key = client->key_pem;
      options.pem_cert_chain = client->pem;
    }
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port), grpc::SslCredentials(options),
                                     arguments);
  }

  static grpc::Status Send(const std::shared_ptr<grpc::Channel>& channel,
                           const v1::SendReportsRequest& request, v1::SendReportsResponse* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    return v1::IngestService::NewStub(channel)->SendReports(&context, request, response);
  }

  // A report of the workstation `id` with one card.
  static v1::Report SnapshotReport(const std::string& id, const std::string& report_id) {
    Snapshot snapshot =
        testing::Workstation(testing::CardWith({testing::LoginCertificate(testing::At("2030-01-01"))}));
    snapshot.workstation = {id, "host-1", "Norr \"1\"\\"};
    v1::Report report;
    report.set_id(report_id);
    report.mutable_sent_at()->set_seconds(absl::ToUnixSeconds(absl::Now()));
    *report.mutable_snapshot() = SnapshotToProto(snapshot);
    return report;
  }
  static std::string ReportId(int number) {
    return absl::StrCat("00000000-0000-4000-8000-", 100'000'000'000 + number);
  }

  static std::string Run(const std::string& command) {
    std::string output;
    FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    char buffer[4096];
    size_t got = 0;
    while ((got = fread(buffer, 1, sizeof(buffer), pipe)) > 0) output.append(buffer, got);
    const int status = pclose(pipe);
    return status == 0 ? output : absl::StrCat("exit ", status, ": ", output);
  }

  testing::TlsPki pki_;
  std::string folder_;
  CollectorConfig config_;
};

}  // namespace kortvakt
