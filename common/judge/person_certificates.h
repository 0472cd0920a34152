// A card's certificates sorted: which are a person's by the catalogue, which of
// them another replaces, and to which organisation they belong.
#pragma once

#include <cstdint>
#include <vector>

#include "common/certs/classify.h"
#include "common/judge/renewal.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt {

// Certificates of one organisation that nothing replaces, by index into the
// card's certificates, those that end first in front.
struct OrganisationCertificates {
  std::vector<size_t> login;
  std::vector<size_t> signature;
};

struct PersonCertificates {
  // By whom each of the card's certificates was issued.
  std::vector<RecognisedCa> issuers;
  // Indices of the certificates of catalogued person CAs, in reading order. A
  // look-alike's certificates are not among them.
  std::vector<size_t> persons;
  // In reading order.
  std::vector<OrganisationCertificates> organisations;
};

// Sorts `card`, whose certificates are classified. A certificate is replaced by
// one of the card with the same purpose, kind of identity (HSA-id, or national
// number), environment and organisation that ends later, or by `elsewhere`.
//
// Of one organisation are certificates with the same HSA-id or subject O.
// Certificates with a national number follow the HSA-id: they belong to the
// organisation with their O, else to that of the card's holder.
PersonCertificates SortPersonCertificates(const CardFacts& card, const CaCatalogue& catalogue,
                                          const CaDirectory& known_cas, const ReplacementLookup* elsewhere);

// Lifetime L, in seconds, of a card by its certificate `index`: from the earliest
// notBefore of those person certificates whose validity overlaps with its own (a
// reserve card that is used again keeps ended ones of the earlier time, which
// must not make the new ones look old) to its notAfter. Never negative.
int64_t LifetimeOf(const CardFacts& card, const PersonCertificates& sorted, size_t index);

// min(policy.renewal_within, lifetime / divisor), in seconds.
int64_t RenewalWindow(int64_t lifetime, const Policy& policy);

}  // namespace kortvakt
