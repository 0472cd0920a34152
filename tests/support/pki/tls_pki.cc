#include "absl/strings/str_cat.h"
#include "tests/support/pki/test_pki.h"

namespace kortvakt::testing {

TlsPki::TlsPki(const std::string& ca_name) {
  CertificateSpec spec;
  spec.subject = {{"CN", ca_name}};
  spec.ca = true;
  spec.key_usages = {"keyCertSign", "cRLSign"};
  ca_ = Issue(spec);
}

Issued TlsPki::Server(const std::vector<std::string>& dns_names,
                      const std::vector<std::string>& ip_addresses) const {
  CertificateSpec spec;
  spec.subject = {{"CN", "Kortvakt collector"}};
  spec.key_usages = {"digitalSignature"};
  spec.extended_key_usages = {"serverAuth"};
  spec.dns_names = dns_names;
  spec.ip_addresses = ip_addresses;
  return Issue(spec, &ca_);
}

Issued TlsPki::Workstation(const std::string& uuid) const {
  CertificateSpec spec;
  spec.subject = {{"CN", uuid}};
  spec.key_usages = {"digitalSignature"};
  spec.extended_key_usages = {"clientAuth"};
  spec.uris = {absl::StrCat("urn:kortvakt:workstation:", uuid)};
  return Issue(spec, &ca_);
}

Issued TlsPki::Operator(const std::string& name) const {
  CertificateSpec spec;
  spec.subject = {{"CN", name}};
  spec.key_usages = {"digitalSignature"};
  spec.extended_key_usages = {"clientAuth"};
  spec.uris = {absl::StrCat("urn:kortvakt:operator:", name)};
  return Issue(spec, &ca_);
}

}  // namespace kortvakt::testing
