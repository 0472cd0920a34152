#include "common/judge/rules/tls/card_logins.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "common/judge/seconds.h"

namespace kortvakt {
namespace {

constexpr int kMaxDepth = 8;  // as CertificatePool has it

std::string Compared(const std::string& name) {
  std::string compared = absl::AsciiStrToLower(name);
  absl::RemoveExtraAsciiWhitespace(&compared);
  return compared;
}

void FollowIssuers(const Facts& facts, CardLogin& login) {
  const CertificateFacts* current = login.certificate;
  for (int depth = 0; depth < kMaxDepth && current != nullptr; ++depth) {
    login.names.push_back(current->issuer);
    const CertificateFacts* issuer = facts.known_cas.Find(current->issuer_sha256);
    if (issuer == nullptr) break;
    if (issuer == current || issuer->issuer == issuer->subject) {
      login.chain_complete = true;
      return;
    }
    current = issuer;
  }
  login.missing = login.names.back();
  const CataloguedCa* ca = facts.c.catalogue.FindBySubject(login.missing);
  for (int depth = 0; depth < kMaxDepth && ca != nullptr && ca->role != CaRole::kRoot; ++depth) {
    ca = facts.c.catalogue.FindById(ca->issuer);
    if (ca != nullptr) login.names_beyond.push_back(ca->subject);
  }
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
