#include "agent/readers/observed.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace kortvakt {
namespace {

ObservedCard Unread(const ReaderStatus& status, CardState state, std::string detail) {
  ObservedCard card;
  card.atr = status.atr;
  card.contents.state = state;
  card.contents.detail = std::move(detail);
  return card;
}

bool SameCard(const ObservedCard& a, const ObservedCard& b) {
  return a.atr == b.atr && a.read_at == b.read_at && SameContents(a.contents, b.contents);
}

}  // namespace

ObservedReader Observe(const ReaderStatus& status, const ReaderPlan& plan,
                       const std::optional<ObservedCard>& card, const std::string& not_answering) {
  ObservedReader shown;
  shown.name = status.name;
  if (status.unavailable) {
    shown.state = ReaderState::kError;
    shown.detail = "SCARD_STATE_UNAVAILABLE";
  }
  // A wait for another program's transaction is no fault of the reader's.
  const bool waiting_for_others =
      not_answering == "SCardBeginTransaction" || (not_answering == "SCardConnect" && status.in_use);
  if (!not_answering.empty() && !waiting_for_others) {
    shown.state = ReaderState::kError;
    shown.detail = absl::StrCat("not answering: ", not_answering, " has not returned");
  }
  if (!plan.present()) return shown;
  if (plan.mute()) {
    shown.card = Unread(status, CardState::kMute, "the card does not answer to reset");
    shown.card->atr.clear();
  } else if (card.has_value()) {
    shown.card = card;
    // A card that was not read well keeps that state: it says more.
    if ((waiting_for_others || plan.kept_from_looking()) && card->contents.state == CardState::kRead) {
      shown.card->contents.state = CardState::kInUse;
      shown.card->contents.detail = "another program uses the card; what is known was read before";
    }
  } else if (waiting_for_others || plan.in_use()) {
    shown.card =
        Unread(status, CardState::kInUse, "another program has used the card ever since it was inserted");
  } else if (!not_answering.empty()) {
    shown.card = Unread(status, CardState::kUnreadable,
                        absl::StrCat("the card does not answer: ", not_answering, " has not returned"));
  } else if (plan.waiting()) {
    const int64_t seconds = absl::ToInt64Seconds(absl::Ceil(plan.quiet_time(), absl::Seconds(1)));
    shown.card =
        Unread(status, CardState::kInUse, absl::StrCat("waiting until it has been free for ", seconds, " s"));
  }
  return shown;
}

bool SameContents(const CardContents& a, const CardContents& b) {
  return a.family == b.family && a.state == b.state && a.detail == b.detail && a.serial == b.serial &&
         a.label == b.label && a.manufacturer == b.manufacturer &&
         a.unreadable_certificates == b.unreadable_certificates && a.freshness == b.freshness &&
         a.private_keys == b.private_keys &&
         std::equal(a.certificates.begin(), a.certificates.end(), b.certificates.begin(),
                    b.certificates.end(), [](const CardCertificate& x, const CardCertificate& y) {
                      return x.der == y.der && x.key_presence == y.key_presence && x.source == y.source;
                    });
}

bool SameReader(const ObservedReader& a, const ObservedReader& b) {
  return a.name == b.name && a.state == b.state && a.detail == b.detail &&
         a.card.has_value() == b.card.has_value() && (!a.card.has_value() || SameCard(*a.card, *b.card));
}

}  // namespace kortvakt
