#include "tests/support/scenarios/login_causes.h"

namespace kortvakt::testing {
namespace {

using enum FindingCode;

const std::vector<LoginCause>& Causes() {
  static const std::vector<LoginCause>* causes = new std::vector<LoginCause>{
      {"The root is not installed", {kRootMissing, kTlsRootUntrusted}, ""},
      {"The card's issuing CA is not installed",
       {kIntermediateMissing, kTlsClientCertNotAccepted},
       "the second where a probed server shows it"},
      {"The CAs are where the browser does not look", {kCaNotInBrowserStore}, ""},
      {"The CAs are in one user's store only", {kCaInUserStoreOnly}, ""},
      {"A CA is distrusted, or one of the same name has another key", {kCaDistrusted, kCaLookalike}, ""},
      {"A CA certificate has ended", {kCaExpiresSoon}, ""},
      {"A CA on the way may not issue such certificates, or is signed only by one that is not here",
       {kChainBroken},
       ""},
      {"The card comes from a CA that is no longer in use", {kRetiredIssuer}, ""},
      {"The wrong one of several certificates is chosen", {kSeveralLoginCerts}, ""},
      {"The system takes the certificate that was added last",
       {kSeveralLoginCerts},
       "which one it takes is not seen; that there are two is"},
      {"The certificate has ended, ends soon, or has not begun",
       {kCertExpired, kCertExpiresSoon, kCertNotYetValid},
       ""},
      {"The workstation's clock is wrong", {kClockWrong}, "by comparison with the collector"},
      {"The card is not activated, or empty", {kCardEmpty}, ""},
      {"The activation was not finished by the holder's signature",
       {kCertRevoked},
       "only once it has been revoked for that"},
      {"A reserve card whose certificates are not fetched", {kCardTransportOnly}, ""},
      {"The service wants a higher level of assurance", {kLoaTooLow, kLoaUnknown, kLoaContradiction}, ""},
      {"The certificate is revoked (also: a changed name, an ended employment)",
       {kCertRevoked},
       "where revocation is looked at"},
      {"The PIN is locked", {}, "never read: a card has one counter for all, and a look could cost a try"},
      {"Several readers or cards", {kSeveralCards}, ""},
      {"The card is turned, dirty or not fully inserted", {kCardMute, kNoCard}, ""},
      {"No reader, its driver, or USB power saving", {kNoReader, kReaderError}, ""},
      {"The smart card service has stopped", {kPcscServiceDown}, ""},
      {"The middleware is missing, or not registered in the browser", {kMiddlewareMissing}, ""},
      {"The card is of a kind that the middleware does not know, or its files are damaged",
       {kCardUnsupported, kCardUnreadable, kCardKeyMissing},
       ""},
      {"Certificates were not copied to the user's store, or others' are left there",
       {},
       "a store of Windows; browsers on Linux ask the card"},
      {"Card or middleware cannot sign as the server wants (RSA-PSS, TLS 1.3)",
       {kTlsSignatureMismatch},
       "what the middleware can do is not seen"},
      {"Server and browser have no TLS version or cipher in common", {kTlsVersionMismatch, kTlsNotTls}, ""},
      {"Revocation lists, OCSP or CA addresses are blocked",
       {kRevocationUnreachable},
       "where revocation is looked at; AIA_UNREACHABLE comes beside INTERMEDIATE_MISSING"},
      {"Names and routes of Sjunet and the Internet are mixed",
       {kTlsServerUnreachable},
       "seen at the probed servers"},
      {"The revocation list of a domain controller is too old", {}, "seen on the domain controller only"},
      {"Windows logon: strong mapping, or UPN and usages that are missing",
       {},
       "seen in Active Directory only"},
      {"An old TLS session or browser session", {}, "inside the browser; closing all its windows ends it"},
      {"A proxy or antivirus inspects the traffic", {kTlsIntercepted}, ""},
      {"A proxy is needed and not set, or refuses", {kTlsServerUnreachable}, ""},
      {"The login service cannot be reached", {kTlsServerUnreachable}, ""},
      {"The server's certificate: chain, root, name, dates, form",
       {kTlsChainIncomplete, kTlsRootUntrusted, kTlsNameMismatch, kTlsServerCertExpired,
        kTlsServerCertUnusable},
       ""},
      {"The server does not take the card's issuer", {kTlsClientCertNotAccepted}, ""},
      {"A test card in production, or the reverse", {kTestCertInProduction}, ""},
      {"The signature certificate is missing", {kSignatureCertMissing}, "login works, signing does not"},
      {"The card was removed, or its signing failed, in the middle of a login",
       {kNoCard, kCardMute, kCardInUse, kCardKeyMissing},
       "no probe sees it, for none has a key: the reader is watched"},
  };
  return *causes;
}

}  // namespace

std::span<const LoginCause> LoginCauses() { return Causes(); }

}  // namespace kortvakt::testing
