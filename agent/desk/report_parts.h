// The parts of a report between its answer and its findings.
#pragma once

#include <string>

#include "agent/desk/report_text.h"
#include "agent/desk/text_page.h"
#include "common/judge/words.h"

namespace kortvakt {

// What all parts are written with. The references must outlive it.
struct ReportWriter {
  const DeskReport& report;
  TextPage& page;

  const char* Tell(const char* english, const char* swedish) const {
    return Say(report.language, english, swedish);
  }
  void Heading(const char* text) const {
    page.Blank();
    page.Paragraph(0, text, TextStyle::kHeading);
  }
};

// "reader" as the first word of a line: "Reader".
std::string Capitalised(std::string text);

void WriteCards(const ReportWriter& writer);
void WriteTrustStores(const ReportWriter& writer);
void WriteBrowsers(const ReportWriter& writer);
void WriteProbes(const ReportWriter& writer);

}  // namespace kortvakt
