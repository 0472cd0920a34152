// Cards and renewals as tables.
#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "collector/cli/render.h"
#include "collector/cli/show.h"
#include "collector/cli/text.h"
#include "common/base/time.h"

namespace kortvakt {
namespace {

Cell Plain(const std::string& text) { return {Printable(text), Style::kPlain}; }

// What kept the card from being read; empty for a card that was.
const char* ReadingWords(const v1::CardRow& card) {
  switch (card.state()) {
    case v1::CARD_STATE_EMPTY:
      return "no certificate";
    case v1::CARD_STATE_UNREADABLE:
      return "unreadable";
    case v1::CARD_STATE_UNSUPPORTED:
      return "kind not supported";
    case v1::CARD_STATE_MUTE:
      return "does not answer";
    case v1::CARD_STATE_IN_USE:
      return card.has_not_after() ? "in use" : "in use, not read";
    default:
      return "";
  }
}

Cell EndCell(const v1::CardRow& card, const Display& display) {
  const std::string reading = ReadingWords(card);
  if (!card.has_not_after()) {
    return reading.empty() ? Cell{"-", Style::kDim} : Cell{reading, Style::kWarning};
  }
  const absl::Time end = ToTime(card.not_after());
  return {absl::StrCat(ShowDate(end, display), " (", ShowTimeLeft(end, display, 1), ")",
                       reading.empty() ? "" : ", ", reading),
          StyleOfStage(card.stage())};
}

Cell StageCell(const v1::CardRow& card) { return {Printable(card.stage()), StyleOfStage(card.stage())}; }

// A level below what is asked for shows among the findings; here it is only told.
Cell LoaCell(const v1::CardRow& card, const Display& display) {
  return {ShowLoa(card.loa(), display), card.loa() == v1::LOA_UNKNOWN ? Style::kWarning : Style::kPlain};
}

// Days, not moments, are kept of a card's presence; they are days in UTC.
Cell LastSeenCell(const v1::CardRow& card) {
  return {card.has_last_seen() ? FormatDate(ToTime(card.last_seen())) : "-", Style::kPlain};
}

Table CardTable() {
  return {.columns = {{.title = "CARD"},
                      {.title = "HOLDER", .shrink_to = 12},
                      {.title = "ORGANISATION", .shrink_to = 8, .leave_out = 2},
                      {.title = "SITE", .shrink_to = 8},
                      {.title = "WORKSTATION", .shrink_to = 8, .leave_out = 1},
                      {.title = "LOA"},
                      {.title = "ENDS"},
                      {.title = "STAGE"},
                      {.title = "LAST SEEN", .leave_out = 3}},
          .rows = {}};
}

std::vector<Cell> CardCells(const v1::CardRow& card, const Display& display) {
  return {{ShortCardId(card.card_id()), Style::kPlain},
          Plain(card.holder_hsa_id()),
          Plain(card.organisation()),
          Plain(card.site()),
          Plain(card.workstation()),
          LoaCell(card, display),
          EndCell(card, display),
          StageCell(card),
          LastSeenCell(card)};
}

Table RenewalTable() {
  return {.columns = {{.title = "STAGE"},
                      {.title = "ENDS"},
                      {.title = "CARD"},
                      {.title = "CARD NUMBER", .leave_out = 3},
                      {.title = "HOLDER", .shrink_to = 12},
                      {.title = "ORGANISATION", .shrink_to = 8, .leave_out = 2},
                      {.title = "SITE", .shrink_to = 8},
                      {.title = "WORKSTATION", .shrink_to = 8, .leave_out = 1},
                      {.title = "LOA"}},
          .rows = {}};
}

std::vector<Cell> RenewalCells(const v1::RenewalRow& renewal, const Display& display) {
  const v1::CardRow& card = renewal.card();
  Cell stage = StageCell(card);
  // Not due yet, but within the time asked for.
  if (stage.text.empty()) {
    stage = {renewal.has_due_at() ? absl::StrCat("due ", ShowDate(ToTime(renewal.due_at()), display)) : "-",
             Style::kDim};
  }
  return {stage,
          EndCell(card, display),
          {ShortCardId(card.card_id()), Style::kPlain},
          Plain(card.card_number()),
          Plain(card.holder_hsa_id()),
          Plain(card.organisation()),
          Plain(card.site()),
          Plain(card.workstation()),
          LoaCell(card, display)};
}

// Two tables: what is in use, and under a heading of its own what is idle.
// `card_of` gives the card of a row.
template <typename Rows, typename CellsOf, typename CardOf>
std::string ActiveThenIdle(const Rows& rows, Table empty, const Display& display, CellsOf cells_of,
                           CardOf card_of) {
  Table active = empty;
  Table idle = empty;
  for (const auto& row : rows) {
    (card_of(row).idle() ? idle : active).rows.push_back(cells_of(row, display));
  }
  std::string out;
  if (!active.rows.empty()) out = RenderTable(active, display);
  if (!idle.rows.empty()) {
    absl::StrAppend(&out, out.empty() ? "" : "\n",
                    Styled("Idle: not seen for long, nobody is warned of them", Style::kBold, display), "\n",
                    RenderTable(idle, display));
  }
  return out;
}

// What is to be done, each advice once with the stages it is for.
std::string Advice(const v1::ListRenewalsResponse& response, const Display& display) {
  std::vector<std::tuple<std::string, std::string, std::string>> advice;
  for (const auto& renewal : response.renewals()) {
    auto entry = std::make_tuple(renewal.card().stage(), renewal.remedy(), renewal.contact());
    if (renewal.remedy().empty()) continue;
    if (std::find(advice.begin(), advice.end(), entry) == advice.end()) advice.push_back(std::move(entry));
  }
  if (advice.empty()) return "";
  std::string out = absl::StrCat("\n", Styled("What to do", Style::kBold, display), "\n");
  for (const auto& [stage, remedy, contact] : advice) {
    const std::string head = PadRight(stage.empty() ? "later" : Printable(stage), 9);
    // The remedy may name the contact itself.
    const bool named = contact.empty() || remedy.find(contact) != std::string::npos;
    const std::string turn_to = named ? "" : absl::StrCat(" Contact: ", contact, ".");
    bool first = true;
    for (const std::string& line :
         Wrap(Printable(absl::StrCat(remedy, turn_to)), display.width > 20 ? display.width - 9 : 0)) {
      absl::StrAppend(&out, first ? Styled(head, StyleOfStage(stage), display) : std::string(9, ' '), line,
                      "\n");
      first = false;
    }
  }
  return out;
}

std::string Foot(size_t count, const char* one, const char* many, const Display& display) {
  return absl::StrCat("\n", Counted(count, one, many), ". Dates in ", ShowZone(display), ".\n");
}

}  // namespace

std::string RenderText(const v1::ListCardsResponse& response, const Display& display) {
  if (response.cards().empty()) return "No cards.\n";
  return ActiveThenIdle(response.cards(), CardTable(), display, CardCells,
                        [](const v1::CardRow& card) -> const v1::CardRow& { return card; }) +
         Foot(static_cast<size_t>(response.cards_size()), "card", "cards", display);
}

std::string RenderText(const v1::ListRenewalsResponse& response, const Display& display) {
  if (response.renewals().empty()) return "No renewals are due.\n";
  return ActiveThenIdle(response.renewals(), RenewalTable(), display, RenewalCells,
                        [](const v1::RenewalRow& row) -> const v1::CardRow& { return row.card(); }) +
         Advice(response, display) +
         Foot(static_cast<size_t>(response.renewals_size()), "renewal", "renewals", display);
}

}  // namespace kortvakt
