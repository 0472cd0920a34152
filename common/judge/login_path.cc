#include "common/judge/login_path.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/substitute.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// Longest way by the catalogue; SITHS has 2 CAs, CertificatePath at most 8.
constexpr size_t kMaxLinks = 9;

constexpr char kClientAuth[] = "1.3.6.1.5.5.7.3.2";  // RFC 5280, 4.2.1.12
constexpr char kAnyUsage[] = "2.5.29.37.0";          // likewise

// A certificate of its own name that another key signed (RFC 4210, 4.4: "new with old") is no root.
bool IsRoot(const CertificateFacts& certificate) {
  const bool other_key = !certificate.authority_key_id.empty() && !certificate.subject_key_id.empty() &&
                         certificate.authority_key_id != certificate.subject_key_id;
  return certificate.issuer == certificate.subject && !other_key;
}

const CataloguedCa* CataloguedAs(const CertificateFacts& certificate, CaRecogniser& recogniser) {
  const RecognisedCa& recognised = recogniser.Of(certificate);
  return recognised.match == CaMatch::kLookAlike ? nullptr : recognised.ca;
}

// The verified issuers of `certificate`; empty where its issuer is not here.
CertificatePath VerifiedIssuers(const CertificateFacts& certificate, const CaDirectory& known) {
  CertificatePath issuers;
  const CertificateFacts* one = known.Find(certificate.issuer_sha256);
  while (one != nullptr && issuers.size() < kMaxLinks) {
    issuers.push_back(one->sha256);
    one = IsRoot(*one) ? nullptr : known.Find(one->issuer_sha256);
  }
  return issuers;
}

// Whether `ca` may issue certificates of TLS clients, as far as extended key usages go.
bool MayIssueLogins(const CertificateFacts& ca) {
  const std::vector<std::string>& usages = ca.extended_key_usages;
  return usages.empty() || std::any_of(usages.begin(), usages.end(), [](const std::string& usage) {
           return usage == kClientAuth || usage == kAnyUsage;
         });
}

// The CA named `subject` that issued `issued`, then those above it, all by the catalogue.
void AddByName(const std::string& subject, const CertificateFacts* issued, const TrustView& view,
               const CaCatalogue& catalogue, LoginPath& path) {
  const CataloguedCa* ca = catalogue.FindBySubject(subject);
  if (ca == nullptr) {
    path.links.push_back({subject, nullptr, nullptr, CaGap::kMissing, issued});
    return;
  }
  while (ca != nullptr && path.links.size() < kMaxLinks) {
    const TrustView::Entry* entry = view.BestOf(*ca);
    const CertificateFacts* certificate = entry == nullptr ? nullptr : entry->certificate;
    path.links.push_back({ca->subject, certificate, ca, view.GapOf(*ca), issued});
    issued = certificate;
    ca = ca->role == CaRole::kRoot ? nullptr : catalogue.FindById(ca->issuer);
  }
}

// The link `index` names the issuer of what no certificate here issued: whatever bears that
// name here is another's.
void SetNotHere(const TrustView& view, size_t index, LoginPath& path) {
  PathLink& link = path.links[index];
  link.namesake = link.certificate != nullptr && link.gap != CaGap::kDistrusted;
  if (link.namesake) link.gap = view.GapOfAbsent();
  link.certificate = nullptr;
  if (index + 1 < path.links.size()) path.links[index + 1].issued = nullptr;
}

LoginPath Follow(const CertificateFacts& certificate, const CertificatePath& fingerprints,
                 const TrustView& view, CaRecogniser& recogniser) {
  LoginPath path;
  const CertificateFacts* below = &certificate;
  for (const std::string& sha256 : fingerprints) {
    const CertificateFacts* one = recogniser.known().Find(sha256);
    // Not described here: it had no room in the report.
    if (one == nullptr) {
      path.links.push_back({below->issuer, nullptr, recogniser.catalogue().FindByFingerprint(sha256),
                            CaGap::kCannotTell, below});
      return path;
    }
    const bool is_root = sha256 == fingerprints.back() && IsRoot(*one);
    path.links.push_back(
        {one->subject, one, CataloguedAs(*one, recogniser), view.GapOf(*one, is_root), below});
    below = one;
  }
  if (IsRoot(*below)) return path;
  const size_t next = path.links.size();
  AddByName(below->issuer, below, view, recogniser.catalogue(), path);
  SetNotHere(view, next, path);
  return path;
}

auto CostOf(const LoginPath& path) {
  int gaps = 0;
  int worst = 0;
  int64_t ends = kFarSeconds;
  for (const PathLink& link : path.links) {
    gaps += link.gap == CaGap::kNone ? 0 : 1;
    worst = std::max(worst, static_cast<int>(link.gap));
    if (link.certificate != nullptr) ends = std::min(ends, WholeSeconds(link.certificate->not_after));
  }
  return std::tuple(gaps, path.links.back().ca == nullptr, worst, -ends);
}

}  // namespace

bool LoginPath::complete() const {
  return holds && std::all_of(links.begin(), links.end(),
                              [](const PathLink& link) { return link.gap == CaGap::kNone; });
}

LoginPath BestLoginPath(const CertificateFacts& certificate, const TrustView& view,
                        CaRecogniser& recogniser) {
  LoginPath best;
  for (const CertificatePath& fingerprints : certificate.paths) {
    LoginPath path = Follow(certificate, fingerprints, view, recogniser);
    if (best.links.empty() || CostOf(path) < CostOf(best)) best = std::move(path);
  }
  if (!best.links.empty()) return best;
  // Its issuer signed it, and yet no path holds.
  if (const CertificatePath issuers = VerifiedIssuers(certificate, recogniser.known()); !issuers.empty()) {
    best = Follow(certificate, issuers, view, recogniser);
    best.holds = false;
    return best;
  }
  AddByName(certificate.issuer, &certificate, view, recogniser.catalogue(), best);
  // Nobody found an issuer in any store here.
  if (certificate.issuer_sha256.empty()) SetNotHere(view, 0, best);
  return best;
}

std::string BrokenLimitText(const LoginPath& path, Language language) {
  for (const PathLink& link : path.links) {
    if (link.certificate == nullptr || MayIssueLogins(*link.certificate)) continue;
    return absl::Substitute(
        Say(language, "'$0' may not issue certificates to log in with (extended key usage)",
            "'$0' får inte utfärda certifikat att logga in med (utökad nyckelanvändning)"),
        CommonName(link.subject));
  }
  return Say(language,
             "a certificate on it sets a limit that the chain breaks (length, names or uses), or has a "
             "critical extension that nobody knows",
             "ett certifikat i den sätter en gräns som kedjan bryter mot (längd, namn eller användning), "
             "eller har ett kritiskt tillägg som ingen känner till");
}

}  // namespace kortvakt
