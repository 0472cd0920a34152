// The whole command against a gRPC server with canned data, over mutual TLS.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "collector/cli/run.h"
#include "kortvakt/v1/query.grpc.pb.h"
#include "tests/support/grpc/mtls_server.h"
#include "tests/support/pki/test_pki.h"
#include "tests/unit/collector/cli/canned_answers.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;

// Gives what it was told to, and remembers what it was asked.
class CannedService final : public v1::QueryService::Service {
 public:
  grpc::Status ListCards(grpc::ServerContext*, const v1::ListCardsRequest* request,
                         v1::ListCardsResponse* response) override {
    cards_request = *request;
    ++calls;
    if (!status.ok()) return status;
    if (endless) {
      *response->add_cards() = testing::Cards().cards(0);
      response->set_next_page_token("again");
      return status;
    }
    // One row a page; the token is its number.
    const int row = request->page().token().empty() ? 0 : std::stoi(request->page().token());
    if (row < cards.cards_size()) *response->add_cards() = cards.cards(row);
    if (row + 1 < cards.cards_size()) response->set_next_page_token(std::to_string(row + 1));
    response->set_total(static_cast<uint32_t>(cards.cards_size()));
    return status;
  }
  grpc::Status ListRenewals(grpc::ServerContext*, const v1::ListRenewalsRequest* request,
                            v1::ListRenewalsResponse*) override {
    renewals_request = *request;
    return status;
  }
  grpc::Status GetWorkstation(grpc::ServerContext*, const v1::GetWorkstationRequest* request,
                              v1::GetWorkstationResponse* response) override {
    workstation_request = *request;
    *response = testing::Workstation();
    return status;
  }
  grpc::Status GetSummary(grpc::ServerContext* context, const v1::GetSummaryRequest*,
                          v1::GetSummaryResponse*) override {
    while (hang && !context->IsCancelled()) std::this_thread::yield();
    return status;
  }

  grpc::Status status;
  bool hang = false;
  bool endless = false;
  int calls = 0;
  v1::ListCardsResponse cards = testing::Cards();
  v1::ListCardsRequest cards_request;
  v1::ListRenewalsRequest renewals_request;
  v1::GetWorkstationRequest workstation_request;
};

class CommandTest : public ::testing::Test {
 protected:
  CommandTest() {
    std::string pattern = ::testing::TempDir() + "/kortvakt-command-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    environment_.variables["HOME"] = folder_;
    environment_.now = testing::kNow;
    Use(pki_.Operator("it-1"), pki_.ca());
  }
  ~CommandTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& contents) {
    std::ofstream(folder_ + "/" + name) << contents;
  }
  void Use(const testing::Issued& own, const testing::Issued& ca) {
    Write("own.pem", own.pem);
    Write("own.key", own.key_pem);
    Write("ca.pem", ca.pem);
  }

  // Runs the command against `collector`; returns the exit code.
  int RunAgainst(const std::string& collector, std::vector<std::string> arguments) {
    const std::vector<std::string> access = {
        "--collector",        collector, "--cert",           folder_ + "/own.pem", "--key",
        folder_ + "/own.key", "--ca",    folder_ + "/ca.pem"};
    arguments.insert(arguments.end(), access.begin(), access.end());
    std::ostringstream out;
    std::ostringstream error;
    const int exit_code = RunCommand(arguments, environment_, out, error);
    out_ = out.str();
    error_ = error.str();
    return exit_code;
  }
  int Run(std::vector<std::string> arguments) {
    testing::MtlsServer server(service_, server_certificate_, client_ca_);
    return RunAgainst(absl::StrCat(host_, ":", server.port()), std::move(arguments));
  }
  void ExpectOneLineError(const std::string& part) {
    EXPECT_THAT(error_, HasSubstr(part));
    EXPECT_EQ(error_.rfind("error: ", 0), 0u) << error_;
    EXPECT_EQ(error_.find('\n'), error_.size() - 1) << error_;
    EXPECT_EQ(out_, "");
  }

  testing::TlsPki pki_;
  testing::Issued server_certificate_ = pki_.Server({"localhost"}, {"127.0.0.1"});
  testing::Issued client_ca_ = pki_.ca();
  std::string host_ = "127.0.0.1";
  std::string folder_;
  Environment environment_;
  CannedService service_;
  std::string out_;
  std::string error_;
};

TEST_F(CommandTest, PutsAllPagesTogether) {
  EXPECT_EQ(Run({"cards"}), kExitDone) << error_;
  EXPECT_EQ(service_.calls, 3);
  for (const char* card : {"aaaaaaaa", "bbbbbbbb", "cccccccc", "3 cards."})
    EXPECT_THAT(out_, HasSubstr(card));
  EXPECT_EQ(error_, "");
}

TEST_F(CommandTest, SendsEveryFilter) {
  EXPECT_EQ(Run({"cards", "--site", "Ängelholm", "--loa", "3", "--idle", "--card", "aaaaaaaa", "--holder",
                 "SE2321000016-T35T", "--format", "json"}),
            kExitDone)
      << error_;
  EXPECT_EQ(service_.cards_request.site(), "Ängelholm");
  EXPECT_EQ(service_.cards_request.loa(), v1::LOA_3);
  EXPECT_TRUE(service_.cards_request.include_idle());
  EXPECT_EQ(service_.cards_request.card_id(), "aaaaaaaa");
  EXPECT_EQ(service_.cards_request.holder_hsa_id(), "SE2321000016-T35T");
  EXPECT_EQ(Run({"renewals", "--within", "12w", "--stage", "4w"}), kExitDone);
  EXPECT_EQ(service_.renewals_request.within().seconds(), 12 * 7 * 86400);
  EXPECT_EQ(service_.renewals_request.stage(), "4w");
  EXPECT_EQ(out_, "No renewals are due.\n");
}

TEST_F(CommandTest, AsksForAWorkstationInTheLanguage) {
  environment_.variables["LANG"] = "sv_SE.UTF-8";
  EXPECT_EQ(Run({"workstation", "mottagning-03"}), kExitDone) << error_;
  EXPECT_EQ(service_.workstation_request.name(), "mottagning-03");
  EXPECT_EQ(service_.workstation_request.language(), "sv");
  EXPECT_THAT(out_, HasSubstr("Läsare och kort"));
}

TEST_F(CommandTest, ExitsWith1WhenItIsNotThere) {
  service_.cards.Clear();
  EXPECT_EQ(Run({"cards"}), kExitDone) << "an empty list is an answer";
  EXPECT_EQ(Run({"cards", "--card", "aaaaaaaa"}), kExitNotFound);
  ExpectOneLineError("no such card");
  EXPECT_EQ(Run({"workstation", "MOTTAGNING-03", "--site", "Lund"}), kExitNotFound);
  ExpectOneLineError("it is at 'Ängelholm'");
  EXPECT_EQ(Run({"summary", "--site", "Nowhere"}), kExitNotFound);
  ExpectOneLineError("no site 'Nowhere'");
  service_.status = {grpc::StatusCode::NOT_FOUND, "no workstation 'X'"};
  EXPECT_EQ(Run({"workstation", "X"}), kExitNotFound);
  ExpectOneLineError("no workstation 'X'");
  service_.status = {grpc::StatusCode::FAILED_PRECONDITION, "2 workstations have the name"};
  EXPECT_EQ(Run({"workstation", "X"}), kExitNotFound);
  ExpectOneLineError("2 workstations");
}

TEST_F(CommandTest, ExitsWith2ForWhatTheCollectorCannotBeAsked) {
  service_.status = {grpc::StatusCode::INVALID_ARGUMENT, "stage is none of 8w"};
  EXPECT_EQ(Run({"renewals"}), kExitUsage);
  ExpectOneLineError("stage is none");
  Write("own.key", pki_.Operator("it-2").key_pem);
  EXPECT_EQ(Run({"cards"}), kExitUsage);
  ExpectOneLineError("own.key: is not the private key");
}

TEST_F(CommandTest, ExitsWith3WhenTheRoleIsRefused) {
  service_.status = {grpc::StatusCode::PERMISSION_DENIED, "this certificate has no role\x1b[2J"};
  EXPECT_EQ(Run({"cards"}), kExitRefused);
  ExpectOneLineError("this certificate has no role");
  EXPECT_EQ(error_.find('\x1b'), std::string::npos);
}

TEST_F(CommandTest, SaysThatNothingListens) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  socklen_t size = sizeof(address);
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  // Bound, so that nobody else gets the port; not listening.
  EXPECT_EQ(RunAgainst(absl::StrCat("127.0.0.1:", ntohs(address.sin_port)), {"cards"}), kExitRefused);
  ExpectOneLineError("nothing listens at 127.0.0.1:");
  close(socket);
}

TEST_F(CommandTest, SaysThatTheHostNameIsNotKnown) {
  EXPECT_EQ(RunAgainst("collector.invalid:7443", {"cards"}), kExitRefused);
  ExpectOneLineError("no address is known for the host name 'collector.invalid'");
}

TEST_F(CommandTest, SaysThatTheServerIsOfAnotherCa) {
  const testing::TlsPki other("Kortvakt Other CA");
  Use(pki_.Operator("it-1"), other.ca());
  EXPECT_EQ(Run({"cards"}), kExitRefused);
  ExpectOneLineError("is not issued by a CA in " + folder_ + "/ca.pem");
}

TEST_F(CommandTest, SaysForWhichNamesTheServersCertificateIs) {
  server_certificate_ = pki_.Server({"collector.example.org"}, {"192.0.2.1"});
  EXPECT_EQ(Run({"cards"}), kExitRefused);
  ExpectOneLineError("is for collector.example.org, 192.0.2.1, not for 127.0.0.1");
  host_ = "localhost";
  EXPECT_EQ(Run({"cards"}), kExitRefused);
  ExpectOneLineError("not for localhost");
}

TEST_F(CommandTest, SaysThatTheServersCertificateHasEnded) {
  testing::CertificateSpec spec;
  spec.subject = {{.type = "CN", .value = "Kortvakt collector"}};
  spec.ip_addresses = {"127.0.0.1"};
  spec.not_after = *ParseTime("2020-02-29T12:00:00Z");
  server_certificate_ = testing::Issue(spec, &pki_.ca());
  EXPECT_EQ(Run({"cards"}), kExitRefused);
  ExpectOneLineError("ended 2020-02-29T12:00:00Z");
}

TEST_F(CommandTest, SaysThatTheCollectorDoesNotKnowOurCa) {
  const testing::TlsPki other("Kortvakt Other CA");
  Use(other.Operator("it-1"), pki_.ca());
  EXPECT_EQ(Run({"cards"}), kExitRefused);
  ExpectOneLineError("refuses our certificate " + folder_ + "/own.pem");
  EXPECT_THAT(error_, HasSubstr("does not know the CA"));
}

TEST_F(CommandTest, SaysThatOurCertificateHasEndedBeforeItConnects) {
  testing::CertificateSpec spec;
  spec.subject = {{.type = "CN", .value = "it-1"}};
  spec.not_after = *ParseTime("2026-11-22T08:00:00Z");
  Use(testing::Issue(spec, &pki_.ca()), pki_.ca());
  EXPECT_EQ(RunAgainst("collector.invalid", {"cards"}), kExitRefused);
  ExpectOneLineError("own.pem: this certificate ended 2026-11-22T08:00:00Z");
}

// Accepts one connection at a time and sends `greeting` to it.
class RawServer {
 public:
  explicit RawServer(std::string greeting) : greeting_(std::move(greeting)) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    listen(socket_, 16);
    socklen_t size = sizeof(address);
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      std::vector<int> held;
      for (int client; (client = accept(socket_, nullptr, nullptr)) >= 0;) {
        if (!greeting_.empty()) {
          [[maybe_unused]] const ssize_t sent =
              send(client, greeting_.data(), greeting_.size(), MSG_NOSIGNAL);
        }
        held.push_back(client);
      }
      for (const int client : held) close(client);
    });
  }
  ~RawServer() {
    shutdown(socket_, SHUT_RDWR);
    thread_.join();
    close(socket_);
  }
  int port() const { return port_; }

 private:
  std::string greeting_;
  int socket_;
  int port_;
  std::thread thread_;
};

TEST_F(CommandTest, SaysThatTheOtherSideDoesNotSpeakTls) {
  RawServer server("HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_EQ(RunAgainst(absl::StrCat("127.0.0.1:", server.port()), {"cards", "--timeout", "5s"}),
            kExitRefused);
  ExpectOneLineError("does not speak TLS");
}

TEST_F(CommandTest, DoesNotWaitForEverForASilentServer) {
  RawServer server("");
  EXPECT_EQ(RunAgainst(absl::StrCat("127.0.0.1:", server.port()), {"cards", "--timeout", "1s"}),
            kExitRefused);
  ExpectOneLineError("does not answer");
}

TEST_F(CommandTest, DoesNotWaitForEverForASlowAnswer) {
  service_.hang = true;
  EXPECT_EQ(Run({"summary", "--timeout", "1s"}), kExitRefused);
  ExpectOneLineError("did not answer in time");
}

TEST_F(CommandTest, EndsAListThatHasNoEnd) {
  service_.endless = true;
  EXPECT_EQ(Run({"cards"}), kExitRefused);
  ExpectOneLineError("does not end");
  EXPECT_EQ(service_.calls, 2);
}

TEST_F(CommandTest, ColoursForATerminalOnlyAndNotAgainstNoColor) {
  EXPECT_EQ(Run({"cards"}), kExitDone);
  EXPECT_EQ(out_.find('\x1b'), std::string::npos);
  environment_.out_is_terminal = true;
  EXPECT_EQ(Run({"cards"}), kExitDone);
  EXPECT_NE(out_.find('\x1b'), std::string::npos);
  environment_.variables["NO_COLOR"] = "1";
  EXPECT_EQ(Run({"cards"}), kExitDone);
  EXPECT_EQ(out_.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace kortvakt
