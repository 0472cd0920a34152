#include "common/judge/rules/usable_login.h"

#include <algorithm>
#include <functional>

#include "absl/strings/substitute.h"
#include "common/judge/revocation_view.h"
#include "common/judge/rules/card_kind.h"
#include "common/judge/rules/cert_dates.h"
#include "common/judge/rules/missing_ca.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// Whether what stands in the way at `link` is critical, as the rules about required CAs have it:
// browsers do not ask for a root that the machine has, and of a CA that is not required
// CHAIN_BROKEN says that some programs get by without it.
bool Stops(const Facts& facts, const TrustView& trust, const PathLink& link) {
  if (!IsLacking(link.gap) && link.gap != CaGap::kDistrusted) return false;
  const auto required = std::find_if(facts.required_cas.begin(), facts.required_cas.end(),
                                     [&link](const RequiredCa& one) { return one.ca == link.ca; });
  if (required == facts.required_cas.end()) return false;
  const bool on_machine =
      required->presence == CaPresence::kPresent || required->presence == CaPresence::kPresentByName;
  return link.gap == CaGap::kDistrusted || link.ca->role != CaRole::kRoot || trust.browser() == nullptr ||
         !on_machine;
}

// What to make of a store that could not be read.
enum class Doubt { kCounts, kDoesNotCount };

bool ChainStands(const Facts& facts, const CertificateFacts& certificate, Doubt doubt) {
  const auto login =
      std::find_if(facts.login_paths.begin(), facts.login_paths.end(),
                   [&certificate](const CardLoginPaths& one) { return one.certificate == &certificate; });
  if (login == facts.login_paths.end() || login->paths.empty()) return true;
  const bool strict = doubt == Doubt::kCounts;
  const bool hidden = !strict && MayHideABrowser(facts.c.snapshot);
  for (size_t i = 0; i < login->paths.size(); ++i) {
    const LoginPath& path = login->paths[i];
    const bool stopped = std::any_of(path.links.begin(), path.links.end(), [&](const PathLink& link) {
      if (link.gap == CaGap::kCannotTell) return strict;
      return !hidden && Stops(facts, facts.views[i], link);
    });
    if (path.holds && !stopped) return true;
  }
  return false;
}

// Of those that count: with HSA-id, where there is one.
const CertificateFacts* LoginThatWorks(const Facts& facts, const CardView& view, Doubt doubt) {
  const auto has_hsa_id = [](const CertificateFacts* login) {
    return login->identity_kind == IdentityKind::kHsaId;
  };
  std::vector<const CertificateFacts*> logins = UsableLogins(facts, view);
  if (std::any_of(logins.begin(), logins.end(), has_hsa_id)) std::erase_if(logins, std::not_fn(has_hsa_id));
  const auto works = std::find_if(logins.begin(), logins.end(), [&](const CertificateFacts* login) {
    return ChainStands(facts, *login, doubt);
  });
  return works == logins.end() ? nullptr : *works;
}

}  // namespace

bool IsUsable(const Facts& facts, const CardView& view, size_t index) {
  const CertificateFacts& certificate = view.certificate(index);
  if (!IsLogin(certificate) || certificate.key_presence == KeyPresence::kAbsent) return false;
  if (ValidityAt(certificate, facts.now) != Validity::kValid) return false;
  const CataloguedCa* ca = view.sorted.issuers[index].ca;
  if (ca != nullptr && (ca->state != CaState::kCurrent || ca->environment != facts.c.policy.environment))
    return false;
  const RevocationCheck* check = RevocationOf(facts.c.snapshot, certificate);
  return check == nullptr || check->status != RevocationStatus::kRevoked;
}

std::vector<const CertificateFacts*> UsableLogins(const Facts& facts, const CardView& view) {
  std::vector<const CertificateFacts*> logins;
  for (const size_t index : view.sorted.persons) {
    if (IsUsable(facts, view, index)) logins.push_back(&view.certificate(index));
  }
  return logins;
}

bool CanLogIn(const Facts& facts, const CardView& view) {
  return LoginThatWorks(facts, view, Doubt::kDoesNotCount) != nullptr;
}

void LowerForUsableLogin(const Facts& facts, Finding& finding) {
  if (finding.severity != Severity::kCritical) return;
  const Language language = facts.language();
  for (const CardView& view : facts.cards) {
    const CertificateFacts* login = LoginThatWorks(facts, view, Doubt::kCounts);
    if (login == nullptr) continue;
    const std::string reason =
        absl::Substitute(Say(language, "$0 can log in all the same with its certificate by '$1'",
                             "$0 kan logga in ändå med sitt certifikat från '$1'"),
                         CardName(*view.reader, *view.card, language), CommonName(login->issuer));
    return Lower(Severity::kWarning, reason.c_str(), finding);
  }
}

}  // namespace kortvakt
