// Driver for cards with an ISO/IEC 7816-15 (PKCS#15 v1.1) file system.
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "agent/cards/card_reader.h"
#include "agent/cards/file_reader.h"

namespace kortvakt {

// Reads the application that answers to PKCS#15's own identifier. nullopt: none
// does. Errors are the session's.
absl::StatusOr<std::optional<CardContents>> ReadPkcs15(FileReader& files);

// Looks for a PKCS#15 file system elsewhere: in the applications that EF.DIR
// lists (ESIGN among them), in DF 5015, under the MF. nullopt: there is none.
absl::StatusOr<std::optional<CardContents>> ReadPkcs15Elsewhere(FileReader& files);

}  // namespace kortvakt
