#include "agent/ask_revocation.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>
#include <vector>

#include "agent/revocation/known.h"
#include "agent/revocation/round.h"
#include "common/base/status.h"
#include "common/base/time.h"

namespace kortvakt {
namespace {

// Of the 5 seconds of a check: a server that drips leaves time for the next one.
constexpr absl::Duration kEach = absl::Seconds(2);

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Of no use, and says why.
class NoFetcher final : public Fetcher {
 public:
  explicit NoFetcher(std::string why) : why_(std::move(why)) {}
  absl::StatusOr<std::string> Fetch(const FetchRequest&, const ProbeLimit&) override {
    return absl::InternalError(why_);
  }

 private:
  const std::string why_;
};

bool IsOf(const RevocationQuestion& question, const RevocationCheck& check) {
  return check.certificate_sha256 == question.certificate_sha256;
}
bool IsOf(const CaQuestion& question, const CaDownload& download) { return download.ca == question.ca.id; }

// The answers to `question` in `list`.
template <typename Question, typename Answer>
std::vector<Answer> AnswersTo(const Question& question, const std::vector<Answer>& list) {
  std::vector<Answer> answers;
  std::copy_if(list.begin(), list.end(), std::back_inserter(answers),
               [&](const Answer& answer) { return IsOf(question, answer); });
  return answers;
}

// Puts `answers` in the place of those that `list` has to `question`.
template <typename Question, typename Answer>
void Replace(const Question& question, const std::vector<Answer>& answers, std::vector<Answer>& list) {
  std::erase_if(list, [&](const Answer& answer) { return IsOf(question, answer); });
  list.insert(list.end(), answers.begin(), answers.end());
}

// Leaves those questions that the snapshot does not answer.
void LeaveOutAnswered(const Snapshot& snapshot, absl::Time now, Questions& questions) {
  std::erase_if(questions.certificates, [&](const RevocationQuestion& question) {
    return IsAnswered(AnswersTo(question, snapshot.revocations), now);
  });
  std::erase_if(questions.cas, [&](const CaQuestion& question) {
    return IsAnswered(AnswersTo(question, snapshot.ca_downloads), now);
  });
}

}  // namespace

std::unique_ptr<Fetcher> MakeConfiguredFetcher(const AgentConfig& config) {
  if (config.proxy) return MakeFetcher(DefaultFetcherProgram(), {*config.proxy, *config.proxy});
  absl::StatusOr<FetchProxies> proxies = FetchProxiesFromEnvironment(Variable);
  if (!proxies.ok()) return std::make_unique<NoFetcher>(std::string(proxies.status().message()));
  return MakeFetcher(DefaultFetcherProgram(), *std::move(proxies));
}

absl::Status AskRevocation(Fetcher& fetcher, Questions questions, const AskRevocationOptions& options,
                           Snapshot& snapshot) {
  if (!options.again) LeaveOutAnswered(snapshot, SystemClock().Now(), questions);
  RevocationRound round(fetcher, SystemClock(),
                        {.hosts = questions.hosts,
                         .limit = ProbeLimit::After(options.time, options.stop),
                         .each = kEach,
                         .progress = options.progress});
  for (const RevocationQuestion& question : questions.certificates) {
    ASSIGN_OR_RETURN(std::vector<RevocationCheck> checks, round.Ask(question));
    if (checks.empty()) continue;  // no time was left: what is known stays
    Replace(
        question,
        WithWhatWasKnown(AnswersTo(question, snapshot.revocations), std::move(checks), SystemClock().Now()),
        snapshot.revocations);
  }
  for (const CaQuestion& question : questions.cas) {
    ASSIGN_OR_RETURN(const std::vector<CaDownload> downloads, round.Ask(question));
    if (!downloads.empty()) Replace(question, downloads, snapshot.ca_downloads);
  }
  return absl::OkStatus();
}

}  // namespace kortvakt
