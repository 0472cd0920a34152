#include "common/judge/words.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/base/time.h"

namespace kortvakt {
namespace {

// Longest foreign text shown: PC/SC reader names are shorter (pcsclite.h,
// MAX_READERNAME 128), paths seldom longer.
constexpr size_t kMaxShown = 128;
constexpr size_t kMaxName = 100;

struct TimeUnit {
  int64_t seconds;
  const char* one_en;
  const char* many_en;
  const char* one_sv;
  const char* many_sv;
};
// A year is 365 days: near enough for what is that far away.
constexpr std::array<TimeUnit, 6> kUnits = {{{31'536'000, "year", "years", "år", "år"},
                                             {604'800, "week", "weeks", "vecka", "veckor"},
                                             {86'400, "day", "days", "dag", "dagar"},
                                             {3'600, "hour", "hours", "timme", "timmar"},
                                             {60, "minute", "minutes", "minut", "minuter"},
                                             {1, "second", "seconds", "sekund", "sekunder"}}};

const char* StoreKindText(TrustStoreKind kind, Language language) {
  switch (kind) {
    case TrustStoreKind::kSystemBundle:
      return Say(language, "system bundle", "systemets certifikatfil");
    case TrustStoreKind::kFolder:
      return Say(language, "folder", "mappen");
    case TrustStoreKind::kP11Kit:
      return "p11-kit";
    case TrustStoreKind::kNss:
      return Say(language, "browser database", "webbläsardatabasen");
    case TrustStoreKind::kBrowserPolicy:
      break;
  }
  return Say(language, "browser policy", "webbläsarpolicyn");
}

}  // namespace

const char* MeaningOf(FindingCode code, Language language) {
  const FindingInfo& info = InfoOf(code);
  return Say(language, info.meaning_en, info.meaning_sv);
}

const char* SeverityText(Severity severity, Language language) {
  switch (severity) {
    case Severity::kCritical:
      return Say(language, "critical", "kritiskt");
    case Severity::kWarning:
      return Say(language, "warning", "varning");
    case Severity::kInfo:
      break;
  }
  return Say(language, "for information", "för kännedom");
}

const char* FixedByText(FixedBy fixed_by, Language language) {
  switch (fixed_by) {
    case FixedBy::kUser:
      return Say(language, "the card holder", "kortinnehavaren");
    case FixedBy::kLocalIt:
      return Say(language, "local IT", "lokal IT");
    case FixedBy::kCardOffice:
      return Say(language, "the card office", "kortkontoret");
    case FixedBy::kServiceOwner:
      break;
  }
  return Say(language, "the service's owner", "tjänstens ägare");
}

std::string DurationText(absl::Duration duration, Language language, int units) {
  int64_t seconds = absl::ToInt64Seconds(absl::AbsDuration(duration));
  std::string text;
  for (const TimeUnit& unit : kUnits) {
    const int64_t count = seconds / unit.seconds;
    seconds %= unit.seconds;
    const bool smallest = &unit == &kUnits.back();
    if (count == 0 && text.empty() && !smallest) continue;
    // "5 weeks 3 hours" would skip a unit and read oddly.
    if (units == 0 || (count == 0 && !text.empty())) break;
    absl::StrAppend(
        &text, text.empty() ? "" : " ", count, " ",
        count == 1 ? Say(language, unit.one_en, unit.one_sv) : Say(language, unit.many_en, unit.many_sv));
    --units;
  }
  return text;
}

std::string CommonName(std::string_view rfc4514) {
  // RFC 4514, 2.4: attributes are separated by "," or "+" unless escaped by "\".
  std::string value;
  bool at_start = true;
  for (size_t i = 0; i < rfc4514.size(); ++i) {
    if (at_start && (rfc4514.substr(i, 3) == "CN=" || rfc4514.substr(i, 3) == "cn=")) {
      for (i += 3; i < rfc4514.size() && rfc4514[i] != ',' && rfc4514[i] != '+'; ++i) {
        if (rfc4514[i] == '\\' && i + 1 < rfc4514.size()) ++i;
        value += rfc4514[i];
      }
      break;
    }
    at_start = rfc4514[i] == ',' || rfc4514[i] == '+' || (at_start && rfc4514[i] == ' ');
    if (rfc4514[i] == '\\') ++i;
  }
  return CleanText(value.empty() ? rfc4514 : value, kMaxName);
}

std::string ShortId(std::string_view id) { return CleanText(id.substr(0, 8)); }

std::string ReaderName(const ReaderFacts& reader, Language language) {
  return absl::Substitute(Say(language, "reader '$0'", "läsaren '$0'"), CleanText(reader.name, kMaxShown));
}

std::string CardName(const ReaderFacts& reader, const CardFacts& card, Language language) {
  const std::string where = ReaderName(reader, language);
  if (card.id.empty()) return absl::Substitute(Say(language, "the card in $0", "kortet i $0"), where);
  return absl::Substitute(Say(language, "card $0 in $1", "kortet $0 i $1"), ShortId(card.id), where);
}

std::string CertificateName(const CertificateFacts& certificate, Language language) {
  return absl::Substitute(
      Say(language, "certificate $0 by '$1', valid to $2", "certifikatet $0 från '$1', giltigt till $2"),
      ShortId(certificate.sha256), CommonName(certificate.issuer), FormatUtc(certificate.not_after));
}

std::string StoreName(const TrustStoreFacts& store, Language language) {
  std::string name =
      absl::StrCat(StoreKindText(store.kind, language), " ", CleanText(store.location, kMaxShown));
  if (store.owner != "machine") absl::StrAppend(&name, " (", CleanText(store.owner, 32), ")");
  return name;
}

std::string StoreNameAndState(const TrustStoreFacts& store, Language language) {
  std::string name = StoreName(store, language);
  if (store.state == TrustStoreState::kAbsent) name += Say(language, " (does not exist)", " (finns inte)");
  if (store.state == TrustStoreState::kUnreadable) {
    name += Say(language, " (could not be read)", " (gick inte att läsa)");
  }
  return name;
}

std::string BrowserDatabase(const BrowserFacts& browser, const Snapshot& snapshot, Language language) {
  if (browser.trust_stores.empty() || browser.trust_stores.front() >= snapshot.trust_stores.size()) {
    return CleanText(browser.owner, 32);
  }
  return StoreNameAndState(snapshot.trust_stores[browser.trust_stores.front()], language);
}

std::string BrowserName(const BrowserFacts& browser, const Snapshot& snapshot) {
  const auto namesakes = std::count_if(snapshot.browsers.begin(), snapshot.browsers.end(),
                                       [&browser](const BrowserFacts& other) {
                                         return other.name == browser.name && other.owner == browser.owner;
                                       });
  std::string whose = CleanText(browser.owner, 32);
  if (namesakes > 1 && !browser.trust_stores.empty() &&
      browser.trust_stores.front() < snapshot.trust_stores.size()) {
    absl::StrAppend(&whose, ", ",
                    CleanText(snapshot.trust_stores[browser.trust_stores.front()].location, kMaxShown));
  }
  return absl::Substitute("$0 ($1)", CleanText(browser.name, 64), whose);
}

const char* MakeDatabaseText(Language language) {
  return Say(language,
             "First, as that user, where FOLDER does not exist: mkdir -p FOLDER && certutil -d sql:FOLDER -N "
             "--empty-password.",
             "Först, som den användaren, där MAPP inte finns: mkdir -p MAPP && certutil -d sql:MAPP -N "
             "--empty-password.");
}

std::string LoaText(Loa loa, Language language) {
  switch (loa) {
    case Loa::k2:
      return "LoA 2";
    case Loa::k3:
      return "LoA 3";
    case Loa::kUnknown:
      return Say(language, "LoA unknown", "LoA okänd");
    case Loa::kNotApplicable:
      break;
  }
  return Say(language, "no LoA", "ingen LoA");
}

std::string LoaText(Loa loa, LoaBasis basis, Language language) {
  const char* why = "";
  switch (basis) {
    case LoaBasis::kNone:
      return LoaText(loa, language);
    case LoaBasis::kPolicy:
      why = Say(language, "by policy", "enligt policy");
      break;
    case LoaBasis::kVerifiedIssuer:
      why = Say(language, "by verified issuer", "enligt verifierad utfärdare");
      break;
    case LoaBasis::kIssuerName:
      why = Say(language, "by issuer's name only", "enligt utfärdarens namn enbart");
      break;
  }
  return absl::StrCat(LoaText(loa, language), " (", why, ")");
}

const char* PurposeText(Purpose purpose, Language language) {
  switch (purpose) {
    case Purpose::kAuthentication:
      return Say(language, "Login", "Legitimering");
    case Purpose::kSignature:
      return Say(language, "Signature", "Underskrift");
    case Purpose::kTransport:
      return Say(language, "Transport", "Transport");
    case Purpose::kAuthority:
      return Say(language, "CA certificate", "CA-certifikat");
    case Purpose::kOther:
      break;
  }
  return Say(language, "Other", "Annat");
}

std::string ListText(const std::vector<std::string>& names, size_t limit, Language language) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < limit; ++i) absl::StrAppend(&text, i == 0 ? "" : "; ", names[i]);
  if (names.size() > limit) {
    absl::StrAppend(&text,
                    absl::Substitute(Say(language, "; and $0 more", "; och $0 till"), names.size() - limit));
  }
  return text;
}

}  // namespace kortvakt
