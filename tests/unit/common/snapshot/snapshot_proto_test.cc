#include "common/snapshot/snapshot_proto.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "common/base/bytes.h"
#include "common/base/time.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;

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
  trust.ca_not_after = *ParseTime("2030-01-01");
  trust.detail = "detail";
  probe.trust = {trust};
  probe.client_certificate = ClientCertificateRequest::kOnPath;
  probe.ca_names = {"CN=Exempel Root CA"};
  probe.ca_name_count = 3;
  probe.signature_algorithms = {"rsa_pss_rsae_sha256"};
  probe.http_status = 400;
  probe.http_refusal = HttpRefusal::kCertificateError;
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

TEST(SnapshotProtoTest, RoundTripsEveryField) {
  const absl::StatusOr<Snapshot> back = SnapshotFromProto(SnapshotToProto(Everything()));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, Everything());
}

TEST(SnapshotProtoTest, SetsEveryFieldOfTheProto) {
  // A field that the conversion forgets would be at its default here.
  const v1::Snapshot proto = SnapshotToProto(Everything());
  std::function<void(const google::protobuf::Message&)> check =
      [&](const google::protobuf::Message& message) {
        const auto* type = message.GetDescriptor();
        if (type->full_name().rfind("google.", 0) == 0) return;
        for (int i = 0; i < type->field_count(); ++i) {
          const auto* field = type->field(i);
          const auto* access = message.GetReflection();
          if (field->is_repeated()) {
            ASSERT_GT(access->FieldSize(message, field), 0) << field->full_name();
            if (field->message_type() != nullptr) check(access->GetRepeatedMessage(message, field, 0));
          } else {
            EXPECT_TRUE(access->HasField(message, field)) << field->full_name();
            if (field->message_type() != nullptr) check(access->GetMessage(message, field));
          }
        }
      };
  check(proto);
}

TEST(SnapshotProtoTest, NamesTheFieldThatCannotBe) {
  const std::vector<std::pair<std::string, std::function<void(v1::Snapshot&)>>> cases = {
      {"observed_at: missing", [](auto& s) { s.clear_observed_at(); }},
      {"observed_at: outside", [](auto& s) { s.mutable_observed_at()->set_seconds(INT64_MAX); }},
      {"workstation: missing", [](auto& s) { s.clear_workstation(); }},
      {"pcsc.state", [](auto& s) { s.mutable_pcsc()->clear_state(); }},
      {"workstation.host_name: longer",
       [](auto& s) { s.mutable_workstation()->set_host_name(std::string(5000, 'x')); }},
      {"reader.state", [](auto& s) { s.mutable_readers(0)->clear_state(); }},
      {"card.atr", [](auto& s) { s.mutable_readers(0)->mutable_card()->set_atr("3b"); }},
      {"card.atr", [](auto& s) { s.mutable_readers(0)->mutable_card()->set_atr(std::string(68, 'A')); }},
      {"card.id", [](auto& s) { s.mutable_readers(0)->mutable_card()->set_id("x"); }},
      {"card.state",
       [](auto& s) { s.mutable_readers(0)->mutable_card()->set_state(static_cast<v1::CardState>(99)); }},
      {"certificate.sha256",
       [](auto& s) { s.mutable_readers(0)->mutable_card()->mutable_certificates(0)->set_sha256("A"); }},
      {"certificate.not_after",
       [](auto& s) { s.mutable_readers(0)->mutable_card()->mutable_certificates(0)->clear_not_after(); }},
      {"certificate.policy_oids",
       [](auto& s) {
         for (int i = 0; i < 65; ++i) {
           s.mutable_readers(0)->mutable_card()->mutable_certificates(0)->add_policy_oids("1.2");
         }
       }},
      {"certificate.paths: more",
       [](auto& s) {
         auto& certificate = *s.mutable_readers(0)->mutable_card()->mutable_certificates(0);
         while (certificate.paths_size() < 9) certificate.add_paths()->add_sha256(std::string(64, 'a'));
       }},
      {"certificate.paths: a path without",
       [](auto& s) { s.mutable_readers(0)->mutable_card()->mutable_certificates(0)->add_paths(); }},
      {"certificate.paths.sha256: more",
       [](auto& s) {
         auto& path = *s.mutable_readers(0)->mutable_card()->mutable_certificates(0)->mutable_paths(0);
         while (path.sha256_size() < 9) path.add_sha256(std::string(64, 'a'));
       }},
      {"certificate.paths.sha256: not 64",
       [](auto& s) {
         s.mutable_readers(0)->mutable_card()->mutable_certificates(0)->mutable_paths(1)->set_sha256(0, "B");
       }},
      {"readers: more",
       [](auto& s) {
         for (int i = 0; i < 65; ++i) s.add_readers()->set_state(v1::READER_STATE_OK);
       }},
      {"trust_store.kind", [](auto& s) { s.mutable_trust_stores(0)->clear_kind(); }},
      {"browser.trust_stores", [](auto& s) { s.mutable_browsers(0)->set_trust_stores(0, 2); }},
      {"browser.modules",
       [](auto& s) {
         for (int i = 0; i < 17; ++i) s.mutable_browsers(0)->add_modules()->set_file("a.so");
       }},
      {"browser.modules.file",
       [](auto& s) { s.mutable_browsers(0)->add_modules()->set_file(std::string(300, 'x')); }},
      {"browser.modules_state",
       [](auto& s) { s.mutable_browsers(0)->set_modules_state(static_cast<v1::ModulesState>(9)); }},
      {"browser.name", [](auto& s) { s.mutable_browsers(0)->set_name(std::string(5000, 'x')); }},
      {"probes: more",
       [](auto& s) {
         for (int i = 0; i < 64; ++i) *s.add_probes() = s.probes(0);
       }},
      {"probe: more than 64 KiB",
       [](auto& s) {
         for (int i = 0; i < 20; ++i) s.mutable_probes(0)->add_ca_names(std::string(4000, 'x'));
       }},
      {"probe.outcome", [](auto& s) { s.mutable_probes(0)->clear_outcome(); }},
      {"probe.trust",
       [](auto& s) {
         for (int i = 0; i < 128; ++i) s.mutable_probes(0)->add_trust();
       }},
      {"probe_trust.root_sha256",
       [](auto& s) { s.mutable_probes(0)->mutable_trust(0)->set_root_sha256("x"); }},
      {"clock.offset",
       [](auto& s) { s.mutable_clock()->mutable_offset_to_collector()->set_seconds(INT64_MIN); }},
  };
  for (const auto& [message, spoil] : cases) {
    v1::Snapshot proto = SnapshotToProto(Everything());
    spoil(proto);
    const absl::StatusOr<Snapshot> snapshot = SnapshotFromProto(proto);
    EXPECT_TRUE(absl::IsInvalidArgument(snapshot.status())) << message;
    EXPECT_THAT(std::string(snapshot.status().message()), HasSubstr(message));
  }
}

// `readers` cards with `certificates` each, `stores` stores with `cas` each; all
// different, as small as they can be.
v1::Snapshot Crowd(int readers, int certificates, int stores, int cas) {
  v1::Snapshot proto = SnapshotToProto(Everything());
  proto.clear_readers();
  proto.clear_probes();
  proto.clear_trust_stores();
  proto.clear_browsers();
  int number = 0;
  const auto fill = [&number](v1::Certificate& certificate) {
    certificate.set_sha256(Sha256Hex(AsBytes(std::to_string(++number))));
    certificate.mutable_not_before();
    certificate.mutable_not_after();
    certificate.set_loa(v1::LOA_UNKNOWN);
    certificate.set_purpose(v1::PURPOSE_OTHER);
    certificate.set_identity_kind(v1::IDENTITY_KIND_OTHER);
  };
  for (int i = 0; i < readers; ++i) {
    v1::Reader& reader = *proto.add_readers();
    reader.set_state(v1::READER_STATE_OK);
    reader.mutable_card()->set_state(v1::CARD_STATE_READ);
    for (int j = 0; j < certificates; ++j) fill(*reader.mutable_card()->add_certificates());
  }
  for (int i = 0; i < stores; ++i) {
    v1::TrustStore& store = *proto.add_trust_stores();
    store.set_kind(v1::TRUST_STORE_KIND_FOLDER);
    store.set_state(v1::TRUST_STORE_STATE_READ);
    for (int j = 0; j < cas; ++j) {
      store.add_cas()->set_trust(v1::CA_TRUST_PRESENT);
      fill(*store.mutable_cas(j)->mutable_certificate());
    }
  }
  return proto;
}

std::string Complaint(const v1::Snapshot& proto) {
  return std::string(SnapshotFromProto(proto).status().message());
}

TEST(SnapshotProtoTest, TakesNamesUpToTheirLimits) {
  v1::Snapshot proto = SnapshotToProto(Everything());
  proto.mutable_workstation()->set_host_name(std::string(253, 'h'));
  proto.mutable_readers(0)->set_name(std::string(256, 'r'));
  EXPECT_EQ(Complaint(proto), "");
  proto.mutable_workstation()->set_host_name(std::string(254, 'h'));
  EXPECT_EQ(Complaint(proto), "workstation.host_name: longer than 253 bytes");
  proto.mutable_workstation()->set_host_name("h");
  proto.mutable_readers(0)->set_name(std::string(257, 'r'));
  EXPECT_EQ(Complaint(proto), "reader.name: longer than 256 bytes");
}

TEST(SnapshotProtoTest, CanBeReadBackWhateverTheNamesLengths) {
  Snapshot snapshot = Everything();
  snapshot.workstation.host_name = std::string(5000, 'h');
  snapshot.readers[0].name = std::string(5000, 'r');
  EXPECT_EQ(Complaint(SnapshotToProto(snapshot)), "");
}

TEST(SnapshotProtoTest, BoundsTheCertificatesOfAllCardsTogether) {
  EXPECT_EQ(Complaint(Crowd(8, 256, 0, 0)), "");
  EXPECT_EQ(Complaint(Crowd(9, 228, 0, 0)), "certificates of all cards: more than 2048 entries together");
  EXPECT_EQ(Complaint(Crowd(1, 257, 0, 0)), "card.certificates: more than 256 entries");
}

TEST(SnapshotProtoTest, BoundsTheCasOfAllStoresTogether) {
  EXPECT_EQ(Complaint(Crowd(0, 0, 2, 1024)), "");
  EXPECT_EQ(Complaint(Crowd(0, 0, 3, 683)), "cas of all trust stores: more than 2048 entries together");
  EXPECT_EQ(Complaint(Crowd(0, 0, 1, 1025)), "trust_store.cas: more than 1024 entries");
}

TEST(SnapshotProtoTest, BoundsTheEntriesOfAllListsTogether) {
  v1::Snapshot proto = Crowd(1, 256, 0, 0);
  auto& certificates = *proto.mutable_readers(0)->mutable_card()->mutable_certificates();
  for (v1::Certificate& certificate : certificates) {
    for (int i = 0; i < 64; ++i) certificate.add_crl_urls("");
  }
  EXPECT_EQ(Complaint(proto), "");
  certificates.at(0).add_policy_oids("1");
  EXPECT_EQ(Complaint(proto), "certificate lists: more than 16384 entries together");
}

TEST(SnapshotProtoTest, BoundsTheCopiesOfCasThatCardsAreKeptWith) {
  v1::Snapshot proto = Crowd(32, 1, 2, 64);
  EXPECT_EQ(Complaint(proto), "");
  for (v1::TrustStore& store : *proto.mutable_trust_stores()) {
    for (int i = 0; i < store.cas_size(); ++i) {
      store.mutable_cas(i)->mutable_certificate()->set_sha256(Sha256Hex(AsBytes(std::to_string(i))));
      store.mutable_cas(i)->mutable_certificate()->set_subject(std::string(1900, 's'));
    }
  }
  EXPECT_EQ(Complaint(proto), "") << "the same in two stores counts once";
  for (v1::TrustedCa& ca : *proto.mutable_trust_stores(0)->mutable_cas()) {
    ca.mutable_certificate()->set_organisation(std::string(100, 'o'));
  }
  EXPECT_THAT(Complaint(proto), HasSubstr("trust_stores: more than 4 MiB"));
  proto.mutable_readers(0)->mutable_card()->clear_certificates();
  proto.mutable_readers(1)->clear_card();
  EXPECT_EQ(Complaint(proto), "") << "cards without certificates rest on no CA";
}

TEST(SnapshotProtoTest, CanBeReadBackWhateverTheWorkstationCallsItsFiles) {
  Snapshot snapshot = Everything();
  snapshot.trust_stores[0].detail = "Sjukv\xE5rd.crt: not a certificate";
  snapshot.readers[0].name = "L\xE4sare";
  v1::Snapshot back;
  EXPECT_TRUE(back.ParseFromString(SnapshotToProto(snapshot).SerializeAsString()));
}

TEST(SnapshotProtoTest, TakesControlCharactersOutOfForeignText) {
  v1::Snapshot proto = SnapshotToProto(Everything());
  proto.mutable_readers(0)->set_name("a\x1B[2Jb");
  EXPECT_EQ(SnapshotFromProto(proto)->readers[0].name, "a [2Jb");
}

TEST(SnapshotDigestTest, ChangesWithWhatMattersOnly) {
  const std::string digest = SnapshotDigest(Everything());
  Snapshot later = Everything();
  later.observed_at += absl::Hours(1);
  later.clock.offset_to_collector = absl::Seconds(5);
  later.readers[0].card->read_at = *ParseTime("2026-11-23");
  EXPECT_EQ(SnapshotDigest(later), digest);
  Snapshot other = Everything();
  other.readers[0].card->certificates[0].not_after -= absl::Seconds(1);
  EXPECT_NE(SnapshotDigest(other), digest);
}

TEST(RemovePersonalDataTest, LeavesNoHsaIdAndNoCardNumber) {
  Snapshot snapshot = Everything();
  RemovePersonalData(snapshot);
  const std::string text = SnapshotToProto(snapshot).DebugString();
  EXPECT_EQ(text.find("T35T"), std::string::npos);
  EXPECT_EQ(text.find("97522690"), std::string::npos);
}

TEST(SnapshotDigestTest, TheSameAnswerOnAnotherDayIsNoNews) {
  const std::string digest = SnapshotDigest(Everything());
  Snapshot later = Everything();
  RevocationCheck& check = later.revocations[0];
  check.checked_at += absl::Hours(24);
  *check.this_update += absl::Hours(24);
  *check.next_update += absl::Hours(24);
  later.ca_downloads[0].checked_at += absl::Hours(24);
  EXPECT_EQ(SnapshotDigest(later), digest);
  check.status = RevocationStatus::kGood;
  EXPECT_NE(SnapshotDigest(later), digest);
  later = Everything();
  *later.revocations[0].revoked_at += absl::Seconds(1);
  EXPECT_NE(SnapshotDigest(later), digest);
  later = Everything();
  later.ca_downloads[0].outcome = CaDownloadOutcome::kMatches;
  EXPECT_NE(SnapshotDigest(later), digest);
}

TEST(SnapshotProtoTest, RefusesRevocationAnswersThatCannotBe) {
  const auto refuses = [](const std::function<void(v1::Snapshot&)>& spoil) {
    v1::Snapshot proto = SnapshotToProto(Everything());
    spoil(proto);
    return std::string(SnapshotFromProto(proto).status().message());
  };
  EXPECT_EQ(refuses([](auto&) {}), "");
  EXPECT_EQ(refuses([](auto& s) { s.mutable_revocations(0)->set_certificate_sha256("A"); }),
            "revocation.certificate_sha256: not 64 lower-case hexadecimal digits");
  EXPECT_NE(refuses([](auto& s) { s.mutable_revocations(0)->clear_status(); }), "");
  EXPECT_NE(refuses([](auto& s) { s.mutable_revocations(0)->clear_source(); }), "");
  EXPECT_NE(refuses([](auto& s) { s.mutable_revocations(0)->clear_checked_at(); }), "");
  EXPECT_NE(refuses([](auto& s) { s.mutable_revocations(0)->set_url(std::string(513, 'x')); }), "");
  EXPECT_NE(
      refuses([](auto& s) { s.mutable_revocations(0)->mutable_revoked_at()->set_seconds(int64_t{1} << 60); }),
      "");
  EXPECT_NE(refuses([](auto& s) { s.mutable_ca_downloads(0)->set_sha256("x"); }), "");
  EXPECT_NE(refuses([](auto& s) { s.mutable_ca_downloads(0)->clear_outcome(); }), "");
  EXPECT_EQ(refuses([](auto& s) {
              for (int i = 0; i < 512; ++i) *s.add_revocations() = s.revocations(0);
            }),
            "revocations: more than 512 entries");
  EXPECT_EQ(refuses([](auto& s) {
              for (int i = 0; i < 64; ++i) *s.add_ca_downloads() = s.ca_downloads(0);
            }),
            "ca_downloads: more than 64 entries");
}

TEST(SnapshotDigestTest, AProbeThatEndsAsBeforeIsNoNewsWhicheverAddressAnswered) {
  Snapshot snapshot;
  ProbeFacts& probe = snapshot.probes.emplace_back();
  probe.url = "https://login.example/";
  probe.outcome = ProbeOutcome::kAnswered;
  probe.addresses = {{"192.0.2.1", "refused"}, {"192.0.2.2", ""}};
  const std::string before = SnapshotDigest(snapshot);
  snapshot.probes[0].addresses = {{"192.0.2.9", ""}, {"192.0.2.8", "refused"}, {"192.0.2.7", "refused"}};
  EXPECT_EQ(SnapshotDigest(snapshot), before);
  snapshot.probes[0].addresses = {{"192.0.2.9", ""}, {"192.0.2.8", "no answer in time"}};
  EXPECT_NE(SnapshotDigest(snapshot), before);
  snapshot.probes[0].addresses = {{"192.0.2.1", "refused"}, {"192.0.2.2", ""}};
  snapshot.probes[0].outcome = ProbeOutcome::kRefused;
  EXPECT_NE(SnapshotDigest(snapshot), before);
}

}  // namespace
}  // namespace kortvakt
