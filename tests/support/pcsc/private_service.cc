#include "tests/support/pcsc/private_service.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "tests/support/patience.h"
#include "tests/support/pcsc/private_namespace.h"

namespace kortvakt::testing {
namespace {

constexpr char kDriver[] = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
constexpr char kPcscd[] = "/usr/sbin/pcscd";
constexpr int kFirstPort = 40100;

bool Listens(const std::string& path) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return false;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const bool connected = connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(socket);
  return connected;
}

// Until `path` can be connected to, or `child` has ended.
absl::Status WaitUntilListening(const std::string& path, const ChildProcess& child, const std::string& what) {
  const absl::Time end = absl::Now() + kPatience;
  while (!Listens(path)) {
    pollfd ended{child.descriptor(), POLLIN, 0};
    if (poll(&ended, 1, 5) > 0) return absl::UnavailableError(absl::StrCat(what, " ended at its start"));
    if (absl::Now() > end) return absl::DeadlineExceededError(absl::StrCat(what, " does not listen"));
  }
  return absl::OkStatus();
}

std::string DriverCopy(size_t pair) { return absl::StrCat("driver", pair, ".so"); }

}  // namespace

absl::StatusOr<PrivateService> PrivateService::Prepare(const std::string& folder,
                                                       const std::string& cards_program,
                                                       const std::string& card_socket, bool verbose) {
  namespace fs = std::filesystem;
  std::error_code error;
  // /run is replaced by a folder of ours, which would hide itself.
  if (folder.rfind("/run/", 0) == 0 || folder.rfind("/var/run/", 0) == 0) {
    return absl::InvalidArgumentError(absl::StrCat(folder, ": choose a folder outside /run"));
  }
  if (SocketPath(folder).size() >= sizeof(sockaddr_un::sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat(folder, ": too long for a socket's path (107 bytes)"));
  }
  for (const char* name : {"/run/pcscd", "/empty", "/readers"}) fs::create_directories(folder + name, error);
  // The driver keeps its state in statics: each pair of readers needs a file of its own.
  for (size_t pair = 0; pair < kMostPairs && !error; ++pair) {
    fs::copy_file(kDriver, absl::StrCat(folder, "/", DriverCopy(pair)), error);
  }
  if (error) {
    return absl::FailedPreconditionError(
        absl::StrCat(folder, ": ", error.message(), " (is the package vsmartcard-vpcd installed?)"));
  }
  RETURN_IF_ERROR(EnterPrivateNamespaces(folder + "/run", folder + "/empty"));
  ASSIGN_OR_RETURN(ChildProcess cards,
                   ChildProcess::Start({cards_program, "--control", card_socket, "--slots",
                                        absl::StrCat(2 * kMostPairs), "--port", absl::StrCat(kFirstPort)},
                                       {.output = folder + "/cards.log"}));
  RETURN_IF_ERROR(WaitUntilListening(card_socket, cards, "kortvakt-virtual-cards"));
  return PrivateService(folder, std::move(cards), verbose);
}

absl::Status PrivateService::WriteReaders(const std::vector<std::string>& names) const {
  if (names.size() > kMostPairs) {
    return absl::InvalidArgumentError(absl::StrCat("at most ", kMostPairs, " pairs of readers"));
  }
  std::ofstream file(folder_ + "/readers/virtual", std::ios::trunc);
  for (size_t pair = 0; pair < names.size(); ++pair) {
    // MAX_READERNAME of pcsc-lite is 128, and it adds " 00 00".
    if (names[pair].empty() || names[pair].size() > 120 ||
        names[pair].find_first_of("\"\n") != std::string::npos) {
      return absl::InvalidArgumentError("a reader's name has 1 to 120 bytes, no quote and no line's end");
    }
    const size_t port = kFirstPort + 2 * pair;
    file << "FRIENDLYNAME \"" << names[pair] << "\"\nDEVICENAME /dev/null:" << port << "\nLIBPATH " << folder_
         << "/" << DriverCopy(pair) << "\nCHANNELID " << port << "\n\n";
  }
  file.close();
  return file ? absl::OkStatus()
              : absl::UnavailableError(absl::StrCat(folder_, "/readers: cannot be written"));
}

absl::Status PrivateService::Start(const std::vector<std::string>& names) {
  Stop();
  RETURN_IF_ERROR(WriteReaders(names));
  std::vector<std::string> command = {kPcscd, "-f", "-i", "-c", folder_ + "/readers"};
  if (verbose_) command.push_back("-d");
  ASSIGN_OR_RETURN(pcscd_, ChildProcess::Start(command, {.output = LogPath(folder_)}));
  return WaitUntilListening(SocketPath(folder_), *pcscd_, "pcscd");
}

void PrivateService::Stop() {
  if (!pcscd_.has_value()) return;
  // A card that never answers keeps pcscd from ending; nobody waits for it.
  pcscd_->Stop(absl::Seconds(1));
  pcscd_.reset();
}

}  // namespace kortvakt::testing
