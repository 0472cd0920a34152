// What is wrong with a command line, the same in every program.
#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace kortvakt {

// One line: what `error`, which `app` gave when it parsed, means for who typed it, and
// where help is: "no command 'x'; see PROGRAM --help".
std::string UsageError(const CLI::App& app, const CLI::ParseError& error);

}  // namespace kortvakt
