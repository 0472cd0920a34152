#include "agent/reporter/fit_report.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/snapshot/revocation_proto.h"
#include "common/snapshot/snapshot_proto.h"

namespace kortvakt {
namespace {

// Longest detail of a card or store that was cut; a detail may have 4 KiB else.
constexpr size_t kMaxDetail = 1024;
// Less than this holds few entries whatever they are.
constexpr size_t kLeastRoom = 32u << 10;

const v1::Certificate& CertificateIn(const v1::Certificate& entry) { return entry; }
const v1::Certificate& CertificateIn(const v1::TrustedCa& entry) { return entry.certificate(); }
v1::Certificate& MutableCertificateIn(v1::Certificate& entry) { return entry; }
v1::Certificate& MutableCertificateIn(v1::TrustedCa& entry) { return *entry.mutable_certificate(); }

// How much judging needs a certificate; the least is left out first.
int Need(const v1::Certificate& certificate) {
  const v1::Purpose purpose = certificate.purpose();
  const bool of_a_person = purpose == v1::PURPOSE_AUTHENTICATION || purpose == v1::PURPOSE_SIGNATURE ||
                           purpose == v1::PURPOSE_TRANSPORT;
  if (!of_a_person) return 0;
  return certificate.issuer_sha256().empty() ? 1 : 2;
}

struct LeftOut {
  bool addresses = false;
  int certificates = 0;
};

// Makes `list` smaller by `excess` bytes, or as small as it can be.
template <typename List>
LeftOut Shrink(List& list, size_t excess) {
  LeftOut left_out;
  size_t saved = 0;
  for (auto& entry : list) {
    v1::Certificate& certificate = MutableCertificateIn(entry);
    const size_t before = certificate.ByteSizeLong();
    certificate.clear_ca_issuers_urls();
    certificate.clear_ocsp_urls();
    certificate.clear_crl_urls();
    saved += before - certificate.ByteSizeLong();
  }
  left_out.addresses = saved > 0;

  std::vector<int> order(static_cast<size_t>(list.size()));
  std::iota(order.begin(), order.end(), 0);
  const auto rank = [&list](int index) {
    const v1::Certificate& certificate = CertificateIn(list[index]);
    return std::tuple(Need(certificate), -static_cast<int64_t>(certificate.ByteSizeLong()), -index);
  };
  std::sort(order.begin(), order.end(), [&rank](int a, int b) { return rank(a) < rank(b); });
  std::vector<bool> out(order.size());
  for (const int index : order) {
    if (saved >= excess) break;
    saved += list[index].ByteSizeLong();
    out[static_cast<size_t>(index)] = true;
    ++left_out.certificates;
  }
  List kept;
  for (int i = 0; i < list.size(); ++i) {
    if (!out[static_cast<size_t>(i)]) *kept.Add() = std::move(list[i]);
  }
  list.Swap(&kept);
  return left_out;
}

// `detail`, with what was left out put before it.
std::string Told(const LeftOut& left_out, const std::string& detail) {
  std::string note = "too much for one report, left out: ";
  if (left_out.certificates > 0) {
    absl::StrAppend(&note, left_out.certificates,
                    left_out.certificates == 1 ? " certificate" : " certificates",
                    left_out.addresses ? " and " : "");
  }
  if (left_out.addresses) absl::StrAppend(&note, "the addresses in certificates");
  return CleanText(absl::StrCat(note, detail.empty() ? "" : "; ", detail), kMaxDetail);
}

// How many bytes `size` is above `share`, once the detail has its longest.
size_t Excess(size_t size, size_t share) { return size + kMaxDetail - std::min(share, size + kMaxDetail); }

void ShrinkReader(v1::Reader& reader, size_t share) {
  if (!reader.has_card()) return;
  const size_t excess = Excess(reader.ByteSizeLong(), share);
  v1::Card& card = *reader.mutable_card();
  const LeftOut left_out = Shrink(*card.mutable_certificates(), excess);
  card.set_detail(Told(left_out, card.detail()));
  if (left_out.certificates == 0) return;
  card.set_unreadable_certificates(card.unreadable_certificates() +
                                   static_cast<uint32_t>(left_out.certificates));
  if (card.state() == v1::CARD_STATE_READ) card.set_state(v1::CARD_STATE_UNREADABLE);
}

void ShrinkStore(v1::TrustStore& store, size_t share) {
  const LeftOut left_out = Shrink(*store.mutable_cas(), Excess(store.ByteSizeLong(), share));
  store.set_detail(Told(left_out, store.detail()));
}

// Makes `probe` smaller. False: it is larger than `share` still.
bool ShrinkProbe(v1::Probe& probe, size_t share) {
  for (v1::Certificate& certificate : *probe.mutable_chain()) {
    certificate.clear_ca_issuers_urls();
    certificate.clear_ocsp_urls();
    certificate.clear_crl_urls();
  }
  while (probe.chain_size() > 1 && probe.ByteSizeLong() > share) probe.mutable_chain()->RemoveLast();
  return probe.ByteSizeLong() <= share;
}

using RevocationChecks = google::protobuf::RepeatedPtrField<v1::RevocationCheck>;

size_t SizeOf(const RevocationChecks& checks) {
  size_t size = 0;
  for (const v1::RevocationCheck& check : checks) size += check.ByteSizeLong();
  return size;
}

// Leaves answers out, the last first, until the others have room, and are few enough: those
// that tell nothing, then those that are good.
void ShrinkRevocations(RevocationChecks& checks, size_t share) {
  size_t size = SizeOf(checks);
  for (const auto status : {v1::REVOCATION_STATUS_UNKNOWN, v1::REVOCATION_STATUS_GOOD}) {
    for (int i = checks.size(); i-- > 0 && (size > share || checks.size() > kMaxRevocations);) {
      if (checks[i].status() != status) continue;
      size -= checks[i].ByteSizeLong();
      checks.DeleteSubrange(i, 1);
    }
  }
}

// The largest share with which parts of `sizes` have room together, each having
// its size or the share, whichever is less.
size_t EqualShare(std::vector<size_t> sizes, size_t room) {
  std::sort(sizes.begin(), sizes.end());
  for (size_t i = 0; i < sizes.size(); ++i) {
    const size_t share = room / (sizes.size() - i);
    if (sizes[i] > share) return share;
    room -= sizes[i];
  }
  return sizes.empty() ? 0 : sizes.back();
}

// Answers of servers, as many as a collector takes.
void CutNumbers(v1::Snapshot& snapshot) {
  if (snapshot.revocations_size() > kMaxRevocations) {
    ShrinkRevocations(*snapshot.mutable_revocations(), std::numeric_limits<size_t>::max());
  }
  auto& downloads = *snapshot.mutable_ca_downloads();
  if (downloads.size() > kMaxCaDownloads) {
    downloads.DeleteSubrange(kMaxCaDownloads, downloads.size() - kMaxCaDownloads);
  }
}

void Cut(v1::Report& report, size_t max_bytes) {
  v1::Snapshot& snapshot = *report.mutable_snapshot();
  CutNumbers(snapshot);
  const size_t size = report.ByteSizeLong();
  if (size <= max_bytes) return;
  std::vector<size_t> sizes;
  for (const v1::Reader& reader : snapshot.readers()) sizes.push_back(reader.ByteSizeLong());
  for (const v1::TrustStore& store : snapshot.trust_stores()) sizes.push_back(store.ByteSizeLong());
  for (const v1::Probe& probe : snapshot.probes()) sizes.push_back(probe.ByteSizeLong());
  sizes.push_back(SizeOf(snapshot.revocations()));
  const size_t rest = size - std::accumulate(sizes.begin(), sizes.end(), size_t{0});
  const size_t share = EqualShare(sizes, max_bytes - std::min(rest, max_bytes));
  for (v1::Reader& reader : *snapshot.mutable_readers()) {
    if (reader.ByteSizeLong() > share) ShrinkReader(reader, share);
  }
  for (v1::TrustStore& store : *snapshot.mutable_trust_stores()) {
    if (store.ByteSizeLong() > share) ShrinkStore(store, share);
  }
  ShrinkRevocations(*snapshot.mutable_revocations(), share);
  google::protobuf::RepeatedPtrField<v1::Probe>& probes = *snapshot.mutable_probes();
  probes.erase(std::remove_if(probes.begin(), probes.end(),
                              [&](v1::Probe& probe) {
                                return probe.ByteSizeLong() > share && !ShrinkProbe(probe, share);
                              }),
               probes.end());
}

}  // namespace

void FitReport(v1::Report& report, size_t max_bytes) {
  // Half the room holds about half the entries: soon few enough.
  for (size_t room = max_bytes; room >= kLeastRoom; room /= 2) {
    v1::Report cut = report;
    Cut(cut, room);
    if (!SnapshotFromProto(cut.snapshot()).ok()) continue;
    report = std::move(cut);
    return;
  }
  Cut(report, max_bytes);
}

}  // namespace kortvakt
