#include "common/base/usage_error.h"

#include <CLI/CLI.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"

namespace kortvakt {

std::string UsageError(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  // CLI11 complains about the command that is missing before it does about the word in its place.
  const std::vector<std::string> unknown = app.remaining(true);
  std::string what = error.what();
  if (command->get_require_subcommand_min() > 0 && !unknown.empty()) {
    const bool option = unknown.front().substr(0, 1) == "-";
    what = absl::StrCat("no ", option ? "option" : "command", " '", unknown.front(), "'");
  }
  return absl::StrCat(CleanText(what, 400), "; see ", app.get_name(), " --help");
}

}  // namespace kortvakt
