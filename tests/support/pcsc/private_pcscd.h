// A real pcscd with virtual readers for a GoogleTest program.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/support/pcsc/child_process.h"

namespace kortvakt::testing {

// Runs kortvakt-private-pcscd of KORTVAKT_BIN; everything it started ends with
// this object, or with the test program. PCSCLITE_CSOCK_NAME is set for this
// process and its children. One at a time in a process, used from the main thread.
//
// pcscd looks at its readers every 0.4 s: wait for the event, not for a time.
class PrivatePcscd {
 public:
  // Two readers for each of `names`, "NAME 00 00" and "NAME 00 01": slots 2K and 2K+1.
  // `verbose`: Received can tell what programs do.
  static absl::StatusOr<PrivatePcscd> Start(const std::vector<std::string>& names = {"Kortvakt Virtual"},
                                            bool verbose = false);
  PrivatePcscd(PrivatePcscd&&) = default;
  PrivatePcscd& operator=(PrivatePcscd&&) = delete;
  ~PrivatePcscd();

  // The reader's name of a slot.
  std::string ReaderName(size_t slot) const;

  // Cards are files of LoadVirtualCard.
  absl::Status InsertCard(size_t slot, const std::string& card_file);
  absl::Status RemoveCard(size_t slot);
  // Pulls the card and puts another in `pause` later.
  absl::Status SwapCard(size_t slot, const std::string& card_file,
                        absl::Duration pause = absl::ZeroDuration());
  // Each answer of the slot comes so much later, and by so much for each byte of command and
  // answer; whole milliseconds and microseconds.
  absl::Status SetDelay(size_t slot, absl::Duration delay, absl::Duration a_byte = absl::ZeroDuration());
  // After `count` more APDUs: "silent", "vanish", "swap" with a card file, or "hold": the
  // answer comes at NoFault.
  absl::Status At(size_t slot, size_t count, const std::string& what, const std::string& card_file = "");
  absl::Status NoFault(size_t slot);

  // The service; cards stay in their slots meanwhile.
  absl::Status StopService();
  absl::Status StartService(const std::vector<std::string>& names);

  // What happened in a slot since ClearLog, see VirtualSlot::Log.
  absl::StatusOr<std::vector<std::string>> Log(size_t slot) const;
  // Its APDUs alone, each "COMMAND ANSWER" in upper-case hex ("-": no answer).
  absl::StatusOr<std::vector<std::string>> ApduLog(size_t slot) const;
  absl::Status ClearLog(size_t slot);
  // How often programs, our own too, have given pcscd this command since it was started first,
  // as pcsc-lite calls it: "CONNECT", "BEGIN_TRANSACTION", ...
  size_t Received(const std::string& command) const;

  const std::string& socket_path() const { return socket_path_; }

 private:
  PrivatePcscd(std::string folder, std::string socket_path, std::vector<std::string> names,
               ChildProcess process);
  absl::StatusOr<std::string> Cards(const std::vector<std::string>& words) const;

  std::string folder_;
  std::string socket_path_;
  std::vector<std::string> names_;
  ChildProcess process_;
};

}  // namespace kortvakt::testing
