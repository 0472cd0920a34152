// Findings: the results of judging, and the table of all there are.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace kortvakt {

enum class Severity { kCritical, kWarning, kInfo };
enum class FixedBy { kUser, kLocalIt, kCardOffice, kServiceOwner };
enum class Language { kEnglish, kSwedish };

// Codes in the order of the design's list; FindingTable() has one row each.
enum class FindingCode {
  kPcscServiceDown,
  kNoReader,
  kReaderError,
  kNoCard,
  kCardMute,
  kCardUnsupported,
  kCardEmpty,
  kCardUnreadable,
  kCardInUse,
  kCardTransportOnly,
  kCardKeyMissing,
  kSeveralCards,
  kCertExpired,
  kCertExpiresSoon,
  kCertNotYetValid,
  kCertRevoked,
  kSeveralLoginCerts,
  kSignatureCertMissing,
  kTestCertInProduction,
  kRetiredIssuer,
  kLoaTooLow,
  kLoaUnknown,
  kLoaContradiction,
  kChainBroken,
  kRootMissing,
  kIntermediateMissing,
  kCaNotInBrowserStore,
  kCaInUserStoreOnly,
  kCaDistrusted,
  kCaLookalike,
  kCaRetiredPresent,
  kCaExpiresSoon,
  kTrustStoreUnreadable,
  kTlsRootUntrusted,
  kTlsChainIncomplete,
  kTlsClientCertNotAccepted,
  kTlsVersionMismatch,
  kTlsSignatureMismatch,
  kTlsNameMismatch,
  kTlsIntercepted,
  kTlsServerCertExpired,
  kTlsServerCertUnusable,
  kTlsNotTls,
  kTlsServerUnreachable,
  kRevocationUnreachable,
  kAiaUnreachable,
  kClockWrong,
  kMiddlewareMissing,
  // In the collector only.
  kWorkstationSilent,
};

// What holds for every finding of a code.
struct FindingInfo {
  FindingCode code;
  const char* word;   // "CERT_EXPIRED": the one spelling everywhere
  Severity severity;  // usual severity; a rule may lower it with a reason
  FixedBy fixed_by;
  const char* meaning_en;
  const char* meaning_sv;
};

std::span<const FindingInfo> FindingTable();
const FindingInfo& InfoOf(FindingCode code);
// Whether findings of this code come and go with the cards in the readers. When they did
// tells when somebody was at the workstation, so that is not kept.
bool FollowsCards(FindingCode code);
// Null: no such word.
const FindingInfo* FindFinding(std::string_view word);

const char* SeverityWord(Severity severity);  // "critical", "warning", "info"
const char* FixedByWord(FixedBy fixed_by);    // "user", "local_it", "card_office", "service_owner"

// One thing found. Texts are in the language that Judge was asked for and hold
// no personal data.
struct Finding {
  FindingCode code = FindingCode::kNoCard;
  Severity severity = Severity::kInfo;
  FixedBy fixed_by = FixedBy::kLocalIt;
  std::string subject;
  std::string evidence;
  std::string remedy;
  std::string card_id;             // empty: about no single card
  std::string certificate_sha256;  // empty: about none
  std::string ca;                  // catalogue id; empty: about none

  bool operator==(const Finding&) const = default;
};

}  // namespace kortvakt
