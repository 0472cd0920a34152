// What the benchmark found, as a table, and whether it is within the budgets.
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/bench/cards/bench_card.h"
#include "tests/bench/cards/bench_readers.h"

namespace kortvakt::testing {

struct CardCosts {
  BenchCard card;
  Cost ours;
  Cost minimal;
  Cost opensc;
  Cost opensc_cached;
  Cost reinserted;
};

// `times`: bare times were measured; they are shown, and added to those on the link.
void PrintTable(const std::vector<CardCosts>& all, bool times, std::ostream& out);

// The rows of docs/cards.md, "Commands needed".
std::vector<std::string> DocumentedRows(const std::vector<CardCosts>& all);

// How long another program takes for one command, by what is done with the card meanwhile.
struct CardWaits {
  BenchCard card;
  bool slow = false;  // on the link
  Wait nothing;
  Wait we_read;
  Wait we_look;
  Wait opensc_reads;
};

void PrintWaits(const std::vector<CardWaits>& all, std::ostream& out);

// The budgets that are not kept, a line each. A first read takes at most 1.05 of the minimal
// reader's commands and, five certificates under T=0, 0.85 of OpenSC's and of its time on the
// link (or 1.05 of the minimal reader's time, where that is more); an unchanged card that
// comes back takes at most 6 commands. Bare times count for nothing.
std::vector<std::string> BrokenBudgets(const std::vector<CardCosts>& all);

}  // namespace kortvakt::testing
