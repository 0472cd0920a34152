// How the cards' certificates of a workstation stand, in words.
#pragma once

#include <vector>

#include "common/judge/judge.h"
#include "kortvakt/v1/query.pb.h"

namespace kortvakt {

// As GetWorkstationResponse.standings; `c.snapshot` is classified by the case's catalogue.
std::vector<v1::CertificateStanding> StandingsOf(const Case& c);

}  // namespace kortvakt
