// What there is to ask about a workstation, and of whom it may be asked.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "agent/revocation/not_asked.h"
#include "common/base/bytes.h"
#include "common/certs/ca_catalogue.h"
#include "common/certs/chain.h"
#include "common/judge/policy.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt {

// Whether a card's certificate is revoked.
struct RevocationQuestion {
  std::string certificate_sha256;
  std::string serial_number;
  Bytes issuer;  // DER of the CA certificate whose key signed it
  std::vector<std::string> ocsp_urls;
  std::vector<std::string> crl_urls;
};

// Whether a missing CA's certificate can be fetched.
struct CaQuestion {
  CataloguedCa ca;  // with an address
  Bytes issuer;     // DER of the catalogued root that issued it; empty: not here
};

struct Questions {
  std::vector<RevocationQuestion> certificates;
  std::vector<CaQuestion> cas;
  std::vector<std::string> hosts;  // that may be asked (AllowsHost)
  // The cards' other login and signature certificates, and why there is no question.
  NotAskedCertificates not_asked;
};

// Most CA certificates that CasToAsk gives: real cards rest on a dozen.
inline constexpr size_t kMaxCasToAsk = 64;

// The questions about `snapshot`, whose card certificates have their verified issuer, at
// `now`. `pool`: CA certificates of the workstation, those issuers among them.
//
// Certificates: the cards' login and signature certificates that have not ended and from which
// a path, by signatures, ends at a current root that the catalogue knows by fingerprint. So
// nobody but the catalogue's CAs can write an address that is asked. At most 64, with 4
// addresses of each kind.
//
// CAs: the required issuing CAs that are missing (LookForRequiredCas), at the catalogue's
// address: what is on a card plays no part. At most as many as a report may tell of
// (kMaxCaDownloads, common/snapshot/revocation_proto.h).
Questions QuestionsOf(const Snapshot& snapshot, const CaCatalogue& catalogue, const Policy& policy,
                      const CertificatePool& pool, absl::Time now);

// The certificates (DER) of `pool`, each once, without which QuestionsOf would not ask what it
// asks about `snapshot`: a pool of these gives the same questions. Of nobody but CAs, and of
// none that a card alone vouches for.
std::vector<Bytes> CasToAsk(const Snapshot& snapshot, const CaCatalogue& catalogue,
                            const CertificatePool& pool);

}  // namespace kortvakt
