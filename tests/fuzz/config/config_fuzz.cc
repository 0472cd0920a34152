// Any bytes as a configuration: what can be read is written so that it reads the same, and
// nothing that a policy or a catalogue takes for granted is missing.
#include <cstdint>
#include <cstdlib>

#include "common/base/config.h"
#include "common/certs/ca_catalogue.h"
#include "common/judge/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text = kortvakt::AsString({data, size});
  auto file = kortvakt::ConfigFile::Parse(text, "fuzzed");
  if (file.ok()) {
    const std::string written = file->Root().Text();
    auto again = kortvakt::ConfigFile::Parse(written, "written");
    if (!again.ok() || again->Root().Text() != written) std::abort();
  }
  const auto policy = kortvakt::ParsePolicy(text, "fuzzed");
  if (policy.ok() && policy->text != text) std::abort();
  const auto catalogue = kortvakt::CaCatalogue::Parse(text, "fuzzed");
  if (catalogue.ok()) {
    for (const kortvakt::CataloguedCa& ca : catalogue->cas()) {
      if (catalogue->FindById(ca.issuer) == nullptr) std::abort();
    }
  }
  return 0;
}
