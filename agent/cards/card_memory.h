// Cards that were read, to be known again when they come back.
#pragma once

#include <list>
#include <memory>

#include "absl/time/time.h"
#include "agent/cards/card_reader.h"
#include "common/base/bytes.h"

namespace kortvakt {

// Until when a look at the card tells whether it still holds `contents`. From 56 days
// before a certificate of it ends it may be renewed, and not every card then changes what
// a look sees. InfinitePast: never, for it told no serial or nothing of its freshness, could
// not be read to the end, has no certificate yet, or one of its holder's whose key is not on it.
absl::Time KnownUntil(const CardContents& contents);

// What was read of the cards that were seen last, by card.id and answer to reset: through
// its contactless side a card may show other contents. A workstation that many share sees
// dozens of cards a day.
//
// Holds certificates with what is personal in them: in memory only, and no longer than
// there is room. Not thread-safe.
class CardMemory {
 public:
  // Of these two bounds the one that is reached first counts; the card that was kept
  // longest ago goes first. A usual card takes 10 KB.
  static constexpr size_t kMostCards = 64;
  static constexpr size_t kMostBytes = 1u << 20;

  // Keeps `contents` in place of what was kept of that card. Nothing is kept of a card
  // that cannot be known again (KnownUntil), or that alone takes more than there is room for.
  void Keep(ByteView atr, const CardContents& contents);

  // The cards that one with this answer to reset may be, the last one kept first, but for
  // those that `now` are to be read in full.
  KnownCards Find(ByteView atr, absl::Time now) const;

 private:
  struct Entry {
    std::string id;
    Bytes atr;
    absl::Time until;
    size_t bytes;
    std::shared_ptr<const CardContents> contents;
  };
  std::list<Entry> entries_;  // the last one kept first
  size_t bytes_ = 0;          // of all entries
};

}  // namespace kortvakt
