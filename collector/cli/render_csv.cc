// Answers as CSV and JSON.
#include <google/protobuf/util/json_util.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "collector/cli/render.h"
#include "collector/cli/show.h"
#include "collector/cli/text.h"
#include "common/base/time.h"

namespace kortvakt {
namespace {

std::string Time(bool present, const google::protobuf::Timestamp& timestamp) {
  return present ? FormatUtc(ToTime(timestamp)) : "";
}

std::string LoaWord(v1::Loa loa) {
  switch (loa) {
    case v1::LOA_2:
      return "2";
    case v1::LOA_3:
      return "3";
    case v1::LOA_UNKNOWN:
      return "unknown";
    default:
      return "";
  }
}

std::string YesNo(bool value) { return value ? "true" : "false"; }

// One record; texts made printable.
void Add(std::string& out, std::vector<std::string> fields) {
  for (std::string& field : fields) field = Printable(field);
  out += CsvRecord(fields);
}

std::vector<std::string> CardFields() {
  return {"card_id", "holder_hsa_id", "card_number", "organisation", "site", "workstation",      "loa",
          "state",   "not_after",     "stage",       "last_seen",    "idle", "certificate_count"};
}

std::vector<std::string> CardValues(const v1::CardRow& card) {
  return {card.card_id(),
          card.holder_hsa_id(),
          card.card_number(),
          card.organisation(),
          card.site(),
          card.workstation(),
          LoaWord(card.loa()),
          v1::CardState_Name(card.state()),
          Time(card.has_not_after(), card.not_after()),
          card.stage(),
          card.has_last_seen() ? FormatDate(ToTime(card.last_seen())) : "",
          YesNo(card.idle()),
          absl::StrCat(card.certificate_count())};
}

std::vector<std::string> SummaryValues(const v1::SiteSummary& site, const std::string& name) {
  const auto number = [](uint32_t n) { return absl::StrCat(n); };
  return {name,
          number(site.workstations_reporting()),
          number(site.workstations_late()),
          number(site.workstations_silent()),
          number(site.cards_active()),
          number(site.cards_idle()),
          number(site.cards_loa2()),
          number(site.cards_loa3()),
          number(site.renewals_8w()),
          number(site.renewals_4w()),
          number(site.renewals_2w()),
          number(site.renewals_1w()),
          number(site.renewals_expired()),
          number(site.workstations_missing_ca()),
          number(site.workstations_critical())};
}

}  // namespace

std::string RenderCsv(const v1::ListCardsResponse& response) {
  std::string out = CsvRecord(CardFields());
  for (const auto& card : response.cards()) Add(out, CardValues(card));
  return out;
}

std::string RenderCsv(const v1::ListRenewalsResponse& response) {
  std::vector<std::string> fields = CardFields();
  fields.insert(fields.end(), {"certificate_sha256", "due_at", "remedy", "contact"});
  std::string out = CsvRecord(fields);
  for (const auto& renewal : response.renewals()) {
    std::vector<std::string> values = CardValues(renewal.card());
    values.insert(values.end(), {renewal.certificate_sha256(), Time(renewal.has_due_at(), renewal.due_at()),
                                 renewal.remedy(), renewal.contact()});
    Add(out, std::move(values));
  }
  return out;
}

std::string RenderCsv(const v1::ListWorkstationsResponse& response) {
  std::string out = CsvRecord({"id", "host_name", "site", "state", "last_report", "readers", "cards",
                               "findings", "worst_severity", "agent_version", "os_version"});
  for (const auto& row : response.workstations()) {
    Add(out,
        {row.id(), row.host_name(), row.site(), row.state(), Time(row.has_last_report(), row.last_report()),
         absl::StrCat(row.readers()), absl::StrCat(row.cards()), absl::StrJoin(row.findings(), " "),
         row.worst_severity(), row.agent_version(), row.os_version()});
  }
  return out;
}

std::string RenderCsv(const v1::GetWorkstationResponse& response) {
  std::string out = CsvRecord({"id", "host_name", "site", "code", "severity", "subject", "evidence", "remedy",
                               "fixed_by", "card_id", "certificate_sha256", "ca"});
  const auto& row = response.workstation();
  for (const auto& finding : response.findings()) {
    Add(out, {row.id(), row.host_name(), row.site(), finding.code(), finding.severity(), finding.subject(),
              finding.evidence(), finding.remedy(), finding.fixed_by(), finding.card_id(),
              finding.certificate_sha256(), finding.ca()});
  }
  return out;
}

std::string RenderCsv(const v1::ListAlertsResponse& response) {
  std::string out =
      CsvRecord({"name", "site", "label", "severity", "count", "opened_at", "changed_at", "summary"});
  for (const auto& alert : response.alerts()) {
    Add(out, {alert.name(), alert.site(), alert.label(), alert.severity(), absl::StrCat(alert.count()),
              Time(alert.has_opened_at(), alert.opened_at()),
              Time(alert.has_changed_at(), alert.changed_at()), alert.summary()});
  }
  return out;
}

std::string RenderCsv(const v1::GetSummaryResponse& response) {
  std::string out =
      CsvRecord({"site", "workstations_reporting", "workstations_late", "workstations_silent", "cards_active",
                 "cards_idle", "cards_loa2", "cards_loa3", "renewals_8w", "renewals_4w", "renewals_2w",
                 "renewals_1w", "renewals_expired", "workstations_missing_ca", "workstations_critical"});
  for (const auto& site : response.sites()) Add(out, SummaryValues(site, site.site()));
  return out;
}

std::string RenderCsv(const v1::ListCasResponse& response) {
  std::string out = CsvRecord({"ca", "subject", "role", "environment", "state", "required",
                               "missing_workstations", "not_after", "sha256"});
  for (const auto& ca : response.cas()) {
    Add(out, {ca.ca(), ca.subject(), ca.role(), ca.environment(), ca.state(), YesNo(ca.required()),
              ca.required() ? absl::StrCat(ca.missing_workstations()) : "",
              Time(ca.has_not_after(), ca.not_after()), ca.sha256()});
  }
  return out;
}

absl::StatusOr<std::string> RenderJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  if (!status.ok()) {
    return absl::InternalError(
        "the collector's answer cannot be written as JSON: a time in it is out of range");
  }
  if (json.empty() || json.back() != '\n') json += '\n';
  return json;
}

}  // namespace kortvakt
