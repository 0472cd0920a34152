#include "common/judge/trust_view.h"

#include <cstdlib>

#include "common/judge/card_modules.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// As in kortvakt_clock_skew_workstations; Kerberos tolerates as much (RFC 4120, 8.2).
constexpr int64_t kClockTolerance = 300;

// Of two stores of one browser, what it makes of a certificate.
CaTrust Together(CaTrust a, CaTrust b) {
  if (a == CaTrust::kDistrusted || b == CaTrust::kDistrusted) return CaTrust::kDistrusted;
  return a == CaTrust::kTrusted || b == CaTrust::kTrusted ? CaTrust::kTrusted : CaTrust::kPresent;
}

}  // namespace

const char* GapText(CaGap gap, Language language) {
  switch (gap) {
    case CaGap::kNone:
      return "";
    case CaGap::kCannotTell:
      return Say(language, "cannot be told", "går inte att avgöra");
    case CaGap::kMissing:
      return Say(language, "is missing", "saknas");
    case CaGap::kUntrusted:
      return Say(language, "is not trusted", "är inte betrott");
    case CaGap::kNotYetValid:
      return Say(language, "is not valid yet", "gäller inte ännu");
    case CaGap::kEnded:
      return Say(language, "has ended", "har gått ut");
    case CaGap::kDistrusted:
      break;
  }
  return Say(language, "is marked as distrusted", "är markerat som ej betrott");
}

JudgedAt JudgedAtOf(const Snapshot& snapshot, absl::Time now) {
  const int64_t offset =
      std::abs(WholeSeconds(snapshot.clock.offset_to_collector.value_or(absl::Duration())));
  return {WholeSeconds(now), offset >= kClockTolerance ? offset : 0};
}

Validity ValidityAt(const CertificateFacts& certificate, const JudgedAt& at) {
  // The clock is wrong by that much one way or the other, not by anything between.
  for (const int64_t now : {at.now - at.clock_error, at.now + at.clock_error}) {
    if (ValidityAt(certificate, now) == Validity::kValid) return Validity::kValid;
  }
  return ValidityAt(certificate, at.now);
}

TrustView::TrustView(const BrowserFacts& browser, const Snapshot& snapshot, const Policy& policy,
                     CaRecogniser& recogniser, const JudgedAt& at)
    : at_(at), browser_(&browser) {
  for (const uint32_t index : browser.trust_stores) {
    if (index < snapshot.trust_stores.size()) AddStore(snapshot.trust_stores[index], recogniser);
  }
  if (CardReachOf(browser, policy) == CardReach::kCan) {
    for (const ReaderFacts& reader : snapshot.readers) {
      if (!reader.card) continue;
      for (const CertificateFacts& certificate : reader.card->certificates) {
        if (certificate.is_ca) Add(certificate, CaTrust::kPresent, recogniser);
      }
    }
  }
  FindBest();
}

TrustView::TrustView(const TrustStoreFacts& store, CaRecogniser& recogniser, const JudgedAt& at) : at_(at) {
  AddStore(store, recogniser);
  FindBest();
}

void TrustView::AddStore(const TrustStoreFacts& store, CaRecogniser& recogniser) {
  stores_.push_back(&store);
  all_read_ &= store.state != TrustStoreState::kUnreadable;
  for (const TrustedCa& ca : store.cas) Add(ca.certificate, ca.trust, recogniser);
}

void TrustView::Add(const CertificateFacts& certificate, CaTrust trust, CaRecogniser& recogniser) {
  const auto [place, is_new] = by_fingerprint_.emplace(certificate.sha256, entries_.size());
  if (is_new) {
    entries_.push_back({&certificate, trust, recogniser.Of(certificate)});
  } else {
    Entry& entry = entries_[place->second];
    entry.trust = Together(entry.trust, trust);
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
  return GapOfAbsent();
}

const TrustView::Entry* TrustView::BestOf(const CataloguedCa& ca) const {
  const auto best = best_.find(ca.id);
  return best == best_.end() ? nullptr : &entries_[best->second];
}

CaGap TrustView::GapOf(const CataloguedCa& ca) const {
  if (const Entry* best = BestOf(ca)) return GapOfEntry(*best, ca.role == CaRole::kRoot);
  return GapOfAbsent();
}

std::vector<TrustView> TrustViews(const Snapshot& snapshot, const Policy& policy, CaRecogniser& recogniser,
                                  const JudgedAt& at) {
  std::vector<TrustView> views;
  for (const BrowserFacts& browser : snapshot.browsers) {
    views.emplace_back(browser, snapshot, policy, recogniser, at);
  }
  if (!views.empty()) return views;
  for (const TrustStoreFacts& store : snapshot.trust_stores) {
    if (store.owner == "machine" && store.state != TrustStoreState::kAbsent) {
      views.emplace_back(store, recogniser, at);
    }
  }
  return views;
}

}  // namespace kortvakt
