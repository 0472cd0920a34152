// The rules, one a file; AllRules() lists them.
#pragma once

#include "common/judge/rule.h"

namespace kortvakt {

const Rule& PcscServiceDownRule();
const Rule& NoReaderRule();
const Rule& ReaderErrorRule();
const Rule& NoCardRule();
const Rule& CardMuteRule();
const Rule& CardUnsupportedRule();
const Rule& CardEmptyRule();
const Rule& CardUnreadableRule();
const Rule& CardInUseRule();
const Rule& CardTransportOnlyRule();
const Rule& CardKeyMissingRule();
const Rule& SeveralCardsRule();
const Rule& CertExpiredRule();
const Rule& CertExpiresSoonRule();
const Rule& CertNotYetValidRule();
const Rule& CertRevokedRule();
const Rule& SeveralLoginCertsRule();
const Rule& SignatureCertMissingRule();
const Rule& TestCertInProductionRule();
const Rule& RetiredIssuerRule();
const Rule& LoaTooLowRule();
const Rule& LoaUnknownRule();
const Rule& LoaContradictionRule();
const Rule& ChainBrokenRule();
const Rule& RootMissingRule();
const Rule& IntermediateMissingRule();
const Rule& CaNotInBrowserStoreRule();
const Rule& CaInUserStoreOnlyRule();
const Rule& CaDistrustedRule();
const Rule& CaLookalikeRule();
const Rule& CaRetiredPresentRule();
const Rule& CaExpiresSoonRule();
const Rule& TrustStoreUnreadableRule();
const Rule& TlsRootUntrustedRule();
const Rule& TlsChainIncompleteRule();
const Rule& TlsClientCertNotAcceptedRule();
const Rule& TlsVersionMismatchRule();
const Rule& TlsSignatureMismatchRule();
const Rule& TlsNameMismatchRule();
const Rule& TlsInterceptedRule();
const Rule& TlsServerCertExpiredRule();
const Rule& TlsServerCertUnusableRule();
const Rule& TlsNotTlsRule();
const Rule& TlsServerUnreachableRule();
const Rule& RevocationUnreachableRule();
const Rule& AiaUnreachableRule();
const Rule& ClockWrongRule();
const Rule& MiddlewareMissingRule();

}  // namespace kortvakt
