// Trust stores, browsers, and the servers that were probed.
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/substitute.h"
#include "agent/desk/report_parts.h"
#include "common/base/bytes.h"
#include "common/base/time.h"
#include "common/judge/card_modules.h"
#include "common/judge/detail_text.h"
#include "common/judge/probe_text.h"
#include "common/judge/trust_view.h"

namespace kortvakt {
namespace {

constexpr int kStoreColumn = 14;
constexpr int kProbeColumn = 20;
constexpr size_t kMaxText = 200;

// What a store holds of the required CAs, and whether that counts.
void WriteRequiredCas(const ReportWriter& writer, const TrustStoreFacts& store, CaRecogniser& recogniser) {
  const DeskReport& report = writer.report;
  const TrustView view(store, recogniser, JudgedAtOf(report.snapshot, report.now));
  std::vector<std::string> there;
  std::vector<std::string> by_name;
  std::vector<std::string> unusable;
  std::vector<std::string> missing;
  for (const std::string& id : RequiredCas(report.policy, report.catalogue)) {
    const CataloguedCa* ca = report.catalogue.FindById(id);
    if (ca == nullptr) continue;
    const std::string name = CommonName(ca->subject);
    const CaGap gap = view.GapOf(*ca);
    if (gap == CaGap::kMissing) {
      missing.push_back(name);
    } else if (gap != CaGap::kNone) {
      unusable.push_back(absl::StrCat(name, " ", GapText(gap, report.language)));
    } else if (view.BestOf(*ca)->recognised.match == CaMatch::kNameOnly) {
      by_name.push_back(absl::StrCat(name, writer.Tell(" (by its name only: not verified)",
                                                       " (enligt namnet enbart: inte verifierat)")));
    } else {
      there.push_back(name);
    }
  }
  const auto list = [&](const char* label, const std::vector<std::string>& names, TextStyle style) {
    for (size_t i = 0; i < names.size(); ++i) {
      writer.page.Labelled(4, i == 0 ? label : "", kStoreColumn, names[i], style);
    }
  };
  if (missing.empty() && by_name.empty() && unusable.empty() && !there.empty()) {
    writer.page.Paragraph(
        4, writer.Tell("all required CA certificates are there", "alla nödvändiga CA-certifikat finns"),
        TextStyle::kGood);
    return;
  }
  if (there.empty() && by_name.empty() && unusable.empty() && missing.size() > 1) {
    writer.page.Paragraph(4, writer.Tell("none of the required CA certificates is there",
                                         "inget av de nödvändiga CA-certifikaten finns"));
    return;
  }
  list(writer.Tell("there", "finns"), there, TextStyle::kGood);
  list(there.empty() ? writer.Tell("there", "finns") : "", by_name, TextStyle::kPlain);
  list(writer.Tell("unusable", "räknas ej"), unusable, TextStyle::kBad);
  list(writer.Tell("missing", "saknas"), missing, TextStyle::kBad);
}

void WriteStore(const ReportWriter& writer, const TrustStoreFacts& store, CaRecogniser& recogniser) {
  const Language language = writer.report.language;
  writer.page.Paragraph(2, Capitalised(StoreName(store, language)));
  const std::string detail = DetailText(store.detail, language);
  switch (store.state) {
    case TrustStoreState::kAbsent:
      writer.page.Paragraph(4, writer.Tell("does not exist", "finns inte"), TextStyle::kFaint);
      return;
    case TrustStoreState::kUnreadable:
      writer.page.Paragraph(4,
                            absl::StrCat(writer.Tell("could not be read", "kunde inte läsas"),
                                         detail.empty() ? "" : ": ", detail),
                            TextStyle::kWarning);
      return;
    case TrustStoreState::kRead:
      break;
  }
  writer.page.Paragraph(
      4, absl::StrCat(store.certificate_count,
                      store.certificate_count == 1 ? writer.Tell(" certificate", " certifikat")
                                                   : writer.Tell(" certificates", " certifikat"),
                      detail.empty() ? "" : "; ", detail));
  WriteRequiredCas(writer, store, recogniser);
}

// By what a browser reaches cards, in words.
std::string ReachText(const ReportWriter& writer, const BrowserFacts& browser) {
  switch (CardReachOf(browser, writer.report.policy)) {
    case CardReach::kCan:
      return absl::StrCat(writer.Tell("reaches cards by ", "når kort med "),
                          absl::StrJoin(CardModules(browser, writer.report.policy), ", "));
    case CardReach::kCannot:
      return writer.Tell("has no module for cards", "har ingen modul för kort");
    case CardReach::kCannotTell:
      break;
  }
  return writer.Tell("whether it has a module for cards could not be told",
                     "om den har en modul för kort gick inte att avgöra");
}

void WriteProbe(const ReportWriter& writer, const ProbeFacts& probe) {
  const auto fact = [&](const char* label, const std::string& text, TextStyle style = TextStyle::kPlain) {
    writer.page.Labelled(4, label, kProbeColumn, text, style);
  };
  writer.page.Paragraph(2, CleanText(probe.url, kMaxText));
  const bool answered = probe.outcome == ProbeOutcome::kAnswered;
  fact(writer.Tell("answer", "svar"), OutcomeText(probe, writer.report.language),
       answered ? TextStyle::kPlain : TextStyle::kWarning);
  if (!probe.proxy.empty()) fact("proxy", CleanText(probe.proxy, kMaxText));
  if (!probe.version.empty()) fact("TLS", absl::StrCat(probe.version, ", ", probe.cipher));
  if (!probe.chain.empty()) {
    const CertificateFacts& own = probe.chain.front();
    fact(writer.Tell("certificate", "certifikat"),
         absl::Substitute(writer.Tell("by '$0', valid to $1", "från '$0', giltigt till $1"),
                          CommonName(own.issuer), FormatUtc(own.not_after)));
  }
  for (const bool trusted : {true, false}) {
    const char* label =
        trusted ? writer.Tell("trusted by", "betrott av") : writer.Tell("not trusted by", "ej betrott av");
    for (const ProbeTrust& trust : probe.trust) {
      if ((trust.verdict == ProbeVerdict::kTrusted) != trusted) continue;
      fact(label, CleanText(trust.store, kMaxText), trusted ? TextStyle::kGood : TextStyle::kBad);
      label = "";
    }
  }
  const std::string asked_for = AskedForText(probe, writer.report.language);
  if (!asked_for.empty()) fact(writer.Tell("asks for", "frågar efter"), asked_for);
}

}  // namespace

void WriteTrustStores(const ReportWriter& writer) {
  writer.Heading(writer.Tell("Trust stores", "Betrodda certifikat"));
  const Snapshot& snapshot = writer.report.snapshot;
  if (snapshot.trust_stores.empty()) {
    writer.page.Paragraph(2,
                          writer.Tell("None was looked at, so missing CA certificates cannot be told.",
                                      "Inga platser undersöktes, så saknade CA-certifikat går inte att se."));
    return;
  }
  const CaDirectory known = KnownCas(snapshot);
  CaRecogniser recogniser(writer.report.catalogue, known);
  for (const TrustStoreFacts& store : snapshot.trust_stores) WriteStore(writer, store, recogniser);
}

void WriteBrowsers(const ReportWriter& writer) {
  const std::vector<BrowserFacts>& browsers = writer.report.snapshot.browsers;
  if (browsers.empty()) return;
  writer.Heading(writer.Tell("Browsers", "Webbläsare"));
  for (const BrowserFacts& browser : browsers) {
    const CardReach reach = CardReachOf(browser, writer.report.policy);
    writer.page.Paragraph(
        2, absl::StrCat(BrowserName(browser, writer.report.snapshot), ": ", ReachText(writer, browser)),
        reach == CardReach::kCannot ? TextStyle::kWarning : TextStyle::kPlain);
  }
}

void WriteProbes(const ReportWriter& writer) {
  const std::vector<ProbeFacts>& probes = writer.report.snapshot.probes;
  if (probes.empty()) return;
  writer.Heading(writer.Tell("Probed servers", "Prövade servrar"));
  for (const ProbeFacts& probe : probes) WriteProbe(writer, probe);
}

}  // namespace kortvakt
