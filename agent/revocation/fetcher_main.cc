// kortvakt-fetcher: the agent's helper. Fetches one address over HTTP and ends, in a
// process without rights, so that the agent has neither libcurl in its memory nor a
// conversation with a stranger (docs/adr/0010). What it is asked and answers is in
// fetch.h. Not for people to run.
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netdb.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/revocation/fetch.h"
#include "agent/trust/become_user.h"
#include "common/base/status.h"
#include "common/base/version.h"
#include "common/snapshot/revocation_details.h"

namespace kortvakt {
namespace {

namespace detail = download_detail;

constexpr uint32_t kNobody = 65534;          // Debian Policy 9.2.2
constexpr size_t kMaxHeadBytes = 64u << 10;  // of all headers together
constexpr int kMaxAddresses = 8;
constexpr uint16_t kProxyPort = 1080;
constexpr absl::Duration kLookUpAndEnd = absl::Milliseconds(250);

struct CurlFree {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlPtr = std::unique_ptr<CURL, CurlFree>;
using ListPtr = std::unique_ptr<curl_slist, CurlFree>;

absl::StatusOr<std::string> ReadStandardInput() {
  std::string text;
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t count = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoStatus(errno, "reading the order");
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<size_t>(count));
    if (text.size() > kMaxOrderBytes) return absl::InvalidArgumentError("the order is too long");
  }
}

// "host:port:address,address", as CURLOPT_RESOLVE has it: libcurl would look the name up on
// a thread, which this process may not make. Empty: an address already.
absl::StatusOr<std::string> LookUp(const ServerAddress& server) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(server.host.c_str(), nullptr, &hints, &found) != 0) {
    return absl::UnavailableError(detail::kNoAddress);
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> list(found, freeaddrinfo);
  std::string addresses;
  int count = 0;
  for (const addrinfo* a = found; a != nullptr && count < kMaxAddresses; a = a->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(a->ai_addr, a->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0)
      continue;
    const bool v6 = a->ai_family == AF_INET6;
    absl::StrAppend(&addresses, count++ == 0 ? "" : ",", v6 ? "[" : "", text.data(), v6 ? "]" : "");
  }
  if (addresses.empty()) return absl::UnavailableError(detail::kNoAddress);
  if (absl::StrContains(server.host, ":")) return std::string();
  return absl::StrCat(server.host, ":", server.port, ":", addresses);
}

struct Answer {
  std::string body;
  size_t max_bytes = 0;
  size_t head_bytes = 0;
  bool too_large = false;
};

size_t OnBody(char* data, size_t size, size_t count, void* user) {
  Answer& answer = *static_cast<Answer*>(user);
  const size_t bytes = size * count;
  if (bytes > answer.max_bytes - answer.body.size()) {
    answer.too_large = true;
    return CURL_WRITEFUNC_ERROR;
  }
  answer.body.append(data, bytes);
  return bytes;
}

size_t OnHead(char*, size_t size, size_t count, void* user) {
  Answer& answer = *static_cast<Answer*>(user);
  answer.head_bytes += size * count;
  if (answer.head_bytes <= kMaxHeadBytes) return size * count;
  answer.too_large = true;
  return 0;
}

// Aborts the transfer where nobody listens any more: the agent has given up, or is gone, and
// may not kill a process of another user.
int OnProgress(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  pollfd output{STDOUT_FILENO, 0, 0};
  return poll(&output, 1, 0) > 0 && (output.revents & POLLERR) != 0 ? 1 : 0;
}

// Why there is no body, by what became of the transfer. Where a server does not answer
// (kUnavailable) is told apart from what is of no use (kNotFound).
absl::Status WhyNot(CURLcode code, bool through_proxy) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return absl::UnavailableError(detail::kNoAddress);
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_PROXY:
      return absl::UnavailableError(detail::kProxy);
    case CURLE_COULDNT_CONNECT:
      return absl::UnavailableError(through_proxy ? detail::kProxy : detail::kNoConnection);
    case CURLE_OPERATION_TIMEDOUT:
      return absl::UnavailableError(detail::kNoAnswer);
    case CURLE_FILESIZE_EXCEEDED:
      return absl::NotFoundError(detail::kTooLarge);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_HTTP2:
      return absl::NotFoundError(detail::kNotHttp);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return absl::UnavailableError(detail::kTls);
    case CURLE_GOT_NOTHING:
      return absl::NotFoundError(detail::kNothing);
    case CURLE_FAILED_INIT:
    case CURLE_OUT_OF_MEMORY:
    case CURLE_ABORTED_BY_CALLBACK:
      return absl::InternalError(curl_easy_strerror(code));
    default:
      return absl::NotFoundError(detail::kBroke);
  }
}

template <typename Value>
void Set(CURL* handle, CURLoption option, Value value) {
  // Fails for an option that libcurl was built without: none of these.
  (void)curl_easy_setopt(handle, option, value);
}

absl::StatusOr<std::string> Fetch(const FetcherOrder& order) {
  std::optional<ServerAddress> proxy;
  if (!order.proxy.empty()) {
    ASSIGN_OR_RETURN(proxy, ParseServerAddress(order.proxy, kProxyPort));
  }
  absl::StatusOr<std::string> resolved = LookUp(proxy ? *proxy : order.address.server);
  if (!resolved.ok()) return proxy ? absl::UnavailableError(detail::kProxy) : resolved.status();
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
    return absl::InternalError("libcurl cannot be prepared");
  const CurlPtr handle(curl_easy_init());
  if (handle == nullptr) return absl::InternalError("libcurl cannot be prepared");
  CURL* curl = handle.get();

  Answer answer;
  answer.max_bytes = order.max_bytes;
  const std::string url = FormatFetchAddress(order.address);
  const std::string agent = absl::StrCat("kortvakt-agent/", kVersion);
  const std::string proxy_url = proxy ? absl::StrCat("http://", FormatServerAddress(*proxy)) : "";
  const ListPtr resolve(resolved->empty() ? nullptr : curl_slist_append(nullptr, resolved->c_str()));
  Set(curl, CURLOPT_URL, url.c_str());
  Set(curl, CURLOPT_RESOLVE, resolve.get());
  Set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  Set(curl, CURLOPT_REDIR_PROTOCOLS_STR, "");
  Set(curl, CURLOPT_FOLLOWLOCATION, 0L);
  Set(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  Set(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  Set(curl, CURLOPT_HTTP09_ALLOWED, 0L);
  Set(curl, CURLOPT_PATH_AS_IS, 1L);
  Set(curl, CURLOPT_NOSIGNAL, 1L);
  Set(curl, CURLOPT_NOPROGRESS, 0L);
  Set(curl, CURLOPT_XFERINFOFUNCTION, OnProgress);
  Set(curl, CURLOPT_USERAGENT, agent.c_str());
  // Empty: none, whatever the environment says. Which one is the agent's to decide.
  Set(curl, CURLOPT_PROXY, proxy_url.c_str());
  Set(curl, CURLOPT_NOPROXY, "");
  Set(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(order.time)));
  Set(curl, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(order.max_bytes));
  Set(curl, CURLOPT_WRITEFUNCTION, OnBody);
  Set(curl, CURLOPT_WRITEDATA, &answer);
  Set(curl, CURLOPT_HEADERFUNCTION, OnHead);
  Set(curl, CURLOPT_HEADERDATA, &answer);
  ListPtr headers;
  if (!order.body.empty()) {
    headers.reset(curl_slist_append(nullptr, "Content-Type: application/ocsp-request"));  // RFC 6960, A.1
    Set(curl, CURLOPT_POST, 1L);
    Set(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(order.body.size()));
    Set(curl, CURLOPT_POSTFIELDS, order.body.data());
    Set(curl, CURLOPT_HTTPHEADER, headers.get());
  }
  ListPtr proxy_headers;
  if (!order.authorization.empty()) {
    const std::string line = absl::StrCat("Proxy-Authorization: ", order.authorization);
    proxy_headers.reset(curl_slist_append(nullptr, line.c_str()));
    Set(curl, CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
    Set(curl, CURLOPT_PROXYHEADER, proxy_headers.get());
  }
  const CURLcode code = curl_easy_perform(curl);
  if (answer.too_large) return absl::NotFoundError(detail::kTooLarge);
  if (code != CURLE_OK) return WhyNot(code, proxy.has_value());
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) return absl::NotFoundError(absl::StrCat(detail::kHttpStatus, status));
  if (answer.body.empty()) return absl::NotFoundError(detail::kNothing);
  return std::move(answer.body);
}

// Gives up all rights, and reads what to fetch.
absl::StatusOr<FetcherOrder> Prepare() {
  RETURN_IF_ERROR(MayBecomeUsers() ? BecomeUser(kNobody, kNobody) : BecomeUser(geteuid(), getegid()));
  ASSIGN_OR_RETURN(const std::string text, ReadStandardInput());
  ASSIGN_OR_RETURN(FetcherOrder order, DecodeOrder(text));
  RETURN_IF_ERROR(LimitYourself(order.time + kLookUpAndEnd));
  return order;
}

absl::Status Run() {
  const absl::StatusOr<FetcherOrder> order = Prepare();
  // Whatever the code: nothing of it is the network's fault.
  if (!order.ok()) return absl::InternalError(order.status().message());
  ASSIGN_OR_RETURN(const std::string body, Fetch(*order));
  for (size_t done = 0; done < body.size();) {
    const ssize_t written = write(STDOUT_FILENO, body.data() + done, body.size() - done);
    if (written < 0 && errno != EINTR) return absl::InternalError("answering failed");
    if (written > 0) done += static_cast<size_t>(written);
  }
  return absl::OkStatus();
}

FetcherExit ExitFor(const absl::Status& status) {
  if (status.ok()) return FetcherExit::kBody;
  if (absl::IsUnavailable(status)) return FetcherExit::kNoAnswer;
  return absl::IsNotFound(status) ? FetcherExit::kOfNoUse : FetcherExit::kOwnFailure;
}

}  // namespace
}  // namespace kortvakt

int main() {
  const absl::Status status = kortvakt::Run();
  if (!status.ok()) std::fputs(std::string(status.message()).c_str(), stdout);
  if (isatty(STDOUT_FILENO) == 1) std::fputc('\n', stdout);  // somebody tried it by hand
  return static_cast<int>(kortvakt::ExitFor(status));
}
