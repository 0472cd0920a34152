// What a card said that was wrong, gathered while the rest of it is read.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace kortvakt {

// Whether `status` is the card's fault (a status word, an answer against the
// protocol, contents that cannot be) and so a finding about it. Everything else
// is an error of the session: the card is gone or in use by others, time or budget
// is used up.
bool IsCardFault(const absl::Status& status);

// "status word 6A82": kNotFound for what the card says is not there (6A82, 6A83,
// 6A88), else kFailedPrecondition. ISO/IEC 7816-4, 5.6.
absl::Status StatusWordFault(uint16_t sw);

// Contents that cannot be.
absl::Status ContentFault(std::string_view what);

// A list of faults as one text: the first few in full, the others counted, for a
// hostile card can have thousands.
class Evidence {
 public:
  // `where`: the file, such as "EF.CDF 50154404".
  void Add(std::string_view where, const absl::Status& fault);
  bool empty() const { return count_ == 0; }
  std::string Text() const;

 private:
  std::string text_;
  size_t count_ = 0;
};

}  // namespace kortvakt
