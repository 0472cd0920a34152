// kortvakt-private-pcscd: a smart card service with virtual readers that touches
// nothing of the host's, for tests and the demo.
//
//   kortvakt-private-pcscd --dir DIR [--reader NAME]...
//   kortvakt-private-pcscd --send DIR COMMAND...
//
// Prints, once all runs, what clients need:
//   PCSCLITE_CSOCK_NAME=DIR/run/pcscd/pcscd.comm
//   KORTVAKT_VIRTUAL_CARDS=DIR/cards     (kortvakt-virtual-cards --send takes it)
//   KORTVAKT_PRIVATE_PCSCD=DIR/control
//   ready
// Each NAME gives two readers, "NAME 00 00" and "NAME 00 01", which are slots 0
// and 1 of the virtual cards, 2 and 3 for the next, and so on.
// Commands: start NAME... (another reader list; stops pcscd first), stop, quit.
// SIGTERM, SIGINT and the end of the parent end everything; DIR is then removed
// with what is in it. DIR must not exist, or be empty.
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/base/stop_signal.h"
#include "tests/support/pcsc/control_socket.h"
#include "tests/support/pcsc/private_service.h"

namespace kortvakt::testing {
namespace {

using Words = std::vector<std::string>;
namespace fs = std::filesystem;

// Makes the folder, or takes an empty one; removes it in the end.
class Folder {
 public:
  static absl::StatusOr<std::unique_ptr<Folder>> Make(const std::string& path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) return absl::InvalidArgumentError(absl::StrCat(path, ": ", error.message()));
    if (!fs::is_empty(path, error) || error) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": is not empty; name a new folder"));
    }
    const fs::path whole = fs::canonical(path, error);
    if (error) return absl::InvalidArgumentError(absl::StrCat(path, ": ", error.message()));
    return std::make_unique<Folder>(whole.string());
  }
  explicit Folder(std::string path) : path_(std::move(path)) {}
  ~Folder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

absl::Status Serve(StopSignal& stop, const Folder& folder, const std::string& cards_program,
                   const Words& readers, bool verbose) {
  const std::string& dir = folder.path();
  const std::string card_socket = dir + "/cards";
  ASSIGN_OR_RETURN(PrivateService service, PrivateService::Prepare(dir, cards_program, card_socket, verbose));
  ASSIGN_OR_RETURN(ControlSocket control, ControlSocket::Listen(dir + "/control"));
  RETURN_IF_ERROR(service.Start(readers));
  std::cout << "PCSCLITE_CSOCK_NAME=" << PrivateService::SocketPath(dir)
            << "\nKORTVAKT_VIRTUAL_CARDS=" << card_socket << "\nKORTVAKT_PRIVATE_PCSCD=" << dir
            << "/control\nready" << std::endl;
  bool quit = false;
  const auto handler = [&](const Words& words) -> absl::StatusOr<std::string> {
    if (words[0] == "stop") {
      service.Stop();
    } else if (words[0] == "start") {
      RETURN_IF_ERROR(service.Start({words.begin() + 1, words.end()}));
    } else if (words[0] == "quit") {
      quit = true;
    } else {
      return absl::InvalidArgumentError(absl::StrCat("'", words[0], "' is not a command"));
    }
    return "";
  };
  while (!quit) {
    pollfd wait[] = {{stop.descriptor(), POLLIN, 0},
                     {control.descriptor(), POLLIN, 0},
                     {service.cards().descriptor(), POLLIN, 0},
                     {service.pcscd().has_value() ? service.pcscd()->descriptor() : -1, POLLIN, 0}};
    if (poll(wait, 4, -1) < 0) continue;
    if (wait[0].revents != 0) break;
    if (wait[2].revents != 0) return absl::InternalError("kortvakt-virtual-cards ended by itself");
    if (wait[3].revents != 0) return absl::InternalError("pcscd ended by itself");
    if (wait[1].revents != 0) control.ServeOne(handler);
  }
  return absl::OkStatus();
}

int Run(const std::string& dir, const std::string& cards_program, const Words& readers, bool verbose) {
  const pid_t parent = getppid();
  StopSignal stop;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) return 1;
  absl::Status status;
  {
    const absl::StatusOr<std::unique_ptr<Folder>> folder = Folder::Make(dir);
    status = folder.ok() ? Serve(stop, **folder, cards_program, readers, verbose) : folder.status();
  }
  if (status.ok()) return 0;
  std::cerr << "error: " << status.message() << "\n";
  return 1;
}

int Send(const Words& words) {
  const absl::StatusOr<std::string> answer =
      SendCommand(words[0] + "/control", {words.begin() + 1, words.end()});
  if (answer.ok()) return 0;
  std::cerr << "error: " << answer.status().message() << "\n";
  return 1;
}

}  // namespace
}  // namespace kortvakt::testing

int main(int argc, char** argv) {
  CLI::App app("A smart card service with virtual readers that touches nothing of the host's.");
  std::string dir;
  std::vector<std::string> readers;
  std::vector<std::string> send;
  std::error_code error;
  std::string cards =
      std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "kortvakt-virtual-cards";
  app.add_option("--dir", dir, "folder to work in; made, and removed in the end");
  app.add_option("--reader", readers, "name of a pair of readers; may be repeated");
  app.add_option("--cards", cards, "the program that holds the cards");
  bool verbose = false;
  app.add_flag("--verbose", verbose, "DIR/pcscd.log tells every command that pcscd is given");
  app.add_option("--send", send, "DIR COMMAND...: sends a command to a running program")->expected(2, 12);
  CLI11_PARSE(app, argc, argv);
  if (!send.empty()) return kortvakt::testing::Send(send);
  if (dir.empty()) {
    std::cerr << "error: --dir or --send is needed; see --help\n";
    return 2;
  }
  if (readers.empty()) readers = {"Kortvakt Virtual"};
  return kortvakt::testing::Run(dir, cards, readers, verbose);
}
