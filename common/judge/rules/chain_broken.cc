#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/judge/rules/cert_dates.h"
#include "common/judge/rules/missing_ca.h"
#include "common/judge/rules/other_card.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/usable_login.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// Whether no rule about required CAs tells of what stands in the way of `link`.
bool IsUntold(const Facts& facts, const std::map<std::string, NeededCa>& needed, const TrustView& view,
              const PathLink& link) {
  if (link.gap == CaGap::kNone || link.gap == CaGap::kCannotTell) return false;
  const bool required =
      link.ca != nullptr && std::any_of(facts.required_cas.begin(), facts.required_cas.end(),
                                        [&link](const RequiredCa& one) { return one.ca->id == link.ca->id; });
  return !required || (view.GapOf(*link.ca) == CaGap::kNone && !needed.at(link.ca->id).namesake);
}

// The first CA that a login certificate's way lacks, and no other finding names.
struct UntoldGap {
  const TrustView* view = nullptr;  // null: there is none
  const LoginPath* path = nullptr;
  size_t link = 0;
};

UntoldGap FindUntoldGap(const Facts& facts, const std::map<std::string, NeededCa>& needed,
                        const CardLoginPaths& login) {
  for (size_t i = 0; i < login.paths.size(); ++i) {
    const LoginPath& path = login.paths[i];
    const auto link = std::find_if(path.links.begin(), path.links.end(), [&](const PathLink& one) {
      return IsUntold(facts, needed, facts.views[i], one);
    });
    if (link != path.links.end())
      return {&facts.views[i], &path, static_cast<size_t>(link - path.links.begin())};
  }
  return {};
}

// Whether no login here takes the certificates of its CA anyway, which TEST_CERT_IN_PRODUCTION and
// RETIRED_ISSUER tell.
bool IsRefused(const Facts& facts, const CardLoginPaths& login) {
  const auto index = static_cast<size_t>(login.certificate - login.card->card->certificates.data());
  const CataloguedCa& issuer = *login.card->sorted.issuers[index].ca;
  return issuer.state != CaState::kCurrent || issuer.environment != facts.c.policy.environment;
}

bool HoldsSomewhere(const CardLoginPaths& login) {
  return std::any_of(login.paths.begin(), login.paths.end(),
                     [](const LoginPath& path) { return path.complete(); });
}

std::string WayText(const LoginPath& path) {
  std::string way;
  for (const PathLink& link : path.links)
    absl::StrAppend(&way, way.empty() ? "" : " > ", CommonName(link.subject));
  return way;
}

void TellOfLimit(const Facts& facts, const CardLoginPaths& login, Finding& finding) {
  const Language language = facts.language();
  const LoginPath& path = login.paths.front();
  absl::StrAppend(&finding.evidence, "; ", WayText(path), ": ",
                  Say(language, "each signature fits, but ", "varje signatur stämmer, men "),
                  BrokenLimitText(path, language));
  finding.remedy = Say(
      language,
      "Compare the CA certificates of this chain with those that their publisher has, and install the "
      "publisher's. If they are the same, no program accepts certificates of this CA: get a card of another. "
      "`openssl verify -purpose sslclient -CAfile ROOT -untrusted CA CARD` names the limit.",
      "Jämför kedjans CA-certifikat med dem som utgivaren har, och installera utgivarens. Är de likadana "
      "godtar inget program certifikat från den här utfärdaren: skaffa ett kort från en annan. "
      "`openssl verify -purpose sslclient -CAfile ROT -untrusted CA KORT` säger vilken gräns det är.");
  // Another certificate on the card: this one cannot.
  if (CanLogIn(facts, *login.card)) {
    Lower(Severity::kWarning,
          Say(language, "another login certificate on the card can be used",
              "ett annat inloggningscertifikat på kortet går att använda"),
          finding);
  } else if (OtherCardToLogInWith(facts, *login.card) != nullptr) {
    LowerForOtherCard(facts, *login.card, finding);
  }
}

// The root that a cross-signed certificate stands for does without the CA above.
const CataloguedCa* RootBelow(const UntoldGap& gap) {
  const CataloguedCa* below = gap.link == 0 ? nullptr : gap.path->links[gap.link - 1].ca;
  return below != nullptr && below->role == CaRole::kRoot ? below : nullptr;
}

void TellOfGap(const UntoldGap& gap, Language language, Finding& finding) {
  const PathLink& link = gap.path->links[gap.link];
  const std::string name = CommonName(link.subject);
  absl::StrAppend(&finding.evidence, "; ", WayText(*gap.path), ": ", name, " ", GapText(link.gap, language));
  Lower(Severity::kWarning,
        Say(language, "a program that ends the chain at a certificate below gets by without it",
            "ett program som avslutar kedjan vid ett certifikat under klarar sig utan det"),
        finding);
  const CataloguedCa* root = RootBelow(gap);
  if (root == nullptr) {
    finding.remedy = absl::Substitute(
        Say(language,
            "If your services accept cards of '$0', install its certificate for the whole machine, and "
            "add it to `required_cas` of the policy. Check its fingerprint with its publisher first.",
            "Om era tjänster godtar kort under '$0', installera dess certifikat för hela datorn och "
            "lägg till det i policyns `required_cas`. Kontrollera först dess fingeravtryck hos utgivaren."),
        name);
    return;
  }
  finding.remedy = absl::Substitute(
      Say(language, "Install the root '$0' itself: what is here of it is only signed by '$1'.",
          "Installera rotcertifikatet '$0' självt: det som finns av det här är bara signerat av '$1'."),
      CommonName(root->subject), name);
  absl::StrAppend(&finding.remedy, CurrentCertificateText(*root, language));
}

// CHAIN_BROKEN: a valid login certificate whose chain holds nowhere on the workstation, for a
// reason that no finding about a required CA tells. Critical where a limit in the chain is broken
// (RFC 5280, 6.1), for all refuse it; a warning where a CA above, which need not be here, is not.
class ChainBroken final : public CaValidityRule {
 public:
  FindingCode code() const override { return FindingCode::kChainBroken; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    // Certificates of a card by one issuer share their chain.
    std::set<std::pair<const CardView*, std::string_view>> told;
    const std::map<std::string, NeededCa> needed = NeededCas(facts);
    for (const CardLoginPaths& login : facts.login_paths) {
      if (login.paths.empty() || HoldsSomewhere(login)) continue;
      if (ValidityAt(*login.certificate, facts.now) != Validity::kValid || IsRefused(facts, login)) continue;
      const UntoldGap gap = FindUntoldGap(facts, needed, login);
      const bool holds = login.paths.front().holds;
      if ((holds && gap.view == nullptr) || !told.insert({login.card, login.certificate->issuer}).second)
        continue;
      findings.push_back(Found(facts, login, gap));
    }
  }
  absl::Time NextChange(const Facts& facts) const override {
    Moments moments(facts);
    moments.AddCaValidity(facts);
    moments.AddValidity(facts);
    return moments.Next();
  }

 private:
  Finding Found(const Facts& facts, const CardLoginPaths& login, const UntoldGap& gap) const {
    const Language language = facts.language();
    const auto index = static_cast<size_t>(login.certificate - login.card->card->certificates.data());
    Finding finding = DateFinding(code(), *login.card, index, language);
    if (!login.paths.front().holds) {
      TellOfLimit(facts, login, finding);
    } else {
      TellOfGap(gap, language, finding);
    }
    return finding;
  }
};

}  // namespace

const Rule& ChainBrokenRule() {
  static const ChainBroken rule;
  return rule;
}

}  // namespace kortvakt
