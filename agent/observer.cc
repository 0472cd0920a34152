#include "agent/observer.h"

#include <algorithm>
#include <utility>

#include "agent/host/host.h"
#include "common/base/bytes.h"
#include "common/base/time.h"
#include "common/base/version.h"

namespace kortvakt {
namespace {

std::vector<ByteView> CardCertificates(const ObservedReaders& readers) {
  std::vector<ByteView> certificates;
  for (const ObservedReader& reader : readers.readers) {
    if (!reader.card) continue;
    for (const CardCertificate& certificate : reader.card->contents.certificates) {
      certificates.push_back(certificate.der);
    }
  }
  return certificates;
}

// Sets the verified issuer, and the paths, of each certificate that `pool` has them for.
void SetIssuers(CardFacts& facts, const CardContents& contents, const CertificatePool& pool) {
  for (const CardCertificate& certificate : contents.certificates) {
    const std::string sha256 = Sha256Hex(certificate.der);
    const auto found =
        std::find_if(facts.certificates.begin(), facts.certificates.end(),
                     [&](const CertificateFacts& candidate) { return candidate.sha256 == sha256; });
    if (found == facts.certificates.end()) continue;
    found->issuer_sha256 = pool.FindIssuer(certificate.der);
    found->paths = pool.FindPaths(certificate.der);
  }
}

}  // namespace

Observer::Observer(const AgentConfig& config, const CaCatalogue& catalogue, std::string workstation_id)
    : config_(config),
      catalogue_(catalogue),
      workstation_id_(std::move(workstation_id)),
      trust_(config.trust, catalogue, SystemClock()) {}

Snapshot Observer::Observe(const ObservedReaders& readers, absl::Time now,
                           std::optional<absl::Duration> clock_offset) {
  Snapshot snapshot;
  snapshot.observed_at = now;
  snapshot.workstation = {workstation_id_, HostName(), config_.site};
  snapshot.pcsc_running = readers.service_running;
  snapshot.pcsc_detail = readers.service_detail;
  trust_.Look(CardCertificates(readers));
  snapshot.trust_stores = trust_.stores();
  snapshot.browsers = trust_.browsers();
  for (const ObservedReader& reader : readers.readers) {
    ReaderFacts& facts = snapshot.readers.emplace_back();
    facts.name = CleanText(reader.name);
    facts.state = reader.state;
    facts.detail = reader.detail;
    if (!reader.card) continue;
    const ObservedCard& card = *reader.card;
    facts.card = MakeCardFacts(card.atr, card.contents, config_.privacy, card.read_at.value_or(now));
    facts.card->read_at = card.read_at;
    SetIssuers(*facts.card, card.contents, trust_.pool());
  }
  snapshot.clock.synchronised = ClockSynchronised();
  snapshot.clock.offset_to_collector = clock_offset;
  snapshot.versions = {kVersion, OsFamily(), OsVersion(), catalogue_.version()};
  ClassifySnapshot(snapshot, catalogue_);
  return snapshot;
}

}  // namespace kortvakt
