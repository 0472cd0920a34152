#include <algorithm>
#include <utility>

#include "agent/cards/card_reader.h"
#include "agent/cards/evidence.h"

namespace kortvakt {
namespace {

// Texts of a card in a snapshot; a label has 32 characters at most on real cards.
constexpr size_t kMaxText = 128;
constexpr size_t kMaxAtr = 33;  // ISO/IEC 7816-3, 8.2

// Whether a label may hold a part of a holder's name, which only a certificate of the
// holder's can deny. `decoded`: those of `certificates` that can be read.
bool IsPersonal(const std::string& label, const std::vector<CardCertificate>& certificates,
                const std::vector<CertificateFacts>& decoded) {
  if (MaskIdentityNumbers(label) != label) return true;
  if (std::all_of(decoded.begin(), decoded.end(),
                  [](const CertificateFacts& facts) { return facts.is_ca; })) {
    return true;
  }
  return std::any_of(certificates.begin(), certificates.end(), [&label](const CardCertificate& certificate) {
    return MentionsHolder(certificate.der, label);
  });
}

bool MayLogIn(const CertificateFacts& facts) {
  return !facts.is_ca && std::find(facts.key_usages.begin(), facts.key_usages.end(), "digitalSignature") !=
                             facts.key_usages.end();
}

std::string HolderOf(const std::vector<CertificateFacts>& certificates) {
  for (const bool any : {false, true}) {
    for (const CertificateFacts& facts : certificates) {
      if (!facts.hsa_id.empty() && !facts.is_ca && (any || MayLogIn(facts))) return facts.hsa_id;
    }
  }
  return "";
}

}  // namespace

CardFacts MakeCardFacts(ByteView atr, const CardContents& contents, const PrivacyOptions& privacy,
                        absl::Time read_at) {
  CardFacts facts;
  facts.atr = UpperHex(atr.first(std::min(atr.size(), kMaxAtr)));
  facts.id = CardId(contents.family, contents.serial);
  facts.family = contents.family;
  facts.state = contents.state;
  facts.detail = contents.detail;
  facts.manufacturer = CleanText(contents.manufacturer, kMaxText);
  facts.unreadable_certificates = contents.unreadable_certificates;
  facts.private_keys = contents.private_keys;
  facts.read_at = read_at;

  Evidence undecodable;
  for (const CardCertificate& certificate : contents.certificates) {
    absl::StatusOr<CertificateFacts> read = ReadCertificate(certificate.der, privacy);
    if (!read.ok()) {
      ++facts.unreadable_certificates;
      undecodable.Add(certificate.source, read.status());
      continue;
    }
    read->key_presence = certificate.key_presence;
    if (facts.card_number.empty()) facts.card_number = read->card_number;
    facts.certificates.push_back(*std::move(read));
  }
  facts.holder_hsa_id = HolderOf(facts.certificates);
  if (!IsPersonal(contents.label, contents.certificates, facts.certificates)) {
    facts.label = CleanText(contents.label, kMaxText);
  }
  if (!undecodable.empty()) {
    facts.state = CardState::kUnreadable;
    if (!facts.detail.empty()) facts.detail += "; ";
    facts.detail += undecodable.Text();
  }
  return facts;
}

}  // namespace kortvakt
