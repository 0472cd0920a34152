#include "common/judge/trust_view.h"

namespace kortvakt {
namespace {

// Of two stores of one browser, what it makes of a certificate.
CaTrust Together(CaTrust a, CaTrust b) {
  if (a == CaTrust::kDistrusted || b == CaTrust::kDistrusted) return CaTrust::kDistrusted;
  return a == CaTrust::kTrusted || b == CaTrust::kTrusted ? CaTrust::kTrusted : CaTrust::kPresent;
}

}  // namespace

Validity ValidityAt(const CertificateFacts& certificate, const JudgedAt& at) {
  // The clock is wrong by that much one way or the other, not by anything between.
  for (const int64_t now : {at.now - at.clock_error, at.now + at.clock_error}) {
    if (ValidityAt(certificate, now) == Validity::kValid) return Validity::kValid;
  }
  return ValidityAt(certificate, at.now);
}

TrustView::TrustView(const BrowserFacts& browser, const Snapshot& snapshot, CaRecogniser& recogniser,
                     const JudgedAt& at)
    : at_(at), browser_(&browser) {
  for (const uint32_t index : browser.trust_stores) {
    if (index < snapshot.trust_stores.size()) Add(snapshot.trust_stores[index], recogniser);
  }
  FindBest();
}

TrustView::TrustView(const TrustStoreFacts& store, CaRecogniser& recogniser, const JudgedAt& at) : at_(at) {
  Add(store, recogniser);
  FindBest();
}

void TrustView::Add(const TrustStoreFacts& store, CaRecogniser& recogniser) {
  stores_.push_back(&store);
  all_read_ &= store.state != TrustStoreState::kUnreadable;
  for (const TrustedCa& ca : store.cas) {
    const auto [place, is_new] = by_fingerprint_.emplace(ca.certificate.sha256, entries_.size());
    if (is_new) {
      entries_.push_back({&ca.certificate, ca.trust, recogniser.Of(ca.certificate)});
    } else {
      Entry& entry = entries_[place->second];
      entry.trust = Together(entry.trust, ca.trust);
    }
  }
}

// Of each CA the certificate that comes nearest to counting, of equal ones that which lasts longest.
void TrustView::FindBest() {
  std::unordered_map<std::string_view, CaGap> gaps;
  for (size_t i = 0; i < entries_.size(); ++i) {
    const RecognisedCa& recognised = entries_[i].recognised;
    if (recognised.ca == nullptr || recognised.match == CaMatch::kLookAlike) continue;
    const CaGap gap = GapOfEntry(entries_[i], recognised.ca->role == CaRole::kRoot);
    const auto [best, is_first] = best_.emplace(recognised.ca->id, i);
    CaGap& least = gaps.emplace(recognised.ca->id, gap).first->second;
    const absl::Time lasts = entries_[best->second].certificate->not_after;
    if (is_first || gap > least || (gap == least && entries_[i].certificate->not_after <= lasts)) continue;
    best->second = i;
    least = gap;
  }
}

const TrustView::Entry* TrustView::Find(std::string_view sha256) const {
  const auto found = by_fingerprint_.find(sha256);
  return found == by_fingerprint_.end() ? nullptr : &entries_[found->second];
}

CaGap TrustView::GapOfEntry(const Entry& entry, bool as_root) const {
  if (entry.trust == CaTrust::kDistrusted) return CaGap::kDistrusted;
  const Validity validity = ValidityAt(*entry.certificate, at_);
  if (validity == Validity::kExpired) return CaGap::kEnded;
  if (validity == Validity::kNotYet) return CaGap::kNotYetValid;
  return as_root && entry.trust != CaTrust::kTrusted ? CaGap::kUntrusted : CaGap::kNone;
}

CaGap TrustView::GapOf(const CertificateFacts& certificate, bool as_root) const {
  if (const Entry* entry = Find(certificate.sha256)) return GapOfEntry(*entry, as_root);
  return all_read_ ? CaGap::kMissing : CaGap::kCannotTell;
}

const TrustView::Entry* TrustView::BestOf(const CataloguedCa& ca) const {
  const auto best = best_.find(ca.id);
  return best == best_.end() ? nullptr : &entries_[best->second];
}

CaGap TrustView::GapOf(const CataloguedCa& ca) const {
  if (const Entry* best = BestOf(ca)) return GapOfEntry(*best, ca.role == CaRole::kRoot);
  return all_read_ ? CaGap::kMissing : CaGap::kCannotTell;
}

std::vector<TrustView> TrustViews(const Snapshot& snapshot, CaRecogniser& recogniser, const JudgedAt& at) {
  std::vector<TrustView> views;
  for (const BrowserFacts& browser : snapshot.browsers) views.emplace_back(browser, snapshot, recogniser, at);
  if (!views.empty()) return views;
  for (const TrustStoreFacts& store : snapshot.trust_stores) {
    if (store.owner == "machine" && store.state != TrustStoreState::kAbsent) {
      views.emplace_back(store, recogniser, at);
    }
  }
  return views;
}

}  // namespace kortvakt
