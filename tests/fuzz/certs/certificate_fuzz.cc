// Any bytes as a certificate: facts are valid texts within bounds, or there are
// none; and a pool takes what comes.
#include <cstdint>
#include <cstdlib>

#include "common/certs/certificate_facts.h"
#include "common/certs/chain.h"

namespace kortvakt {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void RequireText(const std::string& text) { Require(CleanText(text, 4096) == text); }

void CheckFacts(const CertificateFacts& facts) {
  RequireText(facts.issuer);
  RequireText(facts.subject);
  RequireText(facts.organisation);
  RequireText(facts.hsa_id);
  RequireText(facts.serial_number);
  RequireText(facts.signature_algorithm);
  Require(facts.sha256.size() == 64);
  for (const auto* urls : {&facts.ca_issuers_urls, &facts.ocsp_urls, &facts.crl_urls}) {
    for (const std::string& url : *urls) {
      RequireText(url);
      Require(MaskIdentityNumbers(url) == url);
    }
  }
}

}  // namespace
}  // namespace kortvakt

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const kortvakt::ByteView der(data, size);
  const auto facts = kortvakt::ReadCertificate(der, {});
  if (facts.ok()) kortvakt::CheckFacts(*facts);
  kortvakt::MentionsHolder(der, "SITHS e-id Testa 189912289809");
  kortvakt::CertificatePool pool;
  if (pool.Add(der).ok()) pool.FindPaths(der);
  return 0;
}
