#include "agent/ask_revocation.h"

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include "agent/revocation/questions.h"
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

// What the snapshot has no answer to; with `again`, its answers are taken out.
void Select(bool again, Snapshot& snapshot, Questions& questions) {
  const auto answers = [&](const RevocationQuestion& question) {
    return
        [&](const RevocationCheck& check) { return check.certificate_sha256 == question.certificate_sha256; };
  };
  const auto downloads = [&](const CaQuestion& question) {
    return [&](const CaDownload& download) { return download.ca == question.ca.id; };
  };
  if (again) {
    for (const RevocationQuestion& question : questions.certificates) {
      std::erase_if(snapshot.revocations, answers(question));
    }
    for (const CaQuestion& question : questions.cas)
      std::erase_if(snapshot.ca_downloads, downloads(question));
    return;
  }
  std::erase_if(questions.certificates, [&](const RevocationQuestion& question) {
    return std::any_of(snapshot.revocations.begin(), snapshot.revocations.end(), answers(question));
  });
  std::erase_if(questions.cas, [&](const CaQuestion& question) {
    return std::any_of(snapshot.ca_downloads.begin(), snapshot.ca_downloads.end(), downloads(question));
  });
}

template <typename List>
void Append(const List& from, List& to) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

absl::StatusOr<std::unique_ptr<Fetcher>> MakeConfiguredFetcher(const AgentConfig& config) {
  FetchProxies proxies;
  if (config.proxy) {
    proxies = {*config.proxy, *config.proxy};
  } else {
    ASSIGN_OR_RETURN(proxies, FetchProxiesFromEnvironment(Variable));
  }
  return MakeFetcher(DefaultFetcherProgram(), std::move(proxies));
}

absl::Status AskRevocation(Fetcher& fetcher, const TrustPlaces& places, const Judgement& judgement,
                           const AskRevocationOptions& options, Snapshot& snapshot) {
  WorkstationTrust trust(places, *judgement.catalogue, SystemClock());
  trust.Look({});
  Questions questions =
      QuestionsOf(snapshot, *judgement.catalogue, judgement.policy, trust.pool(), SystemClock().Now());
  Select(options.again, snapshot, questions);
  RevocationRound round(fetcher, SystemClock(),
                        {.hosts = questions.hosts,
                         .limit = ProbeLimit::After(options.time, options.stop),
                         .each = kEach,
                         .progress = options.progress});
  for (const RevocationQuestion& question : questions.certificates) {
    ASSIGN_OR_RETURN(const std::vector<RevocationCheck> checks, round.Ask(question));
    Append(checks, snapshot.revocations);
  }
  for (const CaQuestion& question : questions.cas) {
    ASSIGN_OR_RETURN(const std::vector<CaDownload> downloads, round.Ask(question));
    Append(downloads, snapshot.ca_downloads);
  }
  return absl::OkStatus();
}

}  // namespace kortvakt
