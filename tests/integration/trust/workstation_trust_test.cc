#include "agent/trust/workstation_trust.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "tests/integration/trust/user_home.h"

namespace kortvakt {
namespace {

namespace fs = std::filesystem;
using testing::Computer;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::Issued;
using testing::NssDatabase;
using testing::SithsLikePki;
using ::testing::SizeIs;

struct Fixture {
  Computer computer;
  SithsLikePki pki;
  CaCatalogue catalogue = *CaCatalogue::Parse(pki.CatalogueToml(), "test.toml");
  TrustPlaces places;
  Fixture() {
    places.root = computer.root();
    places.reader = testing::ReaderProgram();
    places.mountinfo = computer.mountinfo();
    places.p11_kit = false;
  }
  std::string Owner() const { return absl::StrCat("uid:", testing::IsRoot() ? Computer::kFirst : geteuid()); }
};

TEST(WorkstationTrustTest, TellsWhatEachBrowserLooksAt) {
  Fixture f;
  f.places.system_bundle = f.computer.folder().Write("bundle.crt", f.pki.root().pem);
  fs::create_directories(f.computer.root() + "/etc/chromium/policies/managed");
  f.computer.folder().Write(
      "etc/chromium/policies/managed/ca.json",
      absl::StrCat("{\"CACertificates\": [\"", absl::Base64Escape(AsString(f.pki.root().der)), "\"]}"));
  const std::string home = f.computer.AddUser(Computer::kFirst);
  fs::create_directories(home + "/.config/chromium");
  const NssDatabase chromium(home + "/.pki/nssdb");
  fs::create_directories(home + "/.mozilla/firefox");
  std::ofstream(home + "/.mozilla/firefox/profiles.ini") << "[Profile0]\nPath=ab12cd34.default-esr\n";
  const NssDatabase firefox(home + "/.mozilla/firefox/ab12cd34.default-esr");
  firefox.Add(f.pki.root(), "p,,");
  std::ofstream(firefox.folder() + "/pkcs11.txt", std::ios::app)
      << "\nlibrary=p11-kit-trust.so\nname=system\n\nlibrary=/usr/lib/libiidp11.so\nname=Net iD\n";
  Computer::GiveAway(home, Computer::kFirst);

  WorkstationTrust trust(f.places, f.catalogue, SystemClock());
  trust.Look({});
  ASSERT_THAT(trust.stores(), SizeIs(4));
  EXPECT_EQ(trust.stores()[0].kind, TrustStoreKind::kSystemBundle);
  EXPECT_EQ(trust.stores()[1].kind, TrustStoreKind::kBrowserPolicy);
  EXPECT_EQ(trust.stores()[2].location, "~/.pki/nssdb");
  EXPECT_EQ(trust.stores()[2].owner, f.Owner());
  EXPECT_THAT(trust.stores()[2].cas, IsEmpty());
  ASSERT_THAT(trust.stores()[3].cas, SizeIs(1));
  EXPECT_EQ(trust.stores()[3].cas[0].trust, CaTrust::kDistrusted);
  EXPECT_EQ(trust.stores()[3].cas[0].certificate.sha256, f.pki.root().sha256);
  ASSERT_THAT(trust.browsers(), SizeIs(2));
  EXPECT_EQ(trust.browsers()[0], (BrowserFacts{"Chromium", f.Owner(), {2, 1}, {}, ModulesState::kRead}));
  const std::vector<SecurityModuleFacts> modules = {{"p11-kit-trust.so"}, {"/usr/lib/libiidp11.so", true}};
  EXPECT_EQ(trust.browsers()[1], (BrowserFacts{"Firefox", f.Owner(), {3, 0}, modules, ModulesState::kRead}))
      << "p11-kit: the system bundle";
}

TEST(WorkstationTrustTest, TellsModulesThatP11KitBringsByItsProxy) {
  Fixture f;
  fs::create_directories(f.computer.root() + "/etc/pkcs11/modules");
  f.computer.folder().Write("etc/pkcs11/modules/card.module", "module: libiidp11.so\n");
  const std::string home = f.computer.AddUser(Computer::kFirst);
  fs::create_directories(home + "/.config/chromium");
  const NssDatabase chromium(home + "/.pki/nssdb");
  std::ofstream(chromium.folder() + "/pkcs11.txt", std::ios::app)
      << "\nlibrary=p11-kit-proxy.so\nname=p11-kit\n";
  Computer::GiveAway(home, Computer::kFirst);
  WorkstationTrust trust(f.places, f.catalogue, SystemClock());
  trust.Look({});
  ASSERT_THAT(trust.browsers(), SizeIs(1));
  EXPECT_THAT(trust.browsers()[0].modules, ElementsAre(SecurityModuleFacts{"p11-kit-proxy.so"},
                                                       SecurityModuleFacts{"libiidp11.so", false, true}));
}

TEST(WorkstationTrustTest, LooksWhereItIsToldOnly) {
  Fixture f;
  const std::string home = f.computer.AddUser(Computer::kFirst);
  const NssDatabase database(home + "/.pki/nssdb");
  Computer::GiveAway(home, Computer::kFirst);
  f.places.browser_databases = false;
  f.places.browser_policies = false;
  WorkstationTrust trust(f.places, f.catalogue, SystemClock());
  trust.Look({});
  EXPECT_THAT(trust.stores(), IsEmpty());
  EXPECT_THAT(trust.browsers(), IsEmpty());
}

TEST(WorkstationTrustTest, P11KitIsAskedAgainWhenItsFilesChangeOnly) {
  Fixture f;
  // A reader that counts how often it is started and passes on to the real one.
  const std::string count = f.computer.folder().Write("count", "");
  chmod(count.c_str(), 0666);
  const std::string counting = f.computer.folder().Write(
      "reader",
      absl::StrCat("#!/bin/sh\necho x >> ", count, "\nexec ", testing::ReaderProgram(), " \"$@\"\n"));
  chmod(counting.c_str(), 0755);
  const auto store = MakeP11KitStore(counting, SystemClock());
  const TrustStoreContents& first = store->Look();
  ASSERT_EQ(first.state, TrustStoreState::kRead) << first.detail;
  EXPECT_GT(first.entries.size(), 50u);
  EXPECT_EQ(store->location(), "p11-kit-trust.so");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(store->Look().state, TrustStoreState::kRead);
  EXPECT_EQ(*ReadFile(count), "x\n");
}

}  // namespace
}  // namespace kortvakt
