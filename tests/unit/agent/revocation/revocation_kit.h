// A CA with its index of certificates, from which the openssl program makes OCSP
// responses and CRLs.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "agent/revocation/answer.h"
#include "agent/revocation/fetch.h"
#include "common/base/mutex.h"
#include "common/certs/ca_catalogue.h"
#include "common/certs/chain.h"
#include "common/snapshot/snapshot.h"
#include "tests/support/pki/openssl_oracle.h"
#include "tests/support/pki/test_pki.h"

namespace kortvakt::testing {

class RevocationKit {
 public:
  // The issuer is a person CA of pki(), or `issuer`.
  explicit RevocationKit(std::optional<Issued> issuer = std::nullopt);

  const Issued& issuer() const { return issuer_; }
  const SithsLikePki& pki() const { return pki_; }
  const TemporaryFolder& folder() const { return folder_; }

  // A login certificate of the issuer with these addresses; `change` may spoil it.
  Issued Person(
      const std::string& serial_hex, const std::vector<std::string>& ocsp_urls = {},
      const std::vector<std::string>& crl_urls = {},
      const std::function<void(CertificateSpec&)>& change = [](CertificateSpec&) {}) const;
  // A certificate for OCSP signing, issued by `by`; `change` may spoil it.
  Issued Responder(
      const Issued& by, const std::function<void(CertificateSpec&)>& change = [](CertificateSpec&) {}) const;

  // What the CA says of serial numbers: `lines` are those of `openssl ca`'s index.
  void WriteIndex(const std::vector<std::string>& lines);
  static std::string Good(const std::string& serial_hex);
  static std::string Revoked(const std::string& serial_hex, const std::string& reason = "");

  CertificateName Name(const std::string& serial_hex) const { return {issuer().der, serial_hex}; }

  // The response of `openssl ocsp` to our own request for `serial_hex`. `signer`: absent: the
  // issuer. `options` go to the program.
  std::string Ocsp(const std::string& serial_hex, const Issued* signer = nullptr,
                   const std::string& options = "-ndays 1");

  // The CRL of `openssl ca -gencrl` in DER, signed by `by` (absent: the issuer), with `extensions` as in
  // openssl.cnf.
  std::string Crl(const std::string& extensions = "", const std::string& options = "-crldays 1",
                  const Issued* by = nullptr);

  // The command line of a responder that serves `requests` requests on a free port.
  std::string ResponderCommand(const Issued& signer, int requests);

 private:
  SithsLikePki pki_;
  const Issued issuer_;
  TemporaryFolder folder_;
  int files_ = 0;
};

// A snapshot with one card that has `certificates`, whose issuers are looked for in `pool`.
Snapshot SnapshotWith(const std::vector<const Issued*>& certificates, const CertificatePool& pool,
                      const CaCatalogue& catalogue);

// All CAs of `pki`.
CertificatePool PoolOf(const SithsLikePki& pki);

// The PKI's catalogue, with `hosts` that may be asked.
CaCatalogue CatalogueOf(const SithsLikePki& pki, const std::vector<std::string>& hosts);

// Answers what a test says, and remembers what was asked. Thread-safe.
class FakeFetcher : public Fetcher {
 public:
  using Answer = std::function<absl::StatusOr<std::string>(const FetchRequest& request)>;
  explicit FakeFetcher(Answer answer) : answer_(std::move(answer)) {}
  absl::StatusOr<std::string> Fetch(const FetchRequest& request, const ProbeLimit& limit) override;
  std::vector<std::string> asked() const;

 private:
  const Answer answer_;
  mutable Mutex mutex_;
  std::vector<std::string> asked_ ABSL_GUARDED_BY(mutex_);
};

// Now, for what a program of today has dated.
absl::Time Now();

}  // namespace kortvakt::testing
