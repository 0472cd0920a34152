// The shipped catalogue, siths.toml, as it was when the program was built.
#pragma once

#include <string_view>

namespace kortvakt {

std::string_view BuiltInCatalogueText();

}  // namespace kortvakt
