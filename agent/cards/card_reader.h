// Reading a card of whatever family: the drivers in order, and what they return.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/pcsc/card_channel.h"
#include "common/base/bytes.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt {

// A certificate as read from a card.
struct CardCertificate {
  Bytes der;  // exactly the certificate, padding cut
  KeyPresence key_presence = KeyPresence::kUnknown;
  std::string source;  // where it stood, for messages: "EF 4331", "kxc00"
};

// Contents of a card. Stays on the workstation: only CardFacts leave it.
struct CardContents {
  CardFamily family = CardFamily::kUnknown;
  CardState state = CardState::kUnsupported;
  std::string detail;  // evidence when the state is not kRead; no personal data
  Bytes serial;        // chip serial as the card gives it; empty: none told, or only 00 or FF
  std::string label;   // token label; may hold a person's name
  std::string manufacturer;
  std::vector<CardCertificate> certificates;  // reading order
  uint32_t unreadable_certificates = 0;
  KeyPresence private_keys = KeyPresence::kUnknown;  // whether the card holds any
  // What tells whether the card changed since: cardcf (IDPrime), digest of the
  // directory files (PKCS#15). Empty: unknown, read it again.
  Bytes freshness;
};

// Reads the whole card once. An error of the session (kUnavailable,
// kDeadlineExceeded, kAborted, kCancelled, …; see CardChannel) is returned as such: the
// caller drops everything, for a partial read may mix two cards. What the card
// says wrong is no error but a state with detail, good certificates kept.
absl::StatusOr<CardContents> ReadCard(CardSession& session);

// Cards that were read before; none is null. One without serial or freshness is passed over.
using KnownCard = std::shared_ptr<const CardContents>;
using KnownCards = std::vector<KnownCard>;

// Finds out by what the card tells of itself which of `known` it may be, then whether it
// is that one unchanged, and returns it. Else (none, or more than one cannot be told from
// it) reads the card. With few commands: at most 6 where `known` are of one kind of card
// (docs/cards.md, "An unchanged card"); they go first that were seen last. Errors are the
// session's, as of ReadCard.
absl::StatusOr<CardContents> RefreshCard(CardSession& session, const KnownCards& known);

// card.id: SHA-256, lower-case hex, of the family's word ("pkcs15", "idprime"),
// a NUL byte and the serial. Empty when there is no serial.
std::string CardId(CardFamily family, ByteView serial);

// What may leave the workstation of `contents`: certificates decoded (those that
// cannot be are counted as unreadable, each named in detail), personal data
// dropped, the label too when it holds a part of a holder's name or no certificate
// of a holder's tells that it does not. `atr` raw.
// Certificates are not classified and their issuers not verified yet.
CardFacts MakeCardFacts(ByteView atr, const CardContents& contents, const PrivacyOptions& privacy,
                        absl::Time read_at);

}  // namespace kortvakt
