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
     "The card has no certificate to log in with: it is not activated, or its certificates were never "
     "written.",
     "Kortet har inget certifikat att logga in med: det är inte aktiverat, eller så har certifikaten aldrig "
     "skrivits."},
    {kCardUnreadable, "CARD_UNREADABLE", kWarning, kUser,
     "The card, or a part of it, could not be read, so it cannot be told whether a login would work.",
     "Kortet, eller en del av det, kunde inte läsas, så det går inte att säga om en inloggning skulle "
     "fungera."},
    {kCardInUse, "CARD_IN_USE", kInfo, kUser,
     "Another program uses the card all the time. Kortvakt does not disturb it; what is shown may be from "
     "before.",
     "Ett annat program använder kortet hela tiden. Kortvakt stör inte; det som visas kan vara från "
     "tidigare."},
    {kCardTransportOnly, "CARD_TRANSPORT_ONLY", kCritical, kUser,
     "The card has only a transport certificate: its real certificates have not been fetched yet.",
     "Kortet har bara ett transportcertifikat: dess riktiga certifikat är inte hämtade än."},
    {kCardKeyMissing, "CARD_KEY_MISSING", kCritical, kCardOffice,
     "A certificate is on the card without its private key, so nobody can log in or sign with it.",
     "Ett certifikat finns på kortet utan sin privata nyckel, så ingen kan logga in eller skriva under med "
     "det."},
    {kSeveralCards, "SEVERAL_CARDS", kWarning, kUser,
     "There is more than one card to log in with in the readers, so the wrong one may be used.",
     "Det sitter mer än ett kort att logga in med i läsarna, så fel kort kan användas."},
    {kCertExpired, "CERT_EXPIRED", kCritical, kCardOffice,
     "A certificate on the card has ended; browsers no longer offer it and services refuse it.",
     "Ett certifikat på kortet har gått ut; webbläsare erbjuder det inte längre och tjänster avvisar det."},
    {kCertExpiresSoon, "CERT_EXPIRES_SOON", kWarning, kCardOffice,
     "A certificate on the card ends soon, and nothing has replaced it.",
     "Ett certifikat på kortet går snart ut, och inget har ersatt det."},
    {kCertNotYetValid, "CERT_NOT_YET_VALID", kCritical, kLocalIt,
     "A certificate on the card is not valid yet: it begins later, or the clock is wrong.",
     "Ett certifikat på kortet gäller inte ännu: det börjar senare, eller så går klockan fel."},
    {kCertRevoked, "CERT_REVOKED", kCritical, kCardOffice,
     "A certificate on the card has been revoked by its issuer, so services that look it up refuse it.",
     "Ett certifikat på kortet har spärrats av sin utfärdare, så tjänster som kontrollerar det avvisar det."},
    {kSeveralLoginCerts, "SEVERAL_LOGIN_CERTS", kWarning, kUser,
     "There are several valid login certificates on the card, so the holder must choose the right one.",
     "Det finns flera giltiga inloggningscertifikat på kortet, så innehavaren måste välja rätt."},
    {kSignatureCertMissing, "SIGNATURE_CERT_MISSING", kInfo, kUser,
     "The card can log in but not sign: it has no signature certificate.",
     "Kortet går att logga in med men inte att skriva under med: det har inget underskriftscertifikat."},
    {kTestCertInProduction, "TEST_CERT_IN_PRODUCTION", kCritical, kUser,
     "The card was issued for another environment (test or production) than this workstation works in.",
     "Kortet är utfärdat för en annan miljö (test eller produktion) än den här arbetsstationen hör till."},
    {kRetiredIssuer, "RETIRED_ISSUER", kCritical, kCardOffice,
     "The card's certificates come from a CA that is no longer in use, and services refuse them.",
     "Kortets certifikat kommer från en utfärdare som inte används längre, och tjänster avvisar dem."},
    {kLoaTooLow, "LOA_TOO_LOW", kWarning, kCardOffice,
     "The card's level of assurance is lower than logins here need: some services will refuse it.",
     "Kortets tillitsnivå är lägre än vad inloggningar här kräver: vissa tjänster kommer att avvisa det."},
    {kLoaUnknown, "LOA_UNKNOWN", kWarning, kLocalIt,
     "The level of assurance of the card's login certificates could not be told.",
     "Tillitsnivån för kortets inloggningscertifikat gick inte att avgöra."},
    {kLoaContradiction, "LOA_CONTRADICTION", kWarning, kLocalIt,
     "A certificate's policy and its issuer stand for different levels of assurance.",
     "Ett certifikats policy och dess utfärdare står för olika tillitsnivåer."},
    {kChainBroken, "CHAIN_BROKEN", kCritical, kLocalIt,
     "The chain of certificates from a card's login certificate up to a root does not hold here.",
     "Certifikatkedjan från ett korts inloggningscertifikat upp till en rot håller inte här."},
    {kRootMissing, "ROOT_MISSING", kCritical, kLocalIt,
     "A root CA certificate that every workstation must have is not in this workstation's trust stores.",
     "Ett rotcertifikat som varje arbetsstation måste ha finns inte bland arbetsstationens betrodda "
     "certifikat."},
    {kIntermediateMissing, "INTERMEDIATE_MISSING", kCritical, kLocalIt,
     "An issuing CA certificate that every workstation must have is not in this workstation's trust stores, "
     "so the certificate chain of cards from that CA cannot be built.",
     "Ett utfärdarcertifikat som varje arbetsstation måste ha finns inte i arbetsstationens certifikatlager, "
     "så certifikatkedjan för kort från den utfärdaren kan inte byggas."},
    {kCaNotInBrowserStore, "CA_NOT_IN_BROWSER_STORE", kCritical, kLocalIt,
     "The workstation has a required CA certificate, but not where a browser here looks for it.",
     "Arbetsstationen har ett nödvändigt CA-certifikat, men inte där en webbläsare här letar efter det."},
    {kCaInUserStoreOnly, "CA_IN_USER_STORE_ONLY", kWarning, kLocalIt,
     "A required CA certificate is in the stores of single users only: others who sit down here lack it.",
     "Ett nödvändigt CA-certifikat finns bara i enskilda användares lager: andra som sätter sig här saknar "
     "det."},
    {kCaDistrusted, "CA_DISTRUSTED", kCritical, kLocalIt,
     "A required CA certificate is marked as distrusted, so what rests on it is refused.",
     "Ett nödvändigt CA-certifikat är markerat som ej betrott, så det som vilar på det avvisas."},
    {kCaLookalike, "CA_LOOKALIKE", kCritical, kLocalIt,
     "A trust store holds a certificate that bears a SITHS CA's name but is not that CA's.",
     "Ett certifikatlager har ett certifikat som bär en SITHS-utfärdares namn men inte är dess."},
    {kCaRetiredPresent, "CA_RETIRED_PRESENT", kInfo, kLocalIt,
     "A trust store still holds a CA certificate that is no longer in use.",
     "Ett certifikatlager har kvar ett CA-certifikat som inte används längre."},
    {kCaExpiresSoon, "CA_EXPIRES_SOON", kWarning, kLocalIt,
     "A CA certificate that every workstation must have ends soon, or has ended.",
     "Ett CA-certifikat som varje arbetsstation måste ha går snart ut, eller har gått ut."},
    {kTrustStoreUnreadable, "TRUST_STORE_UNREADABLE", kWarning, kLocalIt,
     "A place where the workstation keeps CA certificates could not be read, so it cannot be told what is in "
     "it.",
     "En plats där arbetsstationen har CA-certifikat kunde inte läsas, så det går inte att säga vad som "
     "finns "
     "där."},
    {kTlsRootUntrusted, "TLS_ROOT_UNTRUSTED", kCritical, kLocalIt,
     "A server that people log in to has a certificate whose root is not trusted here.",
     "En server som man loggar in på har ett certifikat vars rot inte är betrodd här."},
    {kTlsChainIncomplete, "TLS_CHAIN_INCOMPLETE", kCritical, kServiceOwner,
     "A server leaves out an intermediate certificate, so its chain cannot be followed to a root.",
     "En server utelämnar ett mellanliggande certifikat, så dess kedja kan inte följas till en rot."},
    {kTlsClientCertNotAccepted, "TLS_CLIENT_CERT_NOT_ACCEPTED", kCritical, kLocalIt,
     "A server wants a client certificate, and none of the cards here has one that gets through.",
     "En server vill ha ett klientcertifikat, och inget av korten här har ett som kommer fram."},
    {kTlsVersionMismatch, "TLS_VERSION_MISMATCH", kCritical, kServiceOwner,
     "A server and the browsers of today have no TLS version, cipher and kind of key in common.",
     "En server och dagens webbläsare har inte TLS-version, chiffer och nyckelslag gemensamt."},
    {kTlsSignatureMismatch, "TLS_SIGNATURE_MISMATCH", kCritical, kServiceOwner,
     "A server wants the login signed in a way that the card may not, or cannot, sign.",
     "En server vill ha inloggningen signerad på ett sätt som kortet kanske inte, eller inte alls, kan."},
    {kTlsNameMismatch, "TLS_NAME_MISMATCH", kCritical, kServiceOwner,
     "A server's certificate is not for the name in its address.",
     "En servers certifikat gäller inte för namnet i dess adress."},
    {kTlsIntercepted, "TLS_INTERCEPTED", kWarning, kLocalIt,
     "The certificate of a server comes from a CA that was added on this workstation: something in between "
     "may be reading the traffic.",
     "En servers certifikat kommer från en CA som lagts till på arbetsstationen: något däremellan läser "
     "kanske trafiken."},
    {kTlsServerCertExpired, "TLS_SERVER_CERT_EXPIRED", kCritical, kServiceOwner,
     "A server's certificate, or a CA certificate above it, has ended or has not begun.",
     "En servers certifikat, eller ett CA-certifikat ovanför, har gått ut eller inte börjat gälla."},
    {kTlsServerCertUnusable, "TLS_SERVER_CERT_UNUSABLE", kCritical, kServiceOwner,
     "A server's certificate is one that no browser takes, whoever issued it.",
     "En servers certifikat är ett som ingen webbläsare godtar, oavsett utfärdare."},
    {kTlsNotTls, "TLS_NOT_TLS", kCritical, kServiceOwner,
     "What answers at the server's address does not speak TLS.",
     "Det som svarar på serverns adress talar inte TLS."},
    {kTlsServerUnreachable, "TLS_SERVER_UNREACHABLE", kCritical, kLocalIt,
     "A server that people log in to cannot be reached from this workstation.",
     "En server som man loggar in på kan inte nås från arbetsstationen."},
    {kRevocationUnreachable, "REVOCATION_UNREACHABLE", kWarning, kLocalIt,
     "Whether the card's certificates are revoked could not be learnt from here; servers or domain "
     "controllers "
     "on the same network may refuse a login for the same reason.",
     "Om kortets certifikat är spärrade gick inte att få veta härifrån; servrar eller domänkontrollanter på "
     "samma nät kan avvisa en inloggning av samma skäl."},
    {kAiaUnreachable, "AIA_UNREACHABLE", kWarning, kLocalIt,
     "An issuing CA certificate that is missing here cannot be fetched from its address either, so no "
     "browser "
     "can fetch it by itself.",
     "Ett utfärdarcertifikat som saknas här går inte heller att hämta från sin adress, så ingen webbläsare "
     "kan "
     "hämta det själv."},
    {kClockWrong, "CLOCK_WRONG", kCritical, kLocalIt,
     "The workstation's clock is wrong, so valid certificates may look expired or not yet valid.",
     "Arbetsstationens klocka går fel, så giltiga certifikat kan se ut att ha gått ut eller inte gälla "
     "ännu."},
    {kMiddlewareMissing, "MIDDLEWARE_MISSING", kWarning, kLocalIt,
     "A browser has no module by which it reaches a card, so it offers none of the card's certificates.",
     "En webbläsare har ingen modul som den når kort med, så den erbjuder inget av kortets certifikat."},
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

bool FollowsCards(FindingCode code) {
  switch (code) {
    case FindingCode::kIntermediateMissing:    // of a card's certificate, where only its name is here
    case FindingCode::kMiddlewareMissing:      // is asked about while a card or a reader is here
    case FindingCode::kRevocationUnreachable:  // for the cards' certificates
    case FindingCode::kTlsClientCertNotAccepted:
    case FindingCode::kTlsSignatureMismatch:
      return true;
    default:
      return code >= FindingCode::kNoCard && code <= FindingCode::kChainBroken;
  }
}

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
