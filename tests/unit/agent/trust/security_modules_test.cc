#include "agent/trust/security_modules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/unit/agent/trust/nss_fixture.h"

namespace kortvakt {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The part of a computer that p11-kit's configuration and modules are in.
struct Computer {
  testing::TemporaryFolder folder;
  void Write(const std::string& path, const std::string& text) const {
    fs::create_directories(fs::path(folder.path() + path).parent_path());
    folder.Write(path, text);
  }
  NamedModules P11Kit() const { return P11KitModules(folder.path()); }
  std::vector<SecurityModuleFacts> Told(const std::vector<std::string>& own,
                                        const std::vector<std::string>& p11_kit = {}) const {
    const std::string root = folder.path();
    return ToldModules(own, p11_kit, &root);
  }
};

TEST(ModuleListTest, NamesTheLibrariesInOrder) {
  EXPECT_THAT(ParseModuleList("library=\nname=NSS Internal PKCS #11 Module\n\n"
                              "library=/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so\nname=OpenSC\n\n"
                              " library= p11-kit-proxy.so \r\n"),
              ElementsAre("/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so", "p11-kit-proxy.so"));
  EXPECT_THAT(ParseModuleList("name=library=a.so\n#library=b.so\n"), IsEmpty());
  EXPECT_THAT(ParseModuleList(""), IsEmpty());
}

TEST(ModuleListTest, HoldsWhatACraftedOneHas) {
  std::string many;
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&many, "library=m", i, ".so\n");
  EXPECT_THAT(ParseModuleList(many), SizeIs(kMaxNamedModules));
  EXPECT_THAT(ParseModuleList("library=" + std::string(100'000, 'x')), IsEmpty());
}

TEST(P11KitTest, IsKnownByItsFileNames) {
  EXPECT_TRUE(IsP11KitTrust("/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-trust.so"));
  EXPECT_TRUE(IsP11KitTrust("p11-kit-trust.so"));
  EXPECT_FALSE(IsP11KitTrust("/home/x/not-p11-kit-trust.so"));
  EXPECT_TRUE(IsP11KitProxy("/usr/lib/x86_64-linux-gnu/p11-kit-proxy.so"));
  EXPECT_TRUE(IsP11KitProxy("/usr/lib/libp11-kit.so.0"));
  EXPECT_FALSE(IsP11KitProxy("p11-kit-trust.so"));
}

TEST(P11KitTest, BringsWhatItsConfigurationHasTheProxyLoad) {
  const Computer computer;
  EXPECT_EQ(computer.P11Kit(), NamedModules()) << "it is not installed";
  computer.Write("/usr/share/p11-kit/modules/opensc.module", "# comment: x\nmodule: opensc-pkcs11.so\n");
  computer.Write("/usr/share/p11-kit/modules/p11-kit-trust.module",
                 "module: p11-kit-trust.so\ndisable-in: p11-kit-proxy\n");
  computer.Write("/usr/share/p11-kit/modules/other.module", "module: other.so\nenable-in: ssh\n");
  computer.Write("/usr/share/p11-kit/modules/some.module", "module: some.so\nenable-in: ssh, firefox\n");
  computer.Write("/usr/share/p11-kit/modules/readme.txt", "module: none.so\n");
  computer.Write("/etc/pkcs11/modules/netid.module", "module: /usr/lib/libiidp11.so\n");
  EXPECT_EQ(computer.P11Kit(),
            (NamedModules{{"/usr/lib/libiidp11.so", "opensc-pkcs11.so", "some.so"}, true}));
  computer.Write("/etc/pkcs11/modules/opensc.module", "disable-in: p11-kit-proxy\n");
  EXPECT_EQ(computer.P11Kit(), (NamedModules{{"/usr/lib/libiidp11.so", "some.so"}, true}))
      << "the administrator's file goes before the package's";
}

TEST(P11KitTest, SaysThatItsConfigurationCannotBeRead) {
  const Computer computer;
  fs::create_directories(computer.folder.path() + "/etc/pkcs11/modules/folder.module");
  EXPECT_FALSE(computer.P11Kit().all_read);
}

TEST(P11KitTest, IsReadAsItIsOnThisMachine) {
  EXPECT_THAT(P11KitModules("").files, ::testing::Contains("opensc-pkcs11.so"));
}

TEST(ToldModulesTest, TellThoseOfP11KitWhereItsProxyIsLoaded) {
  const Computer computer;
  EXPECT_THAT(computer.Told({"a.so"}, {"b.so"}), ElementsAre(SecurityModuleFacts{"a.so"}));
  EXPECT_THAT(computer.Told({"p11-kit-proxy.so", "a.so", "a.so"}, {"a.so", "b.so"}),
              ElementsAre(SecurityModuleFacts{"p11-kit-proxy.so"}, SecurityModuleFacts{"a.so"},
                          SecurityModuleFacts{"b.so", false, true}));
}

TEST(ToldModulesTest, TellOfFilesThatAreNotThereButAskForNoneOutsideTheSystemsFolders) {
  const Computer computer;
  computer.Write("/usr/lib/opensc-pkcs11.so", "");
  EXPECT_THAT(
      computer.Told({"/usr/lib/opensc-pkcs11.so", "/usr/lib/libiidp11.so", "libeToken.so", "/opt/x/y.so"}),
      ElementsAre(SecurityModuleFacts{"/usr/lib/opensc-pkcs11.so"},
                  SecurityModuleFacts{"/usr/lib/libiidp11.so", true}, SecurityModuleFacts{"libeToken.so"},
                  SecurityModuleFacts{"/opt/x/y.so"}));
  EXPECT_THAT(ToldModules({"/usr/lib/libiidp11.so"}, {}, nullptr),
              ElementsAre(SecurityModuleFacts{"/usr/lib/libiidp11.so"}))
      << "a browser in a sandbox has a /usr of its own";
}

TEST(ToldModulesTest, TellNoUsersNames) {
  const Computer computer;
  EXPECT_THAT(computer.Told({"/home/anna.exempel/lib/x.so", "/usr/lib/../../home/anna/y.so", "~anna/z.so"}),
              ElementsAre(SecurityModuleFacts{"…/x.so"}, SecurityModuleFacts{"…/y.so"},
                          SecurityModuleFacts{"…/z.so"}));
}

TEST(ToldModulesTest, AreAtMostSixteen) {
  std::vector<std::string> many;
  for (int i = 0; i < 100; ++i) many.push_back(absl::StrCat("m", i, ".so"));
  EXPECT_THAT(Computer().Told(many), SizeIs(16));
}

}  // namespace
}  // namespace kortvakt
