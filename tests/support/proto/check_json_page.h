// docs/check-json.md, made from the protocol's own comments.
#pragma once

#include <google/protobuf/descriptor.h>

#include <string>

namespace kortvakt::testing {

// `check_result`: kortvakt.v1.CheckResult, of descriptors with their comments.
std::string CheckJsonPage(const google::protobuf::Descriptor& check_result);

}  // namespace kortvakt::testing
