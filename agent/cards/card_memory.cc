#include "agent/cards/card_memory.h"

#include <algorithm>
#include <utility>

#include "common/certs/certificate_facts.h"

namespace kortvakt {
namespace {

// Holders renew a certificate in its last 56 days, onto the same card.
constexpr absl::Duration kRenewalTime = absl::Hours(24 * 56);

size_t BytesOf(const CardContents& contents) {
  size_t bytes = sizeof contents + contents.detail.size() + contents.serial.size() + contents.label.size() +
                 contents.manufacturer.size() + contents.freshness.size();
  for (const CardCertificate& certificate : contents.certificates) {
    bytes += sizeof certificate + certificate.der.size() + certificate.source.size();
  }
  return bytes;
}

}  // namespace

absl::Time KnownUntil(const CardContents& contents) {
  if (contents.state != CardState::kRead || contents.serial.empty() || contents.freshness.empty())
    return absl::InfinitePast();
  absl::Time until = absl::InfiniteFuture();
  for (const CardCertificate& certificate : contents.certificates) {
    const absl::StatusOr<CertificateFacts> facts = ReadCertificate(certificate.der, PrivacyOptions{});
    // A half-made card: it is to get that key, and nothing that is looked at again would tell. A
    // CA's key is on no card.
    const bool is_ca = facts.ok() && facts->is_ca;
    if (certificate.key_presence == KeyPresence::kAbsent && !is_ca) return absl::InfinitePast();
    if (facts.ok()) until = std::min(until, facts->not_after - kRenewalTime);
  }
  return until;
}

void CardMemory::Keep(ByteView atr, const CardContents& contents) {
  Entry entry{.id = CardId(contents.family, contents.serial),
              .atr = Bytes(atr.begin(), atr.end()),
              .until = KnownUntil(contents),
              .bytes = BytesOf(contents),
              .contents = std::make_shared<const CardContents>(contents)};
  entries_.remove_if([&](const Entry& old) {
    if (old.id != entry.id || old.atr != entry.atr) return false;
    bytes_ -= old.bytes;
    return true;
  });
  if (entry.id.empty() || entry.until == absl::InfinitePast() || entry.bytes > kMostBytes) return;
  bytes_ += entry.bytes;
  entries_.push_front(std::move(entry));
  while (entries_.size() > kMostCards || bytes_ > kMostBytes) {
    bytes_ -= entries_.back().bytes;
    entries_.pop_back();
  }
}

KnownCards CardMemory::Find(ByteView atr, absl::Time now) const {
  KnownCards known;
  for (const Entry& entry : entries_) {
    const bool same = std::equal(entry.atr.begin(), entry.atr.end(), atr.begin(), atr.end());
    if (same && now < entry.until) known.push_back(entry.contents);
  }
  return known;
}

}  // namespace kortvakt
