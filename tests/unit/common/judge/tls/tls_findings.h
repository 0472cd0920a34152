// What the tests of the rules about servers share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/judge/judge.h"

namespace kortvakt::testing {

// What is found about servers, most likely cause first.
std::vector<Finding> AboutServers(const Snapshot& snapshot, Language language = Language::kEnglish);
// The same as "CODE severity" each.
std::vector<std::string> Words(const Snapshot& snapshot);
// A workstation on which nothing is wrong, that has probed one server.
Snapshot With(const ProbeFacts& probe, std::optional<CardFacts> card = std::nullopt);
// One with a login certificate for 700 days more.
CardFacts Card();

}  // namespace kortvakt::testing
