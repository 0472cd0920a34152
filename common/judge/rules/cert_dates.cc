#include "common/judge/rules/cert_dates.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/judge/words.h"

namespace kortvakt {

Finding DateFinding(FindingCode code, const CardView& view, size_t index, Language language) {
  const CertificateFacts& certificate = view.certificate(index);
  Finding finding = NewFinding(code, view, language);
  const bool signature = certificate.purpose == Purpose::kSignature;
  absl::StrAppend(&finding.subject, signature
                                        ? Say(language, ": signature certificate", ": underskriftscertifikat")
                                        : Say(language, ": login certificate", ": inloggningscertifikat"));
  const std::string organisation = CleanText(certificate.organisation, 80);
  if (!organisation.empty()) {
    absl::StrAppend(&finding.subject, absl::Substitute(Say(language, " of '$0'", " för '$0'"), organisation));
  }
  finding.evidence = CertificateName(certificate, language);
  finding.certificate_sha256 = certificate.sha256;
  return finding;
}

void AddOthers(const CardView& view, const std::vector<size_t>& indices, Language language,
               Finding& finding) {
  if (indices.size() < 2) return;
  std::vector<std::string> names;
  for (size_t i = 1; i < indices.size(); ++i) {
    names.push_back(CertificateName(view.certificate(indices[i]), language));
  }
  absl::StrAppend(&finding.evidence, Say(language, "; likewise ", "; likaså "), ListText(names, 4, language));
}

void DoubtForClock(Language language, Finding& finding) {
  Lower(Severity::kInfo,
        Say(language, "the workstation's clock is wrong, so this may not be so: correct the clock first",
            "arbetsstationens klocka går fel, så det kanske inte stämmer: rätta klockan först"),
        finding);
}

void Lower(Severity severity, const char* reason, Finding& finding) {
  finding.severity = std::max(finding.severity, severity);
  absl::StrAppend(&finding.evidence, "; ", reason);
}

std::vector<size_t> Select(const CardView& view, const std::vector<size_t>& indices, int64_t at,
                           Validity validity) {
  std::vector<size_t> selected;
  std::copy_if(indices.begin(), indices.end(), std::back_inserter(selected),
               [&](size_t index) { return ValidityAt(view.certificate(index), at) == validity; });
  return selected;
}

}  // namespace kortvakt
