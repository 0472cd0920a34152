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
const Rule& CertExpiredRule();
const Rule& CertExpiresSoonRule();
const Rule& CertNotYetValidRule();
const Rule& SeveralLoginCertsRule();
const Rule& LoaTooLowRule();
const Rule& LoaUnknownRule();
const Rule& RootMissingRule();
const Rule& IntermediateMissingRule();
const Rule& TrustStoreUnreadableRule();
const Rule& ClockWrongRule();

}  // namespace kortvakt
