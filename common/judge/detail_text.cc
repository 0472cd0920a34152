#include "common/judge/detail_text.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/snapshot/probe_details.h"
#include "common/snapshot/revocation_details.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxDetail = 256;

struct Phrase {
  const char* english;
  const char* swedish;
};

// Whole parts.
constexpr Phrase kPhrases[] = {
    // agent/probe
    {probe_detail::kNoAnswer, "inget svar i tid"},
    {probe_detail::kNoAddress, "ingen adress"},
    {probe_detail::kResolverSilent, "namnuppslagningen svarar inte i tid"},
    {probe_detail::kPeerClosed, "andra sidan stängde anslutningen"},
    {probe_detail::kLongHead, "ett HTTP-huvud på mer än 8 KiB"},
    {probe_detail::kProxyNotHttp, "den svarar inte med HTTP"},
    {probe_detail::kClosed, "den stängde anslutningen"},
    {probe_detail::kReset, "den bröt anslutningen"},
    {probe_detail::kBroke, "anslutningen bröts"},
    {probe_detail::kHandshakeFailed, "TLS-handskakningen misslyckades"},
    {probe_detail::kEndlessHandshake, "handskakningen tar inte slut"},
    {probe_detail::kPlainHttp, "den svarar med HTTP utan TLS"},
    {probe_detail::kNotTls, "det som svarar är inte TLS"},
    {probe_detail::kNotHttp, "den svarar med något annat än HTTP"},
    {probe_detail::kEndlessRenegotiation, "den omförhandlar utan slut"},
    {probe_detail::kEndlessSending, "den sänder utan slut"},
    {probe_detail::kNoHttpAnswer, "inget HTTP-svar i tid"},
    // agent/revocation
    {download_detail::kNoAddress, "namnet har ingen adress"},
    {download_detail::kNoConnection, "ingen anslutning"},
    {download_detail::kTooLarge, "svaret är för stort"},
    {download_detail::kNotHttp, "det som svarar är inte HTTP"},
    {download_detail::kProxy, "proxyn kan inte nås"},
    {download_detail::kTls, "TLS-handskakningen misslyckades"},
    {download_detail::kNothing, "svaret är tomt"},
    {download_detail::kNoNextUpdate, "nextUpdate saknas"},
    // getaddrinfo(3) and errno(3)
    {"Name or service not known", "namnet är okänt"},
    {"No address associated with hostname", "namnet har ingen adress"},
    {"Temporary failure in name resolution", "namnuppslagningen fungerar inte just nu"},
    {"Connection refused", "anslutningen nekades"},
    {"Connection reset by peer", "andra sidan bröt anslutningen"},
    {"Connection timed out", "inget svar i tid"},
    {"No route to host", "ingen väg till datorn"},
    {"Network is unreachable", "nätet kan inte nås"},
    {"Permission denied", "åtkomst nekas"},
    {"Operation not permitted", "åtgärden är inte tillåten"},
    {"No such file or directory", "filen eller mappen finns inte"},
    {"Not a directory", "inte en mapp"},
    {"Is a directory", "en mapp"},
    {"Input/output error", "fel vid läsning eller skrivning"},
    {"Too many open files", "för många öppna filer"},
    {"Too many levels of symbolic links", "för många symboliska länkar"},
    // agent/cards, agent/readers, agent/pcsc
    {"another program uses the card", "ett annat program använder kortet"},
    {"what is known was read before", "det som är känt lästes tidigare"},
    {"another program has used the card ever since it was inserted",
     "ett annat program har använt kortet ända sedan det sattes i"},
    {"the card does not answer to reset", "kortet svarar inte på återställning"},
    {"the card does not answer", "kortet svarar inte"},
    {"no application of a known card family answers", "ingen applikation av en känd kortfamilj svarar"},
    {"the card's index names no certificate", "kortets index nämner inget certifikat"},
    {"the card's index names key containers, but no certificate",
     "kortets index nämner nyckelbehållare men inget certifikat"},
    {"the card's directories name no certificate", "kortets kataloger nämner inget certifikat"},
    {"the card's directories name private keys, but no certificate",
     "kortets kataloger nämner privata nycklar men inget certifikat"},
    {"another program held the card", "ett annat program höll kortet"},
    {"given up after some attempts", "avbrutet efter några försök"},
    {"the time for this card is used up", "tiden för kortet är slut"},
    {"too many commands for one card", "för många kommandon för ett kort"},
    {"too many bytes for one card", "för många byte för ett kort"},
    {"the card was pulled", "kortet drogs ut"},
    {"the agent is stopping", "agenten avslutas"},
    {"the card gives only a few bytes at a time", "kortet lämnar bara några byte i taget"},
    {"the card's answer is longer than an answer can be", "kortets svar är längre än ett svar kan vara"},
    {"the file is empty", "filen är tom"},
    {"the file holds only padding", "filen innehåller bara utfyllnad"},
    {"not a certificate", "inte ett certifikat"},
    {"it changed while it was read", "innehållet ändrades under läsningen"},
    {"a number is out of range", "ett tal är utanför sitt område"},
    {"the compressed certificate is cut off", "det komprimerade certifikatet är avklippt"},
    {"the compressed certificate is damaged", "det komprimerade certifikatet är skadat"},
    {"reading the certificates", "läsning av certifikaten"},
    // agent/trust
    {"not a regular file", "inte en vanlig fil"},
    {"no such file", "filen finns inte"},
    {"not a folder", "inte en mapp"},
    {"too many files", "för många filer"},
    {"too many certificates", "för många certifikat"},
    {"a symbolic link is on the way", "en symbolisk länk är på vägen"},
    {"leads out of the home's file system", "leder ut ur hemkatalogens filsystem"},
    {"its file system is not mounted", "dess filsystem är inte monterat"},
    {"not a DER certificate", "inte ett DER-certifikat"},
    {"neither a PEM nor a DER certificate", "varken ett PEM- eller DER-certifikat"},
    {"malformed PEM certificate", "ett felformat PEM-certifikat"},
    {"not an SQLite file", "inte en SQLite-fil"},
    {"not a sound NSS database", "inte en hel NSS-databas"},
    {"it is damaged", "den är skadad"},
    {"it takes too long to read", "den tar för lång tid att läsa"},
    {"something in it is too large", "något i den är för stort"},
    {"its tables are not as NSS makes them", "dess tabeller är inte som NSS gör dem"},
    {"not an NSS database", "inte en NSS-databas"},
    {"it has no table nssPublic", "den har ingen tabell nssPublic"},
    {"too many rows of trust", "för många rader om tillit"},
    {"not a JSON object", "inte ett JSON-objekt"},
    {"nested too deeply", "nästlat för djupt"},
    {"Firefox takes no comment, no byte order mark and no comma before a closing bracket",
     "Firefox godtar varken kommentar, byteordningsmärke eller komma före en slutparentes"},
    {"the trust reader failed", "läsarprogrammet misslyckades"},
    {"the trust reader was ended by a signal", "läsarprogrammet avslutades av en signal"},
    {"no answer", "inget svar"},
    {"a change is not in it yet (cert9.db-journal or cert9.db-wal)",
     "en ändring är inte införd än (cert9.db-journal eller cert9.db-wal)"},
    {"the browser writes it there when it is started or closed",
     "webbläsaren för in den när den startas eller stängs"},
    {"the profile is outside Firefox's folder, so it is not read",
     "profilen ligger utanför Firefox mapp, så den läses inte"},
    {"left out", "utelämnat"},
    {"too much for one report, left out", "för mycket för en rapport, utelämnat"},
};

// Parts with something in the middle that stays.
struct Frame {
  const char* english_before;
  const char* english_after;
  const char* swedish_before;
  const char* swedish_after;
};
constexpr Frame kFrames[] = {
    {probe_detail::kAlertPrefix, "", "TLS-larm ", ""},
    {download_detail::kHttpStatus, "", "HTTP-status ", ""},
    {"status word ", "", "statusord ", ""},
    {"reading ", "", "läsning av ", ""},
    {"listing ", "", "listning av ", ""},
    {"larger than ", " bytes", "större än ", " byte"},
    {"its files have more than ", " bytes together", "dess filer har mer än ", " byte tillsammans"},
    {"more than ", " certificate files", "fler än ", " certifikatfiler"},
    {"an answer of ", " bytes", "ett svar på ", " byte"},
    {"", " certificates cannot be decoded", "", " certifikat kan inte avkodas"},
    {"", " certificate cannot be decoded", "", " certifikat kan inte avkodas"},
    {"", " certificates left out", "", " certifikat utelämnade"},
    {"", " certificate left out", "", " certifikat utelämnat"},
    {"", " more users not looked at", "", " användare till är inte undersökta"},
    {"", " more user not looked at", "", " användare till är inte undersökt"},
    {"and ", " more", "och ", " till"},
    {"", " more of this kind", "", " till av detta slag"},
    {"", " certificates", "", " certifikat"},
    {"", " has not returned", "", " har inte svarat"},
    {"waiting until it has been free for ", " s", "väntar tills det har varit fritt i ", " s"},
    {"", " more", "", " till"},
};

std::string PartInSwedish(absl::string_view part) {
  for (const Phrase& phrase : kPhrases) {
    if (part == phrase.english) return phrase.swedish;
  }
  for (const Frame& frame : kFrames) {
    const absl::string_view before = frame.english_before;
    const absl::string_view after = frame.english_after;
    if (part.size() > before.size() + after.size() && absl::StartsWith(part, before) &&
        absl::EndsWith(part, after)) {
      const absl::string_view middle = part.substr(before.size(), part.size() - before.size() - after.size());
      return absl::StrCat(frame.swedish_before, middle, frame.swedish_after);
    }
  }
  return std::string(part);
}

}  // namespace

std::string DetailText(const std::string& detail, Language language) {
  if (language != Language::kSwedish) return CleanText(detail, kMaxDetail);
  std::string text;
  absl::string_view rest = detail;
  while (!rest.empty()) {
    const size_t end = std::min({rest.find("; "), rest.find(": "), rest.size()});
    absl::StrAppend(&text, PartInSwedish(rest.substr(0, end)), rest.substr(end, 2));
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return CleanText(text, kMaxDetail);
}

}  // namespace kortvakt
