#include "agent/revocation/questions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/unit/agent/revocation/revocation_kit.h"

namespace kortvakt {
namespace {

using testing::CatalogueOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::Issued;
using testing::Now;
using testing::PoolOf;
using testing::RevocationKit;
using testing::SithsLikePki;
using ::testing::SizeIs;
using testing::SnapshotWith;

const char kOcsp[] = "http://ocsp.test/";

class QuestionsTest : public ::testing::Test {
 protected:
  std::vector<RevocationQuestion> Asked(const Issued& certificate, const CertificatePool& pool) const {
    return QuestionsOf(SnapshotWith({&certificate}, pool, catalogue_), catalogue_, Policy(), pool, Now())
        .certificates;
  }

  RevocationKit kit_;
  CaCatalogue catalogue_ = CatalogueOf(kit_.pki(), {"ocsp.test"});
};

TEST_F(QuestionsTest, AsksAboutACertificateVerifiedToACataloguedRoot) {
  const Issued person = kit_.Person("0A0B", {kOcsp}, {"http://crl.test/a.crl"});
  const std::vector<RevocationQuestion> asked = Asked(person, PoolOf(kit_.pki()));
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_EQ(asked[0].certificate_sha256, person.sha256);
  EXPECT_EQ(asked[0].serial_number, "0A0B");
  EXPECT_EQ(asked[0].issuer, kit_.issuer().der);
  EXPECT_THAT(asked[0].ocsp_urls, ElementsAre(kOcsp));
  EXPECT_THAT(asked[0].crl_urls, ElementsAre("http://crl.test/a.crl"));
}

// Names prove nothing: whoever makes such a card may write any address into it.
TEST_F(QuestionsTest, AsksNothingAboutAHomeMadeCardWithTheSameNames) {
  const SithsLikePki home_made;
  testing::CertificateSpec spec;
  spec.subject = {{"C", "SE", testing::StringType::kPrintable}, {"CN", "Testa Testsson"}};
  spec.key_usages = {"digitalSignature"};
  spec.ocsp_urls = {kOcsp};
  const Issued card = testing::Issue(spec, &home_made.ca(testing::PersonCa::kHsaId3));

  EXPECT_THAT(Asked(card, PoolOf(kit_.pki())), IsEmpty()) << "its issuer is not here";
  CertificatePool both = PoolOf(kit_.pki());
  for (const Issued* ca : home_made.cas()) both.Add(ca->der).IgnoreError();
  EXPECT_THAT(Asked(card, both), IsEmpty()) << "its issuers are here, in a user's store say";

  // What shows that the above is not for another reason: with its root catalogued it is asked.
  const CaCatalogue theirs = CatalogueOf(home_made, {"ocsp.test"});
  EXPECT_THAT(QuestionsOf(SnapshotWith({&card}, both, theirs), theirs, Policy(), both, Now()).certificates,
              SizeIs(1));
}

TEST_F(QuestionsTest, AsksNothingWhereTheRootIsNotHere) {
  const Issued person = kit_.Person("0A0B", {kOcsp});
  CertificatePool pool;
  ASSERT_TRUE(pool.Add(kit_.issuer().der).ok());
  EXPECT_THAT(Asked(person, pool), IsEmpty());
  ASSERT_TRUE(pool.Add(kit_.pki().root().der).ok());
  EXPECT_THAT(Asked(person, pool), SizeIs(1));
}

TEST_F(QuestionsTest, AsksNothingWithoutAddressesOrAfterTheEnd) {
  const CertificatePool pool = PoolOf(kit_.pki());
  EXPECT_THAT(Asked(kit_.Person("0A0B"), pool), IsEmpty());
  const Issued person = kit_.Person("0A0B", {kOcsp});
  Snapshot snapshot = SnapshotWith({&person}, pool, catalogue_);
  snapshot.readers[0].card->certificates[0].not_after = Now() - absl::Hours(1);
  EXPECT_THAT(QuestionsOf(snapshot, catalogue_, Policy(), pool, Now()).certificates, IsEmpty());
}

TEST_F(QuestionsTest, AsksOnceForACardThatTwoReadersShowAndAtMostFourAddresses) {
  const CertificatePool pool = PoolOf(kit_.pki());
  const Issued person = kit_.Person("0A0B", std::vector<std::string>(9, kOcsp));
  Snapshot snapshot = SnapshotWith({&person}, pool, catalogue_);
  snapshot.readers.push_back(snapshot.readers[0]);
  const std::vector<RevocationQuestion> asked =
      QuestionsOf(snapshot, catalogue_, Policy(), pool, Now()).certificates;
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_THAT(asked[0].ocsp_urls, SizeIs(4));
}

TEST_F(QuestionsTest, SaysWhyNobodyIsAsked) {
  const SithsLikePki home_made;
  const Issued person = kit_.Person("0A0B", {kOcsp});
  CertificatePool everything = PoolOf(kit_.pki());
  for (const Issued* ca : home_made.cas()) everything.Add(ca->der).IgnoreError();
  const auto why = [&](const Issued& certificate, const CertificatePool& seen, const CertificatePool& pool,
                       absl::Time now = Now()) {
    const Snapshot snapshot = SnapshotWith({&certificate}, seen, catalogue_);
    const Questions questions = QuestionsOf(snapshot, catalogue_, Policy(), pool, now);
    EXPECT_THAT(questions.certificates, IsEmpty());
    return questions.not_asked;
  };
  const auto because = [](const Issued& certificate, NotAsked reason) {
    return ElementsAre(std::pair(certificate.sha256, reason));
  };
  const CertificatePool none;
  EXPECT_THAT(
      why(person, everything, everything, ReadCertificate(person.der, {})->not_after + absl::Seconds(1)),
      because(person, NotAsked::kEnded));
  const Issued silent = kit_.Person("0A0C");
  EXPECT_THAT(why(silent, everything, everything), because(silent, NotAsked::kNoAddress));
  EXPECT_THAT(why(person, none, everything), because(person, NotAsked::kNoIssuer));
  EXPECT_THAT(why(person, everything, none), because(person, NotAsked::kNotHandedOver));
  CertificatePool no_root;
  ASSERT_TRUE(no_root.Add(kit_.issuer().der).ok());
  EXPECT_THAT(why(person, no_root, no_root), because(person, NotAsked::kNoKnownRoot));
  testing::CertificateSpec spec;
  spec.subject = {{"C", "SE", testing::StringType::kPrintable}, {"CN", "Testa Testsson"}};
  spec.key_usages = {"digitalSignature"};
  spec.ocsp_urls = {kOcsp};
  const Issued card = testing::Issue(spec, &home_made.ca(testing::PersonCa::kHsaId3));
  EXPECT_THAT(why(card, everything, everything), because(card, NotAsked::kNoKnownRoot));
  EXPECT_THAT(why(card, everything, none), because(card, NotAsked::kNoKnownRoot))
      << "and none is handed over";

  const Snapshot asked = SnapshotWith({&person}, everything, catalogue_);
  EXPECT_THAT(QuestionsOf(asked, catalogue_, Policy(), everything, Now()).not_asked, IsEmpty());
}

// For one who asks elsewhere than where the workstation was looked at.
TEST_F(QuestionsTest, TheCasThatAreHandedOverAreEnoughAndNobodyElses) {
  const SithsLikePki home_made;
  CertificatePool everything = PoolOf(kit_.pki());
  for (const Issued* ca : home_made.cas()) everything.Add(ca->der).IgnoreError();
  testing::CertificateSpec spec;
  spec.subject = {{"C", "SE", testing::StringType::kPrintable}, {"CN", "Testa Testsson"}};
  spec.key_usages = {"digitalSignature"};
  spec.ocsp_urls = {kOcsp};
  const Issued theirs = testing::Issue(spec, &home_made.ca(testing::PersonCa::kHsaId3));
  const Issued real = kit_.Person("0A0B", {kOcsp});
  Snapshot snapshot = SnapshotWith({&theirs, &real}, everything, catalogue_);
  snapshot.trust_stores.emplace_back();  // in which all CAs are missing
  const std::vector<Bytes> cas = CasToAsk(snapshot, catalogue_, everything);
  CertificatePool few;
  std::set<std::string> given;
  for (const Bytes& ca : cas) {
    ASSERT_TRUE(few.Add(ca).ok());
    EXPECT_TRUE(given.insert(Sha256Hex(ca)).second);
  }
  for (const Issued* ca : home_made.cas()) EXPECT_FALSE(given.contains(ca->sha256));
  EXPECT_FALSE(given.contains(real.sha256));
  const Questions far = QuestionsOf(snapshot, catalogue_, Policy(), few, Now());
  const Questions near = QuestionsOf(snapshot, catalogue_, Policy(), everything, Now());
  ASSERT_THAT(near.certificates, SizeIs(1));
  ASSERT_THAT(far.certificates, SizeIs(1));
  EXPECT_EQ(far.certificates[0].issuer, near.certificates[0].issuer);
  EXPECT_EQ(far.not_asked, near.not_asked);
  ASSERT_THAT(near.cas, SizeIs(4));
  ASSERT_EQ(far.cas.size(), near.cas.size());
  for (size_t i = 0; i < near.cas.size(); ++i) {
    EXPECT_EQ(far.cas[i].ca.id, near.cas[i].ca.id);
    EXPECT_EQ(far.cas[i].issuer, near.cas[i].issuer);
    EXPECT_FALSE(near.cas[i].issuer.empty());
  }
}

TEST_F(QuestionsTest, AddsThePolicysHosts) {
  Policy policy;
  policy.revocation_hosts = {".example.org"};
  EXPECT_THAT(QuestionsOf(Snapshot(), catalogue_, policy, CertificatePool(), Now()).hosts,
              ElementsAre("ocsp.test", ".example.org"));
}

// What is asked for CAs follows from the stores and the catalogue: no card has a say.
TEST_F(QuestionsTest, AsksForRequiredIssuingCasThatAreMissing) {
  const CertificatePool pool = PoolOf(kit_.pki());
  Snapshot snapshot = SnapshotWith({}, pool, catalogue_);
  EXPECT_THAT(QuestionsOf(snapshot, catalogue_, Policy(), pool, Now()).cas, IsEmpty())
      << "no store was looked at";
  TrustStoreFacts& store = snapshot.trust_stores.emplace_back();
  const std::vector<CaQuestion> all_missing = QuestionsOf(snapshot, catalogue_, Policy(), pool, Now()).cas;
  for (const CaQuestion& question : all_missing) {
    EXPECT_EQ(question.ca.role, CaRole::kIssuing);
    EXPECT_FALSE(question.ca.ca_issuers_url.empty());
    EXPECT_EQ(question.issuer, kit_.pki().root().der);
  }
  EXPECT_THAT(all_missing, SizeIs(4));
  for (const Issued* ca : kit_.pki().cas()) {
    CertificateFacts facts = *ReadCertificate(ca->der, {});
    facts.issuer_sha256 = pool.FindIssuer(ca->der);
    store.cas.push_back({std::move(facts), CaTrust::kTrusted});
  }
  EXPECT_THAT(QuestionsOf(snapshot, catalogue_, Policy(), pool, Now()).cas, IsEmpty());
}

TEST_F(QuestionsTest, AsksForNoMoreCasThanAReportTakes) {
  std::string text = absl::StrCat(
      "version = \"t\"\n[[ca]]\nid = \"root\"\nrole = \"root\"\nissues = \"cas\"\nsubject = \"CN=R\"\nsha256 "
      "= \"",
      kit_.pki().root().sha256, "\"\n");
  for (int i = 0; i < 70; ++i) {
    absl::StrAppend(&text, "[[ca]]\nid = \"ca", i,
                    "\"\nissuer = \"root\"\nrequired = true\nsubject = \"CN=CA", i,
                    "\"\nca_issuers_url = \"http://aia.test/", i, "\"\n");
  }
  const absl::StatusOr<CaCatalogue> many = CaCatalogue::Parse(text, "test");
  ASSERT_TRUE(many.ok()) << many.status();
  Snapshot snapshot;
  snapshot.trust_stores.emplace_back();
  EXPECT_THAT(QuestionsOf(snapshot, *many, Policy(), PoolOf(kit_.pki()), Now()).cas, SizeIs(64));
}

}  // namespace
}  // namespace kortvakt
