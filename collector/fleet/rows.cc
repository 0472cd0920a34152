#include "collector/fleet/rows.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/judge/remedy.h"

namespace kortvakt {
namespace {

// A record that fits, with what orders it.
template <typename Record>
struct Candidate {
  std::string sort_key;
  const Record* record;
  size_t index = 0;  // of the renewal
};

// Sorts and cuts the page out; rows are made of that page only.
template <typename Row, typename Record, typename MakeRow>
RowPage<Row> CutPage(std::vector<Candidate<Record>> candidates, const PageRange& range, MakeRow make_row) {
  RowPage<Row> page;
  page.total = candidates.size();
  const auto before = [](const Candidate<Record>& a, const Candidate<Record>& b) {
    return a.sort_key < b.sort_key;
  };
  const auto first = std::partition(
      candidates.begin(), candidates.end(),
      [&range](const Candidate<Record>& one) { return !range.after.empty() && one.sort_key <= range.after; });
  const size_t left = static_cast<size_t>(candidates.end() - first);
  const size_t count = std::min(left, range.limit);
  std::partial_sort(first, first + static_cast<ptrdiff_t>(count), candidates.end(), before);
  page.more = left > count;
  page.rows.reserve(count);
  for (auto one = first; one != first + static_cast<ptrdiff_t>(count); ++one)
    page.rows.push_back(make_row(*one));
  return page;
}

// Orders as the times do; without a time last.
std::string TimeKey(const std::optional<absl::Time>& time) {
  if (!time) return "~";
  // Years 1 to 9999 are within ±2^40 seconds of 1970.
  return absl::StrFormat("%013d", absl::ToUnixSeconds(*time) + (int64_t{1} << 40));
}

std::optional<absl::Time> EndOf(const CardRecord& card) {
  if (card.verdict.renewals.empty()) return std::nullopt;
  return card.verdict.renewals.front().not_after;
}

std::string HostOf(const FleetState& state, const CardRecord& card) {
  const auto workstation = state.workstations().find(card.workstation_id);
  return workstation == state.workstations().end() ? "" : workstation->second.host_name;
}

CardRow CardRowOf(const FleetState& state, const CardRecord& card) {
  CardRow row;
  row.card_id = card.card_id;
  row.holder_hsa_id = card.holder_hsa_id;
  row.card_number = card.card_number;
  row.organisation = card.verdict.organisation;
  row.site = card.site;
  row.workstation = HostOf(state, card);
  row.loa = card.verdict.loa;
  row.family = card.family;
  row.state = card.state;
  row.not_after = EndOf(card);
  if (!card.verdict.renewals.empty()) row.stage = card.verdict.renewals.front().stage;
  row.last_seen = card.last_seen;
  row.idle = card.verdict.idle;
  row.certificate_count = card.certificate_count;
  return row;
}

bool Fits(const std::string& wanted, const std::string& value) { return wanted.empty() || wanted == value; }

}  // namespace

RowPage<CardRow> CardRows(const FleetState& state, const CardFilter& filter, const PageRange& range) {
  std::vector<Candidate<CardRecord>> candidates;
  for (const auto& [key, card] : state.cards()) {
    if (card.verdict.idle && !filter.include_idle) continue;
    if (!Fits(filter.site, card.site) || !Fits(filter.holder_hsa_id, card.holder_hsa_id)) continue;
    if (filter.loa && *filter.loa != card.verdict.loa) continue;
    if (card.card_id.compare(0, filter.card_id_prefix.size(), filter.card_id_prefix) != 0) continue;
    candidates.push_back({absl::StrCat(TimeKey(EndOf(card)), " ", key), &card});
  }
  return CutPage<CardRow>(std::move(candidates), range, [&state](const Candidate<CardRecord>& one) {
    CardRow row = CardRowOf(state, *one.record);
    row.sort_key = one.sort_key;
    return row;
  });
}

RowPage<RenewalRow> RenewalRows(const FleetState& state, const RenewalFilter& filter, const PageRange& range,
                                absl::Time now) {
  std::vector<Candidate<CardRecord>> candidates;
  for (const auto& [key, card] : state.cards()) {
    if (card.verdict.idle && !filter.include_idle) continue;
    if (!Fits(filter.site, card.site)) continue;
    for (size_t i = 0; i < card.verdict.renewals.size(); ++i) {
      const CardRenewal& renewal = card.verdict.renewals[i];
      const bool soon = filter.within > absl::ZeroDuration() && renewal.due_at <= now + filter.within;
      if (renewal.stage == Stage::kNotDue && !soon) continue;
      if (filter.stage && *filter.stage != renewal.stage) continue;
      if (filter.loa && *filter.loa != renewal.loa) continue;
      candidates.push_back(
          {absl::StrCat(TimeKey(renewal.not_after), " ", key, " ", renewal.sha256), &card, i});
    }
  }
  return CutPage<RenewalRow>(std::move(candidates), range, [&](const Candidate<CardRecord>& one) {
    const CardRecord& card = *one.record;
    const CardRenewal& renewal = card.verdict.renewals[one.index];
    RenewalRow row;
    row.card = CardRowOf(state, card);
    row.card.sort_key = one.sort_key;
    row.card.not_after = renewal.not_after;
    row.card.stage = renewal.stage;
    row.certificate_sha256 = renewal.sha256;
    row.loa = renewal.loa;
    const Policy& policy = state.judgement()->policy;
    if (renewal.stage != Stage::kNotDue) {
      row.remedy = RenewalRemedy(renewal.not_after, renewal.lifetime, renewal.organisation, policy, now,
                                 Language::kEnglish);
    }
    row.contact = ContactFor(policy, renewal.organisation);
    row.due_at = renewal.due_at;
    return row;
  });
}

RowPage<WorkstationRow> WorkstationRows(const FleetState& state, const WorkstationFilter& filter,
                                        const PageRange& range) {
  std::vector<Candidate<WorkstationRecord>> candidates;
  for (const auto& [id, workstation] : state.workstations()) {
    if (!Fits(filter.site, workstation.site)) continue;
    const WorkstationState is = workstation.state.state;
    if (filter.state ? *filter.state != is : is == WorkstationState::kRetired) continue;
    if (filter.finding) {
      const std::vector<WorkstationVerdict::Code> findings = workstation.Findings();
      const bool has = std::any_of(findings.begin(), findings.end(),
                                   [&filter](const auto& one) { return one.code == *filter.finding; });
      if (!has) continue;
    }
    candidates.push_back({absl::StrCat(absl::AsciiStrToLower(workstation.host_name), " ", id), &workstation});
  }
  return CutPage<WorkstationRow>(std::move(candidates), range, [](const Candidate<WorkstationRecord>& one) {
    WorkstationRow row = RowOf(*one.record);
    row.sort_key = one.sort_key;
    return row;
  });
}

WorkstationRow RowOf(const WorkstationRecord& workstation) {
  WorkstationRow row;
  row.id = workstation.id;
  row.host_name = workstation.host_name;
  row.site = workstation.site;
  row.state = workstation.state.state;
  row.last_report = workstation.last_report;
  row.readers = workstation.readers_ok + workstation.readers_error;
  row.cards = static_cast<uint32_t>(workstation.present.size());
  for (const WorkstationVerdict::Code& finding : workstation.Findings()) row.findings.push_back(finding.code);
  if (!row.findings.empty()) row.worst_severity = workstation.Findings().front().severity;
  row.agent_version = workstation.agent_version;
  row.os_version = workstation.os_version;
  return row;
}

}  // namespace kortvakt
