// What to do about a card that ends, by how much time is left.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "common/certs/certificate_facts.h"
#include "common/judge/finding.h"
#include "common/judge/policy.h"

namespace kortvakt {

// Whom to turn to for cards of `organisation` (subject O), by the policy; empty
// when nobody is named.
std::string ContactFor(const Policy& policy, const std::string& organisation);

// What to do about a login certificate that ends at `not_after` on a card of
// `lifetime` and is not replaced. It changes where the time left falls below
// policy.delivery, and when the certificate has ended. Names the contact.
std::string RenewalRemedy(absl::Time not_after, absl::Duration lifetime, const std::string& organisation,
                          const Policy& policy, absl::Time now, Language language);

}  // namespace kortvakt
