#include "tests/unit/agent/probe/probe_url.h"

#include <utility>

#include "common/base/time.h"
#include "tests/support/patience.h"

namespace kortvakt::testing {

const ServerPki& Pki() {
  static const ServerPki& pki = *new ServerPki(MakeServerPki());
  return pki;
}

ProbeFacts ProbeUrl(const std::string& url, absl::Duration time, ProxySettings proxy) {
  ProbeInputs inputs;
  inputs.time = time;
  inputs.proxy = std::move(proxy);
  const absl::StatusOr<ProbeTarget> target = ParseProbeTarget(url);
  EXPECT_TRUE(target.ok()) << target.status();
  const absl::Duration start = SystemClock().Monotonic();
  const absl::StatusOr<ProbeFacts> facts = Probe(*target, inputs);
  EXPECT_TRUE(facts.ok()) << facts.status();
  // Its own limit, with room for a machine that is busy; none of these servers ever ends by itself.
  EXPECT_LT(SystemClock().Monotonic() - start, time + kPatience);
  return facts.value_or(ProbeFacts());
}

}  // namespace kortvakt::testing
