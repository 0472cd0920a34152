// One workstation in full.
#include "absl/strings/str_cat.h"
#include "collector/fleet/fleet_state.h"
#include "collector/fleet/rows.h"
#include "common/base/time.h"
#include "common/judge/judge.h"
#include "common/judge/words.h"

namespace kortvakt {

absl::StatusOr<WorkstationDetail> FleetState::Detail(const std::string& workstation_id, Snapshot snapshot,
                                                     absl::Time now, Language language) const {
  const auto place = workstations_.find(workstation_id);
  if (place == workstations_.end()) {
    return absl::NotFoundError(absl::StrCat("no workstation has the id ", workstation_id));
  }
  const WorkstationRecord& workstation = place->second;
  snapshot.clock.offset_to_collector = workstation.clock_offset;
  WorkstationDetail detail{RowOf(workstation), std::move(snapshot), {}, judgement_};
  detail.findings =
      Judge({detail.snapshot, *judgement_->catalogue, judgement_->policy, now, language, this}).findings;
  const StateVerdict state = EvaluateState(workstation.last_report, judgement_->policy, now);
  if (state.state == WorkstationState::kSilent || state.state == WorkstationState::kRetired) {
    // First: whatever else is known of it is old.
    detail.findings.insert(detail.findings.begin(), SilentFinding(workstation, now, language));
  }
  return detail;
}

Finding SilentFinding(const WorkstationRecord& workstation, absl::Time now, Language language) {
  const FindingInfo& info = InfoOf(FindingCode::kWorkstationSilent);
  Finding finding;
  finding.code = info.code;
  finding.severity = info.severity;
  finding.fixed_by = info.fixed_by;
  const std::string since = DurationText(now - workstation.last_report, language);
  finding.subject = absl::StrCat(Say(language, "workstation ", "arbetsstation "), workstation.host_name);
  finding.evidence =
      absl::StrCat(Say(language, "last report ", "senaste rapport "), FormatUtc(workstation.last_report),
                   Say(language, ", ", ", för "), since, Say(language, " ago", " sedan"));
  finding.remedy =
      Say(language,
          "See whether the computer is still in use; if so, start kortvakt-agent and look at its log "
          "(journalctl -u kortvakt-agent) for why it does not reach the collector.",
          "Ta reda på om datorn fortfarande används; starta i så fall kortvakt-agent och se i dess "
          "logg (journalctl -u kortvakt-agent) varför den inte når insamlaren.");
  return finding;
}

}  // namespace kortvakt
