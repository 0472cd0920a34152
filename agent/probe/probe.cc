#include "agent/probe/probe.h"

#include <array>
#include <optional>
#include <utility>

#include "absl/strings/strip.h"
#include "agent/probe/connection.h"
#include "agent/probe/http.h"
#include "agent/probe/server_chain.h"
#include "agent/probe/tls_conversation.h"
#include "common/base/status.h"
#include "common/snapshot/probe_details.h"

namespace kortvakt {
namespace {

// A server has half of the time that is left to connect and to shake hands; the rest
// is for the questions that follow from what it did.
constexpr double kFirstShare = 0.5;

class Prober {
 public:
  Prober(const ProbeTarget& target, const ProbeInputs& inputs)
      : target_(target),
        host_(absl::StripSuffix(target.server.host, ".")),
        inputs_(inputs),
        limit_(ProbeLimit::After(inputs.time, inputs.stop)) {}

  absl::StatusOr<ProbeFacts> Run() {
    facts_.url = FormatProbeTarget(target_);
    RETURN_IF_ERROR(Look());
    return std::move(facts_);
  }

 private:
  // Each step says whether the next makes sense; an error is kCancelled.
  absl::Status Look() {
    ASSIGN_OR_RETURN(const bool found, FindAddresses());
    if (!found) return absl::OkStatus();
    ASSIGN_OR_RETURN(std::optional<HandshakeEnd> first, Converse(TlsOffer(), limit_.Part(kFirstShare)));
    if (first && facts_.alert == "no_application_protocol") {
      // It speaks another HTTP only, which browsers offer too.
      send_alpn_ = false;
      ASSIGN_OR_RETURN(first, Converse(TlsOffer(), limit_.Part(kFirstShare)));
    }
    if (!first) return absl::OkStatus();
    RETURN_IF_ERROR(Explain(*first));
    if (facts_.outcome == ProbeOutcome::kNotTls) return absl::OkStatus();
    if (!chain_.empty()) {
      ReadServerChain(chain_, host_, facts_);
      facts_.trust = TrustOf(chain_, inputs_.pools, inputs_.public_roots);
    }
    return facts_.outcome == ProbeOutcome::kClosedAtHello ? absl::OkStatus() : TryVersions();
  }

  absl::StatusOr<bool> FindAddresses() {
    const std::optional<ServerAddress> proxy = ProxyFor(inputs_.proxy, target_.server.host);
    if (proxy) facts_.proxy = FormatServerAddress(*proxy);
    absl::StatusOr<std::vector<NetworkAddress>> addresses =
        Resolve(proxy ? *proxy : target_.server, limit_.Part(kFirstShare));
    if (absl::IsCancelled(addresses.status())) return addresses.status();
    if (!addresses.ok()) {
      facts_.outcome = ProbeOutcome::kNameUnknown;
      facts_.detail = std::string(addresses.status().message());
      return false;
    }
    addresses_ = *std::move(addresses);
    return true;
  }

  // A connection to the server, through the proxy where one is set. Absent: there is
  // none, and the facts say why.
  absl::StatusOr<std::optional<Descriptor>> Connect(const ProbeLimit& limit) {
    std::vector<ProbeAddress> tried;
    size_t chosen = 0;
    absl::StatusOr<Descriptor> socket = ConnectToOne(addresses_, limit, tried, chosen);
    if (absl::IsCancelled(socket.status())) return socket.status();
    if (facts_.addresses.empty()) facts_.addresses = std::move(tried);
    if (!socket.ok()) {
      End(ProbeOutcome::kUnreachable, socket.status().message());
      return std::nullopt;
    }
    // Later connections are to the one that answered.
    if (addresses_.size() > 1) addresses_ = {addresses_[chosen]};
    if (!facts_.proxy.empty()) {
      ASSIGN_OR_RETURN(const bool through, PassProxy(socket->get(), limit));
      if (!through) return std::nullopt;
    }
    return std::optional<Descriptor>(*std::move(socket));
  }

  absl::StatusOr<bool> PassProxy(int fd, const ProbeLimit& limit) {
    absl::Status sent = SendAll(fd, ConnectRequest(target_.server, inputs_.proxy.authorization), limit);
    absl::StatusOr<std::string> head = sent.ok() ? ReadHttpHead(fd, limit) : sent;
    if (absl::IsCancelled(head.status())) return head.status();
    facts_.proxy_status = head.ok() ? HttpStatus(*head) : 0;
    if (facts_.proxy_status >= 200 && facts_.proxy_status < 300) return true;
    End(ProbeOutcome::kProxyRefused, facts_.proxy_status > 0 ? absl::string_view()
                                     : head.ok()             ? probe_detail::kProxyNotHttp
                                                             : head.status().message());
    return false;
  }

  // One connection to its end: facts of its handshake, and of the request when that
  // is done. Absent: no connection.
  absl::StatusOr<std::optional<HandshakeEnd>> Converse(const TlsOffer& offer, const ProbeLimit& handshake) {
    ASSIGN_OR_RETURN(const std::optional<Descriptor> socket, Connect(handshake));
    if (!socket) return std::nullopt;
    ASSIGN_OR_RETURN(const std::unique_ptr<TlsConversation> conversation, Start(socket->get(), offer));
    ASSIGN_OR_RETURN(const HandshakeEnd end, conversation->Handshake(handshake));
    std::string answer;
    std::optional<AnswerEnd> answered;
    if (end == HandshakeEnd::kDone) {
      ASSIGN_OR_RETURN(answered, conversation->Ask(GetRequest(target_), limit_.Part(kFirstShare), answer));
    }
    Note(conversation->seen(), end, answered);
    facts_.http_status = HttpStatus(answer);
    facts_.http_refusal = RefusalIn(answer);
    return end;
  }

  absl::StatusOr<std::unique_ptr<TlsConversation>> Start(int fd, TlsOffer offer) const {
    offer.send_alpn = send_alpn_;
    return TlsConversation::Start(fd, host_, offer);
  }

  void Note(const TlsSeen& seen, HandshakeEnd end, std::optional<AnswerEnd> answered) {
    switch (end) {
      case HandshakeEnd::kClosed:
        End(ProbeOutcome::kClosedAtHello, seen.error);
        break;
      case HandshakeEnd::kNotTls:
        End(ProbeOutcome::kNotTls, seen.error);
        break;
      case HandshakeEnd::kFailed:
        End(ProbeOutcome::kHandshakeFailed, seen.error);
        break;
      case HandshakeEnd::kNoAnswer:
        End(ProbeOutcome::kTimedOut, seen.error);
        break;
      case HandshakeEnd::kDone:
        End(answered == AnswerEnd::kHttp      ? ProbeOutcome::kAnswered
            : answered == AnswerEnd::kRefused ? ProbeOutcome::kRefused
                                              : ProbeOutcome::kSilent,
            answered == AnswerEnd::kHttp ? "" : seen.error);
        break;
    }
    facts_.plain_http = seen.plain_http;
    facts_.alert = seen.alert;
    if (seen.chain.empty()) return;
    facts_.version = seen.version;
    facts_.cipher = seen.cipher;
    facts_.group = seen.group;
    facts_.rsa_key_exchange = seen.rsa_key_exchange;
    facts_.browsers_offer_cipher = seen.browsers_offer_cipher;
    chain_ = seen.chain;
    facts_.client_certificate = seen.asked_on_path ? ClientCertificateRequest::kOnPath
                                : seen.asked       ? ClientCertificateRequest::kInHandshake
                                                   : ClientCertificateRequest::kNotAsked;
    facts_.ca_names = seen.ca_names;
    facts_.ca_name_count = seen.ca_name_count;
    facts_.signature_algorithms = seen.signature_algorithms;
  }

  void End(ProbeOutcome outcome, absl::string_view detail) {
    facts_.outcome = outcome;
    facts_.detail = std::string(detail);
  }

  // Where a browser got no certificate from the server, looks for the reason.
  absl::Status Explain(HandshakeEnd first) {
    if (!chain_.empty()) return absl::OkStatus();
    if (first == HandshakeEnd::kFailed || first == HandshakeEnd::kClosed) {
      RETURN_IF_ERROR(LookWithEverything());
      if (!chain_.empty() || first == HandshakeEnd::kFailed) return absl::OkStatus();
      return LookWithoutName();
    }
    return first == HandshakeEnd::kNoAnswer ? LookForPlainHttp() : absl::OkStatus();
  }

  // What the server takes when it is offered all that there is. Where that helps, the
  // facts are of this conversation; else those of the first stand.
  absl::Status LookWithEverything() {
    const ProbeFacts before = facts_;
    ASSIGN_OR_RETURN(const auto end,
                     Converse({.min_version = kTls10, .as_browser = false}, limit_.Part(kFirstShare)));
    if (!end || chain_.empty()) {
      facts_ = before;
      return absl::OkStatus();
    }
    facts_.browser_offer_refused = true;
    return LookAgain(before);
  }

  // The first failure may have been a passing one: where a browser's offer is taken now,
  // the facts are of this conversation. `before`: those of the first.
  absl::Status LookAgain(const ProbeFacts& before) {
    const ProbeFacts with_everything = std::exchange(facts_, before);
    std::vector<Bytes> chain = std::exchange(chain_, {});
    ASSIGN_OR_RETURN(const auto end, Converse(TlsOffer(), limit_.Part(kFirstShare)));
    if (end && !chain_.empty()) return absl::OkStatus();
    facts_ = with_everything;
    chain_ = std::move(chain);
    return absl::OkStatus();
  }

  // Something between here and there may close connections by the name that they ask for.
  absl::Status LookWithoutName() {
    const ProbeFacts before = facts_;
    ASSIGN_OR_RETURN(const auto end, Converse({.send_name = false}, limit_.Part(kFirstShare)));
    const bool answers = end && !chain_.empty();
    facts_ = before;
    facts_.answers_without_name = answers;
    chain_.clear();
    return absl::OkStatus();
  }

  // A web server without TLS may wait for the end of a line that TLS never sends.
  absl::Status LookForPlainHttp() {
    const ProbeFacts before = facts_;
    const ProbeLimit limit = limit_.Part(kFirstShare);
    ASSIGN_OR_RETURN(const std::optional<Descriptor> socket, Connect(limit));
    facts_ = before;
    if (!socket) return absl::OkStatus();
    absl::Status sent = SendAll(socket->get(), GetRequest(target_), limit);
    absl::StatusOr<std::string> head = sent.ok() ? ReadHttpHead(socket->get(), limit) : sent;
    if (absl::IsCancelled(head.status())) return head.status();
    if (head.ok() && HttpStatus(*head) > 0) {
      facts_.plain_http = true;
      End(ProbeOutcome::kNotTls, probe_detail::kPlainHttp);
    }
    return absl::OkStatus();
  }

  // Which versions the server takes; those for which time is not enough are not told.
  absl::Status TryVersions() {
    for (const int version : {kTls10, kTls11, kTls12, kTls13}) {
      const std::string name = TlsVersionName(version);
      if (name == facts_.version) {
        facts_.versions_taken.push_back(name);
        continue;
      }
      const ProbeFacts before = facts_;
      const ProbeLimit limit = limit_.Part(kFirstShare);
      ASSIGN_OR_RETURN(const std::optional<Descriptor> socket, Connect(limit));
      facts_ = before;
      if (!socket) return absl::OkStatus();
      ASSIGN_OR_RETURN(
          const std::unique_ptr<TlsConversation> conversation,
          Start(socket->get(), {.min_version = version, .max_version = version, .as_browser = false}));
      ASSIGN_OR_RETURN(const HandshakeEnd end, conversation->Handshake(limit));
      if (conversation->seen().version == name) {
        facts_.versions_taken.push_back(name);
      } else if (end == HandshakeEnd::kFailed || end == HandshakeEnd::kClosed) {
        facts_.versions_refused.push_back(name);
      }
    }
    return absl::OkStatus();
  }

  const ProbeTarget& target_;
  const std::string host_;  // as certificates have it, without a dot at its end
  const ProbeInputs& inputs_;
  const ProbeLimit limit_;
  ProbeFacts facts_;
  std::vector<NetworkAddress> addresses_;
  std::vector<Bytes> chain_;
  bool send_alpn_ = true;
};

}  // namespace

absl::StatusOr<ProbeFacts> Probe(const ProbeTarget& target, const ProbeInputs& inputs) {
  return Prober(target, inputs).Run();
}

}  // namespace kortvakt
