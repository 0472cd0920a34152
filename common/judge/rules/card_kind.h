// What a card is good for by the certificates on it: what the rules about cards
// that cannot log in yet share, so that each such card is found once.
#pragma once

#include "common/snapshot/snapshot.h"

namespace kortvakt {

enum class CardKind {
  kUnknown,        // not read to the end: what was not read may be a login certificate
  kLogin,          // has a certificate to log in with, whatever its dates
  kTransportOnly,  // has a transport certificate, and none for login or signature
  kNoLogin,        // anything else, an empty card too
};

// `card`'s certificates are classified.
CardKind KindOf(const CardFacts& card);

// Whether `certificate` is one that a person logs in with (an organisation's
// function certificate is not).
bool IsLogin(const CertificateFacts& certificate);

}  // namespace kortvakt
