#include "agent/check.h"

#include <google/protobuf/util/json_util.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "agent/desk/desk_socket.h"
#include "agent/desk/report_text.h"
#include "agent/observer.h"
#include "agent/probe_hosts.h"
#include "agent/readers/reader_watch.h"
#include "agent/reporter/identity.h"
#include "common/base/status.h"
#include "common/base/time.h"
#include "common/certs/ca_catalogue.h"
#include "common/judge/finding_proto.h"
#include "common/judge/judge.h"
#include "common/judge/words.h"
#include "common/snapshot/snapshot_proto.h"
#include "kortvakt/v1/finding.pb.h"

namespace kortvakt {
namespace {

constexpr absl::Duration kStopLatency = absl::Milliseconds(100);

// What the workstation looks like now: by the running agent, else by ourselves.
absl::StatusOr<Snapshot> LookAtWorkstation(const AgentConfig& config, const CaCatalogue& catalogue,
                                           const StopSignal& stop) {
  if (!config.socket_path.empty()) {
    absl::StatusOr<Snapshot> snapshot = AskRunningAgent(config.socket_path, stop.descriptor());
    if (!absl::IsNotFound(snapshot.status())) return snapshot;
  }
  std::string workstation_id;
  if (config.collector.address) {
    // An identity that cannot be read stops `run`, not a look at the cards.
    const auto identity = ReadIdentity(config.collector.tls, SystemClock().Now());
    if (identity.ok()) workstation_id = identity->workstation_id;
  }
  ReaderWatch::Options options;
  options.budget = config.card_budget;
  options.once = true;
  ReaderWatch watch(options, SystemClock(), [] {});
  // A card that does not answer is told as such a little after its budget is used up.
  const absl::Duration end = SystemClock().Monotonic() + config.card_budget.time + absl::Seconds(5);
  while (!watch.WaitUntilSettled(kStopLatency) && SystemClock().Monotonic() < end) {
    if (stop.Requested()) return absl::CancelledError("interrupted");
  }
  Observer observer(config, catalogue, std::move(workstation_id));
  return observer.Observe(watch.Current(), SystemClock().Now(), std::nullopt);
}

// Probes what is to be probed; a line on the terminal says which while it is. Servers
// that only the configuration names do not stop a look at the cards: what kept them from
// being probed is told on standard error. An error: kCancelled, or a server that the
// caller named cannot be probed.
absl::Status ProbeServers(const AgentConfig& config, const CaCatalogue& catalogue,
                          const CheckOptions& options, const StopSignal& stop, Snapshot& snapshot) {
  std::vector<ProbeTarget> targets = config.probe_targets;
  targets.insert(targets.end(), options.probes.begin(), options.probes.end());
  const bool terminal = isatty(STDERR_FILENO) == 1;
  const auto progress = [&](const std::string& url) {
    // ECMA-48, 8.3.41: what stood on the line before goes.
    if (terminal) {
      std::fprintf(stderr, "\r\033[K%s %s", Say(options.language, "probing", "prövar"),
                   url.substr(0, 60).c_str());
    }
  };
  absl::StatusOr<std::vector<ProbeFacts>> probes =
      ProbeHosts(config, catalogue, targets, stop.descriptor(), progress);
  if (terminal && !targets.empty()) std::fputs("\r\033[K", stderr);
  if (!probes.ok()) {
    if (absl::IsCancelled(probes.status()) || !options.probes.empty()) return probes.status();
    std::fprintf(stderr, "%s: %s\n",
                 Say(options.language, "warning: the configured servers were not probed",
                     "varning: de konfigurerade servrarna prövades inte"),
                 std::string(probes.status().message()).c_str());
    return absl::OkStatus();
  }
  snapshot.probes = *std::move(probes);
  return absl::OkStatus();
}

absl::StatusOr<std::string> AsJson(const Snapshot& snapshot, const Verdict& verdict, absl::Time now,
                                   Language language) {
  v1::CheckResult result;
  *result.mutable_snapshot() = SnapshotToProto(snapshot);
  for (const Finding& finding : verdict.findings) *result.add_findings() = FindingToProto(finding, language);
  result.mutable_judged_at()->set_seconds(absl::ToUnixSeconds(now));
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(result, &json, options);
  if (!status.ok()) return absl::InternalError("writing JSON: " + status.ToString());
  return json;
}

int TerminalWidth() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return std::min<int>(size.ws_col, 120);
}

int ExitCode(const Verdict& verdict) {
  const std::optional<Severity> worst = WorstSeverity(verdict.findings);
  if (worst == Severity::kCritical) return 2;
  return worst == Severity::kWarning ? 1 : 0;
}

}  // namespace

absl::StatusOr<int> CheckWorkstation(const AgentConfig& config, const CheckOptions& options,
                                     const StopSignal& stop) {
  ASSIGN_OR_RETURN(const CaCatalogue catalogue, CaCatalogue::Load(config.catalogue_files));
  ASSIGN_OR_RETURN(Snapshot snapshot, LookAtWorkstation(config, catalogue, stop));
  RETURN_IF_ERROR(ProbeServers(config, catalogue, options, stop, snapshot));
  ClassifySnapshot(snapshot, catalogue);
  const absl::Time now = options.now.value_or(SystemClock().Now());
  const Verdict verdict = Judge({.snapshot = snapshot,
                                 .catalogue = catalogue,
                                 .policy = config.policy,
                                 .now = now,
                                 .language = options.language});
  std::string text;
  if (options.json) {
    ASSIGN_OR_RETURN(text, AsJson(snapshot, verdict, now, options.language));
  } else {
    const bool terminal = isatty(STDOUT_FILENO) == 1;
    text = ReportText({.snapshot = snapshot,
                       .findings = verdict.findings,
                       .catalogue = catalogue,
                       .policy = config.policy,
                       .now = now,
                       .language = options.language,
                       .width = terminal ? TerminalWidth() : 80,
                       .colour = terminal && std::getenv("NO_COLOR") == nullptr});
  }
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    return absl::UnknownError("writing to standard output failed");
  }
  return ExitCode(verdict);
}

}  // namespace kortvakt
