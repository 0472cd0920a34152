// NSS databases made by NSS's own tools (libnss3-tools).
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/base/files.h"
#include "tests/support/pki/openssl_oracle.h"
#include "tests/support/pki/test_pki.h"

namespace kortvakt::testing {

// A CA certificate of this name.
inline Issued NamedCa(const std::string& name) {
  CertificateSpec spec;
  spec.subject = {{"CN", name}};
  spec.ca = true;
  return Issue(spec);
}

// An NSS database in a folder, which is made with its parents.
class NssDatabase {
 public:
  explicit NssDatabase(const std::string& folder) : folder_(folder) {
    std::filesystem::create_directories(folder);
    CertUtil("-N --empty-password");
  }
  const std::string& folder() const { return folder_; }
  std::string file() const { return folder_ + "/cert9.db"; }

  // Its name in the database is its fingerprint.
  void Add(const Issued& certificate, const std::string& trust) const {
    const std::string pem = folder_ + "/add.pem";
    std::ofstream(pem) << certificate.pem;
    CertUtil(absl::StrCat("-A -n ", certificate.sha256, " -t '", trust, "' -i ", pem));
    std::filesystem::remove(pem);
  }
  std::string CertUtil(const std::string& arguments) const {
    return Output(absl::StrCat("certutil -d sql:", folder_, " ", arguments));
  }
  Bytes Read() const {
    const std::string text = *ReadFile(file());
    return {text.begin(), text.end()};
  }

 private:
  std::string folder_;
};

}  // namespace kortvakt::testing
