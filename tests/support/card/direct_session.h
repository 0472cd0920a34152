// A card session without PC/SC: a virtual card spoken to directly.
#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "agent/pcsc/card_channel.h"
#include "tests/support/card/virtual_card.h"

namespace kortvakt::testing {

// Follows 61xx and 6Cxx, unwraps answers to INS B1 and keeps the budget as the session over PC/SC does, and
// says kDataLoss where that one does. Not thread-safe.
class DirectSession : public CardSession {
 public:
  explicit DirectSession(CardImage image);

  ByteView atr() const override { return atr_; }
  bool is_t0() const override { return t0_; }
  bool extended_length() const override { return extended_; }
  absl::StatusOr<std::unique_ptr<CardChannel>> Begin() override;

  VirtualCard& card() { return *card_; }
  // Commands sent to the card, GET RESPONSE and repeats included.
  size_t commands() const { return card_->commands().size(); }
  // Most commands in one transaction so far.
  size_t longest_transaction() const { return longest_transaction_; }

  // From this command on (counted as commands() does) the card is gone.
  void LoseCardAt(size_t command) { lost_at_ = command; }
  // Called before each transaction, as another program that uses the card in between.
  void set_interloper(std::function<void(VirtualCard&)> interloper) { interloper_ = std::move(interloper); }
  void set_budget(const CardBudget& budget) { budget_ = budget; }

 private:
  friend class DirectChannel;
  std::unique_ptr<VirtualCard> card_;
  Bytes atr_;
  bool t0_;
  bool extended_;
  size_t lost_at_ = std::numeric_limits<size_t>::max();
  std::function<void(VirtualCard&)> interloper_;
  CardBudget budget_;
  size_t bytes_ = 0;
  size_t in_transaction_ = 0;
  size_t longest_transaction_ = 0;
  bool open_ = false;
};

}  // namespace kortvakt::testing
