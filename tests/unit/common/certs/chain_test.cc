#include "common/certs/chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/pki/openssl_oracle.h"
#include "tests/support/pki/test_pki.h"

namespace kortvakt {
namespace {

using testing::CertificateSpec;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::Issue;
using testing::Issued;
using ::testing::SizeIs;

CertificateSpec CaSpec(const std::string& name, const std::string& key_label = "") {
  CertificateSpec spec;
  spec.subject = {{"CN", name}};
  spec.ca = true;
  spec.key_usages = {"keyCertSign"};
  spec.key.label = key_label;
  return spec;
}

CertificateSpec LeafSpec() {
  CertificateSpec spec;
  spec.subject = {{"CN", "leaf"}};
  spec.key_usages = {"digitalSignature"};
  return spec;
}

CertificatePool PoolOf(const std::vector<const Issued*>& certificates) {
  CertificatePool pool;
  for (const Issued* issued : certificates) EXPECT_TRUE(pool.Add(issued->der).ok());
  return pool;
}

TEST(ChainTest, BuildsThePathUpToTheRoot) {
  const Issued root = Issue(CaSpec("root"));
  const Issued issuing = Issue(CaSpec("issuing"), &root);
  const Issued leaf = Issue(LeafSpec(), &issuing);
  const CertificatePool pool = PoolOf({&issuing, &root, &leaf});
  EXPECT_THAT(pool.FindPaths(leaf.der), ElementsAre(ElementsAre(issuing.sha256, root.sha256)));
  EXPECT_EQ(pool.FindIssuer(root.der), root.sha256);
  EXPECT_THAT(pool.FindPaths(root.der), IsEmpty());
  EXPECT_TRUE(pool.Find(leaf.sha256).empty()) << "no CA is kept";
  EXPECT_EQ(pool.Find(root.sha256).size(), root.der.size());
}

TEST(ChainTest, GoesAsFarAsThePoolGoes) {
  const Issued root = Issue(CaSpec("root"));
  const Issued issuing = Issue(CaSpec("issuing"), &root);
  const Issued leaf = Issue(LeafSpec(), &issuing);
  EXPECT_THAT(PoolOf({&issuing}).FindPaths(leaf.der), ElementsAre(ElementsAre(issuing.sha256)));
  EXPECT_THAT(PoolOf({&root}).FindPaths(leaf.der), IsEmpty());
  EXPECT_EQ(PoolOf({}).FindIssuer(leaf.der), "");
  EXPECT_EQ(PoolOf({}).FindIssuer(Bytes{0x30, 0x00}), "");
}

TEST(ChainTest, IsNotTakenInByALookAlike) {
  CertificateSpec spec = CaSpec("issuing");
  const Issued real = Issue(spec);
  spec.subject_key_id = false;
  spec.not_before = testing::LongAgo();
  const Issued fake = Issue(spec);
  CertificateSpec leaf_spec = LeafSpec();
  leaf_spec.authority_key_id = false;
  const Issued leaf = Issue(leaf_spec, &real);
  EXPECT_EQ(PoolOf({&fake}).FindIssuer(leaf.der), "");
  EXPECT_EQ(PoolOf({&fake, &real}).FindIssuer(leaf.der), real.sha256);
}

TEST(ChainTest, TakesTheOneValidLongestOfSeveral) {
  CertificateSpec spec = CaSpec("issuing", "chain-test shared");
  spec.not_after = absl::FromCivil(absl::CivilDay(2030, 1, 1), absl::UTCTimeZone());
  const Issued earlier = Issue(spec);
  const Issued other_root = Issue(CaSpec("other root"));
  spec.not_after = absl::FromCivil(absl::CivilDay(2049, 12, 31), absl::UTCTimeZone());
  const Issued later = Issue(spec, &other_root);
  const Issued leaf = Issue(LeafSpec(), &earlier);
  EXPECT_EQ(PoolOf({&earlier, &later}).FindIssuer(leaf.der), later.sha256);
  EXPECT_EQ(PoolOf({&later, &earlier}).FindIssuer(leaf.der), later.sha256);
  EXPECT_EQ(PoolOf({&later, &earlier}).FindIssuer(earlier.der), earlier.sha256) << "a root finds itself";
}

TEST(ChainTest, EndsWhereCasSignEachOther) {
  const Issued a_root = Issue(CaSpec("a", "chain-test a"));
  const Issued b_root = Issue(CaSpec("b", "chain-test b"));
  const Issued a_by_b = Issue(CaSpec("a", "chain-test a"), &b_root);
  const Issued b_by_a = Issue(CaSpec("b", "chain-test b"), &a_root);
  const Issued leaf = Issue(LeafSpec(), &a_root);
  EXPECT_THAT(PoolOf({&a_by_b, &b_by_a}).FindPaths(leaf.der),
              ElementsAre(ElementsAre(a_by_b.sha256, b_by_a.sha256)));
}

TEST(ChainTest, LeavesOutPathsOfMoreThanEight) {
  for (const size_t length : {8u, 9u}) {
    std::vector<Issued> chain = {Issue(CaSpec("ca 0"))};
    while (chain.size() < length) {
      chain.push_back(Issue(CaSpec("ca " + std::to_string(chain.size())), &chain.back()));
    }
    std::vector<const Issued*> all;
    for (const Issued& ca : chain) all.push_back(&ca);
    const std::vector<CertificatePath> paths = PoolOf(all).FindPaths(Issue(LeafSpec(), &chain.back()).der);
    if (length == 8) {
      EXPECT_THAT(paths, ElementsAre(SizeIs(8)));
    } else {
      EXPECT_THAT(paths, IsEmpty());
    }
  }
}

TEST(ChainTest, AgreesWithOpensslVerifyOnWhoIssued) {
  const testing::TemporaryFolder folder;
  using Type = testing::KeySpec::Type;
  const testing::KeySpec keys[] = {{Type::kEc, 256, 0, ""},
                                   {Type::kEc, 384, 0, ""},
                                   {Type::kRsa, 2048, 3, "e3"},
                                   {Type::kRsa, 1024, 65537, "small"},
                                   {Type::kEd25519, 0, 0, ""}};
  int pairs = 0;
  int issued_count = 0;
  for (const testing::KeySpec& key : keys) {
    for (const char* digest : {"SHA1", "SHA256", "SHA512"}) {
      CertificateSpec spec = CaSpec("issuer");
      spec.key = key;
      spec.digest = digest;
      std::vector<Issued> cas = {Issue(spec)};  // the real one first
      CertificateSpec variant = spec;
      variant.key.label = "chain-test other";
      cas.push_back(Issue(variant));  // same name, other key
      variant = spec;
      variant.key_usages = {"cRLSign"};
      variant.key.label = key.label + "no sign";
      cas.push_back(Issue(variant));
      for (size_t i = 0; i < cas.size(); ++i) {
        for (size_t by = 0; by < cas.size(); ++by) {
          for (const bool with_key_id : {true, false}) {
            CertificateSpec leaf_spec = LeafSpec();
            leaf_spec.digest = digest;
            leaf_spec.authority_key_id = with_key_id;
            const Issued leaf = Issue(leaf_spec, &cas[by]);
            const std::string ca_file = folder.Write("ca.pem", cas[i].pem);
            const std::string leaf_file = folder.Write("leaf.pem", leaf.pem);
            int code = 0;
            testing::Output("openssl verify -auth_level 0 -no_check_time -partial_chain -trusted " + ca_file +
                                " " + leaf_file,
                            &code);
            const bool found = !PoolOf({&cas[i]}).FindIssuer(leaf.der).empty();
            EXPECT_EQ(found, code == 0) << digest << " ca " << i << " issued by " << by;
            ++pairs;
            issued_count += found ? 1 : 0;
          }
        }
      }
    }
  }
  EXPECT_GE(pairs, 100);
  EXPECT_GE(issued_count, 30);
  EXPECT_LT(issued_count, pairs);
}

}  // namespace
}  // namespace kortvakt
