// The fleet in numbers: what metrics, alerts and summaries are made of. Closed
// label words stand here, once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/certs/certificate_facts.h"
#include "common/judge/finding.h"
#include "common/judge/renewal.h"

namespace kortvakt {

// By the time since the last report: policy late_after, silent_after, retired_after.
enum class WorkstationState { kReporting, kLate, kSilent, kRetired };
inline constexpr std::array<const char*, 4> kWorkstationStateWords = {"reporting", "late", "silent",
                                                                      "retired"};
inline const char* WorkstationStateWord(WorkstationState state) {
  return kWorkstationStateWords[static_cast<size_t>(state)];
}

inline constexpr std::array<const char*, 2> kReaderStateWords = {"ok", "error"};

// Index of a level of assurance in the tables below; the first three are also
// those of certificates and renewals ("none": no valid login certificate).
inline constexpr std::array<const char*, 4> kLoaWords = {"2", "3", "unknown", "none"};
inline size_t CardLoaIndex(Loa loa) {
  switch (loa) {
    case Loa::k2:
      return 0;
    case Loa::k3:
      return 1;
    case Loa::kNotApplicable:
      return 3;
    default:
      return 2;
  }
}
inline size_t CertificateLoaIndex(Loa loa) {
  const size_t index = CardLoaIndex(loa);
  return index == 3 ? 2 : index;
}

inline constexpr std::array<const char*, 2> kPresenceWords = {"active", "idle"};
inline constexpr std::array<const char*, 3> kPurposeWords = {"authentication", "signature", "other"};
inline constexpr std::array<const char*, 7> kTimeLeftWords = {"expired", "lt_1w",  "lt_2w", "lt_4w",
                                                              "lt_8w",   "lt_26w", "ge_26w"};
inline constexpr std::array<const char*, 5> kStageWords = {"8w", "4w", "2w", "1w", "expired"};
inline constexpr size_t StageIndex(Stage stage) { return static_cast<size_t>(stage) - 1; }  // not kNotDue

// |workstation's clock - collector's|: under a minute, 5 minutes, a day.
inline constexpr std::array<const char*, 4> kClockBandWords = {"ok", "lt_5m", "ge_5m", "ge_1d"};

// Numbers of one site. Cards count at the site that saw them last.
struct SiteCounts {
  std::array<uint32_t, 4> workstations{};          // by WorkstationState
  std::array<uint32_t, 2> readers{};               // ok, error; not of retired workstations
  std::array<std::array<uint32_t, 2>, 4> cards{};  // [kLoaWords][kPresenceWords]
  std::array<std::array<std::array<uint32_t, 7>, 3>, 3>
      certificates{};                                 // [purpose][loa][time left], active cards
  std::array<std::array<uint32_t, 5>, 3> renewals{};  // [loa][stage], active cards
  std::array<uint32_t, 4> clock_skew{};               // [kClockBandWords], not retired
  // The following leave retired workstations out; silent ones count as last seen.
  std::vector<uint32_t> finding_workstations;  // by FindingCode, each workstation once a code
  std::vector<uint32_t> missing_ca;            // by index into FleetCounts::required_cas
  uint32_t workstations_missing_ca = 0;
  uint32_t workstations_critical = 0;
  // Earliest end of an unreplaced login certificate on an active card; absent: there is none.
  std::optional<absl::Time> soonest_not_after;

  bool operator==(const SiteCounts&) const = default;
};

struct FleetCounts {
  // By name; only sites that have a workstation or a card.
  std::map<std::string, SiteCounts> sites;
  std::vector<std::string> required_cas;  // catalogue ids
  // Agents by version and operating system; not of retired workstations.
  std::map<std::pair<std::string, std::string>, uint32_t> agents;
  // Unreplaced login certificates of active cards that become due in this month (UTC) and the 11 after it.
  std::array<uint32_t, 12> forecast{};
  // How often a site or agent version was counted as "other" because the cap was reached.
  uint64_t label_overflows = 0;

  bool operator==(const FleetCounts&) const = default;
};

}  // namespace kortvakt
