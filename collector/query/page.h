// Pages of a list. A token says after which row the page begins, by the row's
// sort key, so that it stays good while rows come and go: nothing that is there
// all the time is left out or comes twice.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "collector/fleet/fleet.h"
#include "kortvakt/v1/query.pb.h"

namespace kortvakt {

// Lists whose tokens must not be mixed up.
enum class PagedList : char { kCards = 'c', kRenewals = 'r', kWorkstations = 'w' };

// The part of the list that `page` asks for. kInvalidArgument: the token is not
// one of this list.
absl::StatusOr<PageRange> RangeOf(const v1::Page& page, PagedList list);

// The token of the page after the row with `sort_key`. Opaque: the key is not
// meant to be read, and sort keys hold no personal data.
std::string TokenAfter(std::string_view sort_key, PagedList list);

}  // namespace kortvakt
