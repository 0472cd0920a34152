// What the HTTP face says, as text.
#pragma once

#include <string>

#include "kortvakt/v1/query.pb.h"

namespace kortvakt {

// The page at "/": complete HTML in Swedish, no scripts, nothing loaded from
// elsewhere. Site names are escaped.
std::string SummaryPage(const v1::GetSummaryResponse& summary);

// Content-Security-Policy (W3C CSP 3) that allows that page its own style and
// nothing else.
const std::string& PagePolicy();

// `summary` in proto3 JSON, defaults printed.
std::string SummaryJson(const v1::GetSummaryResponse& summary);

}  // namespace kortvakt
