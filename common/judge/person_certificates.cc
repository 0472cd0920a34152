#include "common/judge/person_certificates.h"

#include <algorithm>
#include <string_view>
#include <tuple>

#include "common/judge/seconds.h"

namespace kortvakt {
namespace {

bool HasNationalNumber(const CertificateFacts& certificate) {
  return certificate.identity_kind == IdentityKind::kPersonnummer ||
         certificate.identity_kind == IdentityKind::kSamordningsnummer;
}

bool SameKindOfIdentity(const CertificateFacts& a, const CertificateFacts& b) {
  return HasNationalNumber(a) == HasNationalNumber(b) &&
         (HasNationalNumber(a) || a.identity_kind == b.identity_kind);
}

// The organisation in an HSA-id: what stands before the first hyphen.
std::string_view PrefixOf(const std::string& hsa_id) {
  return std::string_view(hsa_id).substr(0, hsa_id.find('-'));
}

bool SameOrganisation(const CertificateFacts& a, const CertificateFacts& b) {
  if (!a.hsa_id.empty() && a.hsa_id == b.hsa_id) return true;
  if (!a.organisation.empty() || !b.organisation.empty()) return a.organisation == b.organisation;
  return PrefixOf(a.hsa_id) == PrefixOf(b.hsa_id);
}

// Of two certificates for the same use, the one that is left: it ends later, or,
// ending together, was issued later, or (twins) was read later.
auto Age(const CardFacts& card, size_t index) {
  const CertificateFacts& certificate = card.certificates[index];
  return std::tuple(WholeSeconds(certificate.not_after), WholeSeconds(certificate.not_before), index);
}

bool IsReplaced(const CardFacts& card, const PersonCertificates& sorted, size_t index) {
  const CertificateFacts& certificate = card.certificates[index];
  return std::any_of(sorted.persons.begin(), sorted.persons.end(), [&](size_t other) {
    const CertificateFacts& candidate = card.certificates[other];
    return other != index && candidate.purpose == certificate.purpose &&
           SameKindOfIdentity(candidate, certificate) && SameOrganisation(candidate, certificate) &&
           sorted.issuers[other].ca->environment == sorted.issuers[index].ca->environment &&
           Age(card, other) > Age(card, index);
  });
}

// An organisation on the card, with the certificate that stands for it.
struct Group {
  size_t representative;
  OrganisationCertificates certificates;
};

Group& GroupFor(const CardFacts& card, size_t index, std::vector<Group>& groups) {
  const CertificateFacts& certificate = card.certificates[index];
  for (Group& group : groups) {
    if (SameOrganisation(card.certificates[group.representative], certificate)) return group;
  }
  if (HasNationalNumber(certificate)) {
    for (Group& group : groups) {
      const CertificateFacts& other = card.certificates[group.representative];
      if (!other.hsa_id.empty() && other.hsa_id == card.holder_hsa_id) return group;
    }
    for (Group& group : groups) {
      if (!HasNationalNumber(card.certificates[group.representative])) return group;
    }
  }
  return groups.emplace_back(Group{index, {}});
}

}  // namespace

PersonCertificates SortPersonCertificates(const CardFacts& card, const CaCatalogue& catalogue,
                                          const CaDirectory& known_cas, const ReplacementLookup* elsewhere) {
  PersonCertificates sorted;
  sorted.issuers.reserve(card.certificates.size());
  for (size_t i = 0; i < card.certificates.size(); ++i) {
    const CertificateFacts& certificate = card.certificates[i];
    const RecognisedCa issuer = RecogniseIssuer(certificate, catalogue, known_cas);
    sorted.issuers.push_back(issuer);
    if (issuer.ca != nullptr && issuer.match != CaMatch::kLookAlike && issuer.match != CaMatch::kNone &&
        issuer.ca->issues == CaIssues::kPersons && !certificate.is_ca) {
      sorted.persons.push_back(i);
    }
  }
  std::vector<Group> groups;
  // Those with an HSA-id first: the others follow them.
  for (const bool national : {false, true}) {
    for (const size_t i : sorted.persons) {
      const CertificateFacts& certificate = card.certificates[i];
      const bool login = certificate.purpose == Purpose::kAuthentication;
      if (HasNationalNumber(certificate) != national) continue;
      if (!login && certificate.purpose != Purpose::kSignature) continue;
      if (IsReplaced(card, sorted, i)) continue;
      if (elsewhere != nullptr && elsewhere->HasLater(card, certificate)) continue;
      OrganisationCertificates& certificates = GroupFor(card, i, groups).certificates;
      (login ? certificates.login : certificates.signature).push_back(i);
    }
  }
  const auto sooner = [&](size_t a, size_t b) { return Age(card, a) < Age(card, b); };
  for (Group& group : groups) {
    std::sort(group.certificates.login.begin(), group.certificates.login.end(), sooner);
    std::sort(group.certificates.signature.begin(), group.certificates.signature.end(), sooner);
    sorted.organisations.push_back(std::move(group.certificates));
  }
  return sorted;
}

int64_t LifetimeOf(const CardFacts& card, const PersonCertificates& sorted, size_t index) {
  const CertificateFacts& certificate = card.certificates[index];
  const int64_t end = WholeSeconds(certificate.not_after);
  const int64_t own_begin = WholeSeconds(certificate.not_before);
  int64_t begin = own_begin;
  for (const size_t other : sorted.persons) {
    const CertificateFacts& candidate = card.certificates[other];
    if (WholeSeconds(candidate.not_after) < own_begin) continue;
    begin = std::min(begin, WholeSeconds(candidate.not_before));
  }
  return std::max<int64_t>(end - begin, 0);
}

int64_t RenewalWindow(int64_t lifetime, const Policy& policy) {
  const int64_t share = std::max<int64_t>(lifetime, 0) / std::max(policy.renewal_lifetime_divisor, 1);
  return std::clamp<int64_t>(WholeSeconds(policy.renewal_within), 0, share);
}

}  // namespace kortvakt
