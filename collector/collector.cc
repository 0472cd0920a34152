#include "collector/collector.h"

#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "collector/alerts/alert_book.h"
#include "collector/evaluator.h"
#include "collector/fleet/fleet.h"
#include "collector/fleet/store_source.h"
#include "collector/http/http_server.h"
#include "collector/ingest/grpc_server.h"
#include "collector/ingest/ingest.h"
#include "collector/ingest/ingest_service.h"
#include "collector/metrics/metrics.h"
#include "collector/query/queries.h"
#include "collector/query/query_service.h"
#include "collector/query/rows_proto.h"
#include "collector/store/sqlite_fleet_store.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/judge/judgement.h"
#include "common/tls/tls_check.h"

namespace kortvakt {
namespace {

constexpr absl::Duration kStopGrace = absl::Seconds(5);

absl::StatusOr<TlsMaterial> ReadTls(const TlsPaths& paths, absl::Time now) {
  absl::StatusOr<TlsMaterial> material = ReadTlsMaterial(paths, now);
  if (!material.ok()) return Annotate(material.status(), "[tls]");
  return material;
}

}  // namespace

// In order of making; destroyed in reverse, so that who uses goes before who is used.
struct Collector::Parts {
  Parts(const CollectorConfig& config, std::unique_ptr<FleetStore> opened, Judgement judgement,
        const Clock& time)
      : clock(time),
        store(std::move(opened)),
        source(*store),
        fleet(std::move(judgement), config.sites, source),
        alerts(*store),
        metrics(fleet, *store),
        queries(fleet, alerts, clock),
        ingest(*store, fleet, metrics, clock),
        evaluator(fleet, *store, alerts, metrics, clock,
                  {config.keep_presence, config.keep_history, config.keep_unseen}) {}

  const Clock& clock;
  std::unique_ptr<FleetStore> store;
  StoreSource source;
  Fleet fleet;
  AlertBook alerts;
  Metrics metrics;
  Queries queries;
  Ingest ingest;
  Evaluator evaluator;
  std::unique_ptr<EvaluatorThread> evaluating;
  std::shared_ptr<grpc::Service> ingest_service;
  std::shared_ptr<grpc::Service> query_service;
  std::unique_ptr<GrpcServer> grpc;
  std::unique_ptr<HttpServer> http;
};

absl::StatusOr<std::unique_ptr<Collector>> Collector::Start(const CollectorConfig& config,
                                                            const Clock& clock) {
  ASSIGN_OR_RETURN(const TlsMaterial tls, ReadTls(config.tls, clock.Now()));
  ASSIGN_OR_RETURN(Judgement judgement, LoadJudgement(config.policy, config.catalogue_files));
  ASSIGN_OR_RETURN(std::unique_ptr<FleetStore> store, SqliteFleetStore::Open(config.storage_path));
  auto owned = std::make_unique<Parts>(config, std::move(store), std::move(judgement), clock);
  Parts* const parts = owned.get();

  ASSIGN_OR_RETURN(const RestoreCounts restored, RestoreFleet(*parts->store, parts->fleet, clock.Now()));
  RETURN_IF_ERROR(parts->alerts.Restore());
  spdlog::info("restored {} workstations and {} cards from {}", restored.workstations, restored.cards,
               config.storage_path);
  parts->evaluating = std::make_unique<EvaluatorThread>(parts->evaluator);

  parts->ingest_service = MakeIngestService(parts->ingest, parts->metrics);
  parts->query_service = MakeQueryService(parts->queries, config.access, LogAudit);
  ASSIGN_OR_RETURN(parts->grpc, GrpcServer::Start(config.grpc_address, tls,
                                                  {parts->ingest_service.get(), parts->query_service.get()}));
  HttpContents contents;
  contents.metrics = [parts] { return parts->metrics.Text(parts->clock.Now()); };
  contents.summary = [parts] {
    const absl::Time now = parts->clock.Now();
    return SummaryOf(parts->fleet.Counts(now), "", now);
  };
  contents.ready = [parts] { return parts->store->health(); };
  ASSIGN_OR_RETURN(const ServerAddress http, ParseListenAddress(config.http_address));
  ASSIGN_OR_RETURN(parts->http, HttpServer::Start(http.host, http.port, std::move(contents)));
  return std::unique_ptr<Collector>(new Collector(std::move(owned)));
}

Collector::Collector(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Collector::~Collector() {
  parts_->http.reset();
  parts_->grpc->Stop(kStopGrace);
}

int Collector::grpc_port() const { return parts_->grpc->port(); }
int Collector::http_port() const { return parts_->http->port(); }

absl::Status CheckCollectorConfig(const CollectorConfig& config, absl::Time now) {
  RETURN_IF_ERROR(ReadTls(config.tls, now).status());
  RETURN_IF_ERROR(LoadJudgement(config.policy, config.catalogue_files).status());
  std::filesystem::path folder = std::filesystem::path(config.storage_path).parent_path();
  if (folder.empty()) folder = ".";
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    return absl::NotFoundError(
        absl::StrCat("[storage] path: the folder ", folder.string(), " does not exist; create it"));
  }
  if (std::filesystem::is_directory(config.storage_path, error)) {
    return absl::InvalidArgumentError(absl::StrCat("[storage] path: ", config.storage_path,
                                                   " is a folder; name a file in it, such as fleet.db"));
  }
  return absl::OkStatus();
}

}  // namespace kortvakt
