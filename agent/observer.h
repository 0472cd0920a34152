// One snapshot from all that the agent sees.
#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "agent/config.h"
#include "agent/readers/reader_watch.h"
#include "agent/trust/workstation_trust.h"
#include "common/certs/ca_catalogue.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt {

// Not thread-safe.
class Observer {
 public:
  // `config` and `catalogue` must outlive it. `workstation_id`: UUID, or empty.
  Observer(const AgentConfig& config, const CaCatalogue& catalogue, std::string workstation_id);

  // Looks at the trust stores and the host now, and joins `readers` with them:
  // card certificates get their verified issuer, their paths and their class.
  Snapshot Observe(const ObservedReaders& readers, absl::Time now,
                   std::optional<absl::Duration> clock_offset);

  // The CA certificates of the last Observe (WorkstationTrust::pool).
  const CertificatePool& pool() const { return trust_.pool(); }

 private:
  const AgentConfig& config_;
  const CaCatalogue& catalogue_;
  const std::string workstation_id_;
  WorkstationTrust trust_;
};

}  // namespace kortvakt
