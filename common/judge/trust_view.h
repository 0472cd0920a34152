// What a browser, or a single store, makes of CA certificates.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/certs/classify.h"
#include "common/judge/finding.h"
#include "common/judge/policy.h"
#include "common/judge/seconds.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt {

// When: in whole seconds, and by how many the clock that says so may be wrong, either
// way (Facts::clock_error).
struct JudgedAt {
  int64_t now = 0;
  int64_t clock_error = 0;
};
JudgedAt JudgedAtOf(const Snapshot& snapshot, absl::Time now);

// Valid where it is so by one of the clocks that may be right.
Validity ValidityAt(const CertificateFacts& certificate, const JudgedAt& at);

// What stands in the way of a CA certificate, or a CA; the nearest to counting first.
enum class CaGap {
  kNone,        // a root that is trusted, another that is there
  kCannotTell,  // not seen, but a store could not be read
  kUntrusted,   // a root that is there, but not trusted
  kNotYetValid,
  kEnded,
  kMissing,     // in none of the stores
  kDistrusted,  // in one of the stores, whatever the others say
};

// What is said of a CA after its name: "is missing", "has ended". Empty for kNone.
const char* GapText(CaGap gap, Language language);

// The CA certificates of one browser's stores, or of one store, at one moment, each with
// what all the stores together say of it. Pointers into the snapshot and the catalogue.
class TrustView {
 public:
  struct Entry {
    const CertificateFacts* certificate = nullptr;
    CaTrust trust = CaTrust::kPresent;
    RecognisedCa recognised;
  };

  // All that `browser`, one of `snapshot`, looks at. Distrusted in one of its stores is
  // distrusted; else trusted in one is trusted. Where it reaches cards by a module
  // (card_modules.h) the CA certificates on the cards are there too, without trust: NSS
  // takes those of every token.
  TrustView(const BrowserFacts& browser, const Snapshot& snapshot, const Policy& policy,
            CaRecogniser& recogniser, const JudgedAt& at);
  // A store for itself.
  TrustView(const TrustStoreFacts& store, CaRecogniser& recogniser, const JudgedAt& at);

  const BrowserFacts* browser() const { return browser_; }  // null: a store for itself
  const std::vector<const TrustStoreFacts*>& stores() const { return stores_; }
  // Null: not in it.
  const Entry* Find(std::string_view sha256) const;
  // What stands in the way of a certificate that is not in it.
  CaGap GapOfAbsent() const { return all_read_ ? CaGap::kMissing : CaGap::kCannotTell; }

  // Of this very certificate. `as_root`: it must be trusted, and not only be there.
  CaGap GapOf(const CertificateFacts& certificate, bool as_root) const;
  // Of the CA, by the best of its certificates. A look-alike's is none of them.
  CaGap GapOf(const CataloguedCa& ca) const;
  // The certificate of the CA that GapOf goes by; null: there is none.
  const Entry* BestOf(const CataloguedCa& ca) const;

 private:
  void AddStore(const TrustStoreFacts& store, CaRecogniser& recogniser);
  void Add(const CertificateFacts& certificate, CaTrust trust, CaRecogniser& recogniser);
  void FindBest();
  CaGap GapOfEntry(const Entry& entry, bool as_root) const;

  JudgedAt at_;
  const BrowserFacts* browser_ = nullptr;
  bool all_read_ = true;
  std::vector<const TrustStoreFacts*> stores_;
  std::vector<Entry> entries_;
  std::unordered_map<std::string_view, size_t> by_fingerprint_;
  std::unordered_map<std::string_view, size_t> best_;  // by catalogue id
};

// A view for each browser of the snapshot; where it has none, for each store of the
// machine that exists.
std::vector<TrustView> TrustViews(const Snapshot& snapshot, const Policy& policy, CaRecogniser& recogniser,
                                  const JudgedAt& at);

}  // namespace kortvakt
