// The collector's plain HTTP face: metrics, health, and the fleet in numbers. No
// personal data, no host names: anybody who reaches the port may read it.
//
//   GET /                 a page for people, in Swedish
//   GET /metrics          Prometheus text (exposition format 0.0.4)
//   GET /api/v1/summary   kortvakt.v1.GetSummaryResponse in JSON
//   GET /-/healthy        200 as long as the program runs
//   GET /-/ready          200 when it can take reports, else 503 with the reason
//
// HEAD works everywhere; another path is 404, another method 405.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kortvakt/v1/query.pb.h"

namespace kortvakt {

// Where the contents come from. Called on the server's threads, several at once.
struct HttpContents {
  std::function<std::string()> metrics;
  std::function<v1::GetSummaryResponse()> summary;
  // OK, or why the collector cannot take reports; without personal data.
  std::function<absl::Status()> ready;
};

// Serves from Start until it is destroyed, on 4 threads of its own. One request
// a connection; at most 16 KiB in 10 s from the client, 30 s for the answer, and
// 64 connections waiting: a slow or hostile client costs no more than that.
class HttpServer {
 public:
  // Listens at `host` (name or address; "" or "0.0.0.0": everywhere) and `port`
  // (0: a free one). kAlreadyExists: the port is taken; kUnavailable: another
  // reason; both name address and remedy.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const std::string& host, int port,
                                                           HttpContents contents);
  // Cuts off requests that are being answered; returns when all threads ended.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // The port it listens at.
  int port() const;

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kortvakt
