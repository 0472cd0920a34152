#include "common/judge/rules/card_kind.h"

#include <algorithm>

namespace kortvakt {

bool IsLogin(const CertificateFacts& certificate) {
  return certificate.purpose == Purpose::kAuthentication && certificate.loa != Loa::kNotApplicable;
}

CardKind KindOf(const CardFacts& card) {
  if (!WasRead(card) && card.state != CardState::kEmpty) return CardKind::kUnknown;
  if (card.unreadable_certificates > 0) return CardKind::kUnknown;
  const auto has = [&card](Purpose purpose) {
    return std::any_of(
        card.certificates.begin(), card.certificates.end(),
        [purpose](const CertificateFacts& certificate) { return certificate.purpose == purpose; });
  };
  if (std::any_of(card.certificates.begin(), card.certificates.end(), IsLogin)) return CardKind::kLogin;
  if (has(Purpose::kTransport) && !has(Purpose::kSignature)) return CardKind::kTransportOnly;
  return CardKind::kNoLogin;
}

}  // namespace kortvakt
