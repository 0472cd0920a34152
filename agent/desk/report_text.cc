#include "agent/desk/report_text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "agent/desk/text_page.h"
#include "common/base/bytes.h"
#include "common/base/time.h"
#include "common/judge/judge.h"
#include "common/judge/required_cas.h"
#include "common/judge/seconds.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// No card has more for a person to look at (a usual one has 2 to 6).
constexpr size_t kMaxCertificates = 24;
constexpr int kCertificateColumn = 22;
constexpr int kFindingColumn = 14;
constexpr int kProbeColumn = 20;

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

class Writer {
 public:
  explicit Writer(const DeskReport& report) : report_(report), page_(report.width, report.colour) {}

  std::string Write() {
    Answer();
    Readers();
    TrustStores();
    Probes();
    Findings();
    return page_.text();
  }

 private:
  const char* Tell(const char* english, const char* swedish) const {
    return Say(report_.language, english, swedish);
  }

  bool CardWasRead() const {
    return std::any_of(
        report_.snapshot.readers.begin(), report_.snapshot.readers.end(),
        [](const ReaderFacts& reader) { return reader.card && reader.card->state == CardState::kRead; });
  }

  void Answer() {
    const std::string& host = report_.snapshot.workstation.host_name;
    page_.Paragraph(
        0,
        absl::Substitute(Tell("Kortvakt, $0, judged for $1", "Kortvakt, $0, bedömt för $1"),
                         host.empty() ? Tell("this workstation", "den här arbetsstationen") : host,
                         FormatUtc(report_.now)),
        TextStyle::kFaint);
    page_.Blank();
    const std::optional<Severity> worst = WorstSeverity(report_.findings);
    if (worst == Severity::kCritical) {
      page_.Paragraph(0, Tell("A login will not work now.", "Inloggning fungerar inte nu."), TextStyle::kBad);
    } else if (worst == Severity::kWarning) {
      page_.Paragraph(0,
                      Tell("Something needs doing: a login may fail, now or soon.",
                           "Något behöver göras: inloggning kan misslyckas, nu eller snart."),
                      TextStyle::kWarning);
    } else if (CardWasRead()) {
      page_.Paragraph(0,
                      Tell("Nothing was found that stops a login.", "Inget hittades som hindrar inloggning."),
                      TextStyle::kGood);
    } else {
      page_.Paragraph(
          0, Tell("Nothing wrong was found, but no card was read: whether a login works was not tested.",
                  "Inget fel hittades, men inget kort lästes: om inloggning fungerar är inte prövat."));
    }
    if (worst && *worst != Severity::kInfo) First(report_.findings.front());
  }

  void First(const Finding& finding) {
    page_.Paragraph(0, MeaningOf(finding.code, report_.language));
    page_.Labelled(0, Tell("Do first:", "Gör först:"), 11,
                   absl::StrCat(finding.remedy, " (", FixedByText(finding.fixed_by, report_.language), ")"));
  }

  void Heading(const char* text) {
    page_.Blank();
    page_.Paragraph(0, text, TextStyle::kHeading);
  }

  void Readers() {
    Heading(Tell("Readers and cards", "Läsare och kort"));
    if (!report_.snapshot.pcsc_running) {
      page_.Paragraph(2,
                      Tell("The smart card service does not run.", "Tjänsten för smarta kort är inte igång."),
                      TextStyle::kBad);
    } else if (report_.snapshot.readers.empty()) {
      page_.Paragraph(2, Tell("No reader is attached.", "Ingen läsare är ansluten."), TextStyle::kBad);
    }
    for (const ReaderFacts& reader : report_.snapshot.readers) {
      page_.Paragraph(2, Capitalised(ReaderName(reader, report_.language)));
      if (reader.state == ReaderState::kError) {
        page_.Paragraph(4, absl::StrCat(Tell("does not work: ", "fungerar inte: "), CleanText(reader.detail)),
                        TextStyle::kBad);
      }
      if (reader.card) {
        Card(*reader.card);
      } else if (reader.state == ReaderState::kOk) {
        page_.Paragraph(4, Tell("no card", "inget kort"), TextStyle::kFaint);
      }
    }
  }

  std::string StateText(const CardFacts& card) const {
    switch (card.state) {
      case CardState::kRead:
        return card.read_at ? absl::StrCat(Tell("read ", "läst "), FormatUtc(*card.read_at))
                            : Tell("read", "läst");
      case CardState::kEmpty:
        return Tell("empty: no certificate on it", "tomt: inget certifikat på det");
      case CardState::kUnreadable:
        return Tell("could not be read to the end", "kunde inte läsas till slut");
      case CardState::kUnsupported:
        return Tell("of an unknown kind", "av okänt slag");
      case CardState::kMute:
        return Tell("does not answer", "svarar inte");
      case CardState::kInUse:
        break;
    }
    return Tell("in use by another program", "används av ett annat program");
  }

  void Card(const CardFacts& card) {
    std::string name = Tell("Card", "Kort");
    if (!card.id.empty()) absl::StrAppend(&name, " ", ShortId(card.id));
    if (card.family == CardFamily::kPkcs15) name += " (PKCS#15)";
    if (card.family == CardFamily::kIdPrime) name += " (IDPrime)";
    page_.Paragraph(4, absl::StrCat(name, ", ", StateText(card)));
    for (size_t i = 0; i < card.certificates.size() && i < kMaxCertificates; ++i) {
      Certificate(card.certificates[i]);
    }
    if (card.certificates.size() > kMaxCertificates) {
      page_.Paragraph(6, absl::Substitute(Tell("and $0 certificates more", "och $0 certifikat till"),
                                          card.certificates.size() - kMaxCertificates));
    }
    if (card.unreadable_certificates > 0) {
      page_.Paragraph(6,
                      absl::Substitute(Tell("certificates that could not be read: $0",
                                            "certifikat som inte kunde läsas: $0"),
                                       card.unreadable_certificates),
                      TextStyle::kWarning);
    }
  }

  void Certificate(const CertificateFacts& certificate) {
    const bool authority = certificate.is_ca;
    page_.Labelled(6, PurposeText(certificate.purpose, report_.language), kCertificateColumn,
                   CommonName(authority ? certificate.subject : certificate.issuer));
    if (!authority) {
      std::string facts = CleanText(certificate.organisation, 100);
      if (!facts.empty()) facts += ", ";
      facts += LoaText(certificate.loa, certificate.loa_basis, report_.language);
      page_.Labelled(6, "", kCertificateColumn, facts);
    }
    const absl::Duration left = certificate.not_after - report_.now;
    const std::string end = FormatUtc(certificate.not_after);
    switch (ValidityAt(certificate, WholeSeconds(report_.now))) {
      case Validity::kValid:
        page_.Labelled(6, "", kCertificateColumn,
                       absl::Substitute(Tell("valid to $0, $1 left", "giltigt till $0, $1 kvar"), end,
                                        DurationText(left, report_.language)));
        break;
      case Validity::kExpired:
        page_.Labelled(6, "", kCertificateColumn,
                       absl::Substitute(Tell("ended $0, $1 ago", "gick ut $0, för $1 sedan"), end,
                                        DurationText(left, report_.language)),
                       TextStyle::kBad);
        break;
      case Validity::kNotYet:
        page_.Labelled(6, "", kCertificateColumn,
                       absl::Substitute(Tell("begins $0, valid to $1", "börjar gälla $0, giltigt till $1"),
                                        FormatUtc(certificate.not_before), end),
                       TextStyle::kWarning);
        break;
    }
  }

  void TrustStores() {
    Heading(Tell("Trust stores", "Betrodda certifikat"));
    if (report_.snapshot.trust_stores.empty()) {
      page_.Paragraph(2, Tell("None was looked at, so missing CA certificates cannot be told.",
                              "Inga platser undersöktes, så saknade CA-certifikat går inte att se."));
      return;
    }
    const std::vector<const CertificateFacts*> known = KnownCas(report_.snapshot);
    for (const TrustStoreFacts& store : report_.snapshot.trust_stores) {
      page_.Paragraph(2, Capitalised(StoreName(store, report_.language)));
      switch (store.state) {
        case TrustStoreState::kAbsent:
          page_.Paragraph(4, Tell("does not exist", "finns inte"), TextStyle::kFaint);
          break;
        case TrustStoreState::kUnreadable:
          page_.Paragraph(
              4, absl::StrCat(Tell("could not be read: ", "kunde inte läsas: "), CleanText(store.detail)),
              TextStyle::kWarning);
          break;
        case TrustStoreState::kRead:
          Store(store, known);
          break;
      }
    }
  }

  void Store(const TrustStoreFacts& store, const std::vector<const CertificateFacts*>& known) {
    page_.Paragraph(
        4, absl::Substitute(Tell("certificates in it: $0", "certifikat i den: $0"), store.certificate_count));
    for (const std::string& id : RequiredCas(report_.policy, report_.catalogue)) {
      const CataloguedCa* ca = report_.catalogue.FindById(id);
      if (ca == nullptr) continue;
      const char* label = Tell("there", "finns");
      std::string text = CommonName(ca->subject);
      TextStyle style = TextStyle::kGood;
      const CaPresence presence = PresenceIn(store, *ca, report_.catalogue, known);
      if (presence == CaPresence::kMissing) {
        label = Tell("missing", "saknas");
        style = TextStyle::kBad;
      } else if (presence == CaPresence::kPresentByName) {
        text += Tell(" (by its name only: not verified)", " (enligt namnet enbart: inte verifierat)");
        style = TextStyle::kPlain;
      }
      page_.Labelled(4, label, 14, text, style);
    }
  }

  void Probes() {
    if (report_.snapshot.probes.empty()) return;
    Heading(Tell("Probes", "Prövade servrar"));
    for (const ProbeFacts& probe : report_.snapshot.probes) Probe(probe);
  }

  void Probe(const ProbeFacts& probe) {
    page_.Paragraph(2, CleanText(probe.url, 200));
    const bool answered = probe.outcome == ProbeOutcome::kAnswered;
    page_.Labelled(4, Tell("answer", "svar"), kProbeColumn, OutcomeText(probe),
                   answered ? TextStyle::kPlain : TextStyle::kWarning);
    if (!probe.proxy.empty()) page_.Labelled(4, "proxy", kProbeColumn, CleanText(probe.proxy, 200));
    if (!probe.version.empty()) {
      page_.Labelled(4, "TLS", kProbeColumn, absl::StrCat(probe.version, ", ", probe.cipher));
    }
    if (!probe.chain.empty()) {
      page_.Labelled(
          4, Tell("certificate", "certifikat"), kProbeColumn,
          absl::Substitute(Tell("by '$0', valid to $1", "från '$0', giltigt till $1"),
                           CommonName(probe.chain.front().issuer), FormatUtc(probe.chain.front().not_after)));
    }
    for (const ProbeTrust& trust : probe.trust) {
      const bool trusted = trust.verdict == ProbeVerdict::kTrusted;
      page_.Labelled(4, trusted ? Tell("trusted by", "betrott av") : Tell("not trusted by", "ej betrott av"),
                     kProbeColumn, CleanText(trust.store, 200), trusted ? TextStyle::kGood : TextStyle::kBad);
    }
    if (probe.client_certificate != ClientCertificateRequest::kNotAsked) {
      page_.Labelled(4, Tell("asks for", "frågar efter"), kProbeColumn,
                     Tell("a client certificate", "ett klientcertifikat"));
    }
  }

  // Details are in the findings.
  std::string OutcomeText(const ProbeFacts& probe) const {
    switch (probe.outcome) {
      case ProbeOutcome::kNameUnknown:
        return Tell("the name has no address here", "namnet har ingen adress här");
      case ProbeOutcome::kUnreachable:
        return Tell("no connection", "ingen anslutning");
      case ProbeOutcome::kProxyRefused:
        return Tell("the proxy refuses", "proxyn vägrar");
      case ProbeOutcome::kClosedAtHello:
        return Tell("closed on the first TLS message", "stängd vid det första TLS-meddelandet");
      case ProbeOutcome::kNotTls:
        return Tell("not TLS", "inte TLS");
      case ProbeOutcome::kHandshakeFailed:
      case ProbeOutcome::kRefused:
        return absl::StrCat(probe.outcome == ProbeOutcome::kRefused
                                ? Tell("ended after the TLS handshake", "avslutad efter TLS-handskakningen")
                                : Tell("the TLS handshake fails", "TLS-handskakningen misslyckas"),
                            " (", CleanText(probe.detail, 100), ")");
      case ProbeOutcome::kSilent:
        return Tell("TLS works, but no HTTP answer came", "TLS fungerar, men inget HTTP-svar kom");
      case ProbeOutcome::kAnswered:
        return absl::StrCat("HTTP ", probe.http_status);
      case ProbeOutcome::kTimedOut:
        break;
    }
    return Tell("no answer in time", "inget svar i tid");
  }

  void Findings() {
    Heading(Tell("Findings", "Fynd"));
    if (report_.findings.empty()) page_.Paragraph(2, Tell("none", "inga"), TextStyle::kGood);
    for (size_t i = 0; i < report_.findings.size(); ++i) {
      const Finding& finding = report_.findings[i];
      if (i > 0) page_.Blank();
      page_.Paragraph(2,
                      absl::StrCat(i + 1, ". ", InfoOf(finding.code).word, " (",
                                   SeverityText(finding.severity, report_.language), ")"),
                      StyleOf(finding.severity));
      page_.Labelled(5, Tell("About", "Gäller"), kFindingColumn, finding.subject);
      page_.Labelled(5, Tell("Meaning", "Innebär"), kFindingColumn,
                     MeaningOf(finding.code, report_.language));
      page_.Labelled(5, Tell("Seen", "Sett"), kFindingColumn, finding.evidence);
      page_.Labelled(5, Tell("Do", "Gör"), kFindingColumn, finding.remedy);
      page_.Labelled(5, Tell("Who", "Vem"), kFindingColumn, FixedByText(finding.fixed_by, report_.language));
    }
  }

  static std::string Capitalised(std::string text) {
    if (!text.empty()) text[0] = absl::ascii_toupper(static_cast<unsigned char>(text[0]));
    return text;
  }

  const DeskReport& report_;
  TextPage page_;
};

}  // namespace

std::string ReportText(const DeskReport& report) { return Writer(report).Write(); }

}  // namespace kortvakt
