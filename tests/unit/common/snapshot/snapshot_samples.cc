#include "tests/unit/common/snapshot/snapshot_samples.h"

#include <string>

#include "common/base/time.h"

namespace kortvakt::testing {
namespace {

CertificateFacts SomeCertificate() {
  CertificateFacts facts;
  facts.sha256 = std::string(64, 'a');
  facts.serial_number = "016ABA6D";
  facts.issuer = "CN=SITHS e-id Person HSA-id 3 CA v1,O=Inera AB,C=SE";
  facts.subject = "O=Region Exempel,C=SE";
  facts.issuer_sha256 = std::string(64, 'b');
  facts.not_before = *ParseTime("1950-01-01");
  facts.not_after = *ParseTime("9999-12-31T23:59:59Z");
  facts.policy_oids = {"1.2.752.74.8.512"};
  facts.loa = Loa::k3;
  facts.loa_basis = LoaBasis::kVerifiedIssuer;
  facts.purpose = Purpose::kAuthentication;
  facts.key_usages = {"digitalSignature", "keyEncipherment"};
  facts.extended_key_usages = {"1.3.6.1.5.5.7.3.2"};
  facts.subject_key_id = "AB";
  facts.authority_key_id = "CD";
  facts.ca_issuers_urls = {"http://aia.example/ca.cer"};
  facts.ocsp_urls = {"http://ocsp.example"};
  facts.crl_urls = {"http://crl.example/ca.crl"};
  facts.key_type = "RSA";
  facts.key_bits = 2048;
  facts.signature_algorithm = "sha256WithRSAEncryption";
  facts.identity_kind = IdentityKind::kHsaId;
  facts.hsa_id = "SE2321000016-T35T";
  facts.organisation = "Region Exempel";
  facts.card_number = "9752269000000000001";
  facts.is_ca = true;
  facts.key_presence = KeyPresence::kAbsent;
  facts.public_key_sha256 = std::string(64, 'c');
  facts.paths = {{std::string(64, 'b'), std::string(64, 'd')}, {std::string(64, 'e')}};
  return facts;
}

ProbeFacts SomeProbe() {
  ProbeFacts probe;
  probe.url = "https://login.example.org/";
  probe.proxy = "proxy.example.org:3128";
  probe.outcome = ProbeOutcome::kTimedOut;
  probe.detail = "no answer in time";
  probe.addresses = {{"192.0.2.1", "Connection refused"}};
  probe.proxy_status = 200;
  probe.plain_http = true;
  probe.answers_without_name = true;
  probe.browser_offer_refused = true;
  probe.versions_taken = {"TLSv1.2"};
  probe.versions_refused = {"TLSv1.3"};
  probe.version = "TLSv1.2";
  probe.cipher = "AES128-SHA";
  probe.rsa_key_exchange = true;
  probe.alert = "handshake_failure";
  probe.chain = {SomeCertificate()};
  probe.chain_length = 2;
  probe.path_length = 1;
  probe.server_names = {"login.example.org"};
  probe.name_matches = true;
  ProbeTrust trust;
  trust.store = "Firefox (uid:1000)";
  trust.browser = true;
  trust.verdict = ProbeVerdict::kInvalid;
  trust.with_local_intermediate = true;
  trust.root_sha256 = std::string(64, 'e');
  trust.root_subject = "CN=Exempel Root CA";
  trust.root_origin = RootOrigin::kLocal;
  trust.detail = "detail";
  trust.ways = {{{*ParseTime("2020-01-01"), "CN=Exempel Root CA", true},
                 {*ParseTime("2030-01-01"), "CN=Exempel Server CA", true}}};
  probe.trust = {trust};
  probe.client_certificate = ClientCertificateRequest::kOnPath;
  probe.ca_names = {"CN=Exempel Root CA"};
  probe.ca_name_count = 3;
  probe.signature_algorithms = {"rsa_pss_rsae_sha256"};
  probe.http_status = 400;
  probe.http_refusal = HttpRefusal::kCertificateError;
  probe.ends_self_signed = true;
  probe.group = "secp521r1";
  probe.browsers_offer_cipher = true;
  return probe;
}

// Says both what is known and what kept it from being known, as no real one does.
RevocationCheck SomeRevocation() {
  RevocationCheck check;
  check.certificate_sha256 = std::string(64, 'a');
  check.source = RevocationSource::kCrl;
  check.url = "http://crl.example/ca.crl";
  check.status = RevocationStatus::kRevoked;
  check.problem = RevocationProblem::kNotUnderstood;
  check.detail = "detail";
  check.checked_at = *ParseTime("2026-11-22T08:00:00Z");
  check.this_update = *ParseTime("2026-11-22T07:00:00Z");
  check.next_update = *ParseTime("2026-11-23T07:00:00Z");
  check.revoked_at = *ParseTime("2026-11-20T07:00:00Z");
  check.reason = RevocationReason::kPrivilegeWithdrawn;
  return check;
}

}  // namespace

Snapshot Everything() {
  Snapshot snapshot;
  snapshot.observed_at = *ParseTime("2026-11-22T09:00:00Z");
  snapshot.workstation = {"6f1c3b52-0d4e-4c1a-9d55-2b7f0e6a1c01", "host-1", "Exempelsjukhuset"};
  snapshot.pcsc_running = false;
  snapshot.pcsc_detail = "SCARD_E_NO_SERVICE";
  ReaderFacts reader{"Läsare 1", ReaderState::kError, "SCARD_E_READER_UNAVAILABLE", CardFacts()};
  CardFacts& card = *reader.card;
  card.atr = "3B7D96";
  card.id = std::string(64, 'd');
  card.family = CardFamily::kIdPrime;
  card.state = CardState::kInUse;
  card.detail = "detail";
  card.label = "label";
  card.manufacturer = "maker";
  card.holder_hsa_id = "SE2321000016-T35T";
  card.card_number = "9752269000000000001";
  card.certificates = {SomeCertificate()};
  card.unreadable_certificates = 2;
  card.read_at = *ParseTime("2026-11-22T08:59:00Z");
  card.private_keys = KeyPresence::kPresent;
  snapshot.readers = {reader, {"empty", ReaderState::kOk, "", std::nullopt}};
  TrustStoreFacts store;
  store.kind = TrustStoreKind::kBrowserPolicy;
  store.location = "/etc/chromium";
  store.owner = "uid:1000";
  store.state = TrustStoreState::kUnreadable;
  store.detail = "permission denied";
  store.certificate_count = 7;
  store.cas = {{SomeCertificate(), CaTrust::kDistrusted}};
  store.unreadable_reason = UnreadableReason::kLink;
  snapshot.trust_stores = {store, TrustStoreFacts()};
  snapshot.browsers = {{"Firefox",
                        "uid:1000",
                        {1, 0},
                        {{"/usr/lib/opensc-pkcs11.so", true, true}, {"libiidp11.so"}},
                        ModulesState::kUnreadable}};
  snapshot.probes = {SomeProbe()};
  snapshot.revocations = {SomeRevocation()};
  snapshot.ca_downloads = {{"siths-e-id-person-hsa-id-3-ca-v1", "http://aia.example/ca.cer",
                            CaDownloadOutcome::kOther, std::string(64, 'f'), "detail",
                            *ParseTime("2026-11-22T08:00:00Z")}};
  snapshot.clock = {true, absl::Seconds(-90)};
  snapshot.versions = {"0.1.0", "linux", "Debian GNU/Linux 12", "3-abcdef01", "1a2b3c4d"};
  return snapshot;
}

}  // namespace kortvakt::testing
