#include "collector/query/standings.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "common/judge/login_ways.h"
#include "common/judge/revocation_view.h"

namespace kortvakt {
namespace {

// Real workstations show one or two cards of 2 to 6 certificates.
constexpr size_t kMaxStandings = 64;

v1::RevocationStatus ToProto(RevocationStatus status) {
  switch (status) {
    case RevocationStatus::kGood:
      return v1::REVOCATION_STATUS_GOOD;
    case RevocationStatus::kRevoked:
      return v1::REVOCATION_STATUS_REVOKED;
    case RevocationStatus::kUnknown:
      break;
  }
  return v1::REVOCATION_STATUS_UNKNOWN;
}

v1::CertificateStanding StandingOf(const CertificateFacts& certificate, const Case& c, LoginWays& ways) {
  v1::CertificateStanding standing;
  standing.set_certificate_sha256(certificate.sha256);
  if (const RevocationCheck* check = RevocationOf(c.snapshot, certificate); check != nullptr) {
    standing.set_revocation(ToProto(check->status));
    standing.set_revocation_text(RevocationText(*check, c.language));
  }
  if (certificate.purpose != Purpose::kAuthentication) return standing;
  for (std::string& way : ways.Of(certificate)) standing.add_login_ways(std::move(way));
  return standing;
}

}  // namespace

std::vector<v1::CertificateStanding> StandingsOf(const Case& c) {
  std::vector<v1::CertificateStanding> standings;
  LoginWays ways(c);
  std::set<std::string_view> seen;  // two readers may show one card
  for (const ReaderFacts& reader : c.snapshot.readers) {
    if (!reader.card) continue;
    for (const CertificateFacts& certificate : reader.card->certificates) {
      if (standings.size() == kMaxStandings) return standings;
      if (!seen.insert(certificate.sha256).second) continue;
      v1::CertificateStanding standing = StandingOf(certificate, c, ways);
      const bool says_something = !standing.revocation_text().empty() || !standing.login_ways().empty();
      if (says_something) standings.push_back(std::move(standing));
    }
  }
  return standings;
}

}  // namespace kortvakt
