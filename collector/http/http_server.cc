#include "collector/http/http_server.h"

#include <cerrno>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "collector/http/limited_server.h"
#include "collector/http/pages.h"
#include "common/base/mutex.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

constexpr char kPlainText[] = "text/plain; charset=utf-8";
// Prometheus exposition formats, "Text-based format": basic info.
constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";

void Answer(const HttpContents& contents, const httplib::Request& request, httplib::Response& response) {
  response.status = 200;
  if (request.method != "GET" && request.method != "HEAD") {
    response.status = 405;
    response.set_header("Allow", "GET, HEAD");
    response.set_content("method not allowed\n", kPlainText);
  } else if (request.path == "/metrics") {
    response.set_content(contents.metrics(), kMetricsType);
  } else if (request.path == "/") {
    response.set_header("Content-Security-Policy", PagePolicy());
    response.set_content(SummaryPage(contents.summary()), "text/html; charset=utf-8");
  } else if (request.path == "/api/v1/summary") {
    response.set_content(SummaryJson(contents.summary()), "application/json");
  } else if (request.path == "/-/healthy") {
    response.set_content("healthy\n", kPlainText);
  } else if (request.path == "/-/ready") {
    const absl::Status ready = contents.ready();
    response.status = ready.ok() ? 200 : 503;
    response.set_content(ready.ok() ? "ready\n" : absl::StrCat("not ready: ", ready.message(), "\n"),
                         kPlainText);
  } else {
    response.status = 404;
    response.set_content("not found\n", kPlainText);
  }
}

}  // namespace

struct HttpServer::Impl {
  explicit Impl(HttpContents given) : contents(std::move(given)), server(HttpLimits()) {
    server.set_default_headers({{"X-Content-Type-Options", "nosniff"},
                                {"Cache-Control", "no-store"},
                                {"Referrer-Policy", "no-referrer"}});
    // Everything is answered here: no routes, no files, no request bodies.
    server.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      // Many overlapping ranges would make an answer of many times the page's size.
      const_cast<httplib::Request&>(request).ranges.clear();
      Answer(contents, request, response);
      return httplib::Server::HandlerResponse::Handled;
    });
  }

  void Serve() {
    server.listen_after_bind();
    const MutexLock lock(mutex);
    ended = true;
    end.NotifyAll();
  }

  HttpContents contents;
  LimitedServer server;
  int port = 0;
  std::thread thread;
  Mutex mutex;
  CondVar end;
  bool ended ABSL_GUARDED_BY(mutex) = false;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const std::string& host, int port,
                                                              HttpContents contents) {
  auto impl = std::make_unique<Impl>(std::move(contents));
  const std::string address = host.empty() ? "0.0.0.0" : host;
  errno = 0;
  if (port == 0) {
    impl->port = impl->server.bind_to_any_port(address);
  } else {
    impl->port = impl->server.bind_to_port(address, port) ? port : -1;
  }
  const int error = errno;
  if (impl->port <= 0) {
    const std::string what = absl::StrCat("listening for HTTP at ", address, ":", port);
    if (error == EADDRINUSE) {
      return absl::AlreadyExistsError(absl::StrCat(
          what, ": another program listens there; stop it, or set another [listen] http address"));
    }
    if (error == EACCES) {
      return absl::PermissionDeniedError(absl::StrCat(
          what, ": ports below 1024 need the right CAP_NET_BIND_SERVICE; set another [listen] http address"));
    }
    return absl::UnavailableError(absl::StrCat(error == 0 ? absl::StrCat(what, ": no such address here")
                                                          : std::string(ErrnoStatus(error, what).message()),
                                               "; check [listen] http"));
  }
  Impl* running = impl.get();
  impl->thread = std::thread([running] { running->Serve(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::~HttpServer() {
  impl_->server.Cancel();
  {
    const MutexLock lock(impl_->mutex);
    while (!impl_->ended) {
      // httplib's stop does nothing until its thread has begun to listen.
      impl_->server.stop();
      impl_->end.WaitFor(impl_->mutex, absl::Milliseconds(10));
    }
  }
  impl_->thread.join();
}

int HttpServer::port() const { return impl_->port; }

}  // namespace kortvakt
