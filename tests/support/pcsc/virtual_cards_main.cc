// kortvakt-virtual-cards: cards in virtual readers, put in and pulled by command.
//
//   kortvakt-virtual-cards --control SOCKET --slots N [--port 40100]
//   kortvakt-virtual-cards --send SOCKET COMMAND...
//
// Slot K (from 0) is the virtual reader whose driver listens on port + K.
// Commands:
//   insert SLOT CARDFILE        puts a card in (pulling what is there)
//   remove SLOT                 pulls it
//   swap SLOT CARDFILE [MS]     pulls it and puts another in MS milliseconds later (0)
//   log SLOT, clearlog SLOT     what happened: see VirtualSlot::Log
//   delay SLOT MS [US]          each answer comes so much later, and by US microseconds for
//                               each byte of command and answer
//   at SLOT N silent|vanish     after N more answers the card is silent, or pulled
//   at SLOT N swap CARDFILE     ... or replaced
//   at SLOT N hold              ... or keeps its answer until "at SLOT never"
//   at SLOT never               takes it back
//   quit
#include <poll.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status.h"
#include "common/base/stop_signal.h"
#include "tests/support/pcsc/control_socket.h"
#include "tests/support/pcsc/virtual_slot.h"

namespace kortvakt::testing {
namespace {

using Words = std::vector<std::string>;

absl::StatusOr<size_t> Number(const Words& words, size_t index, size_t limit) {
  uint32_t value = 0;
  if (index >= words.size() || !absl::SimpleAtoi(words[index], &value) || value >= limit) {
    return absl::InvalidArgumentError(
        absl::StrCat(words[0], ": word ", index + 1, " is to be a number below ", limit));
  }
  return value;
}

class VirtualCards {
 public:
  VirtualCards(size_t slots, uint16_t port) {
    for (size_t i = 0; i < slots; ++i) {
      slots_.push_back(std::make_unique<VirtualSlot>(static_cast<uint16_t>(port + i)));
    }
  }
  bool quit() const { return quit_; }

  absl::StatusOr<std::string> Do(const Words& words) {
    const std::string& command = words[0];
    if (command == "quit") {
      quit_ = true;
      return "";
    }
    ASSIGN_OR_RETURN(const size_t index, Number(words, 1, slots_.size()));
    VirtualSlot& slot = *slots_[index];
    if (command == "insert") {
      ASSIGN_OR_RETURN(auto card, Card(words, 2));
      slot.Put(std::move(card));
      return "";
    }
    if (command == "remove") {
      slot.Put(nullptr);
      return "";
    }
    if (command == "swap") return Swap(slot, words);
    if (command == "log") return absl::StrJoin(slot.Log(), "\n");
    if (command == "clearlog") {
      slot.ClearLog();
      return "";
    }
    if (command == "delay") {
      ASSIGN_OR_RETURN(const size_t delay, Number(words, 2, 3'600'000));
      size_t a_byte = 0;
      if (words.size() > 3) {
        ASSIGN_OR_RETURN(a_byte, Number(words, 3, 1'000'000));
      }
      slot.SetDelay(absl::Milliseconds(delay), absl::Microseconds(a_byte));
      return "";
    }
    if (command == "at") return SetFault(slot, words);
    return absl::InvalidArgumentError(absl::StrCat("'", command, "' is not a command"));
  }

 private:
  static absl::StatusOr<std::shared_ptr<VirtualCard>> Card(const Words& words, size_t index) {
    if (index >= words.size()) return absl::InvalidArgumentError("a card file is missing");
    ASSIGN_OR_RETURN(std::unique_ptr<VirtualCard> card, LoadVirtualCard(words[index]));
    return std::shared_ptr<VirtualCard>(std::move(card));
  }

  static absl::StatusOr<std::string> Swap(VirtualSlot& slot, const Words& words) {
    ASSIGN_OR_RETURN(auto card, Card(words, 2));
    size_t pause = 0;
    if (words.size() > 3) {
      ASSIGN_OR_RETURN(pause, Number(words, 3, 10'000));
    }
    slot.Put(nullptr);
    std::this_thread::sleep_for(std::chrono::milliseconds(pause));
    slot.Put(std::move(card));
    return "";
  }

  static absl::StatusOr<std::string> SetFault(VirtualSlot& slot, const Words& words) {
    if (words.size() == 3 && words[2] == "never") {
      slot.SetFault(std::nullopt);
      return "";
    }
    SlotFault fault;
    ASSIGN_OR_RETURN(fault.at, Number(words, 2, 1'000'000));
    const std::string kind = words.size() > 3 ? words[3] : "";
    if (kind == "swap") {
      fault.kind = SlotFault::Kind::kSwap;
      ASSIGN_OR_RETURN(fault.next, Card(words, 4));
    } else if (kind == "vanish") {
      fault.kind = SlotFault::Kind::kVanish;
    } else if (kind == "hold") {
      fault.kind = SlotFault::Kind::kHold;
    } else if (kind != "silent") {
      return absl::InvalidArgumentError("at: write silent, hold, vanish, or swap CARDFILE after the number");
    }
    slot.SetFault(std::move(fault));
    return "";
  }

  std::vector<std::unique_ptr<VirtualSlot>> slots_;
  bool quit_ = false;
};

int Serve(const std::string& path, size_t slots, uint16_t port) {
  StopSignal stop;
  absl::StatusOr<ControlSocket> control = ControlSocket::Listen(path);
  if (!control.ok()) {
    std::cerr << "error: " << control.status().message() << "\n";
    return 1;
  }
  VirtualCards cards(slots, port);
  while (!cards.quit()) {
    pollfd wait[] = {{stop.descriptor(), POLLIN, 0}, {control->descriptor(), POLLIN, 0}};
    if (poll(wait, 2, -1) < 0) continue;
    if (wait[0].revents != 0) break;
    if (wait[1].revents != 0) control->ServeOne([&](const Words& words) { return cards.Do(words); });
  }
  return 0;
}

int Send(const Words& words) {
  const absl::StatusOr<std::string> answer = SendCommand(words[0], {words.begin() + 1, words.end()});
  if (!answer.ok()) {
    std::cerr << "error: " << answer.status().message() << "\n";
    return 1;
  }
  if (!answer->empty()) std::cout << *answer << "\n";
  return 0;
}

}  // namespace
}  // namespace kortvakt::testing

int main(int argc, char** argv) {
  CLI::App app("Cards in virtual readers, put in and pulled by command.");
  std::string control;
  std::vector<std::string> send;
  size_t slots = 2;
  uint16_t port = 40100;
  app.add_option("--control", control, "socket to take commands at");
  app.add_option("--slots", slots, "number of slots")->check(CLI::Range(1, 64));
  app.add_option("--port", port, "port of slot 0");
  app.add_option("--send", send, "SOCKET COMMAND...: sends a command to a running program")->expected(2, 8);
  CLI11_PARSE(app, argc, argv);
  if (!send.empty()) return kortvakt::testing::Send(send);
  if (control.empty()) {
    std::cerr << "error: --control or --send is needed; see --help\n";
    return 2;
  }
  return kortvakt::testing::Serve(control, slots, port);
}
