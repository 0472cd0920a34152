#include "agent/trust/observe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/pki/openssl_oracle.h"
#include "tests/support/pki/test_pki.h"

namespace kortvakt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Issue;
using testing::Issued;
using testing::PersonCa;
using testing::SithsLikePki;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// A store that holds what the test puts there.
class FakeStore {
 public:
  void Put(ByteView der) {
    contents_.entries.push_back({Bytes(der.begin(), der.end()), Sha256Hex(der), CaTrust::kTrusted});
  }
  TrustStoreContents& contents() { return contents_; }
  SeenStore Seen() const { return {TrustStoreKind::kSystemBundle, "/fake/bundle.crt", owner_, &contents_}; }
  void GiveTo(const std::string& owner) { owner_ = owner; }

 private:
  TrustStoreContents contents_{TrustStoreState::kRead, "", {}};
  std::string owner_ = "machine";
};

struct Fixture {
  SithsLikePki pki;
  CaCatalogue catalogue = *CaCatalogue::Parse(pki.CatalogueToml(), "test.toml");
  TrustObserver observer{catalogue};
  std::vector<std::unique_ptr<FakeStore>> stores;

  FakeStore& AddStore() { return *stores.emplace_back(std::make_unique<FakeStore>()); }
  std::vector<TrustStoreFacts> Observe(const std::vector<ByteView>& card_certificates) {
    std::vector<SeenStore> seen;
    for (const auto& store : stores) seen.push_back(store->Seen());
    return observer.Observe(seen, card_certificates);
  }
};

Issued UnrelatedCa(const std::string& name, const Issued* issuer = nullptr) {
  testing::CertificateSpec spec;
  spec.subject = {{"CN", name}};
  spec.ca = true;
  spec.key_usages = {"keyCertSign"};
  return Issue(spec, issuer);
}

std::vector<std::string> Fingerprints(const TrustStoreFacts& facts) {
  std::vector<std::string> fingerprints;
  for (const TrustedCa& ca : facts.cas) fingerprints.push_back(ca.certificate.sha256);
  return fingerprints;
}

TEST(TrustObserverTest, TellsCataloguedCasOnly) {
  Fixture f;
  FakeStore& store = f.AddStore();
  store.Put(UnrelatedCa("somebody else").der);
  store.Put(f.pki.root().der);
  store.Put(f.pki.ca(PersonCa::kHsaId3).der);
  const auto facts = f.Observe({});
  ASSERT_THAT(facts, SizeIs(1));
  EXPECT_EQ(facts[0].certificate_count, 3u);
  EXPECT_EQ(facts[0].location, "/fake/bundle.crt");
  EXPECT_THAT(Fingerprints(facts[0]),
              UnorderedElementsAre(f.pki.root().sha256, f.pki.ca(PersonCa::kHsaId3).sha256));
  for (const TrustedCa& ca : facts[0].cas) {
    EXPECT_EQ(ca.certificate.issuer_sha256, f.pki.root().sha256);
    EXPECT_EQ(ca.certificate.purpose, Purpose::kAuthority);
    EXPECT_EQ(ca.trust, CaTrust::kTrusted);
  }
}

TEST(TrustObserverTest, TellsACaOfTheSameNameToo) {
  Fixture f;
  const SithsLikePki fake;
  f.AddStore().Put(fake.root().der);
  const auto facts = f.Observe({});
  EXPECT_THAT(Fingerprints(facts[0]), UnorderedElementsAre(fake.root().sha256));
}

TEST(TrustObserverTest, TellsWhatTheChainOfACardNeedsAcrossStores) {
  Fixture f;
  const Issued root = UnrelatedCa("other root");
  const Issued issuing = UnrelatedCa("other issuing", &root);
  testing::CertificateSpec spec;
  spec.subject = {{"O", "x"}};
  const Issued leaf = Issue(spec, &issuing);
  f.AddStore().Put(root.der);
  f.AddStore().Put(issuing.der);
  const auto without = f.Observe({});
  EXPECT_THAT(without[0].cas, IsEmpty());
  const auto with = f.Observe({leaf.der});
  EXPECT_THAT(Fingerprints(with[0]), UnorderedElementsAre(root.sha256));
  EXPECT_THAT(Fingerprints(with[1]), UnorderedElementsAre(issuing.sha256));
  EXPECT_EQ(f.observer.pool().FindIssuer(leaf.der), issuing.sha256);
}

TEST(TrustObserverTest, ForgetsWhatIsNoLongerThere) {
  Fixture f;
  FakeStore& store = f.AddStore();
  store.Put(f.pki.root().der);
  store.Put(f.pki.ca(PersonCa::kHsaId3).der);
  const Issued person =
      f.pki.PersonCertificate(PersonCa::kHsaId3, testing::CardCertificateKind::kAuthentication,
                              testing::Person(), testing::LongAgo(), testing::Forever(), "");
  f.Observe({person.der});
  EXPECT_THAT(f.observer.pool().FindPaths(person.der), ElementsAre(SizeIs(2)));
  store.contents().entries.clear();
  f.Observe({person.der});
  EXPECT_EQ(f.observer.pool().FindIssuer(person.der), "");
}

TEST(TrustObserverTest, CountsWhatCannotBeDecoded) {
  Fixture f;
  FakeStore& store = f.AddStore();
  store.Put(Bytes{0x30, 0x03, 0x02, 0x01, 0x05});
  store.Put(f.pki.root().der);
  const auto facts = f.Observe({Bytes{0x30, 0x00}});
  EXPECT_EQ(facts[0].certificate_count, 2u);
  EXPECT_THAT(facts[0].cas, SizeIs(1));
  EXPECT_THAT(facts[0].detail, HasSubstr("1 certificate cannot be decoded"));
}

TEST(TrustObserverTest, SaysWhyAStoreCouldNotBeRead) {
  Fixture f;
  const auto bundle = MakeSystemBundle("/nonexistent/bundle.crt");
  const auto facts =
      f.observer.Observe({{bundle->kind(), bundle->location(), "uid:1000", &bundle->Look()}}, {});
  EXPECT_EQ(facts[0].state, TrustStoreState::kAbsent);
  EXPECT_EQ(facts[0].owner, "uid:1000");
  EXPECT_THAT(facts[0].detail, HasSubstr("/nonexistent/bundle.crt"));
  EXPECT_EQ(facts[0].certificate_count, 0u);
}

// One user's look-alikes, as many as a reading may have of them.
TEST(TrustObserverTest, AUsersStoreTakesThePlaceOfNoOther) {
  Fixture f;
  FakeStore& full = f.AddStore();
  full.GiveTo("uid:1000");
  for (int i = 0; i < 100; ++i) full.Put(SithsLikePki().root().der);
  full.Put(f.pki.root().der);
  FakeStore& small = f.AddStore();
  small.GiveTo("uid:1001");
  small.Put(f.pki.root().der);
  const auto facts = f.Observe({});
  EXPECT_THAT(facts[0].cas, SizeIs(64));
  EXPECT_EQ(facts[0].cas[0].certificate.sha256, f.pki.root().sha256) << "what is catalogued comes first";
  EXPECT_THAT(facts[0].detail, HasSubstr("37 certificates left out"));
  EXPECT_EQ(facts[0].certificate_count, 101u);
  EXPECT_THAT(Fingerprints(facts[1]), UnorderedElementsAre(f.pki.root().sha256));
  EXPECT_EQ(facts[1].detail, "");
}

// So many CA certificates with the names of the PKI's root and of one of its CAs, each
// with a key of its own.
std::vector<Issued> LookAlikes(const SithsLikePki& pki, size_t count) {
  const auto root = ReadCertificate(pki.root().der, {});
  const auto issuing = ReadCertificate(pki.ca(PersonCa::kHsaId3).der, {});
  const auto common_name = [](const std::string& subject) {
    return subject.substr(3, subject.find(',') - 3);
  };
  std::vector<Issued> look_alikes;
  for (size_t i = 0; i < count; ++i) {
    testing::CertificateSpec spec;
    spec.subject = {{"C", "SE"},
                    {"O", SithsLikePki::Options().organisation},
                    {"CN", common_name(i % 2 == 0 ? root->subject : issuing->subject)}};
    spec.ca = true;
    spec.key_usages = {"keyCertSign"};
    spec.subject_key_id = false;
    spec.key.label = "observe_test look-alike " + std::to_string(i);
    look_alikes.push_back(Issue(spec));
  }
  return look_alikes;
}

TEST(TrustObserverTest, AUsersThousandLookAlikesCostOneLookLittleAndTheNextNothing) {
  Fixture f;
  FakeStore& user = f.AddStore();
  user.GiveTo("uid:1000");
  const std::vector<Issued> look_alikes = LookAlikes(f.pki, 1024);
  for (const Issued& one : look_alikes) user.Put(one.der);
  FakeStore& machine = f.AddStore();  // comes after the user's
  for (const Issued* ca : f.pki.cas()) machine.Put(ca->der);
  const Issued person =
      f.pki.PersonCertificate(PersonCa::kHsaId3, testing::CardCertificateKind::kAuthentication,
                              testing::Person(), testing::LongAgo(), testing::Forever(), "");
  const auto look = [&] {
    const auto facts = f.Observe({person.der});
    // The machine's issuers are found all the same.
    EXPECT_EQ(f.observer.pool().FindIssuer(person.der), f.pki.ca(PersonCa::kHsaId3).sha256);
    EXPECT_THAT(f.observer.pool().FindPaths(person.der),
                ElementsAre(ElementsAre(f.pki.ca(PersonCa::kHsaId3).sha256, f.pki.root().sha256)));
    return facts;
  };
  const auto first = look();
  EXPECT_THAT(first[0].cas, SizeIs(64));
  EXPECT_EQ(first[0].cas[0].certificate.subject, first[1].cas[0].certificate.subject)
      << "they are look-alikes";
  const CertificatePool::Work once = f.observer.pool().work();
  const size_t read = f.observer.facts_read();
  // 1,024 and 7 certificates; told are 64 and 6.
  EXPECT_EQ(once.decoded, 1024u + 7u);
  EXPECT_EQ(read, 1024u + 7u + 64u + 6u);
  // 64 keys for the card's certificate and for each CA that is told and is no root.
  EXPECT_LE(once.verified, 64u * (1 + 32 + 6) + 64u);

  EXPECT_EQ(look(), first);
  EXPECT_EQ(f.observer.facts_read(), read);
  EXPECT_EQ(f.observer.pool().work().decoded, once.decoded);
  EXPECT_EQ(f.observer.pool().work().verified, once.verified);

  // Another certificate in a store costs its own decoding, and what it may have signed.
  user.Put(UnrelatedCa("somebody else").der);
  look();
  EXPECT_EQ(f.observer.facts_read(), read + 1);
  EXPECT_EQ(f.observer.pool().work().verified, once.verified);
}

TEST(TrustObserverTest, OneUsersLookAlikesDoNotKeepAnothersIssuersFromBeingTried) {
  Fixture f;
  const std::vector<Issued> look_alikes = LookAlikes(f.pki, 400);
  FakeStore& hostile = f.AddStore();
  hostile.GiveTo("uid:1000");
  for (const Issued& one : look_alikes) hostile.Put(one.der);
  FakeStore& good = f.AddStore();
  good.GiveTo("uid:1001");
  for (const Issued* ca : f.pki.cas()) good.Put(ca->der);
  const Issued person =
      f.pki.PersonCertificate(PersonCa::kHsaId3, testing::CardCertificateKind::kAuthentication,
                              testing::Person(), testing::LongAgo(), testing::Forever(), "");
  f.Observe({person.der});
  EXPECT_THAT(f.observer.pool().FindPaths(person.der), SizeIs(1));
}

}  // namespace
}  // namespace kortvakt
