#include "agent/trust/policy_json.h"

#include <google/protobuf/util/json_util.h>

#include "absl/status/status.h"
#include "agent/trust/json_text.h"

namespace kortvakt {

absl::StatusOr<google::protobuf::Struct> ParsePolicy(std::string_view text) {
  google::protobuf::Struct object;
  // Its parser goes 100 levels deep at most.
  if (!google::protobuf::util::JsonStringToMessage(PlainJson(text), &object).ok()) {
    return absl::InvalidArgumentError("not a JSON object");
  }
  return object;
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
