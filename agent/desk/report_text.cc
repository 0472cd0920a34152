#include "agent/desk/report_text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "agent/desk/report_parts.h"
#include "agent/desk/text_page.h"
#include "common/base/time.h"
#include "common/judge/judge.h"
#include "common/judge/rule.h"
#include "common/judge/rules/usable_login.h"

namespace kortvakt {
namespace {

constexpr int kFindingColumn = 14;

TextStyle StyleOf(Severity severity) {
  switch (severity) {
    case Severity::kCritical:
      return TextStyle::kBad;
    case Severity::kWarning:
      return TextStyle::kWarning;
    case Severity::kInfo:
      break;
  }
  return TextStyle::kPlain;
}

bool CardWasRead(const Snapshot& snapshot) {
  return std::any_of(snapshot.readers.begin(), snapshot.readers.end(),
                     [](const ReaderFacts& reader) { return reader.card && WasRead(*reader.card); });
}

// A look-alike is critical for what it lets others do; by itself it stops no login.
bool StopsLogin(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.severity == Severity::kCritical && finding.code != FindingCode::kCaLookalike;
  });
}

// Whether a card here can log in all the same: what stops logins is only that certificates of
// another employer have ended, are revoked or not valid yet.
bool SomeLoginWorks(const DeskReport& report) {
  const bool of_certificates_only =
      std::all_of(report.findings.begin(), report.findings.end(), [](const Finding& finding) {
        return finding.severity != Severity::kCritical || finding.code == FindingCode::kCertExpired ||
               finding.code == FindingCode::kCertNotYetValid || finding.code == FindingCode::kCertRevoked ||
               finding.code == FindingCode::kCaLookalike;
      });
  if (!of_certificates_only) return false;
  const Case judged{report.snapshot, report.catalogue, report.policy, report.now, report.language};
  const Facts facts = MakeFacts(judged);
  return std::any_of(facts.cards.begin(), facts.cards.end(),
                     [&facts](const CardView& view) { return CanLogIn(facts, view); });
}

void WriteHead(const ReportWriter& writer) {
  const DeskReport& report = writer.report;
  const std::string& host = report.snapshot.workstation.host_name;
  writer.page.Paragraph(
      0,
      absl::Substitute(writer.Tell("Kortvakt, $0, judged for $1", "Kortvakt, $0, bedömt för $1"),
                       host.empty() ? writer.Tell("this workstation", "den här arbetsstationen") : host,
                       FormatUtc(report.now)),
      TextStyle::kFaint);
  if (report.policy_of_collector) {
    writer.page.Paragraph(
        0,
        writer.Tell("by the collector's policy and CA catalogue", "efter insamlarens policy och CA-katalog"),
        TextStyle::kFaint);
  }
}

// The answer, and what to do first.
void WriteAnswer(const ReportWriter& writer) {
  const DeskReport& report = writer.report;
  writer.page.Blank();
  const std::optional<Severity> worst = WorstSeverity(report.findings);
  if (StopsLogin(report.findings) && SomeLoginWorks(report)) {
    writer.page.Paragraph(0,
                          writer.Tell("A login works now with some of the certificates here, not with all.",
                                      "Inloggning fungerar nu med vissa av certifikaten här, inte med alla."),
                          TextStyle::kBad);
  } else if (StopsLogin(report.findings)) {
    writer.page.Paragraph(0, writer.Tell("A login will not work now.", "Inloggning fungerar inte nu."),
                          TextStyle::kBad);
  } else if (worst == Severity::kCritical) {
    writer.page.Paragraph(
        0,
        writer.Tell("Something needs doing at once, whether or not a login works.",
                    "Något måste åtgärdas genast, vare sig inloggning fungerar eller inte."),
        TextStyle::kBad);
  } else if (worst == Severity::kWarning) {
    writer.page.Paragraph(0,
                          writer.Tell("Something needs doing: a login may fail, now or soon.",
                                      "Något behöver göras: inloggning kan misslyckas, nu eller snart."),
                          TextStyle::kWarning);
  } else if (CardWasRead(report.snapshot)) {
    writer.page.Paragraph(
        0, writer.Tell("Nothing was found that stops a login.", "Inget hittades som hindrar inloggning."),
        TextStyle::kGood);
  } else {
    writer.page.Paragraph(
        0, writer.Tell("Nothing wrong was found, but no card was read: whether a login works was not tested.",
                       "Inget fel hittades, men inget kort lästes: om inloggning fungerar är inte prövat."));
  }
  const std::string first = Diagnosis(report.findings, report.language);
  if (first.empty()) return;
  writer.page.Paragraph(0, MeaningOf(report.findings.front().code, report.language));
  writer.page.Labelled(0, writer.Tell("Do first:", "Gör först:"), 11, first);
}

void WriteFindings(const ReportWriter& writer) {
  const DeskReport& report = writer.report;
  writer.Heading(report.findings.size() > 1
                     ? writer.Tell("Findings, most likely cause first", "Fynd, troligaste orsaken först")
                     : writer.Tell("Findings", "Fynd"));
  if (report.findings.empty()) writer.page.Paragraph(2, writer.Tell("none", "inga"), TextStyle::kGood);
  for (size_t i = 0; i < report.findings.size(); ++i) {
    const Finding& finding = report.findings[i];
    const auto line = [&](const char* label, const std::string& text) {
      writer.page.Labelled(5, label, kFindingColumn, text);
    };
    if (i > 0) writer.page.Blank();
    writer.page.Paragraph(2,
                          absl::StrCat(i + 1, ". ", InfoOf(finding.code).word, " (",
                                       SeverityText(finding.severity, report.language), ")"),
                          StyleOf(finding.severity));
    line(writer.Tell("About", "Gäller"), finding.subject);
    line(writer.Tell("Meaning", "Innebär"), MeaningOf(finding.code, report.language));
    line(writer.Tell("Seen", "Sett"), finding.evidence);
    line(writer.Tell("Do", "Gör"), finding.remedy);
    line(writer.Tell("Who", "Vem"), FixedByText(finding.fixed_by, report.language));
  }
}

}  // namespace

std::string Capitalised(std::string text) {
  if (!text.empty()) text[0] = absl::ascii_toupper(static_cast<unsigned char>(text[0]));
  return text;
}

std::string ReportText(const DeskReport& report) {
  TextPage page(report.width, report.colour);
  const ReportWriter writer{report, page};
  WriteHead(writer);
  WriteAnswer(writer);
  WriteCards(writer);
  WriteTrustStores(writer);
  WriteBrowsers(writer);
  WriteProbes(writer);
  WriteFindings(writer);
  return page.text();
}

}  // namespace kortvakt
