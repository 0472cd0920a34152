// Something that happens once and that poll(2) can wait for: "stop", "done".
#pragma once

#include "absl/status/status.h"
#include "common/base/descriptor.h"

namespace kortvakt {

// Thread-safe, but for its end: whoever waits for it or sets it must be done before.
class Event {
 public:
  Event();

  // It happens: the descriptor is readable from now on, for good. Never waits; twice is as once.
  void Set() const;

  // For poll(2), not for reading. Negative where there is none, which poll passes over.
  int descriptor() const { return descriptor_.get(); }

  // kResourceExhausted: the system gave no descriptor, and Set tells nobody. Whoever has
  // nothing else to end the wait must look.
  absl::Status status() const;

 private:
  Descriptor descriptor_;
  int error_;  // errno of making it; 0: made
};

}  // namespace kortvakt
