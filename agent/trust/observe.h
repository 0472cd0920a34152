// What of the trust stores goes into a snapshot.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/trust/trust_store.h"
#include "common/base/bytes.h"
#include "common/certs/ca_catalogue.h"
#include "common/certs/chain.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt {

// Looks at trust stores again and again; a certificate is decoded, and a signature
// verified, when it is new, and remembered only while it is there. Not thread-safe.
class TrustObserver {
 public:
  // `catalogue` must outlive it.
  explicit TrustObserver(const CaCatalogue& catalogue);

  // The stores' facts, in their order. Of a store's certificates those are told
  // that bear a catalogued CA's name or fingerprint, or that are on a path of
  // one of `card_certificates` (DER, CA certificates of cards among them); with
  // issuer_sha256 set and classified. As a snapshot holds (snapshot_proto.h), at most
  // 1,024 of the machine's stores together and as many of the users', of whose stores
  // each has an equal part of that, of 512 KiB and of 8,192 list entries, and 64 at
  // most: nobody's store takes the place of another's. The detail has how many were
  // left out; those with a fingerprint of the catalogue or on a path go last.
  std::vector<TrustStoreFacts> Observe(const std::vector<SeenStore>& stores,
                                       const std::vector<ByteView>& card_certificates);

  // The CA certificates of the last Observe that may be an issuer of the cards'
  // certificates or of each other: find the issuers of card certificates here. The
  // machine's come first, so that nobody's own keep them from being tried; then those of
  // users and cards in turn.
  const CertificatePool& pool() const { return pool_; }

  // How often a certificate's facts were read so far.
  size_t facts_read() const { return facts_read_; }

 private:
  // What is remembered of every certificate in the stores and on the cards.
  struct Known {
    bool readable = false;
    std::string subject;  // as it is compared
    std::string issuer;
    std::unique_ptr<const CertificateFacts> facts;  // null: not told yet
    size_t bytes = 0;                               // on the wire, once told
  };
  using Entry = TrustStoreContents::Entry;
  // What may still be told.
  struct Allowance {
    size_t cas;
    size_t bytes;    // of CAs that no store before has told
    size_t entries;  // in the CAs' lists
  };

  // A certificate that may become one of the pool.
  struct Candidate {
    ByteView der;
    std::string_view sha256;
    const Known* known;
  };

  void Learn(ByteView der, const std::string& sha256);
  void Forget(const std::vector<SeenStore>& stores, const std::vector<std::string>& card_fingerprints);
  bool IsCatalogued(const Entry& entry) const;
  std::vector<Candidate> CandidatesOf(const std::vector<SeenStore>& stores,
                                      const std::vector<ByteView>& card_certificates,
                                      const std::vector<std::string>& card_fingerprints) const;
  void FillPool(const std::vector<Candidate>& candidates, const std::vector<std::string>& card_fingerprints);
  // The facts of a readable certificate; null: they cannot be read.
  const CertificateFacts* FactsOf(const Entry& entry);
  // Certificates of the store that are told, those that matter most first.
  std::vector<const Entry*> Wanted(const SeenStore& store, const std::vector<std::string>& on_path) const;
  TrustStoreFacts Tell(const SeenStore& store, const std::vector<std::string>& on_path, Allowance& allowance,
                       std::set<std::string>& told);

  const CaCatalogue& catalogue_;
  std::vector<std::string> catalogue_names_;  // as they are compared, sorted
  std::map<std::string, Known> known_;        // by fingerprint
  size_t facts_read_ = 0;
  CertificatePool pool_;
};

}  // namespace kortvakt
