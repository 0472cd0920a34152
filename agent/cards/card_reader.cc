#include "agent/cards/card_reader.h"

#include <functional>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/cards/atr.h"
#include "agent/cards/certificate_list.h"
#include "agent/cards/evidence.h"
#include "agent/cards/file_reader.h"
#include "agent/cards/idprime.h"
#include "agent/cards/pkcs15.h"
#include "agent/cards/pkcs15_freshness.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

using Finder = absl::StatusOr<KnownCard> (*)(FileReader& files, const KnownCards& known);

}  // namespace

absl::StatusOr<CardContents> ReadCard(CardSession& session) {
  FileReader files(session);
  Pkcs15Search pkcs15(files);
  using Driver = std::function<absl::StatusOr<std::optional<CardContents>>()>;
  // The ATR only chooses whom to ask first; the card decides.
  Driver drivers[] = {[&] { return pkcs15.ByIdentifier(); }, [&] { return ReadIdPrime(files); },
                      [&] { return pkcs15.Elsewhere(); }};
  if (LooksLikeIdPrime(session.atr())) std::swap(drivers[0], drivers[1]);
  std::optional<CardContents> best;
  for (const Driver& driver : drivers) {
    ASSIGN_OR_RETURN(std::optional<CardContents> found, driver());
    if (!found) continue;
    // An application that is blank or cannot be read says nothing of the others.
    best = best ? BetterOf(*std::move(best), *std::move(found)) : *std::move(found);
    if (!best->certificates.empty()) break;
  }
  if (best) {
    // Never given a number: by that no card is told from another.
    if (IsBlank(best->serial)) best->serial.clear();
    return *std::move(best);
  }

  CardContents contents;
  if (files.protocol_fault().ok()) {
    contents.state = CardState::kUnsupported;
    contents.detail = "no application of a known card family answers";
  } else {
    contents.state = CardState::kUnreadable;
    contents.detail =
        absl::StrCat("looking for a known application: ", std::string(files.protocol_fault().message()));
  }
  return contents;
}

absl::StatusOr<CardContents> RefreshCard(CardSession& session, const KnownCards& known) {
  const auto find = [&](CardFamily family, Finder finder) -> absl::StatusOr<KnownCard> {
    KnownCards candidates;
    for (const KnownCard& card : known) {
      if (card->family == family && !card->serial.empty() && !card->freshness.empty())
        candidates.push_back(card);
    }
    if (candidates.empty()) return nullptr;
    FileReader files(session);
    return finder(files, candidates);
  };
  // In the order in which the card would be read, so that it is found as what it was read as.
  std::pair<CardFamily, Finder> families[] = {{CardFamily::kPkcs15, FindPkcs15},
                                              {CardFamily::kIdPrime, FindIdPrime}};
  if (LooksLikeIdPrime(session.atr())) std::swap(families[0], families[1]);
  for (const auto& [family, finder] : families) {
    ASSIGN_OR_RETURN(const KnownCard card, find(family, finder));
    if (card != nullptr) return *card;
  }
  return ReadCard(session);
}

std::string CardId(CardFamily family, ByteView serial) {
  if (serial.empty()) return "";
  Bytes message;
  switch (family) {
    case CardFamily::kPkcs15:
      message = Bytes{'p', 'k', 'c', 's', '1', '5', 0};
      break;
    case CardFamily::kIdPrime:
      message = Bytes{'i', 'd', 'p', 'r', 'i', 'm', 'e', 0};
      break;
    case CardFamily::kUnknown:
      return "";
  }
  message.insert(message.end(), serial.begin(), serial.end());
  return Sha256Hex(message);
}

}  // namespace kortvakt
