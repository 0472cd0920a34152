#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "common/base/time.h"
#include "common/judge/rules/cert_dates.h"
#include "common/judge/rules/missing_ca.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/stored_cas.h"
#include "common/judge/rules/usable_login.h"
#include "common/judge/seconds.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// A successor must be made, published and installed on every workstation before:
// half a year, as far ahead as the fleet's metrics tell certificates apart.
constexpr int64_t kAhead = 26 * 7 * int64_t{86'400};

// CA_EXPIRES_SOON: a required CA's certificate ends within 26 weeks, or has ended,
// and no certificate of that CA that lasts longer is in any store here, or in any of one
// browser's. Critical when it has ended everywhere, a card here needs it and none can log in.
class CaExpiresSoon final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kCaExpiresSoon; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    const Language language = facts.language();
    const auto needed = NeededCas(facts);
    for (const StoredCa& stored : Latest(facts)) {
      const int64_t end = WholeSeconds(stored.certificate->not_after);
      if (!IsDue(end, facts.now)) continue;
      const bool ended = HasEnded(end, facts.now);
      Finding finding = NewFinding(code());
      finding.subject = CommonName(stored.certificate->subject);
      finding.ca = stored.recognised.ca->id;
      finding.certificate_sha256 = stored.certificate->sha256;
      const auto need = needed.find(finding.ca);
      finding.evidence = absl::Substitute(ended ? Say(language, "ended $0; in $1", "gick ut $0; i $1")
                                                : Say(language, "valid to $0; in $1", "gäller till $0; i $1"),
                                          FormatUtc(stored.certificate->not_after), stored.Places(language));
      if (ended && need == needed.end()) {
        finding.evidence +=
            Say(language, "; no card that is here now needs it", "; inget kort som sitter i nu behöver det");
      } else if (ended) {
        finding.severity = Severity::kCritical;
        finding.evidence += NeededByText(need->second.cards, language);
        LowerForUsableLogin(facts, finding);
      }
      if (!IsSure(facts, end)) DoubtForClock(language, finding);
      finding.remedy = Remedy(stored, language);
      findings.push_back(std::move(finding));
    }
  }
  absl::Time NextChange(const Facts& facts) const override {
    Moments moments(facts);
    moments.AddCaValidity(facts);  // whether a card needs it
    for (const StoredCa& stored : Latest(facts)) {
      const int64_t end = WholeSeconds(stored.certificate->not_after);
      moments.Add(end - kAhead);
    }
    return moments.Next();
  }

 private:
  // Whether the catalogue knows a certificate of the CA that lasts longer than `stored`.
  static bool HasSuccessor(const StoredCa& stored) {
    const CataloguedCa& ca = *stored.recognised.ca;
    if (ca.not_after) return *ca.not_after > stored.certificate->not_after;
    return !ca.sha256.empty() && ca.sha256 != stored.certificate->sha256;
  }
  static std::string Remedy(const StoredCa& stored, Language language) {
    if (HasSuccessor(stored)) {
      return absl::StrCat(
          Say(language,
              "Install the CA's certificate that is in use now on every workstation: the one "
              "that is here is an older one.",
              "Installera utfärdarens nuvarande certifikat på alla arbetsstationer: det som finns "
              "här är ett äldre."),
          CurrentCertificateText(*stored.recognised.ca, language));
    }
    return Say(language,
               "Install the CA's successor on every workstation when Inera has published it, and take the "
               "operator's CA catalogue up to date.",
               "Installera efterföljaren på alla arbetsstationer när Inera har publicerat den, och uppdatera "
               "er egen katalogfil.");
  }
  static bool IsDue(int64_t end, int64_t at) { return end - at <= kAhead; }
  static bool HasEnded(int64_t end, int64_t at) { return end < at; }
  // Whether the answer is the same by every clock that may be right.
  static bool IsSure(const Facts& facts, int64_t end) {
    return IsDue(end, facts.now - facts.clock_error) &&
           HasEnded(end, facts.now - facts.clock_error) == HasEnded(end, facts.now + facts.clock_error);
  }
  // Of each required CA that is here the certificate that ends last, and those by which a
  // browser has it that lacks that one. What has ended in one browser only is
  // CA_NOT_IN_BROWSER_STORE's business.
  static std::vector<StoredCa> Latest(const Facts& facts) {
    const std::vector<StoredCa> all = FindStoredCas(facts, [&facts](const RecognisedCa& ca) {
      return ca.match != CaMatch::kLookAlike &&
             std::any_of(facts.required_cas.begin(), facts.required_cas.end(),
                         [&ca](const RequiredCa& required) { return required.ca == ca.ca; });
    });
    std::vector<StoredCa> latest;
    for (const StoredCa& stored : all) {
      const auto known = std::find_if(latest.begin(), latest.end(), [&stored](const StoredCa& one) {
        return one.recognised.ca == stored.recognised.ca;
      });
      if (known == latest.end()) {
        latest.push_back(stored);
      } else if (known->certificate->not_after < stored.certificate->not_after) {
        *known = stored;
      }
    }
    const size_t cas = latest.size();
    for (size_t i = 0; i < cas; ++i) {
      const CataloguedCa& ca = *latest[i].recognised.ca;
      for (const TrustView& view : facts.views) {
        if (view.browser() == nullptr || view.GapOf(ca) != CaGap::kNone) continue;
        const std::string& sha256 = view.BestOf(ca)->certificate->sha256;
        const auto is_it = [&sha256](const StoredCa& one) { return one.certificate->sha256 == sha256; };
        if (std::any_of(latest.begin(), latest.end(), is_it)) continue;
        if (const auto own = std::find_if(all.begin(), all.end(), is_it); own != all.end())
          latest.push_back(*own);
      }
    }
    return latest;
  }
};

}  // namespace

const Rule& CaExpiresSoonRule() {
  static const CaExpiresSoon rule;
  return rule;
}

}  // namespace kortvakt
