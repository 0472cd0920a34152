// Identifiers of people: HSA-id, personnummer, samordningsnummer, reserve numbers.
#include <array>
#include <optional>

#include "absl/strings/ascii.h"
#include "common/certs/certificate_facts.h"

namespace kortvakt {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsAlnum(char c) { return IsDigit(c) || IsUpper(c) || (c >= 'a' && c <= 'z'); }

bool AllDigits(std::string_view text) {
  for (const char c : text) {
    if (!IsDigit(c)) return false;
  }
  return true;
}

int Number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

enum class DateKind { kNone, kBirth, kCoordination };

// YYMMDD or YYYYMMDD; a samordningsnummer has 60 added to the day.
DateKind KindOfDate(std::string_view digits) {
  if (!AllDigits(digits)) return DateKind::kNone;
  const bool has_century = digits.size() == 8;
  const int year = Number(digits.substr(0, digits.size() - 4));
  const int month = Number(digits.substr(digits.size() - 4, 2));
  int day = Number(digits.substr(digits.size() - 2));
  if (has_century && (year < 1800 || year > 2099)) return DateKind::kNone;
  if (month < 1 || month > 12) return DateKind::kNone;
  const bool coordination = day > 60;
  if (coordination) day -= 60;
  // Without a century every year divisible by four may be a leap year.
  const bool leap = year % 4 == 0 && (!has_century || year % 100 != 0 || year % 400 == 0);
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int last = kDays[static_cast<size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
  if (day < 1 || day > last) return DateKind::kNone;
  return coordination ? DateKind::kCoordination : DateKind::kBirth;
}

// Over ten digits, the last being the check digit (ISO/IEC 7812-1, annex B).
bool LuhnHolds(std::string_view ten) {
  int sum = 0;
  for (size_t i = 0; i < ten.size(); ++i) {
    const int value = (ten[i] - '0') * (i % 2 == 0 ? 2 : 1);
    sum += value / 10 + value % 10;
  }
  return sum % 10 == 0;
}

bool IsSeparator(char c) { return c == '-' || c == '+' || c == ' '; }

// An identity number at the start of `text`: its length, 0 when there is none.
// Wider than SwedishIdentityNumberKind: a wrong check digit still points at
// somebody, and reserve numbers have letters and no common check digit.
size_t IdentityNumberLength(std::string_view text) {
  const auto four_at = [&](size_t start) -> std::optional<std::string_view> {
    if (text.size() < start + 4) return std::nullopt;
    for (size_t i = start; i < start + 4; ++i) {
      if (!IsDigit(text[i]) && !IsUpper(absl::ascii_toupper(static_cast<unsigned char>(text[i])))) {
        return std::nullopt;
      }
    }
    return text.substr(start, 4);
  };
  // YYYYMMDD and four: personnummer, samordningsnummer, most regions' reserve numbers.
  if (text.size() >= 12 && KindOfDate(text.substr(0, 8)) != DateKind::kNone) {
    if (four_at(8)) return 12;
    // After a separator letters would take in words ("20240101-PILO"): digits first or last.
    const auto last = IsSeparator(text[8]) ? four_at(9) : std::nullopt;
    if (last && IsDigit((*last)[3])) return 13;
  }
  // 99 and ten digits: reserve numbers of Region Stockholm.
  if (text.size() >= 12 && text.substr(0, 2) == "99" && AllDigits(text.substr(0, 12))) return 12;
  // Two letters, YYMMDD and four: the national reserve format.
  if (text.size() >= 12 && IsUpper(absl::ascii_toupper(static_cast<unsigned char>(text[0]))) &&
      IsUpper(absl::ascii_toupper(static_cast<unsigned char>(text[1]))) &&
      KindOfDate(text.substr(2, 6)) != DateKind::kNone && four_at(8)) {
    return 12;
  }
  // YYMMDD and four digits; without a separator only when the check digit holds.
  if (text.size() >= 10 && KindOfDate(text.substr(0, 6)) != DateKind::kNone) {
    if (AllDigits(text.substr(0, 10)) && LuhnHolds(text.substr(0, 10))) return 10;
    if (text.size() >= 11 && IsSeparator(text[6]) && AllDigits(text.substr(7, 4))) return 11;
  }
  return 0;
}

// Natural person semantics identifiers, ETSI EN 319 412-1, 5.1.3: "PNOSE-…".
bool IsEtsiPersonIdentifier(std::string_view text) {
  if (text.size() < 6 || text[5] != '-' || !IsUpper(text[3]) || !IsUpper(text[4])) return false;
  const std::string_view kind = text.substr(0, 3);
  return kind == "PNO" || kind == "PAS" || kind == "IDC" || kind == "TAX" || kind == "TIN";
}

}  // namespace

bool IsHsaId(std::string_view text, bool lenient) {
  constexpr size_t kMaxHsaId = 31;
  constexpr size_t kMaxSuffix = 18;
  if (text.size() > kMaxHsaId) return false;
  const size_t hyphen = text.rfind('-');
  if (hyphen == std::string_view::npos) return false;
  const std::string_view prefix = text.substr(0, hyphen);
  const std::string_view suffix = text.substr(hyphen + 1);
  if (suffix.empty() || suffix.size() > kMaxSuffix) return false;
  for (const char c : suffix) {
    if (!IsAlnum(c)) return false;
  }
  if (prefix.substr(0, 2) == "SE" && (prefix.size() == 12 || prefix.size() == 14) &&
      AllDigits(prefix.substr(2))) {
    return true;
  }
  if (!lenient || prefix.size() < 2 || !IsUpper(prefix[0]) || IsEtsiPersonIdentifier(text)) return false;
  for (const char c : prefix) {
    if (!IsUpper(c) && !IsDigit(c) && c != '-') return false;
  }
  return true;
}

IdentityKind SwedishIdentityNumberKind(std::string_view text) {
  if (IsEtsiPersonIdentifier(text) && text.substr(0, 6) == "PNOSE-") text.remove_prefix(6);
  std::string digits(text);
  if (digits.size() >= 11 && (digits[digits.size() - 5] == '-' || digits[digits.size() - 5] == '+')) {
    digits.erase(digits.size() - 5, 1);
  }
  if ((digits.size() != 10 && digits.size() != 12) || !AllDigits(digits)) return IdentityKind::kOther;
  const std::string_view all = digits;
  const DateKind date = KindOfDate(all.substr(0, all.size() - 4));
  if (date == DateKind::kNone || !LuhnHolds(all.substr(all.size() - 10))) return IdentityKind::kOther;
  return date == DateKind::kBirth ? IdentityKind::kPersonnummer : IdentityKind::kSamordningsnummer;
}

std::string MaskIdentityNumbers(std::string_view text) {
  std::string masked;
  size_t i = 0;
  while (i < text.size()) {
    // Inside a longer run of digits (a card number, say) there is no identity number.
    const bool starts_here = i == 0 || !IsDigit(text[i - 1]) || !IsDigit(text[i]);
    const size_t length = starts_here ? IdentityNumberLength(text.substr(i)) : 0;
    const size_t end = i + length;
    if (length > 0 && (end == text.size() || !IsDigit(text[end]))) {
      masked += "***";
      i = end;
    } else {
      masked += text[i++];
    }
  }
  return masked;
}

}  // namespace kortvakt
