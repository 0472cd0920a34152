#include "agent/probe/tls_conversation.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/probe/alert.h"
#include "agent/probe/http.h"
#include "common/base/status.h"
#include "common/certs/name_text.h"
#include "common/certs/openssl_x509.h"
#include "common/snapshot/probe_details.h"

namespace kortvakt {
namespace {

// What Chromium and Firefox offer below TLS 1.3 (there OpenSSL's three suites are
// theirs too).
constexpr const char* kBrowserCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA:AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA:AES256-SHA";
constexpr const char* kBrowserGroups = "X25519:P-256:P-384";
constexpr const char* kBrowserSignatures =
    "ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA384:RSA+SHA384:RSA-PSS+SHA512:RSA+SHA512";
// For looking only: nothing is sent that would need protection.
constexpr const char* kAllCiphers = "ALL:!aNULL:@SECLEVEL=0";
constexpr const char* kAllSignatures =
    "ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA384:RSA+SHA384:ECDSA+SHA512:"
    "RSA-PSS+SHA512:RSA+SHA512:ed25519:ed448:ECDSA+SHA1:RSA+SHA1:DSA+SHA1";

constexpr size_t kMaxCaNames = 512;
constexpr size_t kMaxCaNameBytes = 32u << 10;
constexpr int kMaxSignatures = 64;
constexpr size_t kMaxAnswer = 16u << 10;
constexpr uint64_t kMaxRead = 256u << 10;  // OpenSSL takes a chain of 100 KiB; all else is small
constexpr int kMaxHandshakes = 5;
constexpr absl::Duration kErrorPage = absl::Seconds(2);
// RFC 8446, 5.1: what TLS begins with when it answers.
constexpr uint8_t kAlertRecord = 21;
constexpr uint8_t kHandshakeRecord = 22;
constexpr size_t kFirstBytes = 5;  // a record's header
constexpr int kFatal = 2;          // RFC 8446, 6

using ContextPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using SessionPtr = std::unique_ptr<SSL, FreeWith<SSL_free>>;

bool IsAddress(const std::string& host) {
  in6_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

// SSL_CTX_set1_…_list are macros with old-style casts.
bool SetList(SSL_CTX* context, int what, const char* list) {
  return SSL_CTX_ctrl(context, what, 0, const_cast<char*>(list)) == 1;
}

bool BrowsersOffer(int version, const std::string& cipher) {
  const std::vector<std::string> below_13 = absl::StrSplit(kBrowserCiphers, ':');
  return version >= kTls13 ||
         (version == kTls12 && std::find(below_13.begin(), below_13.end(), cipher) != below_13.end());
}

// What ended a conversation from this side.
enum class Cut { kNo, kTooMuch, kTimeUp, kStopped };

class Conversation final : public TlsConversation {
 public:
  explicit Conversation(int fd) : fd_(fd) {}

  absl::Status Prepare(const std::string& host, const TlsOffer& offer) {
    const ErrorQueueScope errors;
    context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX* context = context_.get();
    if (context == nullptr) return OpenSslStatus("preparing TLS");
    SSL_CTX_set_security_level(context, 0);
    if (SSL_CTX_set_min_proto_version(context, offer.min_version) != 1 ||
        SSL_CTX_set_max_proto_version(context, offer.max_version) != 1 ||
        SSL_CTX_set_cipher_list(context, offer.as_browser ? kBrowserCiphers : kAllCiphers) != 1 ||
        !SetList(context, SSL_CTRL_SET_SIGALGS_LIST,
                 offer.as_browser ? kBrowserSignatures : kAllSignatures) ||
        (offer.as_browser && !SetList(context, SSL_CTRL_SET_GROUPS_LIST, kBrowserGroups))) {
      return OpenSslStatus("preparing TLS");
    }
    // Browsers talk to servers without RFC 5746 too.
    SSL_CTX_set_options(context, SSL_OP_LEGACY_SERVER_CONNECT);
    // A call must return after each record, so that limits are looked at.
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_post_handshake_auth(context, 1);
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_cert_verify_callback(context, &Conversation::OnChain, this);
    SSL_CTX_set_client_cert_cb(context, &Conversation::OnRequest);
    SSL_CTX_set_info_callback(context, &Conversation::OnInfo);
    constexpr unsigned char kHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};  // RFC 7301, 3.1
    if (offer.send_alpn) SSL_CTX_set_alpn_protos(context, kHttp11, sizeof kHttp11);

    session_.reset(SSL_new(context));
    if (session_ == nullptr || SSL_set_fd(session_.get(), fd_) != 1) return OpenSslStatus("preparing TLS");
    SSL_set_ex_data(session_.get(), 0, this);
    BIO_set_callback_ex(SSL_get_rbio(session_.get()), &Conversation::OnBytes);
    BIO_set_callback_arg(SSL_get_rbio(session_.get()), reinterpret_cast<char*>(this));
    if (offer.send_name && !IsAddress(host)) {
      SSL_ctrl(session_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               const_cast<char*>(host.c_str()));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<HandshakeEnd> Handshake(const ProbeLimit& limit) override {
    limit_ = limit;
    while (true) {
      ForgetErrors();
      const int result = SSL_connect(session_.get());
      const int error = SSL_get_error(session_.get(), result);
      if (result == 1) {
        NoteAgreement();
        return HandshakeEnd::kDone;
      }
      if (cut_ == Cut::kNo && !Waits(error)) return HandshakeFailure(error);
      if (cut_ == Cut::kNo) AwaitSocket(error);
      if (cut_ == Cut::kNo) continue;
      if (cut_ == Cut::kStopped) return absl::CancelledError("interrupted");
      if (!FirstBytesAreTls()) return HandshakeEnd::kNotTls;
      seen_.error = cut_ == Cut::kTooMuch ? probe_detail::kEndlessHandshake : probe_detail::kNoAnswer;
      NoteAgreement();
      return HandshakeEnd::kNoAnswer;
    }
  }

  absl::StatusOr<AnswerEnd> Ask(const std::string& request, const ProbeLimit& limit,
                                std::string& answer) override {
    answer.clear();
    limit_ = limit;
    bool sent = false;
    while (answer.size() < kMaxAnswer && cut_ == Cut::kNo && handshakes_ <= kMaxHandshakes) {
      ForgetErrors();
      std::array<char, 4096> buffer;
      const int result = sent ? SSL_read(session_.get(), buffer.data(), static_cast<int>(buffer.size()))
                              : SSL_write(session_.get(), request.data(), static_cast<int>(request.size()));
      if (result > 0 && !sent) {
        sent = true;
        continue;
      }
      if (result > 0) {
        answer.append(buffer.data(), static_cast<size_t>(result));
        if (!LooksLikeHttp(answer)) break;
        const uint32_t status = HttpStatus(answer);
        if ((status > 0 && status < 400) || RefusalIn(answer) != HttpRefusal::kNone) break;
        // Of an error the page is worth a moment.
        if (status >= 400) limit_.end = std::min(limit_.end, ProbeLimit::After(kErrorPage).end);
        continue;
      }
      const int error = SSL_get_error(session_.get(), result);
      if (cut_ != Cut::kNo) break;
      if (!Waits(error)) {
        NoteError(error);
        // Who refuses may have closed before we asked: what it said then is there to be read.
        if (!std::exchange(sent, true)) continue;
        return HttpStatus(answer) > 0 ? AnswerEnd::kHttp : AnswerEnd::kRefused;
      }
      AwaitSocket(error);
    }
    if (cut_ == Cut::kStopped) return absl::CancelledError("interrupted");
    if (HttpStatus(answer) > 0) return AnswerEnd::kHttp;
    seen_.error = !answer.empty()                ? probe_detail::kNotHttp
                  : handshakes_ > kMaxHandshakes ? probe_detail::kEndlessRenegotiation
                  : cut_ == Cut::kTooMuch        ? probe_detail::kEndlessSending
                                                 : probe_detail::kNoHttpAnswer;
    return AnswerEnd::kSilent;
  }

  const TlsSeen& seen() const override { return seen_; }

 private:
  // SSL_get_error answers from both.
  static void ForgetErrors() {
    ERR_clear_error();
    errno = 0;
  }

  uint64_t BytesRead() const { return BIO_number_read(SSL_get_rbio(session_.get())); }

  static bool Waits(int error) { return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE; }

  // Waits for what OpenSSL wants; else the conversation is to be cut.
  void AwaitSocket(int error) {
    const absl::Status waited =
        Await(fd_, error == SSL_ERROR_WANT_READ ? WaitFor::kReading : WaitFor::kWriting, limit_);
    if (!waited.ok()) cut_ = absl::IsCancelled(waited) ? Cut::kStopped : Cut::kTimeUp;
  }

  // Before each read: OpenSSL may read on for ever within one call, where messages come that
  // it passes over.
  void LookAtLimits() {
    if (BytesRead() > kMaxRead) {
      cut_ = Cut::kTooMuch;
    } else if (limit_.Left() == absl::ZeroDuration()) {
      cut_ = Cut::kTimeUp;
    } else if (limit_.stop >= 0 && absl::IsCancelled(Await(-1, WaitFor::kReading, {{}, limit_.stop}))) {
      cut_ = Cut::kStopped;
    }
  }

  // Ends reading where a limit is reached, and keeps the first bytes that come: what answers
  // shows there.
  static long OnBytes(BIO* bio, int operation, const char* data, size_t, int, long, int result,
                      size_t* processed) {
    Conversation& self = *reinterpret_cast<Conversation*>(BIO_get_callback_arg(bio));
    if (operation == BIO_CB_READ) {
      self.LookAtLimits();
      if (self.cut_ == Cut::kNo) return result;
      // Else OpenSSL takes it for one more wait.
      BIO_clear_retry_flags(bio);
      return 0;
    }
    std::string& first = self.first_bytes_;
    if (operation == (BIO_CB_READ | BIO_CB_RETURN) && result > 0 && first.size() < kFirstBytes) {
      first.append(data, std::min(*processed, kFirstBytes - first.size()));
    }
    return result;
  }

  // True also when nothing came; else says what it was.
  bool FirstBytesAreTls() {
    if (first_bytes_.empty()) return true;
    const auto type = static_cast<uint8_t>(first_bytes_.front());
    if (type == kHandshakeRecord || type == kAlertRecord) return true;
    seen_.plain_http = LooksLikeHttp(first_bytes_);
    seen_.error = seen_.plain_http ? probe_detail::kPlainHttp : probe_detail::kNotTls;
    ERR_clear_error();
    return false;
  }

  HandshakeEnd HandshakeFailure(int error) {
    if (!FirstBytesAreTls()) return HandshakeEnd::kNotTls;
    const bool nothing = BytesRead() == 0;
    NoteError(error);
    NoteAgreement();
    return nothing ? HandshakeEnd::kClosed : HandshakeEnd::kFailed;
  }

  // Reads OpenSSL's queue. The first error stands, but for an alert, which says why.
  void NoteError(int error) {
    const int system_error = errno;
    const unsigned long queued = ERR_peek_last_error();
    const bool eof =
        error == SSL_ERROR_ZERO_RETURN ||
        (ERR_GET_LIB(queued) == ERR_LIB_SSL && ERR_GET_REASON(queued) == SSL_R_UNEXPECTED_EOF_WHILE_READING);
    const char* reason = ERR_reason_error_string(queued);
    if (!seen_.alert.empty()) {
      seen_.error = absl::StrCat(probe_detail::kAlertPrefix, seen_.alert);
    } else if (!seen_.error.empty()) {
      // Told before.
    } else if (eof || (error == SSL_ERROR_SYSCALL && system_error == 0)) {
      seen_.error = probe_detail::kClosed;
    } else if (error == SSL_ERROR_SYSCALL) {
      seen_.error =
          system_error == ECONNRESET || system_error == EPIPE ? probe_detail::kReset : probe_detail::kBroke;
    } else {
      seen_.error = reason == nullptr ? probe_detail::kHandshakeFailed : reason;
    }
    ERR_clear_error();
  }

  // Version and cipher, where the server chose them.
  void NoteAgreement() {
    SSL* session = session_.get();
    if (seen_.chain.empty() && SSL_is_init_finished(session) == 0) return;
    seen_.version = TlsVersionName(SSL_version(session));
    const auto group = static_cast<int>(SSL_get_negotiated_group(session));
    if (const char* name = group == NID_undef ? nullptr : SSL_group_to_name(session, group))
      seen_.group = name;
    const SSL_CIPHER* cipher = SSL_get_current_cipher(session);
    if (cipher == nullptr) cipher = SSL_get_pending_cipher(session);
    if (cipher == nullptr) return;
    seen_.cipher = SSL_CIPHER_get_name(cipher);
    seen_.rsa_key_exchange = SSL_CIPHER_get_kx_nid(cipher) == NID_kx_rsa;
    seen_.browsers_offer_cipher = BrowsersOffer(SSL_version(session), seen_.cipher);
  }

  static Conversation* Of(const SSL* session) {
    return static_cast<Conversation*>(SSL_get_ex_data(session, 0));
  }

  static int OnChain(X509_STORE_CTX* store, void* self) {
    TlsSeen& seen = static_cast<Conversation*>(self)->seen_;
    const STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(store);
    const int count = sent == nullptr ? 0 : sk_X509_num(sent);
    seen.chain.clear();
    for (int i = 0; i < count; ++i) {
      unsigned char* der = nullptr;
      const int size = i2d_X509(sk_X509_value(sent, i), &der);
      if (size > 0) seen.chain.emplace_back(der, der + size);
      OPENSSL_free(der);
    }
    return 1;
  }

  static int OnRequest(SSL* session, X509**, EVP_PKEY**) {
    Of(session)->NoteRequest(session);
    return 0;  // no certificate
  }

  void NoteRequest(SSL* session) {
    seen_.asked = true;
    if (first_handshake_done_) seen_.asked_on_path = true;
    seen_.ca_names.clear();
    seen_.signature_algorithms.clear();
    const STACK_OF(X509_NAME)* names = SSL_get0_peer_CA_list(session);
    const int count = names == nullptr ? 0 : sk_X509_NAME_num(names);
    seen_.ca_name_count = static_cast<uint32_t>(std::max(count, 0));
    size_t bytes = 0;
    for (int i = 0; i < count && seen_.ca_names.size() < kMaxCaNames; ++i) {
      std::string name = NameText(sk_X509_NAME_value(names, i), false, Holder());
      bytes += name.size();
      if (bytes > kMaxCaNameBytes) break;
      seen_.ca_names.push_back(std::move(name));
    }
    const int schemes = SSL_get_sigalgs(session, -1, nullptr, nullptr, nullptr, nullptr, nullptr);
    for (int i = 0; i < std::min(schemes, kMaxSignatures); ++i) {
      unsigned char low = 0;
      unsigned char high = 0;
      SSL_get_sigalgs(session, i, nullptr, nullptr, nullptr, &low, &high);
      seen_.signature_algorithms.push_back(SignatureSchemeName(static_cast<uint16_t>(high << 8 | low)));
    }
  }

  static void OnInfo(const SSL* session, int where, int value) {
    Conversation& self = *Of(session);
    if ((where & SSL_CB_HANDSHAKE_START) != 0) ++self.handshakes_;
    if ((where & SSL_CB_HANDSHAKE_DONE) != 0) self.first_handshake_done_ = true;
    if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && value >> 8 == kFatal) {
      self.seen_.alert = AlertName(static_cast<uint8_t>(value & 0xFF));
    }
  }

  const int fd_;
  ProbeLimit limit_;  // of the call under way
  Cut cut_ = Cut::kNo;
  TlsSeen seen_;
  std::string first_bytes_;
  int handshakes_ = 0;
  bool first_handshake_done_ = false;
  ContextPtr context_;
  SessionPtr session_;
};

}  // namespace

const char* TlsVersionName(int version) {
  switch (version) {
    case kTls10:
      return "TLSv1.0";
    case kTls11:
      return "TLSv1.1";
    case kTls12:
      return "TLSv1.2";
    case kTls13:
      return "TLSv1.3";
    default:
      return "";
  }
}

absl::StatusOr<std::unique_ptr<TlsConversation>> TlsConversation::Start(int fd, const std::string& host,
                                                                        const TlsOffer& offer) {
  auto conversation = std::make_unique<Conversation>(fd);
  RETURN_IF_ERROR(conversation->Prepare(host, offer));
  return conversation;
}

}  // namespace kortvakt
