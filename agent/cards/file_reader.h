// Files of a card, read with as few commands as the card allows.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/pcsc/card_channel.h"
#include "common/base/bytes.h"

namespace kortvakt {

// Where a file stands.
struct FilePath {
  // From the MF (SELECT with P1=08), whatever is selected; else in the selected
  // application.
  bool from_mf = true;
  // File identifiers, two bytes each, without 3F00: 2 to 16 bytes.
  Bytes path;

  bool operator==(const FilePath&) const = default;
};

// Largest file that is read: no directory or certificate comes near it.
inline constexpr size_t kMaxCardFile = 64u << 10;

// A wanted size that is not known: read until the card says that the file ends.
inline constexpr size_t kUntilEnd = std::numeric_limits<size_t>::max();

struct FileRequest {
  FilePath file;
  // Offset of the first byte.
  size_t start = 0;
  // How many bytes are wanted in all, by what has been read so far (at first
  // nothing); kUntilEnd while that cannot be told.
  std::function<size_t(ByteView so_far)> wanted = [](ByteView) { return kUntilEnd; };
  // Whether a file whose size is not known can end after what has been read of it. If not, an
  // answer of fewer bytes than were asked for is not its end.
  std::function<bool(ByteView so_far)> may_end = [](ByteView) { return true; };
  // What the bytes hold, or a fault (evidence.h). Default: the bytes themselves.
  std::function<absl::StatusOr<Bytes>(Bytes contents)> decode = nullptr;
};

// Reads files over one session and remembers how the card wants to be asked:
// whether it takes SELECT without answer data, how many bytes it gives at once, and
// whether its application must be selected before each file. Faults of the card are told from
// errors of the session by IsCardFault. Not thread-safe.
class FileReader {
 public:
  explicit FileReader(CardSession& session);

  const CardSession& session() const { return session_; }

  // Ends the transaction under way, if any, and begins another.
  absl::Status Begin();
  void End() { channel_.reset(); }

  // Selects the application, which ReadAlone and long reads select again. In the
  // transaction under way. kNotFound: the card has none such.
  absl::Status SelectApplication(ByteView aid);
  // Forgets the application: files are then read from the MF only.
  void ForgetApplication() { application_.clear(); }
  // Whether each transaction must select the application first, because the files
  // have no path from the MF.
  void SelectApplicationAlways(bool always) { always_select_ = always; }

  // Selects and reads a file, in the transaction under way. Fewer bytes than
  // wanted: the file ends there. At most kMaxCardFile.
  absl::StatusOr<Bytes> Read(const FileRequest& request);

  // The same in a transaction of its own. What fails is tried once more with the
  // application selected first, in case another program selected another one.
  absl::StatusOr<Bytes> ReadAlone(const FileRequest& request);

  // How many bytes one READ BINARY brings at most, by what the card has shown so far.
  size_t bytes_a_read() const;
  // Whether the card refused to give more than was left of a file, the end of which then takes many
  // commands to find.
  bool refuses_past_end() const { return refuses_past_end_; }
  // Asks for no more than so many bytes at once, which the card was found to give before, where
  // the reader takes that.
  void AskForAtMost(size_t bytes);

  // All records of a file, in the transaction under way.
  absl::StatusOr<std::vector<Bytes>> ReadRecords(const FilePath& file);

  // Whether a file of unknown size was taken to end, where it can, at an answer of the very
  // size that this card later turned out to give at most: the file may go on. Reading
  // again after ReadOnAfterShortAnswers finds out.
  bool MayHaveStoppedEarly() const;
  void ReadOnAfterShortAnswers() { read_on_ = true; }

  // The first answer that broke the protocol; OK: none.
  const absl::Status& protocol_fault() const { return protocol_fault_; }

 private:
  absl::StatusOr<ResponseApdu> Transmit(const CommandApdu& command);
  // Whether SELECT must ask for answer data; applications and files may differ.
  struct SelectForm {
    bool want_fci = false;
    bool known = false;
  };
  absl::Status SelectWith(SelectForm& form, const std::function<CommandApdu(bool want_fci)>& command);
  absl::Status Select(const FilePath& file);
  // Begins another transaction with `file` selected when this one has been long enough.
  absl::Status KeepShort(const FilePath& file);
  absl::StatusOr<Bytes> ReadSelected(const FileRequest& request);
  // That a file which took several transactions still begins as it did: another
  // program may have written it in between, and no two certificates begin alike.
  absl::Status CheckUnchanged(const FileRequest& request, const Bytes& contents);
  // Where a card refuses to be asked for `asked` bytes, either because that is more than is left
  // of the file or because it never gives so many: reads in smaller pieces. False: the file has
  // ended.
  absl::StatusOr<bool> ReadInPieces(size_t start, size_t asked, Bytes& contents);
  // The card gave `given` bytes where it was asked for more, and there are more.
  void LearnPartialAnswer(size_t asked, size_t given);

  CardSession& session_;
  std::unique_ptr<CardChannel> channel_;
  size_t transactions_ = 0;  // so far
  size_t bytes_in_transaction_ = 0;
  size_t commands_in_transaction_ = 0;
  Bytes application_;
  bool always_select_ = false;
  SelectForm application_form_;
  SelectForm file_form_;
  size_t most_;                  // asked for at once
  bool extended_works_ = false;  // was answered with data
  bool read_on_ = false;
  bool refuses_past_end_ = false;
  size_t largest_partial_answer_ = 0;
  std::vector<size_t> short_ends_;
  absl::Status protocol_fault_;
};

}  // namespace kortvakt
