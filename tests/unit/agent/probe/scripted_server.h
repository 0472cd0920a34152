// A server on loopback that does to each connection what a test says, well-behaved or not.
#pragma once

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/base/descriptor.h"
#include "common/base/event.h"
#include "tests/support/pki/test_pki.h"

namespace kortvakt::testing {

// Serves one connection after another on a thread of its own until destroyed. A script
// that talks to somebody who is silent gets an error after 20 s.
class ScriptedServer {
 public:
  // Raw bytes: `script` has the connected socket.
  static std::unique_ptr<ScriptedServer> Raw(std::function<void(int fd)> script);
  // TLS with `chain` (the server's own certificate first, its key used): `prepare`
  // changes the context, `script` has the session before its handshake.
  static std::unique_ptr<ScriptedServer> Tls(const std::vector<Issued>& chain,
                                             std::function<void(SSL_CTX*)> prepare,
                                             std::function<void(SSL*)> script);
  ~ScriptedServer();

  int port() const { return port_; }
  // "https://127.0.0.1:PORT/".
  std::string Url(const std::string& host = "127.0.0.1", const std::string& path = "/") const;

 private:
  explicit ScriptedServer(std::function<void(int fd)> script);
  void Run(const std::function<void(int fd)>& script) const;

  Descriptor listener_;
  Event stop_;
  int port_ = 0;
  std::thread thread_;
};

// Shakes hands; true when that came about.
bool Accept(SSL* ssl);
// Reads until the end of an HTTP head.
bool ReadRequest(SSL* ssl);
void Write(SSL* ssl, const std::string& text);
// Writes all of it; false when the other side is gone.
bool SendRaw(int fd, const std::string& bytes);
// Reads until the other side closes.
void DrainRaw(int fd);

// A root, an issuing CA and a server certificate for "localhost" and 127.0.0.1.
struct ServerPki {
  Issued root;
  Issued issuing;
  Issued leaf;
  std::vector<Issued> Chain() const { return {leaf, issuing}; }
};
// `change` may spoil the server's certificate before it is issued.
ServerPki MakeServerPki(const std::function<void(CertificateSpec&)>& change = [](CertificateSpec&) {});

}  // namespace kortvakt::testing
