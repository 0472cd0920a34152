#include "collector/http/limited_server.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/mutex.h"
#include "common/base/time.h"

namespace kortvakt {
namespace {

// Set while the accepting thread runs a job itself because all are busy: the
// connection is closed unserved.
thread_local bool overloaded = false;

// Threads with a queue that ends. Owned by httplib (new_task_queue).
class BoundedPool final : public httplib::TaskQueue {
 public:
  BoundedPool(size_t threads, size_t waiting) : waiting_(waiting) {
    for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
  }

  void enqueue(std::function<void()> job) override {
    {
      const MutexLock lock(mutex_);
      if (jobs_.size() < waiting_) {
        jobs_.push_back(std::move(job));
        work_or_end_.NotifyOne();
        return;
      }
    }
    overloaded = true;
    job();
    overloaded = false;
  }

  void shutdown() override {
    {
      const MutexLock lock(mutex_);
      ended_ = true;
      work_or_end_.NotifyAll();
    }
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void Work() {
    while (true) {
      std::function<void()> job;
      {
        const MutexLock lock(mutex_);
        while (jobs_.empty() && !ended_) work_or_end_.Wait(mutex_);
        // What waits is still run at the end: each job closes its connection.
        if (jobs_.empty()) return;
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      job();
    }
  }

  const size_t waiting_;
  Mutex mutex_;
  CondVar work_or_end_;
  std::deque<std::function<void()>> jobs_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

// A connection within its limits; reads and writes fail beyond them.
class LimitedStream final : public httplib::Stream {
 public:
  LimitedStream(int socket, const Event& cancelled, const HttpLimits& limits)
      : socket_(socket),
        cancelled_(cancelled),
        bytes_left_(limits.request_bytes),
        read_end_(SystemClock().Monotonic() + limits.request_time),
        write_end_(read_end_ + limits.response_time) {}

  bool is_readable() const override { return begin_ < end_ || Wait(POLLIN, read_end_); }
  bool is_writable() const override { return Wait(POLLOUT, write_end_); }

  ssize_t read(char* data, size_t size) override {
    if (begin_ == end_ && !Fill()) return -1;
    const size_t count = std::min(size, end_ - begin_);
    std::copy_n(buffer_.data() + begin_, count, data);
    begin_ += count;
    return static_cast<ssize_t>(count);
  }

  ssize_t write(const char* data, size_t size) override {
    if (!Wait(POLLOUT, write_end_)) return -1;
    return send(socket_, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return socket_; }

  // Says that all is sent, and takes what the client still sends for a moment:
  // closing on unread bytes would reset the connection and lose the answer.
  void Linger() {
    ::shutdown(socket_, SHUT_WR);
    read_end_ = SystemClock().Monotonic() + absl::Seconds(1);
    bytes_left_ = 64u << 10;
    begin_ = end_ = 0;
    while (Fill()) begin_ = end_;
  }

 private:
  bool Wait(int16_t events, absl::Duration end) const {
    while (true) {
      const int64_t left = absl::ToInt64Milliseconds(end - SystemClock().Monotonic());
      if (left <= 0) return false;
      std::array<pollfd, 2> waits = {{{.fd = socket_, .events = events, .revents = 0},
                                      {.fd = cancelled_.descriptor(), .events = POLLIN, .revents = 0}}};
      const int ready = poll(waits.data(), waits.size(), static_cast<int>(std::min<int64_t>(left, 60'000)));
      if (ready < 0 && errno != EINTR) return false;
      if (waits[1].revents != 0) return false;
      if (ready > 0) return true;
    }
  }

  bool Fill() {
    if (bytes_left_ == 0 || !Wait(POLLIN, read_end_)) return false;
    const ssize_t received =
        recv(socket_, buffer_.data(), std::min(buffer_.size(), bytes_left_), MSG_DONTWAIT);
    if (received <= 0) return false;
    begin_ = 0;
    end_ = static_cast<size_t>(received);
    bytes_left_ -= end_;
    return true;
  }

  const int socket_;
  const Event& cancelled_;
  size_t bytes_left_;
  absl::Duration read_end_;
  absl::Duration write_end_;
  std::array<char, 4096> buffer_{};
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace

LimitedServer::LimitedServer(const HttpLimits& limits) : limits_(limits) {
  new_task_queue = [limits] { return new BoundedPool(limits.threads, limits.waiting); };
  set_payload_max_length(limits.request_bytes);
  // Not SO_REUSEPORT, httplib's default: with it a port that is taken would not be noticed.
  set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
}

void LimitedServer::Cancel() { cancelled_.Set(); }

bool LimitedServer::process_and_close_socket(socket_t socket) {
  if (!overloaded) {
    LimitedStream stream(socket, cancelled_, limits_);
    bool closed = false;
    process_request(stream, /*close_connection=*/true, closed, nullptr);
    stream.Linger();
  }
  close(socket);
  return true;
}

}  // namespace kortvakt
