// Driver for Thales IDPrime cards (MD 840, 930, 940, 940B, 940C).
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "agent/cards/card_reader.h"
#include "agent/cards/file_reader.h"

namespace kortvakt {

// Reads the IDPrime application. nullopt: the card has none. Errors are the
// session's. Certificates come in the order of their key containers.
absl::StatusOr<std::optional<CardContents>> ReadIdPrime(FileReader& files);

// Which of `known` (not empty, all of this family) the card is, by card id, with unchanged
// freshness counters; nullptr: none. One transaction of at most five commands. Errors are
// the session's.
absl::StatusOr<KnownCard> FindIdPrime(FileReader& files, const KnownCards& known);

}  // namespace kortvakt
