#include <utility>

#include "absl/strings/substitute.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/stored_cas.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// CA_RETIRED_PRESENT: a store still holds a CA that is no longer in use. It stops
// nobody, but it is trust that nobody needs.
class CaRetiredPresent final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kCaRetiredPresent; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    const Language language = facts.language();
    const std::vector<StoredCa> all = FindStoredCas(facts, [](const RecognisedCa& ca) {
      return ca.ca != nullptr && ca.match != CaMatch::kLookAlike && ca.ca->state != CaState::kCurrent;
    });
    for (const StoredCa& stored : all) {
      const bool blocked = stored.recognised.ca->state == CaState::kBlocked;
      Finding finding = NewFinding(code());
      finding.subject = CommonName(stored.certificate->subject);
      finding.ca = stored.recognised.ca->id;
      finding.certificate_sha256 = stored.certificate->sha256;
      finding.evidence =
          absl::Substitute(blocked ? Say(language, "blocked, and still in $0", "spärrat, men finns i $0")
                                   : Say(language, "retired, and still in $0", "avvecklat, men finns i $0"),
                           stored.Places(language));
      finding.remedy = Say(language, "Take it out of these stores; no card or service of today needs it.",
                           "Ta bort det ur dessa lager; inget kort och ingen tjänst behöver det i dag.");
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& CaRetiredPresentRule() {
  static const CaRetiredPresent rule;
  return rule;
}

}  // namespace kortvakt
