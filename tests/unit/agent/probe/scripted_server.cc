#include "tests/unit/agent/probe/scripted_server.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "common/base/openssl_owner.h"

namespace kortvakt::testing {
namespace {

constexpr timeval kPatience{20, 0};

void Check(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "scripted server: %s\n", what);
  std::abort();
}

BioPtr Memory(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

X509Ptr Certificate(const Issued& issued) {
  return X509Ptr(PEM_read_bio_X509(Memory(issued.pem).get(), nullptr, nullptr, nullptr));
}

}  // namespace

ScriptedServer::ScriptedServer(std::function<void(int fd)> script)
    : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  signal(SIGPIPE, SIG_IGN);
  Check(stop_.status().ok(), "cannot be stopped");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  Check(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0 &&
            listen(listener_.get(), 16) == 0 &&
            getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0,
        "cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this, script = std::move(script)] { Run(script); });
}

ScriptedServer::~ScriptedServer() {
  stop_.Set();
  thread_.join();
}

void ScriptedServer::Run(const std::function<void(int fd)>& script) const {
  while (true) {
    std::array<pollfd, 2> waits{{{listener_.get(), POLLIN, 0}, {stop_.descriptor(), POLLIN, 0}}};
    poll(waits.data(), waits.size(), -1);
    if (waits[1].revents != 0) return;
    const Descriptor peer(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (peer.get() < 0) continue;
    setsockopt(peer.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    setsockopt(peer.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
    script(peer.get());
  }
}

std::unique_ptr<ScriptedServer> ScriptedServer::Raw(std::function<void(int fd)> script) {
  return std::unique_ptr<ScriptedServer>(new ScriptedServer(std::move(script)));
}

std::unique_ptr<ScriptedServer> ScriptedServer::Tls(const std::vector<Issued>& chain,
                                                    std::function<void(SSL_CTX*)> prepare,
                                                    std::function<void(SSL*)> script) {
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  // Without one, a server that asks for certificates cannot renegotiate.
  SSL_CTX_set_session_id_context(context.get(), reinterpret_cast<const unsigned char*>("probe"), 5);
  const KeyPtr key(PEM_read_bio_PrivateKey(Memory(chain.front().key_pem).get(), nullptr, nullptr, nullptr));
  Check(SSL_CTX_use_certificate(context.get(), Certificate(chain.front()).get()) == 1 &&
            SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1,
        "cannot use the certificate");
  for (size_t i = 1; i < chain.size(); ++i) {
    SSL_CTX_add_extra_chain_cert(context.get(), Certificate(chain[i]).release());
  }
  prepare(context.get());
  return Raw([context, script = std::move(script)](int fd) {
    const std::unique_ptr<SSL, FreeWith<SSL_free>> ssl(SSL_new(context.get()));
    SSL_set_fd(ssl.get(), fd);
    script(ssl.get());
    ERR_clear_error();
  });
}

std::string ScriptedServer::Url(const std::string& host, const std::string& path) const {
  return "https://" + host + ":" + std::to_string(port_) + path;
}

bool Accept(SSL* ssl) { return SSL_accept(ssl) == 1; }

bool ReadRequest(SSL* ssl) {
  std::string request;
  while (request.find("\r\n\r\n") == std::string::npos) {
    std::array<char, 1024> buffer;
    const int got = SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()));
    if (got <= 0) return false;
    request.append(buffer.data(), static_cast<size_t>(got));
  }
  return true;
}

void Write(SSL* ssl, const std::string& text) { SSL_write(ssl, text.data(), static_cast<int>(text.size())); }

bool SendRaw(int fd, const std::string& bytes) {
  return send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

void DrainRaw(int fd) {
  std::array<char, 4096> buffer;
  while (recv(fd, buffer.data(), buffer.size(), 0) > 0) {
  }
}

ServerPki MakeServerPki(const std::function<void(CertificateSpec&)>& change) {
  ServerPki pki;
  CertificateSpec ca;
  ca.subject = {{"C", "SE"}, {"O", "Exempelbolaget AB"}, {"CN", "Exempel Root CA"}};
  ca.ca = true;
  ca.key_usages = {"keyCertSign", "cRLSign"};
  pki.root = Issue(ca);
  ca.subject.back().value = "Exempel Server CA";
  pki.issuing = Issue(ca, &pki.root);
  CertificateSpec leaf;
  leaf.subject = {{"C", "SE"}, {"CN", "localhost"}};
  leaf.key_usages = {"digitalSignature"};
  leaf.extended_key_usages = {"serverAuth"};
  leaf.dns_names = {"localhost"};
  leaf.ip_addresses = {"127.0.0.1"};
  change(leaf);
  pki.leaf = Issue(leaf, &pki.issuing);
  return pki;
}

}  // namespace kortvakt::testing
