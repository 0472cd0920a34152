#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/judge/rules/cert_dates.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/tls/card_logins.h"
#include "common/judge/rules/tls/probe_view.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

bool Asks(const ProbeFacts& probe, const char* prefix) {
  return std::any_of(probe.signature_algorithms.begin(), probe.signature_algorithms.end(),
                     [&](const std::string& name) { return absl::StartsWith(name, prefix); });
}

// Whether a key of this type can sign what the server asks for; RSA in TLS 1.3 means
// RSA-PSS (RFC 8446, 4.2.3) or the legacy code points (RFC 9963).
enum class Answer { kCan, kOnlyByPss, kCannot };
Answer AnswerOf(const ProbeFacts& probe, const CertificateFacts& certificate) {
  if (certificate.key_type == "EC") return Asks(probe, "ecdsa_") ? Answer::kCan : Answer::kCannot;
  if (certificate.key_type != "RSA") return Answer::kCan;
  const bool pss = Asks(probe, "rsa_pss_rsae_");
  const bool pkcs1 =
      probe.version == "TLSv1.3"
          ? std::any_of(probe.signature_algorithms.begin(), probe.signature_algorithms.end(),
                        [](const std::string& name) { return absl::EndsWith(name, "_legacy"); })
          : Asks(probe, "rsa_pkcs1_");
  if (pkcs1) return Answer::kCan;
  return pss ? Answer::kOnlyByPss : Answer::kCannot;
}

constexpr size_t kMaxTold = 6;

std::vector<std::string> Clean(std::vector<std::string> names) {
  for (std::string& name : names) name = CleanText(name, 64);
  return names;
}

// TLS_SIGNATURE_MISMATCH: the server wants the login signed in a way that the card's key
// cannot sign at all; or, for information, only by RSA-PSS: whether card and middleware
// can do that is not seen from here.
class SignatureMismatch final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kTlsSignatureMismatch; }

  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    const std::vector<CardLogin> logins = CardLogins(facts);
    for (const ProbeFacts& probe : facts.c.snapshot.probes) {
      if (probe.client_certificate == ClientCertificateRequest::kNotAsked ||
          probe.signature_algorithms.empty() || logins.empty() || AskedTooLate(probe)) {
        continue;
      }
      const auto best =
          std::min_element(logins.begin(), logins.end(), [&](const CardLogin& a, const CardLogin& b) {
            return AnswerOf(probe, *a.certificate) < AnswerOf(probe, *b.certificate);
          });
      const Answer answer = AnswerOf(probe, *best->certificate);
      if (answer != Answer::kCan) findings.push_back(About(probe, *best, answer, facts.language()));
    }
  }

  absl::Time NextChange(const Facts& facts) const override {
    Moments moments(facts);
    if (!facts.c.snapshot.probes.empty()) moments.AddValidity(facts);
    return moments.Next();
  }

 private:
  Finding About(const ProbeFacts& probe, const CardLogin& login, Answer answer, Language language) const {
    Finding finding = NewFinding(code(), probe);
    finding.card_id = login.view->card->id;
    finding.certificate_sha256 = login.certificate->sha256;
    finding.evidence =
        absl::Substitute(Say(language, "it wants signatures by: $0; the card has a key of type $1",
                             "den vill ha signaturer med: $0; kortet har en nyckel av typ $1"),
                         ListText(Clean(probe.signature_algorithms), kMaxTold, language),
                         CleanText(login.certificate->key_type, 32));
    if (answer == Answer::kOnlyByPss) {
      Lower(Severity::kInfo,
            Say(language, "that means RSA-PSS; whether card and middleware can do that is not known",
                "det innebär RSA-PSS; om kort och mellanprogram klarar det är inte känt"),
            finding);
      finding.remedy =
          Say(language,
              "If the login fails right after the PIN (ERR_SSL_CLIENT_AUTH_SIGNATURE_FAILED or "
              "_NO_COMMON_ALGORITHMS): newer middleware or card, or TLS 1.2 only at that server.",
              "Om inloggningen misslyckas direkt efter PIN-koden (ERR_SSL_CLIENT_AUTH_SIGNATURE_FAILED "
              "eller _NO_COMMON_ALGORITHMS): nyare mellanprogram eller kort, eller enbart TLS 1.2 på den "
              "servern.");
    } else {
      finding.remedy = Say(language, "Let the server accept signatures of the card's kind of key.",
                           "Låt servern godta signaturer med kortets nyckeltyp.");
    }
    return finding;
  }
};

}  // namespace

const Rule& TlsSignatureMismatchRule() {
  static const SignatureMismatch rule;
  return rule;
}

}  // namespace kortvakt
