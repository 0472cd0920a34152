// What may keep an address from being fetched, in the words of RevocationCheck::detail and
// CaDownload::detail. The agent writes them, and the judge knows them again to say them in
// the reader's language.
#pragma once

#include "common/snapshot/probe_details.h"

namespace kortvakt::download_detail {

using probe_detail::kBroke;
using probe_detail::kNoAnswer;
inline constexpr char kNoAddress[] = "the name has no address";
inline constexpr char kNoConnection[] = "no connection";
inline constexpr char kTooLarge[] = "the answer is too large";
inline constexpr char kNotHttp[] = "what answers is not HTTP";
inline constexpr char kProxy[] = "the proxy cannot be reached";
inline constexpr char kTls[] = "the TLS handshake failed";
inline constexpr char kNothing[] = "the answer is empty";
inline constexpr char kNoTimeLeft[] = "no time was left to ask";
inline constexpr char kNoNextUpdate[] = "nextUpdate is missing";
inline constexpr char kHttpStatus[] = "HTTP status ";  // the number follows

}  // namespace kortvakt::download_detail
