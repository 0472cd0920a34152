// The service, readers, and cards that are whole, blank, half made or not to be read.
#include "tests/support/scenarios/parts.h"

namespace kortvakt::testing {
namespace {

using enum FindingCode;
using enum Severity;

void AddCardScenarios(std::vector<Scenario>& table) {
  table.push_back({"A card in order gives nothing", GoodCard(), {}, {}});
  table.push_back({"The service is down",
                   With(GoodCard(),
                        [](Snapshot& s) {
                          s.pcsc_running = false;
                          s.pcsc_detail = "SCARD_E_NO_SERVICE";
                          s.readers.clear();
                        }),
                   {},
                   {{kPcscServiceDown, kCritical}}});
  table.push_back(
      {"No reader", With(GoodCard(), [](Snapshot& s) { s.readers.clear(); }), {}, {{kNoReader, kCritical}}});
  table.push_back({"A reader without a card", Workstation(std::nullopt), {}, {{kNoCard, kInfo}}});
  table.push_back({"The only reader is in error",
                   With(Workstation(std::nullopt),
                        [](Snapshot& s) {
                          s.readers[0].state = ReaderState::kError;
                          s.readers[0].detail = "SCARD_E_READER_UNAVAILABLE";
                        }),
                   {},
                   {{kReaderError, kCritical}}});
  table.push_back({"One of two readers is in error, the other has a card",
                   With(GoodCard(),
                        [](Snapshot& s) {
                          s.readers.push_back(ReaderWith("Other Reader", std::nullopt));
                          s.readers[1].state = ReaderState::kError;
                        }),
                   {},
                   {{kReaderError, kWarning}}});
  table.push_back(
      {"One of two readers has a card: NO_CARD does not apply",
       With(GoodCard(), [](Snapshot& s) { s.readers.push_back(ReaderWith("Other", std::nullopt)); }),
       {},
       {}});
  table.push_back({"A mute card",
                   Workstation(CardIn(CardState::kMute, "SCARD_W_UNRESPONSIVE_CARD")),
                   {},
                   {{kCardMute, kCritical}}});
  table.push_back(
      {"A mute card beside a good one",
       With(GoodCard(),
            [](Snapshot& s) { s.readers.push_back(ReaderWith("B", CardIn(CardState::kMute, ""))); }),
       {},
       {{kCardMute, kWarning}}});
  table.push_back({"An unknown card",
                   Workstation(CardIn(CardState::kUnsupported, "no driver")),
                   {},
                   {{kCardUnsupported, kWarning}}});
  table.push_back({"A card that cannot be read",
                   Workstation(CardIn(CardState::kUnreadable, "EF.CDF: 6982")),
                   {},
                   {{kCardUnreadable, kWarning}}});
  table.push_back({"A good certificate beside one that cannot be read",
                   With(GoodCard(), [](Snapshot& s) { s.readers[0].card->unreadable_certificates = 1; }),
                   {},
                   {{kCardUnreadable, kInfo}}});
  const Snapshot ended = Workstation(CardWith({LoginCertificate(In(-3))}));
  const auto with_twin = [&ended](CardState state) {
    return With(ended, [state](Snapshot& s) {
      s.readers.push_back(s.readers[0]);
      s.readers[1].name = "Contactless";
      s.readers[0].card->state = state;
    });
  };
  table.push_back({"A card and its contactless twin are one card",
                   with_twin(CardState::kRead),
                   {},
                   {{kCertExpired, kCritical}}});
  table.push_back({"A twin that could not be read takes nothing from the one that was",
                   with_twin(CardState::kUnreadable),
                   {},
                   {{kCertExpired, kCritical}}});
  table.push_back({"A twin without certificates takes nothing from the one that was read and is in use since",
                   With(ended,
                        [](Snapshot& s) {
                          s.readers.push_back(s.readers[0]);
                          s.readers[0].name = "Contactless";
                          s.readers[0].card->state = CardState::kEmpty;
                          s.readers[0].card->certificates.clear();
                          s.readers[1].card->state = CardState::kInUse;
                        }),
                   {},
                   {{kCertExpired, kCritical}, {kCardInUse, kInfo}}});
  table.push_back({"A card in use by another program",
                   Workstation(CardIn(CardState::kInUse, "")),
                   {},
                   {{kCardInUse, kInfo}}});
  const auto in_use = [](Snapshot snapshot) {
    snapshot.readers[0].card->state = CardState::kInUse;
    snapshot.readers[0].card->read_at = In(0) - absl::Hours(2);
    return snapshot;
  };
  table.push_back({"A card in order that another program has kept since it was read",
                   in_use(GoodCard()),
                   {},
                   {{kCardInUse, kInfo}}});
  table.push_back({"What is known of a card in use counts: its login certificate has ended",
                   in_use(ended),
                   {},
                   {{kCertExpired, kCritical}, {kCardInUse, kInfo}}});
  table.push_back(
      {"What is known of a card in use counts: a reserve card before its certificates are fetched",
       in_use(Workstation(CardWith({TransportCertificate(In(700))}))),
       {},
       {{kCardTransportOnly, kCritical}, {kCardInUse, kInfo}}});
  table.push_back({"What is known of a card in use counts: an unknown card beside it is for information",
                   With(in_use(GoodCard()),
                        [](Snapshot& s) {
                          s.readers.push_back(ReaderWith("B", CardIn(CardState::kUnsupported, "no driver")));
                        }),
                   {},
                   {{kCardUnsupported, kInfo}, {kCardInUse, kInfo}}});
}

Snapshot EmptyCard(KeyPresence keys) {
  CardFacts card = CardIn(CardState::kEmpty, "");
  card.private_keys = keys;
  return Workstation(card);
}

// Cards that are blank, or half made.
void AddUnfinishedCardScenarios(std::vector<Scenario>& table) {
  table.push_back({"A card that was not activated: neither certificate nor key",
                   EmptyCard(KeyPresence::kAbsent),
                   {},
                   {{kCardEmpty, kCritical}}});
  table.push_back({"A card with keys and no certificate",
                   EmptyCard(KeyPresence::kPresent),
                   {},
                   {{kCardEmpty, kCritical}}});
  table.push_back({"An empty card that does not tell of keys",
                   EmptyCard(KeyPresence::kUnknown),
                   {},
                   {{kCardEmpty, kCritical}}});
  table.push_back({"A card with a signature certificate only",
                   Workstation(CardWith({SignatureCertificate(In(700))})),
                   {},
                   {{kCardEmpty, kCritical}}});

  table.push_back({"A reserve card before its certificates are fetched",
                   Workstation(CardWith({TransportCertificate(In(700))})),
                   {},
                   {{kCardTransportOnly, kCritical}}});
  table.push_back({"A reserve card whose transport certificate has ended",
                   Workstation(CardWith({TransportCertificate(In(-3))})),
                   {},
                   {{kCardTransportOnly, kCritical}}});
  table.push_back({"A reserve card whose certificates are fetched",
                   Workstation(CardWith({TransportCertificate(In(700)), LoginCertificate(In(700))})),
                   {},
                   {}});
  table.push_back({"A transport and a signature certificate: CARD_TRANSPORT_ONLY does not apply",
                   Workstation(CardWith({TransportCertificate(In(700)), SignatureCertificate(In(700))})),
                   {},
                   {{kCardEmpty, kCritical}}});
  table.push_back(
      {"A transport certificate beside one that cannot be read: what the card lacks cannot be told",
       With(Workstation(CardWith({TransportCertificate(In(700))})),
            [](Snapshot& s) { s.readers[0].card->unreadable_certificates = 1; }),
       {},
       {{kCardUnreadable, kWarning}}});
  table.push_back(
      {"A transport certificate of an issuer that the catalogue does not know cannot be told from a login "
       "one",
       Workstation(
           CardWith({LoginCertificateBy("CN=Exempel Blankett CA,O=Exempelbolaget AB,C=SE", In(700))})),
       {},
       {{kLoaUnknown, kWarning}}});
}

CertificateFacts WithKey(KeyPresence presence, CertificateFacts certificate) {
  certificate.key_presence = presence;
  return certificate;
}

void AddKeyScenarios(std::vector<Scenario>& table) {
  using enum KeyPresence;
  table.push_back({"A login certificate without its key",
                   Workstation(CardWith({WithKey(kAbsent, LoginCertificate(In(700)))})),
                   {},
                   {{kCardKeyMissing, kCritical}}});
  table.push_back({"Two certificates without keys are one finding",
                   Workstation(CardWith({WithKey(kAbsent, LoginCertificate(In(700))),
                                         WithKey(kAbsent, SignatureCertificate(In(700)))})),
                   {},
                   {{kCardKeyMissing, kCritical}}});
  table.push_back({"One of two login certificates has its key",
                   Workstation(CardWith({WithKey(kPresent, LoginCertificate(In(700))),
                                         WithKey(kAbsent, NationalIdCertificate(In(700)))})),
                   {},
                   {{kCardKeyMissing, kWarning}, kTwoLogins}});
  table.push_back({"Only the signature certificate is without its key",
                   Workstation(CardWith({WithKey(kPresent, LoginCertificate(In(700))),
                                         WithKey(kAbsent, SignatureCertificate(In(700)))})),
                   {},
                   {{kCardKeyMissing, kWarning}}});
  table.push_back({"A reserve card whose transport certificate is without its key",
                   Workstation(CardWith({WithKey(kAbsent, TransportCertificate(In(700)))})),
                   {},
                   {{kCardTransportOnly, kCritical}, {kCardKeyMissing, kCritical}}});
  table.push_back({"Every certificate has its key",
                   Workstation(CardWith({WithKey(kPresent, LoginCertificate(In(700)))})),
                   {},
                   {}});
  table.push_back({"A card that does not tell of keys: missing ones cannot be told",
                   Workstation(CardWith({WithKey(kUnknown, LoginCertificate(In(700)))})),
                   {},
                   {}});
  table.push_back({"An ended certificate without its key has ended, no more",
                   Workstation(CardWith({WithKey(kAbsent, LoginCertificate(In(-3)))})),
                   {},
                   {{kCertExpired, kCritical}}});
  table.push_back({"A replaced certificate needs no key",
                   Workstation(CardWith({WithKey(kAbsent, LoginCertificate(In(300))),
                                         WithKey(kPresent, LoginCertificate(In(700)))})),
                   {},
                   {kTwoLogins}});
  CertificateFacts ca = StoredCa(kHsaId3).certificate;
  table.push_back(
      {"A CA certificate on the card needs no key",
       Workstation(CardWith({WithKey(kAbsent, ca), WithKey(kPresent, LoginCertificate(In(700)))})),
       {},
       {}});
}

}  // namespace

std::vector<Scenario> CardScenarios() {
  return TableOf({AddCardScenarios, AddUnfinishedCardScenarios, AddKeyScenarios});
}

}  // namespace kortvakt::testing
