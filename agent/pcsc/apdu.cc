#include "agent/pcsc/apdu.h"

#include <algorithm>
#include <utility>

namespace kortvakt {
namespace {

// Instruction bytes, ISO/IEC 7816-4, table 4.2. The class byte is always 00:
// interindustry, no secure messaging, basic logical channel (5.4.1).
constexpr uint8_t kSelect = 0xA4;
constexpr uint8_t kReadBinary = 0xB0;
constexpr uint8_t kReadBinaryOdd = 0xB1;
constexpr uint8_t kReadRecord = 0xB2;
constexpr uint8_t kGetResponse = 0xC0;
constexpr uint8_t kGetData = 0xCA;

constexpr size_t kLongestShort = 256;       // Le of one byte, 00 (5.2)
constexpr size_t kLongestExtended = 65536;  // Le of two bytes, 0000 (5.2)

constexpr uint8_t kDiscretionaryData = 0x53;  // tag (11.3.3)

Bytes Copy(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

uint8_t High(size_t value) { return static_cast<uint8_t>(value >> 8); }
uint8_t Low(size_t value) { return static_cast<uint8_t>(value); }

// 11.2.2, table 63: first or only occurrence; FCI template or no answer data.
uint8_t SelectP2(bool want_fci) { return want_fci ? 0x00 : 0x0C; }
size_t SelectLength(bool want_fci) { return want_fci ? kLongestShort : 0; }

// Bytes of tag 53 and length before `length` bytes of data (BER, 8.1.3).
size_t DiscretionaryHeader(size_t length) {
  if (length < 0x80) return 2;
  if (length < 0x100) return 3;
  return length < 0x10000 ? 4 : 5;
}

}  // namespace

CommandApdu CommandApdu::SelectApplication(ByteView aid, bool want_fci) {
  return {kSelect, 0x04, SelectP2(want_fci), Copy(aid), SelectLength(want_fci)};
}

CommandApdu CommandApdu::SelectFile(uint16_t file_id, bool want_fci) {
  return {kSelect, 0x00, SelectP2(want_fci), {High(file_id), Low(file_id)}, SelectLength(want_fci)};
}

CommandApdu CommandApdu::SelectPathFromMf(ByteView path, bool want_fci) {
  return {kSelect, 0x08, SelectP2(want_fci), Copy(path), SelectLength(want_fci)};
}

CommandApdu CommandApdu::SelectPathFromDf(ByteView path, bool want_fci) {
  return {kSelect, 0x09, SelectP2(want_fci), Copy(path), SelectLength(want_fci)};
}

CommandApdu CommandApdu::ReadBinary(size_t offset, size_t length) {
  length = std::clamp<size_t>(length, 1, kLongestExtended);
  // 11.3.3: bit 8 of P1 means a short file identifier, so B0 ends at 7FFF.
  if (offset <= 0x7FFF) return {kReadBinary, High(offset), Low(offset), {}, length};
  Bytes data;
  for (size_t rest = offset; rest != 0; rest >>= 8) data.insert(data.begin(), Low(rest));
  data.insert(data.begin(), {0x54, Low(data.size())});  // offset data object
  const size_t most = length <= kLongestShort ? kLongestShort : kLongestExtended;
  return {kReadBinaryOdd, 0x00, 0x00, std::move(data), std::min(length + DiscretionaryHeader(length), most)};
}

CommandApdu CommandApdu::ReadRecord(uint8_t number) {
  return {kReadRecord, number, 0x04, {}, kLongestShort};
}

CommandApdu CommandApdu::GetData(uint16_t tag, size_t length) {
  return {kGetData, High(tag), Low(tag), {}, std::clamp<size_t>(length, 1, kLongestExtended)};
}

CommandApdu CommandApdu::GetResponse(size_t length) {
  return {kGetResponse, 0x00, 0x00, {}, std::clamp<size_t>(length, 1, kLongestShort)};
}

CommandApdu CommandApdu::WithLength(size_t length) const {
  CommandApdu command = *this;
  command.length_ = length;
  return command;
}

Bytes CommandApdu::Encode(bool t0) const {
  const bool long_form = extended() && !t0;
  Bytes bytes = {0x00, ins_, p1_, p2_};
  if (long_form) bytes.push_back(0x00);
  if (!data_.empty()) {
    if (long_form) bytes.push_back(High(data_.size()));
    bytes.push_back(Low(data_.size()));
    bytes.insert(bytes.end(), data_.begin(), data_.end());
    if (t0) return bytes;
  }
  if (length_ == 0) return bytes;
  if (long_form) bytes.push_back(High(length_));  // 65,536 becomes 0000
  bytes.push_back(t0 && extended() ? 0x00 : Low(length_));
  return bytes;
}

absl::StatusOr<Bytes> UnwrapDiscretionaryData(ByteView answer) {
  if (answer.empty()) return Bytes();
  if (answer[0] != kDiscretionaryData || answer.size() < 2) {
    return absl::DataLossError("READ BINARY B1: no data object 53");
  }
  size_t header = 2;
  size_t length = answer[1];
  if (length > 0x7F) {  // so many bytes of length follow (5.2.2.2)
    const size_t octets = length & 0x7F;
    header += octets;
    if (octets == 0 || octets > 3 || header > answer.size()) {
      return absl::DataLossError("READ BINARY B1: a bad length");
    }
    length = 0;
    for (const uint8_t octet : answer.subspan(2, octets)) length = length << 8 | octet;
  }
  return Copy(answer.subspan(header, std::min(length, answer.size() - header)));
}

}  // namespace kortvakt
