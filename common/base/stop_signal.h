// Waiting for the request to end.
#pragma once

namespace kortvakt {

// SIGINT, SIGTERM and SIGHUP as something to wait for instead of a handler. Make one at
// the start of main, before any thread: the signals are blocked in every thread
// made later, and SIGPIPE is ignored.
class StopSignal {
 public:
  StopSignal();
  // Blocks until one of them comes; returns its number.
  int Wait();
  // Whether one has come. Does not take it.
  bool Requested() const;
  // A file descriptor that is readable once a signal is there, for poll(2).
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace kortvakt
