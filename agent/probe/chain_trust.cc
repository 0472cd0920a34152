#include "agent/probe/chain_trust.h"

#include <algorithm>
#include <ctime>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "agent/probe/chain_ways.h"
#include "common/certs/certificate_facts.h"
#include "common/certs/name_text.h"
#include "common/certs/openssl_x509.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxToldWays = 4;

struct Decoded {
  X509Ptr certificate;
  std::string sha256;
};

// Certificates decoded once, though pools share them; by where their bytes lie.
class Shelf {
 public:
  // Null: it cannot be decoded.
  const Decoded* Take(ByteView der) {
    const auto [place, is_new] = decoded_.try_emplace({der.data(), der.size()});
    if (is_new) {
      if (absl::StatusOr<X509Ptr> certificate = DecodeCertificate(der); certificate.ok()) {
        place->second = {*std::move(certificate), Sha256Hex(der)};
      }
    }
    return place->second.certificate == nullptr ? nullptr : &place->second;
  }

 private:
  std::map<std::pair<const uint8_t*, size_t>, Decoded> decoded_;
};

std::string SubjectOf(const X509* certificate) {
  return NameText(X509_get_subject_name(certificate), false, Holder());
}

std::optional<absl::Time> TimeOf(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return std::nullopt;
  return absl::FromTM(fields, absl::UTCTimeZone());
}

// A way that holds, up to something trusted.
struct GoodWay {
  std::string end_sha256;
  std::string end_subject;
  bool helped = false;  // by an intermediate of the store
  // Absent: the server's own certificate is itself trusted, and no CA's dates count.
  std::optional<ProbeWay> bounds;

  absl::Time EndOfTime() const { return bounds ? bounds->ends.time : absl::InfiniteFuture(); }
};

// False: it has a date that is none.
bool Narrow(const WayPoint& point, std::optional<ProbeWay>& bounds) {
  const std::optional<absl::Time> begins = TimeOf(X509_get0_notBefore(point.certificate));
  const std::optional<absl::Time> ends = TimeOf(X509_get0_notAfter(point.certificate));
  if (!begins || !ends) return false;
  const std::string subject = SubjectOf(point.certificate);
  const ProbeWay own{{*begins, subject, !point.sent}, {*ends, subject, !point.sent}};
  if (!bounds) bounds = own;
  if (own.begins.time > bounds->begins.time) bounds->begins = own.begins;
  if (own.ends.time < bounds->ends.time) bounds->ends = own.ends;
  return true;
}

// The times of the ways in `good`, which end later first; none within another's.
std::vector<ProbeWay> TimesOf(const std::vector<GoodWay>& good) {
  std::vector<ProbeWay> ways;
  for (const GoodWay& way : good) {
    if (!way.bounds) return {};
    ways.push_back(*way.bounds);
  }
  std::stable_sort(ways.begin(), ways.end(), [](const ProbeWay& a, const ProbeWay& b) {
    return std::tuple(b.ends.time, a.begins.time) < std::tuple(a.ends.time, b.begins.time);
  });
  // Each is within an earlier one unless it begins before all of these.
  std::vector<ProbeWay> told;
  for (ProbeWay& way : ways) {
    if (told.size() == kMaxToldWays) break;
    if (told.empty() || way.begins.time < told.back().begins.time) told.push_back(std::move(way));
  }
  return told;
}

// The certificates of a pool with those that were sent.
class Pool {
 public:
  Pool(const std::vector<const Decoded*>& sent, const ProbePool& pool, Shelf& shelf) {
    for (const Decoded* certificate : sent) At(*certificate).sent = true;
    for (const ByteView der : pool.trusted) {
      const Decoded* certificate = shelf.Take(der);
      if (certificate == nullptr) continue;
      WayPoint& point = At(*certificate);
      point.end = point.end || pool.intermediates_end_chains || IsSelfSigned(point.certificate);
    }
    for (const ByteView der : pool.present) {
      if (const Decoded* certificate = shelf.Take(der)) At(*certificate);
    }
    for (const ByteView der : pool.distrusted) {
      const Decoded* certificate = shelf.Take(der);
      if (certificate == nullptr) continue;
      At(*certificate).end = true;
      distrusted_.insert(certificate->sha256);
    }
  }

  // Sets the verdict where a way leads to what is trusted or distrusted here; false: none does.
  bool Judge(const std::set<std::string>& public_roots, ProbeTrust& trust) const {
    std::vector<GoodWay> good;
    const std::vector<Way> ways = WaysUp(points_);
    for (const Way& way : ways) {
      std::optional<GoodWay> told = Told(way);
      const int error = told ? VerifyWay(points_, way) : X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD;
      const auto bad =
          std::find_if(way.begin(), way.end(), [&](size_t point) { return IsDistrusted(point); });
      if (error == X509_V_OK && bad == way.end()) {
        good.push_back(*std::move(told));
      } else if (error == X509_V_OK) {
        trust.verdict = ProbeVerdict::kDistrusted;
        trust.detail = SubjectOf(points_[*bad].certificate);
      } else if (trust.verdict != ProbeVerdict::kDistrusted) {
        trust.verdict = ProbeVerdict::kInvalid;
        trust.detail = X509_verify_cert_error_string(error);
      }
    }
    if (!good.empty()) Trust(std::move(good), public_roots, trust);
    return !ways.empty();
  }

 private:
  WayPoint& At(const Decoded& decoded) {
    const auto [place, is_new] = index_.try_emplace(decoded.sha256, points_.size());
    if (is_new) {
      points_.push_back({decoded.certificate.get()});
      fingerprints_.push_back(decoded.sha256);
    }
    return points_[place->second];
  }

  bool IsDistrusted(size_t point) const { return distrusted_.count(fingerprints_[point]) > 0; }

  // Absent: a certificate on it has a date that is none.
  std::optional<GoodWay> Told(const Way& way) const {
    GoodWay told;
    told.end_sha256 = fingerprints_[way.back()];
    told.end_subject = SubjectOf(points_[way.back()].certificate);
    for (size_t i = 1; i < way.size(); ++i) {
      const WayPoint& point = points_[way[i]];
      told.helped = told.helped || (!point.sent && !point.end);
      if (!Narrow(point, told.bounds)) return std::nullopt;
    }
    return told;
  }

  static void Trust(std::vector<GoodWay> good, const std::set<std::string>& public_roots, ProbeTrust& trust) {
    // Whatever the order in which they were sent.
    const auto rank = [&](const GoodWay& way) {
      return std::tuple(public_roots.count(way.end_sha256) == 0, -absl::ToUnixSeconds(way.EndOfTime()),
                        way.end_sha256);
    };
    std::sort(good.begin(), good.end(),
              [&](const GoodWay& a, const GoodWay& b) { return rank(a) < rank(b); });
    trust.verdict = ProbeVerdict::kTrusted;
    trust.detail.clear();
    trust.with_local_intermediate =
        std::all_of(good.begin(), good.end(), [](const GoodWay& way) { return way.helped; });
    trust.root_sha256 = good.front().end_sha256;
    trust.root_subject = good.front().end_subject;
    if (public_roots.count(trust.root_sha256) > 0) {
      trust.root_origin = RootOrigin::kPublic;
    } else if (!public_roots.empty()) {
      trust.root_origin = RootOrigin::kLocal;
    }
    trust.ways = TimesOf(good);
  }

  std::vector<WayPoint> points_;
  std::vector<std::string> fingerprints_;  // of the points
  std::map<std::string, size_t> index_;    // by fingerprint
  std::set<std::string> distrusted_;
};

// Why no way leads to anything that a pool trusts or distrusts.
ProbeVerdict WhatIsMissing(const std::vector<const Decoded*>& sent, const std::vector<ProbePool>& pools,
                           Shelf& shelf) {
  std::vector<WayPoint> points;
  for (const Decoded* certificate : sent) points.push_back({certificate->certificate.get(), true});
  const Way way = SentWay(points);
  X509* top = points[way.back()].certificate;
  if (IsSelfSigned(top)) return ProbeVerdict::kRootUnknown;
  bool intermediate = false;
  for (const ProbePool& pool : pools) {
    for (const std::vector<ByteView>* list : {&pool.trusted, &pool.present, &pool.distrusted}) {
      for (const ByteView der : *list) {
        const Decoded* issuer = shelf.Take(der);
        if (issuer == nullptr || !HasIssued(issuer->certificate.get(), top)) continue;
        if (IsSelfSigned(issuer->certificate.get())) return ProbeVerdict::kRootUnknown;
        intermediate = true;
      }
    }
  }
  // A server's certificate by itself: roots issue none, so an intermediate is not there.
  return intermediate || way.size() == 1 ? ProbeVerdict::kChainIncomplete : ProbeVerdict::kIssuerUnknown;
}

}  // namespace

std::vector<ProbeTrust> TrustOf(const std::vector<Bytes>& sent, const std::vector<ProbePool>& pools,
                                const std::set<std::string>& public_roots) {
  const ErrorQueueScope errors;
  Shelf shelf;
  std::vector<const Decoded*> certificates;
  for (const Bytes& der : sent) {
    if (const Decoded* certificate = shelf.Take(der)) certificates.push_back(certificate);
  }
  std::vector<ProbeTrust> trusts;
  std::optional<ProbeVerdict> missing;
  for (const ProbePool& pool : pools) {
    ProbeTrust& trust = trusts.emplace_back();
    trust.store = pool.store;
    trust.browser = pool.browser;
    if (certificates.empty()) {
      trust.verdict = ProbeVerdict::kInvalid;
      trust.detail = "no certificate that can be decoded";
    } else if (!Pool(certificates, pool, shelf).Judge(public_roots, trust)) {
      if (!missing) missing = WhatIsMissing(certificates, pools, shelf);
      trust.verdict = *missing;
    }
  }
  return trusts;
}

}  // namespace kortvakt
