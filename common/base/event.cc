#include "common/base/event.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <cstdint>

#include "common/base/status.h"

namespace kortvakt {

Event::Event()
    : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), error_(descriptor_.get() < 0 ? errno : 0) {}

absl::Status Event::status() const {
  return error_ == 0 ? absl::OkStatus() : ErrnoStatus(error_, "making an event");
}

void Event::Set() const {
  const uint64_t one = 1;
  // Fails only where the counter is at its limit, and it is readable then (eventfd(2)).
  (void)!write(descriptor_.get(), &one, sizeof one);
}

}  // namespace kortvakt
