// The collector put together: store, fleet, alerts, metrics and their faces.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/config.h"
#include "common/base/time.h"

namespace kortvakt {

// Serves from Start until it is destroyed. Thread-safe.
class Collector {
 public:
  // Reads what `config` names, opens the store, restores and judges the fleet,
  // listens. Errors are one line: what, where, what to do. `clock` must outlive it.
  static absl::StatusOr<std::unique_ptr<Collector>> Start(const CollectorConfig& config, const Clock& clock);
  // Takes no new calls, lets those under way end (5 s), writes what waits.
  ~Collector();
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  int grpc_port() const;
  int http_port() const;

 private:
  struct Parts;
  explicit Collector(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// Whether everything that `config` names is there and usable: the catalogue, the
// TLS files, the folder of the store. Opens and changes nothing.
absl::Status CheckCollectorConfig(const CollectorConfig& config, absl::Time now);

}  // namespace kortvakt
