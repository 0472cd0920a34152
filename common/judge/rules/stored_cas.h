// What the rules about CA certificates in trust stores share.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/judge/rule.h"

namespace kortvakt {

// A CA certificate and the stores that hold it. Pointers into the snapshot.
struct StoredCa {
  const CertificateFacts* certificate = nullptr;
  RecognisedCa recognised;
  std::vector<const TrustStoreFacts*> stores;
  bool trusted = false;  // in one of them

  // "system bundle X and folder Y".
  std::string Places(Language language) const;
};

// Those for which `wanted` holds, each certificate once, in the order of the
// stores. Where a store distrusts it, that store is left out.
std::vector<StoredCa> FindStoredCas(const Facts& facts,
                                    const std::function<bool(const RecognisedCa&)>& wanted);

}  // namespace kortvakt
