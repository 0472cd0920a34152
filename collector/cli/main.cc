// `kortvakt`: the operators' command line.
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "collector/cli/run.h"
#include "common/base/time.h"

int main(int argc, char** argv) {
  // A connection that breaks while written to is an error to be told, not an end.
  std::signal(SIGPIPE, SIG_IGN);
  kortvakt::Environment environment;
  for (const char* name : {"HOME", "XDG_CONFIG_HOME", "LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "TERM"}) {
    if (const char* value = std::getenv(name); value != nullptr) environment.variables[name] = value;
  }
  environment.out_is_terminal = isatty(STDOUT_FILENO) == 1;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) environment.terminal_width = size.ws_col;
  environment.zone = absl::LocalTimeZone();
  environment.now = kortvakt::SystemClock().Now();
  return kortvakt::RunCommand(std::vector<std::string>(argv + 1, argv + argc), environment, std::cout,
                              std::cerr);
}
