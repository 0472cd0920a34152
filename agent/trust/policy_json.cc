#include "agent/trust/policy_json.h"

#include <google/protobuf/util/json_util.h>

#include "absl/status/status.h"
#include "agent/trust/json_text.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

// Its time grows with the square of the depth (64 KiB of "[" take minutes), which PlainJson bounds.
absl::StatusOr<google::protobuf::Struct> ParseObject(const std::string& plain) {
  google::protobuf::Struct object;
  if (!google::protobuf::util::JsonStringToMessage(plain, &object).ok()) {
    return absl::InvalidArgumentError("not a JSON object");
  }
  return object;
}

}  // namespace

absl::StatusOr<google::protobuf::Struct> ParseChromiumPolicy(std::string_view text) {
  ASSIGN_OR_RETURN(const std::string plain, PlainJson(text));
  return ParseObject(plain);
}

absl::StatusOr<google::protobuf::Struct> ParseFirefoxPolicy(std::string_view text) {
  ASSIGN_OR_RETURN(const std::string plain, PlainJson(text));
  if (plain != text) {
    return absl::InvalidArgumentError(
        "Firefox takes no comment, no byte order mark and no comma before a closing bracket");
  }
  return ParseObject(plain);
}

const google::protobuf::Value* Member(const google::protobuf::Struct& object, const std::string& key) {
  const auto found = object.fields().find(key);
  return found == object.fields().end() ? nullptr : &found->second;
}

const google::protobuf::Struct& ObjectAt(const google::protobuf::Struct& object, const std::string& key) {
  const google::protobuf::Value* member = Member(object, key);
  return member == nullptr ? google::protobuf::Struct::default_instance() : member->struct_value();
}

std::vector<std::string> StringsOf(const google::protobuf::Value* list, const std::string& inner) {
  std::vector<std::string> strings;
  if (list == nullptr) return strings;
  for (const google::protobuf::Value& value : list->list_value().values()) {
    if (strings.size() == static_cast<size_t>(kMaxPolicyEntries)) break;
    const google::protobuf::Value* text = inner.empty() ? &value : Member(value.struct_value(), inner);
    if (text != nullptr && text->kind_case() == google::protobuf::Value::kStringValue) {
      strings.push_back(text->string_value());
    }
  }
  return strings;
}

}  // namespace kortvakt
