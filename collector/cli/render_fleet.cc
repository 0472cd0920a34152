// Workstations, alerts, sites and CAs as tables.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "collector/cli/render.h"
#include "collector/cli/show.h"
#include "collector/cli/text.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

Cell Plain(const std::string& text) { return {Printable(text), Style::kPlain}; }

// Zeros step back, so that what is there is seen.
Cell Number(uint32_t number, Style style = Style::kPlain) {
  return {absl::StrCat(number), number == 0 ? Style::kDim : style};
}

Style StyleOfState(const std::string& state) {
  if (state == "reporting") return Style::kGood;
  return state == "silent" ? Style::kBad : state == "late" ? Style::kWarning : Style::kDim;
}

std::vector<Cell> SummaryCells(const v1::SiteSummary& site, const std::string& name, Style name_style) {
  return {{Printable(name), name_style},
          Number(site.workstations_reporting()),
          Number(site.workstations_late(), Style::kWarning),
          Number(site.workstations_silent(), Style::kBad),
          Number(site.workstations_critical(), Style::kBad),
          Number(site.workstations_missing_ca(), Style::kWarning),
          Number(site.cards_active()),
          Number(site.cards_idle()),
          Number(site.cards_loa3()),
          Number(site.cards_loa2(), Style::kWarning),
          Number(site.renewals_8w(), Style::kWarning),
          Number(site.renewals_4w(), Style::kWarning),
          Number(site.renewals_2w(), Style::kWarning),
          Number(site.renewals_1w(), Style::kBad),
          Number(site.renewals_expired(), Style::kBad)};
}

}  // namespace

std::string RenderText(const v1::ListWorkstationsResponse& response, const Display& display) {
  if (response.workstations().empty()) return "No workstations.\n";
  Table table{.columns = {{.title = "WORKSTATION", .shrink_to = 8},
                          {.title = "SITE", .shrink_to = 8},
                          {.title = "STATE"},
                          {.title = "LAST REPORT"},
                          {.title = "READERS", .right = true, .leave_out = 2},
                          {.title = "CARDS", .right = true, .leave_out = 1},
                          {.title = "WORST"},
                          {.title = "FINDINGS", .shrink_to = 24},
                          {.title = "AGENT", .leave_out = 3},
                          {.title = "SYSTEM", .shrink_to = 8, .leave_out = 4}},
              .rows = {}};
  for (const auto& row : response.workstations()) {
    table.rows.push_back({Plain(row.host_name().empty() ? row.id() : row.host_name()),
                          Plain(row.site()),
                          {Printable(row.state()), StyleOfState(row.state())},
                          Plain(row.has_last_report() ? ShowAgo(ToTime(row.last_report()), display) : "-"),
                          Number(row.readers()),
                          Number(row.cards()),
                          {Printable(row.worst_severity()), StyleOfSeverity(row.worst_severity())},
                          Plain(absl::StrJoin(row.findings(), " ")),
                          Plain(row.agent_version()),
                          Plain(row.os_version())});
  }
  return absl::StrCat(
      RenderTable(table, display), "\n",
      Counted(static_cast<size_t>(response.workstations_size()), "workstation", "workstations"), ".\n");
}

std::string RenderText(const v1::ListAlertsResponse& response, const Display& display) {
  if (response.alerts().empty()) return "No open alerts.\n";
  Table table{.columns = {{.title = "SEVERITY"},
                          {.title = "ALERT"},
                          {.title = "SITE", .shrink_to = 8, .leave_out = 2},
                          {.title = "ABOUT", .shrink_to = 8, .leave_out = 3},
                          {.title = "COUNT", .right = true, .leave_out = 1},
                          {.title = "OPEN SINCE", .leave_out = 4},
                          {.title = "SUMMARY", .shrink_to = 40}},
              .rows = {}};
  for (const auto& alert : response.alerts()) {
    table.rows.push_back({{Printable(alert.severity()), StyleOfSeverity(alert.severity())},
                          Plain(alert.name()),
                          Plain(alert.site()),
                          Plain(alert.label()),
                          Number(alert.count()),
                          Plain(ShowMoment(ToTime(alert.opened_at()), display)),
                          Plain(alert.summary())});
  }
  return absl::StrCat(RenderTable(table, display), "\n",
                      Counted(static_cast<size_t>(response.alerts_size()), "open alert", "open alerts"),
                      ".\n");
}

std::string RenderText(const v1::GetSummaryResponse& response, const Display& display) {
  if (response.sites().empty()) return "No sites: no workstation has reported yet.\n";
  // Of workstations: OK (reporting), LATE, SILENT, CRITICAL, NO CA; of cards:
  // CARDS (in use) to LOA2; then renewals by stage.
  Table table{.columns = {{.title = "SITE", .shrink_to = 8},
                          {.title = "REPORTING", .right = true},
                          {.title = "LATE", .right = true, .leave_out = 2},
                          {.title = "SILENT", .right = true},
                          {.title = "CRITICAL", .right = true},
                          {.title = "NO CA", .right = true},
                          {.title = "CARDS", .right = true},
                          {.title = "IDLE", .right = true, .leave_out = 4},
                          {.title = "LOA3", .right = true, .leave_out = 3},
                          {.title = "LOA2", .right = true, .leave_out = 1},
                          {.title = "8W", .right = true},
                          {.title = "4W", .right = true},
                          {.title = "2W", .right = true},
                          {.title = "1W", .right = true},
                          {.title = "EXPIRED", .right = true}},
              .rows = {}};
  for (const auto& site : response.sites())
    table.rows.push_back(SummaryCells(site, site.site(), Style::kPlain));
  if (response.sites_size() > 1) {
    table.rows.push_back(SummaryCells(response.total(), "all sites", Style::kBold));
  }
  return absl::StrCat(RenderTable(table, display), "\n",
                      "Workstations REPORTING, LATE, SILENT, with CRITICAL findings, lacking a\n"
                      "required CA (NO CA); CARDS in use, IDLE cards, cards in use by level of\n"
                      "assurance; renewals due by time left.\n",
                      Counted(static_cast<size_t>(response.sites_size()), "site", "sites"), ", counted ",
                      ShowMoment(ToTime(response.judged_at()), display), ".\n");
}

std::string RenderText(const v1::ListCasResponse& response, const Display& display) {
  if (response.cas().empty()) return "No CAs are catalogued.\n";
  Table table{.columns = {{.title = "CA"},
                          {.title = "NAME", .shrink_to = 8, .leave_out = 1},
                          {.title = "ROLE", .leave_out = 3},
                          {.title = "ENVIRONMENT", .leave_out = 2},
                          {.title = "STATE"},
                          {.title = "REQUIRED"},
                          {.title = "MISSING ON", .right = true},
                          {.title = "ENDS"}},
              .rows = {}};
  for (const auto& ca : response.cas()) {
    const Cell missing =
        ca.required() ? Number(ca.missing_workstations(), Style::kBad) : Cell{"", Style::kPlain};
    table.rows.push_back(
        {Plain(ca.ca()),
         Plain(CommonName(ca.subject())),
         Plain(ca.role()),
         Plain(ca.environment()),
         {Printable(ca.state()), ca.state() == "current" ? Style::kPlain : Style::kDim},
         {ca.required() ? "yes" : "", Style::kPlain},
         missing,
         Plain(ca.has_not_after() ? ShowDate(ToTime(ca.not_after()), display) : "not known")});
  }
  return absl::StrCat(RenderTable(table, display), "\n",
                      Counted(static_cast<size_t>(response.cas_size()), "CA", "CAs"), " in catalogue ",
                      Printable(response.catalogue_version()), ". Dates in ", ShowZone(display), ".\n");
}

}  // namespace kortvakt
