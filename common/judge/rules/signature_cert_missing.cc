#include <utility>

#include "common/judge/rules/rules.h"
#include "common/judge/seconds.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// SIGNATURE_CERT_MISSING: one can log in with the card, but it has nothing to sign
// with; where a signature certificate has ended the rules about dates say so. Says
// nothing of a card of which a part could not be read: the certificate may be there.
class SignatureCertMissing final : public ValidityRule {
 public:
  FindingCode code() const override { return FindingCode::kSignatureCertMissing; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    for (const CardView& view : facts.cards) {
      if (!WasRead(*view.card) || view.card->unreadable_certificates > 0) continue;
      bool login = false;
      bool signature = false;
      for (const size_t index : view.sorted.persons) {
        const CertificateFacts& certificate = view.certificate(index);
        signature |= certificate.purpose == Purpose::kSignature;
        login |= certificate.purpose == Purpose::kAuthentication &&
                 ValidityAt(certificate, facts.now) == Validity::kValid;
      }
      if (!login || signature) continue;
      Finding finding = NewFinding(code(), view, facts.language());
      finding.evidence = Say(facts.language(), "there is no signature certificate on it",
                             "det finns inget underskriftscertifikat på det");
      finding.remedy = Say(
          facts.language(),
          "Logging in is not affected. Fetch a signature certificate in Mina sidor (minasidor.siths.se) if "
          "the holder has to sign.",
          "Inloggning påverkas inte. Hämta ett underskriftscertifikat i Mina sidor (minasidor.siths.se) om "
          "innehavaren ska skriva under.");
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& SignatureCertMissingRule() {
  static const SignatureCertMissing rule;
  return rule;
}

}  // namespace kortvakt
