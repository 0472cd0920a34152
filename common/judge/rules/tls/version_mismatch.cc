#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/tls/probe_view.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// TLS_VERSION_MISMATCH: server and browsers have no TLS version and cipher suite in
// common. Browsers begin at TLS 1.2 (RFC 8996).
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
