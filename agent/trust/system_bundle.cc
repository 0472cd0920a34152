#include <sys/stat.h>

#include <array>
#include <utility>

#include "agent/trust/certificate_file.h"
#include "agent/trust/trust_store.h"
#include "common/base/files.h"

namespace kortvakt {
namespace {

// The bundle is read at every look and known by its digest: that costs a third of
// a millisecond, where size and times would miss a change within a clock tick.
class SystemBundle final : public TrustStore {
 public:
  explicit SystemBundle(std::string path) : path_(std::move(path)) {}
  TrustStoreKind kind() const override { return TrustStoreKind::kSystemBundle; }
  const std::string& location() const override { return path_; }

  const TrustStoreContents& Look() override {
    const absl::StatusOr<std::string> text = ReadFile(path_, kMaxStoreBytes);
    if (!text.ok()) {
      digest_.clear();
      contents_ = NotRead(text.status());
      return contents_;
    }
    Bytes digest = Sha256(AsBytes(*text));
    if (digest == digest_) return contents_;
    CertificateCollector collector;
    collector.AddFile(*text, path_);
    contents_ = collector.Finish();
    digest_ = std::move(digest);
    return contents_;
  }

 private:
  const std::string path_;
  Bytes digest_;  // of the file that contents_ is of; empty: not read
  TrustStoreContents contents_;
};

}  // namespace

std::unique_ptr<TrustStore> MakeSystemBundle(std::string path) {
  return std::make_unique<SystemBundle>(std::move(path));
}

std::string DefaultSystemBundle() {
  constexpr std::array<const char*, 5> kPaths = {
      "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Arch
      "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora, Red Hat
      "/etc/pki/tls/certs/ca-bundle.crt",                   // the same, by its older name
      "/etc/ssl/ca-bundle.pem",                             // SUSE
      "/etc/ssl/cert.pem",                                  // Alpine
  };
  for (const char* path : kPaths) {
    struct stat status {};
    if (stat(path, &status) == 0) return path;
  }
  return kPaths.front();
}

}  // namespace kortvakt
