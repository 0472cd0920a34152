#include "tests/integration/probe/browser_fixture.h"

#include <unistd.h>

#include <filesystem>

namespace kortvakt::testing {
namespace {

constexpr const char* kChromium = "/usr/bin/chromium";

}  // namespace

void BrowserFixture::SetUp() {
  if (!std::filesystem::exists(kChromium)) GTEST_SKIP() << "needs Chromium";
  std::filesystem::create_directories(folder_.Path("home/.pki/nssdb"));
  ASSERT_EQ(Run({"/usr/bin/certutil", "-d", Database(), "-N", "--empty-password"}).exit_code, 0);
  CertUtil("root", "C,,", &pki_->root);
}

// (A shell takes the last of two settings of HOME.)
Outcome BrowserFixture::Run(const std::vector<std::string>& command) {
  std::vector<std::string> at_home = {"/usr/bin/env", "HOME=" + folder_.Path("home")};
  at_home.insert(at_home.end(), command.begin(), command.end());
  return RunProgram(at_home, {.folder = folder_.Path("")});
}

void BrowserFixture::CertUtil(const std::string& name, const std::string& trust, const Issued* certificate) {
  std::vector<std::string> command = {
      "/usr/bin/certutil", "-d", Database(), certificate ? "-A" : "-M", "-n", name, "-t", trust};
  if (certificate != nullptr) {
    command.insert(command.end(), {"-i", folder_.Write(name + ".pem", certificate->pem)});
  }
  const Outcome outcome = Run(command);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
}

void BrowserFixture::GiveCard(const Issued& login, bool with_intermediate) {
  const std::string file = folder_.Path("card.p12");
  ASSERT_EQ(
      Run({"/usr/bin/openssl", "pkcs12", "-export", "-in", folder_.Write("card.pem", login.pem), "-inkey",
           folder_.Write("card.key", login.key_pem), "-name", "card", "-passout", "pass:", "-out", file})
          .exit_code,
      0);
  ASSERT_EQ(Run({"/usr/bin/pk12util", "-i", file, "-d", Database(), "-W", "", "-K", ""}).exit_code, 0);
  if (with_intermediate) CertUtil("issuing", ",,", &persons_->ca(PersonCa::kHsaId3));
  ChooseByItself();
}

void BrowserFixture::ChooseByItself() {
  std::filesystem::create_directories(folder_.Path("etc/policies/managed"));
  folder_.Write("etc/policies/managed/choose.json",
                R"({"AutoSelectCertificateForUrls": ["{\"pattern\":\"*\",\"filter\":{}}"]})");
  chooses_ = true;
  if (!std::filesystem::exists("/etc/chromium") || Run(Command({"/bin/true"})).exit_code != 0) {
    GTEST_SKIP() << "needs /etc/chromium and a mount namespace";
  }
}

std::string BrowserFixture::Open(const std::string& url) {
  const Outcome outcome =
      Run(Command({kChromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-proxy-server",
                   "--user-data-dir=" + folder_.Path("profile"), "--dump-dom", url}));
  return outcome.err + outcome.out;
}

std::vector<std::string> BrowserFixture::Command(std::vector<std::string> command) const {
  if (!chooses_) return command;
  std::vector<std::string> apart = {"/usr/bin/unshare", "--mount"};
  if (geteuid() != 0) apart.insert(apart.end(), {"--user", "--map-root-user"});
  apart.insert(apart.end(),
               {"/bin/sh", "-c", "mount --bind \"$0\" /etc/chromium && exec \"$@\"", folder_.Path("etc")});
  apart.insert(apart.end(), command.begin(), command.end());
  return apart;
}

}  // namespace kortvakt::testing
