#include "tests/unit/collector/query/test_fleet.h"

#include <cstdio>
#include <cstdlib>

#include "common/certs/classify.h"
#include "common/snapshot/snapshot_proto.h"
#include "tests/support/pki/test_pki.h"

namespace kortvakt::testing {
namespace {

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (!value.ok()) {
    std::fprintf(stderr, "%s\n", std::string(value.status().message()).c_str());
    std::abort();
  }
  return *std::move(value);
}

template <typename Map>
absl::StatusOr<Snapshot> Lookup(const Map& map, const std::string& key) {
  const auto found = map.find(key);
  if (found == map.end()) return absl::NotFoundError("not stored");
  return found->second;
}

}  // namespace

absl::StatusOr<Snapshot> MemorySource::WorkstationSnapshot(const std::string& workstation_id) {
  return Lookup(workstations_, workstation_id);
}

absl::StatusOr<Snapshot> MemorySource::CardSnapshot(const std::string& card_id) {
  return Lookup(cards_, card_id);
}

void MemorySource::Keep(const Snapshot& snapshot) {
  workstations_[snapshot.workstation.id] = snapshot;
  for (size_t i = 0; i < snapshot.readers.size(); ++i) {
    if (snapshot.readers[i].card) cards_[snapshot.readers[i].card->id] = CardSnapshotOf(snapshot, i);
  }
}

TestFleet::TestFleet()
    : pki_(std::make_unique<SithsLikePki>()),
      catalogue_(std::make_shared<CaCatalogue>(OrDie(CaCatalogue::Parse(pki_->CatalogueToml(), "test")))) {
  fleet_ =
      std::make_unique<Fleet>(Judgement{.policy = Policy(), .catalogue = catalogue_}, SiteRules(), source_);
}

TestFleet::~TestFleet() = default;

std::string TestFleet::Uuid(int n) {
  char text[64];
  std::snprintf(text, sizeof(text), "00000000-0000-4000-8000-%012d", n);
  return text;
}

std::string TestFleet::CardId(int n) {
  char text[16];
  std::snprintf(text, sizeof(text), "%08d", n);
  return text + std::string(56, 'c');
}

std::string TestFleet::HsaId(int n) {
  char text[32];
  std::snprintf(text, sizeof(text), "SE2321000016-T%03d", n);
  return text;
}

Snapshot TestFleet::Observed(int n, const std::string& host_name, const std::string& site) {
  Snapshot snapshot;
  snapshot.observed_at = kNow;
  snapshot.workstation = {.id = Uuid(n), .host_name = host_name, .site = site};
  snapshot.versions = {.agent = "0.1.0", .os = "linux", .os_version = "Debian GNU/Linux 12", .catalogue = ""};
  snapshot.readers.push_back(
      {.name = "Example Reader 00 00", .state = ReaderState::kOk, .detail = "", .card = {}});
  return snapshot;
}

void TestFleet::Apply(const Snapshot& snapshot) {
  source_.Keep(snapshot);
  fleet_->ApplyReport(snapshot.workstation.id, snapshot, SnapshotDigest(snapshot), kNow,
                      absl::ZeroDuration());
}

void TestFleet::Report(int n, const std::string& host_name, const std::string& site,
                       absl::Duration time_left) {
  Person person;
  person.hsa_id = HsaId(n);
  const Issued issued =
      pki_->PersonCertificate(PersonCa::kHsaId3, CardCertificateKind::kAuthentication, person,
                              kNow - absl::Hours(24 * 365 * 4), kNow + time_left, "9752269875312345678");
  CertificateFacts facts = OrDie(ReadCertificate(issued.der, PrivacyOptions()));
  Classify(facts, *catalogue_, {});
  CardFacts card;
  card.id = CardId(n);
  card.family = CardFamily::kPkcs15;
  card.state = CardState::kRead;
  card.holder_hsa_id = facts.hsa_id;
  card.card_number = facts.card_number;
  card.certificates.push_back(facts);
  card.read_at = kNow;
  Snapshot snapshot = Observed(n, host_name, site);
  snapshot.readers[0].card = card;
  Apply(snapshot);
}

void TestFleet::ReportWithoutCard(int n, const std::string& host_name, const std::string& site) {
  Apply(Observed(n, host_name, site));
}

}  // namespace kortvakt::testing
