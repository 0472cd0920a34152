// As little of HTTP/1.1 (RFC 9112) as a probe needs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/probe_target.h"
#include "common/snapshot/probe_facts.h"

namespace kortvakt {

// A GET of the target's path, as a browser's first one but without anybody's data.
std::string GetRequest(const ProbeTarget& target);

// CONNECT (RFC 9110, 9.3.6) to `server`; `authorization` as in ProxySettings.
std::string ConnectRequest(const ServerAddress& server, const std::string& authorization);

// The status of an answer that begins with `text`, 100 to 599; 0: it is no HTTP/1.x, or
// the status is not there yet.
uint32_t HttpStatus(std::string_view text);

// Whether `text`, perhaps cut short, may be the beginning of an HTTP answer.
bool LooksLikeHttp(std::string_view text);

// What the answer `text`, perhaps cut short, says of the client certificate: by the
// sentences of nginx, whose codes 495 and 496 become 400 on the wire, and by those
// codes themselves.
HttpRefusal RefusalIn(std::string_view text);

}  // namespace kortvakt
