// Trust stores, browsers, and the servers that were probed.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "collector/cli/show.h"
#include "collector/cli/workstation_page.h"
#include "common/judge/detail_text.h"
#include "common/judge/probe_text.h"
#include "common/judge/words.h"
#include "common/snapshot/probe_proto.h"

namespace kortvakt {
namespace {

// So many names are told in one line.
constexpr size_t kMaxNames = 6;

std::string StoreText(const WorkstationPage& page, const v1::TrustStore& store) {
  ProtoCheck check;
  TrustStoreFacts facts;
  facts.kind = check.Enum("kind", store.kind(), 1, TrustStoreKind::kBrowserPolicy);
  facts.location = store.location();
  if (!store.owner().empty()) facts.owner = store.owner();
  // A kind that only a newer collector knows is not named.
  return check.status().ok() ? StoreName(facts, page.language()) : store.location();
}

// Roots count where they are trusted; of others it is enough that they are there.
void AddCa(WorkstationPage& page, const v1::TrustedCa& ca) {
  const v1::Certificate& certificate = ca.certificate();
  const bool root = certificate.subject() == certificate.issuer();
  const bool distrusted = ca.trust() == v1::CA_TRUST_DISTRUSTED;
  const bool idle = root && ca.trust() == v1::CA_TRUST_PRESENT;
  const char* note = distrusted ? page.Say(" (distrusted)", " (markerad som ej betrodd)")
                     : idle     ? page.Say(" (there, but not trusted)", " (finns, men är inte betrodd)")
                                : "";
  page.Paragraph(4, "- ", absl::StrCat(CommonName(certificate.subject()), note),
                 distrusted ? Style::kBad
                 : idle     ? Style::kWarning
                            : Style::kPlain);
}

void AddStore(WorkstationPage& page, const v1::TrustStore& store) {
  page.Paragraph(2, "", StoreText(page, store));
  const std::string detail = DetailText(store.detail(), page.language());
  const std::string more = detail.empty() ? "" : absl::StrCat(": ", detail);
  switch (store.state()) {
    case v1::TRUST_STORE_STATE_READ:
      break;
    case v1::TRUST_STORE_STATE_ABSENT:
      page.Paragraph(4, "", page.Say("does not exist", "finns inte"), Style::kDim);
      return;
    default:
      page.Paragraph(4, "", absl::StrCat(page.Say("could not be read", "kunde inte läsas"), more),
                     Style::kWarning);
      return;
  }
  const bool one = store.certificate_count() == 1;
  const char* interest = !store.cas().empty() ? page.Say("; of interest here:", "; av intresse här:")
                         : store.certificate_count() > 0
                             ? page.Say("; none of interest here", "; inget av intresse här")
                             : "";
  page.Paragraph(
      4, "",
      absl::StrCat(store.certificate_count(),
                   one ? page.Say(" certificate", " certifikat") : page.Say(" certificates", " certifikat"),
                   detail.empty() ? "" : "; ", detail, interest));
  for (const v1::TrustedCa& ca : store.cas()) AddCa(page, ca);
}

std::string ModulesText(const WorkstationPage& page, const v1::Browser& browser) {
  std::vector<std::string> files;
  for (const v1::SecurityModule& module : browser.modules()) {
    files.push_back(absl::StrCat(module.file(),
                                 module.absent() ? page.Say(" (no such file)", " (filen finns inte)") : ""));
  }
  if (!files.empty()) return ListText(files, kMaxNames, page.language());
  return browser.modules_state() == v1::MODULES_STATE_READ
             ? page.Say("none", "ingen")
             : page.Say("could not be told", "gick inte att avgöra");
}

void AddBrowser(WorkstationPage& page, const v1::Browser& browser, const v1::Snapshot& snapshot) {
  page.Paragraph(2, "", absl::StrCat(browser.name(), " (", browser.owner(), ")"));
  // Its own database comes first (Browser.trust_stores).
  if (!browser.trust_stores().empty() &&
      browser.trust_stores(0) < static_cast<uint32_t>(snapshot.trust_stores_size())) {
    page.Fact(4, page.Say("database", "databas"),
              snapshot.trust_stores(static_cast<int>(browser.trust_stores(0))).location());
  }
  page.Fact(4, page.Say("modules", "moduler"), ModulesText(page, browser));
}

void AddTrust(WorkstationPage& page, const ProbeFacts& probe) {
  for (const bool trusted : {true, false}) {
    std::vector<std::string> stores;
    for (const ProbeTrust& trust : probe.trust) {
      if ((trust.verdict == ProbeVerdict::kTrusted) == trusted) stores.push_back(trust.store);
    }
    page.Fact(4, trusted ? page.Say("trusted by", "betrott av") : page.Say("not trusted by", "ej betrott av"),
              ListText(stores, kMaxNames, page.language()), trusted ? Style::kPlain : Style::kBad);
  }
}

void AddProbe(WorkstationPage& page, const v1::Probe& proto) {
  page.Paragraph(2, "", proto.url());
  ProtoCheck check;
  const ProbeFacts probe = ProbeFromProto(check, proto);
  if (!check.status().ok()) {
    page.Paragraph(4, "",
                   page.Say("what was seen is not understood by this version of kortvakt",
                            "det som sågs förstås inte av den här versionen av kortvakt"),
                   Style::kWarning);
    return;
  }
  page.Fact(4, page.Say("answer", "svar"), OutcomeText(probe, page.language()),
            probe.outcome == ProbeOutcome::kAnswered ? Style::kPlain : Style::kWarning);
  page.Fact(4, "proxy", probe.proxy);
  page.Fact(4, "TLS", probe.version);
  if (!probe.chain.empty()) {
    const CertificateFacts& own = probe.chain.front();
    page.Fact(
        4, page.Say("certificate", "certifikat"),
        absl::StrCat(page.Say("by ", "från "), CommonName(own.issuer),
                     page.Say(", valid to ", ", giltigt till "), ShowMoment(own.not_after, page.display())));
  }
  AddTrust(page, probe);
  page.Fact(4, page.Say("asks for", "frågar efter"), AskedForText(probe, page.language()));
}

}  // namespace

void AddPlaces(WorkstationPage& page, const v1::Snapshot& snapshot) {
  if (!snapshot.trust_stores().empty()) page.Heading(page.Say("Trust stores", "Betrodda certifikat"));
  for (const v1::TrustStore& store : snapshot.trust_stores()) AddStore(page, store);
  if (!snapshot.browsers().empty()) page.Heading(page.Say("Browsers", "Webbläsare"));
  for (const v1::Browser& browser : snapshot.browsers()) AddBrowser(page, browser, snapshot);
  if (!snapshot.probes().empty()) page.Heading(page.Say("Probed servers", "Prövade servrar"));
  for (const v1::Probe& probe : snapshot.probes()) AddProbe(page, probe);
}

}  // namespace kortvakt
