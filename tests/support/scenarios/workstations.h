// Workstations, cards and certificates as facts, for tests of what is made of
// them: no card, no certificate is behind them. Production names of the built-in
// CA catalogue; people and organisations are made up.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/certs/ca_catalogue.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt::testing {

// "2026-11-22T09:00:00Z"; what cannot be read ends the test.
absl::Time At(const std::string& rfc3339);
inline absl::Duration Days(double days) { return days * absl::Hours(24); }

// The moment at which scenarios are judged: 2026-11-22T09:00:00Z.
absl::Time ScenarioNow();

inline constexpr char kPersonHsaId3[] = "CN=SITHS e-id Person HSA-id 3 CA v1,O=Inera AB,C=SE";
inline constexpr char kPersonHsaId2[] = "CN=SITHS e-id Person HSA-id 2 CA v1,O=Inera AB,C=SE";
inline constexpr char kPersonId3[] = "CN=SITHS e-id Person ID 3 CA v1,O=Inera AB,C=SE";

// Certificates of "Region Exempel" (SE2321000016-1A2B), valid from five years
// before `not_after`, with an issuer that was verified to the root.
CertificateFacts LoginCertificate(absl::Time not_after);
CertificateFacts NationalIdCertificate(absl::Time not_after);  // with personnummer
CertificateFacts SignatureCertificate(absl::Time not_after);
// As LoginCertificate, issued by `issuer`.
CertificateFacts LoginCertificateBy(const std::string& issuer, absl::Time not_after);
// As LoginCertificate, of an organisation of its own.
CertificateFacts LoginCertificateOf(const std::string& organisation, const std::string& hsa_id,
                                    absl::Time not_after);

// The certificate that a reserve card has before its own are fetched, by a CA of
// ScenarioCatalogue().
CertificateFacts TransportCertificate(absl::Time not_after);

// The built-in catalogue, a transport CA, for it knows none (siths.toml says why), and a root and an
// issuing CA of another publisher, which are not required.
const CaCatalogue& ScenarioCatalogue();

// A card that was read. With login certificates and none for signature it gets one
// for signature beside the login certificate that ends last, as ordinary cards have.
CardFacts CardWith(std::vector<CertificateFacts> certificates);
// A card that was read, with these certificates and no other.
CardFacts BareCardWith(std::vector<CertificateFacts> certificates);
// A card in another state, without certificates.
CardFacts CardIn(CardState state, const std::string& detail);
ReaderFacts ReaderWith(std::string name, std::optional<CardFacts> card);

// A CA certificate of the built-in catalogue, as in a store where it is trusted.
TrustedCa StoredCa(const std::string& catalogue_id);
// A system bundle that holds these.
TrustStoreFacts BundleWith(const std::vector<std::string>& catalogue_ids);
// All that the built-in catalogue requires.
std::vector<std::string> AllRequired();

// A workstation with a full bundle, a clock that is right and one reader.
Snapshot Workstation(std::optional<CardFacts> card);

// Sets the paths of the cards' certificates as the agent finds them: the verified issuers that are
// here; none where one of them may not issue certificates to log in with.
void FindPaths(Snapshot& snapshot);

}  // namespace kortvakt::testing
