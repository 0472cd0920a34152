// What an agent observed, as the programs handle it. Field meanings are those of
// proto/kortvakt/v1/snapshot.proto; snapshot_proto.h converts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/certs/ca_catalogue.h"
#include "common/certs/certificate_facts.h"
#include "common/snapshot/probe_facts.h"
#include "common/snapshot/revocation_facts.h"

namespace kortvakt {

enum class CardFamily { kUnknown, kPkcs15, kIdPrime };
enum class CardState { kRead, kEmpty, kUnreadable, kUnsupported, kMute, kInUse };

struct CardFacts {
  std::string atr;  // upper-case hex; empty: none
  std::string id;   // pseudonym; empty: the card told no serial
  CardFamily family = CardFamily::kUnknown;
  CardState state = CardState::kUnreadable;
  std::string detail;
  std::string label;
  std::string manufacturer;
  std::string holder_hsa_id;
  std::string card_number;
  std::vector<CertificateFacts> certificates;  // reading order
  uint32_t unreadable_certificates = 0;
  std::optional<absl::Time> read_at;
  KeyPresence private_keys = KeyPresence::kUnknown;  // whether it holds any

  bool operator==(const CardFacts&) const = default;
};

// Whether the card was read to the end and had certificates: it is in use since, or is not.
// What it holds is then known, as of read_at.
bool WasRead(const CardFacts& card);

enum class ReaderState { kOk, kError };

struct ReaderFacts {
  std::string name;
  ReaderState state = ReaderState::kOk;
  std::string detail;
  std::optional<CardFacts> card;

  bool operator==(const ReaderFacts&) const = default;
};

enum class TrustStoreKind { kSystemBundle, kFolder, kP11Kit, kNss, kBrowserPolicy };
enum class TrustStoreState { kRead, kAbsent, kUnreadable };
enum class UnreadableReason { kOther, kOutside, kLink, kPending };
enum class CaTrust { kTrusted, kDistrusted, kPresent };

struct TrustedCa {
  CertificateFacts certificate;
  CaTrust trust = CaTrust::kPresent;

  bool operator==(const TrustedCa&) const = default;
};

struct TrustStoreFacts {
  TrustStoreKind kind = TrustStoreKind::kSystemBundle;
  std::string location;
  std::string owner = "machine";
  TrustStoreState state = TrustStoreState::kRead;
  std::string detail;
  uint32_t certificate_count = 0;
  std::vector<TrustedCa> cas;
  UnreadableReason unreadable_reason = UnreadableReason::kOther;

  bool operator==(const TrustStoreFacts&) const = default;
};

struct SecurityModuleFacts {
  std::string file;
  bool absent = false;
  bool by_p11_kit = false;

  bool operator==(const SecurityModuleFacts&) const = default;
};

enum class ModulesState { kNotTold, kRead, kUnreadable };

struct BrowserFacts {
  std::string name;
  std::string owner;
  std::vector<uint32_t> trust_stores;             // indices into Snapshot::trust_stores
  std::vector<SecurityModuleFacts> modules = {};  // PKCS#11; those of its database first
  ModulesState modules_state = ModulesState::kNotTold;

  bool operator==(const BrowserFacts&) const = default;
};

struct WorkstationFacts {
  std::string id;
  std::string host_name;
  std::string site;

  bool operator==(const WorkstationFacts&) const = default;
};

struct ClockFacts {
  std::optional<bool> synchronised;
  std::optional<absl::Duration> offset_to_collector;

  bool operator==(const ClockFacts&) const = default;
};

struct VersionFacts {
  std::string agent;
  std::string os;
  std::string os_version;
  std::string catalogue;
  std::string policy = {};

  bool operator==(const VersionFacts&) const = default;
};

struct Snapshot {
  absl::Time observed_at = absl::UnixEpoch();
  WorkstationFacts workstation;
  bool pcsc_running = true;
  std::string pcsc_detail;  // why not, e.g. "SCARD_E_NO_SERVICE"
  std::vector<ReaderFacts> readers;
  std::vector<TrustStoreFacts> trust_stores;
  ClockFacts clock;
  VersionFacts versions;
  std::vector<BrowserFacts> browsers;
  std::vector<ProbeFacts> probes;
  std::vector<RevocationCheck> revocations;
  std::vector<CaDownload> ca_downloads;

  bool operator==(const Snapshot&) const = default;
};

// Sets level of assurance and purpose of every certificate in `snapshot` by
// `catalogue` (Classify, common/certs/classify.h).
void ClassifySnapshot(Snapshot& snapshot, const CaCatalogue& catalogue);

// Every CA certificate of the snapshot's trust stores, and on its cards: what
// Classify and RecogniseCa look issuers up in. Pointers into `snapshot`.
std::vector<const CertificateFacts*> KnownCas(const Snapshot& snapshot);

}  // namespace kortvakt
