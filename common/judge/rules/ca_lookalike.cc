#include <utility>

#include "absl/strings/substitute.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/stored_cas.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// CA_LOOKALIKE: a CA certificate with a catalogued CA's name that is not that CA's.
// A mistake at best; whoever has its key can pass for what the CA vouches for.
class CaLookalike final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kCaLookalike; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    const Language language = facts.language();
    for (const StoredCa& stored :
         FindStoredCas(facts, [](const RecognisedCa& ca) { return ca.match == CaMatch::kLookAlike; })) {
      Finding finding = NewFinding(code());
      finding.subject = CommonName(stored.certificate->subject);
      finding.ca = stored.recognised.ca->id;
      finding.certificate_sha256 = stored.certificate->sha256;
      finding.evidence = absl::Substitute(
          Say(language, "a certificate with SHA-256 $0 bears the name '$1', but not its key; in $2",
              "ett certifikat med SHA-256 $0 bär namnet '$1', men inte dess nyckel; i $2"),
          stored.certificate->sha256, finding.subject, stored.Places(language));
      if (!stored.trusted) {
        finding.severity = Severity::kWarning;
        finding.evidence +=
            Say(language, "; it is there, but not trusted", "; det finns där, men är inte betrott");
      }
      finding.remedy = absl::Substitute(
          Say(language, "Take it out of the store, and find out how it came there. $0",
              "Ta bort det ur lagret och ta reda på hur det kom dit. $0"),
          stored.recognised.ca->sha256.empty()
              ? Say(language,
                    "If it is right after all, put its fingerprint into your own CA catalogue file.",
                    "Om det ändå stämmer, för in dess fingeravtryck i er egen katalogfil.")
              : absl::Substitute(Say(language, "The right one has SHA-256 $0.", "Det rätta har SHA-256 $0."),
                                 stored.recognised.ca->sha256));
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& CaLookalikeRule() {
  static const CaLookalike rule;
  return rule;
}

}  // namespace kortvakt
