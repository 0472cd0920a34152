#include "agent/run.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/desk/desk_socket.h"
#include "agent/observer.h"
#include "agent/readers/reader_watch.h"
#include "agent/reporter/collector_client.h"
#include "agent/reporter/identity.h"
#include "agent/reporter/reporter.h"
#include "agent/reporter/spool.h"
#include "agent/trust/become_user.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/status.h"
#include "common/base/version.h"
#include "common/certs/ca_catalogue.h"

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
  RunningAgent(const AgentConfig& config, CaCatalogue catalogue, std::string workstation_id,
               std::unique_ptr<ReportTransport> transport, std::optional<Spool> spool)
      : config_(config),
        catalogue_(std::move(catalogue)),
        transport_(std::move(transport)),
        observer_(config_, catalogue_, std::move(workstation_id)) {
    if (transport_ && spool) {
      Reporter::Options options;
      options.report_interval = config_.collector.report_interval;
      reporter_ = std::make_unique<Reporter>(*std::move(spool), *transport_, SystemClock(), options);
      reporter_->set_on_send_all([this] { wake_.Set(); });
    }
    ReaderWatch::Options watch;
    watch.budget = config_.card_budget;
    watch.quiet_time = config_.quiet_time;
    watch_ = std::make_unique<ReaderWatch>(watch, SystemClock(), [this] { wake_.Set(); });
  }

  ~RunningAgent() {
    stopping_ = true;
    watch_->Stop();  // whoever waits for it to settle goes on at once
    desk_.reset();
    wake_.Set();
    if (reporter_) reporter_->Stop();
    if (report_thread_.joinable()) report_thread_.join();
    if (observe_thread_.joinable()) observe_thread_.join();
    watch_.reset();
  }

  absl::Status Start() {
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
  Snapshot Observe() {
    const ObservedReaders readers = watch_->Current();
    const std::optional<absl::Duration> offset = reporter_ ? reporter_->clock_offset() : std::nullopt;
    const MutexLock lock(observer_mutex_);
    return observer_.Observe(readers, SystemClock().Now(), offset);
  }

  void ObserveAndOffer() {
    // So that the first report has the readers in it.
    watch_->WaitUntilSettled(kFirstLook);
    std::string last_error;
    while (!stopping_) {
      if (reporter_) {
        reporter_->TakeSendAll();
        const absl::Status offered = reporter_->Offer(Observe());
        const std::string error(offered.message());
        if (!offered.ok() && error != last_error) spdlog::error("{}", error);
        last_error = error;
      }
      wake_.Wait(last_error.empty() ? kLookAgain : kTryAgain);
      if (!stopping_) std::this_thread::sleep_for(absl::ToChronoMilliseconds(kCollectChanges));
    }
  }

  const AgentConfig& config_;
  const CaCatalogue catalogue_;
  Wake wake_;
  std::atomic<bool> stopping_ = false;
  std::unique_ptr<ReportTransport> transport_;
  std::unique_ptr<Reporter> reporter_;
  Mutex observer_mutex_;
  Observer observer_ ABSL_GUARDED_BY(observer_mutex_);
  std::unique_ptr<ReaderWatch> watch_;
  std::thread report_thread_;
  std::thread observe_thread_;
  std::unique_ptr<DeskServer> desk_;
};

}  // namespace

absl::Status RunAgent(const AgentConfig& config, StopSignal& stop) {
  ASSIGN_OR_RETURN(CaCatalogue catalogue, CaCatalogue::Load(config.catalogue_files));
  std::string workstation_id;
  std::unique_ptr<ReportTransport> transport;
  std::optional<Spool> spool;
  if (config.collector.address) {
    ASSIGN_OR_RETURN(const Identity identity, ReadIdentity(config.collector.tls, SystemClock().Now()));
    workstation_id = identity.workstation_id;
    transport = MakeCollectorClient(*config.collector.address, config.collector.tls);
    ASSIGN_OR_RETURN(spool, Spool::Open(config.spool_folder, static_cast<size_t>(config.spool_reports)));
  }
  spdlog::info("kortvakt-agent {} starts; catalogue {}; {}", kVersion, catalogue.version(),
               config.collector.address ? absl::StrCat("workstation ", workstation_id, " reports to ",
                                                       FormatServerAddress(*config.collector.address))
                                        : "no collector is configured, so nothing is reported");
  if (config.trust.browser_databases && !MayBecomeUsers()) {
    spdlog::warn("the browser databases of other users are not looked at: that needs CAP_SETUID and CAP_SETGID");
  }
  RunningAgent agent(config, std::move(catalogue), std::move(workstation_id), std::move(transport),
                     std::move(spool));
  RETURN_IF_ERROR(agent.Start());
  stop.Wait();
  spdlog::info("stopping");
  return absl::OkStatus();
}

}  // namespace kortvakt
