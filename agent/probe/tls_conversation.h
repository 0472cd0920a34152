// One TLS connection as a client without a key: who answers, in which version, with
// which certificates, and what it wants of us.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/probe/connection.h"
#include "common/base/bytes.h"

namespace kortvakt {

// Protocol versions as they travel (RFC 8446, 4.2.1).
inline constexpr int kTls10 = 0x0301;
inline constexpr int kTls11 = 0x0302;
inline constexpr int kTls12 = 0x0303;
inline constexpr int kTls13 = 0x0304;

// "TLSv1.2" for kTls12.
const char* TlsVersionName(int version);

// What we offer to a server.
struct TlsOffer {
  int min_version = kTls12;
  int max_version = kTls13;
  // The cipher suites, groups and signature algorithms of today's browsers and no
  // others; false: all that there are, the broken ones too, for looking only.
  bool as_browser = true;
  bool send_name = true;  // server_name (RFC 6066, 3), where the host is no address
  bool send_alpn = true;  // "http/1.1" (RFC 7301)
};

// What was seen of a server, also where the handshake failed later.
struct TlsSeen {
  std::string version;  // "TLSv1.3"; empty: none was agreed on
  std::string cipher;   // OpenSSL's name
  std::string group;    // OpenSSL's name; empty: none
  bool rsa_key_exchange = false;
  bool browsers_offer_cipher = false;  // this version and cipher
  std::string alert;                   // the fatal alert that came (AlertName); empty: none
  std::string error;                   // what ended it, in words; empty: nothing did
  bool plain_http = false;             // it answered in HTTP without TLS
  std::vector<Bytes> chain;            // as sent; OpenSSL takes 100 KiB of it
  bool asked = false;                  // for a client certificate
  bool asked_on_path = false;
  std::vector<std::string> ca_names;  // RFC 4514; the first 512, of 32 KiB together
  uint32_t ca_name_count = 0;
  std::vector<std::string> signature_algorithms;  // for the client certificate, the first 64
};

enum class HandshakeEnd {
  kDone,
  kClosed,    // closed or reset without a byte
  kNotTls,    // something else than TLS answered
  kFailed,    // an alert, or something we cannot accept
  kNoAnswer,  // time was up
};

enum class AnswerEnd {
  kHttp,     // `answer` begins with an HTTP status line
  kRefused,  // an alert, or closed, before that
  kSilent,   // nothing, or nothing that is HTTP, in time
};

// Not thread-safe.
class TlsConversation {
 public:
  // On the connected socket `fd`, which does not block and must outlive it; `host` without
  // a dot at its end. An error: OpenSSL cannot be prepared on this machine.
  static absl::StatusOr<std::unique_ptr<TlsConversation>> Start(int fd, const std::string& host,
                                                                const TlsOffer& offer);
  virtual ~TlsConversation() = default;

  // Reads at most 256 KiB in all. kCancelled only.
  virtual absl::StatusOr<HandshakeEnd> Handshake(const ProbeLimit& limit) = 0;

  // After kDone: sends `request` and reads the answer, as far as it is worth: the
  // status line, and where it is an error up to 16 KiB of what follows, for at most
  // 2 s. A refused client certificate shows only here in TLS 1.3 (RFC 8446, appendix
  // E.1.2). Renegotiates at most 4 times. kCancelled only.
  virtual absl::StatusOr<AnswerEnd> Ask(const std::string& request, const ProbeLimit& limit,
                                        std::string& answer) = 0;

  virtual const TlsSeen& seen() const = 0;
};

}  // namespace kortvakt
