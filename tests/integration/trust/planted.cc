// A library such as a user could name in pkcs11.txt: when it is loaded, it leaves a
// file "loaded" beside itself.
#include <dlfcn.h>

#include <fstream>
#include <string>

namespace {

__attribute__((constructor)) void Loaded() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&Loaded), &info) == 0 || info.dli_fname == nullptr) return;
  const std::string path = info.dli_fname;
  std::ofstream(path.substr(0, path.rfind('/')) + "/loaded") << "yes\n";
}

}  // namespace
