#include "common/judge/rules/missing_ca.h"
#include "common/judge/rules/rules.h"

namespace kortvakt {
namespace {

// ROOT_MISSING: a required root is in none of the machine's stores
// (docs/findings.md says what counts). Where a store could not be read it
// cannot be told: TRUST_STORE_UNREADABLE.
class RootMissing final : public CaValidityRule {
 public:
  FindingCode code() const override { return FindingCode::kRootMissing; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    FindMissingCas(facts, code(), CaRole::kRoot, findings);
  }
};

}  // namespace

const Rule& RootMissingRule() {
  static const RootMissing rule;
  return rule;
}

}  // namespace kortvakt
