#include "common/judge/rules/missing_ca.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

void AddStore(const TrustStoreFacts* store, const char* text, Language language, std::string& evidence) {
  if (store != nullptr) absl::StrAppend(&evidence, "; ", absl::Substitute(text, StoreName(*store, language)));
}

std::string Evidence(const Facts& facts, const RequiredCa& required, const CertificateFacts* issued) {
  const Language language = facts.language();
  std::vector<std::string> stores;
  for (const TrustStoreFacts& store : facts.c.snapshot.trust_stores) {
    std::string name = StoreName(store, language);
    if (store.state == TrustStoreState::kAbsent) name += Say(language, " (does not exist)", " (finns inte)");
    stores.push_back(std::move(name));
  }
  std::string evidence =
      absl::Substitute(Say(language, "not in: $0", "finns inte i: $0"), ListText(stores, 6, language));
  AddStore(required.look_alike_in,
           Say(language, "a certificate with its name but another key is in $0: do not trust that one",
               "ett certifikat med dess namn men en annan nyckel finns i $0: lita inte på det"),
           language, evidence);
  AddStore(required.untrusted_in,
           Say(language, "there, but not trusted, in $0", "finns, men ej betrott, i $0"), language, evidence);
  AddStore(required.not_yet_in,
           Say(language, "there, but not yet valid, in $0", "finns, men gäller inte ännu, i $0"), language,
           evidence);
  const std::string key_id = !required.ca->subject_key_id.empty() ? required.ca->subject_key_id
                             : issued != nullptr                  ? CleanText(issued->authority_key_id, 64)
                                                                  : "";
  if (!key_id.empty()) absl::StrAppend(&evidence, Say(language, "; key id ", "; nyckel-id "), key_id);
  return evidence;
}

// The browsers that lack it: besides the machine's store it goes into theirs.
std::vector<std::string> BrowsersWithout(const Facts& facts, const CataloguedCa& ca) {
  std::vector<std::string> names;
  for (const TrustView& view : facts.views) {
    if (view.browser() != nullptr && IsLacking(view.GapOf(ca))) {
      names.push_back(BrowserName(*view.browser()));
    }
  }
  return names;
}

std::string Remedy(const Facts& facts, const RequiredCa& required, const CertificateFacts* issued) {
  const Language language = facts.language();
  std::string remedy =
      required.ca->role == CaRole::kRoot
          ? Say(language, "Install the root, after the issuing CAs, as trusted for the whole machine.",
                "Installera rotcertifikatet, efter utfärdarcertifikaten, som betrott för hela datorn.")
          : Say(language, "Install the issuing CA, before the root, for the whole machine.",
                "Installera utfärdarcertifikatet, före rotcertifikatet, för hela datorn.");
  if (!required.ca->ca_issuers_url.empty()) {
    absl::StrAppend(&remedy, Say(language, " Fetch it from ", " Hämta det från "),
                    required.ca->ca_issuers_url, ".");
  } else if (issued != nullptr && !issued->ca_issuers_urls.empty()) {
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
  absl::StrAppend(&remedy,
                  required.ca->sha256.empty()
                      ? Say(language, " Check its fingerprint with its publisher before installing it.",
                            " Kontrollera dess fingeravtryck hos utgivaren innan det installeras.")
                      : absl::StrCat(Say(language, " Its SHA-256 must be ", " Dess SHA-256 ska vara "),
                                     required.ca->sha256, "."));
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

}  // namespace

std::map<std::string, NeededCa> NeededCas(const Facts& facts) {
  std::map<std::string, NeededCa> needed;
  for (const CardLoginPaths& login : facts.login_paths) {
    for (const LoginPath& path : login.paths) {
      for (const PathLink& link : path.links) {
        if (link.ca == nullptr) continue;
        NeededCa& ca = needed[link.ca->id];
        if (ca.issued == nullptr) ca.issued = link.issued;
        ca.lacking |= link.gap != CaGap::kNone;
      }
    }
  }
  return needed;
}

bool IsLacking(CaGap gap) {
  return gap == CaGap::kMissing || gap == CaGap::kUntrusted || gap == CaGap::kNotYetValid ||
         gap == CaGap::kEnded;
}

void FindMissingCas(const Facts& facts, FindingCode code, CaRole role, std::vector<Finding>& findings) {
  const std::map<std::string, NeededCa> needed = NeededCas(facts);
  std::vector<Finding> found;
  for (const RequiredCa& required : facts.required_cas) {
    if (required.ca->role != role || required.presence != CaPresence::kMissing) continue;
    if (!required.distrusted_in.empty() || !required.user_stores.empty() || required.ended_in != nullptr)
      continue;
    const auto need = needed.find(required.ca->id);
    const CertificateFacts* issued = need == needed.end() ? nullptr : need->second.issued;
    Finding finding = NewFinding(code);
    finding.subject = CommonName(required.ca->subject);
    finding.ca = required.ca->id;
    finding.evidence = Evidence(facts, required, issued);
    if (need == needed.end() || !need->second.lacking) {
      finding.severity = Severity::kWarning;
      finding.evidence += Say(facts.language(), "; no card that is here now needs it",
                              "; inget kort som sitter i nu behöver det");
    } else {
      finding.evidence +=
          Say(facts.language(), "; a card that is here needs it", "; ett kort som sitter i behöver det");
    }
    finding.remedy = Remedy(facts, required, issued);
    found.push_back(std::move(finding));
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
  for (Finding& finding : found) findings.push_back(std::move(finding));
}

}  // namespace kortvakt
