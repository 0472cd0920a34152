#include "tests/support/pcsc/virtual_slot.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"

namespace kortvakt::testing {
namespace {

constexpr size_t kLongestLog = 200'000;

// The driver writes length and body in two pieces; without this, Nagle's
// algorithm and delayed acknowledgement cost 45 ms an APDU.
void HurryUp(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

bool ReceiveAll(int socket, uint8_t* data, size_t size) {
  while (size > 0) {
    HurryUp(socket);
    const ssize_t count = recv(socket, data, size, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    data += count;
    size -= static_cast<size_t>(count);
  }
  return true;
}

bool SendMessage(int socket, ByteView body) {
  Bytes message = {static_cast<uint8_t>(body.size() >> 8), static_cast<uint8_t>(body.size())};
  message.insert(message.end(), body.begin(), body.end());
  size_t sent = 0;
  while (sent < message.size()) {
    const ssize_t count = send(socket, message.data() + sent, message.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    sent += static_cast<size_t>(count);
  }
  return true;
}

int Connect(uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return -1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(socket);
    return -1;
  }
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

}  // namespace

VirtualSlot::VirtualSlot(uint16_t port) : port_(port) {
  thread_ = std::thread([this] { Run(); });
}

VirtualSlot::~VirtualSlot() {
  {
    MutexLock lock(mutex_);
    ending_ = true;
    PutLocked(nullptr);
  }
  thread_.join();
}

void VirtualSlot::Put(std::shared_ptr<VirtualCard> card) {
  MutexLock lock(mutex_);
  PutLocked(std::move(card));
}

void VirtualSlot::PutLocked(std::shared_ptr<VirtualCard> card) {
  if (card_ != nullptr) log_.push_back("remove");
  if (card != nullptr) log_.push_back("insert");
  card_ = std::move(card);
  ++generation_;
  // Ends the connection under its thread's feet; that thread closes it.
  if (socket_ >= 0) shutdown(socket_, SHUT_RDWR);
  changed_.NotifyAll();
}

void VirtualSlot::SetDelay(absl::Duration delay, absl::Duration a_byte) {
  MutexLock lock(mutex_);
  delay_ = delay;
  delay_a_byte_ = a_byte;
}

void VirtualSlot::SetFault(std::optional<SlotFault> fault) {
  MutexLock lock(mutex_);
  fault_ = std::move(fault);
  holding_ = false;
  changed_.NotifyAll();
}

std::vector<std::string> VirtualSlot::Log() const {
  MutexLock lock(mutex_);
  return log_;
}

void VirtualSlot::ClearLog() {
  MutexLock lock(mutex_);
  log_.clear();
}

void VirtualSlot::Note(std::string line) {
  MutexLock lock(mutex_);
  if (log_.size() < kLongestLog) log_.push_back(std::move(line));
}

void VirtualSlot::Run() {
  while (true) {
    std::shared_ptr<VirtualCard> card;
    uint64_t generation = 0;
    {
      MutexLock lock(mutex_);
      while (card_ == nullptr && !ending_) changed_.Wait(mutex_);
      if (ending_) return;
      card = card_;
      generation = generation_;
    }
    const int socket = Connect(port_);
    bool current = false;
    {
      MutexLock lock(mutex_);
      current = generation == generation_;
      if (socket >= 0 && current) socket_ = socket;
      // No driver there (yet): try again shortly, or when the card changes.
      if (socket < 0 && current) changed_.WaitFor(mutex_, absl::Milliseconds(50));
    }
    if (socket < 0) continue;
    if (current) Serve(socket, card, generation);
    MutexLock lock(mutex_);
    socket_ = -1;
    close(socket);
  }
}

void VirtualSlot::Serve(int socket, const std::shared_ptr<VirtualCard>& card, uint64_t generation) {
  card->Reset();
  while (true) {
    uint8_t length[2];
    if (!ReceiveAll(socket, length, sizeof length)) return;
    Bytes body(static_cast<size_t>(length[0] << 8 | length[1]));
    if (!ReceiveAll(socket, body.data(), body.size())) return;
    if (body.size() > 1) {
      const std::optional<Bytes> answer = Answer(*card, generation, body);
      if (!answer.has_value() || !SendMessage(socket, *answer)) return;
      continue;
    }
    const int order = body.empty() ? -1 : body[0];
    if (order == 0) Note("power-off");
    if (order == 1) Note("power-on");
    if (order == 2) Note("reset");
    if (order == 0 || order == 1 || order == 2) card->Reset();
    if (order == 4 && !SendMessage(socket, card->Atr())) return;
  }
}

std::optional<Bytes> VirtualSlot::Answer(VirtualCard& card, uint64_t generation, const Bytes& command) {
  bool silent = false;
  {
    MutexLock lock(mutex_);
    if (fault_.has_value() && fault_->at == 0) {
      const SlotFault fault = *std::exchange(fault_, std::nullopt);
      holding_ = fault.kind == SlotFault::Kind::kHold;
      silent = fault.kind == SlotFault::Kind::kSilent;
      if (!holding_) log_.push_back(absl::StrCat(UpperHex(command), " -"));
      if (!holding_ && !silent) {
        PutLocked(fault.kind == SlotFault::Kind::kSwap ? fault.next : nullptr);
        return std::nullopt;
      }
    } else if (fault_.has_value()) {
      --fault_->at;
    }
  }
  Bytes answer;
  if (!silent) answer = card.Transmit(command);
  if (answer.size() > 0xFFFF) answer.resize(0xFFFF);
  MutexLock lock(mutex_);
  if (!silent) log_.push_back(absl::StrCat(UpperHex(command), " ", answer.empty() ? "-" : UpperHex(answer)));
  const absl::Duration delay = delay_ + delay_a_byte_ * static_cast<int64_t>(command.size() + answer.size());
  // A card without an answer is waited for until it is pulled.
  const absl::Time end = answer.empty() ? absl::InfiniteFuture() : absl::Now() + delay;
  while (generation == generation_ && (holding_ || absl::Now() < end)) {
    const absl::Duration left = holding_ ? absl::InfiniteDuration() : end - absl::Now();
    changed_.WaitFor(mutex_, std::min(left, absl::Seconds(60)));
  }
  holding_ = false;
  if (generation != generation_) return std::nullopt;
  return answer;
}

}  // namespace kortvakt::testing
