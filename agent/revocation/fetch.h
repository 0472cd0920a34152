// Fetching over HTTP, by a helper process (kortvakt-fetcher).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/probe/connection.h"
#include "agent/probe/proxy.h"
#include "agent/revocation/address.h"

namespace kortvakt {

// Largest answer that anybody may ask for.
inline constexpr size_t kMaxFetchBytes = 16u << 20;

struct FetchRequest {
  FetchAddress address;
  std::string ocsp_request;  // is posted; empty: a GET
  size_t max_bytes = kMaxFetchBytes;
};

// Where a revocation answer comes from. Thread-safe.
class Fetcher {
 public:
  virtual ~Fetcher() = default;
  // The body of the answer with status 200. Follows no redirect, keeps no cookie, sends
  // nothing of anybody but the request. Why there is none, in words of download_detail
  // (common/snapshot/revocation_details.h): kUnavailable: the server does not answer;
  // kDeadlineExceeded: likewise, `limit` was reached; kNotFound: it answered with something
  // of no use, which says nothing about its other paths. kCancelled: told to stop. kInternal: a
  // failure of our own, which says nothing about the network.
  virtual absl::StatusOr<std::string> Fetch(const FetchRequest& request, const ProbeLimit& limit) = 0;
};

// HTTP proxies by the scheme of what is fetched.
struct FetchProxies {
  ProxySettings http;
  ProxySettings https;
};

// http_proxy for http (as curl, not HTTP_PROXY, which a web server may have set), and
// https_proxy for https; exceptions by no_proxy. Errors name the variable.
absl::StatusOr<FetchProxies> FetchProxiesFromEnvironment(
    const std::function<std::string(const char* name)>& variable);

// By the helper `program`, one process a fetch, which has no rights and ends with the
// limit. One that may not be killed (it is another user's then) ends by itself soon
// after its answer is not wanted any more, and is reaped by a later fetch.
std::unique_ptr<Fetcher> MakeFetcher(std::string program, FetchProxies proxies);

// The helper, where it is installed.
std::string DefaultFetcherProgram();

// What the helper is asked, on its standard input: lines "key value", an empty line, the
// body to post. It answers on standard output: the body, or why there is none; its exit
// code is a FetcherExit.
struct FetcherOrder {
  FetchAddress address;
  std::string proxy;          // "host:port"; empty: none
  std::string authorization;  // for the proxy; a secret
  size_t max_bytes = 0;
  absl::Duration time;
  std::string body;
};
enum class FetcherExit {
  kBody = 0,
  kNoAnswer = 1,   // Fetcher::Fetch's kUnavailable
  kOfNoUse = 2,    // kNotFound
  kOwnFailure = 3  // kInternal
};
std::string EncodeOrder(const FetcherOrder& order);
// kInvalidArgument: no order, or one beyond what the agent asks for.
absl::StatusOr<FetcherOrder> DecodeOrder(std::string_view text);
inline constexpr size_t kMaxOrderBytes = 32u << 10;

}  // namespace kortvakt
