#include "tests/support/card/virtual_card.h"

#include <algorithm>
#include <utility>

namespace kortvakt::testing {
namespace {

// Status words of ISO/IEC 7816-4, table 6.
constexpr uint16_t kOk = 0x9000;
constexpr uint16_t kEndReached = 0x6282;
constexpr uint16_t kWrongLength = 0x6700;
constexpr uint16_t kIncompatibleFile = 0x6981;
constexpr uint16_t kSecurityNotSatisfied = 0x6982;
constexpr uint16_t kPinBlocked = 0x6983;
constexpr uint16_t kNoCurrentFile = 0x6986;
constexpr uint16_t kFileNotFound = 0x6A82;
constexpr uint16_t kRecordNotFound = 0x6A83;
constexpr uint16_t kWrongP1P2 = 0x6A86;
constexpr uint16_t kDataNotFound = 0x6A88;
constexpr uint16_t kWrongOffset = 0x6B00;
constexpr uint16_t kUnknownInstruction = 0x6D00;
constexpr uint16_t kUnknownClass = 0x6E00;

constexpr int kPinTries = 3;

struct Command {
  uint8_t cla = 0, ins = 0, p1 = 0, p2 = 0;
  Bytes data;
  size_t length = 0;  // bytes wanted; 0: none
};

// Splits a command (7816-4, 5.2); false: lengths do not fit.
bool Parse(ByteView bytes, bool extended_allowed, Command& command) {
  if (bytes.size() < 4) return false;
  command.cla = bytes[0];
  command.ins = bytes[1];
  command.p1 = bytes[2];
  command.p2 = bytes[3];
  const ByteView body = bytes.subspan(4);
  if (body.empty()) return true;
  const auto short_length = [](uint8_t byte) { return byte == 0 ? size_t{256} : byte; };
  const auto long_length = [](ByteView two) {
    const size_t value = static_cast<size_t>(two[0]) << 8 | two[1];
    return value == 0 ? size_t{65536} : value;
  };
  if (body.size() == 1) {
    command.length = short_length(body[0]);
    return true;
  }
  if (body[0] != 0) {
    const size_t data = body[0];
    if (body.size() != 1 + data && body.size() != 2 + data) return false;
    command.data.assign(body.begin() + 1, body.begin() + 1 + static_cast<ptrdiff_t>(data));
    if (body.size() == 2 + data) command.length = short_length(body.back());
    return true;
  }
  if (!extended_allowed || body.size() < 3) return false;
  if (body.size() == 3) {
    command.length = long_length(body.subspan(1));
    return true;
  }
  const size_t data = static_cast<size_t>(body[1]) << 8 | body[2];
  if (body.size() != 3 + data && body.size() != 5 + data) return false;
  command.data.assign(body.begin() + 3, body.begin() + 3 + static_cast<ptrdiff_t>(data));
  if (body.size() == 5 + data) command.length = long_length(body.last(2));
  return true;
}

class ImageCard final : public VirtualCard {
 public:
  explicit ImageCard(CardImage image) : image_(std::move(image)), files_(FilesOf(image_)) {
    if (image_.pkcs15) image_.data.push_back({0xDF30, {'v', '2', '.', '0', 0x00}});
  }

  Bytes Atr() const override { return image_.atr; }

  void Reset() override {
    folder_.clear();
    file_ = nullptr;
    pending_.clear();
    pin_verified_ = false;
  }

  const std::vector<Bytes>& commands() const override { return commands_; }
  bool pin_verified() const override { return pin_verified_; }

  Bytes Transmit(ByteView bytes) override {
    const size_t index = commands_.size();
    commands_.emplace_back(bytes.begin(), bytes.end());
    for (const CardFault& fault : image_.faults) {
      if (index >= fault.at && (fault.count == 0 || index - fault.at < fault.count)) return fault.answer;
    }
    if (image_.hook) {
      if (std::optional<Bytes> answer = image_.hook(index, bytes)) return *std::move(answer);
    }
    Command command;
    if (!Parse(bytes, image_.extended_length && !image_.t0, command)) return Status(kWrongLength);
    if ((command.cla & 0xF0) != 0) return Status(kUnknownClass);
    if (command.ins == 0xC0) return GetResponse(command);
    pending_.clear();
    switch (command.ins) {
      case 0xA4:
        return Select(command);
      case 0xB0:
        return ReadBinary(command);
      case 0xB1:
        return ReadBinaryOdd(command);
      case 0xB2:
        return ReadRecord(command);
      case 0xCA:
        return GetData(command);
      case 0x20:
        return Verify(command);
      case 0x22:
        return Status(kOk);
      case 0x2A:
        // A signature of no worth: only whether it was allowed matters.
        return pin_verified_ ? Answer(Bytes(256, 0x5A), command) : Status(kSecurityNotSatisfied);
      default:
        return Status(kUnknownInstruction);
    }
  }

 private:
  static Bytes Status(uint16_t sw) { return {static_cast<uint8_t>(sw >> 8), static_cast<uint8_t>(sw)}; }

  static Bytes WithStatus(ByteView data, uint16_t sw) {
    Bytes answer(data.begin(), data.end());
    answer.push_back(static_cast<uint8_t>(sw >> 8));
    answer.push_back(static_cast<uint8_t>(sw));
    return answer;
  }

  // "61 xx": that many bytes wait (7816-3, 10.3.3; 00 stands for 256 or more).
  Bytes MoreData() const {
    return {0x61, static_cast<uint8_t>(pending_.size() >= 256 ? 0 : pending_.size())};
  }

  // The whole of `data`, as each protocol gives it: under T=0 a command that
  // brings data is answered 61xx.
  Bytes Answer(ByteView data, const Command& command) {
    if (image_.t0 && !command.data.empty()) {
      pending_.assign(data.begin(), data.end());
      return MoreData();
    }
    if (image_.t0 && command.length < data.size() && command.length != 256) {
      return Status(static_cast<uint16_t>(0x6C00 | (data.size() & 0xFF)));
    }
    return WithStatus(data.first(std::min(data.size(), command.length)), kOk);
  }

  Bytes GetResponse(const Command& command) {
    if (pending_.empty()) return Status(kNoCurrentFile);
    if (command.length > pending_.size()) {
      return Status(static_cast<uint16_t>(0x6C00 | (pending_.size() & 0xFF)));
    }
    const Bytes data(pending_.begin(), pending_.begin() + static_cast<ptrdiff_t>(command.length));
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<ptrdiff_t>(command.length));
    return pending_.empty() ? WithStatus(data, kOk)
                            : WithStatus(data, static_cast<uint16_t>(MoreData()[0] << 8 | MoreData()[1]));
  }

  const CardFile* Find(const Bytes& path) const {
    for (const CardFile& file : files_) {
      if (file.path == path) return &file;
    }
    return nullptr;
  }

  static Bytes Child(Bytes folder, ByteView id) {
    folder.insert(folder.end(), id.begin(), id.end());
    return folder;
  }

  // What SELECT means (7816-4, table 39); false: no such file. `path` empty: the MF.
  bool Resolve(const Command& command, Bytes& path) const {
    const Bytes& data = command.data;
    const Bytes parent(folder_.begin(), folder_.end() - (folder_.empty() ? 0 : 2));
    switch (command.p1) {
      case 0x00:
        if (data.empty() || data == Bytes{0x3F, 0x00}) {
          path.clear();
          return true;
        }
        if (data.size() != 2) return false;
        for (const Bytes& candidate : {Child(folder_, data), Child(parent, data)}) {
          if (Find(candidate) == nullptr) continue;
          path = candidate;
          return true;
        }
        return false;
      case 0x03:
        path = parent;
        return !folder_.empty();
      case 0x04:
        for (const CardFile& file : files_) {
          if (file.aid.empty() || !file.select_by_aid || data.empty() || data.size() > file.aid.size())
            continue;
          if (!std::equal(data.begin(), data.end(), file.aid.begin())) continue;
          path = file.path;
          return true;
        }
        return false;
      case 0x08:
        for (const CardFile& file : files_) {
          const bool inside = file.applet && folder_.size() >= file.path.size() &&
                              std::equal(file.path.begin(), file.path.end(), folder_.begin());
          if (!inside || Find(Child(file.path, data)) == nullptr) continue;
          path = Child(file.path, data);
          return true;
        }
        path = data;
        return data.empty() || Find(path) != nullptr;
      case 0x01:
      case 0x02:
      case 0x09:
        path = Child(folder_, data);
        return Find(path) != nullptr;
      default:
        return false;
    }
  }

  Bytes Select(const Command& command) {
    if (image_.forgets_pin_at_select) pin_verified_ = false;
    if (command.p2 != 0x00 && command.p2 != 0x04 && command.p2 != 0x0C) return Status(kWrongP1P2);
    if (command.p2 == 0x0C && image_.refuses_p2_0c) return Status(kWrongP1P2);
    Bytes path;
    if (!Resolve(command, path)) return Status(kFileNotFound);
    const CardFile* file = path.empty() ? nullptr : Find(path);
    if (file != nullptr && file->select_status != kOk) return Status(file->select_status);
    if (file == nullptr || file->folder) {
      folder_ = path;
      file_ = nullptr;
    } else {
      folder_.assign(path.begin(), path.end() - 2);
      file_ = file;
    }
    if (command.p2 == 0x0C) return Status(kOk);
    return Answer(ControlInformation(file, command.p2 == 0x04 ? 0x62 : 0x6F), command);
  }

  // File control information (7816-4, 7.4.3): descriptor, size, identifier, name.
  static Bytes ControlInformation(const CardFile* file, uint8_t tag) {
    Bytes fields;
    const auto add = [&fields](uint8_t field, ByteView value) {
      const Bytes element = Der(field, value);
      fields.insert(fields.end(), element.begin(), element.end());
    };
    if (file == nullptr || file->folder) {
      add(0x82, Bytes{0x38});
    } else {
      const size_t size = file->contents.size();
      add(0x80, Bytes{static_cast<uint8_t>(size >> 8), static_cast<uint8_t>(size)});
      add(0x82, Bytes{static_cast<uint8_t>(file->records.empty() ? 0x01 : 0x04)});
    }
    if (file == nullptr) {
      add(0x83, Bytes{0x3F, 0x00});
    } else {
      add(0x83, ByteView(file->path).last(2));
      if (!file->aid.empty()) add(0x84, file->aid);
    }
    return Der(tag, fields);
  }

  // Checks that the current file can be read by `ins`; kOk when it can.
  uint16_t Readable(bool records) const {
    if (file_ == nullptr) return kNoCurrentFile;
    if (file_->read_status != kOk) return file_->read_status;
    return file_->records.empty() == records ? kIncompatibleFile : kOk;
  }

  Bytes ReadBinary(const Command& command) {
    if (command.p1 & 0x80) return Status(kFileNotFound);  // short file identifiers: none here
    if (const uint16_t sw = Readable(false); sw != kOk) return Status(sw);
    const size_t offset = static_cast<size_t>(command.p1) << 8 | command.p2;
    const ByteView contents = file_->contents;
    if (offset >= contents.size()) return Status(kWrongOffset);
    const ByteView rest = contents.subspan(offset);
    if (rest.size() >= command.length) {
      const size_t most = command.length > 256 ? command.length : image_.largest_answer;
      if (most < command.length && image_.t0) return Status(static_cast<uint16_t>(0x6C00 | most));
      return WithStatus(rest.first(std::min(command.length, most)), kOk);
    }
    PastEnd past_end = image_.past_end;
    if (past_end == PastEnd::kByProtocol) past_end = image_.t0 ? PastEnd::kWrongLe : PastEnd::kShortOk;
    const ByteView data =
        rest.first(std::min(rest.size(), command.length > 256 ? rest.size() : image_.largest_answer));
    switch (past_end) {
      case PastEnd::kWrongLe:
        if (data.size() < 256) return Status(static_cast<uint16_t>(0x6C00 | data.size()));
        return WithStatus(data, kOk);
      case PastEnd::kWarning:
        return WithStatus(data, data.size() == rest.size() ? kEndReached : kOk);
      case PastEnd::kWrongLength:
        return Status(kWrongLength);
      case PastEnd::kWrongOffset:
        return Status(kWrongOffset);
      default:
        return WithStatus(data, kOk);
    }
  }

  // READ BINARY with odd INS (7816-4, 11.3.3): offset in object 54, data in 53.
  Bytes ReadBinaryOdd(const Command& command) {
    if (const uint16_t sw = Readable(false); sw != kOk) return Status(sw);
    const Bytes& data = command.data;
    if (data.size() < 3 || data.size() > 6 || data[0] != 0x54 || data[1] != data.size() - 2) {
      return Status(kWrongLength);
    }
    size_t offset = 0;
    for (size_t i = 2; i < data.size(); ++i) offset = offset << 8 | data[i];
    const ByteView contents = file_->contents;
    if (offset >= contents.size()) return Status(kWrongOffset);
    // Under T=0 the command says no length; 256 with the object's header is most.
    const size_t wanted = command.length == 0 ? 256 : command.length;
    const size_t header = wanted <= 129 ? 2 : wanted <= 258 ? 3 : 4;
    const size_t room = wanted > header ? wanted - header : 0;
    return Answer(Der(0x53, contents.subspan(offset, std::min(contents.size() - offset, room))), command);
  }

  Bytes ReadRecord(const Command& command) {
    if (const uint16_t sw = Readable(true); sw != kOk) return Status(sw);
    if (command.p1 == 0 || command.p1 > file_->records.size()) return Status(kRecordNotFound);
    const Bytes& record = file_->records[command.p1 - 1u];
    if (image_.t0 && command.length > record.size()) {
      return Status(static_cast<uint16_t>(0x6C00 | (record.size() & 0xFF)));
    }
    return Answer(record, command);
  }

  Bytes GetData(const Command& command) {
    const uint16_t tag = static_cast<uint16_t>(command.p1 << 8 | command.p2);
    for (const CardDataObject& object : image_.data) {
      if (object.tag != tag) continue;
      if (image_.t0 && command.length != object.contents.size()) {
        return Status(static_cast<uint16_t>(0x6C00 | (object.contents.size() & 0xFF)));
      }
      return Answer(object.contents, command);
    }
    return Status(kDataNotFound);
  }

  Bytes Verify(const Command& command) {
    if (tries_ == 0) return Status(kPinBlocked);
    if (command.data.empty()) return Status(pin_verified_ ? kOk : static_cast<uint16_t>(0x63C0 | tries_));
    Bytes given = command.data;
    while (!given.empty() && (given.back() == 0x00 || given.back() == 0xFF)) given.pop_back();  // padding
    pin_verified_ = AsString(given) == image_.pin;
    tries_ = pin_verified_ ? kPinTries : tries_ - 1;
    return Status(pin_verified_ ? kOk : static_cast<uint16_t>(0x63C0 | tries_));
  }

  CardImage image_;
  std::vector<CardFile> files_;
  Bytes folder_;                    // path of the current DF; empty: the MF
  const CardFile* file_ = nullptr;  // the current EF
  Bytes pending_;                   // what GET RESPONSE gives next
  bool pin_verified_ = false;
  int tries_ = kPinTries;
  std::vector<Bytes> commands_;
};

}  // namespace

bool OnlyReads(ByteView command) {
  constexpr uint8_t kReading[] = {0xA4, 0xB0, 0xB1, 0xB2, 0xC0, 0xCA};
  return command.size() >= 4 &&
         std::find(std::begin(kReading), std::end(kReading), command[1]) != std::end(kReading);
}

std::unique_ptr<VirtualCard> MakeVirtualCard(CardImage image) {
  return std::make_unique<ImageCard>(std::move(image));
}

}  // namespace kortvakt::testing
