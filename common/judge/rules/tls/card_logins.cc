#include "common/judge/rules/tls/card_logins.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "common/judge/seconds.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxDepth = 8;  // as CertificatePool has it

std::string Compared(const std::string& name) {
  std::string compared = absl::AsciiStrToLower(name);
  absl::RemoveExtraAsciiWhitespace(&compared);
  return compared;
}

// The ways up as the agent found them; of a report without any the one by verified issuers.
std::vector<CertificatePath> PathsOf(const Facts& facts, const CertificateFacts& certificate) {
  if (!certificate.paths.empty()) return certificate.paths;
  CertificatePath path;
  const CertificateFacts* current = &certificate;
  while (current != nullptr && path.size() < kMaxDepth && !current->issuer_sha256.empty()) {
    const CertificateFacts* issuer = facts.known_cas.Find(current->issuer_sha256);
    path.push_back(current->issuer_sha256);
    if (issuer == current) break;
    current = issuer == nullptr || issuer->issuer == issuer->subject ? nullptr : issuer;
  }
  return {path};
}

void AddName(const std::string& name, std::vector<std::string>& names) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

// Whether a browser, by its `view`, finds `ca` when it looks for issuers; null: what the
// browsers look at is not known. A store that could not be read may hold what another does.
bool Finds(const TrustView* view, const CertificateFacts& ca) {
  return view == nullptr || view->Find(ca.sha256) != nullptr || view->GapOfAbsent() == CaGap::kCannotTell;
}

// The names on `path` as far as a browser sees; then those beyond.
void Follow(const Facts& facts, const TrustView* view, const CertificatePath& path, CardLogin& login,
            size_t& furthest) {
  const CertificateFacts* current = login.certificate;
  bool sees = true;
  size_t depth = 0;
  AddName(current->issuer, login.names);
  for (const std::string& sha256 : path) {
    const CertificateFacts* issuer = facts.known_cas.Find(sha256);
    if (issuer == nullptr) break;
    if (sees && !Finds(view, *issuer)) {
      sees = false;
      if (depth >= furthest) login.missing = current->issuer;
    }
    if (sees) furthest = std::max(furthest, ++depth);
    AddName(issuer->issuer, sees ? login.names : login.names_beyond);
    current = issuer;
    if (issuer->issuer == issuer->subject) {
      login.chain_complete |= sees;
      return;
    }
  }
  if (sees && depth >= furthest) login.missing = current->issuer;
  const CataloguedCa* ca = facts.c.catalogue.FindBySubject(current->issuer);
  for (size_t i = 0; i < kMaxDepth && ca != nullptr && ca->role != CaRole::kRoot; ++i) {
    ca = facts.c.catalogue.FindById(ca->issuer);
    if (ca != nullptr) AddName(ca->subject, login.names_beyond);
  }
}

void FollowIssuers(const Facts& facts, CardLogin& login) {
  std::vector<const TrustView*> browsers;
  for (const TrustView& view : facts.views) {
    if (view.browser() != nullptr) browsers.push_back(&view);
  }
  if (browsers.empty()) browsers.push_back(nullptr);
  size_t furthest = 0;
  for (const CertificatePath& path : PathsOf(facts, *login.certificate)) {
    for (const TrustView* view : browsers) Follow(facts, view, path, login, furthest);
  }
  if (login.chain_complete) login.missing.clear();
}

}  // namespace

std::vector<CardLogin> CardLogins(const Facts& facts) {
  std::vector<CardLogin> logins;
  for (const CardView& view : facts.cards) {
    for (const CertificateFacts& certificate : view.card->certificates) {
      if (certificate.purpose != Purpose::kAuthentication ||
          ValidityAt(certificate, facts.now) != Validity::kValid) {
        continue;
      }
      CardLogin login;
      login.view = &view;
      login.certificate = &certificate;
      FollowIssuers(facts, login);
      logins.push_back(std::move(login));
    }
  }
  return logins;
}

bool HoldsName(const std::vector<std::string>& names, const std::string& name) {
  const std::string wanted = Compared(name);
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& one) { return Compared(one) == wanted; });
}

}  // namespace kortvakt
