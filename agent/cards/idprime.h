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

// Whether card id and freshness counters are still those of `before`; one
// transaction of five commands. Errors are the session's.
absl::StatusOr<bool> IdPrimeUnchanged(FileReader& files, const CardContents& before);

}  // namespace kortvakt
