// Every way up from a certificate: which there are, which hold, and what it costs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/certs/chain.h"
#include "tests/support/pki/test_pki.h"

namespace kortvakt {
namespace {

using testing::CertificateSpec;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::Issue;
using testing::Issued;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

CertificateSpec Ca(const std::string& name, const std::string& key_label = "") {
  CertificateSpec spec;
  spec.subject = {{"CN", name}};
  spec.ca = true;
  spec.key_usages = {"keyCertSign"};
  spec.key.label = key_label.empty() ? "paths-test " + name : key_label;
  return spec;
}

CertificateSpec Leaf() {
  CertificateSpec spec;
  spec.subject = {{"CN", "leaf"}};
  spec.key_usages = {"digitalSignature"};
  return spec;
}

absl::Time Year(int year) { return absl::FromCivil(absl::CivilDay(year, 1, 1), absl::UTCTimeZone()); }

CertificatePool PoolOf(const std::vector<const Issued*>& certificates) {
  CertificatePool pool;
  for (const Issued* issued : certificates) EXPECT_TRUE(pool.Add(issued->der).ok());
  return pool;
}

TEST(PathsTest, FindsEveryTwinWhateverItsDates) {
  const Issued root = Issue(Ca("root"));
  CertificateSpec spec = Ca("issuing");
  spec.not_after = Year(2020);
  const Issued ended = Issue(spec, &root);
  spec.not_after = Year(2049);
  const Issued valid = Issue(spec, &root);
  const Issued leaf = Issue(Leaf(), &valid);
  EXPECT_THAT(
      PoolOf({&ended, &root, &valid}).FindPaths(leaf.der),
      UnorderedElementsAre(ElementsAre(ended.sha256, root.sha256), ElementsAre(valid.sha256, root.sha256)));
}

TEST(PathsTest, TakesTheTwinsThatLastLongestHoweverManyHaveEnded) {
  const Issued root = Issue(Ca("root"));
  CertificateSpec spec = Ca("issuing");
  std::vector<Issued> twins;
  for (int i = 0; i < 40; ++i) {
    spec.not_after = Year(1990) + i * absl::Hours(24 * 20);
    twins.push_back(Issue(spec, &root));
  }
  spec.not_after = Year(2049);
  twins.push_back(Issue(spec, &root));
  const Issued& valid = twins.back();
  std::vector<const Issued*> all = {&root};
  for (const Issued& twin : twins) all.push_back(&twin);
  const Issued leaf = Issue(Leaf(), &valid);
  const CertificatePool pool = PoolOf(all);
  const auto paths = pool.FindPaths(leaf.der);
  ASSERT_THAT(paths, SizeIs(8));
  EXPECT_THAT(paths[0], ElementsAre(valid.sha256, root.sha256));
  EXPECT_THAT(paths[1], ElementsAre(twins[39].sha256, root.sha256));
  EXPECT_EQ(pool.FindIssuer(leaf.der), valid.sha256);
}

TEST(PathsTest, FollowsCrossSignsToEachRoot) {
  const Issued old_root = Issue(Ca("old root"));
  const Issued new_root = Issue(Ca("new root"));
  const Issued new_by_old = Issue(Ca("new root"), &old_root);
  const Issued issuing = Issue(Ca("issuing"), &new_root);
  const Issued leaf = Issue(Leaf(), &issuing);
  EXPECT_THAT(PoolOf({&old_root, &new_by_old, &new_root, &issuing}).FindPaths(leaf.der),
              ElementsAre(ElementsAre(issuing.sha256, new_root.sha256),
                          ElementsAre(issuing.sha256, new_by_old.sha256, old_root.sha256)));
  // Without the old root that way ends before one, and comes last.
  EXPECT_THAT(PoolOf({&new_by_old, &issuing, &new_root}).FindPaths(leaf.der),
              ElementsAre(ElementsAre(issuing.sha256, new_root.sha256),
                          ElementsAre(issuing.sha256, new_by_old.sha256)));
}

TEST(PathsTest, IsNotTakenInByALookAlikeOfTheRoot) {
  const Issued root = Issue(Ca("root"));
  CertificateSpec spec = Ca("root", "paths-test forger");
  spec.subject_key_id = false;
  const Issued fake = Issue(spec);
  CertificateSpec issuing_spec = Ca("issuing");
  issuing_spec.authority_key_id = false;
  const Issued issuing = Issue(issuing_spec, &root);
  const Issued leaf = Issue(Leaf(), &issuing);
  EXPECT_THAT(PoolOf({&fake, &issuing}).FindPaths(leaf.der), ElementsAre(ElementsAre(issuing.sha256)));
  EXPECT_THAT(PoolOf({&fake, &issuing, &root}).FindPaths(leaf.der),
              ElementsAre(ElementsAre(issuing.sha256, root.sha256)));
}

TEST(PathsTest, LeavesOutWaysThatBreakAConstraint) {
  const Issued root = Issue(Ca("root"));
  CertificateSpec narrow = Ca("root, narrow");
  narrow.path_length = 0;
  const Issued narrow_root = Issue(narrow);
  const Issued issuing = Issue(Ca("issuing"), &root);
  const Issued issuing_by_narrow = Issue(Ca("issuing"), &narrow_root);
  const Issued leaf = Issue(Leaf(), &issuing);
  EXPECT_THAT(PoolOf({&root, &narrow_root, &issuing, &issuing_by_narrow}).FindPaths(leaf.der),
              ElementsAre(ElementsAre(issuing.sha256, root.sha256)));
  EXPECT_THAT(PoolOf({&narrow_root, &issuing_by_narrow}).FindPaths(leaf.der), IsEmpty());
}

TEST(PathsTest, AsksForAClientsUsageOnlyOfOneThatMayBeAClient) {
  CertificateSpec server_ca = Ca("for servers only");
  server_ca.extended_key_usages = {"serverAuth"};
  const Issued root = Issue(server_ca);
  CertificateSpec signature = Leaf();
  signature.key_usages = {"nonRepudiation"};
  EXPECT_THAT(PoolOf({&root}).FindPaths(Issue(Leaf(), &root).der), IsEmpty());
  EXPECT_THAT(PoolOf({&root}).FindPaths(Issue(signature, &root).der), SizeIs(1));
}

TEST(PathsTest, EndsInAMeshWhereEverybodySignsEverybody) {
  constexpr int kCas = 12;
  std::vector<Issued> roots;
  for (int i = 0; i < kCas; ++i) roots.push_back(Issue(Ca("mesh " + std::to_string(i))));
  std::vector<Issued> mesh;
  for (int of = 0; of < kCas; ++of) {
    for (int by = 0; by < kCas; ++by) {
      if (of != by) mesh.push_back(Issue(Ca("mesh " + std::to_string(of)), &roots[static_cast<size_t>(by)]));
    }
  }
  CertificatePool pool;
  for (const Issued& ca : mesh) EXPECT_TRUE(pool.Add(ca.der).ok());
  const Issued leaf = Issue(Leaf(), &roots[0]);
  const size_t before = pool.work().verified;
  pool.FindPaths(leaf.der);
  EXPECT_LE(pool.work().verified - before, 256u + 64u + 32u);

  // Beside it the way that is short is found all the same.
  EXPECT_TRUE(pool.Add(roots[3].der).ok());
  for (const CertificatePath& path : pool.FindPaths(leaf.der)) EXPECT_EQ(path.back(), roots[3].sha256);
  EXPECT_THAT(pool.FindPaths(leaf.der).front(), SizeIs(2));
}

// Certificates of one name, each with a key of its own, that all claim the key id of the real one.
std::vector<Issued> LookAlikes(int count) {
  std::vector<Issued> look_alikes;
  for (int i = 0; i < count; ++i) {
    CertificateSpec spec = Ca("issuing", "paths-test forger " + std::to_string(i));
    spec.subject_key_id = false;
    look_alikes.push_back(Issue(spec));
  }
  return look_alikes;
}

TEST(PathsTest, TriesAThousandLookAlikesNoMoreThanItsBound) {
  const Issued real = Issue(Ca("issuing"));
  CertificateSpec spec = Leaf();
  spec.authority_key_id = false;
  const Issued leaf = Issue(spec, &real);
  const std::vector<Issued> look_alikes = LookAlikes(1024);
  CertificatePool pool;
  EXPECT_TRUE(pool.Add(real.der).ok());
  for (const Issued& one : look_alikes) EXPECT_TRUE(pool.Add(one.der).ok());
  const size_t before = pool.work().verified;
  EXPECT_THAT(pool.FindPaths(leaf.der), ElementsAre(ElementsAre(real.sha256)));
  EXPECT_EQ(pool.FindIssuer(leaf.der), real.sha256);
  EXPECT_LE(pool.work().verified - before, 64u + 2u) << "64 keys, the root's own, one path";
}

TEST(PathsTest, RemembersWhatItFoundOutWhenItIsFilledAnew) {
  const Issued root = Issue(Ca("root"));
  const Issued issuing = Issue(Ca("issuing"), &root);
  const Issued leaf = Issue(Leaf(), &issuing);
  const Issued other = Issue(Ca("other"));
  CertificatePool pool;
  const auto fill = [&](const std::vector<const Issued*>& with) {
    pool.Renew();
    for (const Issued* one : with) EXPECT_TRUE(pool.Add(one->der).ok());
    return pool.FindPaths(leaf.der);
  };
  EXPECT_THAT(fill({&root, &issuing}), ElementsAre(ElementsAre(issuing.sha256, root.sha256)));
  const CertificatePool::Work once = pool.work();
  EXPECT_THAT(fill({&root, &issuing}), ElementsAre(ElementsAre(issuing.sha256, root.sha256)));
  EXPECT_EQ(pool.work().decoded, once.decoded);
  EXPECT_EQ(pool.work().verified, once.verified);
  // In another pool the answer is another, and only what is new is decoded.
  EXPECT_THAT(fill({&issuing, &other}), ElementsAre(ElementsAre(issuing.sha256)));
  EXPECT_EQ(pool.work().decoded, once.decoded + 1);
  EXPECT_THAT(fill({}), IsEmpty());
  EXPECT_THAT(fill({&root, &issuing}), ElementsAre(ElementsAre(issuing.sha256, root.sha256)));
}

}  // namespace
}  // namespace kortvakt
