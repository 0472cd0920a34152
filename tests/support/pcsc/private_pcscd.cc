#include "tests/support/pcsc/private_pcscd.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status.h"
#include "tests/support/patience.h"
#include "tests/support/pcsc/control_socket.h"
#include "tests/support/pcsc/private_service.h"

namespace kortvakt::testing {
namespace {

std::string FileText(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Until the program has said that all runs.
absl::Status WaitUntilReady(ChildProcess& process, const std::string& output) {
  const absl::Time end = absl::Now() + kPatience;
  while (!absl::StrContains(FileText(output), "\nready\n")) {
    if (process.Wait(absl::Milliseconds(5)).ok() || absl::Now() > end) {
      return absl::UnavailableError(absl::StrCat("kortvakt-private-pcscd: ", FileText(output)));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PrivatePcscd> PrivatePcscd::Start(const std::vector<std::string>& names, bool verbose) {
  const char* bin = std::getenv("KORTVAKT_BIN");
  if (bin == nullptr)
    return absl::FailedPreconditionError("KORTVAKT_BIN is not set; run the test with ctest");
  // The same path for each service of a process: libpcsclite may keep the first.
  const std::string folder = absl::StrCat("/tmp/kv", getpid());
  const std::string output = folder + ".out";
  std::filesystem::remove(output);
  std::vector<std::string> command = {absl::StrCat(bin, "/kortvakt-private-pcscd"), "--dir", folder};
  for (const std::string& name : names) {
    command.push_back("--reader");
    command.push_back(name);
  }
  if (verbose) command.push_back("--verbose");
  // SIGTERM, not SIGKILL: it has a folder to remove.
  ASSIGN_OR_RETURN(ChildProcess process,
                   ChildProcess::Start(command, {.output = output, .death_signal = SIGTERM}));
  const absl::Status ready = WaitUntilReady(process, output);
  std::filesystem::remove(output);
  RETURN_IF_ERROR(ready);
  const std::string socket_path = PrivateService::SocketPath(folder);
  setenv("PCSCLITE_CSOCK_NAME", socket_path.c_str(), /*overwrite=*/1);
  return PrivatePcscd(folder, socket_path, names, std::move(process));
}

PrivatePcscd::PrivatePcscd(std::string folder, std::string socket_path, std::vector<std::string> names,
                           ChildProcess process)
    : folder_(std::move(folder)),
      socket_path_(std::move(socket_path)),
      names_(std::move(names)),
      process_(std::move(process)) {}

PrivatePcscd::~PrivatePcscd() {
  if (process_.pid() > 0) process_.Stop(kPatience);
}

std::string PrivatePcscd::ReaderName(size_t slot) const {
  return absl::StrCat(names_.at(slot / 2), " 00 0", slot % 2);
}

absl::StatusOr<std::string> PrivatePcscd::Cards(const std::vector<std::string>& words) const {
  return SendCommand(folder_ + "/cards", words);
}

absl::Status PrivatePcscd::InsertCard(size_t slot, const std::string& card_file) {
  return Cards({"insert", absl::StrCat(slot), card_file}).status();
}

absl::Status PrivatePcscd::RemoveCard(size_t slot) { return Cards({"remove", absl::StrCat(slot)}).status(); }

absl::Status PrivatePcscd::SwapCard(size_t slot, const std::string& card_file, absl::Duration pause) {
  return Cards({"swap", absl::StrCat(slot), card_file, absl::StrCat(absl::ToInt64Milliseconds(pause))})
      .status();
}

absl::Status PrivatePcscd::SetDelay(size_t slot, absl::Duration delay, absl::Duration a_byte) {
  return Cards({"delay", absl::StrCat(slot), absl::StrCat(absl::ToInt64Milliseconds(delay)),
                absl::StrCat(absl::ToInt64Microseconds(a_byte))})
      .status();
}

absl::Status PrivatePcscd::At(size_t slot, size_t count, const std::string& what,
                              const std::string& card_file) {
  std::vector<std::string> words = {"at", absl::StrCat(slot), absl::StrCat(count), what};
  if (!card_file.empty()) words.push_back(card_file);
  return Cards(words).status();
}

absl::Status PrivatePcscd::NoFault(size_t slot) {
  return Cards({"at", absl::StrCat(slot), "never"}).status();
}

absl::Status PrivatePcscd::StopService() { return SendCommand(folder_ + "/control", {"stop"}).status(); }

absl::Status PrivatePcscd::StartService(const std::vector<std::string>& names) {
  std::vector<std::string> words = {"start"};
  words.insert(words.end(), names.begin(), names.end());
  RETURN_IF_ERROR(SendCommand(folder_ + "/control", words).status());
  names_ = names;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> PrivatePcscd::Log(size_t slot) const {
  ASSIGN_OR_RETURN(const std::string text, Cards({"log", absl::StrCat(slot)}));
  return std::vector<std::string>(absl::StrSplit(text, '\n', absl::SkipEmpty()));
}

absl::StatusOr<std::vector<std::string>> PrivatePcscd::ApduLog(size_t slot) const {
  ASSIGN_OR_RETURN(std::vector<std::string> lines, Log(slot));
  std::erase_if(lines, [](const std::string& line) { return !absl::StrContains(line, ' '); });
  return lines;
}

absl::Status PrivatePcscd::ClearLog(size_t slot) { return Cards({"clearlog", absl::StrCat(slot)}).status(); }

size_t PrivatePcscd::Received(const std::string& command) const {
  // ContextThread of pcsc-lite 1.9.9 says so before it does what it is told.
  const std::string line = absl::StrCat("Received command: ", command, " from client");
  const std::string log = FileText(PrivateService::LogPath(folder_));
  size_t count = 0;
  for (size_t at = log.find(line); at != std::string::npos; at = log.find(line, at + line.size())) ++count;
  return count;
}

}  // namespace kortvakt::testing
