#include "agent/probe/server_chain.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "agent/probe/chain_ways.h"
#include "common/certs/certificate_facts.h"
#include "common/certs/name_text.h"
#include "common/certs/openssl_x509.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxNames = 16;
constexpr size_t kMaxNameBytes = 253;  // RFC 1035, 2.3.4
constexpr size_t kMaxTold = 10;        // as the proto has it

std::vector<std::string> NamesOf(const X509* certificate) {
  std::vector<std::string> names;
  const auto list = FindExtension<GENERAL_NAMES, GENERAL_NAMES_free>(certificate, NID_subject_alt_name);
  const int count = list == nullptr ? 0 : sk_GENERAL_NAME_num(list.get());
  for (int i = 0; i < count && names.size() < kMaxNames; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list.get(), i);
    if (name->type == GEN_DNS) {
      const ASN1_STRING* text = name->d.dNSName;
      names.push_back(
          MaskIdentityNumbers(CleanText({reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                         static_cast<size_t>(ASN1_STRING_length(text))},
                                        kMaxNameBytes)));
    } else if (name->type == GEN_IPADD) {
      const int size = ASN1_STRING_length(name->d.iPAddress);
      if (size != 4 && size != 16) continue;
      std::array<char, INET6_ADDRSTRLEN> text{};
      inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(name->d.iPAddress), text.data(),
                text.size());
      names.emplace_back(text.data());
    }
  }
  return names;
}

bool IsFor(X509* certificate, const std::string& host) {
  in6_addr address;
  if (inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1) {
    return X509_check_ip_asc(certificate, host.c_str(), 0) == 1;
  }
  // X509_check_host compares with the address alone where it is told to (6.4.4 of RFC
  // 6125, and browsers): never with the common name.
  // "w*.example.org" is for nobody, as in browsers.
  return X509_check_host(certificate, host.data(), host.size(),
                         X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
                         nullptr) == 1;
}

// Which of the certificates to tell: those on `way`, then of the others the first.
std::vector<size_t> Told(size_t count, const Way& way) {
  std::vector<size_t> told(way.begin(), way.begin() + static_cast<ptrdiff_t>(std::min(way.size(), kMaxTold)));
  for (size_t i = 0; i < count && told.size() < kMaxTold; ++i) {
    if (std::find(told.begin(), told.end(), i) == told.end()) told.push_back(i);
  }
  std::sort(told.begin(), told.end());
  return told;
}

}  // namespace

void ReadServerChain(const std::vector<Bytes>& sent, const std::string& host, ProbeFacts& facts) {
  const ErrorQueueScope errors;
  facts.chain_length = static_cast<uint32_t>(sent.size());
  std::vector<X509Ptr> certificates;
  std::vector<CertificateFacts> read;
  std::vector<WayPoint> points;
  for (const Bytes& der : sent) {
    absl::StatusOr<X509Ptr> certificate = DecodeCertificate(der);
    absl::StatusOr<CertificateFacts> own = ReadCertificate(der, {false, false});
    if (!certificate.ok() || !own.ok()) continue;
    certificates.push_back(*std::move(certificate));
    read.push_back(*std::move(own));
    points.push_back({certificates.back().get(), true});
  }
  if (points.empty()) return;
  const Way way = SentWay(points);
  for (const size_t told : Told(points.size(), way)) facts.chain.push_back(std::move(read[told]));
  facts.path_length = static_cast<uint32_t>(way.size());
  facts.ends_self_signed = IsSelfSigned(points[way.back()].certificate);
  facts.server_names = NamesOf(certificates.front().get());
  facts.name_matches = IsFor(certificates.front().get(), host);
}

}  // namespace kortvakt
