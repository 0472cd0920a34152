#include "agent/trust/security_modules.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/files.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxTold = 16;  // as a snapshot holds (snapshot_proto.h)
constexpr size_t kMaxToldBytes = 128;
constexpr size_t kMaxToldName = 64;
// A personal identity number has 10 or 12 digits, a day of birth 8.
constexpr int kMaxDigits = 7;
constexpr char kWithheld[] = "…";
constexpr size_t kMaxModuleFiles = 64;
constexpr size_t kMaxModuleFileBytes = 64u << 10;

std::string_view LastName(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

absl::string_view Stripped(absl::string_view text) { return absl::StripAsciiWhitespace(text); }

// Fields of a .module file (pkcs11.conf(5)).
using ModuleFile = std::map<std::string, std::string>;

void ParseModuleFile(std::string_view text, ModuleFile& fields) {
  for (const absl::string_view line : absl::StrSplit(absl::string_view(text.data(), text.size()), '\n')) {
    const size_t colon = line.find(':');
    const absl::string_view key = Stripped(line.substr(0, colon));
    if (colon == absl::string_view::npos || key.empty() || key.front() == '#') continue;
    fields[std::string(key)] = std::string(Stripped(line.substr(colon + 1)));
  }
}

bool Lists(const ModuleFile& fields, const std::string& key, const std::string& program) {
  const auto found = fields.find(key);
  if (found == fields.end()) return false;
  const std::vector<std::string> programs =
      absl::StrSplit(found->second, absl::ByAnyChar(", \t"), absl::SkipEmpty());
  return std::find(programs.begin(), programs.end(), program) != programs.end();
}

// Whether the proxy in a browser loads it. A file for some browsers only counts for all:
// better no warning than a wrong one.
bool IsLoadedByProxy(const ModuleFile& fields) {
  constexpr std::array kPrograms = {"p11-kit-proxy", "firefox", "firefox-esr",
                                    "chromium",      "chrome",  "msedge"};
  if (Lists(fields, "disable-in", "p11-kit-proxy")) return false;
  return fields.count("enable-in") == 0 ||
         std::any_of(kPrograms.begin(), kPrograms.end(),
                     [&](const char* program) { return Lists(fields, "enable-in", program); });
}

// Adds what the .module files of `folder` say to `files`. False: it could not be read in full.
bool ReadModuleFiles(const std::string& folder, std::map<std::string, ModuleFile>& files) {
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  if (error) return error == std::errc::no_such_file_or_directory;
  bool all_read = true;
  size_t seen = 0;
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!absl::EndsWith(name, ".module")) continue;
    if (++seen > kMaxModuleFiles) return false;
    const absl::StatusOr<std::string> text = ReadFile(entry->path().string(), kMaxModuleFileBytes);
    if (text.ok()) ParseModuleFile(*text, files[name]);
    all_read = all_read && text.ok();
  }
  return all_read && !error;
}

bool IsBelow(const std::string& path, const std::vector<absl::string_view>& folders) {
  return path.find("/..") == std::string::npos &&
         std::any_of(folders.begin(), folders.end(),
                     [&](absl::string_view folder) { return absl::StartsWith(path, folder); });
}

// Made of what names of libraries and of their folders are made of, with no number that may
// be a person's.
bool IsPlain(std::string_view path) {
  int digits = 0;
  for (const char letter : path) {
    const auto c = static_cast<unsigned char>(letter);
    if (absl::ascii_isdigit(c)) {
      if (++digits > kMaxDigits) return false;
    } else if (c != '-' && c != '+') {  // which divide a personal identity number
      digits = 0;
      if (!absl::ascii_isalpha(c) && c != '.' && c != '_' && c != '/') return false;
    }
  }
  return true;
}

bool LooksLikeLibrary(std::string_view name) {
  return name.size() <= kMaxToldName && name.find(".so") != std::string_view::npos && IsPlain(name);
}

// How `file`, which a user may have written, is told.
std::string ToldName(const std::string& file) {
  const std::string name(LastName(file));
  if (!LooksLikeLibrary(name)) return kWithheld;
  const bool of_system =
      name == file || IsBelow(file, {"/usr/", "/lib/", "/lib64/", "/opt/", "/etc/", "/app/", "/snap/"});
  return of_system && file.size() <= kMaxToldBytes && IsPlain(file) ? file : absl::StrCat("…/", name);
}

SecurityModuleFacts Told(const std::string& file, bool by_p11_kit, const std::string* root) {
  SecurityModuleFacts told;
  told.by_p11_kit = by_p11_kit;
  told.file = ToldName(file);
  if (told.file == kWithheld) return told;
  // Looked for only where no file system is mounted at the first look, and nobody else's
  // folder is asked for.
  if (root != nullptr && IsBelow(file, {"/usr/", "/lib/", "/lib64/"})) {
    std::error_code error;
    told.absent = !std::filesystem::exists(*root + file, error) && !error;
  }
  return told;
}

}  // namespace

void NamedModules::Add(std::string file) {
  if (files.size() == kMaxNamedModules || file.size() > kMaxModuleName) {
    all_read = false;
  } else {
    files.push_back(std::move(file));
  }
}

NamedModules ParseModuleList(std::string_view text) {
  NamedModules modules;
  for (absl::string_view line : absl::StrSplit(absl::string_view(text.data(), text.size()), '\n')) {
    line = Stripped(line);
    if (!absl::ConsumePrefix(&line, "library=")) continue;
    line = Stripped(line);
    if (!line.empty()) modules.Add(std::string(line));
  }
  return modules;
}

bool IsP11KitTrust(std::string_view library) { return LastName(library) == "p11-kit-trust.so"; }

bool IsP11KitProxy(std::string_view library) {
  return LastName(library) == "p11-kit-proxy.so" || LastName(library).starts_with("libp11-kit.so");
}

NamedModules P11KitModules(const std::string& root) {
  std::map<std::string, ModuleFile> files;
  NamedModules modules;
  for (const char* folder : {"/usr/share/p11-kit/modules", "/etc/pkcs11/modules"}) {
    if (!ReadModuleFiles(root + folder, files)) modules.all_read = false;
  }
  for (const auto& [name, fields] : files) {
    const auto module = fields.find("module");
    if (module != fields.end() && !module->second.empty() && IsLoadedByProxy(fields)) {
      modules.Add(module->second);
    }
  }
  return modules;
}

ToldModules TellModules(const NamedModules& own, const NamedModules& p11_kit, const std::string* root) {
  ToldModules told{{}, own.all_read};
  std::set<std::string> known;
  const auto add = [&](const std::string& file, bool by_p11_kit) {
    if (!known.insert(file).second) return;
    const bool fits = told.modules.size() < kMaxTold;
    if (fits) told.modules.push_back(Told(file, by_p11_kit, root));
    told.all_told = told.all_told && fits && ToldName(file) != kWithheld;
  };
  for (const std::string& file : own.files) add(file, false);
  if (std::none_of(own.files.begin(), own.files.end(), IsP11KitProxy)) return told;
  if (root == nullptr) {
    told.all_told = false;
    return told;
  }
  for (const std::string& file : p11_kit.files) add(file, true);
  told.all_told = told.all_told && p11_kit.all_read;
  return told;
}

}  // namespace kortvakt
