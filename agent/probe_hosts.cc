#include "agent/probe_hosts.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/probe/probe.h"
#include "agent/trust/workstation_trust.h"
#include "common/base/mutex.h"
#include "common/base/status.h"
#include "common/base/time.h"

namespace kortvakt {
namespace {

// Debian's package ca-certificates; what is added locally lies elsewhere.
constexpr const char* kShippedRoots = "/usr/share/ca-certificates/mozilla";

// Most time is spent waiting; a connection has about 100 KiB.
constexpr size_t kAtOnce = 16;

void Fill(ProbePool& pool, const TrustStoreContents& contents) {
  for (const TrustStoreContents::Entry& entry : contents.entries) {
    switch (entry.trust) {
      case CaTrust::kTrusted:
        pool.trusted.emplace_back(entry.der);
        break;
      case CaTrust::kDistrusted:
        pool.distrusted.emplace_back(entry.der);
        break;
      case CaTrust::kPresent:
        pool.present.emplace_back(entry.der);
        break;
    }
  }
}

// Whether programs on this machine that are no browsers go by this store.
bool IsTheSystems(const SeenStore& store) {
  return store.owner == "machine" && store.contents->state == TrustStoreState::kRead &&
         (store.kind == TrustStoreKind::kSystemBundle || store.kind == TrustStoreKind::kP11Kit);
}

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::vector<ProbePool> PoolsOf(const std::vector<SeenStore>& stores,
                               const std::vector<BrowserFacts>& browsers, const TrustStoreContents& shipped) {
  std::vector<ProbePool> pools;
  for (const SeenStore& store : stores) {
    if (!IsTheSystems(store)) continue;
    ProbePool& pool = pools.emplace_back();
    pool.store = store.location;
    Fill(pool, *store.contents);
  }
  // Without their built-in roots, browsers would seem to trust no public server.
  if (shipped.state != TrustStoreState::kRead || shipped.entries.empty()) return pools;
  for (const BrowserFacts& browser : browsers) {
    ProbePool& pool = pools.emplace_back();
    pool.store = absl::StrCat(browser.name, " (", browser.owner, ")");
    pool.browser = true;
    pool.intermediates_end_chains = true;
    Fill(pool, shipped);
    for (const uint32_t index : browser.trust_stores) Fill(pool, *stores[index].contents);
  }
  return pools;
}

void AddTargets(std::vector<ProbeTarget>& targets, const std::vector<ProbeTarget>& more) {
  for (const ProbeTarget& target : more) {
    const bool there = std::any_of(targets.begin(), targets.end(), [&](const ProbeTarget& other) {
      return FormatProbeTarget(other) == FormatProbeTarget(target);
    });
    if (!there) targets.push_back(target);
  }
}

absl::StatusOr<std::vector<ProbeFacts>> ProbeAll(
    const std::vector<ProbeTarget>& targets,
    const std::function<absl::StatusOr<ProbeFacts>(const ProbeTarget& target)>& probe,
    const std::function<void(const std::string& url)>& progress) {
  std::vector<absl::StatusOr<ProbeFacts>> results(targets.size());
  Mutex mutex;
  size_t next = 0;
  const auto work = [&] {
    while (true) {
      size_t mine = 0;
      {
        const MutexLock lock(mutex);
        if (next == targets.size()) return;
        mine = next++;
        progress(FormatProbeTarget(targets[mine]));
      }
      results[mine] = probe(targets[mine]);
    }
  };
  std::vector<std::thread> threads;
  for (size_t i = 0; i < std::min(targets.size(), kAtOnce); ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  std::vector<ProbeFacts> probes;
  for (absl::StatusOr<ProbeFacts>& result : results) {
    RETURN_IF_ERROR(result.status());
    probes.push_back(*std::move(result));
  }
  return probes;
}

absl::StatusOr<std::vector<ProbeFacts>> ProbeHosts(
    const AgentConfig& config, const CaCatalogue& catalogue, const std::vector<ProbeTarget>& targets,
    int stop, const std::function<void(const std::string& url)>& progress) {
  if (targets.empty()) return std::vector<ProbeFacts>();
  ProbeInputs inputs;
  inputs.stop = stop;
  if (config.proxy) {
    inputs.proxy = *config.proxy;
  } else {
    ASSIGN_OR_RETURN(inputs.proxy, ProxyFromEnvironment(Variable));
  }
  WorkstationTrust trust(config.trust, catalogue, SystemClock());
  trust.Look({});
  const std::unique_ptr<TrustStore> shipped = MakeFolderStore(kShippedRoots);
  const TrustStoreContents& shipped_roots = shipped->Look();
  for (const TrustStoreContents::Entry& entry : shipped_roots.entries)
    inputs.public_roots.insert(entry.sha256);
  inputs.pools = PoolsOf(trust.seen(), trust.browsers(), shipped_roots);
  return ProbeAll(
      targets, [&](const ProbeTarget& target) { return Probe(target, inputs); }, progress);
}

}  // namespace kortvakt
