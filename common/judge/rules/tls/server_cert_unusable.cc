#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/tls/probe_view.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

constexpr const char* kServerAuth = "1.3.6.1.5.5.7.3.1";  // RFC 5280, 4.2.1.12
constexpr const char* kAnyUsage = "2.5.29.37.0";

bool Has(const std::vector<std::string>& list, const char* word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool IsWeak(const std::string& algorithm) {
  const std::string name = absl::AsciiStrToLower(algorithm);
  return absl::StrContains(name, "sha1") || absl::StrContains(name, "md5") || absl::StrContains(name, "md2");
}

// What the first store that counts says of a chain that holds by none that does; null:
// it holds by one, or none was asked.
const ProbeTrust* BrokenChain(const ProbeFacts& probe) {
  const ProbeTrust* first = nullptr;
  for (const ProbeTrust& trust : probe.trust) {
    if (!Counts(probe, trust)) continue;
    if (trust.verdict != ProbeVerdict::kInvalid) return nullptr;
    if (first == nullptr) first = &trust;
  }
  return first;
}

// What is wrong with the certificate itself, apart from its dates, names and issuer;
// empty: nothing.
std::string Fault(const ProbeFacts& probe, Language language) {
  const std::vector<const CertificateFacts*> path = SentPath(probe);
  for (const CertificateFacts* certificate : path) {
    // A root is trusted for itself, not for its signature.
    if (certificate->issuer == certificate->subject || !IsWeak(certificate->signature_algorithm)) continue;
    return absl::Substitute(Say(language, "'$0' is signed with $1, which browsers refuse",
                                "'$0' är signerat med $1, som webbläsare avvisar"),
                            CommonName(certificate->subject),
                            CleanText(certificate->signature_algorithm, 64));
  }
  const CertificateFacts& own = *path.front();
  const std::vector<std::string>& extended = own.extended_key_usages;
  if (!extended.empty() && !Has(extended, kServerAuth) && !Has(extended, kAnyUsage)) {
    return Say(language, "its extended key usage does not allow servers (serverAuth)",
               "dess utökade nyckelanvändning tillåter inte servrar (serverAuth)");
  }
  // RFC 5246, 7.4.2; RFC 8446, 4.4.2.2.
  const char* wanted = probe.rsa_key_exchange ? "keyEncipherment" : "digitalSignature";
  if (!own.key_usages.empty() && !Has(own.key_usages, wanted)) {
    return absl::Substitute(Say(language, "its key usage lacks $0, which $1 needs",
                                "dess nyckelanvändning saknar $0, som $1 kräver"),
                            wanted, CleanText(probe.cipher, 64));
  }
  return "";
}

// TLS_SERVER_CERT_UNUSABLE: a certificate that no browser takes whoever issued it: weak
// signature, usage for something else, or a chain that does not hold.
class ServerCertUnusable final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kTlsServerCertUnusable; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    for (const ProbeFacts& probe : facts.c.snapshot.probes) {
      if (probe.chain.empty()) continue;
      const Language language = facts.language();
      std::string fault = Fault(probe, language);
      const ProbeTrust* broken = BrokenChain(probe);
      if (fault.empty() && broken == nullptr) continue;
      Finding finding = NewFinding(code(), probe);
      finding.certificate_sha256 = probe.chain.front().sha256;
      if (!fault.empty()) {
        finding.evidence = std::move(fault);
        finding.remedy = Say(
            language,
            "Give the server a new certificate: signed with SHA-256, for servers, with the right key usage.",
            "Ge servern ett nytt certifikat: signerat med SHA-256, för servrar, med rätt nyckelanvändning.");
      } else {
        finding.evidence =
            absl::Substitute(Say(language, "its chain does not hold: $0", "dess kedja håller inte: $0"),
                             CleanText(broken->detail, 128));
        finding.remedy = Say(language,
                             "Check the server's certificate and the CA certificates above it with the CA "
                             "that issued them, and replace the one that does not hold.",
                             "Kontrollera serverns certifikat och CA-certifikaten ovanför med den CA som "
                             "utfärdat dem, och byt ut det som inte håller.");
      }
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& TlsServerCertUnusableRule() {
  static const ServerCertUnusable rule;
  return rule;
}

}  // namespace kortvakt
