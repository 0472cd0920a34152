// What a TLS probe of one server saw. Field meanings are those of message Probe in
// proto/kortvakt/v1/snapshot.proto.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/certs/certificate_facts.h"

namespace kortvakt {

// How far the conversation came. Each value says that all before it went well.
enum class ProbeOutcome {
  kNameUnknown,      // the name of the host (or of the proxy) has no address
  kUnreachable,      // no address takes a TCP connection
  kProxyRefused,     // the proxy does not let us through
  kClosedAtHello,    // closed or reset on the first TLS message, without an answer
  kNotTls,           // something answers that is not TLS
  kHandshakeFailed,  // TLS, but the handshake ended in an alert or an error
  kRefused,          // closed by an alert, or without a word, after the handshake
  kSilent,           // no HTTP answer after the handshake
  kAnswered,         // an HTTP status came
  kTimedOut,         // a connection, but no answer to TLS in time
};

// One address of the server (or of the proxy) that was tried.
struct ProbeAddress {
  std::string address;  // without port
  std::string error;    // empty: it took the connection

  bool operator==(const ProbeAddress&) const = default;
};

// What a trust store makes of the server's chain, dates left aside.
enum class ProbeVerdict {
  kTrusted,          // it ends at a trusted root
  kRootUnknown,      // all intermediates are there, its root is not
  kChainIncomplete,  // the server left an intermediate out, and the store has none
  kDistrusted,       // a certificate of the chain is actively distrusted
  kInvalid,          // a signature or a constraint does not hold
  kIssuerUnknown,    // what is missing may be its root or an intermediate
};

// Where the root of a trusted chain comes from.
enum class RootOrigin {
  kUnknown,  // it could not be told
  kPublic,   // one that the system's publisher ships
  kLocal,    // one that was added on this workstation
};

// Where the time in which all CA certificates of a way are valid ends, to one side.
struct ProbeWayBound {
  absl::Time time;
  std::string ca;           // subject of the certificate that bounds it
  bool from_store = false;  // the store's own copy: the server did not send it

  bool operator==(const ProbeWayBound&) const = default;
};

// One trusted way up from the server's certificate.
struct ProbeWay {
  ProbeWayBound begins;
  ProbeWayBound ends;

  bool operator==(const ProbeWay&) const = default;
};

// The server's chain by one store.
struct ProbeTrust {
  std::string store;
  bool browser = false;  // all that a browser trusts, not only one place
  ProbeVerdict verdict = ProbeVerdict::kRootUnknown;
  bool with_local_intermediate = false;  // trusted only with an intermediate that the server left out
  std::string root_sha256;
  std::string root_subject;
  RootOrigin root_origin = RootOrigin::kUnknown;
  std::string detail;
  std::vector<ProbeWay> ways;

  bool operator==(const ProbeTrust&) const = default;
};

// Whether and when the server asks for a client certificate.
enum class ClientCertificateRequest {
  kNotAsked,
  kInHandshake,
  kOnPath,  // after the request: renegotiation (TLS 1.2) or post-handshake (TLS 1.3)
};

// What an HTTP answer says of the client certificate.
enum class HttpRefusal {
  kNone,
  kCertificateMissing,  // none was sent
  kCertificateError,    // one was sent that could not be verified
};

struct ProbeFacts {
  std::string url;
  std::string proxy;
  ProbeOutcome outcome = ProbeOutcome::kNameUnknown;
  std::string detail;
  std::vector<ProbeAddress> addresses;
  uint32_t proxy_status = 0;
  bool plain_http = false;
  bool answers_without_name = false;
  bool browser_offer_refused = false;
  std::vector<std::string> versions_taken;
  std::vector<std::string> versions_refused;
  std::string version;
  std::string cipher;
  bool rsa_key_exchange = false;
  std::string alert;
  std::vector<CertificateFacts> chain;
  uint32_t chain_length = 0;
  uint32_t path_length = 0;
  std::vector<std::string> server_names;
  bool name_matches = false;
  std::vector<ProbeTrust> trust;
  ClientCertificateRequest client_certificate = ClientCertificateRequest::kNotAsked;
  std::vector<std::string> ca_names;
  uint32_t ca_name_count = 0;
  std::vector<std::string> signature_algorithms;
  uint32_t http_status = 0;
  HttpRefusal http_refusal = HttpRefusal::kNone;
  bool ends_self_signed = false;
  std::string group;
  bool browsers_offer_cipher = false;

  bool operator==(const ProbeFacts&) const = default;
};

}  // namespace kortvakt
