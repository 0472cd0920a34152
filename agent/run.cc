#include "agent/run.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/ask_revocation.h"
#include "agent/desk/desk_socket.h"
#include "agent/observer.h"
#include "agent/probe_hosts.h"
#include "agent/prober.h"
#include "agent/readers/reader_watch.h"
#include "agent/reporter/collector_client.h"
#include "agent/reporter/collector_judgement.h"
#include "agent/reporter/identity.h"
#include "agent/reporter/reporter.h"
#include "agent/reporter/spool.h"
#include "agent/revocation/watch.h"
#include "agent/trust/become_user.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/status.h"
#include "common/base/version.h"
#include "common/judge/judgement.h"

namespace kortvakt {
namespace {

// Changes that come together (a storm of insertions) make one report.
constexpr absl::Duration kCollectChanges = absl::Milliseconds(200);
// Trust stores give no sign when they change; looking costs reading and hashing them.
constexpr absl::Duration kLookAgain = absl::Minutes(15);
// What could not be kept (a full disk) is offered again.
constexpr absl::Duration kTryAgain = absl::Seconds(10);
constexpr absl::Duration kFirstLook = absl::Seconds(3);
// A person at the desk waits for a card being read, but not for ever.
constexpr absl::Duration kDeskPatience = absl::Seconds(20);

// A flag to wait for.
class Wake {
 public:
  void Set() {
    const MutexLock lock(mutex_);
    set_ = true;
    changed_.NotifyAll();
  }
  // Returns when set, or after `timeout`; clears it.
  void Wait(absl::Duration timeout) {
    const MutexLock lock(mutex_);
    if (!set_) changed_.WaitFor(mutex_, timeout);
    set_ = false;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool set_ ABSL_GUARDED_BY(mutex_) = false;
};

// The running parts. Members are made in order and ended in reverse.
class RunningAgent {
 public:
  RunningAgent(const AgentConfig& config, Judgement local, std::string workstation_id,
               std::unique_ptr<CollectorTransport> transport, std::optional<Spool> spool)
      : config_(config),
        workstation_id_(std::move(workstation_id)),
        local_judgement_(std::make_shared<const Judgement>(std::move(local))),
        transport_(std::move(transport)) {
    if (transport_ && spool) {
      collector_judgement_ = std::make_unique<CollectorJudgement>(
          *local_judgement_, SystemClock(),
          CollectorJudgement::Options{.file = KeptJudgementFile(config_.spool_folder)});
      collector_judgement_->set_on_change([this] {
        prober_->LookAtPlan();
        wake_.Set();
      });
      Reporter::Options options;
      options.report_interval = config_.collector.report_interval;
      reporter_ = std::make_unique<Reporter>(*std::move(spool), *transport_, SystemClock(), options);
      reporter_->set_on_send_all([this] { wake_.Set(); });
      reporter_->set_on_answer([this](const v1::SendReportsResponse& answer) {
        collector_judgement_->Follow(answer.policy_version(), answer.catalogue_version(), *transport_);
      });
    }
    ReaderWatch::Options watch;
    watch.budget = config_.card_budget;
    watch.quiet_time = config_.quiet_time;
    watch_ = std::make_unique<ReaderWatch>(watch, SystemClock(), [this] { wake_.Set(); });
    prober_ = std::make_unique<Prober>(
        Prober::Options{.plan = [this] { return ProbePlan(); },
                        .probe =
                            [this](const std::vector<ProbeTarget>& targets, int stop) {
                              return ProbeHosts(config_, *CurrentJudgement()->catalogue, targets, stop,
                                                [](const std::string&) {});
                            },
                        .on_change = [this] { wake_.Set(); }});
    revocation_ = std::make_unique<RevocationWatch>(MakeConfiguredFetcher(config_), SystemClock(),
                                                    RevocationWatch::Options(), [this] { wake_.Set(); });
  }

  ~RunningAgent() {
    stopping_ = true;
    watch_->Stop();  // whoever waits for it to settle goes on at once
    desk_.reset();
    wake_.Set();
    if (reporter_) reporter_->Stop();
    if (report_thread_.joinable()) report_thread_.join();
    if (observe_thread_.joinable()) observe_thread_.join();
    prober_.reset();
    revocation_.reset();
    watch_.reset();
  }

  absl::Status Start() {
    const std::shared_ptr<const Judgement> judgement = CurrentJudgement();
    spdlog::info("judging by {} policy {} and CA catalogue {}",
                 judgement->of_collector ? "the collector's" : "the local", PolicyVersion(judgement->policy),
                 judgement->catalogue->version());
    if (!config_.socket_path.empty()) {
      ASSIGN_OR_RETURN(desk_, DeskServer::Start(config_.socket_path, [this] {
                         watch_->WaitUntilSettled(kDeskPatience);
                         return Observe();
                       }));
    }
    if (reporter_) report_thread_ = std::thread([this] { reporter_->Run(); });
    observe_thread_ = std::thread([this] { ObserveAndOffer(); });
    return absl::OkStatus();
  }

 private:
  // What is in force now. The caller keeps it as long as it uses what is in it.
  std::shared_ptr<const Judgement> CurrentJudgement() const {
    return collector_judgement_ ? collector_judgement_->Current() : local_judgement_;
  }

  Prober::Plan ProbePlan() const {
    // `check` probes by itself: without a collector nobody would be told.
    if (!reporter_) return {};
    const std::shared_ptr<const Judgement> judgement = CurrentJudgement();
    Prober::Plan plan{.interval = judgement->policy.probe_interval};
    AddTargets(plan.targets, judgement->policy.probe_hosts);
    AddTargets(plan.targets, config_.probe_targets);
    return plan;
  }

  DeskAnswer Observe() {
    const ObservedReaders readers = watch_->Current();
    const std::optional<absl::Duration> offset = reporter_ ? reporter_->clock_offset() : std::nullopt;
    const MutexLock lock(observer_mutex_);
    DeskAnswer answer{{}, CurrentJudgement()};
    if (!observer_ || observer_catalogue_ != answer.judgement->catalogue) {
      observer_.reset();
      observer_catalogue_ = answer.judgement->catalogue;
      observer_.emplace(config_, *observer_catalogue_, workstation_id_);
    }
    answer.snapshot = observer_->Observe(readers, SystemClock().Now(), offset);
    answer.snapshot.versions.policy = PolicyVersion(answer.judgement->policy);
    answer.snapshot.probes = prober_->Current();
    revocation_->Join(answer.snapshot, *observer_catalogue_, answer.judgement->policy, observer_->pool());
    answer.cas = CasToAsk(answer.snapshot, *observer_catalogue_, observer_->pool());
    return answer;
  }

  void ObserveAndOffer() {
    // So that the first report has the readers in it.
    watch_->WaitUntilSettled(kFirstLook);
    std::string last_error;
    while (!stopping_) {
      if (reporter_) {
        reporter_->TakeSendAll();
        const absl::Status offered = reporter_->Offer(Observe().snapshot);
        const std::string error(offered.message());
        if (!offered.ok() && error != last_error) spdlog::error("{}", error);
        last_error = error;
      }
      wake_.Wait(last_error.empty() ? kLookAgain : kTryAgain);
      if (!stopping_) std::this_thread::sleep_for(absl::ToChronoMilliseconds(kCollectChanges));
    }
  }

  const AgentConfig& config_;
  const std::string workstation_id_;
  const std::shared_ptr<const Judgement> local_judgement_;
  Wake wake_;
  std::atomic<bool> stopping_ = false;
  std::unique_ptr<CollectorTransport> transport_;
  std::unique_ptr<CollectorJudgement> collector_judgement_;  // null: there is no collector
  std::unique_ptr<Reporter> reporter_;
  Mutex observer_mutex_;
  // What observer_ was made with; it is made anew for another.
  std::shared_ptr<const CaCatalogue> observer_catalogue_ ABSL_GUARDED_BY(observer_mutex_);
  std::optional<Observer> observer_ ABSL_GUARDED_BY(observer_mutex_);
  std::unique_ptr<Prober> prober_;
  std::unique_ptr<RevocationWatch> revocation_;
  std::unique_ptr<ReaderWatch> watch_;
  std::thread report_thread_;
  std::thread observe_thread_;
  std::unique_ptr<DeskServer> desk_;
};

}  // namespace

absl::Status RunAgent(const AgentConfig& config, StopSignal& stop) {
  ASSIGN_OR_RETURN(Judgement local, LoadJudgement(config.policy, config.catalogue_files));
  std::string workstation_id;
  std::unique_ptr<CollectorTransport> transport;
  std::optional<Spool> spool;
  if (config.collector.address) {
    ASSIGN_OR_RETURN(const Identity identity, ReadIdentity(config.collector.tls, SystemClock().Now()));
    workstation_id = identity.workstation_id;
    transport = MakeCollectorClient(*config.collector.address, config.collector.tls);
    ASSIGN_OR_RETURN(spool, Spool::Open(config.spool_folder, static_cast<size_t>(config.spool_reports)));
  }
  spdlog::info("kortvakt-agent {} starts; {}", kVersion,
               config.collector.address ? absl::StrCat("workstation ", workstation_id, " reports to ",
                                                       FormatServerAddress(*config.collector.address))
                                        : "no collector is configured, so nothing is reported");
  if (config.trust.browser_databases && !MayBecomeUsers()) {
    spdlog::warn(
        "the browser databases of other users are not looked at: that needs CAP_SETUID and CAP_SETGID");
  }
  RunningAgent agent(config, std::move(local), std::move(workstation_id), std::move(transport),
                     std::move(spool));
  RETURN_IF_ERROR(agent.Start());
  stop.Wait();
  spdlog::info("stopping");
  return absl::OkStatus();
}

}  // namespace kortvakt
