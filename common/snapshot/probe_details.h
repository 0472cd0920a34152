// What may end a probe, in the words of ProbeFacts::detail and ProbeAddress::error. The
// probe writes them, and the judge knows them again to say them in the reader's language.
#pragma once

namespace kortvakt::probe_detail {

// TCP, name and proxy.
inline constexpr char kNoAnswer[] = "no answer in time";
inline constexpr char kNoAddress[] = "no address";
inline constexpr char kResolverSilent[] = "the resolver does not answer in time";
inline constexpr char kPeerClosed[] = "the other side closed the connection";
inline constexpr char kLongHead[] = "an HTTP head of more than 8 KiB";
inline constexpr char kProxyNotHttp[] = "it does not answer in HTTP";

// TLS and what follows.
inline constexpr char kAlertPrefix[] = "TLS alert ";  // the alert's name follows
inline constexpr char kClosed[] = "it closed the connection";
inline constexpr char kReset[] = "it reset the connection";
inline constexpr char kBroke[] = "the connection broke";
inline constexpr char kHandshakeFailed[] = "the TLS handshake failed";
inline constexpr char kEndlessHandshake[] = "the handshake does not end";
inline constexpr char kPlainHttp[] = "it answers in plain HTTP";
inline constexpr char kNotTls[] = "what answers is not TLS";
inline constexpr char kNotHttp[] = "it answers with something other than HTTP";
inline constexpr char kEndlessRenegotiation[] = "it renegotiates without end";
inline constexpr char kEndlessSending[] = "it sends without end";
inline constexpr char kNoHttpAnswer[] = "no HTTP answer in time";

}  // namespace kortvakt::probe_detail
