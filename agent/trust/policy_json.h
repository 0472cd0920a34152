// Values out of browsers' policies. The parser is protobuf's, for its own Struct.
#pragma once

#include <google/protobuf/struct.pb.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace kortvakt {

// Largest policy file taken, and most certificates named in one.
inline constexpr size_t kMaxPolicyBytes = 8u << 20;
inline constexpr int kMaxPolicyEntries = 1024;

// The object in `text`, which may have comments. kInvalidArgument: none, or too deep.
absl::StatusOr<google::protobuf::Struct> ParsePolicy(std::string_view text);

// The member at `key`; null: there is none.
const google::protobuf::Value* Member(const google::protobuf::Struct& object, const std::string& key);
// The object at `key`; an empty one where there is none.
const google::protobuf::Struct& ObjectAt(const google::protobuf::Struct& object, const std::string& key);
// The strings of a list; of objects in it their member `inner`, when given. Others are left out.
std::vector<std::string> StringsOf(const google::protobuf::Value* list, const std::string& inner = "");

}  // namespace kortvakt
