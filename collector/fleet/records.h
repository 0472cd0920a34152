// What the fleet keeps in memory of a workstation and of a card.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "collector/fleet/evaluate.h"

namespace kortvakt {

struct WorkstationRecord {
  std::string id;
  std::string host_name;
  std::string site;          // as counted: may be "other"
  std::string claimed_site;  // before the cap
  std::string agent_label;   // as counted, "version\nos"
  std::string agent_version;
  std::string os;
  std::string os_version;
  std::string digest;  // empty: its next "unchanged" is answered by asking for everything
  absl::Time last_report;
  absl::Duration clock_offset;
  uint32_t readers_ok = 0;
  uint32_t readers_error = 0;
  std::vector<std::string> present;  // keys of the cards in its readers
  std::set<std::string> seen_last;   // keys of the cards that it saw last
  uint64_t reports = 0;              // how many were applied; tells whether one came meanwhile
  WorkstationVerdict verdict;
  StateVerdict state;
  absl::Time due;  // when it stands in the index of changes

  // The codes, with WORKSTATION_SILENT when it is.
  std::vector<WorkstationVerdict::Code> Findings() const;
};

struct CardRecord {
  std::string key;  // card id; without one, workstation id and reader
  std::string card_id;
  std::string reader;  // only without an id
  std::string holder_hsa_id;
  std::string card_number;
  std::string workstation_id;  // that saw it last
  std::string site;            // of that, as counted
  // Workstations whose newest snapshot has it; more than one when one of them has
  // not reported since it was pulled.
  std::set<std::string> present_at;
  CardFamily family = CardFamily::kUnknown;
  CardState state = CardState::kUnreadable;
  uint32_t certificate_count = 0;
  absl::Time last_seen;    // a day
  uint64_t sightings = 0;  // as WorkstationRecord::reports
  // Whether a verdict that differs from this one is news; false while what a
  // restart gave back has not been judged with all of its holder's cards known.
  bool settled = false;
  CardVerdict verdict;
  absl::Time due;
};

}  // namespace kortvakt
