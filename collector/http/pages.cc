#include "collector/http/pages.h"

#include <google/protobuf/util/json_util.h>

#include <array>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/base/time.h"
#include "common/base/version.h"

namespace kortvakt {
namespace {

// Text and background keep a contrast of 4.5:1 (WCAG 2.2, 1.4.3) in both schemes.
constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--line:#c9d1d9;--soft:#59636e;--warn:#8a5300;--bad:#b3141d;--head:#f3f5f7}
@media (prefers-color-scheme:dark){:root{--line:#3d444d;--soft:#9aa4ae;--warn:#e3a33b;--bad:#ff7b72;--head:#1c2128}}
body{font:16px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0}p{margin:.4rem 0 1.2rem;color:var(--soft)}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{padding:.4rem .6rem;text-align:right;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums}
th:first-child,td:first-child{text-align:left}thead th{background:var(--head);font-weight:600;vertical-align:bottom}
thead tr:first-child th{text-align:center}tfoot td{font-weight:600}
.zero{color:var(--soft)}.warn{color:var(--warn);font-weight:600}.bad{color:var(--bad);font-weight:600}
)";

std::string Escape(std::string_view text) {
  std::string escaped;
  for (const char c : CleanText(text)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

struct ColumnOf {
  const char* title;
  uint32_t (v1::SiteSummary::*value)() const;
  const char* style;  // when the number is not 0
};
constexpr std::array<ColumnOf, 14> kColumns = {{
    {"rapporterar", &v1::SiteSummary::workstations_reporting, ""},
    {"sena", &v1::SiteSummary::workstations_late, "warn"},
    {"tysta", &v1::SiteSummary::workstations_silent, "bad"},
    {"kritiska fel", &v1::SiteSummary::workstations_critical, "bad"},
    {"saknar CA", &v1::SiteSummary::workstations_missing_ca, "warn"},
    {"i bruk", &v1::SiteSummary::cards_active, ""},
    {"vilande", &v1::SiteSummary::cards_idle, ""},
    {"LoA 3", &v1::SiteSummary::cards_loa3, ""},
    {"LoA 2", &v1::SiteSummary::cards_loa2, "warn"},
    {"8 veckor", &v1::SiteSummary::renewals_8w, "warn"},
    {"4 veckor", &v1::SiteSummary::renewals_4w, "warn"},
    {"2 veckor", &v1::SiteSummary::renewals_2w, "warn"},
    {"1 vecka", &v1::SiteSummary::renewals_1w, "bad"},
    {"utgångna", &v1::SiteSummary::renewals_expired, "bad"},
}};

std::string Row(const v1::SiteSummary& site, const std::string& name) {
  std::string row = absl::StrCat("<tr><td>", name, "</td>");
  for (const ColumnOf& column : kColumns) {
    const uint32_t number = (site.*column.value)();
    const char* style = number == 0 ? "zero" : column.style;
    if (*style == '\0') {
      absl::StrAppend(&row, "<td>", number, "</td>");
    } else {
      absl::StrAppend(&row, "<td class=\"", style, "\">", number, "</td>");
    }
  }
  return row + "</tr>\n";
}

std::string SummaryTable(const v1::GetSummaryResponse& summary) {
  if (summary.sites().empty()) return "<p>Ingen arbetsstation har rapporterat än.</p>\n";
  std::string table =
      "<div class=\"scroll\"><table>\n<thead>\n<tr><th></th><th colspan=\"5\">Arbetsstationer</th>"
      "<th colspan=\"4\">Kort</th><th colspan=\"5\">Att förnya, tid kvar</th></tr>\n"
      "<tr><th scope=\"col\">Enhet</th>";
  for (const ColumnOf& column : kColumns)
    absl::StrAppend(&table, "<th scope=\"col\">", column.title, "</th>");
  table += "</tr>\n</thead>\n<tbody>\n";
  for (const v1::SiteSummary& site : summary.sites()) table += Row(site, Escape(site.site()));
  table += "</tbody>\n";
  if (summary.sites_size() > 1) {
    absl::StrAppend(&table, "<tfoot>\n", Row(summary.total(), "Alla enheter"), "</tfoot>\n");
  }
  return table + "</table></div>\n";
}

}  // namespace

std::string SummaryPage(const v1::GetSummaryResponse& summary) {
  return absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"sv\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>Kortvakt</title>\n<style>",
      std::string(kStyle),
      "</style>\n</head>\n<body>\n<h1>Kortvakt</h1>\n<p>Kort, certifikat och arbetsstationer ",
      FormatUtc(absl::FromUnixSeconds(summary.judged_at().seconds())), "</p>\n", SummaryTable(summary),
      "<p><a href=\"/metrics\">Mätvärden för Prometheus</a> · "
      "<a href=\"/api/v1/summary\">Samma siffror som JSON</a> · kortvakt-collector ",
      kVersion, "</p>\n</body>\n</html>\n");
}

const std::string& PagePolicy() {
  // CSP 3, 2.3.1: the hash of the contents of <style>, in base64.
  static const std::string* policy = new std::string(absl::StrCat(
      "default-src 'none'; style-src 'sha256-", absl::Base64Escape(AsString(Sha256(AsBytes(kStyle)))),
      "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"));
  return *policy;
}

std::string SummaryJson(const v1::GetSummaryResponse& summary) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  // Fails for times out of range only; judged_at is the collector's own clock.
  if (!google::protobuf::util::MessageToJsonString(summary, &json, options).ok()) return "{}\n";
  return json + "\n";
}

}  // namespace kortvakt
