// Whether a PKCS#15 card changed since it was read.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "agent/cards/card_reader.h"
#include "agent/cards/file_reader.h"
#include "agent/cards/pkcs15_directory.h"
#include "common/base/bytes.h"

namespace kortvakt {

// Collects, while a card is read, what tells later that it is this one, unchanged: digests
// of files. EF(TokenInfo), with the chip's serial number (cards of one batch have the
// same directories) and lastUpdate, which alone would not do (cards are re-issued in
// place without it), and every certificate directory.
//
// Where these take more commands than an unchanged card may cost, the directories
// alone, if they name a key of this card by its digest: another card, and this one
// with other keys, has another digest. If they do not, correctness comes first.
class Pkcs15FreshnessBuilder {
 public:
  // `contents`: the SEQUENCE alone, which will be read again.
  void SetTokenInfo(FilePath path, Bytes contents);
  // `contents`: as ReadOf (pkcs15_directory.h) had them read.
  void AddDirectory(Pkcs15Directory directory, Bytes contents);
  // The directories hold the identifier `id` of a private key of this card, whose
  // certificate is `der`.
  void AddOwnKey(ByteView id, ByteView der);

  // CardContents::freshness, for a card that `files` has read. `application`: to be selected
  // before the files; empty: they have paths from the MF.
  Bytes Build(const FileReader& files, const Bytes& application) const;

 private:
  struct File {
    Pkcs15Directory place;
    size_t size = 0;  // bytes to read; 0: a directory, to its end
    Bytes contents;
  };
  static size_t Commands(const FileReader& files, const File& file);

  std::vector<File> files_;  // EF(TokenInfo) first
  bool names_a_key_ = false;
};

// Which of `known` (all of this family) the card is, unchanged; nullptr: none, or it cannot
// be told from which of several. Reads, in one transaction, at each step the file by which
// the most cards that are left can be told, and leaves out those that have it otherwise: of
// cards of one kind no file is read but those of the card that it is. Errors are the session's.
absl::StatusOr<KnownCard> FindPkcs15(FileReader& files, const KnownCards& known);

}  // namespace kortvakt
