#include "collector/fleet/evaluate.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "common/certs/classify.h"
#include "common/judge/judge.h"
#include "common/judge/person_certificates.h"

namespace kortvakt {
namespace {

constexpr absl::Duration kWeek = absl::Hours(24 * 7);
// Upper limits of the bands between "expired" and "ge_26w": less than so long left.
constexpr std::array<int, 5> kTimeLeftWeeks = {1, 2, 4, 8, 26};

// A path from a person's certificate to its root that is longer is no PKI.
constexpr int kMaxPath = 8;

size_t PurposeIndex(Purpose purpose) {
  if (purpose == Purpose::kAuthentication) return 0;
  return purpose == Purpose::kSignature ? 1 : 2;
}

size_t TimeLeftIndex(absl::Time not_after, absl::Time now) {
  const absl::Duration left = not_after - now;
  if (left < absl::ZeroDuration()) return 0;
  for (size_t i = 0; i < kTimeLeftWeeks.size(); ++i) {
    if (left < kWeek * kTimeLeftWeeks[i]) return i + 1;
  }
  return kTimeLeftWeeks.size() + 1;
}

// The first second after `now` at which the above changes.
absl::Time NextTimeLeftChange(absl::Time not_after, absl::Time now) {
  for (auto weeks = kTimeLeftWeeks.rbegin(); weeks != kTimeLeftWeeks.rend(); ++weeks) {
    const absl::Time change = not_after - kWeek * *weeks + absl::Seconds(1);
    if (change > now) return change;
  }
  const absl::Time expired = not_after + absl::Seconds(1);
  return expired > now ? expired : absl::InfiniteFuture();
}

bool SeverityBefore(Severity a, Severity b) { return static_cast<int>(a) < static_cast<int>(b); }

absl::Time WholeSecond(absl::Time time) { return absl::FromUnixSeconds(absl::ToUnixSeconds(time)); }

}  // namespace

Snapshot CardSnapshotOf(const Snapshot& snapshot, size_t reader) {
  Snapshot result;
  ReaderFacts facts;
  facts.name = "card";
  facts.card = snapshot.readers[reader].card;
  facts.card->read_at.reset();

  std::unordered_map<std::string_view, const CertificateFacts*> known;
  for (const TrustStoreFacts& from : snapshot.trust_stores) {
    for (const TrustedCa& ca : from.cas) known.try_emplace(ca.certificate.sha256, &ca.certificate);
  }
  TrustStoreFacts store;
  store.location = "cas";
  for (const CertificateFacts& certificate : facts.card->certificates) {
    for (const CertificatePath& path : certificate.paths) {
      for (const std::string& sha256 : path) {
        if (const auto ca = known.extract(sha256)) store.cas.push_back({*ca.mapped(), CaTrust::kPresent});
      }
    }
    // What was taken is not there any more, so that paths that meet, or turn back on themselves, end.
    auto issuer = known.find(certificate.issuer_sha256);
    for (int length = 0; issuer != known.end() && length < kMaxPath; ++length) {
      const CertificateFacts& ca = *issuer->second;
      store.cas.push_back({ca, CaTrust::kPresent});
      known.erase(issuer);
      issuer = known.find(ca.issuer_sha256);
    }
  }
  std::sort(store.cas.begin(), store.cas.end(), [](const TrustedCa& a, const TrustedCa& b) {
    return a.certificate.sha256 < b.certificate.sha256;
  });
  store.certificate_count = static_cast<uint32_t>(store.cas.size());
  result.readers.push_back(std::move(facts));
  if (!store.cas.empty()) result.trust_stores.push_back(std::move(store));
  return result;
}

bool TellsContents(const CardFacts& card) {
  return card.state == CardState::kRead || card.state == CardState::kEmpty || !card.certificates.empty();
}

absl::Time DayOf(absl::Time time) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  return absl::FromCivil(absl::ToCivilDay(time, utc), utc);
}

HeldCertificate HeldOf(const CertificateFacts& certificate, const CaCatalogue& catalogue) {
  const CataloguedCa* issuer = catalogue.FindBySubject(certificate.issuer);
  return {certificate.purpose,
          certificate.identity_kind == IdentityKind::kPersonnummer ||
              certificate.identity_kind == IdentityKind::kSamordningsnummer,
          issuer == nullptr ? CaEnvironment::kProduction : issuer->environment, certificate.organisation,
          certificate.not_after};
}

bool HeldBefore(const HeldCertificate& a, const HeldCertificate& b) {
  return std::tie(a.purpose, a.national_number, a.environment, a.organisation) <
         std::tie(b.purpose, b.national_number, b.environment, b.organisation);
}

const HeldCertificate* FindHeld(const CardVerdict& verdict, const HeldCertificate& like) {
  const auto place = std::lower_bound(verdict.held.begin(), verdict.held.end(), like, HeldBefore);
  return place == verdict.held.end() || HeldBefore(like, *place) ? nullptr : &*place;
}

CardVerdict EvaluateCard(const Snapshot& snapshot, const Judgement& judgement, absl::Time last_seen,
                         absl::Time now, const ReplacementLookup& replacements) {
  now = WholeSecond(now);
  const CaCatalogue& catalogue = *judgement.catalogue;
  const CaDirectory known(KnownCas(snapshot));
  CardFacts card = *snapshot.readers.front().card;
  for (CertificateFacts& certificate : card.certificates) Classify(certificate, catalogue, known);

  CardVerdict verdict;
  const absl::Time idle_from = last_seen + judgement.policy.card_idle_after;
  verdict.idle = now >= idle_from;
  verdict.next_change = verdict.idle ? absl::InfiniteFuture() : idle_from;
  verdict.loa = CardLoa(card, now);
  for (const CertificateFacts& certificate : card.certificates) {
    if (certificate.purpose == Purpose::kAuthority) continue;
    verdict.certificates.push_back({static_cast<uint8_t>(PurposeIndex(certificate.purpose)),
                                    static_cast<uint8_t>(CertificateLoaIndex(certificate.loa)),
                                    static_cast<uint8_t>(TimeLeftIndex(certificate.not_after, now))});
    verdict.next_change = std::min(verdict.next_change, NextTimeLeftChange(certificate.not_after, now));
    if (certificate.not_before > now)
      verdict.next_change = std::min(verdict.next_change, certificate.not_before);
  }
  for (const RenewalFacts& renewal :
       CardRenewals(card, catalogue, known, judgement.policy, now, &replacements)) {
    const CertificateFacts& certificate = card.certificates[renewal.certificate];
    verdict.renewals.push_back({certificate.sha256, certificate.organisation, renewal.not_after,
                                renewal.due_at, renewal.lifetime, certificate.loa, renewal.stage});
    verdict.next_change = std::min(
        verdict.next_change, NextStageChange(renewal.not_after, renewal.lifetime, judgement.policy, now));
  }
  const PersonCertificates persons = SortPersonCertificates(card, catalogue, known, nullptr);
  for (size_t index : persons.persons) verdict.held.push_back(HeldOf(card.certificates[index], catalogue));
  std::sort(verdict.held.begin(), verdict.held.end(), [](const HeldCertificate& a, const HeldCertificate& b) {
    return HeldBefore(a, b) || (!HeldBefore(b, a) && a.not_after > b.not_after);
  });
  verdict.held.erase(
      std::unique(verdict.held.begin(), verdict.held.end(),
                  [](const HeldCertificate& a, const HeldCertificate& b) { return !HeldBefore(a, b); }),
      verdict.held.end());

  if (!verdict.renewals.empty()) verdict.organisation = verdict.renewals.front().organisation;
  for (const CertificateFacts& certificate : card.certificates) {
    if (verdict.organisation.empty() && certificate.purpose == Purpose::kAuthentication) {
      verdict.organisation = certificate.organisation;
    }
  }
  return verdict;
}

WorkstationVerdict EvaluateWorkstation(const Snapshot& snapshot, const Judgement& judgement, absl::Time now,
                                       const ReplacementLookup& replacements) {
  const Verdict judged =
      Judge({snapshot, *judgement.catalogue, judgement.policy, now, Language::kEnglish, &replacements});
  WorkstationVerdict verdict;
  verdict.next_change = judged.next_change;
  std::set<std::string> missing;
  for (const Finding& finding : judged.findings) {
    auto known =
        std::find_if(verdict.findings.begin(), verdict.findings.end(),
                     [&](const WorkstationVerdict::Code& code) { return code.code == finding.code; });
    if (known == verdict.findings.end()) {
      verdict.findings.push_back({finding.code, finding.severity});
    } else if (SeverityBefore(finding.severity, known->severity)) {
      known->severity = finding.severity;
    }
    const bool missing_ca =
        finding.code == FindingCode::kRootMissing || finding.code == FindingCode::kIntermediateMissing;
    if (missing_ca && !finding.ca.empty()) missing.insert(finding.ca);
  }
  std::stable_sort(verdict.findings.begin(), verdict.findings.end(),
                   [](const auto& a, const auto& b) { return SeverityBefore(a.severity, b.severity); });
  verdict.missing_cas.assign(missing.begin(), missing.end());
  return verdict;
}

StateVerdict EvaluateState(absl::Time last_report, const Policy& policy, absl::Time now) {
  const std::array<absl::Duration, 3> limits = {policy.late_after, policy.silent_after, policy.retired_after};
  StateVerdict verdict{WorkstationState::kReporting, absl::InfiniteFuture()};
  for (size_t i = 0; i < limits.size(); ++i) {
    if (now >= last_report + limits[i]) {
      verdict.state = static_cast<WorkstationState>(i + 1);
    } else {
      verdict.next_change = std::min(verdict.next_change, last_report + limits[i]);
    }
  }
  return verdict;
}

size_t ClockBand(absl::Duration offset) {
  const absl::Duration size = absl::AbsDuration(offset);
  if (size < absl::Minutes(1)) return 0;
  if (size < absl::Minutes(5)) return 1;
  return size < absl::Hours(24) ? 2 : 3;
}

}  // namespace kortvakt
