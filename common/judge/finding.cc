#include "common/judge/finding.h"

#include <algorithm>
#include <array>

namespace kortvakt {
namespace {

using enum FindingCode;
using enum Severity;
using enum FixedBy;

// Indexed by code; a test keeps the order and docs/findings.md in step.
constexpr std::array kTable = std::to_array<FindingInfo>({
    {kPcscServiceDown, "PCSC_SERVICE_DOWN", kCritical, kLocalIt,
     "The smart card service does not run, so no program can reach a card.",
     "Tjänsten för smarta kort är inte igång, så inget program når något kort."},
    {kNoReader, "NO_READER", kCritical, kLocalIt, "No card reader is attached to the workstation.",
     "Ingen kortläsare är ansluten till arbetsstationen."},
    {kReaderError, "READER_ERROR", kCritical, kLocalIt, "A card reader is attached but does not work.",
     "En kortläsare är ansluten men fungerar inte."},
    {kNoCard, "NO_CARD", kInfo, kUser, "There is no card in any reader.",
     "Det sitter inget kort i någon läsare."},
    {kCardMute, "CARD_MUTE", kCritical, kUser,
     "There is a card in the reader, but it does not answer: it is turned the wrong way, not fully inserted, "
     "dirty or broken.",
     "Det sitter ett kort i läsaren, men det svarar inte: det är felvänt, inte helt instucket, smutsigt "
     "eller "
     "trasigt."},
    {kCardUnsupported, "CARD_UNSUPPORTED", kWarning, kUser,
     "The card is of a kind that Kortvakt cannot read; it may not be a SITHS card at all.",
     "Kortet är av ett slag som Kortvakt inte kan läsa; det kanske inte är något SITHS-kort."},
    {kCardEmpty, "CARD_EMPTY", kCritical, kCardOffice,
     "The card has no certificate to log in with: it is not activated, or its certificates have not been "
     "fetched.",
     "Kortet har inget certifikat att logga in med: det är inte aktiverat, eller så är certifikaten inte "
     "hämtade."},
    {kCardUnreadable, "CARD_UNREADABLE", kWarning, kUser,
     "The card, or a part of it, could not be read, so it cannot be told whether a login would work.",
     "Kortet, eller en del av det, kunde inte läsas, så det går inte att säga om en inloggning skulle "
     "fungera."},
    {kCardInUse, "CARD_IN_USE", kInfo, kUser,
     "Another program uses the card all the time. Kortvakt does not disturb it; what is shown may be from "
     "before.",
     "Ett annat program använder kortet hela tiden. Kortvakt stör inte; det som visas kan vara från "
     "tidigare."},
    {kCertExpired, "CERT_EXPIRED", kCritical, kCardOffice,
     "A certificate on the card has ended; browsers no longer offer it and services refuse it.",
     "Ett certifikat på kortet har gått ut; webbläsare erbjuder det inte längre och tjänster avvisar det."},
    {kCertExpiresSoon, "CERT_EXPIRES_SOON", kWarning, kCardOffice,
     "A certificate on the card ends soon, and nothing has replaced it.",
     "Ett certifikat på kortet går snart ut, och inget har ersatt det."},
    {kCertNotYetValid, "CERT_NOT_YET_VALID", kCritical, kLocalIt,
     "A certificate on the card is not valid yet: it begins later, or the clock is wrong.",
     "Ett certifikat på kortet gäller inte ännu: det börjar senare, eller så går klockan fel."},
    {kSeveralLoginCerts, "SEVERAL_LOGIN_CERTS", kWarning, kUser,
     "There are several valid login certificates on the card, so the holder must choose the right one.",
     "Det finns flera giltiga inloggningscertifikat på kortet, så innehavaren måste välja rätt."},
    {kLoaTooLow, "LOA_TOO_LOW", kWarning, kCardOffice,
     "The card's level of assurance is lower than logins here need: some services will refuse it.",
     "Kortets tillitsnivå är lägre än vad inloggningar här kräver: vissa tjänster kommer att avvisa det."},
    {kLoaUnknown, "LOA_UNKNOWN", kWarning, kLocalIt,
     "The level of assurance of the card's login certificates could not be told.",
     "Tillitsnivån för kortets inloggningscertifikat gick inte att avgöra."},
    {kRootMissing, "ROOT_MISSING", kCritical, kLocalIt,
     "A root CA certificate that every workstation must have is not in this workstation's trust stores.",
     "Ett rotcertifikat som varje arbetsstation måste ha finns inte bland arbetsstationens betrodda "
     "certifikat."},
    {kIntermediateMissing, "INTERMEDIATE_MISSING", kCritical, kLocalIt,
     "An issuing CA certificate that every workstation must have is not in this workstation's trust stores, "
     "so "
     "the card's certificate chain cannot be built.",
     "Ett utfärdarcertifikat som varje arbetsstation måste ha finns inte i arbetsstationens certifikatlager, "
     "så "
     "kortets certifikatkedja kan inte byggas."},
    {kTrustStoreUnreadable, "TRUST_STORE_UNREADABLE", kWarning, kLocalIt,
     "A place where the workstation keeps CA certificates could not be read, so it cannot be told what is in "
     "it.",
     "En plats där arbetsstationen har CA-certifikat kunde inte läsas, så det går inte att säga vad som "
     "finns "
     "där."},
    {kClockWrong, "CLOCK_WRONG", kCritical, kLocalIt,
     "The workstation's clock is wrong, so valid certificates may look expired or not yet valid.",
     "Arbetsstationens klocka går fel, så giltiga certifikat kan se ut att ha gått ut eller inte gälla "
     "ännu."},
    {kWorkstationSilent, "WORKSTATION_SILENT", kWarning, kLocalIt,
     "The workstation has not reported for a long time, so nothing is known of it now.",
     "Arbetsstationen har inte rapporterat på länge, så inget är känt om den nu."},
});

constexpr bool InOrder() {
  for (size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<size_t>(kTable[i].code) != i) return false;
  }
  return kTable.size() == static_cast<size_t>(kWorkstationSilent) + 1;
}
static_assert(InOrder(), "one row a code, in the order of FindingCode");

}  // namespace

std::span<const FindingInfo> FindingTable() { return kTable; }

const FindingInfo& InfoOf(FindingCode code) { return kTable[static_cast<size_t>(code)]; }

const FindingInfo* FindFinding(std::string_view word) {
  const auto row =
      std::find_if(kTable.begin(), kTable.end(), [&](const FindingInfo& info) { return info.word == word; });
  return row == kTable.end() ? nullptr : &*row;
}

const char* SeverityWord(Severity severity) {
  switch (severity) {
    case kCritical:
      return "critical";
    case kWarning:
      return "warning";
    case kInfo:
      break;
  }
  return "info";
}

const char* FixedByWord(FixedBy fixed_by) {
  switch (fixed_by) {
    case kUser:
      return "user";
    case kLocalIt:
      return "local_it";
    case kCardOffice:
      return "card_office";
    case kServiceOwner:
      break;
  }
  return "service_owner";
}

}  // namespace kortvakt
