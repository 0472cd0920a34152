#include <algorithm>
#include <array>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/judge/rules/cert_dates.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/tls/probe_view.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

constexpr uint32_t kP521Bits = 521;
constexpr uint32_t kUsualBits = 384;
// As OpenSSL names them.
constexpr std::string_view kP521Group = "secp521r1";
constexpr std::array<std::string_view, 3> kBrowserGroups = {"x25519", "secp256r1", "secp384r1"};

// What of a server that takes a version and a cipher of browsers they may still not offer.
enum class Odd {
  kNothing,  // it is version or cipher
  kP521,     // the curve of its key or key exchange, which Firefox offers and Chromium does not
  kKey,      // the kind of key, or its curve, that no browser offers
};

Odd OddOf(const ProbeFacts& probe) {
  const CertificateFacts* own = ServerCertificate(probe);
  if (!probe.browser_offer_refused || !probe.browsers_offer_cipher || own == nullptr) return Odd::kNothing;
  const bool p521 = own->key_type == "EC" && own->key_bits == kP521Bits;
  const bool usual = own->key_type == "RSA" || (own->key_type == "EC" && own->key_bits <= kUsualBits);
  const bool usual_group =
      std::find(kBrowserGroups.begin(), kBrowserGroups.end(), probe.group) != kBrowserGroups.end();
  if ((p521 && (usual_group || probe.group == kP521Group)) || (usual && probe.group == kP521Group))
    return Odd::kP521;
  return Odd::kKey;
}

void TellOdd(const ProbeFacts& probe, Odd odd, Language language, Finding& finding) {
  const CertificateFacts& own = *ServerCertificate(probe);
  AddEvidence(finding,
              absl::Substitute(Say(language,
                                   "so it is the kind of key of its certificate ($0, $1 bits), its curve or "
                                   "the group of the key exchange ($2)",
                                   "så det är slaget av nyckel i dess certifikat ($0, $1 bitar), dess kurva "
                                   "eller gruppen i nyckelutbytet ($2)"),
                               CleanText(own.key_type, 32), own.key_bits,
                               probe.group.empty() ? "-" : CleanText(probe.group, 32)));
  if (odd == Odd::kP521) {
    Lower(Severity::kWarning,
          Say(language, "Firefox takes P-521, Chromium and Edge do not",
              "Firefox godtar P-521, men inte Chromium och Edge"),
          finding);
  }
  finding.remedy =
      Say(language,
          "Give the server a certificate with a P-256 or RSA key, and turn on X25519 or P-256 for "
          "the key exchange.",
          "Ge servern ett certifikat med P-256- eller RSA-nyckel, och slå på X25519 eller P-256 "
          "för nyckelutbytet.");
}

// TLS_VERSION_MISMATCH: server and browsers have no TLS version and cipher suite, or no kind
// of key or group, in common. Browsers begin at TLS 1.2 (RFC 8996).
class VersionMismatch final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kTlsVersionMismatch; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    const Language language = facts.language();
    for (const ProbeFacts& probe : facts.c.snapshot.probes) {
      if (!probe.browser_offer_refused && HandshakeFailureOf(probe) != HandshakeFailure::kNothingInCommon) {
        continue;
      }
      Finding finding = NewFinding(code(), probe);
      if (probe.browser_offer_refused) {
        finding.evidence =
            absl::Substitute(Say(language, "it refuses what browsers offer and takes $0 with $1",
                                 "den avvisar det webbläsare erbjuder och tar $0 med $1"),
                             CleanText(probe.version, 32), CleanText(probe.cipher, 64));
      } else {
        finding.evidence =
            absl::Substitute(Say(language, "the handshake fails: $0", "handskakningen misslyckas: $0"),
                             DetailText(probe.detail, language));
      }
      if (!probe.versions_taken.empty()) {
        AddEvidence(finding, absl::Substitute(Say(language, "versions it takes: $0", "versioner den tar: $0"),
                                              CleanText(absl::StrJoin(probe.versions_taken, ", "), 64)));
      }
      finding.remedy = Say(language, "Turn on TLS 1.2 or 1.3 with ECDHE and AES-GCM at the server.",
                           "Slå på TLS 1.2 eller 1.3 med ECDHE och AES-GCM på servern.");
      if (const Odd odd = OddOf(probe); odd != Odd::kNothing) TellOdd(probe, odd, language, finding);
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& TlsVersionMismatchRule() {
  static const VersionMismatch rule;
  return rule;
}

}  // namespace kortvakt
