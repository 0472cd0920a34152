#include "agent/cards/file_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/cards/evidence.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

// Status words of ISO/IEC 7816-4, table 6.
constexpr uint16_t kEndReached = 0x6282;
constexpr uint16_t kWrongLength = 0x6700;
constexpr uint16_t kFileNotFound = 0x6A82;
constexpr uint16_t kRecordNotFound = 0x6A83;
constexpr uint16_t kWrongP1P2 = 0x6A86;
constexpr uint16_t kWrongOffset = 0x6B00;

// Most data of a short answer (7816-4, 5.2), and what is asked for at once in
// extended length: a certificate of the usual size in one answer, little of the
// padding behind it.
constexpr size_t kShortAnswer = 256;
constexpr size_t kExtendedAnswer = 2048;

// A transaction ends after so many bytes (about 0.2 s on a slow link) or commands
// (a card may give few bytes for each) and another begins, so that a long file keeps
// no program out that waits in a queue (pcsc-lite has none: docs/adr/0009).
constexpr size_t kTransactionBytes = 4096;
constexpr size_t kTransactionCommands = 24;

// READ BINARY commands for one file: enough for the largest at 128 bytes each. A
// card that gives a byte at a time is not read to the end.
constexpr int kMaxReads = 520;
// What so many of them must at least have given on average for the next to be sent.
constexpr int kFewReads = 32;
constexpr size_t kFewBytes = 16;

// A card that refuses 256 bytes is asked for less from then on, but not for less than this.
constexpr size_t kSmallestPiece = 32;

// READ RECORD commands for one file.
constexpr uint8_t kMaxRecords = 32;

// From this offset on READ BINARY has an odd INS, and its data object leaves less room for data
// (7816-4, 11.3.3).
constexpr size_t kOddOffset = 0x8000;

bool Good(const ResponseApdu& response) { return response.ok() || (response.sw & 0xFF00) == 0x6200; }

// How many bytes the reader lets us ask for at once.
size_t Most(const CardSession& session) {
  return session.extended_length() && !session.is_t0() ? kExtendedAnswer : kShortAnswer;
}

}  // namespace

FileReader::FileReader(CardSession& session) : session_(session), most_(Most(session)) {}

size_t FileReader::bytes_a_read() const {
  return largest_partial_answer_ == 0 ? most_ : std::min(most_, largest_partial_answer_);
}

void FileReader::AskForAtMost(size_t bytes) { most_ = std::min(Most(session_), std::max<size_t>(bytes, 1)); }

absl::Status FileReader::Begin() {
  channel_.reset();
  bytes_in_transaction_ = 0;
  commands_in_transaction_ = 0;
  ++transactions_;
  ASSIGN_OR_RETURN(channel_, session_.Begin());
  return absl::OkStatus();
}

absl::StatusOr<ResponseApdu> FileReader::Transmit(const CommandApdu& command) {
  if (channel_ == nullptr) return absl::InternalError("no transaction under way");
  ++commands_in_transaction_;
  absl::StatusOr<ResponseApdu> response = channel_->Transmit(command);
  if (response.ok()) {
    bytes_in_transaction_ += response->data.size();
  } else if (absl::IsDataLoss(response.status()) && protocol_fault_.ok()) {
    protocol_fault_ = response.status();
  }
  return response;
}

absl::Status FileReader::SelectWith(SelectForm& form,
                                    const std::function<CommandApdu(bool want_fci)>& command) {
  ASSIGN_OR_RETURN(ResponseApdu response, Transmit(command(form.want_fci)));
  // Some cards refuse P2=0C, with one status word or another.
  if (!Good(response) && response.sw != kFileNotFound && !form.known) {
    ASSIGN_OR_RETURN(ResponseApdu with_fci, Transmit(command(true)));
    form.want_fci = Good(with_fci);
    if (form.want_fci) response = std::move(with_fci);
  }
  if (!Good(response)) return StatusWordFault(response.sw);
  form.known = true;
  return absl::OkStatus();
}

absl::Status FileReader::SelectApplication(ByteView aid) {
  const Bytes name(aid.begin(), aid.end());
  RETURN_IF_ERROR(SelectWith(
      application_form_, [&name](bool want_fci) { return CommandApdu::SelectApplication(name, want_fci); }));
  application_ = name;
  return absl::OkStatus();
}

absl::Status FileReader::Select(const FilePath& file) {
  const Bytes& path = file.path;
  if (path.size() < 2 || path.size() > 16 || path.size() % 2 != 0) return ContentFault("not a file path");
  return SelectWith(file_form_, [&](bool want_fci) {
    if (file.from_mf) return CommandApdu::SelectPathFromMf(path, want_fci);
    if (path.size() > 2) return CommandApdu::SelectPathFromDf(path, want_fci);
    return CommandApdu::SelectFile(static_cast<uint16_t>(path[0] << 8 | path[1]), want_fci);
  });
}

absl::StatusOr<Bytes> FileReader::Read(const FileRequest& request) {
  RETURN_IF_ERROR(Select(request.file));
  const size_t transaction = transactions_;
  ASSIGN_OR_RETURN(Bytes contents, ReadSelected(request));
  if (transactions_ != transaction) RETURN_IF_ERROR(CheckUnchanged(request, contents));
  if (!request.decode) return contents;
  return request.decode(std::move(contents));
}

absl::StatusOr<Bytes> FileReader::ReadAlone(const FileRequest& request) {
  while (true) {
    RETURN_IF_ERROR(Begin());
    const bool select = always_select_ && !application_.empty();
    absl::Status selected = absl::OkStatus();
    if (select) selected = SelectApplication(application_);
    absl::StatusOr<Bytes> contents = selected.ok() ? Read(request) : selected;
    End();
    if (contents.ok() || !IsCardFault(contents.status())) return contents;
    if (select || application_.empty()) return contents;
    always_select_ = true;
  }
}

absl::Status FileReader::KeepShort(const FilePath& file) {
  if (bytes_in_transaction_ < kTransactionBytes && commands_in_transaction_ < kTransactionCommands) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(Begin());
  if (!application_.empty()) RETURN_IF_ERROR(SelectApplication(application_));
  return Select(file);
}

absl::Status FileReader::CheckUnchanged(const FileRequest& request, const Bytes& contents) {
  if (contents.empty()) return absl::OkStatus();
  const size_t asked = std::min({contents.size(), kShortAnswer, most_});
  ASSIGN_OR_RETURN(const ResponseApdu response, Transmit(CommandApdu::ReadBinary(request.start, asked)));
  if (!Good(response)) return StatusWordFault(response.sw);
  const Bytes& data = response.data;
  const bool same =
      !data.empty() && data.size() <= asked && std::equal(data.begin(), data.end(), contents.begin());
  return same ? absl::OkStatus() : ContentFault("it changed while it was read");
}

absl::StatusOr<Bytes> FileReader::ReadSelected(const FileRequest& request) {
  Bytes contents;
  std::optional<uint16_t> refusal;  // of extended length, which the card may not take …
  size_t refused = 0;               // … and so many bytes
  size_t partial = 0;               // what the last answer had of `partial_of` bytes, if fewer
  size_t partial_of = 0;
  for (int reads = 0; reads < kMaxReads; ++reads) {
    const size_t wanted = request.wanted(contents);
    if (wanted != kUntilEnd && wanted > kMaxCardFile) {
      return ContentFault(absl::StrCat("says it is ", wanted, " bytes long; the limit is ", kMaxCardFile));
    }
    if (contents.size() >= wanted) return contents;
    if (reads >= kFewReads && contents.size() < static_cast<size_t>(reads) * kFewBytes) break;
    if (contents.size() >= kMaxCardFile) {
      return ContentFault(absl::StrCat("longer than the limit of ", kMaxCardFile, " bytes"));
    }
    RETURN_IF_ERROR(KeepShort(request.file));
    const size_t offset = request.start + contents.size();
    const size_t asked = std::min(wanted - contents.size(), most_);
    ASSIGN_OR_RETURN(const ResponseApdu response, Transmit(CommandApdu::ReadBinary(offset, asked)));
    const bool brings_data = Good(response) && !response.data.empty();
    if (!brings_data && asked > kShortAnswer && !extended_works_) {
      refusal = response.sw;
      refused = std::exchange(most_, kShortAnswer);
      continue;
    }
    // P1 and P2 are the offset.
    const bool wrong_p1_p2 = response.sw == kWrongP1P2 && !contents.empty();
    if (response.sw == kWrongLength || response.sw == kWrongOffset || wrong_p1_p2) {
      const size_t before = contents.size();
      ASSIGN_OR_RETURN(const bool more, ReadInPieces(request.start, asked, contents));
      if (more) continue;
      refuses_past_end_ = refuses_past_end_ || contents.size() > before;
      return contents;
    }
    // It is not the length that was refused.
    if (!brings_data && response.sw == refusal) most_ = refused;
    if (!Good(response)) return StatusWordFault(response.sw);
    if (!brings_data) return contents;
    const Bytes& data = response.data;
    contents.insert(contents.end(), data.begin(), data.end());
    if (asked > kShortAnswer) extended_works_ = true;
    if (partial != 0) LearnPartialAnswer(partial_of, std::exchange(partial, 0));
    if (data.size() >= asked || offset >= kOddOffset) continue;
    if (response.sw == kEndReached) return contents;
    partial = data.size();
    partial_of = asked;
    const bool may_end = request.wanted(contents) == kUntilEnd && request.may_end(contents);
    if (may_end && !read_on_ && data.size() != largest_partial_answer_) {
      short_ends_.push_back(data.size());
      return contents;
    }
  }
  return absl::DataLossError("the card gives only a few bytes at a time");
}

void FileReader::LearnPartialAnswer(size_t asked, size_t given) {
  if (given == largest_partial_answer_) {
    most_ = given;  // twice the same: it gives no more
  } else if (asked > kShortAnswer && given <= kShortAnswer) {
    most_ = kShortAnswer;
  }
  largest_partial_answer_ = std::max(largest_partial_answer_, given);
}

absl::StatusOr<bool> FileReader::ReadInPieces(size_t start, size_t asked, Bytes& contents) {
  // One byte tells whether the file has ended; the others then come in powers of two, each
  // tried once.
  const size_t end = contents.size() + asked;
  const auto read = [&](size_t size) -> absl::StatusOr<size_t> {
    ASSIGN_OR_RETURN(const ResponseApdu response,
                     Transmit(CommandApdu::ReadBinary(start + contents.size(), size)));
    if (!Good(response)) return 0;
    contents.insert(contents.end(), response.data.begin(), response.data.end());
    return response.data.size();
  };
  ASSIGN_OR_RETURN(size_t given, read(1));
  if (given == 0) return false;
  size_t taken = 0;            // the largest piece that the card gave
  bool refused_since = false;  // a smaller one
  size_t ask = 1;
  while (ask * 2 < asked) ask *= 2;
  for (; ask >= 1 && contents.size() < end; ask /= 2) {
    const size_t now = std::min(ask, end - contents.size());
    ASSIGN_OR_RETURN(given, read(now));
    if (given == 0) {
      refused_since = taken != 0;
    } else if (given < now && now >= kSmallestPiece) {
      // It does not mind to be asked for more than is left.
      most_ = now;
      return true;
    } else {
      taken = std::max(taken, now);
    }
  }
  if (taken < kSmallestPiece || refused_since) return false;
  // All that it gave at all it gave to the end. Where more is there, the pieces were refused
  // for their size.
  if (contents.size() < end) {
    ASSIGN_OR_RETURN(given, read(1));
    if (given == 0) return false;
  }
  most_ = taken;
  return true;
}

absl::StatusOr<std::vector<Bytes>> FileReader::ReadRecords(const FilePath& file) {
  RETURN_IF_ERROR(Select(file));
  std::vector<Bytes> records;
  for (uint8_t number = 1; number <= kMaxRecords; ++number) {
    RETURN_IF_ERROR(KeepShort(file));
    absl::StatusOr<ResponseApdu> response = Transmit(CommandApdu::ReadRecord(number));
    if (!response.ok() && !IsCardFault(response.status())) return response.status();
    if (response.ok() && Good(*response)) {
      records.push_back(std::move(response->data));
      continue;
    }
    // After the last record, however the card says so. What was read counts.
    if (number > 1 || (response.ok() && response->sw == kRecordNotFound)) break;
    return response.ok() ? StatusWordFault(response->sw) : response.status();
  }
  return records;
}

bool FileReader::MayHaveStoppedEarly() const {
  return largest_partial_answer_ != 0 &&
         std::find(short_ends_.begin(), short_ends_.end(), largest_partial_answer_) != short_ends_.end();
}

}  // namespace kortvakt
