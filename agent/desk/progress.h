// What takes its time, on one line of a terminal while it does.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace kortvakt {

// Writes to a stream, which must outlive it. On a terminal each text takes the place of the
// one before, and the last goes with the object; a "dumb" one gets a line each. Where the
// stream is no terminal nothing is written. Not thread-safe.
class Progress {
 public:
  enum class Kind { kNone, kLines, kOneLine };

  // `width`: columns of the terminal.
  Progress(std::FILE* stream, Kind kind, int width) : stream_(stream), kind_(kind), width_(width) {}
  // For standard error as it is, and TERM.
  static Progress OnStandardError();
  Progress(Progress&& other) noexcept;
  Progress& operator=(Progress&&) = delete;
  ~Progress() { Clear(); }

  // Cleaned and cut to one line.
  void Show(std::string_view text);
  // Takes away what stands there, so that something else can be written.
  void Clear();

 private:
  std::FILE* const stream_;
  Kind kind_;
  const int width_;
  bool shown_ = false;
};

}  // namespace kortvakt
