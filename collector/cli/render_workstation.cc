// One workstation, for the person on the telephone with whoever sits at it.
#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "collector/cli/render.h"
#include "collector/cli/show.h"
#include "collector/cli/text.h"
#include "common/judge/detail_text.h"
#include "common/judge/judge.h"
#include "common/judge/rules/revocation_view.h"
#include "common/judge/words.h"
#include "common/snapshot/snapshot_proto.h"

namespace kortvakt {
namespace {

// Text never grows wider than this: long lines are hard to read.
constexpr size_t kReadingWidth = 100;
// Real workstations show one or two login certificates.
constexpr size_t kMaxLoginWays = 64;

class Page {
 public:
  explicit Page(const Display& display)
      : display_(display),
        width_(display.width == 0 ? kReadingWidth : std::min(display.width, kReadingWidth)) {}

  void Heading(const std::string& text) {
    absl::StrAppend(&out_, "\n", Styled(text, Style::kBold, display_), "\n");
  }
  // `text` wrapped, each line `indent` columns in; `head` stands before the first.
  void Paragraph(size_t indent, const std::string& head, const std::string& text,
                 Style style = Style::kPlain) {
    const size_t hanging = indent + DisplayWidth(head);
    const size_t room = width_ > hanging + 20 ? width_ - hanging : 0;
    bool first = true;
    for (const std::string& line : Wrap(Printable(text), room)) {
      absl::StrAppend(&out_, std::string(first ? indent : hanging, ' '), first ? head : "",
                      Styled(line, style, display_), "\n");
      first = false;
    }
  }
  // "name:     value"; nothing when the value is empty.
  void Fact(size_t indent, const std::string& name, const std::string& value) {
    constexpr size_t kNameWidth = 16;
    if (!value.empty()) Paragraph(indent, PadRight(name, kNameWidth), value);
  }
  void Add(const std::string& text) { out_ += text; }
  const Display& display() const { return display_; }
  const char* Say(const char* english, const char* swedish) const {
    return kortvakt::Say(display_, english, swedish);
  }
  std::string Take() { return std::move(out_); }

 private:
  const Display& display_;
  size_t width_;
  std::string out_;
};

std::string StateWord(const Page& page, const std::string& state) {
  if (state == "reporting") return page.Say("reporting", "rapporterar");
  if (state == "late") return page.Say("late", "sen");
  if (state == "silent") return page.Say("silent", "tyst");
  if (state == "retired") return page.Say("retired", "avförd");
  return state;
}

std::string SeverityHead(const Page& page, const std::string& severity) {
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

std::string CardStateText(const Page& page, const v1::Card& card) {
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
    case v1::CARD_STATE_IN_USE:
      return page.Say("in use by another program", "används av ett annat program");
    default:
      return page.Say("not told", "framgår inte");
  }
}

std::string PurposeText(const Page& page, v1::Purpose purpose) {
  switch (purpose) {
    case v1::PURPOSE_AUTHENTICATION:
      return page.Say("login", "inloggning");
    case v1::PURPOSE_SIGNATURE:
      return page.Say("signature", "underskrift");
    case v1::PURPOSE_TRANSPORT:
      return page.Say("transport", "transport");
    case v1::PURPOSE_AUTHORITY:
      return page.Say("CA", "CA");
    default:
      return page.Say("other", "annat");
  }
}

std::string BasisText(const Page& page, v1::LoaBasis basis) {
  switch (basis) {
    case v1::LOA_BASIS_POLICY:
      return page.Say("policy", "policy");
    case v1::LOA_BASIS_VERIFIED_ISSUER:
      return page.Say("verified issuer", "verifierad utfärdare");
    case v1::LOA_BASIS_ISSUER_NAME:
      return page.Say("issuer's name only", "endast utfärdarens namn");
    default:
      return "";
  }
}

void AddHead(Page& page, const v1::GetWorkstationResponse& response) {
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
  page.Add("\n");
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
    page.Fact(0, page.Say("desk judges by", "bedöms efter"),
              absl::StrCat("policy ", versions.policy(), page.Say(", CA catalogue ", ", CA-katalog "),
                           versions.catalogue()));
  }
  page.Fact(0, "id", row.id());
  if (snapshot.pcsc().state() == v1::PCSC_STATE_DOWN) {
    page.Fact(
        0, page.Say("card service", "korttjänst"),
        absl::StrCat(page.Say("does not answer", "svarar inte"), snapshot.pcsc().detail().empty() ? "" : " (",
                     snapshot.pcsc().detail(), snapshot.pcsc().detail().empty() ? "" : ")"));
  }
}

// Of the cards' certificates, by fingerprint: whether revoked, where that was asked, and of
// login certificates the ways up to a root in each browser.
using LoginWays = std::map<std::string, std::vector<std::string>>;

// None where the snapshot is a newer collector's and not understood here.
LoginWays LoginWaysOf(const v1::GetWorkstationResponse& response, Language language) {
  LoginWays ways;
  const Policy policy;  // the collector's is not known here
  const absl::StatusOr<Snapshot> snapshot = SnapshotFromProto(response.snapshot());
  if (!snapshot.ok()) return ways;
  for (const ReaderFacts& reader : snapshot->readers) {
    if (!reader.card) continue;
    for (const CertificateFacts& certificate : reader.card->certificates) {
      if (ways.size() == kMaxLoginWays) continue;
      if (const RevocationCheck* check = RevocationOf(*snapshot, certificate); check != nullptr) {
        ways[certificate.sha256] = {RevocationText(*check, language)};
      }
      if (certificate.purpose != Purpose::kAuthentication) continue;
      // The paths are the workstation's own; a catalogue only names what they lack.
      std::vector<std::string> lines = LoginPathLines(certificate, {.snapshot = *snapshot,
                                                                    .catalogue = CaCatalogue::BuiltIn(),
                                                                    .policy = policy,
                                                                    .now = ToTime(response.judged_at()),
                                                                    .language = language});
      std::move(lines.begin(), lines.end(), std::back_inserter(ways[certificate.sha256]));
    }
  }
  return ways;
}

void AddCertificate(Page& page, const v1::Certificate& certificate, const LoginWays& ways) {
  const Display& display = page.display();
  std::string line = PurposeText(page, certificate.purpose());
  if (certificate.purpose() == v1::PURPOSE_AUTHENTICATION || certificate.purpose() == v1::PURPOSE_SIGNATURE) {
    absl::StrAppend(&line, ", LoA ", ShowLoa(certificate.loa(), display));
    const std::string basis = BasisText(page, certificate.loa_basis());
    if (!basis.empty()) absl::StrAppend(&line, " (", page.Say("by ", "enligt "), basis, ")");
  }
  Style style = Style::kPlain;
  if (certificate.has_not_after()) {
    const absl::Time end = ToTime(certificate.not_after());
    absl::StrAppend(&line, page.Say(", ends ", ", gäller till "), ShowMoment(end, display), " (",
                    ShowTimeLeft(end, display), ")");
    if (end < display.now) style = Style::kBad;
  }
  page.Paragraph(6, "- ", line, style);
  std::string issuer = absl::StrCat(page.Say("issued by ", "utfärdat av "), CommonName(certificate.issuer()));
  if (!certificate.organisation().empty()) {
    absl::StrAppend(&issuer, page.Say(", for ", ", för "), certificate.organisation());
  }
  page.Paragraph(8, "", issuer);
  const auto own = ways.find(certificate.sha256());
  if (own == ways.end()) return;
  for (const std::string& way : own->second) page.Paragraph(8, "", way, Style::kDim);
}

void AddReaders(Page& page, const v1::Snapshot& snapshot, const LoginWays& ways) {
  page.Heading(page.Say("Readers and cards", "Läsare och kort"));
  if (snapshot.readers().empty()) page.Paragraph(2, "", page.Say("no reader", "ingen läsare"));
  for (const v1::Reader& reader : snapshot.readers()) {
    page.Paragraph(2, "", reader.name());
    if (reader.state() == v1::READER_STATE_ERROR) {
      page.Fact(
          4, page.Say("reader", "läsare"),
          absl::StrCat(page.Say("error: ", "fel: "), DetailText(reader.detail(), page.display().language)));
    }
    if (!reader.has_card()) {
      page.Paragraph(4, "", page.Say("no card", "inget kort"), Style::kDim);
      continue;
    }
    const v1::Card& card = reader.card();
    page.Fact(4, page.Say("card", "kort"), ShortCardId(card.id()));
    page.Fact(4, page.Say("holder", "innehavare"), card.holder_hsa_id());
    page.Fact(4, page.Say("card number", "kortnummer"), card.card_number());
    std::string reading = CardStateText(page, card);
    if (!reading.empty() && !card.detail().empty())
      absl::StrAppend(&reading, " (", DetailText(card.detail(), page.display().language), ")");
    page.Fact(4, page.Say("reading", "läsning"), reading);
    if (card.certificates().empty()) continue;
    page.Paragraph(4, "", page.Say("certificates", "certifikat"));
    for (const v1::Certificate& certificate : card.certificates()) AddCertificate(page, certificate, ways);
  }
}

void AddStores(Page& page, const v1::Snapshot& snapshot) {
  if (snapshot.trust_stores().empty()) return;
  page.Heading(page.Say("Trust stores", "Förtroendelager"));
  for (const v1::TrustStore& store : snapshot.trust_stores()) {
    const bool machines = store.owner() == "machine" || store.owner().empty();
    page.Paragraph(2, "",
                   machines ? store.location() : absl::StrCat(store.location(), " (", store.owner(), ")"));
    switch (store.state()) {
      case v1::TRUST_STORE_STATE_READ:
        break;
      case v1::TRUST_STORE_STATE_ABSENT:
        page.Paragraph(4, "", page.Say("is not there", "finns inte"), Style::kDim);
        continue;
      default:
        page.Paragraph(4, "",
                       absl::StrCat(page.Say("could not be read: ", "kunde inte läsas: "),
                                    DetailText(store.detail(), page.display().language)),
                       Style::kWarning);
        continue;
    }
    page.Paragraph(
        4, "",
        absl::StrCat(store.certificate_count(), page.Say(" certificates", " certifikat"),
                     store.cas().empty() ? "" : page.Say("; of interest here:", "; av intresse här:")));
    for (const v1::TrustedCa& ca : store.cas()) {
      const bool distrusted = ca.trust() == v1::CA_TRUST_DISTRUSTED;
      page.Paragraph(4, "- ",
                     absl::StrCat(CommonName(ca.certificate().subject()),
                                  distrusted ? page.Say(" (distrusted)", " (spärrad)") : ""),
                     distrusted ? Style::kBad : Style::kPlain);
    }
  }
}

void AddFindings(Page& page, const v1::GetWorkstationResponse& response) {
  if (response.findings().empty()) return;
  page.Heading(page.Say("Findings, most likely cause first", "Fynd, troligaste orsaken först"));
  for (const v1::Finding& finding : response.findings()) {
    page.Add(absl::StrCat(
        "  ",
        Styled(SeverityHead(page, finding.severity()), StyleOfSeverity(finding.severity()), page.display()),
        "  ", Printable(finding.code()), "\n"));
    page.Paragraph(4, "", finding.meaning());
    page.Fact(4, page.Say("about", "gäller"), finding.subject());
    page.Fact(4, page.Say("seen", "underlag"), finding.evidence());
    page.Fact(4, page.Say("what to do", "gör så här"), finding.remedy());
    page.Fact(4, page.Say("who does it", "vem"), Doer(page.display().language, finding.fixed_by()));
  }
}

}  // namespace

std::string RenderText(const v1::GetWorkstationResponse& response, const Display& display) {
  Page page(display);
  AddHead(page, response);
  AddFindings(page, response);
  AddReaders(page, response.snapshot(), LoginWaysOf(response, display.language));
  AddStores(page, response.snapshot());
  page.Add(absl::StrCat("\n", page.Say("Judged for ", "Bedömt för "),
                        ShowMoment(ToTime(response.judged_at()), display), ".\n"));
  return page.Take();
}

}  // namespace kortvakt
