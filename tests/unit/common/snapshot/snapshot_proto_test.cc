#include "common/snapshot/snapshot_proto.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/common/snapshot/snapshot_samples.h"

namespace kortvakt {
namespace {

using testing::Everything;
using ::testing::HasSubstr;

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

TEST(RemovePersonalDataTest, LeavesNoHsaIdAndNoCardNumber) {
  Snapshot snapshot = Everything();
  RemovePersonalData(snapshot);
  const std::string text = SnapshotToProto(snapshot).DebugString();
  EXPECT_EQ(text.find("T35T"), std::string::npos);
  EXPECT_EQ(text.find("97522690"), std::string::npos);
}

}  // namespace
}  // namespace kortvakt
