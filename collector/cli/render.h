// Answers of the collector as a person, a spreadsheet or a program reads them.
// Texts of the answers are made printable; nothing else is trusted of them.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "collector/cli/table.h"
#include "google/protobuf/message.h"
#include "kortvakt/v1/query.pb.h"

namespace kortvakt {

std::string RenderText(const v1::ListCardsResponse& response, const Display& display);
std::string RenderText(const v1::ListRenewalsResponse& response, const Display& display);
std::string RenderText(const v1::ListWorkstationsResponse& response, const Display& display);
std::string RenderText(const v1::GetWorkstationResponse& response, const Display& display);
std::string RenderText(const v1::ListAlertsResponse& response, const Display& display);
std::string RenderText(const v1::GetSummaryResponse& response, const Display& display);
std::string RenderText(const v1::ListCasResponse& response, const Display& display);

// A record of field names, named as in query.proto, then one a row; times in UTC
// as RFC 3339. A workstation is one record a finding.
std::string RenderCsv(const v1::ListCardsResponse& response);
std::string RenderCsv(const v1::ListRenewalsResponse& response);
std::string RenderCsv(const v1::ListWorkstationsResponse& response);
std::string RenderCsv(const v1::GetWorkstationResponse& response);
std::string RenderCsv(const v1::ListAlertsResponse& response);
std::string RenderCsv(const v1::GetSummaryResponse& response);
std::string RenderCsv(const v1::ListCasResponse& response);

// The message in proto3 JSON, defaults printed, with a newline at the end.
absl::StatusOr<std::string> RenderJson(const google::protobuf::Message& message);

}  // namespace kortvakt
