// What the openssl program says of a certificate: the independent witness.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "common/base/bytes.h"

namespace kortvakt::testing {

// A folder that is gone with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "kortvakt-certs.XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string Write(const std::string& name, const std::string& contents) const {
    const std::string file = path_ + "/" + name;
    std::ofstream(file, std::ios::binary) << contents;
    return file;
  }

 private:
  std::string path_;
};

// Standard output of a shell command, with its exit code in `code`.
inline std::string Output(const std::string& command, int* code = nullptr) {
  std::string text;
  FILE* pipe = popen((command + " 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) return text;
  char buffer[4096];
  while (const size_t count = fread(buffer, 1, sizeof buffer, pipe)) text.append(buffer, count);
  const int status = pclose(pipe);
  if (code != nullptr) *code = status;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// What follows the first '=' ("subject=…", "notAfter=…").
inline std::string AfterEquals(const std::string& line) {
  const size_t equals = line.find('=');
  return equals == std::string::npos ? "" : line.substr(equals + 1);
}

}  // namespace kortvakt::testing
