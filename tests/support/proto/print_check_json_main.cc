// Prints docs/check-json.md: print_check_json DESCRIPTORS > docs/check-json.md
#include <cstdio>
#include <string>

#include "tests/support/proto/check_json_page.h"
#include "tests/support/proto/descriptors.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: print_check_json DESCRIPTORS\n", stderr);
    return 2;
  }
  const auto protos = kortvakt::testing::ReadDescriptors(argv[1]);
  if (!protos.ok()) {
    std::fprintf(stderr, "error: %s\n", protos.status().ToString().c_str());
    return 1;
  }
  const std::string page =
      kortvakt::testing::CheckJsonPage(*protos->pool->FindMessageTypeByName("kortvakt.v1.CheckResult"));
  std::fputs(page.c_str(), stdout);
  return 0;
}
