// One workstation, for the person on the telephone with whoever sits at it.
#include <string>

#include "absl/strings/str_cat.h"
#include "collector/cli/render.h"
#include "collector/cli/show.h"
#include "collector/cli/workstation_page.h"
#include "common/judge/finding.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

std::string StateWord(const WorkstationPage& page, const std::string& state) {
  if (state == "reporting") return page.Say("reporting", "rapporterar");
  if (state == "late") return page.Say("late", "sen");
  if (state == "silent") return page.Say("silent", "tyst");
  if (state == "retired") return page.Say("retired", "avförd");
  return state;
}

std::string SeverityHead(const WorkstationPage& page, const std::string& severity) {
  if (severity == "critical") return page.Say("CRITICAL", "KRITISKT");
  if (severity == "warning") return page.Say("WARNING", "VARNING");
  return page.Say("INFO", "INFO");
}

std::string Doer(Language language, const std::string& word) {
  for (const FixedBy one :
       {FixedBy::kUser, FixedBy::kLocalIt, FixedBy::kCardOffice, FixedBy::kServiceOwner}) {
    if (word == FixedByWord(one)) return FixedByText(one, language);
  }
  return word;  // of a newer collector
}

void AddHead(WorkstationPage& page, const v1::GetWorkstationResponse& response) {
  const v1::WorkstationRow& row = response.workstation();
  const v1::Snapshot& snapshot = response.snapshot();
  page.Paragraph(0, "", row.host_name().empty() ? row.id() : row.host_name(), Style::kBold);
  if (response.findings().empty()) {
    page.Paragraph(0, "", page.Say("Nothing is wrong here.", "Inget fel har hittats."), Style::kGood);
  } else if (response.findings(0).severity() == SeverityWord(Severity::kInfo)) {
    page.Paragraph(
        0, "", page.Say("Nothing was found that stops a login.", "Inget hittades som hindrar inloggning."),
        Style::kGood);
  } else {
    // A collector of before has no diagnosis.
    const std::string& first =
        response.diagnosis().empty() ? response.findings(0).remedy() : response.diagnosis();
    page.Paragraph(0, page.Say("Do first: ", "Gör först: "), first,
                   StyleOfSeverity(response.findings(0).severity()));
  }
  page.Blank();
  page.Fact(0, page.Say("site", "enhet"), row.site());
  std::string state = StateWord(page, row.state());
  if (row.has_last_report()) {
    const absl::Time reported = ToTime(row.last_report());
    absl::StrAppend(&state, page.Say(", last report ", ", senaste rapport "),
                    ShowMoment(reported, page.display()), " (", ShowAgo(reported, page.display()), ")");
  }
  page.Fact(0, page.Say("state", "läge"), state);
  page.Fact(0, page.Say("system", "system"), row.os_version());
  page.Fact(0, page.Say("agent", "agent"), row.agent_version());
  if (const v1::Versions& versions = snapshot.versions(); !versions.policy().empty()) {
    page.Fact(0, page.Say("agent judges by", "agentens regler"),
              absl::StrCat("policy ", versions.policy(), page.Say(", CA catalogue ", ", CA-katalog "),
                           versions.catalogue()));
  }
  page.Fact(0, "id", row.id());
  if (snapshot.pcsc().state() == v1::PCSC_STATE_DOWN) {
    const std::string& detail = snapshot.pcsc().detail();
    page.Fact(0, page.Say("card service", "korttjänst"),
              absl::StrCat(page.Say("does not answer", "svarar inte"),
                           detail.empty() ? "" : absl::StrCat(" (", detail, ")")),
              Style::kBad);
  }
}

void AddFindings(WorkstationPage& page, const v1::GetWorkstationResponse& response) {
  if (response.findings().empty()) return;
  page.Heading(page.Say("Findings, most likely cause first", "Fynd, troligaste orsaken först"));
  for (const v1::Finding& finding : response.findings()) {
    page.Marked(2, SeverityHead(page, finding.severity()), StyleOfSeverity(finding.severity()),
                finding.code());
    page.Paragraph(4, "", finding.meaning());
    page.Fact(4, page.Say("about", "gäller"), finding.subject());
    page.Fact(4, page.Say("seen", "underlag"), finding.evidence());
    page.Fact(4, page.Say("what to do", "gör så här"), finding.remedy());
    page.Fact(4, page.Say("who does it", "vem"), Doer(page.language(), finding.fixed_by()));
  }
}

}  // namespace

std::string RenderText(const v1::GetWorkstationResponse& response, const Display& display) {
  WorkstationPage page(display);
  AddHead(page, response);
  AddFindings(page, response);
  AddCards(page, response);
  AddPlaces(page, response.snapshot());
  page.Blank();
  page.Paragraph(0, "",
                 absl::StrCat(page.Say("Judged for ", "Bedömt för "),
                              ShowMoment(ToTime(response.judged_at()), display), "."));
  return page.Take();
}

}  // namespace kortvakt
