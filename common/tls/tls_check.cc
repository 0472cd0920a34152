#include "common/tls/tls_check.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/bytes.h"
#include "common/base/descriptor.h"
#include "common/base/openssl_owner.h"
#include "common/base/status.h"
#include "common/base/time.h"

namespace kortvakt {
namespace {

using ContextPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using SessionPtr = std::unique_ptr<SSL, FreeWith<SSL_free>>;

// When waiting ends.
class Limit {
 public:
  Limit(absl::Duration timeout, int stop) : end_(SystemClock().Monotonic() + timeout), stop_(stop) {}
  int MillisecondsLeft() const {
    const int64_t left = absl::ToInt64Milliseconds(end_ - SystemClock().Monotonic());
    return static_cast<int>(std::clamp<int64_t>(left, 0, 600'000));
  }
  int stop() const { return stop_; }

 private:
  absl::Duration end_;
  int stop_;
};

// Waits until the socket can do what `events` says; kDeadlineExceeded, kCancelled.
absl::Status WaitFor(int descriptor, int16_t events, const Limit& limit) {
  while (true) {
    std::array<pollfd, 2> waits{{{descriptor, events, 0}, {limit.stop(), POLLIN, 0}}};
    const int ready = poll(waits.data(), waits.size(), limit.MillisecondsLeft());
    if (ready < 0 && errno == EINTR) continue;
    if (waits[1].revents != 0) return absl::CancelledError("interrupted");
    return ready > 0 ? absl::OkStatus() : absl::DeadlineExceededError("no answer in time");
  }
}

absl::Status NoAnswer(const ServerAddress& address) {
  return absl::UnavailableError(
      absl::StrCat(FormatServerAddress(address), " does not answer; check address, network and firewall"));
}

absl::StatusOr<Descriptor> Connect(const ServerAddress& address, const Limit& limit) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (failed != 0) {
    return absl::UnavailableError(absl::StrCat("no address is known for the host name '", address.host, "' (",
                                               gai_strerror(failed), "); check its spelling"));
  }
  const std::unique_ptr<addrinfo, FreeWith<freeaddrinfo>> addresses(found);
  int last_error = 0;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    Descriptor socket(::socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol));
    if (socket.get() < 0) {
      last_error = errno;
      continue;
    }
    if (connect(socket.get(), a->ai_addr, a->ai_addrlen) == 0) return socket;
    if (errno != EINPROGRESS) {
      last_error = errno;
      continue;
    }
    const absl::Status waited = WaitFor(socket.get(), POLLOUT, limit);
    if (absl::IsCancelled(waited)) return waited;
    if (!waited.ok()) {
      last_error = ETIMEDOUT;
      continue;
    }
    socklen_t size = sizeof(last_error);
    getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &last_error, &size);
    if (last_error == 0) return socket;
  }
  if (last_error == ECONNREFUSED) {
    return absl::UnavailableError(absl::StrCat("nothing listens at ", FormatServerAddress(address),
                                               "; check address and port, and that the service runs"));
  }
  if (last_error == ETIMEDOUT) return NoAnswer(address);
  return absl::UnavailableError(
      ErrnoStatus(last_error, absl::StrCat("connecting to ", FormatServerAddress(address))).message());
}

// The DNS names and addresses for which a certificate is.
std::string NamesOf(X509* certificate) {
  std::vector<std::string> names;
  const std::unique_ptr<GENERAL_NAMES, FreeWith<GENERAL_NAMES_free>> list(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  const int count = list ? sk_GENERAL_NAME_num(list.get()) : 0;
  for (int i = 0; i < count && names.size() < 8; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list.get(), i);
    if (name->type == GEN_DNS) {
      const ASN1_STRING* text = name->d.dNSName;
      names.push_back(CleanText({reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                 static_cast<size_t>(ASN1_STRING_length(text))}));
    } else if (name->type == GEN_IPADD) {
      const ASN1_STRING* bytes = name->d.iPAddress;
      const int family = ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6;
      char text[INET6_ADDRSTRLEN] = "";
      if (ASN1_STRING_length(bytes) != 4 && ASN1_STRING_length(bytes) != 16) continue;
      if (inet_ntop(family, ASN1_STRING_get0_data(bytes), text, sizeof(text)) != nullptr) {
        names.emplace_back(text);
      }
    }
  }
  return names.empty() ? "no host" : absl::StrJoin(names, ", ");
}

std::string EndOf(X509* certificate) {
  std::tm fields{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &fields) != 1) return "";
  return absl::StrCat(" ", FormatUtc(absl::FromTM(fields, absl::UTCTimeZone())));
}

// What was wrong with the server's certificate, kept by the verify callback:
// after a failed handshake the session itself no longer has it.
struct ServerVerdict {
  int error = X509_V_OK;
  int depth = 0;
  std::string end;    // " 2026-11-22T09:00:00Z" of the certificate in error
  std::string names;  // of the server's certificate
};

int VerdictIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int OnVerify(int ok, X509_STORE_CTX* store) {
  if (ok == 1) return 1;
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* verdict = static_cast<ServerVerdict*>(SSL_get_ex_data(ssl, VerdictIndex()));
  verdict->error = X509_STORE_CTX_get_error(store);
  verdict->depth = X509_STORE_CTX_get_error_depth(store);
  verdict->end = EndOf(X509_STORE_CTX_get_current_cert(store));
  if (X509* leaf = X509_STORE_CTX_get0_cert(store); leaf != nullptr) verdict->names = NamesOf(leaf);
  return 0;
}

absl::Status UntrustedServer(const ServerAddress& address, const TlsMaterial& material,
                             const ServerVerdict& verdict) {
  const std::string who = absl::StrCat("the certificate of ", FormatServerAddress(address));
  switch (verdict.error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return absl::FailedPreconditionError(absl::StrCat(who, " is for ", verdict.names, ", not for ",
                                                        address.host,
                                                        "; use the name that the certificate has"));
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return absl::FailedPreconditionError(absl::StrCat(verdict.depth == 0 ? who : "the CA of " + who,
                                                        " ended", verdict.end,
                                                        "; whoever runs the collector must renew it"));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return absl::FailedPreconditionError(
          absl::StrCat(who, " is not valid yet; check this computer's clock"));
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return absl::FailedPreconditionError(absl::StrCat(who, " is not issued by a CA in ", material.paths.ca,
                                                        "; give the collector's own CA there"));
    default:
      return absl::FailedPreconditionError(
          absl::StrCat(who, " cannot be trusted: ", X509_verify_cert_error_string(verdict.error)));
  }
}

// Turns the failure of an SSL call into words; reads OpenSSL's queue. `connected`:
// the handshake was done as far as our side can tell.
absl::Status Failure(const ServerAddress& address, const TlsMaterial& material, const ServerVerdict& verdict,
                     bool connected) {
  const unsigned long error = ERR_peek_last_error();
  const int reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
  const char* words = ERR_reason_error_string(error);
  const std::string text = words == nullptr ? "the connection was closed" : words;
  ERR_clear_error();
  if (verdict.error != X509_V_OK) return UntrustedServer(address, material, verdict);
  const std::string own =
      absl::StrCat(FormatServerAddress(address), " refuses our certificate ", material.paths.certificate);
  switch (reason) {
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return absl::PermissionDeniedError(
          absl::StrCat(own,
                       ": it does not know the CA that issued it; use a certificate of a CA that the "
                       "collector is configured with"));
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
      return absl::PermissionDeniedError(
          absl::StrCat(own, ": it has ended by the collector's clock; get a new one from who issued it"));
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return absl::PermissionDeniedError(
          absl::StrCat(own, " (", text, "); use one that its configuration allows"));
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
      return absl::UnavailableError(absl::StrCat(
          FormatServerAddress(address), " does not speak TLS; check the port (the collector's gRPC port)"));
    default:
      // gRPC servers refuse a certificate by closing the connection, without an alert.
      if (connected) {
        return absl::PermissionDeniedError(
            absl::StrCat(own,
                         " (it closes the connection without saying why); most likely it does not know the "
                         "CA that issued it, or it has ended by the collector's clock"));
      }
      return absl::UnavailableError(
          absl::StrCat("the TLS handshake with ", FormatServerAddress(address), " failed: ", text));
  }
}

absl::StatusOr<ContextPtr> MakeContext(const TlsMaterial& material) {
  ContextPtr context(SSL_CTX_new(TLS_client_method()));
  if (!context) return OpenSslStatus("preparing TLS");
  // As gRPC does: TLS 1.2 at least.
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  const auto bio = [](const std::string& text) {
    return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  };
  X509_STORE* store = SSL_CTX_get_cert_store(context.get());
  for (const BioPtr pem = bio(material.ca);;) {
    const X509Ptr ca(PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr));
    if (!ca) break;
    X509_STORE_add_cert(store, ca.get());
  }
  const BioPtr chain = bio(material.certificate);
  const X509Ptr own(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
  const KeyPtr key(PEM_read_bio_PrivateKey(bio(material.key).get(), nullptr, nullptr, nullptr));
  if (SSL_CTX_use_certificate(context.get(), own.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
    return OpenSslStatus(absl::StrCat("using ", material.paths.certificate));
  }
  while (X509* next = PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)) {
    SSL_CTX_add_extra_chain_cert(context.get(), next);  // takes it over
  }
  ERR_clear_error();
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, OnVerify);
  constexpr unsigned char kHttp2[] = {2, 'h', '2'};  // RFC 7301, 3.1
  SSL_CTX_set_alpn_protos(context.get(), kHttp2, sizeof(kHttp2));
  return context;
}

void ExpectName(SSL* ssl, const std::string& host) {
  in6_addr address;
  if (inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
    return;
  }
  SSL_set1_host(ssl, host.c_str());
  // SSL_set_tlsext_host_name, whose macro has an old-style cast.
  SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(host.c_str()));
}

}  // namespace

absl::Status CheckTlsConnection(const ServerAddress& address, const TlsMaterial& material,
                                absl::Duration timeout, int stop) {
  const Limit limit(timeout, stop);
  ASSIGN_OR_RETURN(const ContextPtr context, MakeContext(material));
  ASSIGN_OR_RETURN(const Descriptor socket, Connect(address, limit));
  const SessionPtr session(SSL_new(context.get()));
  if (!session || SSL_set_fd(session.get(), socket.get()) != 1) return OpenSslStatus("preparing TLS");
  ServerVerdict verdict;
  SSL_set_ex_data(session.get(), VerdictIndex(), &verdict);
  ExpectName(session.get(), address.host);
  bool connected = false;
  while (true) {
    ERR_clear_error();
    char byte = 0;
    const int result = connected ? SSL_read(session.get(), &byte, 1) : SSL_connect(session.get());
    if (result == 1) {
      if (connected) return absl::OkStatus();
      connected = true;
      continue;
    }
    const int error = SSL_get_error(session.get(), result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      return Failure(address, material, verdict, connected);
    }
    const absl::Status waited = WaitFor(socket.get(), error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, limit);
    if (absl::IsCancelled(waited)) return waited;
    if (!waited.ok()) return NoAnswer(address);
  }
}

}  // namespace kortvakt
