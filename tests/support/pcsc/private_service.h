// A pcscd of our own with virtual readers, and the program that holds their cards.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/support/pcsc/child_process.h"

namespace kortvakt::testing {

// Works in namespaces of its own: constructing it moves the process there. Not
// thread-safe; the process is to have one thread only.
class PrivateService {
 public:
  // Folders under `folder`, which exists and is empty. `cards_program`: path of kortvakt-virtual-cards.
  // `verbose`: pcscd's log tells every command that a program gives it.
  static absl::StatusOr<PrivateService> Prepare(const std::string& folder, const std::string& cards_program,
                                                const std::string& card_socket, bool verbose);

  // Starts pcscd with two readers for each of `names` ("NAME 00 00" and "NAME 00
  // 01", slots 2K and 2K+1 of the virtual cards); returns once it listens.
  absl::Status Start(const std::vector<std::string>& names);
  // Ends pcscd. Harmless when it does not run.
  void Stop();
  // What can be waited for: readable once pcscd or the card program has ended by itself.
  const std::optional<ChildProcess>& pcscd() const { return pcscd_; }
  const ChildProcess& cards() const { return cards_; }

  // What libpcsclite's clients are to have in PCSCLITE_CSOCK_NAME.
  static std::string SocketPath(const std::string& folder) { return folder + "/run/pcscd/pcscd.comm"; }
  // What pcscd says, from its first start on.
  static std::string LogPath(const std::string& folder) { return folder + "/pcscd.log"; }
  // pcsc-lite 1.9.9 has 16 readers at most (PCSCLITE_MAX_READERS_CONTEXTS).
  static constexpr size_t kMostPairs = 8;

 private:
  PrivateService(std::string folder, ChildProcess cards, bool verbose)
      : folder_(std::move(folder)), cards_(std::move(cards)), verbose_(verbose) {}
  absl::Status WriteReaders(const std::vector<std::string>& names) const;

  std::string folder_;
  ChildProcess cards_;
  bool verbose_;
  std::optional<ChildProcess> pcscd_;
};

}  // namespace kortvakt::testing
