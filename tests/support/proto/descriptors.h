// The descriptors of kortvakt.v1 with the comments of their sources, which compiled ones lack.
#pragma once

#include <google/protobuf/descriptor.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace kortvakt::testing {

struct DescribedProtos {
  std::unique_ptr<google::protobuf::DescriptorPool> pool;
  std::vector<const google::protobuf::FileDescriptor*> files;  // of kortvakt.v1
};

// Reads a descriptor set that protoc made with --include_imports --include_source_info.
absl::StatusOr<DescribedProtos> ReadDescriptors(const std::string& path);

}  // namespace kortvakt::testing
