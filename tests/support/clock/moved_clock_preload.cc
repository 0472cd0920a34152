// A wall clock that a test can move, for a program that was not built for it.
//
// Preloaded (LD_PRELOAD) into a program, it adds to CLOCK_REALTIME the nanoseconds that
// stand, as one int64_t, in the file KORTVAKT_MOVED_CLOCK; moved_clock.h writes them. All else
// is as if somebody had set the machine's clock: the monotonic clock goes on as before.
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>

namespace {

constexpr int64_t kSecond = 1'000'000'000;

template <typename Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

// Null: no file, nothing is moved.
const std::atomic<int64_t>* Map() {
  const char* path = std::getenv("KORTVAKT_MOVED_CLOCK");
  const int fd = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return nullptr;
  void* mapped = mmap(nullptr, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  return mapped == MAP_FAILED ? nullptr : static_cast<const std::atomic<int64_t>*>(mapped);
}

int64_t Moved() {
  static const std::atomic<int64_t>* moved = Map();
  return moved == nullptr ? 0 : moved->load(std::memory_order_relaxed);
}

timespec Plus(const timespec& time, int64_t nanoseconds) {
  const int64_t sum = time.tv_sec * kSecond + time.tv_nsec + nanoseconds;
  return {sum / kSecond, sum % kSecond};
}

bool IsWallClock(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE; }

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static const auto next = Next<int (*)(clockid_t, timespec*)>("clock_gettime");
  const int result = next(clock, time);
  if (result == 0 && IsWallClock(clock)) *time = Plus(*time, Moved());
  return result;
}

int gettimeofday(timeval* time, void*) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  *time = {now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

time_t time(time_t* out) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

// abseil's locks wait until a moment of the wall clock (FUTEX_CLOCK_REALTIME, futex(2)), which
// the kernel takes by its own.
long syscall(long number, ...) noexcept {
  static const auto next = Next<long (*)(long, ...)>("syscall");
  va_list list;
  va_start(list, number);
  long argument[6];
  for (long& each : argument) each = va_arg(list, long);
  va_end(list);
  timespec until{};
  if (number == SYS_futex && (argument[1] & FUTEX_CLOCK_REALTIME) != 0 && argument[3] != 0) {
    until = Plus(*reinterpret_cast<const timespec*>(argument[3]), -Moved());
    argument[3] = reinterpret_cast<long>(&until);
  }
  return next(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
}

}  // extern "C"
