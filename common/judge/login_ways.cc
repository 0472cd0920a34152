#include "common/judge/login_ways.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "common/judge/login_path.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// So many places are told where a way is complete, where it is not, and so many CAs that one lacks.
constexpr size_t kMaxComplete = 6;
constexpr size_t kMaxLacking = 6;
constexpr size_t kMaxGaps = 4;

// Places that take the same way share a line.
struct Line {
  std::string way;
  std::vector<std::string> complete;
  std::vector<std::string> lacking;
};

std::string TextOf(const Line& line, Language language) {
  std::string text = absl::StrCat(line.way, ": ");
  if (!line.complete.empty()) {
    absl::StrAppend(&text, Say(language, "complete in ", "fullständig i "),
                    ListText(line.complete, kMaxComplete, language), line.lacking.empty() ? "" : "; ");
  }
  if (!line.lacking.empty()) text += ListText(line.lacking, kMaxLacking, language);
  return text;
}

}  // namespace

LoginWays::LoginWays(const Case& c)
    : language_(c.language), known_(KnownCas(c.snapshot)), recogniser_(c.catalogue, known_) {
  std::vector<TrustView> views = TrustViews(c.snapshot, c.policy, recogniser_, JudgedAtOf(c.snapshot, c.now));
  for (TrustView& view : views) {
    std::string name = view.browser() != nullptr ? BrowserName(*view.browser(), c.snapshot)
                                                 : StoreName(*view.stores().front(), language_);
    places_.push_back({std::move(view), std::move(name)});
  }
}

std::vector<std::string> LoginWays::Of(const CertificateFacts& certificate) {
  std::vector<Line> lines;
  for (const Place& place : places_) {
    std::string way;
    std::vector<std::string> gaps;
    const LoginPath path = BestLoginPath(certificate, place.view, recogniser_);
    for (const PathLink& link : path.links) {
      const std::string name = CommonName(link.subject);
      absl::StrAppend(&way, way.empty() ? "" : " > ", name);
      if (link.gap != CaGap::kNone) gaps.push_back(absl::StrCat(name, " ", GapText(link.gap, language_)));
    }
    if (!path.holds) gaps.push_back(BrokenLimitText(path, language_));
    auto line = std::find_if(lines.begin(), lines.end(), [&way](const Line& one) { return one.way == way; });
    if (line == lines.end()) line = lines.insert(lines.end(), Line{way, {}, {}});
    if (gaps.empty()) {
      line->complete.push_back(place.name);
    } else {
      line->lacking.push_back(absl::Substitute(Say(language_, "in $0: $1", "i $0: $1"), place.name,
                                               ListText(gaps, kMaxGaps, language_)));
    }
  }
  std::vector<std::string> texts;
  for (const Line& line : lines) texts.push_back(TextOf(line, language_));
  return texts;
}

}  // namespace kortvakt
