#include <optional>

#include "absl/strings/substitute.h"
#include "common/base/time.h"
#include "common/judge/rules/cert_dates.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/tls/probe_view.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// What is not valid, and to which side.
struct Lapse {
  Validity validity = Validity::kExpired;
  absl::Time bound;                   // when it ended or begins
  const ProbeWayBound* ca = nullptr;  // null: the server's own certificate
};

Validity ValidityOf(const ProbeWay& way, int64_t now) {
  if (now > WholeSeconds(way.ends.time)) return Validity::kExpired;
  return now < WholeSeconds(way.begins.time) ? Validity::kNotYet : Validity::kValid;
}

// The way that comes closest to being valid; absent: one is, or dates are not what ails.
std::optional<Lapse> LapseOfCas(const ProbeFacts& probe, int64_t now) {
  std::optional<Lapse> closest;
  int64_t distance = 0;
  for (const ProbeTrust& trust : probe.trust) {
    if (!Counts(probe, trust)) continue;
    if (trust.verdict != ProbeVerdict::kTrusted || trust.ways.empty()) return std::nullopt;
    for (const ProbeWay& way : trust.ways) {
      const Validity validity = ValidityOf(way, now);
      if (validity == Validity::kValid) return std::nullopt;
      const ProbeWayBound& bound = validity == Validity::kExpired ? way.ends : way.begins;
      const int64_t away =
          validity == Validity::kExpired ? now - WholeSeconds(bound.time) : WholeSeconds(bound.time) - now;
      if (closest && distance <= away) continue;
      closest = Lapse{validity, bound.time, &bound};
      distance = away;
    }
  }
  return closest;
}

std::optional<Lapse> LapseOf(const ProbeFacts& probe, int64_t now) {
  const CertificateFacts* own = ServerCertificate(probe);
  if (own == nullptr) return std::nullopt;
  switch (ValidityAt(*own, now)) {
    case Validity::kExpired:
      return Lapse{Validity::kExpired, own->not_after};
    case Validity::kNotYet:
      return Lapse{Validity::kNotYet, own->not_before};
    case Validity::kValid:
      break;
  }
  return LapseOfCas(probe, now);
}

std::string Evidence(const Lapse& lapse, Language language) {
  const bool ended = lapse.validity == Validity::kExpired;
  const std::string time = FormatUtc(lapse.bound);
  if (lapse.ca == nullptr) {
    return absl::Substitute(
        ended ? Say(language, "its certificate ended $0", "dess certifikat gick ut $0")
              : Say(language, "its certificate begins $0", "dess certifikat börjar gälla $0"),
        time);
  }
  const char* whose = lapse.ca->from_store ? Say(language, "the copy that is installed here",
                                                 "exemplaret som är installerat här")
                                           : Say(language, "which the server sends", "som servern skickar");
  return absl::Substitute(ended ? Say(language, "the CA certificate '$0' of its chain, $1, ended $2",
                                      "CA-certifikatet '$0' i dess kedja, $1, gick ut $2")
                                : Say(language, "the CA certificate '$0' of its chain, $1, begins $2",
                                      "CA-certifikatet '$0' i dess kedja, $1, börjar gälla $2"),
                          CommonName(lapse.ca->ca), whose, time);
}

// Whether something vouches for the workstation's clock.
bool ClockIsVouchedFor(const ClockFacts& clock) {
  return clock.offset_to_collector.has_value() || clock.synchronised.value_or(false);
}

void TellNotYet(const Facts& facts, Finding& finding) {
  const Language language = facts.language();
  AddEvidence(finding, absl::Substitute(Say(language, "it is judged at $0", "bedömt som $0"),
                                        FormatUtc(InstantOf(facts.now))));
  if (ClockIsVouchedFor(facts.c.snapshot.clock)) {
    finding.remedy = Say(language,
                         "Put the earlier certificates back at the server until then; they were taken into "
                         "use too soon.",
                         "Lägg tillbaka de tidigare certifikaten på servern till dess; de togs i bruk för "
                         "tidigt.");
    return;
  }
  finding.fixed_by = FixedBy::kLocalIt;
  finding.remedy = Say(language,
                       "Check the workstation's clock first: it is probably behind. If it is right, the "
                       "service's owner took the certificate into use too soon.",
                       "Kontrollera först arbetsstationens klocka: den går troligen efter. Går den rätt har "
                       "tjänstens ägare tagit certifikatet i bruk för tidigt.");
}

void TellEnded(const Lapse& lapse, Language language, Finding& finding) {
  if (lapse.ca == nullptr) {
    finding.remedy = Say(language, "Renew the server's certificate, with its chain.",
                         "Förnya serverns certifikat, med dess kedja.");
  } else if (lapse.ca->from_store) {
    finding.fixed_by = FixedBy::kLocalIt;
    finding.remedy = absl::Substitute(
        Say(language,
            "Get the renewed certificate of '$0' from those who run that CA, and install it in the stores "
            "here "
            "in place of the old one.",
            "Hämta det förnyade certifikatet för '$0' från dem som driver den CA:n, och installera det i "
            "lagren här i stället för det gamla."),
        CommonName(lapse.ca->ca));
  } else {
    finding.remedy = absl::Substitute(
        Say(language,
            "Have the server send the renewed certificate of '$0'; if there is none, renew the whole chain.",
            "Låt servern skicka det förnyade certifikatet för '$0'; finns inget, förnya hela kedjan."),
        CommonName(lapse.ca->ca));
  }
}

// TLS_SERVER_CERT_EXPIRED: the server's certificate, or each way up from it in every store
// that counts, has ended or not begun; RFC 5280, 4.1.2.5.
class ServerCertExpired final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kTlsServerCertExpired; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    const Language language = facts.language();
    for (const ProbeFacts& probe : facts.c.snapshot.probes) {
      const std::optional<Lapse> lapse = LapseOf(probe, facts.now);
      if (!lapse) continue;
      Finding finding = NewFinding(code(), probe);
      finding.certificate_sha256 = probe.chain.front().sha256;
      finding.evidence = Evidence(*lapse, language);
      if (lapse->validity == Validity::kNotYet) {
        TellNotYet(facts, finding);
      } else {
        TellEnded(*lapse, language, finding);
      }
      if (facts.clock_error > 0 && (!LapseOf(probe, facts.now - facts.clock_error) ||
                                    !LapseOf(probe, facts.now + facts.clock_error))) {
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
        for (const ProbeWay& way : trust.ways) {
          moments.Add(WholeSeconds(way.begins.time));
          moments.Add(WholeSeconds(way.ends.time) + 1);
        }
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
