#include "common/judge/rules/missing_ca.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/judge/rules/usable_login.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

void AddStore(const TrustStoreFacts* store, const char* text, Language language, std::string& evidence) {
  if (store != nullptr) absl::StrAppend(&evidence, "; ", absl::Substitute(text, StoreName(*store, language)));
}

bool IsOnCard(const Facts& facts, const CertificateFacts* certificate) {
  return std::any_of(facts.cards.begin(), facts.cards.end(), [certificate](const CardView& view) {
    // Asked for each link of each way: by where it lies, not by looking at each.
    const std::vector<CertificateFacts>& held = view.card->certificates;
    const std::less<> before;
    return !before(certificate, held.data()) && before(certificate, held.data() + held.size());
  });
}

// What the ways of one login certificate say.
std::map<std::string, NeededCa> NeededFor(const Facts& facts, const CardLoginPaths& login) {
  const bool hidden = MayHideABrowser(facts.c.snapshot);
  std::map<std::string, NeededCa> needed;
  std::set<std::string> found;
  for (const LoginPath& path : login.paths) {
    for (const PathLink& link : path.links) {
      if (link.ca == nullptr) continue;
      NeededCa& ca = needed[link.ca->id];
      if (ca.issued == nullptr) ca.issued = link.issued;
      if (IsLacking(link.gap) || link.gap == CaGap::kDistrusted)
        (hidden ? ca.cannot_tell : ca.lacking) = true;
      ca.cards = {login.card};
      ca.cannot_tell |= link.gap == CaGap::kCannotTell;
      ca.on_card = ca.on_card || IsOnCard(facts, link.certificate);
      ca.namesake |= link.namesake;
      if (link.certificate != nullptr) found.insert(link.ca->id);
    }
  }
  for (const std::string& id : found) needed[id].namesake = false;
  return needed;
}

std::string Evidence(const Facts& facts, const RequiredCa& required, const NeededCa& need) {
  const Language language = facts.language();
  std::vector<std::string> stores;
  for (const TrustStoreFacts& store : facts.c.snapshot.trust_stores) {
    stores.push_back(StoreNameAndState(store, language));
  }
  std::string evidence =
      absl::Substitute(Say(language, "not in: $0", "finns inte i: $0"), ListText(stores, 6, language));
  if (need.namesake) {
    evidence += Say(language, "; what bears its name here has not the key that signed the card's certificate",
                    "; det som bär dess namn här har inte den nyckel som signerat kortets certifikat");
  }
  AddStore(required.look_alike_in,
           required.ca->public_key_sha256.empty() && !required.ca->sha256.empty()
               ? Say(language,
                     "a certificate with its name but another fingerprint is in $0: do not trust that one "
                     "unless its publisher vouches for it",
                     "ett certifikat med dess namn men ett annat fingeravtryck finns i $0: lita inte på det "
                     "om inte utgivaren går i god för det")
               : Say(language, "a certificate with its name but another key is in $0: do not trust that one",
                     "ett certifikat med dess namn men en annan nyckel finns i $0: lita inte på det"),
           language, evidence);
  AddStore(required.untrusted_in,
           Say(language, "there, but not trusted, in $0", "finns, men ej betrott, i $0"), language, evidence);
  AddStore(required.not_yet_in,
           Say(language, "there, but not yet valid, in $0", "finns, men gäller inte ännu, i $0"), language,
           evidence);
  // Of a namesake's the catalogue knows the other key.
  const std::string key_id = !required.ca->subject_key_id.empty() && !need.namesake
                                 ? required.ca->subject_key_id
                             : need.issued != nullptr ? CleanText(need.issued->authority_key_id, 64)
                                                      : "";
  if (!key_id.empty()) absl::StrAppend(&evidence, Say(language, "; key id ", "; nyckel-id "), key_id);
  return evidence;
}

const char* CheckFingerprintText(Language language) {
  return Say(language, " Check its fingerprint with its publisher before installing it.",
             " Kontrollera dess fingeravtryck hos utgivaren innan det installeras.");
}

// The browsers that lack it: besides the machine's store it goes into theirs.
std::vector<std::string> BrowsersWithout(const Facts& facts, const CataloguedCa& ca) {
  std::vector<std::string> names;
  for (const TrustView& view : facts.views) {
    if (view.browser() != nullptr && IsLacking(view.GapOf(ca))) {
      names.push_back(BrowserName(*view.browser(), facts.c.snapshot));
    }
  }
  return names;
}

std::string Remedy(const Facts& facts, const RequiredCa& required, const NeededCa& need) {
  const Language language = facts.language();
  const CertificateFacts* issued = need.issued;
  std::string remedy = absl::Substitute(
      required.ca->role == CaRole::kRoot
          ? Say(language, "Install the root '$0', after the issuing CAs, as trusted for the whole machine.",
                "Installera rotcertifikatet '$0', efter utfärdarcertifikaten, som betrott för hela datorn.")
          : Say(language, "Install the issuing CA '$0', before the root, for the whole machine.",
                "Installera utfärdarcertifikatet '$0', före rotcertifikatet, för hela datorn."),
      CommonName(required.ca->subject));
  const bool address_known = !required.ca->ca_issuers_url.empty() && !need.namesake;
  if (!address_known && issued != nullptr && !issued->ca_issuers_urls.empty()) {
    absl::StrAppend(
        &remedy,
        absl::Substitute(
            issued->is_ca
                ? Say(language, " The certificate of the CA below names $0 as its place.",
                      " Certifikatet för utfärdaren under den anger $0 som dess plats.")
                : Say(language, " The card's certificate names $0 as its place, which nobody vouches for.",
                      " Kortets certifikat anger $0 som dess plats, vilket ingen går i god för."),
            CleanText(issued->ca_issuers_urls.front(), 200)));
  }
  absl::StrAppend(&remedy, need.namesake ? CheckFingerprintText(language)
                                         : CurrentCertificateText(*required.ca, language));
  absl::StrAppend(
      &remedy, Say(language,
                   " On Linux: /usr/local/share/ca-certificates and update-ca-certificates; browsers there "
                   "have stores of their own and need it too.",
                   " På Linux: /usr/local/share/ca-certificates och update-ca-certificates; webbläsare där "
                   "har egna lager och behöver det också."));
  if (const std::vector<std::string> browsers = BrowsersWithout(facts, *required.ca); !browsers.empty()) {
    absl::StrAppend(&remedy, Say(language, " Here they are: ", " Här är de: "),
                    ListText(browsers, 6, language), ".");
  }
  return remedy;
}

std::string NeedText(const NeededCa& need, Language language) {
  if (!need.lacking && !need.cannot_tell && !need.on_card) {
    return Say(language, "; no card that is here now needs it", "; inget kort som sitter i nu behöver det");
  }
  if (need.lacking || need.cannot_tell) {
    return absl::StrCat(NeededByText(need.cards, language),
                        need.lacking ? ""
                                     : Say(language, "; whether a browser has it cannot be told",
                                           "; om någon webbläsare har det går inte att avgöra"));
  }
  return Say(language, "; a card that is here carries it, and the browsers find it there",
             "; ett kort som sitter i har det med sig, och webbläsarna hittar det där");
}

}  // namespace

std::map<std::string, NeededCa> NeededCas(const Facts& facts) {
  std::map<std::string, NeededCa> needed;
  for (const CardLoginPaths& login : facts.login_paths) {
    for (const auto& [id, one] : NeededFor(facts, login)) {
      NeededCa& ca = needed[id];
      // What the CA that is missing signed says most of it.
      if (ca.issued == nullptr || (one.namesake && !ca.namesake)) ca.issued = one.issued;
      // Of those whose way lacks it only the cards where one does.
      if (one.lacking && !ca.lacking) ca.cards.clear();
      const bool counts = one.lacking || !ca.lacking;
      if (counts && (ca.cards.empty() || ca.cards.back() != login.card)) ca.cards.push_back(login.card);
      ca.lacking |= one.lacking;
      ca.cannot_tell |= one.cannot_tell;
      ca.on_card |= one.on_card;
      ca.namesake |= one.namesake;
    }
  }
  return needed;
}

std::string NeededByText(const std::vector<const CardView*>& cards, Language language) {
  std::vector<std::string> names;
  for (const CardView* view : cards) names.push_back(CardName(*view->reader, *view->card, language));
  return absl::StrCat(Say(language, "; needed by ", "; behövs av "), ListText(names, 4, language));
}

bool MayHideABrowser(const Snapshot& snapshot) {
  return snapshot.browsers.empty() && std::any_of(snapshot.trust_stores.begin(), snapshot.trust_stores.end(),
                                                  [](const TrustStoreFacts& store) {
                                                    return store.owner != "machine" &&
                                                           store.state == TrustStoreState::kUnreadable;
                                                  });
}

bool IsLacking(CaGap gap) {
  return gap == CaGap::kMissing || gap == CaGap::kUntrusted || gap == CaGap::kNotYetValid ||
         gap == CaGap::kEnded;
}

std::string CurrentCertificateText(const CataloguedCa& ca, Language language) {
  std::string text;
  if (!ca.ca_issuers_url.empty()) {
    text = absl::StrCat(Say(language, " Fetch it from ", " Hämta det från "), ca.ca_issuers_url, ".");
  }
  return ca.sha256.empty()
             ? text + CheckFingerprintText(language)
             : absl::StrCat(text, Say(language, " Its SHA-256 must be ", " Dess SHA-256 ska vara "),
                            ca.sha256, ".");
}

void FindMissingCas(const Facts& facts, FindingCode code, CaRole role, std::vector<Finding>& findings) {
  const std::map<std::string, NeededCa> needed = NeededCas(facts);
  std::vector<Finding> missing_cas;
  for (const RequiredCa& required : facts.required_cas) {
    if (required.ca->role != role) continue;
    const auto found = needed.find(required.ca->id);
    const NeededCa need = found == needed.end() ? NeededCa() : found->second;
    const bool missing = required.presence == CaPresence::kMissing && required.distrusted_in.empty() &&
                         required.user_stores.empty() && required.ended_in == nullptr;
    if (!missing && !need.namesake) continue;
    Finding finding = NewFinding(code);
    finding.subject = CommonName(required.ca->subject);
    finding.ca = required.ca->id;
    finding.evidence = Evidence(facts, required, need);
    if (!need.lacking) finding.severity = Severity::kWarning;
    finding.evidence += NeedText(need, facts.language());
    LowerForUsableLogin(facts, finding);
    finding.remedy = Remedy(facts, required, need);
    missing_cas.push_back(std::move(finding));
  }
  std::stable_sort(missing_cas.begin(), missing_cas.end(),
                   [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
  for (Finding& finding : missing_cas) findings.push_back(std::move(finding));
}

}  // namespace kortvakt
