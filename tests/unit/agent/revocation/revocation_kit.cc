#include "tests/unit/agent/revocation/revocation_kit.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/revocation/ocsp.h"
#include "common/base/time.h"

namespace kortvakt::testing {
namespace {

std::string ReadBinary(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

RevocationKit::RevocationKit(std::optional<Issued> issuer)
    : issuer_(issuer ? *std::move(issuer) : pki_.ca(PersonCa::kHsaId3)) {
  folder_.Write("ca.pem", issuer_.pem);
  folder_.Write("ca.key", issuer_.key_pem);
}

Issued RevocationKit::Person(const std::string& serial_hex, const std::vector<std::string>& ocsp_urls,
                             const std::vector<std::string>& crl_urls,
                             const std::function<void(CertificateSpec&)>& change) const {
  CertificateSpec spec;
  spec.subject = {{"C", "SE", StringType::kPrintable},
                  {"O", "Region Exempel"},
                  {"CN", "Testa Testsson"},
                  {"serialNumber", "SE2321000016-T35T", StringType::kPrintable}};
  spec.serial = *FromHex(serial_hex);
  spec.key_usages = {"digitalSignature"};
  spec.extended_key_usages = {"clientAuth"};
  spec.policies = {SithsLikePki::PolicyOf(PersonCa::kHsaId3)};
  spec.ocsp_urls = ocsp_urls;
  spec.crl_urls = crl_urls;
  change(spec);
  return Issue(spec, &issuer());
}

Issued RevocationKit::Responder(const Issued& by, const std::function<void(CertificateSpec&)>& change) const {
  CertificateSpec spec;
  spec.subject = {{"O", "Kortvakt Demo AB"}, {"CN", "OCSP responder"}};
  spec.ca = false;
  spec.key_usages = {"digitalSignature"};
  spec.extended_key_usages = {"OCSPSigning"};
  change(spec);
  return Issue(spec, &by);
}

void RevocationKit::WriteIndex(const std::vector<std::string>& lines) {
  folder_.Write("index.txt", lines.empty() ? "" : absl::StrJoin(lines, "\n") + "\n");
  folder_.Write("index.txt.attr", "unique_subject = no\n");
}

std::string RevocationKit::Good(const std::string& serial_hex) {
  return absl::StrCat("V\t491231235959Z\t\t", serial_hex, "\tunknown\t/CN=Testa Testsson");
}

std::string RevocationKit::Revoked(const std::string& serial_hex, const std::string& reason) {
  return absl::StrCat("R\t491231235959Z\t200102030405Z", reason.empty() ? "" : ",", reason, "\t", serial_hex,
                      "\tunknown\t/CN=Testa Testsson");
}

std::string RevocationKit::Ocsp(const std::string& serial_hex, const Issued* signer,
                                const std::string& options) {
  const std::string request = folder_.Write("request.der", *MakeOcspRequest(Name(serial_hex)));
  const Issued& by = signer == nullptr ? issuer() : *signer;
  const std::string certificate = folder_.Write(absl::StrCat("signer", ++files_, ".pem"), by.pem);
  const std::string key = folder_.Write(absl::StrCat("signer", files_, ".key"), by.key_pem);
  const std::string response = absl::StrCat(folder_.path(), "/response", files_, ".der");
  Output(absl::StrCat("openssl ocsp -index ", folder_.path(), "/index.txt -CA ", folder_.path(),
                      "/ca.pem -rsigner ", certificate, " -rkey ", key, " -reqin ", request, " -respout ",
                      response, " ", options));
  return ReadBinary(response);
}

std::string RevocationKit::Crl(const std::string& extensions, const std::string& options, const Issued* by) {
  const Issued& signer = by == nullptr ? issuer() : *by;
  const std::string certificate = folder_.Write(absl::StrCat("lister", ++files_, ".pem"), signer.pem);
  const std::string key = folder_.Write(absl::StrCat("lister", files_, ".key"), signer.key_pem);
  folder_.Write("crlnumber", "01\n");
  const std::string config = folder_.Write(
      "ca.cnf", absl::StrCat("[ca]\ndefault_ca=d\n[d]\ndatabase=", folder_.path(),
                             "/index.txt\ncrlnumber=", folder_.path(),
                             "/crlnumber\ndefault_md=sha256\ncrl_extensions=e\n[e]\n", extensions, "\n"));
  const std::string list = absl::StrCat(folder_.path(), "/list", files_);
  Output(absl::StrCat("(openssl ca -gencrl -config ", config, " -cert ", certificate, " -keyfile ", key, " ",
                      options, " -out ", list, ".pem && openssl crl -in ", list, ".pem -outform DER -out ",
                      list, ".der)"));
  return ReadBinary(list + ".der");
}

std::string RevocationKit::ResponderCommand(const Issued& signer, int requests) {
  const std::string certificate = folder_.Write(absl::StrCat("responder", ++files_, ".pem"), signer.pem);
  const std::string key = folder_.Write(absl::StrCat("responder", files_, ".key"), signer.key_pem);
  return absl::StrCat("exec openssl ocsp -port 0 -index ", folder_.path(), "/index.txt -CA ", folder_.path(),
                      "/ca.pem -rsigner ", certificate, " -rkey ", key, " -ndays 1 -nrequest ", requests,
                      " 2>&1");
}

Snapshot SnapshotWith(const std::vector<const Issued*>& certificates, const CertificatePool& pool,
                      const CaCatalogue& catalogue) {
  Snapshot snapshot;
  ReaderFacts& reader = snapshot.readers.emplace_back();
  reader.name = "Reader 1";
  reader.card.emplace();
  reader.card->state = CardState::kRead;
  for (const Issued* certificate : certificates) {
    CertificateFacts facts = *ReadCertificate(certificate->der, {});
    facts.issuer_sha256 = pool.FindIssuer(certificate->der);
    facts.paths = pool.FindPaths(certificate->der);
    reader.card->certificates.push_back(std::move(facts));
  }
  ClassifySnapshot(snapshot, catalogue);
  return snapshot;
}

CertificatePool PoolOf(const SithsLikePki& pki) {
  CertificatePool pool;
  for (const Issued* ca : pki.cas()) pool.Add(ca->der).IgnoreError();
  return pool;
}

CaCatalogue CatalogueOf(const SithsLikePki& pki, const std::vector<std::string>& hosts) {
  std::string list;
  for (const std::string& host : hosts) absl::StrAppend(&list, "\"", host, "\", ");
  return *CaCatalogue::Parse(absl::StrCat("hosts = [", list, "]\n", pki.CatalogueToml()), "test");
}

absl::StatusOr<std::string> FakeFetcher::Fetch(const FetchRequest& request, const ProbeLimit&) {
  {
    const MutexLock lock(mutex_);
    asked_.push_back(FormatFetchAddress(request.address));
  }
  return answer_(request);
}

std::vector<std::string> FakeFetcher::asked() const {
  const MutexLock lock(mutex_);
  return asked_;
}

absl::Time Now() { return SystemClock().Now(); }

}  // namespace kortvakt::testing
