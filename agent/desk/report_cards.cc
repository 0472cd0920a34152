// Readers, the cards in them, and the cards' certificates.
#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "agent/desk/report_parts.h"
#include "common/base/bytes.h"
#include "common/base/time.h"
#include "common/judge/detail_text.h"
#include "common/judge/login_ways.h"
#include "common/judge/revocation_view.h"
#include "common/judge/seconds.h"

namespace kortvakt {
namespace {

// No card has more for a person to look at (a usual one has 2 to 6).
constexpr size_t kMaxCertificates = 24;
constexpr int kCertificateColumn = 22;

std::string StateText(const ReportWriter& writer, const CardFacts& card) {
  const std::string read_at = card.read_at ? " " + FormatUtc(*card.read_at) : "";
  switch (card.state) {
    case CardState::kRead:
      return writer.Tell("read", "läst") + read_at;
    case CardState::kEmpty:
      return writer.Tell("empty: no certificate on it", "tomt: inget certifikat på det");
    case CardState::kUnreadable:
      return writer.Tell("could not be read to the end", "kunde inte läsas till slut");
    case CardState::kUnsupported:
      return writer.Tell("of an unknown kind", "av okänt slag");
    case CardState::kMute:
      return writer.Tell("does not answer", "svarar inte");
    case CardState::kInUse:
      break;
  }
  const std::string in_use = writer.Tell("in use by another program", "används av ett annat program");
  return card.read_at ? absl::StrCat(in_use, writer.Tell(", last read", ", senast läst"), read_at) : in_use;
}

// Whether SEVERAL_LOGIN_CERTS advises this one.
bool IsToBeChosen(const DeskReport& report, const CertificateFacts& certificate) {
  return std::any_of(report.findings.begin(), report.findings.end(), [&](const Finding& finding) {
    return finding.code == FindingCode::kSeveralLoginCerts && !certificate.sha256.empty() &&
           finding.certificate_sha256 == certificate.sha256;
  });
}

void WriteValidity(const ReportWriter& writer, const CertificateFacts& certificate) {
  const Language language = writer.report.language;
  const absl::Duration left = certificate.not_after - writer.report.now;
  const std::string end = FormatUtc(certificate.not_after);
  const auto line = [&](const std::string& text, TextStyle style) {
    writer.page.Labelled(6, "", kCertificateColumn, text, style);
  };
  switch (ValidityAt(certificate, WholeSeconds(writer.report.now))) {
    case Validity::kValid:
      line(absl::Substitute(writer.Tell("valid to $0, $1 left", "giltigt till $0, $1 kvar"), end,
                            DurationText(left, language)),
           TextStyle::kPlain);
      break;
    case Validity::kExpired:
      line(absl::Substitute(writer.Tell("ended $0, $1 ago", "gick ut $0, för $1 sedan"), end,
                            DurationText(left, language)),
           TextStyle::kBad);
      break;
    case Validity::kNotYet:
      line(absl::Substitute(writer.Tell("begins $0, valid to $1", "börjar gälla $0, giltigt till $1"),
                            FormatUtc(certificate.not_before), end),
           TextStyle::kWarning);
      break;
  }
}

const char* NotAskedText(const ReportWriter& writer, NotAsked why) {
  switch (why) {
    case NotAsked::kEnded:
      return writer.Tell("it has ended", "det har gått ut");
    case NotAsked::kNoAddress:
      return writer.Tell("it names no server to ask", "det anger ingen server att fråga");
    case NotAsked::kNoIssuer:
      return writer.Tell("its issuer's certificate is neither on the workstation nor on the card",
                         "utfärdarens certifikat finns varken på arbetsstationen eller på kortet");
    case NotAsked::kNoKnownRoot:
      return writer.Tell("no chain leads from it to a root that the catalogue knows",
                         "ingen kedja leder från det till en rot som katalogen känner till");
    case NotAsked::kNotHandedOver:
      return writer.Tell(
          "the running agent did not tell its issuer's certificate; if it is of another version, restart it",
          "den körande agenten lämnade inte ut utfärdarens certifikat; starta om den om den har en annan "
          "version");
    case NotAsked::kTooMany:
      return writer.Tell("there are too many certificates", "certifikaten är för många");
    case NotAsked::kNoTime:
      return writer.Tell("the servers took too long; run check again",
                         "servrarna tog för lång tid; kör check igen");
    case NotAsked::kFailed:
      break;
  }
  return writer.Tell("it could not be done from here", "det gick inte att göra härifrån");
}

void WriteCertificate(const ReportWriter& writer, const CertificateFacts& certificate) {
  const DeskReport& report = writer.report;
  const auto line = [&](const std::string& text, TextStyle style = TextStyle::kPlain) {
    writer.page.Labelled(6, "", kCertificateColumn, text, style);
  };
  writer.page.Labelled(6, PurposeText(certificate.purpose, report.language), kCertificateColumn,
                       CommonName(certificate.is_ca ? certificate.subject : certificate.issuer));
  if (!certificate.is_ca) {
    std::string facts = CleanText(certificate.organisation, 100);
    if (!facts.empty()) facts += ", ";
    line(facts + LoaText(certificate.loa, certificate.loa_basis, report.language));
  }
  WriteValidity(writer, certificate);
  if (const RevocationCheck* check = RevocationOf(report.snapshot, certificate); check != nullptr) {
    const bool revoked = check->status == RevocationStatus::kRevoked;
    line(RevocationText(*check, report.language), revoked ? TextStyle::kBad : TextStyle::kPlain);
  } else if (const auto why = report.not_asked.find(certificate.sha256); why != report.not_asked.end()) {
    line(absl::StrCat(writer.Tell("whether it is revoked was not asked: ",
                                  "om det är spärrat har inte efterfrågats: "),
                      NotAskedText(writer, why->second)),
         TextStyle::kFaint);
  }
  if (IsToBeChosen(report, certificate)) {
    line(writer.Tell("choose this one at login", "välj det här vid inloggning"), TextStyle::kGood);
  }
}

// How browsers get from the card's login certificates to a root; most share the way.
void WriteChains(const ReportWriter& writer, const CardFacts& card, LoginWays& ways) {
  std::set<std::string> told;
  for (size_t i = 0; i < card.certificates.size() && i < kMaxCertificates; ++i) {
    const CertificateFacts& certificate = card.certificates[i];
    if (certificate.purpose != Purpose::kAuthentication) continue;
    for (const std::string& way : ways.Of(certificate)) {
      if (!told.insert(way).second) continue;
      writer.page.Labelled(6, told.size() == 1 ? writer.Tell("Chain", "Kedja") : "", kCertificateColumn, way);
    }
  }
}

void WriteCard(const ReportWriter& writer, const CardFacts& card, LoginWays& ways) {
  std::string name = writer.Tell("Card", "Kort");
  if (!card.id.empty()) absl::StrAppend(&name, " ", ShortId(card.id));
  if (card.family == CardFamily::kPkcs15) name += " (PKCS#15)";
  if (card.family == CardFamily::kIdPrime) name += " (IDPrime)";
  writer.page.Paragraph(4, absl::StrCat(name, ", ", StateText(writer, card)));
  for (size_t i = 0; i < card.certificates.size() && i < kMaxCertificates; ++i) {
    WriteCertificate(writer, card.certificates[i]);
  }
  if (card.certificates.size() > kMaxCertificates) {
    writer.page.Paragraph(6,
                          absl::Substitute(writer.Tell("and $0 certificates more", "och $0 certifikat till"),
                                           card.certificates.size() - kMaxCertificates));
  }
  WriteChains(writer, card, ways);
  if (card.unreadable_certificates > 0) {
    writer.page.Paragraph(6,
                          absl::Substitute(writer.Tell("certificates that could not be read: $0",
                                                       "certifikat som inte kunde läsas: $0"),
                                           card.unreadable_certificates),
                          TextStyle::kWarning);
  }
}

void WriteReader(const ReportWriter& writer, const ReaderFacts& reader, LoginWays& ways) {
  const std::string name = Capitalised(ReaderName(reader, writer.report.language));
  if (!reader.card && reader.state == ReaderState::kOk) {
    writer.page.Paragraph(2, absl::StrCat(name, writer.Tell(": no card", ": inget kort")));
    return;
  }
  writer.page.Paragraph(2, name);
  if (reader.state == ReaderState::kError) {
    const std::string detail = DetailText(reader.detail, writer.report.language);
    writer.page.Paragraph(
        4, absl::StrCat(writer.Tell("does not work", "fungerar inte"), detail.empty() ? "" : ": ", detail),
        TextStyle::kBad);
  }
  if (reader.card) WriteCard(writer, *reader.card, ways);
}

}  // namespace

void WriteCards(const ReportWriter& writer) {
  writer.Heading(writer.Tell("Readers and cards", "Läsare och kort"));
  const Snapshot& snapshot = writer.report.snapshot;
  if (!snapshot.pcsc_running) {
    writer.page.Paragraph(
        2, writer.Tell("The smart card service does not run.", "Tjänsten för smarta kort är inte igång."),
        TextStyle::kBad);
  } else if (snapshot.readers.empty()) {
    writer.page.Paragraph(2, writer.Tell("No reader is attached.", "Ingen läsare är ansluten."),
                          TextStyle::kBad);
  }
  LoginWays ways({.snapshot = snapshot,
                  .catalogue = writer.report.catalogue,
                  .policy = writer.report.policy,
                  .now = writer.report.now,
                  .language = writer.report.language});
  for (const ReaderFacts& reader : snapshot.readers) WriteReader(writer, reader, ways);
}

}  // namespace kortvakt
