// From a snapshot to what the fleet keeps of it: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "collector/fleet/fleet.h"

namespace kortvakt {

// A certificate as the metric counts it: indices into counts.h's words.
struct CertificateTally {
  uint8_t purpose = 0;
  uint8_t loa = 0;
  uint8_t time_left = 0;

  bool operator==(const CertificateTally&) const = default;
};

// An unreplaced login certificate.
struct CardRenewal {
  std::string sha256;
  std::string organisation;
  absl::Time not_after;
  absl::Time due_at;
  absl::Duration lifetime;  // as RenewalFacts
  Loa loa = Loa::kUnknown;
  Stage stage = Stage::kNotDue;

  bool operator==(const CardRenewal&) const = default;
};

// A person's certificate on a card: what another card's may be replaced by. Of
// those alike in all but the time, the one that ends last.
struct HeldCertificate {
  Purpose purpose = Purpose::kOther;
  bool national_number = false;  // identified by a personnummer or samordningsnummer
  CaEnvironment environment = CaEnvironment::kProduction;
  std::string organisation;
  absl::Time not_after;

  bool operator==(const HeldCertificate&) const = default;
};

// Orders by everything but the time.
bool HeldBefore(const HeldCertificate& a, const HeldCertificate& b);

struct CardVerdict {
  std::string organisation;
  Loa loa = Loa::kNotApplicable;
  bool idle = false;
  std::vector<CertificateTally> certificates;
  std::vector<CardRenewal> renewals;  // soonest end first
  std::vector<HeldCertificate> held;  // by HeldBefore
  absl::Time next_change;
};

struct WorkstationVerdict {
  struct Code {
    FindingCode code;
    Severity severity;  // the worst of the findings with this code

    bool operator==(const Code&) const = default;
  };
  std::vector<Code> findings;  // most severe first, each code once
  std::vector<std::string> missing_cas;
  absl::Time next_change;
};

struct StateVerdict {
  WorkstationState state = WorkstationState::kReporting;
  absl::Time next_change;
};

// First second of the day of `time`, UTC: all that is kept of when a card was seen.
absl::Time DayOf(absl::Time time);

// How `certificate` stands among replacements; see HeldCertificate.
HeldCertificate HeldOf(const CertificateFacts& certificate, const CaCatalogue& catalogue);

// The one of the verdict that is alike; null: there is none.
const HeldCertificate* FindHeld(const CardVerdict& verdict, const HeldCertificate& like);

// Judges the card of `snapshot` (as CardSnapshotOf makes it).
CardVerdict EvaluateCard(const Snapshot& snapshot, const Judgement& judgement, absl::Time last_seen,
                         absl::Time now, const ReplacementLookup& replacements);

WorkstationVerdict EvaluateWorkstation(const Snapshot& snapshot, const Judgement& judgement, absl::Time now,
                                       const ReplacementLookup& replacements);

StateVerdict EvaluateState(absl::Time last_report, const Policy& policy, absl::Time now);

// Index into kClockBandWords.
size_t ClockBand(absl::Duration offset);

}  // namespace kortvakt
