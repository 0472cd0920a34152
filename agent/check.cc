#include "agent/check.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/ask_revocation.h"
#include "agent/desk/desk_socket.h"
#include "agent/desk/progress.h"
#include "agent/desk/report_text.h"
#include "agent/desk/text_page.h"
#include "agent/observer.h"
#include "agent/probe_hosts.h"
#include "agent/readers/reader_watch.h"
#include "agent/reporter/collector_judgement.h"
#include "agent/reporter/identity.h"
#include "common/base/status.h"
#include "common/base/time.h"
#include "common/judge/check_result.h"
#include "common/judge/judge.h"
#include "common/judge/judgement.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

constexpr absl::Duration kStopLatency = absl::Milliseconds(100);
constexpr int kPlainWidth = 80;  // columns of what is no terminal
constexpr int kWidest = 120;     // longer lines are hard to read

// What a running agent would judge with: what the last one kept of the collector's, where
// that is for us to read, else what the configuration says.
absl::StatusOr<Judgement> JudgementWithoutAgent(const AgentConfig& config, Language language) {
  if (config.collector.address) {
    absl::StatusOr<Judgement> kept = ReadKeptJudgement(KeptJudgementFile(config.spool_folder));
    if (kept.ok()) return kept;
    if (!absl::IsNotFound(kept.status()) && !absl::IsPermissionDenied(kept.status())) {
      std::fprintf(stderr, "%s: %s\n",
                   Say(language, "warning: the collector's policy as it was kept cannot be used",
                       "varning: den policy som sparats från insamlaren kan inte användas"),
                   std::string(kept.status().message()).c_str());
    }
  }
  return LoadJudgement(config.policy, config.catalogue_files);
}

// What the workstation looks like now: by the running agent, else by ourselves.
absl::StatusOr<DeskAnswer> LookAtWorkstation(const AgentConfig& config, Language language,
                                             const StopSignal& stop, Progress& progress) {
  if (!config.socket_path.empty()) {
    progress.Show(Say(language, "asking the running agent", "frågar agenten som kör"));
    absl::StatusOr<DeskAnswer> answer = AskRunningAgent(config.socket_path, stop.descriptor());
    if (!absl::IsNotFound(answer.status())) return answer;
  }
  progress.Clear();  // a warning may come
  ASSIGN_OR_RETURN(Judgement judgement, JudgementWithoutAgent(config, language));
  std::string workstation_id;
  if (config.collector.address) {
    // An identity that cannot be read stops `run`, not a look at the cards.
    const auto identity = ReadIdentity(config.collector.tls, SystemClock().Now());
    if (identity.ok()) workstation_id = identity->workstation_id;
  }
  progress.Show(Say(language, "reading the cards", "läser korten"));
  ReaderWatch::Options options;
  options.budget = config.card_budget;
  options.once = true;
  ReaderWatch watch(options, SystemClock(), [] {});
  // A card that does not answer is told as such a little after its budget is used up.
  const absl::Duration end = SystemClock().Monotonic() + config.card_budget.time + absl::Seconds(5);
  while (!watch.WaitUntilSettled(kStopLatency) && SystemClock().Monotonic() < end) {
    if (stop.Requested()) return absl::CancelledError("interrupted");
  }
  progress.Show(Say(language, "looking at the trust stores", "tittar efter betrodda certifikat"));
  Observer observer(config, *judgement.catalogue, std::move(workstation_id));
  DeskAnswer answer{observer.Observe(watch.Current(), SystemClock().Now(), std::nullopt),
                    std::make_shared<const Judgement>(std::move(judgement))};
  answer.snapshot.versions.policy = PolicyVersion(answer.judgement->policy);
  answer.cas = CasToAsk(answer.snapshot, *answer.judgement->catalogue, observer.pool());
  return answer;
}

// Probes what is to be probed, each once; a line on the terminal says which while it is. Servers
// that only policy or configuration name do not stop a look at the cards: what kept them from
// being probed is told on standard error. An error: kCancelled, or a server that the
// caller named cannot be probed.
absl::Status ProbeServers(const AgentConfig& config, const Judgement& judgement, const CheckOptions& options,
                          const StopSignal& stop, Progress& progress, Snapshot& snapshot) {
  std::vector<ProbeTarget> targets;
  AddTargets(targets, judgement.policy.probe_hosts);
  AddTargets(targets, config.probe_targets);
  AddTargets(targets, options.probes);
  const auto show = [&](const std::string& url) {
    progress.Show(absl::StrCat(Say(options.language, "probing ", "prövar "), url));
  };
  absl::StatusOr<std::vector<ProbeFacts>> probes =
      ProbeHosts(config, *judgement.catalogue, targets, stop.descriptor(), show);
  progress.Clear();
  if (!probes.ok()) {
    if (absl::IsCancelled(probes.status()) || !options.probes.empty()) return probes.status();
    std::fprintf(stderr, "%s: %s\n",
                 Say(options.language, "warning: the configured servers were not probed",
                     "varning: de konfigurerade servrarna prövades inte"),
                 std::string(probes.status().message()).c_str());
    return absl::OkStatus();
  }
  // What the running agent has probed besides stays.
  for (ProbeFacts& seen : snapshot.probes) {
    const bool anew = std::any_of(probes->begin(), probes->end(),
                                  [&](const ProbeFacts& probe) { return probe.url == seen.url; });
    if (!anew) probes->push_back(std::move(seen));
  }
  snapshot.probes = *std::move(probes);
  return absl::OkStatus();
}

// Asks whether certificates are revoked, where that is to be done; then `not_asked` says why of
// those that have no answer. What keeps us from asking (proxy settings, a helper that is missing) is
// told on standard error and does not stop a look at the cards. An error: kCancelled.
absl::Status AskAboutRevocation(const AgentConfig& config, const CheckOptions& options,
                                const StopSignal& stop, Progress& progress, DeskAnswer& look,
                                NotAskedCertificates& not_asked) {
  if (!options.online && !look.judgement->policy.revocation) return absl::OkStatus();
  CertificatePool pool;
  // One that is no certificate is as one that is not there.
  for (const Bytes& ca : look.cas) pool.Add(ca).IgnoreError();
  const Questions questions = QuestionsOf(look.snapshot, *look.judgement->catalogue, look.judgement->policy,
                                          pool, SystemClock().Now());
  AskRevocationOptions asking;
  asking.again = options.online;
  asking.stop = stop.descriptor();
  asking.progress = [&](const std::string& url) {
    progress.Show(absl::StrCat(Say(options.language, "asking ", "frågar "), url));
  };
  const absl::Status asked = AskRevocation(*MakeConfiguredFetcher(config), questions, asking, look.snapshot);
  progress.Clear();
  if (absl::IsCancelled(asked)) return asked;
  not_asked = questions.not_asked;
  for (const RevocationQuestion& question : questions.certificates) {
    not_asked[question.certificate_sha256] = asked.ok() ? NotAsked::kNoTime : NotAsked::kFailed;
  }
  if (asked.ok()) return asked;
  std::fprintf(
      stderr, "%s: %s\n",
      Say(options.language, "warning: revocation was not asked about", "varning: spärrar efterfrågades inte"),
      std::string(asked.message()).c_str());
  return absl::OkStatus();
}

int TerminalWidth() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kPlainWidth;
  return std::min<int>(size.ws_col, kWidest);
}

int ExitCode(const Verdict& verdict) {
  const std::optional<Severity> worst = WorstSeverity(verdict.findings);
  if (worst == Severity::kCritical) return 2;
  return worst == Severity::kWarning ? 1 : 0;
}

}  // namespace

absl::StatusOr<int> CheckWorkstation(const AgentConfig& config, const CheckOptions& options,
                                     const StopSignal& stop) {
  Progress progress = Progress::OnStandardError();
  ASSIGN_OR_RETURN(DeskAnswer look, LookAtWorkstation(config, options.language, stop, progress));
  Snapshot& snapshot = look.snapshot;
  const Policy& policy = look.judgement->policy;
  const CaCatalogue& catalogue = *look.judgement->catalogue;
  RETURN_IF_ERROR(ProbeServers(config, *look.judgement, options, stop, progress, snapshot));
  progress.Clear();
  ClassifySnapshot(snapshot, catalogue);
  NotAskedCertificates not_asked;
  RETURN_IF_ERROR(AskAboutRevocation(config, options, stop, progress, look, not_asked));
  const absl::Time now = options.now.value_or(SystemClock().Now());
  const Verdict verdict = Judge({.snapshot = snapshot,
                                 .catalogue = catalogue,
                                 .policy = policy,
                                 .now = now,
                                 .language = options.language});
  std::string text;
  if (options.json) {
    ASSIGN_OR_RETURN(text, CheckResultJson(snapshot, verdict.findings, now, options.language));
  } else {
    const bool terminal = isatty(STDOUT_FILENO) == 1;
    text = ReportText({.snapshot = snapshot,
                       .findings = verdict.findings,
                       .catalogue = catalogue,
                       .policy = policy,
                       .now = now,
                       .policy_of_collector = look.judgement->of_collector,
                       .not_asked = not_asked,
                       .language = options.language,
                       .width = terminal ? TerminalWidth() : kPlainWidth,
                       .colour = terminal && TakesColour(std::getenv("TERM"), std::getenv("NO_COLOR"))});
  }
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    return absl::UnknownError("writing to standard output failed");
  }
  return ExitCode(verdict);
}

}  // namespace kortvakt
