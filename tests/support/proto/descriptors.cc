#include "tests/support/proto/descriptors.h"

#include <google/protobuf/descriptor.pb.h>

#include "absl/strings/str_cat.h"
#include "common/base/files.h"
#include "common/base/status.h"

namespace kortvakt::testing {

absl::StatusOr<DescribedProtos> ReadDescriptors(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  google::protobuf::FileDescriptorSet set;
  if (!set.ParseFromString(bytes)) return absl::InvalidArgumentError(path + ": not a descriptor set");
  DescribedProtos protos{std::make_unique<google::protobuf::DescriptorPool>(), {}};
  for (const google::protobuf::FileDescriptorProto& proto : set.file()) {
    const google::protobuf::FileDescriptor* file = protos.pool->BuildFile(proto);
    if (file == nullptr)
      return absl::InvalidArgumentError(absl::StrCat(path, ": ", proto.name(), " is not sound"));
    if (proto.package() == "kortvakt.v1") protos.files.push_back(file);
  }
  return protos;
}

}  // namespace kortvakt::testing
