// Values out of browsers' policies. The parser is protobuf's, for its own Struct.
#pragma once

#include <google/protobuf/struct.pb.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace kortvakt {

// Most bytes taken of a browser's policies (real ones have a few KiB; what parses them needs
// some seconds for a MiB that is made to be slow), and most certificates named in one list.
inline constexpr size_t kMaxPolicyBytes = 1u << 20;
inline constexpr int kMaxPolicyEntries = 1024;

// The object in `text`. Chromium takes what PlainJson (json_text.h) takes away; Firefox reads
// its file by JSON.parse, and drops one that has any of that. kInvalidArgument: no object, one
// that this browser does not take, or too deep.
absl::StatusOr<google::protobuf::Struct> ParseChromiumPolicy(std::string_view text);
absl::StatusOr<google::protobuf::Struct> ParseFirefoxPolicy(std::string_view text);

// The member at `key`; null: there is none.
const google::protobuf::Value* Member(const google::protobuf::Struct& object, const std::string& key);
// The object at `key`; an empty one where there is none.
const google::protobuf::Struct& ObjectAt(const google::protobuf::Struct& object, const std::string& key);
// The strings of a list; of objects in it their member `inner`, when given. Others are left out.
std::vector<std::string> StringsOf(const google::protobuf::Value* list, const std::string& inner = "");

}  // namespace kortvakt
