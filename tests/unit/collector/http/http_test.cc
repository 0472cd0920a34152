// The HTTP face, asked by curl and by hand.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"
#include "collector/http/http_server.h"
#include "collector/http/pages.h"
#include "common/base/time.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kMetrics[] = "# TYPE kortvakt_up gauge\nkortvakt_up 1\n";

v1::GetSummaryResponse Summary() {
  v1::GetSummaryResponse summary;
  summary.add_sites()->set_site("<b>Ängelholm & \"Co\"</b>");
  summary.mutable_sites(0)->set_renewals_4w(7);
  summary.add_sites()->set_site("Ystad");
  summary.mutable_total()->set_renewals_4w(7);
  summary.mutable_judged_at()->set_seconds(absl::ToUnixSeconds(*ParseTime("2026-11-22T09:00:00Z")));
  return summary;
}

class HttpTest : public ::testing::Test {
 protected:
  void Start() {
    auto server = HttpServer::Start("127.0.0.1", 0,
                                    {.metrics = [] { return std::string(kMetrics); },
                                     .summary = [] { return Summary(); },
                                     .ready = [this] { return ready_; }});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  // Headers and body as curl prints them.
  std::string Curl(const std::string& options, const std::string& path) const {
    const std::string command = absl::StrCat("curl -s -i --max-time 30 --noproxy '*' ", options,
                                             " 'http://127.0.0.1:", server_->port(), path, "'");
    FILE* pipe = popen(command.c_str(), "r");
    std::string out;
    char buffer[4096];
    for (size_t count; (count = fread(buffer, 1, sizeof(buffer), pipe)) > 0;) out.append(buffer, count);
    EXPECT_EQ(pclose(pipe), 0) << command;
    return out;
  }

  int Connect() const {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(server_->port()));
    EXPECT_EQ(connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    return socket;
  }
  // Sends as much of `text` as the server takes; returns what it answers until it closes.
  static std::string Exchange(int socket, const std::string& text) {
    size_t sent = 0;
    while (sent < text.size()) {
      const ssize_t count = send(socket, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) break;
      sent += static_cast<size_t>(count);
    }
    std::string answer;
    char buffer[4096];
    for (ssize_t count; (count = recv(socket, buffer, sizeof(buffer), 0)) > 0;) {
      answer.append(buffer, static_cast<size_t>(count));
    }
    close(socket);
    return answer;
  }

  absl::Status ready_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpTest, ServesMetricsInPrometheusText) {
  Start();
  const std::string answer = Curl("", "/metrics");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(answer, HasSubstr(absl::StrCat("\r\n\r\n", kMetrics)));
  EXPECT_THAT(Curl("--compressed", "/metrics"), HasSubstr("kortvakt_up 1"));
}

TEST_F(HttpTest, ServesTheSummaryAsJson) {
  Start();
  const std::string answer = Curl("", "/api/v1/summary");
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/json\r\n"));
  v1::GetSummaryResponse back;
  ASSERT_TRUE(
      google::protobuf::util::JsonStringToMessage(answer.substr(answer.find("\r\n\r\n")), &back).ok());
  EXPECT_EQ(back.SerializeAsString(), Summary().SerializeAsString());
  EXPECT_THAT(answer, HasSubstr("\"renewals1w\":0"));
}

TEST_F(HttpTest, ServesAPageThatEscapesWhatIsNotItsOwn) {
  Start();
  const std::string answer = Curl("", "/");
  EXPECT_THAT(answer, HasSubstr("<html lang=\"sv\">"));
  EXPECT_THAT(answer, HasSubstr("&lt;b&gt;Ängelholm &amp; &quot;Co&quot;&lt;/b&gt;"));
  EXPECT_THAT(answer, Not(HasSubstr("<b>")));
  EXPECT_THAT(answer, HasSubstr("<td class=\"warn\">7</td>"));
  EXPECT_THAT(answer, HasSubstr("Alla enheter"));
  EXPECT_THAT(answer, HasSubstr("Content-Security-Policy: default-src 'none'; style-src 'sha256-"));
  EXPECT_THAT(answer, HasSubstr("X-Content-Type-Options: nosniff"));
}

TEST_F(HttpTest, ThePolicyHasTheHashOfThePagesStyle) {
  const std::string page = SummaryPage(Summary());
  const size_t start = page.find("<style>") + 7;
  const std::string style = page.substr(start, page.find("</style>") - start);
  const std::string path = ::testing::TempDir() + "/kortvakt-style-" + std::to_string(getpid());
  FILE* file = fopen(path.c_str(), "w");
  fwrite(style.data(), 1, style.size(), file);
  fclose(file);
  FILE* pipe = popen(("openssl dgst -sha256 -binary " + path + " | openssl base64 -A").c_str(), "r");
  char hash[128] = "";
  EXPECT_NE(fgets(hash, sizeof(hash), pipe), nullptr);
  pclose(pipe);
  unlink(path.c_str());
  EXPECT_THAT(PagePolicy(), HasSubstr(absl::StrCat("'sha256-", hash, "'")));
}

TEST_F(HttpTest, TellsHealthAndReadiness) {
  Start();
  EXPECT_THAT(Curl("", "/-/healthy"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Curl("", "/-/ready"), StartsWith("HTTP/1.1 200"));
  server_.reset();
  ready_ = absl::UnavailableError("the store cannot be written: No space left on device");
  Start();
  const std::string answer = Curl("", "/-/ready");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(answer, HasSubstr("not ready: the store cannot be written"));
  EXPECT_THAT(Curl("", "/-/healthy"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpTest, AnswersHeadWithoutABody) {
  Start();
  const std::string answer = Curl("-I", "/metrics");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr(absl::StrCat("Content-Length: ", sizeof(kMetrics) - 1)));
  EXPECT_THAT(answer, Not(HasSubstr("kortvakt_up")));
}

TEST_F(HttpTest, RefusesOtherPathsAndMethods) {
  Start();
  EXPECT_THAT(Curl("", "/none"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(Curl("--path-as-is", "/../../etc/passwd"), StartsWith("HTTP/1.1 404"));
  for (const char* options : {"-d x=1", "-X PUT -d x", "-X DELETE", "-X OPTIONS", "-X PATCH -d x"}) {
    const std::string answer = Curl(options, "/metrics");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405")) << options;
    EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD"));
  }
}

TEST_F(HttpTest, DoesNotMultiplyAPageByRanges) {
  Start();
  EXPECT_THAT(Curl("-H 'Range: bytes=0-,0-,0-,0-'", "/metrics"),
              HasSubstr(absl::StrCat("Content-Length: ", sizeof(kMetrics) - 1)));
}

TEST_F(HttpTest, CutsOffARequestThatIsTooLong) {
  Start();
  std::string endless = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n";
  for (int i = 0; i < 100'000; ++i) absl::StrAppend(&endless, "X-", i, ": y\r\n");
  EXPECT_THAT(Exchange(Connect(), endless + "\r\n"), Not(HasSubstr("kortvakt_up")));
  EXPECT_THAT(Curl("", "/metrics"), HasSubstr("kortvakt_up 1"));
}

TEST_F(HttpTest, SurvivesWhatIsNotHttp) {
  Start();
  std::vector<std::string> requests = {"GET\r\n\r\n", "\r\n\r\n", "GET /metrics HTTP/9.9\r\n\r\n",
                                       "GET /%00%ff HTTP/1.1\r\nHost: a\r\n\r\n",
                                       "GET http://other/ HTTP/1.1\r\n\r\n"};
  requests.push_back(std::string("\x16\x03\x01\x02\x00\x01\x00\x01", 8));
  requests.emplace_back(20000, 'A');
  requests.back() += "\r\n\r\n";
  for (const std::string& junk : requests) {
    const int socket = Connect();
    send(socket, junk.data(), junk.size(), MSG_NOSIGNAL);
    shutdown(socket, SHUT_WR);
    EXPECT_THAT(Exchange(socket, ""), Not(HasSubstr("kortvakt_up")));
  }
  EXPECT_THAT(Curl("", "/metrics"), HasSubstr("kortvakt_up 1"));
}

TEST_F(HttpTest, ServesOthersWhileSlowClientsWaitAndStopsAtOnce) {
  // The quickest stop of some counts, for the machine may be busy; slow clients may take 10 s.
  absl::Duration stop = absl::InfiniteDuration();
  for (int attempt = 0; attempt < 4 && stop > absl::Seconds(5); ++attempt) {
    Start();
    std::vector<int> slow;
    for (int i = 0; i < 3; ++i) {
      slow.push_back(Connect());
      ASSERT_EQ(send(slow.back(), "GET ", 4, MSG_NOSIGNAL), 4);
    }
    EXPECT_THAT(Curl("", "/metrics"), HasSubstr("kortvakt_up 1"));
    const absl::Duration before = SystemClock().Monotonic();
    server_.reset();
    stop = SystemClock().Monotonic() - before;
    for (const int socket : slow) close(socket);
  }
  EXPECT_LE(stop, absl::Seconds(5));
}

TEST_F(HttpTest, TurnsConnectionsAwayWhenTooManyWait) {
  Start();
  const absl::Duration before = SystemClock().Monotonic();
  std::vector<int> waiting;
  // 4 are served, 64 wait; of these some must be closed at once.
  for (int i = 0; i < 100; ++i) waiting.push_back(Connect());
  std::vector<pollfd> polls;
  for (const int socket : waiting) polls.push_back({.fd = socket, .events = POLLIN, .revents = 0});
  // Of those that are served the first is closed after its 10 s.
  const absl::Duration left = before + absl::Seconds(9) - SystemClock().Monotonic();
  ASSERT_GT(poll(polls.data(), polls.size(), static_cast<int>(absl::ToInt64Milliseconds(left))), 0);
  for (const int socket : waiting) close(socket);
  EXPECT_THAT(Curl("--retry 5 --retry-all-errors", "/metrics"), HasSubstr("kortvakt_up 1"));
}

TEST_F(HttpTest, SaysThatThePortIsTaken) {
  Start();
  const auto second = HttpServer::Start("127.0.0.1", server_->port(), {});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr(absl::StrCat("127.0.0.1:", server_->port(), ": another program listens there")));
}

TEST_F(HttpTest, SaysThatAnAddressIsNotOfThisComputer) {
  // TEST-NET-1 (RFC 5737) is nobody's address.
  const auto server = HttpServer::Start("192.0.2.1", 0, {});
  EXPECT_FALSE(server.ok());
  EXPECT_THAT(std::string(server.status().message()), HasSubstr("[listen] http"));
}

TEST_F(HttpTest, StartsAndStopsAgainAndAgain) {
  for (int i = 0; i < 20; ++i) {
    Start();
    server_.reset();
  }
}

}  // namespace
}  // namespace kortvakt
