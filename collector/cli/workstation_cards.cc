// Readers, the cards in them, and how their certificates stand.
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "collector/cli/show.h"
#include "collector/cli/text.h"
#include "collector/cli/workstation_page.h"
#include "common/judge/detail_text.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// How certificates stand, by fingerprint.
using Standings = std::map<std::string, const v1::CertificateStanding*>;

Standings StandingsIn(const v1::GetWorkstationResponse& response) {
  Standings standings;
  for (const v1::CertificateStanding& one : response.standings()) standings[one.certificate_sha256()] = &one;
  return standings;
}

// How far its reading came; empty where it was read.
std::string ReadingText(const WorkstationPage& page, const v1::Card& card) {
  switch (card.state()) {
    case v1::CARD_STATE_READ:
      return "";
    case v1::CARD_STATE_EMPTY:
      return page.Say("there is no certificate on it", "det finns inget certifikat på det");
    case v1::CARD_STATE_UNREADABLE:
      return page.Say("it could not be read to the end", "det kunde inte läsas till slut");
    case v1::CARD_STATE_UNSUPPORTED:
      return page.Say("kind of card not known", "okänd korttyp");
    case v1::CARD_STATE_MUTE:
      return page.Say("it does not answer", "det svarar inte");
    case v1::CARD_STATE_IN_USE: {
      std::string text = page.Say("in use by another program", "används av ett annat program");
      if (card.has_read_at()) {
        absl::StrAppend(&text, page.Say(", last read ", ", senast läst "),
                        ShowMoment(ToTime(card.read_at()), page.display()));
      }
      return text;
    }
    default:
      return page.Say("not told", "framgår inte");
  }
}

const char* PurposeText(const WorkstationPage& page, v1::Purpose purpose) {
  switch (purpose) {
    case v1::PURPOSE_AUTHENTICATION:
      return page.Say("login", "inloggning");
    case v1::PURPOSE_SIGNATURE:
      return page.Say("signature", "underskrift");
    case v1::PURPOSE_TRANSPORT:
      return "transport";
    case v1::PURPOSE_AUTHORITY:
      return "CA";
    default:
      return page.Say("other", "annat");
  }
}

const char* BasisText(const WorkstationPage& page, v1::LoaBasis basis) {
  switch (basis) {
    case v1::LOA_BASIS_POLICY:
      return page.Say("by policy", "enligt policy");
    case v1::LOA_BASIS_VERIFIED_ISSUER:
      return page.Say("by verified issuer", "enligt verifierad utfärdare");
    case v1::LOA_BASIS_ISSUER_NAME:
      return page.Say("by issuer's name only", "endast enligt utfärdarens namn");
    default:
      return "";
  }
}

// "ends 2027-01-03 12:00 UTC (6 weeks left)"; what matters of its validity now.
std::string ValidityText(const WorkstationPage& page, const v1::Certificate& certificate) {
  const Display& display = page.display();
  if (!certificate.has_not_after()) return "";
  const absl::Time begin = ToTime(certificate.not_before());
  const absl::Time end = ToTime(certificate.not_after());
  const std::string moment = ShowMoment(end, display);
  if (certificate.has_not_before() && begin > display.now) {
    return absl::StrCat(page.Say("not valid before ", "gäller först från "), ShowMoment(begin, display),
                        page.Say(", ends ", ", till "), moment);
  }
  if (end < display.now) {
    return absl::StrCat(page.Say("ended ", "gick ut "), moment, " (", ShowAgo(end, display), ")");
  }
  return absl::StrCat(page.Say("ends ", "gäller till "), moment, " (", ShowTimeLeft(end, display), ")");
}

Style StyleOfValidity(const WorkstationPage& page, const v1::Certificate& certificate) {
  const absl::Time now = page.display().now;
  if (certificate.has_not_after() && ToTime(certificate.not_after()) < now) return Style::kBad;
  const bool not_yet = certificate.has_not_before() && ToTime(certificate.not_before()) > now;
  return not_yet ? Style::kWarning : Style::kPlain;
}

void AddCertificate(WorkstationPage& page, const v1::Certificate& certificate, const Standings& standings) {
  // Findings call it by these digits.
  std::string line = absl::StrCat(ShortId(certificate.sha256()), certificate.sha256().empty() ? "" : " ",
                                  PurposeText(page, certificate.purpose()));
  if (certificate.purpose() == v1::PURPOSE_AUTHENTICATION || certificate.purpose() == v1::PURPOSE_SIGNATURE) {
    absl::StrAppend(&line, ", LoA ", ShowLoa(certificate.loa(), page.display()));
    const std::string basis = BasisText(page, certificate.loa_basis());
    if (!basis.empty()) absl::StrAppend(&line, " (", basis, ")");
  }
  const std::string validity = ValidityText(page, certificate);
  if (!validity.empty()) absl::StrAppend(&line, ", ", validity);
  page.Paragraph(6, "- ", line, StyleOfValidity(page, certificate));
  std::string issuer = absl::StrCat(page.Say("issued by ", "utfärdat av "), CommonName(certificate.issuer()));
  if (!certificate.organisation().empty()) {
    absl::StrAppend(&issuer, page.Say(", for ", ", för "), certificate.organisation());
  }
  page.Paragraph(8, "", issuer);
  const auto own = standings.find(certificate.sha256());
  if (own == standings.end() || own->second->revocation_text().empty()) return;
  const bool revoked = own->second->revocation() == v1::REVOCATION_STATUS_REVOKED;
  page.Paragraph(8, "", own->second->revocation_text(), revoked ? Style::kBad : Style::kPlain);
}

// The ways from the card's login certificates to a root; most share one.
void AddLoginWays(WorkstationPage& page, const v1::Card& card, const Standings& standings) {
  std::set<std::string> told;
  for (const v1::Certificate& certificate : card.certificates()) {
    const auto own = standings.find(certificate.sha256());
    if (own == standings.end()) continue;
    for (const std::string& way : own->second->login_ways()) {
      if (!told.insert(way).second) continue;
      page.Fact(4, told.size() == 1 ? page.Say("chain", "kedja") : "", way);
    }
  }
}

std::string CardText(const v1::Card& card) {
  const char* family = card.family() == v1::CARD_FAMILY_PKCS15    ? " (PKCS#15)"
                       : card.family() == v1::CARD_FAMILY_IDPRIME ? " (IDPrime)"
                                                                  : "";
  return absl::StrCat(ShortCardId(card.id()), family);
}

void AddCard(WorkstationPage& page, const v1::Card& card, const Standings& standings) {
  page.Fact(4, page.Say("card", "kort"), CardText(card));
  page.Fact(4, page.Say("holder", "innehavare"), card.holder_hsa_id());
  page.Fact(4, page.Say("card number", "kortnummer"), card.card_number());
  std::string reading = ReadingText(page, card);
  if (!reading.empty() && !card.detail().empty()) {
    absl::StrAppend(&reading, " (", DetailText(card.detail(), page.language()), ")");
  }
  page.Fact(4, page.Say("reading", "läsning"), reading, Style::kWarning);
  if (card.unreadable_certificates() > 0) {
    page.Fact(
        4, page.Say("not readable", "gick ej att läsa"),
        absl::StrCat(card.unreadable_certificates(), page.Say(" of its certificates", " av dess certifikat")),
        Style::kWarning);
  }
  if (card.certificates().empty()) return;
  page.Paragraph(4, "", page.Say("certificates", "certifikat"));
  for (const v1::Certificate& certificate : card.certificates()) {
    AddCertificate(page, certificate, standings);
  }
  AddLoginWays(page, card, standings);
}

}  // namespace

void AddCards(WorkstationPage& page, const v1::GetWorkstationResponse& response) {
  const v1::Snapshot& snapshot = response.snapshot();
  const Standings standings = StandingsIn(response);
  page.Heading(page.Say("Readers and cards", "Läsare och kort"));
  if (snapshot.pcsc().state() == v1::PCSC_STATE_DOWN) {
    page.Paragraph(2, "",
                   page.Say("cannot be told: the card service does not answer",
                            "går inte att se: korttjänsten svarar inte"),
                   Style::kBad);
  } else if (snapshot.readers().empty()) {
    page.Paragraph(2, "", page.Say("no reader", "ingen läsare"));
  }
  for (const v1::Reader& reader : snapshot.readers()) {
    page.Paragraph(2, "", reader.name());
    if (reader.state() == v1::READER_STATE_ERROR) {
      page.Fact(4, page.Say("reader", "läsare"),
                absl::StrCat(page.Say("error: ", "fel: "), DetailText(reader.detail(), page.language())),
                Style::kBad);
    }
    if (reader.has_card()) {
      AddCard(page, reader.card(), standings);
    } else {
      page.Paragraph(4, "", page.Say("no card", "inget kort"), Style::kDim);
    }
  }
}

}  // namespace kortvakt
