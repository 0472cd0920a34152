#include "tests/support/proto/check_json_page.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace kortvakt::testing {
namespace {

namespace pb = google::protobuf;

constexpr char kIntroduction[] =
    "# `kortvakt-agent check --json`\n\n"
    "One JSON object on standard output: the proto3 JSON form of `kortvakt.v1.CheckResult`, one value a "
    "line.\n"
    "Texts are English unless `--lang` says otherwise; codes, severities, doers and enum values are words "
    "that do\n"
    "not depend on it. Keys are added, never renamed or given a new meaning: a program that ignores keys it "
    "does\n"
    "not know keeps working.\n\n"
    "- Scalars, lists and enums are always there, with `\"\"`, `0`, `false`, `[]` or the first value of the "
    "enum\n"
    "  where nothing is known. An object, a moment and a length of time are left out where there is none,\n"
    "  and so is a key whose row says that it may be absent.\n"
    "- A moment is RFC 3339 in UTC: `\"2026-11-22T09:00:00Z\"`. A length of time is in seconds: `\"3.5s\"`.\n"
    "- The exit code says the worst severity: 0 none above `info`, 1 `warning`, 2 `critical`, 3 could not "
    "check.\n\n"
    "```sh\n"
    "kortvakt-agent check --json | jq -r '.diagnosis, (.findings[] | \"\\(.severity) \\(.code): "
    "\\(.subject)\")'\n"
    "```\n\n"
    "This page is made from the comments of `proto/kortvakt/v1` by `print_check_json`; a test keeps it in "
    "step, and\n"
    "compares it with what the program prints.\n";

template <typename Descriptor>
std::string Comment(const Descriptor& descriptor) {
  pb::SourceLocation location;
  if (!descriptor.GetSourceLocation(&location)) return "";
  std::string text = location.leading_comments;
  absl::RemoveExtraAsciiWhitespace(&text);
  return absl::StrReplaceAll(text, {{"|", "\\|"}, {"<", "&lt;"}});
}

std::string TypeText(const pb::FieldDescriptor& field) {
  std::string type;
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_STRING:
      type = "string";
      break;
    case pb::FieldDescriptor::CPPTYPE_BOOL:
      type = "true or false";
      break;
    case pb::FieldDescriptor::CPPTYPE_ENUM:
      type = field.enum_type()->name();
      break;
    case pb::FieldDescriptor::CPPTYPE_MESSAGE:
      type = field.message_type()->full_name() == "google.protobuf.Timestamp"  ? "moment"
             : field.message_type()->full_name() == "google.protobuf.Duration" ? "length of time"
                                                                               : field.message_type()->name();
      break;
    default:
      type = "number";
      break;
  }
  return field.is_repeated() ? absl::StrCat("list of ", type) : type;
}

template <typename T>
void AddOnce(const T* type, std::vector<const T*>& types) {
  if (std::find(types.begin(), types.end(), type) == types.end()) types.push_back(type);
}

void AddMessage(const pb::Descriptor& message, std::string& page) {
  absl::StrAppend(&page, "\n## ", message.name(), "\n\n", Comment(message),
                  "\n\n| key | type | |\n|---|---|---|\n");
  for (int i = 0; i < message.field_count(); ++i) {
    const pb::FieldDescriptor& field = *message.field(i);
    absl::StrAppend(&page, "| `", field.json_name(), "` | ", TypeText(field), " | ", Comment(field), " |\n");
  }
}

void AddEnum(const pb::EnumDescriptor& type, std::string& page) {
  absl::StrAppend(&page, "\n## ", type.name(), "\n\n", Comment(type), "\n\n| value | |\n|---|---|\n");
  for (int i = 0; i < type.value_count(); ++i) {
    absl::StrAppend(&page, "| `", type.value(i)->name(), "` | ", Comment(*type.value(i)), " |\n");
  }
}

}  // namespace

std::string CheckJsonPage(const pb::Descriptor& check_result) {
  std::string page = kIntroduction;
  std::vector<const pb::Descriptor*> messages = {&check_result};
  std::vector<const pb::EnumDescriptor*> enums;
  for (size_t i = 0; i < messages.size(); ++i) {
    AddMessage(*messages[i], page);
    for (int f = 0; f < messages[i]->field_count(); ++f) {
      const pb::FieldDescriptor& field = *messages[i]->field(f);
      if (field.enum_type() != nullptr) AddOnce(field.enum_type(), enums);
      const pb::Descriptor* inner = field.message_type();
      if (inner != nullptr && inner->file()->package() == check_result.file()->package())
        AddOnce(inner, messages);
    }
  }
  for (const pb::EnumDescriptor* type : enums) AddEnum(*type, page);
  return page;
}

}  // namespace kortvakt::testing
