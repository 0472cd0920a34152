#include "common/certs/classify.h"

#include <gtest/gtest.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "absl/strings/str_cat.h"
#include "common/certs/chain.h"
#include "tests/support/pki/openssl_oracle.h"
#include "tests/support/pki/test_pki.h"
#include "tests/unit/common/certs/varied_certificates.h"

namespace kortvakt {
namespace {

using testing::CertificateSpec;
using testing::Issue;
using testing::Issued;
using testing::PersonCa;
using testing::SithsLikePki;

// Facts of certificates, with issuers verified among them.
class World {
 public:
  void Add(const Issued& issued) { EXPECT_TRUE(pool_.Add(issued.der).ok()); }
  const CertificateFacts& Facts(const Issued& issued) {
    CertificateFacts& facts = facts_[issued.sha256];
    facts = *ReadCertificate(issued.der, {});
    facts.issuer_sha256 = pool_.FindIssuer(issued.der);
    return facts;
  }
  std::vector<const CertificateFacts*> Known() const {
    std::vector<const CertificateFacts*> known;
    for (const auto& [sha256, facts] : facts_) known.push_back(&facts);
    return known;
  }

 private:
  CertificatePool pool_;
  std::map<std::string, CertificateFacts> facts_;
};

CaCatalogue CatalogueOf(const SithsLikePki& pki) {
  auto catalogue = CaCatalogue::Parse(pki.CatalogueToml(), "test.toml");
  EXPECT_TRUE(catalogue.ok()) << catalogue.status();
  return *catalogue;
}

// Lines of a catalogue's entry.
std::string Fingerprint(const Issued& ca) { return absl::StrCat("sha256 = \"", ca.sha256, "\"\n"); }
std::string Key(const Issued& ca) {
  return absl::StrCat("public_key_sha256 = \"", ReadCertificate(ca.der, {})->public_key_sha256, "\"\n");
}

// A catalogue of roots of one name, each with these lines, and of an issuing CA of which
// neither key nor fingerprint is known; the first root's.
CaCatalogue CatalogueWithRoots(const std::vector<std::string>& roots) {
  std::string text = "version = \"1\"\n";
  for (size_t i = 0; i < roots.size(); ++i) {
    absl::StrAppend(&text, "[[ca]]\nid = \"root", i, "\"\nrole = \"root\"\nissues = \"cas\"\n",
                    "subject = \"CN=SITHS e-id Root CA v2,O=Inera AB,C=SE\"\n", roots[i]);
  }
  absl::StrAppend(&text, "[[ca]]\nid = \"p\"\nissuer = \"root0\"\nloa = \"3\"\n",
                  "subject = \"CN=SITHS e-id Person HSA-id 3 CA v1,O=Inera AB,C=SE\"\n");
  auto catalogue = CaCatalogue::Parse(text, "test.toml");
  EXPECT_TRUE(catalogue.ok()) << catalogue.status();
  return *catalogue;
}

// A PKI with the names of the real one and keys of its own.
SithsLikePki NamesakeOfSiths() {
  SithsLikePki::Options options;
  options.prefix = "SITHS e-id";
  options.organisation = "Inera AB";
  return SithsLikePki(options);
}

Issued PersonOf(const SithsLikePki& pki, PersonCa ca,
                testing::CardCertificateKind kind = testing::CardCertificateKind::kAuthentication) {
  return pki.PersonCertificate(ca, kind, testing::Person(), testing::LongAgo(), testing::Forever(), "");
}

CertificateFacts Classified(CertificateFacts facts, const CaCatalogue& catalogue,
                            const std::vector<const CertificateFacts*>& known) {
  Classify(facts, catalogue, known);
  return facts;
}

TEST(RecogniseTest, KnowsACaByFingerprint) {
  const SithsLikePki pki;
  const CaCatalogue catalogue = CatalogueOf(pki);
  World world;
  const RecognisedCa found = RecogniseCa(world.Facts(pki.root()), catalogue, {});
  EXPECT_EQ(found.match, CaMatch::kFingerprint);
  EXPECT_EQ(found.ca->id, "kortvakt-demo-root-ca-v2");
}

TEST(RecogniseTest, CallsAHomeMadeRootOfTheSameNameALookAlike) {
  const SithsLikePki fake = NamesakeOfSiths();
  World world;
  world.Add(fake.root());
  const RecognisedCa found = RecogniseCa(world.Facts(fake.root()), CaCatalogue::BuiltIn(), {});
  EXPECT_EQ(found.match, CaMatch::kLookAlike);
  EXPECT_EQ(found.ca->id, "siths-e-id-root-ca-v2");
}

TEST(RecogniseTest, CallsAPersonCaUnderALookAlikeRootALookAlikeToo) {
  const SithsLikePki fake = NamesakeOfSiths();
  World world;
  for (const Issued* ca : fake.cas()) world.Add(*ca);
  world.Facts(fake.root());
  const CertificateFacts& issuing = world.Facts(fake.ca(PersonCa::kHsaId3));
  EXPECT_EQ(RecogniseCa(issuing, CaCatalogue::BuiltIn(), world.Known()).match, CaMatch::kLookAlike);
  const Issued person = PersonOf(fake, PersonCa::kHsaId3);
  const CertificateFacts& facts = world.Facts(person);
  EXPECT_EQ(RecogniseIssuer(facts, CaCatalogue::BuiltIn(), world.Known()).match, CaMatch::kLookAlike);
  EXPECT_EQ(Classified(facts, CaCatalogue::BuiltIn(), world.Known()).loa, Loa::kUnknown);
}

TEST(RecogniseTest, KnowsACaWithoutFingerprintByNameOnlyUntilItsIssuerIsVerified) {
  const SithsLikePki pki = NamesakeOfSiths();
  const CaCatalogue catalogue = CatalogueWithRoots({Fingerprint(pki.root())});
  const Issued person = PersonOf(pki, PersonCa::kHsaId3);

  World alone;
  EXPECT_EQ(RecogniseCa(alone.Facts(pki.ca(PersonCa::kHsaId3)), catalogue, {}).match, CaMatch::kNameOnly);
  const CertificateFacts by_name = Classified(alone.Facts(person), catalogue, {});
  EXPECT_EQ(by_name.loa, Loa::k3);
  EXPECT_EQ(by_name.loa_basis, LoaBasis::kIssuerName);

  World world;
  for (const Issued* ca : pki.cas()) world.Add(*ca);
  const CertificateFacts issuing = world.Facts(pki.ca(PersonCa::kHsaId3));
  EXPECT_EQ(RecogniseCa(issuing, catalogue, world.Known()).match, CaMatch::kVerifiedToRoot);
  const CertificateFacts verified = Classified(world.Facts(person), catalogue, world.Known());
  EXPECT_EQ(verified.loa, Loa::k3);
  EXPECT_EQ(verified.loa_basis, LoaBasis::kVerifiedIssuer);
}

// It names the root, whose certificate is here, and another key has signed it; that one's
// certificate is nowhere.
TEST(RecogniseTest, CallsAPersonCaThatTheRootHereDidNotSignALookAlike) {
  const SithsLikePki pki = NamesakeOfSiths();
  const SithsLikePki fake = NamesakeOfSiths();
  testing::CertificateSpec spec;
  spec.subject = {{"C", "SE", testing::StringType::kPrintable},
                  {"O", "Inera AB"},
                  {"CN", "SITHS e-id Person HSA-id 3 CA v1"}};
  spec.ca = true;
  spec.authority_key_id = false;  // so that only the signature tells
  for (const Issued& issuing : {fake.ca(PersonCa::kHsaId3), Issue(spec, &fake.root())}) {
    const Issued person = PersonOf(fake, PersonCa::kHsaId3);
    for (const std::string& root : {Fingerprint(pki.root()), Key(pki.root())}) {
      const CaCatalogue catalogue = CatalogueWithRoots({root});
      World world;
      world.Add(pki.root());
      world.Add(issuing);
      const CertificateFacts& facts = world.Facts(issuing);
      ASSERT_EQ(facts.issuer_sha256, "");
      EXPECT_EQ(RecogniseCa(facts, catalogue, world.Known()).match, CaMatch::kNameOnly)
          << "without the root nothing was tried";
      world.Facts(pki.root());
      EXPECT_EQ(RecogniseCa(facts, catalogue, world.Known()).match, CaMatch::kLookAlike);
    }
  }
  const CaCatalogue catalogue = CatalogueWithRoots({Fingerprint(pki.root())});
  World world;
  for (const Issued* one : {&pki.root(), &fake.ca(PersonCa::kHsaId3)}) world.Add(*one);
  for (const Issued* one : {&pki.root(), &fake.ca(PersonCa::kHsaId3)}) world.Facts(*one);
  const CertificateFacts person = world.Facts(PersonOf(fake, PersonCa::kHsaId3));
  EXPECT_EQ(RecogniseIssuer(person, catalogue, world.Known()).match, CaMatch::kLookAlike);
  EXPECT_EQ(Classified(person, catalogue, world.Known()).loa, Loa::kUnknown);
}

TEST(RecogniseTest, KnowsACaUnderARootThatHasBeenReplacedByOneOfItsName) {
  const SithsLikePki old = NamesakeOfSiths();
  const SithsLikePki renewed = NamesakeOfSiths();
  // The issuing CA's entry names the first as its issuer.
  const CaCatalogue catalogue = CatalogueWithRoots({Fingerprint(old.root()), Fingerprint(renewed.root())});
  const Issued& issuing = renewed.ca(PersonCa::kHsaId3);
  World world;
  world.Add(old.root());
  world.Facts(old.root());
  EXPECT_EQ(RecogniseCa(world.Facts(issuing), catalogue, world.Known()).match, CaMatch::kNameOnly)
      << "the one that is not here may have signed it";
  world.Add(renewed.root());
  world.Facts(renewed.root());
  EXPECT_EQ(RecogniseCa(world.Facts(issuing), catalogue, world.Known()).match, CaMatch::kVerifiedToRoot);
  const SithsLikePki fake = NamesakeOfSiths();
  EXPECT_EQ(RecogniseCa(world.Facts(fake.ca(PersonCa::kHsaId3)), catalogue, world.Known()).match,
            CaMatch::kLookAlike)
      << "neither of them has signed it";
}

TEST(RecogniseTest, KnowsARenewedRootByItsKeyWhenTheOldOneIsGone) {
  const SithsLikePki pki = NamesakeOfSiths();
  const Issued renewed = testing::Reissue(pki.root(), nullptr, [](X509* certificate) {
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 7);
  });
  ASSERT_NE(renewed.sha256, pki.root().sha256);
  World world;
  world.Add(renewed);
  const CertificateFacts root = world.Facts(renewed);
  const CertificateFacts issuing = world.Facts(pki.ca(PersonCa::kHsaId3));
  ASSERT_EQ(issuing.issuer_sha256, renewed.sha256);
  const auto match = [&](const CertificateFacts& facts, const std::string& catalogued_root) {
    return RecogniseCa(facts, CatalogueWithRoots({catalogued_root}), world.Known()).match;
  };
  for (const std::string& by_key :
       {Key(pki.root()), absl::StrCat(Fingerprint(pki.root()), Key(pki.root()))}) {
    EXPECT_EQ(match(root, by_key), CaMatch::kVerifiedToRoot);
    EXPECT_EQ(match(issuing, by_key), CaMatch::kVerifiedToRoot);
  }
  EXPECT_EQ(match(root, Fingerprint(pki.root())), CaMatch::kLookAlike);
  const SithsLikePki other = NamesakeOfSiths();
  EXPECT_EQ(match(root, Key(other.root())), CaMatch::kLookAlike);
  EXPECT_EQ(match(issuing, Key(other.root())), CaMatch::kLookAlike);
  CertificateFacts unreadable = root;
  unreadable.public_key_sha256.clear();
  EXPECT_EQ(match(unreadable, Key(pki.root())), CaMatch::kNameOnly) << "there is no key to compare";
}

// A catalogue of a root and an issuing CA, each with these lines and no key.
CaCatalogue CatalogueWithoutKeys(const std::string& root, const std::string& issuing) {
  const std::string text =
      absl::StrCat("version = \"1\"\n[[ca]]\nid = \"root\"\nrole = \"root\"\nissues = \"cas\"\n",
                   "subject = \"CN=SITHS e-id Root CA v2,O=Inera AB,C=SE\"\n", root,
                   "[[ca]]\nid = \"p\"\nissuer = \"root\"\nloa = \"3\"\n",
                   "subject = \"CN=SITHS e-id Person HSA-id 3 CA v1,O=Inera AB,C=SE\"\n", issuing);
  auto catalogue = CaCatalogue::Parse(text, "test.toml");
  EXPECT_TRUE(catalogue.ok()) << catalogue.status();
  return *catalogue;
}

std::string KeyId(const Issued& ca) {
  return absl::StrCat("subject_key_id = \"", ReadCertificate(ca.der, {})->subject_key_id, "\"\n");
}

Issued Renewed(const Issued& ca, const Issued* issuer) {
  return testing::Reissue(ca, issuer,
                          [](X509* certificate) { ASN1_INTEGER_set(X509_get_serialNumber(certificate), 7); });
}

// `fake` with the key id of `real`, which anybody can copy.
Issued WithCopiedKeyId(const Issued& fake, const Issued& real, const Issued* issuer) {
  return testing::Reissue(fake, issuer, [&real](X509* certificate) {
    const int place = X509_get_ext_by_NID(certificate, NID_subject_key_identifier, -1);
    X509_EXTENSION_free(X509_delete_ext(certificate, place));
    const unsigned char* cursor = real.der.data();
    X509* other = d2i_X509(nullptr, &cursor, static_cast<long>(real.der.size()));
    const int id = X509_get_ext_by_NID(other, NID_subject_key_identifier, -1);
    X509_add_ext(certificate, X509_get_ext(other, id), -1);
    X509_free(other);
  });
}

TEST(RecogniseTest, KnowsARenewedRootByTheCataloguedCaThatItSigned) {
  const SithsLikePki pki = NamesakeOfSiths();
  const Issued renewed = Renewed(pki.root(), nullptr);
  World world;
  world.Add(renewed);
  const CertificateFacts root = world.Facts(renewed);
  const CertificateFacts issuing = world.Facts(pki.ca(PersonCa::kHsaId3));
  const CaCatalogue both =
      CatalogueWithoutKeys(Fingerprint(pki.root()), Fingerprint(pki.ca(PersonCa::kHsaId3)));
  EXPECT_EQ(RecogniseCa(root, both, world.Known()).match, CaMatch::kVerifiedToRoot);
  EXPECT_EQ(RecogniseCa(issuing, both, world.Known()).match, CaMatch::kFingerprint);
  EXPECT_EQ(RecogniseCa(root, both, {}).match, CaMatch::kLookAlike) << "nothing that it signed is here";
}

TEST(RecogniseTest, KnowsARenewedIssuingCaByItsIssuerAndKeyId) {
  const SithsLikePki pki = NamesakeOfSiths();
  const Issued renewed = Renewed(pki.ca(PersonCa::kHsaId3), &pki.root());
  // Another key under the same root.
  const Issued other = testing::Reissue(pki.ca(PersonCa::kHsaId2), &pki.root(), [&pki](X509* certificate) {
    const unsigned char* cursor = pki.ca(PersonCa::kHsaId3).der.data();
    X509* named = d2i_X509(nullptr, &cursor, static_cast<long>(pki.ca(PersonCa::kHsaId3).der.size()));
    X509_set_subject_name(certificate, X509_get_subject_name(named));
    X509_free(named);
  });
  World world;
  world.Add(pki.root());
  const CertificateFacts root = world.Facts(pki.root());
  const std::string fingerprint = Fingerprint(pki.ca(PersonCa::kHsaId3));
  const CaCatalogue with_id = CatalogueWithoutKeys(
      Fingerprint(pki.root()), absl::StrCat(fingerprint, KeyId(pki.ca(PersonCa::kHsaId3))));
  const CaCatalogue without_id = CatalogueWithoutKeys(Fingerprint(pki.root()), fingerprint);
  const CertificateFacts twin = world.Facts(renewed);
  const CertificateFacts rekeyed = world.Facts(other);
  EXPECT_EQ(RecogniseCa(twin, with_id, world.Known()).match, CaMatch::kVerifiedToRoot);
  EXPECT_EQ(RecogniseCa(rekeyed, with_id, world.Known()).match, CaMatch::kLookAlike);
  EXPECT_EQ(RecogniseCa(twin, without_id, world.Known()).match, CaMatch::kNameOnly);
  EXPECT_EQ(RecogniseCa(rekeyed, without_id, world.Known()).match, CaMatch::kNameOnly);
}

TEST(RecogniseTest, IsNotTakenInByACopiedKeyId) {
  const SithsLikePki pki = NamesakeOfSiths();
  const SithsLikePki fake = NamesakeOfSiths();
  const Issued& real = pki.ca(PersonCa::kHsaId3);
  const Issued root = WithCopiedKeyId(fake.root(), pki.root(), nullptr);
  const Issued issuing = WithCopiedKeyId(fake.ca(PersonCa::kHsaId3), real, &root);
  World world;
  for (const Issued* one : {&root, &issuing, &pki.root(), &real}) world.Add(*one);
  ASSERT_EQ(world.Facts(root).subject_key_id, world.Facts(pki.root()).subject_key_id);
  const CertificateFacts fake_issuing = world.Facts(issuing);
  world.Facts(real);
  CertificateFacts person = world.Facts(PersonOf(fake, PersonCa::kHsaId3));
  person.issuer_sha256 = issuing.sha256;
  const CaCatalogue catalogue = CatalogueWithoutKeys(absl::StrCat(Fingerprint(pki.root()), KeyId(pki.root())),
                                                     absl::StrCat(Fingerprint(real), KeyId(real)));
  EXPECT_EQ(RecogniseCa(world.Facts(root), catalogue, world.Known()).match, CaMatch::kLookAlike);
  EXPECT_EQ(RecogniseCa(fake_issuing, catalogue, world.Known()).match, CaMatch::kLookAlike);
  EXPECT_EQ(Classified(person, catalogue, world.Known()).loa, Loa::kUnknown);
}

TEST(RecogniseTest, KnowsNothingOfACaThatIsNotCatalogued) {
  const SithsLikePki pki;
  World world;
  EXPECT_EQ(RecogniseCa(world.Facts(pki.root()), CaCatalogue::BuiltIn(), {}).match, CaMatch::kNone);
  EXPECT_EQ(RecogniseIssuer(world.Facts(PersonOf(pki, PersonCa::kHsaId3)), CaCatalogue::BuiltIn(), {}).ca,
            nullptr);
}

TEST(ClassifyTest, PolicyDecidesTheLevelBeforeTheIssuer) {
  const SithsLikePki pki;
  const CaCatalogue catalogue = CatalogueOf(pki);
  World world;
  for (const Issued* ca : pki.cas()) world.Add(*ca);
  for (const Issued* ca : pki.cas()) world.Facts(*ca);
  for (const auto& [ca, loa] :
       {std::pair{PersonCa::kHsaId3, Loa::k3}, std::pair{PersonCa::kHsaId2, Loa::k2}}) {
    const Issued person = PersonOf(pki, ca);
    const CertificateFacts facts = Classified(world.Facts(person), catalogue, world.Known());
    EXPECT_EQ(facts.loa, loa);
    EXPECT_EQ(facts.loa_basis, LoaBasis::kPolicy);
    EXPECT_EQ(facts.purpose, Purpose::kAuthentication);
  }
}

TEST(ClassifyTest, TellsPurposesApart) {
  const SithsLikePki pki;
  const CaCatalogue catalogue = CatalogueOf(pki);
  World world;
  const auto purpose = [&](const std::vector<std::string>& usages, const std::vector<std::string>& extended) {
    CertificateSpec spec;
    spec.subject = {{"O", "x"}};
    spec.key_usages = usages;
    spec.extended_key_usages = extended;
    return Classified(world.Facts(Issue(spec)), catalogue, {}).purpose;
  };
  EXPECT_EQ(purpose({"digitalSignature"}, {}), Purpose::kAuthentication);
  EXPECT_EQ(purpose({"digitalSignature", "nonRepudiation"}, {"clientAuth"}), Purpose::kAuthentication);
  EXPECT_EQ(purpose({"digitalSignature"}, {"msSmartcardLogin"}), Purpose::kAuthentication);
  EXPECT_EQ(purpose({"digitalSignature"}, {"anyExtendedKeyUsage"}), Purpose::kAuthentication);
  EXPECT_EQ(purpose({"digitalSignature"}, {"serverAuth"}), Purpose::kOther);
  EXPECT_EQ(purpose({}, {"clientAuth"}), Purpose::kAuthentication);
  EXPECT_EQ(purpose({}, {}), Purpose::kOther);
  EXPECT_EQ(purpose({"nonRepudiation"}, {}), Purpose::kSignature);
  EXPECT_EQ(purpose({"keyEncipherment"}, {"clientAuth"}), Purpose::kOther);
  const CertificateFacts root = Classified(world.Facts(pki.root()), catalogue, {});
  EXPECT_EQ(root.purpose, Purpose::kAuthority);
  EXPECT_EQ(root.loa, Loa::kNotApplicable);
}

TEST(ClassifyTest, TransportCertificatesAreKnownByIssuerOrPolicy) {
  const auto catalogue = CaCatalogue::Parse(
      "version = \"1\"\n[[ca]]\nid = \"t\"\nsubject = \"CN=Transport CA\"\nrole = \"root\"\nissues = "
      "\"transport\"\n"
      "[[policy]]\noid = \"2.999.7\"\npurpose = \"transport\"\nmeaning = \"transport\"\n",
      "test.toml");
  ASSERT_TRUE(catalogue.ok()) << catalogue.status();
  World world;
  CertificateSpec ca_spec;
  ca_spec.subject = {{"CN", "Transport CA"}};
  ca_spec.ca = true;
  const Issued ca = Issue(ca_spec);
  CertificateSpec spec;
  spec.subject = {{"O", "x"}};
  spec.key_usages = {"digitalSignature"};
  EXPECT_EQ(Classified(world.Facts(Issue(spec, &ca)), *catalogue, {}).purpose, Purpose::kTransport);
  spec.policies = {"2.999.7"};
  EXPECT_EQ(Classified(world.Facts(Issue(spec)), *catalogue, {}).purpose, Purpose::kTransport);
}

// Where the real CA certificates are; they are not part of the project.
std::string RealCaFolder() {
  if (const char* folder = std::getenv("KORTVAKT_SITHS_CA")) return folder;
  const char* source = std::getenv("KORTVAKT_SOURCE");
  return absl::StrCat(source == nullptr ? "." : source, "/../shared/siths-ca");
}

TEST(RealCaTest, RecognisesEveryPublishedSithsCaByFingerprint) {
  if (!std::filesystem::is_directory(RealCaFolder())) {
    GTEST_SKIP() << "NOT TESTED: no SITHS CA certificates in " << RealCaFolder() << "; set KORTVAKT_SITHS_CA";
  }
  struct Expected {
    const char* file;
    const char* id;
    CaRole role;
    CaEnvironment environment;
    CaState state;
  };
  using enum CaRole;
  using enum CaEnvironment;
  using enum CaState;
  const Expected table[] = {
      {"siths-e-id-root-ca-v2", "siths-e-id-root-ca-v2", kRoot, kProduction, kCurrent},
      {"siths-e-id-function-ca-v1", "siths-e-id-function-ca-v1", kIssuing, kProduction, kCurrent},
      {"test-siths-e-id-root-ca-v2", "test-siths-e-id-root-ca-v2", kRoot, kTest, kCurrent},
      {"test-siths-e-id-function-ca-v1", "test-siths-e-id-function-ca-v1", kIssuing, kTest, kCurrent},
      {"siths-root-ca-v1", "siths-root-ca-v1", kRoot, kProduction, kBlocked},
      {"siths-type-2-ca-v1", "siths-type-2-ca-v1", kIssuing, kProduction, kRetired},
      {"siths-type-3-ca-v1", "siths-type-3-ca-v1", kIssuing, kProduction, kRetired},
      {"siths-ca-v3", "siths-ca-v3", kRoot, kProduction, kBlocked},
      {"siths-ca-v4", "siths-ca-v4", kRoot, kProduction, kRetired},
      {"siths-root-ca-v1-pp", "siths-root-ca-v1-pp", kRoot, kTest, kRetired},
      {"siths-type-2-ca-v1-pp", "siths-type-2-ca-v1-pp", kIssuing, kTest, kRetired},
      {"siths-type-3-ca-v1-pp", "siths-type-3-ca-v1-pp", kIssuing, kTest, kRetired},
      {"siths-ca-test-v3", "siths-ca-test-v3", kRoot, kTest, kRetired},
      {"siths-ca-test-v4", "siths-ca-test-v4", kRoot, kTest, kRetired},
  };
  const testing::TemporaryFolder folder;
  const CaCatalogue& catalogue = CaCatalogue::BuiltIn();
  CertificatePool pool;
  std::map<std::string, Bytes> ders;
  for (const Expected& expected : table) {
    const std::string pem = absl::StrCat(RealCaFolder(), "/", expected.file, ".pem");
    const std::string der =
        testing::Output("openssl x509 -outform DER -in " + pem + " | od -An -v -tx1 | tr -d ' \\n'");
    ders[expected.id] = *FromHex(der);
    ASSERT_TRUE(pool.Add(ders[expected.id]).ok()) << expected.file;
  }
  for (const Expected& expected : table) {
    SCOPED_TRACE(expected.file);
    CertificateFacts facts = *ReadCertificate(ders[expected.id], {});
    facts.issuer_sha256 = pool.FindIssuer(ders[expected.id]);
    const RecognisedCa found = RecogniseCa(facts, catalogue, {});
    ASSERT_NE(found.ca, nullptr);
    EXPECT_EQ(found.match, CaMatch::kFingerprint);
    EXPECT_EQ(found.ca->id, expected.id);
    EXPECT_EQ(found.ca->role, expected.role);
    EXPECT_EQ(found.ca->environment, expected.environment);
    EXPECT_EQ(found.ca->state, expected.state);
    EXPECT_EQ(found.ca->subject, facts.subject);
    EXPECT_EQ(found.ca->subject_key_id, facts.subject_key_id);
    EXPECT_EQ(found.ca->public_key_sha256, facts.public_key_sha256);
    ASSERT_TRUE(found.ca->not_after.has_value());
    EXPECT_EQ(*found.ca->not_after, facts.not_after);
    const CataloguedCa* issuer = catalogue.FindById(found.ca->issuer);
    EXPECT_EQ(issuer->subject, facts.issuer);
    EXPECT_EQ(issuer->sha256, facts.issuer_sha256);
    EXPECT_TRUE(facts.is_ca);
    Classify(facts, catalogue, {});
    EXPECT_EQ(facts.purpose, Purpose::kAuthority);
  }
}

}  // namespace
}  // namespace kortvakt
