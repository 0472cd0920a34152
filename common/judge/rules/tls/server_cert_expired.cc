#include "absl/strings/substitute.h"
#include "common/base/time.h"
#include "common/judge/rules/cert_dates.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/tls/probe_view.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// Whether every store that counts trusts the chain, and none by CAs that are all valid.
bool CasEnded(const ProbeFacts& probe, int64_t now) {
  return !probe.trust.empty() && AllThatCount(probe, [&](const ProbeTrust& trust) {
    return trust.verdict == ProbeVerdict::kTrusted && trust.ca_not_after &&
           now > WholeSeconds(*trust.ca_not_after);
  });
}

bool IsBad(const ProbeFacts& probe, int64_t now) {
  const CertificateFacts* own = ServerCertificate(probe);
  return own != nullptr && (ValidityAt(*own, now) != Validity::kValid || CasEnded(probe, now));
}

// TLS_SERVER_CERT_EXPIRED: the server's certificate, or each way up from it, has ended or
// not begun; RFC 5280, 4.1.2.5.
class ServerCertExpired final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kTlsServerCertExpired; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    const Language language = facts.language();
    for (const ProbeFacts& probe : facts.c.snapshot.probes) {
      if (!IsBad(probe, facts.now)) continue;
      const CertificateFacts& own = probe.chain.front();
      Finding finding = NewFinding(code(), probe);
      switch (ValidityAt(own, facts.now)) {
        case Validity::kExpired:
          finding.evidence =
              absl::Substitute(Say(language, "its certificate ended $0", "dess certifikat gick ut $0"),
                               FormatUtc(own.not_after));
          break;
        case Validity::kNotYet:
          finding.evidence =
              absl::Substitute(Say(language, "its certificate begins $0", "dess certifikat börjar gälla $0"),
                               FormatUtc(own.not_before));
          break;
        case Validity::kValid:
          finding.evidence = Say(language, "a CA certificate of its chain has ended",
                                 "ett CA-certifikat i dess kedja har gått ut");
          break;
      }
      finding.certificate_sha256 = own.sha256;
      finding.remedy = Say(language, "Renew the server's certificate, with its chain.",
                           "Förnya serverns certifikat, med dess kedja.");
      if (facts.clock_error > 0 &&
          (!IsBad(probe, facts.now - facts.clock_error) || !IsBad(probe, facts.now + facts.clock_error))) {
        DoubtForClock(language, finding);
      }
      findings.push_back(std::move(finding));
    }
  }
  absl::Time NextChange(const Facts& facts) const override {
    Moments moments(facts);
    for (const ProbeFacts& probe : facts.c.snapshot.probes) {
      const CertificateFacts* own = ServerCertificate(probe);
      if (own == nullptr) continue;
      moments.Add(WholeSeconds(own->not_before));
      moments.Add(WholeSeconds(own->not_after) + 1);
      for (const ProbeTrust& trust : probe.trust) {
        if (trust.ca_not_after) moments.Add(WholeSeconds(*trust.ca_not_after) + 1);
      }
    }
    return moments.Next();
  }
};

}  // namespace

const Rule& TlsServerCertExpiredRule() {
  static const ServerCertExpired rule;
  return rule;
}

}  // namespace kortvakt
