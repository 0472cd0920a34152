// When a card is due: design, section 4 "Renewal" and "Unreplaced".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "common/certs/ca_catalogue.h"
#include "common/certs/classify.h"
#include "common/judge/policy.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt {

enum class Stage { kNotDue, k8w, k4w, k2w, k1w, kExpired };
const char* StageWord(Stage stage);  // "8w", "4w", "2w", "1w", "expired"; "" when not due
// Null: no such word.
std::optional<Stage> FindStage(std::string_view word);

// The stage at `now` of a certificate that ends at `not_after` on a card of
// `lifetime`: not due while the time left is more than min(policy.renewal_within,
// lifetime / divisor); expired from the second after not_after (RFC 5280,
// 4.1.2.5: not_after itself still counts); else the smallest of 56, 28, 14 and 7
// days that the time left does not exceed. A longer renewal_within than 56 days
// shows as 8w.
Stage StageAt(absl::Time not_after, absl::Duration lifetime, const Policy& policy, absl::Time now);

// When StageAt changes next after `now`; InfiniteFuture when never.
absl::Time NextStageChange(absl::Time not_after, absl::Duration lifetime, const Policy& policy,
                           absl::Time now);

// A login certificate that decides when its holder must renew.
struct RenewalFacts {
  size_t certificate = 0;  // index into the card's certificates
  absl::Time not_after;
  absl::Duration lifetime;  // L: earliest notBefore of the person certificates that overlap to this notAfter
  absl::Time due_at;        // not_after - min(renewal_within, L / divisor)
  Stage stage = Stage::kNotDue;
};

// Whether a certificate of another card makes this one replaced: same holder,
// purpose and organisation, ending later. Given by the collector, who knows the
// fleet; null at the desk.
class ReplacementLookup {
 public:
  virtual ~ReplacementLookup() = default;
  virtual bool HasLater(const CardFacts& card, const CertificateFacts& certificate) const = 0;
};

// The renewals of a card: of each organisation its earliest authentication
// certificate that nothing on the card (or by `elsewhere`) replaces; soonest
// first. Only certificates of catalogued person CAs count; empty when there are
// none. Certificates with a personnummer follow their card's HSA-id. The card's
// certificates must be classified (classify.h).
std::vector<RenewalFacts> CardRenewals(const CardFacts& card, const CaCatalogue& catalogue,
                                       const CaDirectory& known_cas, const Policy& policy, absl::Time now,
                                       const ReplacementLookup* elsewhere = nullptr);

// The highest level of the card's valid authentication certificates; kUnknown
// when there are such but none tells; kNotApplicable when there is none.
Loa CardLoa(const CardFacts& card, absl::Time now);

}  // namespace kortvakt
