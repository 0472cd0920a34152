#include "common/judge/remedy.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/judge/seconds.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// Short-term cards live 6 months, reserve cards less.
constexpr int64_t kShortTermSeconds = 190 * int64_t{86'400};

}  // namespace

std::string ContactFor(const Policy& policy, const std::string& organisation) {
  auto contact = policy.contacts.find(organisation);
  if (contact == policy.contacts.end()) contact = policy.contacts.find("");
  return contact == policy.contacts.end() ? "" : contact->second;
}

std::string RenewalRemedy(absl::Time not_after, absl::Duration lifetime, const std::string& organisation,
                          const Policy& policy, absl::Time now, Language language) {
  const int64_t left = WholeSeconds(not_after) - WholeSeconds(now);
  const std::string delivery = DurationText(policy.delivery, language);
  std::string text;
  if (left < 0) {
    text = Say(
        language,
        "Order a new card from the card office; until it comes, use a short-term or reserve card. A card "
        "that has ended cannot log in to renew itself.",
        "Beställ ett nytt kort hos kortkontoret; använd ett korttidskort eller reservkort tills det kommer. "
        "Ett kort som har gått ut kan inte logga in för att förnya sig självt.");
  } else if (left < WholeSeconds(policy.delivery)) {
    text = absl::Substitute(
        Say(language,
            "Order a new card now, and a short-term or reserve card for the time between: delivery takes "
            "about "
            "$0, longer than what is left.",
            "Beställ ett nytt kort nu, och ett korttidskort eller reservkort för mellantiden: leveransen tar "
            "ungefär $0, längre än vad som är kvar."),
        delivery);
  } else {
    text = absl::Substitute(Say(language, "Order a new card now: delivery takes about $0.",
                                "Beställ ett nytt kort nu: leveransen tar ungefär $0."),
                            delivery);
  }
  if (WholeSeconds(lifetime) <= kShortTermSeconds) {
    absl::StrAppend(&text,
                    Say(language,
                        " This is a short-term or reserve card: ask whether it can be extended, or order an "
                        "ordinary card.",
                        " Det här är ett korttidskort eller reservkort: fråga om det kan förlängas, eller "
                        "beställ ett ordinarie kort."));
  }
  absl::StrAppend(&text,
                  Say(language,
                      " Mail encrypted for this card cannot be read with the new one: keep the old card, or "
                      "decrypt what must be kept.",
                      " Post som krypterats för det här kortet kan inte läsas med det nya: behåll det gamla "
                      "kortet, eller dekryptera det som ska sparas."));
  const std::string contact = ContactFor(policy, organisation);
  if (!contact.empty()) {
    absl::StrAppend(&text, Say(language, " Card office: ", " Kortkontor: "), CleanText(contact, 500));
  }
  return text;
}

}  // namespace kortvakt
