#include "agent/revocation/fetch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/host/helper.h"
#include "common/base/bytes.h"
#include "common/base/status.h"
#include "common/base/time.h"
#include "common/snapshot/revocation_details.h"

namespace kortvakt {
namespace {

constexpr absl::Duration kALittle = absl::Milliseconds(500);  // for the program's own limit to hold first
constexpr absl::Duration kLongest = absl::Minutes(10);
constexpr size_t kMaxReason = 256;

absl::StatusOr<std::string> ReadAll(int fd, size_t max_bytes, const ProbeLimit& limit) {
  std::string text;
  std::array<char, 65536> buffer;
  while (true) {
    RETURN_IF_ERROR(Await(fd, WaitFor::kReading, limit));
    const ssize_t count = read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno != EINTR && errno != EAGAIN) return ErrnoStatus(errno, "reading from the helper");
    if (count == 0) return text;
    if (count > 0) text.append(buffer.data(), static_cast<size_t>(count));
    if (text.size() > max_bytes) return absl::UnavailableError(download_detail::kTooLarge);
  }
}

class HelperFetcher final : public Fetcher {
 public:
  HelperFetcher(std::string program, FetchProxies proxies)
      : program_(std::move(program)), proxies_(std::move(proxies)) {}

  absl::StatusOr<std::string> Fetch(const FetchRequest& request, const ProbeLimit& limit) override {
    const absl::Duration left = std::min(limit.Left(), kLongest);
    if (left < absl::Milliseconds(1)) return absl::DeadlineExceededError(download_detail::kNoTimeLeft);
    const ProxySettings& settings = request.address.tls ? proxies_.https : proxies_.http;
    FetcherOrder order{request.address,     "", "", std::min(request.max_bytes, kMaxFetchBytes), left,
                       request.ocsp_request};
    if (const auto proxy = ProxyFor(settings, request.address.server.host)) {
      order.proxy = FormatServerAddress(*proxy);
      order.authorization = settings.authorization;
    }
    const std::string input = EncodeOrder(order);
    if (input.size() > kMaxOrderBytes) return absl::UnavailableError("the request is too large");
    absl::StatusOr<Started> started = Start(input);
    // Whatever the code: it is no answer of a server's.
    if (!started.ok()) return absl::UnavailableError(started.status().message());
    ProbeLimit patience = limit;
    patience.end += kALittle;
    absl::StatusOr<std::string> answer = ReadAll(started->output.get(), order.max_bytes, patience);
    return Ended(started->pid, std::move(answer));
  }

 private:
  struct Started {
    int pid = -1;
    Descriptor output;
  };

  absl::StatusOr<Started> Start(const std::string& input) const {
    ASSIGN_OR_RETURN(Pipe in, MakePipe());
    ASSIGN_OR_RETURN(Pipe out, MakePipe());
    if (write(in.write.get(), input.data(), input.size()) != static_cast<ssize_t>(input.size()) ||
        fcntl(out.read.get(), F_SETFL, O_NONBLOCK) != 0) {
      return ErrnoStatus(errno, "asking the helper");
    }
    ASSIGN_OR_RETURN(const int pid, StartHelper(program_, {}, in.read.get(), out.write.get()));
    return Started{pid, std::move(out.read)};
  }

  // Waits for the process, which is ours and has said all; it is ended where it has not.
  static absl::StatusOr<std::string> Ended(int pid, absl::StatusOr<std::string> answer) {
    if (!answer.ok()) kill(pid, SIGKILL);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (absl::IsDeadlineExceeded(answer.status()))
      return absl::DeadlineExceededError(download_detail::kNoAnswer);
    if (!answer.ok()) return answer.status();
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return answer;
    // Its own limit: a name server that does not answer, say.
    if (WIFSIGNALED(status)) return absl::DeadlineExceededError(download_detail::kNoAnswer);
    return absl::UnavailableError(answer->empty() ? "the helper failed" : CleanText(*answer, kMaxReason));
  }

  const std::string program_;
  const FetchProxies proxies_;
};

}  // namespace

absl::StatusOr<FetchProxies> FetchProxiesFromEnvironment(
    const std::function<std::string(const char* name)>& variable) {
  FetchProxies proxies;
  ASSIGN_OR_RETURN(proxies.https, ProxyFromEnvironment(variable));
  absl::StatusOr<ProxySettings> http = ParseProxy(variable("http_proxy"));
  if (!http.ok()) return Annotate(http.status(), "http_proxy");
  http->no_proxy = proxies.https.no_proxy;
  proxies.http = *std::move(http);
  return proxies;
}

std::unique_ptr<Fetcher> MakeFetcher(std::string program, FetchProxies proxies) {
  return std::make_unique<HelperFetcher>(std::move(program), std::move(proxies));
}

std::string DefaultFetcherProgram() { return HelperProgram("kortvakt-fetcher"); }

std::string EncodeOrder(const FetcherOrder& order) {
  return absl::StrCat("url ", FormatFetchAddress(order.address), "\nproxy ", order.proxy, "\nauthorization ",
                      order.authorization, "\nmax_bytes ", order.max_bytes, "\nmilliseconds ",
                      absl::ToInt64Milliseconds(order.time), "\n\n", order.body);
}

absl::StatusOr<FetcherOrder> DecodeOrder(std::string_view text) {
  const auto wrong = [] {
    return absl::InvalidArgumentError("this program is the agent's helper; run kortvakt-agent");
  };
  constexpr std::array<std::string_view, 5> kKeys = {"url ", "proxy ", "authorization ", "max_bytes ",
                                                     "milliseconds "};
  std::array<std::string, kKeys.size()> values;
  for (size_t i = 0; i < kKeys.size(); ++i) {
    const size_t end = text.find('\n');
    if (end == text.npos || text.substr(0, kKeys[i].size()) != kKeys[i]) return wrong();
    values[i] = std::string(text.substr(kKeys[i].size(), end - kKeys[i].size()));
    text.remove_prefix(end + 1);
  }
  if (text.empty() || text.front() != '\n') return wrong();
  FetcherOrder order;
  ASSIGN_OR_RETURN(order.address, ParseFetchAddress(values[0]));
  order.proxy = values[1];
  order.authorization = values[2];
  int64_t milliseconds = 0;
  if (!absl::SimpleAtoi(values[3], &order.max_bytes) || order.max_bytes > kMaxFetchBytes ||
      !absl::SimpleAtoi(values[4], &milliseconds) || milliseconds < 1 ||
      milliseconds > absl::ToInt64Milliseconds(kLongest)) {
    return wrong();
  }
  order.time = absl::Milliseconds(milliseconds);
  order.body = std::string(text.substr(1));
  return order;
}

}  // namespace kortvakt
