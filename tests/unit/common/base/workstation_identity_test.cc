#include "common/base/workstation_identity.h"

#include <gtest/gtest.h>

namespace kortvakt {
namespace {

constexpr char kUri[] = "urn:kortvakt:workstation:11111111-2222-4333-8444-55555555555a";

TEST(WorkstationIdentityTest, IsTheUuidOfTheOneUri) {
  EXPECT_EQ(WorkstationOf({"https://example.org/", kUri}).value(), "11111111-2222-4333-8444-55555555555a");
}

TEST(WorkstationIdentityTest, IsRefusedWhenThereIsNoneOrTwoOrItIsMalformed) {
  EXPECT_TRUE(absl::IsPermissionDenied(WorkstationOf({}).status()));
  EXPECT_TRUE(absl::IsPermissionDenied(WorkstationOf({"urn:kortvakt:operator:x"}).status()));
  EXPECT_TRUE(absl::IsPermissionDenied(WorkstationOf({kUri, kUri}).status()));
  for (const char* id : {"", "11111111-2222-4333-8444-55555555555A", "11111111-2222-4333-8444-5555555555",
                         "11111111222243338444555555555555aaaa", "11111111-2222-4333-8444-55555555555a "}) {
    EXPECT_TRUE(
        absl::IsPermissionDenied(WorkstationOf({std::string("urn:kortvakt:workstation:") + id}).status()))
        << id;
  }
}

}  // namespace
}  // namespace kortvakt
