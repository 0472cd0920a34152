#include "agent/trust/browser_policy.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "agent/trust/certificate_file.h"
#include "agent/trust/policy_json.h"
#include "common/base/bytes.h"
#include "common/base/files.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

constexpr size_t kMaxPolicyFiles = 256;

absl::StatusOr<std::vector<std::string>> PolicyFiles(const std::string& folder) {
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  std::vector<std::string> files;
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_directory(ignored)) continue;
    if (files.size() == kMaxPolicyFiles)
      return absl::ResourceExhaustedError(absl::StrCat(folder, ": too many files"));
    files.push_back(entry->path().filename().string());
  }
  if (error) return ErrnoStatus(error.value(), absl::StrCat("listing ", folder));
  std::sort(files.begin(), files.end());
  return files;
}

class ChromiumPolicy final : public BrowserPolicy {
 public:
  ChromiumPolicy(std::string browser, std::string folder)
      : browser_(std::move(browser)), folder_(std::move(folder)) {}
  const std::string& location() const override { return folder_; }
  const std::string& browser() const override { return browser_; }
  // No policy of this family names modules.
  const NamedModules& modules() const override { return no_modules_; }

  const TrustStoreContents& Look() override {
    const absl::StatusOr<std::vector<std::string>> names = PolicyFiles(folder_);
    if (!names.ok()) {
      digest_.clear();
      return contents_ = NotRead(names.status());
    }
    std::vector<std::pair<std::string, absl::StatusOr<std::string>>> files;
    std::string told;
    size_t left = kMaxPolicyBytes;
    for (const std::string& name : *names) {
      files.emplace_back(name, ReadFile(absl::StrCat(folder_, "/", name), left));
      absl::StatusOr<std::string>& text = files.back().second;
      if (text.ok()) left -= text->size();
      if (absl::IsResourceExhausted(text.status())) {
        text = absl::ResourceExhaustedError(
            absl::StrCat("its files have more than ", kMaxPolicyBytes, " bytes together"));
      }
      absl::StrAppend(&told, name, "\n",
                      text.ok() ? Sha256Hex(AsBytes(*text)) : std::string(text.status().message()), "\n");
    }
    std::string digest = Sha256Hex(AsBytes(told));
    if (digest == digest_) return contents_;
    digest_ = std::move(digest);
    return contents_ = Parse(files);
  }

 private:
  static void AddAll(const std::vector<std::string>& base64, CaTrust trust, CertificateCollector& collector) {
    for (const std::string& text : base64) {
      std::string der;
      if (absl::Base64Unescape(text, &der)) {
        collector.AddDer(AsBytes(der), trust, "a certificate of the policy");
      } else {
        collector.AddProblem("a certificate of the policy: not base64");
      }
    }
  }

  // Of a file that is left out it cannot be told what it would add or distrust.
  static TrustStoreContents Parse(
      const std::vector<std::pair<std::string, absl::StatusOr<std::string>>>& files) {
    CertificateCollector collector;
    Struct merged;
    bool all_taken = true;
    for (const auto& [name, text] : files) {
      const absl::StatusOr<Struct> policy = text.ok() ? ParseChromiumPolicy(*text) : text.status();
      if (!policy.ok()) {
        all_taken = false;
        collector.AddProblem(
            absl::StrCat("left out: ", CleanText(name, 128), ": ", policy.status().message()));
        continue;
      }
      for (const auto& [key, value] : policy->fields()) (*merged.mutable_fields())[key] = value;
    }
    // What is distrusted stays so when it is named again: each certificate is taken once.
    AddAll(StringsOf(Member(merged, "CADistrustedCertificates")), CaTrust::kDistrusted, collector);
    AddAll(StringsOf(Member(merged, "CACertificates")), CaTrust::kTrusted, collector);
    AddAll(StringsOf(Member(merged, "CACertificatesWithConstraints"), "certificate"), CaTrust::kPresent,
           collector);
    AddAll(StringsOf(Member(merged, "CAHintCertificates")), CaTrust::kPresent, collector);
    TrustStoreContents contents = collector.Finish();
    if (!all_taken) contents.state = TrustStoreState::kUnreadable;
    return contents;
  }

  const std::string browser_;
  const std::string folder_;
  const NamedModules no_modules_;
  std::string digest_;
  TrustStoreContents contents_;
};

class FirefoxPolicy final : public BrowserPolicy {
 public:
  FirefoxPolicy(std::vector<std::string> files, std::vector<std::string> folders)
      : files_(std::move(files)), folders_(std::move(folders)), location_(files_.front()) {}
  const std::string& location() const override { return location_; }
  const std::string& browser() const override { return browser_; }
  const NamedModules& modules() const override { return modules_; }

  const TrustStoreContents& Look() override {
    absl::StatusOr<std::string> text = absl::NotFoundError("there is no policies.json");
    for (const std::string& file : files_) {
      location_ = file;
      text = ReadFile(file, kMaxPolicyBytes);
      if (!absl::IsNotFound(text.status())) break;
    }
    if (!text.ok()) {
      policy_digest_.clear();
      return Fail(text.status());
    }
    std::string digest = Sha256Hex(AsBytes(*text));
    if (digest != policy_digest_) {
      const absl::StatusOr<Struct> policy = ParseFirefoxPolicy(*text);
      parsed_ = policy.status();
      if (policy.ok()) Understand(*policy);
      policy_digest_ = std::move(digest);
      certificates_digest_.clear();
    }
    return parsed_.ok() ? ReadCertificates() : Fail(Annotate(parsed_, location_));
  }

 private:
  const TrustStoreContents& Fail(const absl::Status& status) {
    modules_ = {{}, absl::IsNotFound(status)};
    return contents_ = NotRead(status);
  }

  void Understand(const Struct& file) {
    const Struct& policies = ObjectAt(file, "policies");
    install_ = StringsOf(Member(ObjectAt(policies, "Certificates"), "Install"));
    modules_ = {};
    // Of old the modules stood in SecurityDevices itself, today in its Add.
    const Struct& devices = ObjectAt(policies, "SecurityDevices");
    for (const Struct* named : {&devices, &ObjectAt(devices, "Add")}) {
      const std::map<std::string, Value> sorted(named->fields().begin(), named->fields().end());
      for (const auto& [name, path] : sorted) {
        if (!path.string_value().empty()) modules_.Add(path.string_value());
      }
    }
  }

  // The file that `name` stands for, as Firefox looks for it.
  absl::StatusOr<std::string> ReadNamed(const std::string& name) const {
    if (!name.empty() && name.front() == '/') return ReadFile(name, kMaxPolicyBytes);
    if (name.empty() || name.find('/') != std::string::npos)
      return absl::InvalidArgumentError("not a file name");
    for (const std::string& folder : folders_) {
      absl::StatusOr<std::string> text = ReadFile(absl::StrCat(folder, "/", name), kMaxPolicyBytes);
      if (!absl::IsNotFound(text.status())) return text;
    }
    return absl::NotFoundError("not in any of Firefox's folders for certificates");
  }

  const TrustStoreContents& ReadCertificates() {
    std::vector<absl::StatusOr<std::string>> texts;
    std::string told;
    for (const std::string& name : install_) {
      texts.push_back(ReadNamed(name));
      absl::StrAppend(&told,
                      texts.back().ok() ? Sha256Hex(AsBytes(*texts.back()))
                                        : std::string(texts.back().status().message()),
                      "\n");
    }
    std::string digest = Sha256Hex(AsBytes(told));
    if (digest == certificates_digest_) return contents_;
    CertificateCollector collector;
    for (size_t i = 0; i < install_.size(); ++i) {
      const std::string name = CleanText(install_[i], 128);
      if (texts[i].ok()) {
        collector.AddFile(*texts[i], name);
      } else {
        collector.AddProblem(absl::StrCat(name, ": ", texts[i].status().message()));
      }
    }
    certificates_digest_ = std::move(digest);
    return contents_ = collector.Finish();
  }

  const std::vector<std::string> files_;
  const std::vector<std::string> folders_;
  const std::string browser_ = "Firefox";
  std::string location_;
  std::string policy_digest_;  // of the file that the next three are of; empty: none
  absl::Status parsed_;
  std::vector<std::string> install_;
  NamedModules modules_;
  std::string certificates_digest_;  // of what contents_ is of
  TrustStoreContents contents_;
};

}  // namespace

std::unique_ptr<BrowserPolicy> MakeChromiumPolicy(std::string browser, std::string folder) {
  return std::make_unique<ChromiumPolicy>(std::move(browser), std::move(folder));
}

std::unique_ptr<BrowserPolicy> MakeFirefoxPolicy(std::vector<std::string> files,
                                                 std::vector<std::string> folders) {
  return std::make_unique<FirefoxPolicy>(std::move(files), std::move(folders));
}

std::vector<std::unique_ptr<BrowserPolicy>> KnownBrowserPolicies(const std::string& root) {
  std::vector<std::unique_ptr<BrowserPolicy>> policies;
  policies.push_back(MakeChromiumPolicy("Chromium", root + "/etc/chromium/policies/managed"));
  policies.push_back(MakeChromiumPolicy("Google Chrome", root + "/etc/opt/chrome/policies/managed"));
  policies.push_back(MakeChromiumPolicy("Microsoft Edge", root + "/etc/opt/edge/policies/managed"));
  policies.push_back(MakeFirefoxPolicy(
      {root + "/etc/firefox/policies/policies.json", root + "/usr/lib/firefox-esr/distribution/policies.json",
       root + "/usr/lib/firefox/distribution/policies.json",
       root + "/usr/lib64/firefox/distribution/policies.json"},
      {root + "/usr/lib/mozilla/certificates", root + "/usr/lib64/mozilla/certificates"}));
  return policies;
}

}  // namespace kortvakt
