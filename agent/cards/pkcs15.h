// Driver for cards with an ISO/IEC 7816-15 (PKCS#15 v1.1) file system: where on the card it is.
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "agent/cards/card_reader.h"
#include "agent/cards/file_reader.h"
#include "common/base/bytes.h"

namespace kortvakt {

// Looks for the file system of one card, first by PKCS#15's own identifier. Errors are the
// session's.
class Pkcs15Search {
 public:
  // `files` must outlive it.
  explicit Pkcs15Search(FileReader& files) : files_(files) {}

  // Reads the application that answers to PKCS#15's own identifier. nullopt: none does.
  absl::StatusOr<std::optional<CardContents>> ByIdentifier();

  // To be called after ByIdentifier. Reads what else there is: the applications that EF.DIR lists
  // (ESIGN among them) and, where none answers to the identifier, DF 5015 and the MF; up to the
  // first with certificates. nullopt: there is nothing.
  absl::StatusOr<std::optional<CardContents>> Elsewhere();

 private:
  FileReader& files_;
  bool selected_ = false;  // an application answers to the identifier …
  bool found_ = false;     // … and has an object directory
};

// Of two applications of one card that which has certificates, or the first.
CardContents BetterOf(CardContents first, CardContents second);

}  // namespace kortvakt
