#include "agent/trust/security_modules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/unit/agent/trust/nss_fixture.h"

namespace kortvakt {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::SizeIs;

std::vector<std::string> Modules(size_t count) {
  std::vector<std::string> modules;
  for (size_t i = 0; i < count; ++i) modules.push_back(absl::StrCat("m", i, ".so"));
  return modules;
}

// The part of a computer that p11-kit's configuration and modules are in.
struct Computer {
  testing::TemporaryFolder folder;
  void Write(const std::string& path, const std::string& text) const {
    fs::create_directories(fs::path(folder.path() + path).parent_path());
    folder.Write(path, text);
  }
  NamedModules P11Kit() const { return P11KitModules(folder.path()); }
  ToldModules Tell(const NamedModules& own, const NamedModules& p11_kit = {}) const {
    const std::string root = folder.path();
    return TellModules(own, p11_kit, &root);
  }
  std::vector<SecurityModuleFacts> Told(const std::vector<std::string>& own,
                                        const std::vector<std::string>& p11_kit = {}) const {
    return Tell({own, true}, {p11_kit, true}).modules;
  }
};

TEST(ModuleListTest, NamesTheLibrariesInOrder) {
  EXPECT_EQ(ParseModuleList("library=\nname=NSS Internal PKCS #11 Module\n\n"
                            "library=/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so\nname=OpenSC\n\n"
                            " library= p11-kit-proxy.so \r\n"),
            (NamedModules{{"/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so", "p11-kit-proxy.so"}, true}));
  EXPECT_EQ(ParseModuleList("name=library=a.so\n#library=b.so\n"), NamedModules());
  EXPECT_EQ(ParseModuleList(""), NamedModules());
}

TEST(ModuleListTest, SaysThatItHoldsMoreThanIsTaken) {
  const auto list = [](size_t count) {
    std::string text;
    for (const std::string& module : Modules(count)) absl::StrAppend(&text, "library=", module, "\n");
    return ParseModuleList(text);
  };
  EXPECT_EQ(list(64), (NamedModules{Modules(64), true}));
  EXPECT_EQ(list(65), (NamedModules{Modules(64), false}));
  EXPECT_EQ(list(1000), (NamedModules{Modules(64), false}));
  const std::string longest(512, 'x');
  EXPECT_EQ(ParseModuleList("library=" + longest), (NamedModules{{longest}, true}));
  EXPECT_EQ(ParseModuleList("library=" + longest + "x\nlibrary=a.so"), (NamedModules{{"a.so"}, false}));
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

TEST(P11KitTest, SaysThatItsConfigurationNamesMoreThanIsTaken) {
  const Computer computer;
  for (size_t i = 0; i < 33; ++i) {
    for (const char* folder : {"/usr/share/p11-kit/modules/a", "/etc/pkcs11/modules/b"}) {
      computer.Write(absl::StrCat(folder, i, ".module"), absl::StrCat("module: ", i, ".so\n"));
    }
  }
  EXPECT_THAT(computer.P11Kit().files, SizeIs(64));
  EXPECT_FALSE(computer.P11Kit().all_read);
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
  EXPECT_EQ(TellModules({{"/usr/lib/libiidp11.so"}, true}, {}, nullptr),
            (ToldModules{{{"/usr/lib/libiidp11.so"}}, true}))
      << "a browser in a sandbox has a /usr of its own";
}

TEST(ToldModulesTest, TellNoUsersNames) {
  const Computer computer;
  EXPECT_THAT(computer.Told({"/home/anna.exempel/lib/x.so", "/usr/lib/../../home/anna/y.so", "~anna/z.so"}),
              ElementsAre(SecurityModuleFacts{"…/x.so"}, SecurityModuleFacts{"…/y.so"},
                          SecurityModuleFacts{"…/z.so"}));
}

// What a user writes in pkcs11.txt is told where it looks like a library only.
TEST(ToldModulesTest, TellNothingElseThatAUserWrites) {
  const Computer computer;
  for (const std::string& file :
       {std::string("Testa Exempel"), std::string("testa"), std::string("18991228-9809.so"),
        std::string("lib991228-9809.so"), std::string("lib18991228.so"), std::string("libåsa.so"),
        std::string("/usr/lib/Testa Exempel.so"), "lib" + std::string(60, 'x') + ".so",
        std::string("/usr/lib/"), std::string("SE2321000016-T35T.so")}) {
    const ToldModules told = computer.Tell({{file}, true});
    EXPECT_EQ(told, (ToldModules{{{"…"}}, false})) << file;
  }
  EXPECT_THAT(computer.Told({"/usr/Testa Exempel/x.so", "/opt/18991228-9809/y.so"}),
              ElementsAre(SecurityModuleFacts{"…/x.so", true}, SecurityModuleFacts{"…/y.so"}));
  for (const std::string& file : {std::string("/opt/x86_64-linux-gnu/libidprimepkcs11.so.10.9.4723"),
                                  std::string("libstdc++.so.6"), "lib" + std::string(58, 'x') + ".so"}) {
    EXPECT_EQ(computer.Tell({{file}, true}), (ToldModules{{{file}}, true}));
  }
}

TEST(ToldModulesTest, AreSixteenAndAWordThatThereAreMore) {
  const Computer computer;
  const std::vector<std::string> proxy = {"p11-kit-proxy.so"};
  EXPECT_THAT(computer.Told(Modules(16)), SizeIs(16));
  EXPECT_TRUE(computer.Tell({Modules(16), true}).all_told);
  EXPECT_EQ(computer.Told(Modules(17)), computer.Told(Modules(16)));
  EXPECT_FALSE(computer.Tell({Modules(17), true}).all_told);
  EXPECT_TRUE(computer.Tell({proxy, true}, {Modules(15), true}).all_told);
  EXPECT_FALSE(computer.Tell({proxy, true}, {Modules(16), true}).all_told);
  std::vector<std::string> twice = Modules(16);
  twice.push_back(twice.front());
  EXPECT_TRUE(computer.Tell({twice, true}).all_told) << "each counts once";
}

TEST(ToldModulesTest, AreNotAllWhereOnePlaceIsNotReadInFull) {
  const Computer computer;
  EXPECT_FALSE(computer.Tell({{"a.so"}, false}).all_told);
  EXPECT_TRUE(computer.Tell({{"a.so"}, true}, {{"b.so"}, false}).all_told) << "it does not load p11-kit's";
  EXPECT_FALSE(computer.Tell({{"p11-kit-proxy.so"}, true}, {{"b.so"}, false}).all_told);
}

TEST(ToldModulesTest, AreToldByTheirNamesWhereTheirPathsAreTooLong) {
  const Computer computer;
  const std::string folder = "/usr/lib/" + std::string(120, 'x');
  const ToldModules told = computer.Tell({{folder + "/libiidp11.so"}, true});
  EXPECT_THAT(told, (ToldModules{{{"…/libiidp11.so", true}}, true}));
  const ToldModules cut = computer.Tell({{"/usr/lib/" + std::string(200, 'y') + ".so"}, true});
  EXPECT_EQ(cut, (ToldModules{{{"…"}}, false})) << "which one it is cannot be told";
}

}  // namespace
}  // namespace kortvakt
