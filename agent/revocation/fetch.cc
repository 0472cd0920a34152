#include "agent/revocation/fetch.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/host/helper.h"
#include "common/base/bytes.h"
#include "common/base/mutex.h"
#include "common/base/status.h"
#include "common/base/time.h"
#include "common/snapshot/revocation_details.h"

namespace kortvakt {
namespace {

constexpr absl::Duration kALittle = absl::Milliseconds(500);  // for the program's own limit to hold first
constexpr absl::Duration kLongest = absl::Minutes(10);
constexpr size_t kMaxReason = 256;
constexpr char kSaysTooMuch[] = "the helper says more than it was asked for";

absl::StatusOr<std::string> ReadAll(int fd, size_t max_bytes, const ProbeLimit& limit) {
  std::string text;
  std::array<char, 65536> buffer;
  while (true) {
    RETURN_IF_ERROR(Await(fd, WaitFor::kReading, limit));
    const ssize_t count = read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno != EINTR && errno != EAGAIN) return ErrnoStatus(errno, "reading from the helper");
    if (count == 0) return text;
    if (count > 0) text.append(buffer.data(), static_cast<size_t>(count));
    if (text.size() > max_bytes) return absl::InternalError(kSaysTooMuch);
  }
}

// Processes that were told to end, and may take a moment for it. Thread-safe.
class Leftovers {
 public:
  // Waits for `pid` for at most kEnding, and keeps it where that is not enough. Its status,
  // where it ended.
  std::optional<int> Await(int pid) {
    const absl::Duration end = SystemClock().Monotonic() + kEnding;
    while (true) {
      int status = 0;
      const pid_t ended = waitpid(pid, &status, WNOHANG);
      if (ended == pid) return status;
      if (ended < 0 && errno != EINTR) return std::nullopt;
      if (SystemClock().Monotonic() >= end) break;
      usleep(1000);
    }
    const MutexLock lock(mutex_);
    pids_.push_back(pid);
    return std::nullopt;
  }

  // Reaps those that have ended.
  void Reap() {
    const MutexLock lock(mutex_);
    std::erase_if(pids_, [](int pid) { return waitpid(pid, nullptr, WNOHANG) != 0; });
  }

 private:
  // libcurl looks up from its waiting once a second.
  static constexpr absl::Duration kEnding = absl::Seconds(2);

  Mutex mutex_;
  std::vector<int> pids_ ABSL_GUARDED_BY(mutex_);
};

class HelperFetcher final : public Fetcher {
 public:
  HelperFetcher(std::string program, FetchProxies proxies)
      : program_(std::move(program)), proxies_(std::move(proxies)) {}

  absl::StatusOr<std::string> Fetch(const FetchRequest& request, const ProbeLimit& limit) override {
    leftovers_.Reap();
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
    if (input.size() > kMaxOrderBytes) return absl::NotFoundError("the request is too large");
    absl::StatusOr<StartedHelper> started = StartHelper(program_, {}, input);
    // Whatever the code: it is no answer of a server's.
    if (!started.ok()) return absl::InternalError(started.status().message());
    ProbeLimit patience = limit;
    patience.end += kALittle;
    absl::StatusOr<std::string> answer =
        ReadAll(started->output.get(), std::max(order.max_bytes, kMaxReason), patience);
    answer = Ended(*std::move(started), std::move(answer));
    if (answer.ok() && answer->size() > order.max_bytes) return absl::InternalError(kSaysTooMuch);
    return answer;
  }

 private:
  // Waits for the process, which has said all, or is not listened to any more.
  absl::StatusOr<std::string> Ended(StartedHelper started, absl::StatusOr<std::string> answer) {
    // It may be another user's, whom only this tells that nobody listens.
    started.output = Descriptor();
    if (!answer.ok()) kill(started.pid, SIGKILL);
    const std::optional<int> status = leftovers_.Await(started.pid);
    if (absl::IsDeadlineExceeded(answer.status()))
      return absl::DeadlineExceededError(download_detail::kNoAnswer);
    if (absl::IsCancelled(answer.status())) return answer;
    if (!answer.ok()) return absl::InternalError(answer.status().message());
    if (!status) return absl::InternalError(absl::StrCat(program_, " does not end"));
    // Its own limit: a name server that does not answer, say.
    if (WIFSIGNALED(*status) && WTERMSIG(*status) == SIGALRM)
      return absl::DeadlineExceededError(download_detail::kNoAnswer);
    if (WIFSIGNALED(*status))
      return absl::InternalError(absl::StrCat(program_, " was ended by signal ", WTERMSIG(*status)));
    const auto exit = static_cast<FetcherExit>(WEXITSTATUS(*status));
    if (exit == FetcherExit::kBody) return answer;
    const std::string why = CleanText(*answer, kMaxReason);
    // The helper's clock may be the first to see that the time is up.
    if (exit == FetcherExit::kNoAnswer && why == download_detail::kNoAnswer) {
      return absl::DeadlineExceededError(why);
    }
    if (exit == FetcherExit::kNoAnswer) return absl::UnavailableError(why);
    if (exit == FetcherExit::kOfNoUse) return absl::NotFoundError(why);
    return absl::InternalError(absl::StrCat(program_, " failed (exit code ", WEXITSTATUS(*status), ")",
                                            why.empty() ? "" : ": ", why));
  }

  const std::string program_;
  const FetchProxies proxies_;
  Leftovers leftovers_;
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
