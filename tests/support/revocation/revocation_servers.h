// Servers on loopback that tell of revoked certificates, each on a free port and ended with its object.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/mutex.h"
#include "tests/support/pcsc/child_process.h"
#include "tests/unit/agent/probe/scripted_server.h"
#include "tests/unit/agent/revocation/revocation_kit.h"

namespace kortvakt::testing {

// `openssl ocsp`, which answers `requests` requests by `kit`'s index, signed by `signer`. `kit`
// outlives it, and has one at a time.
class OcspResponder {
 public:
  OcspResponder(RevocationKit& kit, const Issued& signer, int requests);
  // "127.0.0.1:PORT", as a catalogue or a policy allows it.
  const std::string& host() const { return host_; }
  std::string Url() const { return "http://" + host_ + "/"; }

 private:
  ChildProcess process_;
  std::string host_;
};

// Answers each request with status 200 and what `body` says, and remembers who asked. `body` is called on
// the server's thread.
class ListServer {
 public:
  explicit ListServer(std::function<std::string()> body);

  const std::string& host() const { return host_; }
  std::string Url(const std::string& path = "") const { return "http://" + host_ + "/" + path; }
  // Its request lines so far ("GET /a.crl HTTP/1.1"); empty for a connection without one.
  std::vector<std::string> Requests() const;

 private:
  mutable Mutex mutex_;
  std::vector<std::string> requests_ ABSL_GUARDED_BY(mutex_);
  std::string host_;
  std::unique_ptr<ScriptedServer> server_;
};

}  // namespace kortvakt::testing
