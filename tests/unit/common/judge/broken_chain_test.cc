// Chains that are not called complete although every CA is here, and what the rules tell of CAs that
// have ended, are distrusted, or were renewed.
#include "absl/strings/str_split.h"
#include "common/judge/login_path.h"
#include "tests/unit/common/judge/login_path_world.h"

namespace kortvakt {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using testing::CrossSigned;
using testing::Days;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Issued;
using testing::kDistrusted;
using testing::kPresent;
using testing::kTrusted;
using ::testing::Not;
using testing::Now;
using testing::OtherRoot;
using testing::PersonCa;
using testing::Reissue;
using testing::SithsLikePki;
using testing::Twin;
using testing::World;

// `ca` with other basic constraints.
Issued WithPathLength0(const Issued& ca) {
  return Reissue(ca, nullptr, [](X509* certificate) {
    const int place = X509_get_ext_by_NID(certificate, NID_basic_constraints, -1);
    X509_EXTENSION_free(X509_delete_ext(certificate, place));
    X509_EXTENSION* limit =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    X509_add_ext(certificate, limit, -1);
    X509_EXTENSION_free(limit);
  });
}

TEST(BrokenChainTest, DoesNotCallAChainCompleteThatBreaksALimit) {
  const SithsLikePki pki;
  const Issued& person_ca = pki.ca(PersonCa::kHsaId3);
  const Issued issuing = WithExtension(person_ca, &pki.root(), "extendedKeyUsage", "serverAuth");
  const Issued root = WithExtension(pki.root(), nullptr, "extendedKeyUsage", "serverAuth");
  const Issued short_root = WithPathLength0(pki.root());
  const struct {
    const Issued* root;
    const Issued* issuing;
    const char* limit;
  } cases[] = {
      {&pki.root(), &issuing, "'Kortvakt Demo Person HSA-id 3 CA v1' may not issue certificates to log in"},
      {&root, &person_ca, "'Kortvakt Demo Root CA v2' may not issue certificates to log in"},
      {&short_root, &person_ca, "a certificate on it sets a limit that the chain breaks (length"}};
  for (const auto& one : cases) {
    World world(pki);
    world.AddBundle({{one.root, kTrusted}, {one.issuing, kPresent}});
    world.AddBrowser("Firefox", {{one.root, kTrusted}, {one.issuing, kPresent}});
    EXPECT_THAT(world.Lines(), ElementsAre(AllOf(HasSubstr(one.limit), Not(HasSubstr("complete")))));
    EXPECT_THAT(world.Findings(), ElementsAre("CHAIN_BROKEN critical"));
    EXPECT_THAT(world.Only(FindingCode::kChainBroken).evidence, HasSubstr(one.limit));
    // With the right certificates beside them there is another way.
    world.AddBrowser("Chromium", {{&pki.root(), kTrusted}, {&person_ca, kPresent}});
    EXPECT_THAT(world.Findings(), Not(Contains(HasSubstr("CHAIN_BROKEN"))));
  }
}

TEST(BrokenChainTest, TellsOfARootThatIsOnlySignedByAnother) {
  World world;
  const Issued other = OtherRoot("other");
  const Issued cross = CrossSigned(world.pki.root(), other);
  world.AddBundle({{&cross, kTrusted}, {&world.issuing(), kPresent}});
  EXPECT_THAT(world.Lines(), ElementsAre(HasSubstr("other is missing")));
  EXPECT_THAT(world.Findings(), ElementsAre("CHAIN_BROKEN warning"));
  const Finding finding = world.Only(FindingCode::kChainBroken);
  EXPECT_THAT(finding.evidence, HasSubstr("other is missing"));
  EXPECT_THAT(finding.remedy, HasSubstr("Install the root 'Kortvakt Demo Root CA v2' itself"));
  EXPECT_THAT(finding.remedy, HasSubstr(world.pki.root().sha256));
  World with_other;
  const Issued by_other = CrossSigned(with_other.pki.root(), other);
  with_other.AddBundle({{&by_other, kTrusted}, {&with_other.issuing(), kPresent}, {&other, kTrusted}});
  EXPECT_THAT(with_other.Findings(), IsEmpty());
}

TEST(BrokenChainTest, TakesARootThatItsOldKeySignedForNoEnd) {
  World world;
  const SithsLikePki old;
  const Issued new_with_old = Reissue(world.pki.root(), &old.root(), [&old](X509* certificate) {
    const unsigned char* cursor = old.root().der.data();
    X509* by = d2i_X509(nullptr, &cursor, static_cast<long>(old.root().der.size()));
    X509_EXTENSION_free(
        X509_delete_ext(certificate, X509_get_ext_by_NID(certificate, NID_authority_key_identifier, -1)));
    X509V3_CTX context;
    X509V3_set_ctx(&context, by, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* key_id =
        X509V3_EXT_conf_nid(nullptr, &context, NID_authority_key_identifier, "keyid:always");
    X509_add_ext(certificate, key_id, -1);
    X509_EXTENSION_free(key_id);
    X509_free(by);
  });
  world.AddBundle({{&new_with_old, kTrusted}, {&world.issuing(), kPresent}});
  EXPECT_THAT(world.Lines(), ElementsAre(HasSubstr("Kortvakt Demo Root CA v2 is missing")));
  EXPECT_THAT(world.Findings(), ElementsAre("CHAIN_BROKEN warning"));
  World with_old(world.pki);
  with_old.AddBundle({{&new_with_old, kTrusted}, {&old.root(), kTrusted}, {&with_old.issuing(), kPresent}});
  EXPECT_THAT(with_old.Lines(), ElementsAre(AllOf(HasSubstr("complete"), Not(HasSubstr("missing")))));
}

TEST(BrokenChainTest, NamesTheCertificateInUseWhereOnlyAnEndedOneIsHere) {
  World world;
  const Issued ended = Twin(world.pki.root(), nullptr, Now() - Days(1));
  world.AddBundle({{&ended, kTrusted}, {&world.issuing(), kPresent}});
  EXPECT_THAT(world.Findings(), ElementsAre("CA_EXPIRES_SOON critical"));
  EXPECT_THAT(world.Only(FindingCode::kCaExpiresSoon).remedy,
              AllOf(HasSubstr("the one that is here is an older one"), HasSubstr(world.pki.root().sha256),
                    HasSubstr("http://aia.test/")));
}

TEST(BrokenChainTest, NamesTheTrustThatEachRoleIsToHave) {
  for (const bool root : {true, false}) {
    World world;
    world.AddBundle({{&world.pki.root(), root ? kDistrusted : kTrusted},
                     {&world.issuing(), root ? kPresent : kDistrusted}});
    EXPECT_THAT(world.Findings(), ElementsAre("CA_DISTRUSTED critical"));
    EXPECT_THAT(world.Only(FindingCode::kCaDistrusted).remedy,
                HasSubstr(root ? "certutil -M -t C,, for" : "certutil -M -t ,, for"));
  }
}

TEST(BrokenChainTest, SaysThatARenewedCaMayBeOneWhereTheCatalogueHasNoKey) {
  World world;
  const Issued renewed = Twin(world.pki.root(), nullptr, Now() + Days(4000));
  world.AddBundle({{&renewed, kTrusted}, {&world.issuing(), kPresent}});
  std::string text;
  for (const absl::string_view line : absl::StrSplit(world.pki.CatalogueToml(), '\n')) {
    if (line.rfind("public_key_sha256", 0) != 0) absl::StrAppend(&text, line, "\n");
  }
  const CaCatalogue by_fingerprint = *CaCatalogue::Parse(text, "test.toml");
  const auto judged = [&](Snapshot snapshot) {
    ClassifySnapshot(snapshot, by_fingerprint);
    return Judge({snapshot, by_fingerprint, Policy(), Now()}).findings;
  };
  EXPECT_THAT(judged(world.Observed()), IsEmpty()) << "it signed a CA that the catalogue has";
  World alone;
  alone.AddBundle({{&renewed, kTrusted}});
  Snapshot snapshot = alone.Observed();
  snapshot.trust_stores[0].cas = {snapshot.trust_stores[0].cas.back()};
  const std::vector<Finding> findings = judged(snapshot);
  const auto look_alike = std::find_if(findings.begin(), findings.end(), [](const Finding& one) {
    return one.code == FindingCode::kCaLookalike;
  });
  ASSERT_NE(look_alike, findings.end());
  EXPECT_THAT(look_alike->remedy, AllOf(HasSubstr("Ask the CA's publisher"), HasSubstr("public_key_sha256")));
  const auto missing = std::find_if(findings.begin(), findings.end(),
                                    [](const Finding& one) { return one.code == FindingCode::kRootMissing; });
  ASSERT_NE(missing, findings.end());
  EXPECT_THAT(missing->evidence, AllOf(HasSubstr("another fingerprint"), Not(HasSubstr("another key"))));
}

}  // namespace
}  // namespace kortvakt
