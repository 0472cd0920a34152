// What a snapshot from the wire may hold altogether.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/bytes.h"
#include "common/snapshot/snapshot_proto.h"
#include "tests/unit/common/snapshot/snapshot_samples.h"

namespace kortvakt {
namespace {

using testing::Everything;
using ::testing::HasSubstr;

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

// "" where the snapshot is taken.
std::string Complaint(const v1::Snapshot& proto) {
  return std::string(SnapshotFromProto(proto).status().message());
}

TEST(SnapshotBoundsTest, TakesNamesUpToTheirLimits) {
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

TEST(SnapshotBoundsTest, CanBeReadBackWhateverTheNamesLengths) {
  Snapshot snapshot = Everything();
  snapshot.workstation.host_name = std::string(5000, 'h');
  snapshot.readers[0].name = std::string(5000, 'r');
  EXPECT_EQ(Complaint(SnapshotToProto(snapshot)), "");
}

TEST(SnapshotBoundsTest, BoundsTheCertificatesOfAllCardsTogether) {
  EXPECT_EQ(Complaint(Crowd(8, 256, 0, 0)), "");
  EXPECT_EQ(Complaint(Crowd(9, 228, 0, 0)), "certificates of all cards: more than 2048 entries together");
  EXPECT_EQ(Complaint(Crowd(1, 257, 0, 0)), "card.certificates: more than 256 entries");
}

TEST(SnapshotBoundsTest, BoundsTheCasOfAllStoresTogether) {
  EXPECT_EQ(Complaint(Crowd(0, 0, 2, 1024)), "");
  EXPECT_EQ(Complaint(Crowd(0, 0, 3, 683)), "cas of all trust stores: more than 2048 entries together");
  EXPECT_EQ(Complaint(Crowd(0, 0, 1, 1025)), "trust_store.cas: more than 1024 entries");
}

TEST(SnapshotBoundsTest, BoundsTheEntriesOfAllListsTogether) {
  v1::Snapshot proto = Crowd(1, 256, 0, 0);
  auto& certificates = *proto.mutable_readers(0)->mutable_card()->mutable_certificates();
  for (v1::Certificate& certificate : certificates) {
    for (int i = 0; i < 64; ++i) certificate.add_crl_urls("");
  }
  EXPECT_EQ(Complaint(proto), "");
  certificates.at(0).add_policy_oids("1");
  EXPECT_EQ(Complaint(proto), "certificate lists: more than 16384 entries together");
}

TEST(SnapshotBoundsTest, BoundsTheCopiesOfCasThatCardsAreKeptWith) {
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

}  // namespace
}  // namespace kortvakt
