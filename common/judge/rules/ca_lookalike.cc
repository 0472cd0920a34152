#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/stored_cas.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// What `certificate` has not of `ca`, whose name it bears: as kLookAlike of classify.h.
std::string WhatDiffers(const CertificateFacts& certificate, const CataloguedCa& ca,
                        const CaCatalogue& catalogue, Language language) {
  const auto differ = [](const std::string& a, const std::string& b) {
    return !a.empty() && !b.empty() && a != b;
  };
  if (differ(ca.public_key_sha256, certificate.public_key_sha256)) {
    return Say(language, "but not its key", "men inte dess nyckel");
  }
  if (!ca.sha256.empty()) return Say(language, "but not its fingerprint", "men inte dess fingeravtryck");
  if (differ(ca.subject_key_id, certificate.subject_key_id)) {
    return Say(language, "but not its key", "men inte dess nyckel");
  }
  const CataloguedCa* issuer = catalogue.FindById(ca.issuer);
  return absl::Substitute(Say(language, "but was not signed with the key of '$0'",
                              "men är inte undertecknat med nyckeln hos '$0'"),
                          issuer == nullptr ? ca.issuer : CommonName(issuer->subject));
}

// Where the catalogue has no key, a renewed certificate of the CA looks alike too.
std::string Remedy(const CataloguedCa& ca, Language language) {
  std::string right;
  if (!ca.sha256.empty()) {
    right = absl::Substitute(
        Say(language, " The one in the catalogue has SHA-256 $0.", " Det i katalogen har SHA-256 $0."),
        ca.sha256);
  }
  if (!ca.public_key_sha256.empty()) {
    return absl::StrCat(Say(language, "Take it out of the store, and find out how it came there.",
                            "Ta bort det ur lagret och ta reda på hur det kom dit."),
                        right);
  }
  return absl::StrCat(
      Say(language,
          "Ask the CA's publisher whether it is one of its certificates. If it is not, take it out of the "
          "store, and find out how it came there; if it is, put its fingerprint and its key (sha256 and "
          "public_key_sha256) into your own CA catalogue file.",
          "Fråga utgivaren om det är ett av dess certifikat. Är det inte det, ta bort det ur lagret och ta "
          "reda på hur det kom dit; är det det, för in dess fingeravtryck och nyckel (sha256 och "
          "public_key_sha256) i er egen katalogfil."),
      right);
}

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
          Say(language, "a certificate with SHA-256 $0 bears the name '$1', $2; in $3",
              "ett certifikat med SHA-256 $0 bär namnet '$1', $2; i $3"),
          stored.certificate->sha256, finding.subject,
          WhatDiffers(*stored.certificate, *stored.recognised.ca, facts.c.catalogue, language),
          stored.Places(language));
      if (!stored.trusted) {
        finding.severity = Severity::kWarning;
        finding.evidence +=
            Say(language, "; it is there, but not trusted", "; det finns där, men är inte betrott");
      }
      finding.remedy = Remedy(*stored.recognised.ca, language);
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
