#include "common/snapshot/snapshot_proto.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/base/status.h"
#include "common/snapshot/certificate_proto.h"
#include "common/snapshot/probe_proto.h"
#include "common/snapshot/proto_check.h"
#include "common/snapshot/revocation_proto.h"

namespace kortvakt {
namespace {

// Bounds of what a collector takes; each well above what a workstation has.
constexpr int kMaxReaders = 64;
constexpr int kMaxStores = 64;
constexpr int kMaxBrowsers = 64;
constexpr int kMaxModules = 16;  // of one browser
constexpr size_t kMaxModuleFile = 256;
constexpr size_t kMaxHostName = 253;    // RFC 1035, 2.3.4
constexpr size_t kMaxReaderName = 256;  // pcsclite's MAX_READERNAME is 128
// Each card is kept with the CAs that it rests on, at worst all that are here.
// (16 cards and 40 CAs are 0.8 MiB.)
constexpr size_t kMaxCaCopies = 4u << 20;
constexpr size_t kMaxAtrDigits = 66;  // ISO 7816-3, 8.1: 33 bytes

static_assert(static_cast<int>(CardFamily::kIdPrime) == v1::CARD_FAMILY_IDPRIME);
static_assert(static_cast<int>(CardState::kInUse) + 1 == v1::CARD_STATE_IN_USE);
static_assert(static_cast<int>(ReaderState::kError) + 1 == v1::READER_STATE_ERROR);
static_assert(static_cast<int>(TrustStoreKind::kBrowserPolicy) + 1 == v1::TRUST_STORE_KIND_BROWSER_POLICY);
static_assert(static_cast<int>(TrustStoreState::kUnreadable) + 1 == v1::TRUST_STORE_STATE_UNREADABLE);
static_assert(static_cast<int>(UnreadableReason::kPending) == v1::UNREADABLE_REASON_PENDING);
static_assert(static_cast<int>(ModulesState::kUnreadable) == v1::MODULES_STATE_UNREADABLE);
static_assert(static_cast<int>(CaTrust::kPresent) + 1 == v1::CA_TRUST_PRESENT);

v1::Card CardToProto(const CardFacts& card) {
  v1::Card proto;
  proto.set_atr(card.atr);
  proto.set_id(card.id);
  proto.set_family(Same<v1::CardFamily>(card.family));
  proto.set_state(Shifted<v1::CardState>(card.state));
  proto.set_detail(CleanText(card.detail, kMaxProtoText));
  proto.set_label(CleanText(card.label, kMaxProtoText));
  proto.set_manufacturer(CleanText(card.manufacturer, kMaxProtoText));
  proto.set_holder_hsa_id(card.holder_hsa_id);
  proto.set_card_number(card.card_number);
  for (const CertificateFacts& certificate : card.certificates) {
    *proto.add_certificates() = CertificateToProto(certificate);
  }
  proto.set_unreadable_certificates(card.unreadable_certificates);
  if (card.read_at) *proto.mutable_read_at() = TimeToProto(*card.read_at);
  proto.set_private_keys(Same<v1::KeyPresence>(card.private_keys));
  return proto;
}

// What the CA certificates take when each card has a copy of them.
size_t CaCopyBytes(const v1::Snapshot& proto) {
  size_t cards = 0;
  for (const v1::Reader& reader : proto.readers()) cards += reader.card().certificates().empty() ? 0 : 1;
  std::unordered_map<std::string_view, size_t> largest;  // by fingerprint: one copy of each is made
  for (const v1::TrustStore& store : proto.trust_stores()) {
    for (const v1::TrustedCa& ca : store.cas()) {
      size_t& bytes = largest[ca.certificate().sha256()];
      bytes = std::max(bytes, ca.certificate().ByteSizeLong());
    }
  }
  size_t all = 0;
  for (const auto& [fingerprint, bytes] : largest) all += bytes;
  return cards * all;
}

CardFacts CardFromProto(ProtoCheck& check, const v1::Card& proto) {
  CardFacts card;
  card.atr = check.Text("card.atr", proto.atr());
  if (card.atr.size() > kMaxAtrDigits ||
      card.atr.find_first_not_of("0123456789ABCDEF") != std::string::npos) {
    check.Fail("card.atr", "not at most 33 bytes in upper-case hexadecimal");
  }
  card.id = check.Fingerprint("card.id", proto.id(), true);
  card.family = check.Enum("card.family", proto.family(), 0, CardFamily::kIdPrime);
  card.state = check.Enum("card.state", proto.state(), 1, CardState::kInUse);
  card.detail = check.Text("card.detail", proto.detail());
  card.label = check.Text("card.label", proto.label());
  card.manufacturer = check.Text("card.manufacturer", proto.manufacturer());
  card.holder_hsa_id = check.Text("card.holder_hsa_id", proto.holder_hsa_id());
  card.card_number = check.Text("card.card_number", proto.card_number());
  if (check.CertificatesFit(proto.certificates())) {
    for (const v1::Certificate& certificate : proto.certificates()) {
      card.certificates.push_back(CertificateFromProto(check, certificate));
      if (!check.status().ok()) break;
    }
  }
  card.unreadable_certificates = proto.unreadable_certificates();
  if (proto.has_read_at()) card.read_at = check.Time("card.read_at", true, proto.read_at());
  card.private_keys = check.Enum("card.private_keys", proto.private_keys(), 0, KeyPresence::kAbsent);
  return card;
}

ReaderFacts ReaderFromProto(ProtoCheck& check, const v1::Reader& proto) {
  ReaderFacts reader;
  reader.name = check.Text("reader.name", proto.name(), kMaxReaderName);
  reader.state = check.Enum("reader.state", proto.state(), 1, ReaderState::kError);
  reader.detail = check.Text("reader.detail", proto.detail());
  if (proto.has_card()) reader.card = CardFromProto(check, proto.card());
  return reader;
}

TrustStoreFacts TrustStoreFromProto(ProtoCheck& check, const v1::TrustStore& proto) {
  TrustStoreFacts store;
  store.kind = check.Enum("trust_store.kind", proto.kind(), 1, TrustStoreKind::kBrowserPolicy);
  store.location = check.Text("trust_store.location", proto.location());
  store.owner = check.Text("trust_store.owner", proto.owner());
  store.state = check.Enum("trust_store.state", proto.state(), 1, TrustStoreState::kUnreadable);
  store.detail = check.Text("trust_store.detail", proto.detail());
  store.certificate_count = proto.certificate_count();
  store.unreadable_reason =
      check.Enum("trust_store.unreadable_reason", proto.unreadable_reason(), 0, UnreadableReason::kPending);
  if (check.CasFit(proto.cas())) {
    for (const v1::TrustedCa& ca : proto.cas()) {
      store.cas.push_back({CertificateFromProto(check, ca.certificate()),
                           check.Enum("trusted_ca.trust", ca.trust(), 1, CaTrust::kPresent)});
      if (!check.status().ok()) break;
    }
  }
  return store;
}

BrowserFacts BrowserFromProto(ProtoCheck& check, const v1::Browser& proto, int stores) {
  BrowserFacts browser;
  browser.name = check.Text("browser.name", proto.name());
  browser.owner = check.Text("browser.owner", proto.owner());
  if (check.AtMost("browser.trust_stores", proto.trust_stores(), kMaxStores)) {
    browser.trust_stores.assign(proto.trust_stores().begin(), proto.trust_stores().end());
  }
  for (const uint32_t index : browser.trust_stores) {
    if (index >= static_cast<uint32_t>(stores)) check.Fail("browser.trust_stores", "no such trust store");
  }
  if (check.AtMost("browser.modules", proto.modules(), kMaxModules)) {
    for (const v1::SecurityModule& module : proto.modules()) {
      browser.modules.push_back({check.Text("browser.modules.file", module.file(), kMaxModuleFile),
                                 module.absent(), module.by_p11_kit()});
    }
  }
  browser.modules_state =
      check.Enum("browser.modules_state", proto.modules_state(), 0, ModulesState::kUnreadable);
  return browser;
}

// To the number of the week, before 1970 too.
void RoundDown(google::protobuf::Timestamp& time) {
  const int64_t week = absl::ToInt64Seconds(kRevocationRenewal);
  time.set_seconds(time.seconds() / week - (time.seconds() % week < 0 ? 1 : 0));
  time.clear_nanos();
}

}  // namespace

v1::Snapshot SnapshotToProto(const Snapshot& snapshot) {
  v1::Snapshot proto;
  *proto.mutable_observed_at() = TimeToProto(snapshot.observed_at);
  proto.mutable_workstation()->set_id(snapshot.workstation.id);
  proto.mutable_workstation()->set_host_name(CleanText(snapshot.workstation.host_name, kMaxHostName));
  proto.mutable_workstation()->set_site(CleanText(snapshot.workstation.site, kMaxProtoText));
  proto.mutable_pcsc()->set_state(snapshot.pcsc_running ? v1::PCSC_STATE_RUNNING : v1::PCSC_STATE_DOWN);
  proto.mutable_pcsc()->set_detail(CleanText(snapshot.pcsc_detail, kMaxProtoText));
  for (const ReaderFacts& reader : snapshot.readers) {
    v1::Reader& out = *proto.add_readers();
    out.set_name(CleanText(reader.name, kMaxReaderName));
    out.set_state(Shifted<v1::ReaderState>(reader.state));
    out.set_detail(CleanText(reader.detail, kMaxProtoText));
    if (reader.card) *out.mutable_card() = CardToProto(*reader.card);
  }
  for (const TrustStoreFacts& store : snapshot.trust_stores) {
    v1::TrustStore& out = *proto.add_trust_stores();
    out.set_kind(Shifted<v1::TrustStoreKind>(store.kind));
    out.set_location(CleanText(store.location, kMaxProtoText));
    out.set_owner(store.owner);
    out.set_state(Shifted<v1::TrustStoreState>(store.state));
    out.set_detail(CleanText(store.detail, kMaxProtoText));
    out.set_certificate_count(store.certificate_count);
    out.set_unreadable_reason(Same<v1::UnreadableReason>(store.unreadable_reason));
    for (const TrustedCa& ca : store.cas) {
      v1::TrustedCa& out_ca = *out.add_cas();
      *out_ca.mutable_certificate() = CertificateToProto(ca.certificate);
      out_ca.set_trust(Shifted<v1::CaTrust>(ca.trust));
    }
  }
  v1::Clock& clock = *proto.mutable_clock();
  if (snapshot.clock.synchronised) clock.set_synchronised(*snapshot.clock.synchronised);
  if (snapshot.clock.offset_to_collector) {
    clock.mutable_offset_to_collector()->set_seconds(
        absl::ToInt64Seconds(*snapshot.clock.offset_to_collector));
  }
  v1::Versions& versions = *proto.mutable_versions();
  versions.set_agent(snapshot.versions.agent);
  versions.set_os(snapshot.versions.os);
  versions.set_os_version(snapshot.versions.os_version);
  versions.set_catalogue(snapshot.versions.catalogue);
  versions.set_policy(snapshot.versions.policy);
  for (const BrowserFacts& browser : snapshot.browsers) {
    v1::Browser& out = *proto.add_browsers();
    out.set_name(browser.name);
    out.set_owner(browser.owner);
    out.mutable_trust_stores()->Add(browser.trust_stores.begin(), browser.trust_stores.end());
    for (const SecurityModuleFacts& module : browser.modules) {
      v1::SecurityModule& out_module = *out.add_modules();
      out_module.set_file(CleanText(module.file, kMaxModuleFile));
      out_module.set_absent(module.absent);
      out_module.set_by_p11_kit(module.by_p11_kit);
    }
    out.set_modules_state(Same<v1::ModulesState>(browser.modules_state));
  }
  for (const ProbeFacts& probe : snapshot.probes) *proto.add_probes() = ProbeToProto(probe);
  for (const RevocationCheck& check : snapshot.revocations)
    *proto.add_revocations() = RevocationCheckToProto(check);
  for (const CaDownload& download : snapshot.ca_downloads) {
    *proto.add_ca_downloads() = CaDownloadToProto(download);
  }
  return proto;
}

absl::StatusOr<Snapshot> SnapshotFromProto(const v1::Snapshot& proto) {
  ProtoCheck check;
  Snapshot snapshot;
  snapshot.observed_at = check.Time("observed_at", proto.has_observed_at(), proto.observed_at());
  if (!proto.has_workstation()) check.Fail("workstation", "missing");
  snapshot.workstation.id = check.Text("workstation.id", proto.workstation().id());
  snapshot.workstation.host_name =
      check.Text("workstation.host_name", proto.workstation().host_name(), kMaxHostName);
  snapshot.workstation.site = check.Text("workstation.site", proto.workstation().site());
  if (proto.pcsc().state() != v1::PCSC_STATE_RUNNING && proto.pcsc().state() != v1::PCSC_STATE_DOWN) {
    check.Fail("pcsc.state", "missing");
  }
  snapshot.pcsc_running = proto.pcsc().state() == v1::PCSC_STATE_RUNNING;
  snapshot.pcsc_detail = check.Text("pcsc.detail", proto.pcsc().detail());
  if (check.AtMost("readers", proto.readers(), kMaxReaders)) {
    for (const v1::Reader& reader : proto.readers()) {
      snapshot.readers.push_back(ReaderFromProto(check, reader));
      if (!check.status().ok()) break;
    }
  }
  if (check.AtMost("trust_stores", proto.trust_stores(), kMaxStores)) {
    for (const v1::TrustStore& store : proto.trust_stores()) {
      snapshot.trust_stores.push_back(TrustStoreFromProto(check, store));
      if (!check.status().ok()) break;
    }
  }
  if (check.AtMost("browsers", proto.browsers(), kMaxBrowsers)) {
    for (const v1::Browser& browser : proto.browsers()) {
      snapshot.browsers.push_back(BrowserFromProto(check, browser, proto.trust_stores_size()));
      if (!check.status().ok()) break;
    }
  }
  if (check.AtMost("probes", proto.probes(), kMaxProbes)) {
    for (const v1::Probe& probe : proto.probes()) {
      snapshot.probes.push_back(ProbeFromProto(check, probe));
      if (!check.status().ok()) break;
    }
  }
  if (check.AtMost("revocations", proto.revocations(), kMaxRevocations)) {
    for (const v1::RevocationCheck& revocation : proto.revocations()) {
      snapshot.revocations.push_back(RevocationCheckFromProto(check, revocation));
      if (!check.status().ok()) break;
    }
  }
  if (check.AtMost("ca_downloads", proto.ca_downloads(), kMaxCaDownloads)) {
    for (const v1::CaDownload& download : proto.ca_downloads()) {
      snapshot.ca_downloads.push_back(CaDownloadFromProto(check, download));
    }
  }
  if (check.status().ok() && CaCopyBytes(proto) > kMaxCaCopies) {
    check.Fail("trust_stores", "more than 4 MiB of CA certificates when each card is kept with them");
  }
  if (proto.clock().has_synchronised()) snapshot.clock.synchronised = proto.clock().synchronised();
  if (proto.clock().has_offset_to_collector()) {
    const int64_t seconds = proto.clock().offset_to_collector().seconds();
    // google/protobuf/duration.proto: at most 10,000 years either way.
    if (seconds > 315'576'000'000 || seconds < -315'576'000'000) {
      check.Fail("clock.offset_to_collector", "more than 10,000 years");
    } else {
      snapshot.clock.offset_to_collector = absl::Seconds(seconds);
    }
  }
  snapshot.versions.agent = check.Text("versions.agent", proto.versions().agent());
  snapshot.versions.os = check.Text("versions.os", proto.versions().os());
  snapshot.versions.os_version = check.Text("versions.os_version", proto.versions().os_version());
  snapshot.versions.catalogue = check.Text("versions.catalogue", proto.versions().catalogue());
  snapshot.versions.policy = check.Text("versions.policy", proto.versions().policy());
  if (!check.status().ok()) return check.status();
  return snapshot;
}

std::string SnapshotDigest(const Snapshot& snapshot) { return SnapshotDigest(SnapshotToProto(snapshot)); }

std::string SnapshotDigest(v1::Snapshot proto) {
  proto.clear_observed_at();
  proto.clear_clock();
  for (v1::Reader& reader : *proto.mutable_readers()) {
    if (reader.has_card()) reader.mutable_card()->clear_read_at();
  }
  // Nor is another of a server's many addresses, or the same ones in another order.
  for (v1::Probe& probe : *proto.mutable_probes()) {
    std::set<std::string> errors;
    for (const v1::ProbeAddress& address : probe.addresses()) errors.insert(address.error());
    probe.clear_addresses();
    for (const std::string& error : errors) probe.add_addresses()->set_error(error);
  }
  // The same answer a day later is no news; but what is told with its date must not grow old.
  for (v1::RevocationCheck& revocation : *proto.mutable_revocations()) {
    RoundDown(*revocation.mutable_checked_at());
    revocation.clear_this_update();
    revocation.clear_next_update();
  }
  for (v1::CaDownload& download : *proto.mutable_ca_downloads()) RoundDown(*download.mutable_checked_at());
  return Sha256Hex(AsBytes(proto.SerializeAsString()));
}

void RemovePersonalData(Snapshot& snapshot) {
  const auto clean = [](CertificateFacts& certificate) {
    certificate.hsa_id.clear();
    certificate.card_number.clear();
  };
  for (ReaderFacts& reader : snapshot.readers) {
    if (!reader.card) continue;
    reader.card->holder_hsa_id.clear();
    reader.card->card_number.clear();
    for (CertificateFacts& certificate : reader.card->certificates) clean(certificate);
  }
  for (TrustStoreFacts& store : snapshot.trust_stores) {
    for (TrustedCa& ca : store.cas) clean(ca.certificate);
  }
  for (ProbeFacts& probe : snapshot.probes) {
    for (CertificateFacts& certificate : probe.chain) clean(certificate);
  }
}

}  // namespace kortvakt
