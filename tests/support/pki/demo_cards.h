// Card images of different fates.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/support/pki/test_pki.h"

namespace kortvakt::testing {

// Writes to `folder`, dates relative to `now`:
//   fine.toml        LoA3, ordinary card, 4 years left
//   due.toml         LoA3, ordinary card with signature certificates, 6 weeks left
//   expired.toml     LoA3, ended 3 weeks ago
//   loa2.toml        LoA2 reserve card of 30 days, IDPrime, 25 days left
//   empty.toml       no certificate
//   two-logins.toml  login certificates of two organisations, 2 years left
// and beside each a folder of that name with its certificates as DER. The holders
// are invented; their personal numbers are Skatteverket's test numbers.
absl::Status WriteDemoCards(const SithsLikePki& pki, const std::string& folder, absl::Time now);

}  // namespace kortvakt::testing
