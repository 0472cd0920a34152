#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/judge/rules/rules.h"
#include "common/judge/seconds.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

bool IsUntoldLogin(const CertificateFacts& certificate) {
  return certificate.purpose == Purpose::kAuthentication && certificate.loa == Loa::kUnknown;
}

// Whether there are login certificates without a level, and none that has one: of
// the valid ones, or, where none is valid, of all.
bool IsUnknown(const CardView& view, int64_t now) {
  const std::vector<CertificateFacts>& all = view.card->certificates;
  const bool one_known = std::any_of(all.begin(), all.end(), [&](const CertificateFacts& certificate) {
    return certificate.purpose == Purpose::kAuthentication &&
           (certificate.loa == Loa::k2 || certificate.loa == Loa::k3) &&
           (ValidityAt(certificate, now) == Validity::kValid);
  });
  return !one_known && std::any_of(all.begin(), all.end(), IsUntoldLogin);
}

std::string Reason(const CertificateFacts& certificate, const RecognisedCa& issuer, Language language) {
  const std::string name = CertificateName(certificate, language);
  if (issuer.ca == nullptr) {
    return absl::Substitute(
        Say(language, "$0: the issuer is not in the CA catalogue, so neither its level nor its end is judged",
            "$0: utfärdaren finns inte i CA-katalogen, så varken nivå eller slutdatum bedöms"),
        name);
  }
  if (issuer.match == CaMatch::kLookAlike) {
    const bool key_known = !issuer.ca->public_key_sha256.empty();
    const bool by_fingerprint = !key_known && !issuer.ca->sha256.empty();
    return absl::Substitute(
        by_fingerprint
            ? Say(language, "$0: the issuer bears the name of a known CA, but its fingerprint is another",
                  "$0: utfärdaren bär en känd CA:s namn, men dess fingeravtryck är ett annat")
            : Say(language, "$0: the issuer bears the name of a known CA, but its key is another",
                  "$0: utfärdaren bär en känd CA:s namn, men nyckeln är en annan"),
        name);
  }
  std::string policies;
  for (size_t i = 0; i < certificate.policy_oids.size() && i < 4; ++i) {
    absl::StrAppend(&policies, i == 0 ? "" : ", ", CleanText(certificate.policy_oids[i], 64));
  }
  if (policies.empty()) policies = Say(language, "none", "ingen");
  return absl::Substitute(Say(language, "$0: neither issuer nor policy tells a level (policy OID: $1)",
                              "$0: varken utfärdare eller policy anger någon nivå (policy-OID: $1)"),
                          name, policies);
}

// LOA_UNKNOWN: the card has login certificates, and no valid one tells a level. Those
// of an issuer that the catalogue does not have are not judged for renewal either:
// this finding says so, lest silence be taken for health. For information only where
// a certificate of a catalogued person CA is among them: its dates are judged.
class LoaUnknown final : public ValidityRule {
 public:
  FindingCode code() const override { return FindingCode::kLoaUnknown; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    for (const CardView& view : facts.cards) {
      std::vector<std::string> reasons;
      const CertificateFacts* first = nullptr;
      if (!IsUnknown(view, facts.now)) continue;
      bool judged = false;
      for (size_t i = 0; i < view.card->certificates.size(); ++i) {
        const CertificateFacts& certificate = view.certificate(i);
        if (!IsUntoldLogin(certificate)) continue;
        const RecognisedCa& issuer = view.sorted.issuers[i];
        judged |= issuer.ca != nullptr && issuer.ca->issues == CaIssues::kPersons &&
                  issuer.match != CaMatch::kLookAlike;
        if (first == nullptr) first = &certificate;
        reasons.push_back(Reason(certificate, issuer, facts.language()));
      }
      Finding finding = NewFinding(code(), view, facts.language());
      if (judged) finding.severity = Severity::kInfo;
      finding.certificate_sha256 = first->sha256;
      finding.evidence = ListText(reasons, 3, facts.language());
      finding.remedy = Say(
          facts.language(),
          "If the issuer is one that your services accept, add it (or its policy OID) to the CA "
          "catalogue with its level; if it issues the transport certificates of reserve cards, add it as "
          "such (issues = \"transport\"); else get a SITHS card from the card office.",
          "Om utfärdaren är en som era tjänster godtar, lägg till den (eller dess policy-OID) i "
          "CA-katalogen med dess nivå; om den utfärdar reservkorts transportcertifikat, lägg till den som "
          "en sådan (issues = \"transport\"); skaffa annars ett SITHS-kort hos kortkontoret.");
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& LoaUnknownRule() {
  static const LoaUnknown rule;
  return rule;
}

}  // namespace kortvakt
