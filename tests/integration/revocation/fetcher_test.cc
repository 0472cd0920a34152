// The real helper against servers on loopback that behave, and that do not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "agent/revocation/fetch.h"
#include "common/base/bytes.h"
#include "common/base/time.h"
#include "common/snapshot/revocation_details.h"
#include "tests/support/patience.h"
#include "tests/support/pki/openssl_oracle.h"
#include "tests/unit/agent/probe/scripted_server.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::ScriptedServer;
using testing::SendRaw;

namespace detail = download_detail;

std::string Program() {
  const char* folder = std::getenv("KORTVAKT_BIN");
  return absl::StrCat(folder == nullptr ? "." : folder, "/kortvakt-fetcher");
}

// Why a fetch failed.
std::string Why(const absl::StatusOr<std::string>& fetched) {
  return std::string(fetched.status().message());
}

// Reads a request: its head and as much more as Content-Length says.
std::string ReadRequestText(int fd) {
  std::string text;
  char c = 0;
  while (text.find("\r\n\r\n") == std::string::npos && read(fd, &c, 1) == 1) text += c;
  const size_t length = text.find("Content-Length: ");
  const size_t body = length == std::string::npos ? 0 : std::strtoul(text.c_str() + length + 16, nullptr, 10);
  const size_t end = text.size() + body;
  while (text.size() < end && read(fd, &c, 1) == 1) text += c;
  return text;
}

// This thread without the right to signal other users' processes, until the end of the scope.
class WithoutKill {
 public:
  WithoutKill() {
    EXPECT_EQ(syscall(SYS_capget, &header_, before_.data()), 0);
    auto less = before_;
    less[0].effective &= ~(1u << CAP_KILL);
    EXPECT_EQ(syscall(SYS_capset, &header_, less.data()), 0);
  }
  ~WithoutKill() { EXPECT_EQ(syscall(SYS_capset, &header_, before_.data()), 0); }
  WithoutKill(const WithoutKill&) = delete;
  WithoutKill& operator=(const WithoutKill&) = delete;

 private:
  __user_cap_header_struct header_{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> before_{};
};

class FetcherTest : public ::testing::Test {
 protected:
  ~FetcherTest() override {
    // Nobody is left behind.
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
  }

  // What the helper says of a server that answers every request with `answer`.
  absl::StatusOr<std::string> FetchFrom(const std::function<void(int fd)>& answer, FetchRequest request = {},
                                        absl::Duration time = testing::kPatience) {
    const auto server = ScriptedServer::Raw([&](int fd) {
      request_ = ReadRequestText(fd);
      answer(fd);
    });
    request.address = *ParseFetchAddress(absl::StrCat("http://127.0.0.1:", server->port(), "/a?b"));
    return MakeFetcher(Program(), {})->Fetch(request, ProbeLimit::After(time));
  }
  absl::StatusOr<std::string> FetchText(const std::string& answer, FetchRequest request = {}) {
    return FetchFrom([&](int fd) { SendRaw(fd, answer); }, std::move(request));
  }

  std::string request_;
};

TEST_F(FetcherTest, GetsTheBodyAndSendsNothingOfAnybody) {
  setenv("http_proxy", "http://127.0.0.1:1", 1);  // the environment is not the helper's
  const auto body =
      FetchText("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nSet-Cookie: a=b\r\n\r\n\x30\x02\x05\n");
  unsetenv("http_proxy");
  ASSERT_TRUE(body.ok()) << body.status();
  EXPECT_EQ(*body, "\x30\x02\x05\n");
  EXPECT_THAT(request_, ::testing::StartsWith("GET /a?b HTTP/1.1\r\n"));
  EXPECT_THAT(request_, HasSubstr("User-Agent: kortvakt-agent/"));
  EXPECT_THAT(request_, Not(HasSubstr("Cookie")));
  EXPECT_THAT(request_, Not(HasSubstr("Authorization")));
}

TEST_F(FetcherTest, PostsAnOcspRequest) {
  FetchRequest request;
  request.ocsp_request = std::string("\x30\x03\n\n\0", 5);
  ASSERT_TRUE(FetchText("HTTP/1.1 200 OK\r\n\r\nx", request).ok());
  EXPECT_THAT(request_, ::testing::StartsWith("POST /a?b HTTP/1.1\r\n"));
  EXPECT_THAT(request_, HasSubstr("Content-Type: application/ocsp-request\r\n"));
  EXPECT_THAT(request_, ::testing::EndsWith(std::string("\r\n\r\n\x30\x03\n\n\0", 9)));
}

TEST_F(FetcherTest, FollowsNoRedirect) {
  int others = 0;
  const auto other = ScriptedServer::Raw([&](int) { ++others; });
  const auto body = FetchText(absl::StrCat("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:", other->port(),
                                           "/\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_TRUE(absl::IsNotFound(body.status()));
  EXPECT_EQ(Why(body), "HTTP status 302");
  EXPECT_EQ(others, 0);
}

TEST_F(FetcherTest, SaysWhatCameInstead) {
  EXPECT_EQ(Why(FetchText("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy")), "HTTP status 503");
  EXPECT_EQ(Why(FetchText("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")), detail::kNothing);
  EXPECT_EQ(Why(FetchText("SSH-2.0-OpenSSH_9.2\r\n")), detail::kNotHttp);
  EXPECT_EQ(Why(FetchText("")), detail::kNothing);
  EXPECT_EQ(Why(FetchText("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")), detail::kBroke);
}

TEST_F(FetcherTest, TakesSixteenMebibytesAndNotOneMore) {
  const auto answer = [](size_t size) {
    return absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", size, "\r\n\r\n", std::string(size, 'x'));
  };
  const auto most = FetchText(answer(kMaxFetchBytes));
  ASSERT_TRUE(most.ok()) << most.status();
  EXPECT_EQ(most->size(), kMaxFetchBytes);
  EXPECT_EQ(Why(FetchText(answer(kMaxFetchBytes + 1))), detail::kTooLarge);
  // Without a length, it is counted.
  EXPECT_EQ(Why(FetchText(absl::StrCat("HTTP/1.1 200 OK\r\n\r\n", std::string(kMaxFetchBytes + 1, 'x')))),
            detail::kTooLarge);
  FetchRequest small;
  small.max_bytes = 5;
  EXPECT_TRUE(FetchText(answer(5), small).ok());
  EXPECT_EQ(Why(FetchText(answer(6), small)), detail::kTooLarge);
}

TEST_F(FetcherTest, EndsWhatDoesNotEnd) {
  const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  EXPECT_EQ(Why(FetchFrom([&](int fd) {
              bool open = SendRaw(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
              while (open) open = SendRaw(fd, chunk);
            })),
            detail::kTooLarge);
  const std::string header = "X: " + std::string(1000, 'x') + "\r\n";
  EXPECT_EQ(Why(FetchFrom([&](int fd) {
              bool open = SendRaw(fd, "HTTP/1.1 200 OK\r\n");
              while (open) open = SendRaw(fd, header);
            })),
            detail::kTooLarge);
}

// One byte now and then keeps a connection alive for half an hour, not the helper.
TEST_F(FetcherTest, EndsASlowDripInTime) {
  const auto body = FetchFrom(
      [](int fd) {
        bool open = SendRaw(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        while (open) {
          open = SendRaw(fd, "x");
          absl::SleepFor(absl::Milliseconds(20));
        }
      },
      {}, absl::Seconds(3));
  EXPECT_EQ(Why(body), detail::kNoAnswer);
}

TEST_F(FetcherTest, SaysWhyNobodyAnswers) {
  int port = 0;
  {
    port = ScriptedServer::Raw([](int) {})->port();
  }
  const auto fetcher = MakeFetcher(Program(), {});
  const auto fetch = [&](const std::string& url, absl::Duration time = testing::kPatience) {
    return fetcher->Fetch({*ParseFetchAddress(url), "", 100}, ProbeLimit::After(time));
  };
  const auto refused = fetch(absl::StrCat("http://127.0.0.1:", port, "/"));
  EXPECT_TRUE(absl::IsUnavailable(refused.status()));
  EXPECT_EQ(Why(refused), detail::kNoConnection);
  EXPECT_EQ(Why(fetch("http://kortvakt.invalid/")), detail::kNoAddress);  // RFC 6761, 6.4
  EXPECT_EQ(Why(fetch("http://127.0.0.1/", absl::ZeroDuration())), detail::kNoTimeLeft);
}

// Programs in the helper's place that are missing, say something else, or crash.
TEST_F(FetcherTest, DoesNotBlameTheNetworkForAHelperThatFails) {
  const testing::TemporaryFolder folder;
  const auto fetch = [](const std::string& program) {
    return MakeFetcher(program, {})
        ->Fetch({*ParseFetchAddress("http://127.0.0.1/"), "", 100}, ProbeLimit::After(testing::kPatience))
        .status();
  };
  const auto script = [&](const std::string& name, const std::string& text) {
    const std::string path = folder.Write(name, "#!/bin/sh\n" + text + "\n");
    EXPECT_EQ(chmod(path.c_str(), 0755), 0);
    return path;
  };
  EXPECT_TRUE(absl::IsInternal(fetch("/nonexistent"))) << fetch("/nonexistent");
  const absl::Status odd = fetch(script("odd", "echo setresuid; exit 3"));
  EXPECT_TRUE(absl::IsInternal(odd)) << odd;
  EXPECT_THAT(std::string(odd.message()), HasSubstr("odd failed (exit code 3): setresuid"));
  const absl::Status crashed = fetch(script("crashed", "kill -SEGV $$"));
  EXPECT_TRUE(absl::IsInternal(crashed)) << crashed;
  EXPECT_THAT(std::string(crashed.message()), HasSubstr("signal 11"));
  const absl::Status alarm = fetch(script("alarm", "kill -ALRM $$"));
  EXPECT_TRUE(absl::IsDeadlineExceeded(alarm)) << "its own limit of time: " << alarm;
}

TEST_F(FetcherTest, TakesNoServerThatNobodyTrusts) {
  const testing::ServerPki pki = testing::MakeServerPki();
  const auto server = ScriptedServer::Tls(
      pki.Chain(), [](SSL_CTX*) {}, [](SSL* ssl) { testing::Accept(ssl); });
  const auto body =
      MakeFetcher(Program(), {})
          ->Fetch({*ParseFetchAddress(server->Url()), "", 100}, ProbeLimit::After(testing::kPatience));
  EXPECT_EQ(Why(body), detail::kTls);
}

TEST_F(FetcherTest, GoesThroughTheProxyThatItIsGiven) {
  std::string seen;
  const auto proxy = ScriptedServer::Raw([&](int fd) {
    seen = ReadRequestText(fd);
    SendRaw(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  FetchProxies proxies;
  proxies.http = *ParseProxy(absl::StrCat("http://user:pass@127.0.0.1:", proxy->port()));
  const auto fetcher = MakeFetcher(Program(), proxies);
  const FetchRequest request{*ParseFetchAddress("http://ocsp.invalid/x"), "", 100};
  const auto body = fetcher->Fetch(request, ProbeLimit::After(testing::kPatience));
  ASSERT_TRUE(body.ok()) << body.status();
  EXPECT_THAT(seen, ::testing::StartsWith("GET http://ocsp.invalid/x HTTP/1.1\r\n"));
  EXPECT_THAT(seen, HasSubstr("Proxy-Authorization: Basic dXNlcjpwYXNz\r\n"));

  proxies.http.proxy->port = 1;
  EXPECT_EQ(Why(MakeFetcher(Program(), proxies)->Fetch(request, ProbeLimit::After(testing::kPatience))),
            detail::kProxy);
  proxies.http = *ParseProxy("http://kortvakt.invalid:3128");
  EXPECT_EQ(Why(MakeFetcher(Program(), proxies)->Fetch(request, ProbeLimit::After(testing::kPatience))),
            detail::kProxy);
}

// The agent's service may change users but not kill another's process, which the
// helper is then (as root; as an ordinary user there is nothing to give up).
TEST_F(FetcherTest, StopsWhenToldThoughTheHelperMayNotBeKilled) {
  const WithoutKill without_kill;
  const Descriptor stop(eventfd(0, EFD_CLOEXEC));
  const auto server = ScriptedServer::Raw([&](int fd) {
    ReadRequestText(fd);
    const uint64_t one = 1;
    ASSERT_EQ(write(stop.get(), &one, sizeof one), 8);
    testing::DrainRaw(fd);
  });
  const absl::Duration begin = SystemClock().Monotonic();
  const auto body =
      MakeFetcher(Program(), {})
          ->Fetch({*ParseFetchAddress(absl::StrCat("http://127.0.0.1:", server->port())), "", 100},
                  ProbeLimit::After(2 * testing::kPatience, stop.get()));
  EXPECT_TRUE(absl::IsCancelled(body.status())) << body.status();
  EXPECT_LT(SystemClock().Monotonic() - begin, testing::kPatience) << "not at the end of its time";
}

TEST_F(FetcherTest, StopsWhenTold) {
  const Descriptor stop(eventfd(0, EFD_CLOEXEC));
  const auto server = ScriptedServer::Raw([&](int fd) {
    ReadRequestText(fd);
    const uint64_t one = 1;
    ASSERT_EQ(write(stop.get(), &one, sizeof one), 8);
    testing::DrainRaw(fd);
  });
  const auto body =
      MakeFetcher(Program(), {})
          ->Fetch({*ParseFetchAddress(absl::StrCat("http://127.0.0.1:", server->port())), "", 100},
                  ProbeLimit::After(absl::Minutes(1), stop.get()));
  EXPECT_TRUE(absl::IsCancelled(body.status())) << body.status();
}

}  // namespace
}  // namespace kortvakt
