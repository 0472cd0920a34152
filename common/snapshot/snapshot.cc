#include "common/snapshot/snapshot.h"

#include "common/certs/classify.h"

namespace kortvakt {

bool WasRead(const CardFacts& card) {
  return card.state == CardState::kRead || (card.state == CardState::kInUse && !card.certificates.empty());
}

void ClassifySnapshot(Snapshot& snapshot, const CaCatalogue& catalogue) {
  const CaDirectory known(KnownCas(snapshot));
  for (TrustStoreFacts& store : snapshot.trust_stores) {
    for (TrustedCa& ca : store.cas) Classify(ca.certificate, catalogue, known);
  }
  for (ReaderFacts& reader : snapshot.readers) {
    if (!reader.card) continue;
    for (CertificateFacts& certificate : reader.card->certificates) Classify(certificate, catalogue, known);
  }
  for (ProbeFacts& probe : snapshot.probes) {
    for (CertificateFacts& certificate : probe.chain) Classify(certificate, catalogue, known);
  }
}

std::vector<const CertificateFacts*> KnownCas(const Snapshot& snapshot) {
  std::vector<const CertificateFacts*> known;
  for (const TrustStoreFacts& store : snapshot.trust_stores) {
    for (const TrustedCa& ca : store.cas) known.push_back(&ca.certificate);
  }
  for (const ReaderFacts& reader : snapshot.readers) {
    if (!reader.card) continue;
    for (const CertificateFacts& certificate : reader.card->certificates) {
      if (certificate.is_ca) known.push_back(&certificate);
    }
  }
  return known;
}

}  // namespace kortvakt
