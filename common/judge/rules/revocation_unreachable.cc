#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/judge/revocation_view.h"
#include "common/judge/rules/cert_dates.h"
#include "common/judge/rules/rules.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// What the network, or the server's owner, has to answer for. A clock that is wrong makes
// good answers look old.
bool IsTrouble(const RevocationCheck& check, const Facts& facts) {
  switch (check.problem) {
    case RevocationProblem::kUnreachable:
    case RevocationProblem::kMalformed:
    case RevocationProblem::kTryLater:
      return true;
    case RevocationProblem::kNotCurrent:
      return facts.clock_error == 0;
    default:
      return false;
  }
}

// What was seen of a server, and when last.
struct Trouble {
  std::string text;
  absl::Time last;
};

// Many certificates meet the same trouble, each a moment later.
void Note(std::string text, absl::Time at, std::vector<Trouble>& troubles) {
  const auto same = std::find_if(troubles.begin(), troubles.end(),
                                 [&](const Trouble& trouble) { return trouble.text == text; });
  if (same == troubles.end()) {
    troubles.push_back({std::move(text), at});
  } else {
    same->last = std::max(same->last, at);
  }
}

// REVOCATION_UNREACHABLE: a revocation server gives no answer here, or none that is of use;
// RFC 6960, 2.3; RFC 5280, 6.3. A server or a domain controller that must ask too may then
// refuse the login. One finding for all servers. For
// information where every certificate was told of all the same.
class RevocationUnreachable final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kRevocationUnreachable; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    const Language language = facts.language();
    std::vector<std::string> hosts;
    std::vector<Trouble> troubles;
    bool told = true;
    for (const CardView& view : facts.cards) {
      for (const CertificateFacts& certificate : view.card->certificates) {
        const RevocationCheck* answer = RevocationOf(facts.c.snapshot, certificate);
        if (answer == nullptr) continue;
        for (const RevocationCheck& check : facts.c.snapshot.revocations) {
          if (check.certificate_sha256 != certificate.sha256 || !IsTrouble(check, facts)) continue;
          const std::string host = HostOf(check.url);
          if (std::find(hosts.begin(), hosts.end(), host) == hosts.end()) hosts.push_back(host);
          Note(absl::StrCat(host, ": ", ProblemText(check, language)), check.checked_at, troubles);
          if (answer->status == RevocationStatus::kUnknown) told = false;
        }
      }
    }
    if (hosts.empty()) return;
    std::vector<std::string> seen;
    for (const Trouble& trouble : troubles) {
      seen.push_back(absl::StrCat(trouble.text, ", ", TriedText(trouble.last, language)));
    }
    Finding finding = NewFinding(code());
    finding.subject = ListText(hosts, 6, language);
    finding.evidence = ListText(seen, 6, language);
    if (told) {
      Lower(Severity::kInfo,
            Say(language, "every certificate was told of, by another server or before",
                "svar finns för varje certifikat, från en annan server eller från tidigare"),
            finding);
    }
    finding.remedy = Say(
        language,
        "Let this network reach these hosts by HTTP on port 80, by name and not by address (DNS, firewall, "
        "proxy), and see that what answers is not another server's page.",
        "Släpp igenom HTTP på port 80 till dessa värdar från nätet, angivna med namn och inte adress (DNS, "
        "brandvägg, proxy), och se till att det som svarar inte är en annan servers sida.");
    findings.push_back(std::move(finding));
  }
};

}  // namespace

const Rule& RevocationUnreachableRule() {
  static const RevocationUnreachable rule;
  return rule;
}

}  // namespace kortvakt
