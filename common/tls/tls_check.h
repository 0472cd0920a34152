// Why a TLS connection with certificates on both sides does not come about, in
// words that tell a person what to do. gRPC says only that the handshake failed.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/server_address.h"

namespace kortvakt {

// Where the PEM files are.
struct TlsPaths {
  std::string ca;           // CA certificates that the other side must chain to
  std::string certificate;  // our own certificate, with intermediates after it where there are any
  std::string key;          // its private key, not encrypted
};

// Their contents, checked.
struct TlsMaterial {
  TlsPaths paths;
  std::string ca;
  std::string certificate;
  std::string key;
};

// Reads and checks the files (each at most 1 MiB). Errors name the file and what
// to do: kNotFound, kPermissionDenied, kInvalidArgument (no certificate or key in
// it, an encrypted key, a key of another certificate) and kFailedPrecondition
// (our certificate has ended, or is not valid yet, at `now`).
absl::StatusOr<TlsMaterial> ReadTlsMaterial(const TlsPaths& paths, absl::Time now);

// Connects, shakes hands as an HTTP/2 client and waits for the server's first
// bytes (with TLS 1.3 a refused client certificate shows only then, RFC 8446,
// appendix E.1.2; an HTTP/2 server always speaks, RFC 9113, 3.4). Takes `timeout`
// at most, but for name lookup, which has the resolver's own limit. `stop`: a descriptor
// that becomes readable when all is to stop; negative: none.
//
// OK: nothing is wrong with connection and certificates. Otherwise a sentence
// on what is wrong and what to do:
//   kUnavailable         no such host, nothing listens, no answer in time, not TLS
//   kFailedPrecondition  the server's certificate is not one to trust
//   kPermissionDenied    the server refuses our certificate
//   kCancelled           told to stop
absl::Status CheckTlsConnection(const ServerAddress& address, const TlsMaterial& material,
                                absl::Duration timeout, int stop = -1);

}  // namespace kortvakt
