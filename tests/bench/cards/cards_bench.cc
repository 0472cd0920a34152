// cards_bench: what reading a card costs us, a minimal reader and OpenSC, on the
// same virtual cards in a private pcscd.
//
//   cards_bench [--rounds N]   APDUs, times (medians of N rounds), and how long another
//                              program waits for a card that is being read (4 N rounds)
//   cards_bench --short        one round, APDUs and bytes only
//   --documented docs/cards.md whether its table of APDUs is this one
//
// Exit 0: the budgets in commands and bytes are kept, and documented as they are; 1: not; 2: could not
// measure.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "tests/bench/cards/bench_readers.h"
#include "tests/bench/cards/report.h"

namespace kortvakt::testing {
namespace {

// Sets the bare time of `cost` to the median of those of all rounds.
void TakeMedian(Cost& cost, std::vector<absl::Duration>& times) {
  if (times.empty()) return;
  std::sort(times.begin(), times.end());
  cost.bare = times[times.size() / 2];
}

absl::StatusOr<CardCosts> Measure(BenchReaders& readers, size_t card, int rounds) {
  CardCosts costs;
  costs.card = readers.cards()[card];
  std::vector<absl::Duration> times[5];
  for (int round = 0; round < rounds; ++round) {
    // One after the other in each round, so that what else the machine does falls on all.
    ASSIGN_OR_RETURN(costs.ours, readers.FirstRead(Who::kOurs, card));
    ASSIGN_OR_RETURN(costs.opensc, readers.OpenSc(card, /*cached=*/false));
    ASSIGN_OR_RETURN(costs.minimal, readers.FirstRead(Who::kMinimal, card));
    ASSIGN_OR_RETURN(costs.opensc_cached, readers.OpenSc(card, /*cached=*/true));
    ASSIGN_OR_RETURN(costs.reinserted, readers.Reinserted(card));
    const Cost* all[] = {&costs.ours, &costs.opensc, &costs.minimal, &costs.opensc_cached, &costs.reinserted};
    for (size_t i = 0; i < std::size(all); ++i) {
      if (all[i]->bare) times[i].push_back(*all[i]->bare);
    }
  }
  Cost* all[] = {&costs.ours, &costs.opensc, &costs.minimal, &costs.opensc_cached, &costs.reinserted};
  for (size_t i = 0; i < std::size(all); ++i) {
    all[i]->bare.reset();
    if (rounds > 1) TakeMedian(*all[i], times[i]);
  }
  return costs;
}

// Of the usual cards, those of five certificates under T=0.
absl::Status MeasureWaits(BenchReaders& readers, int rounds) {
  std::vector<CardWaits> all;
  for (size_t card = 0; card < readers.cards().size(); ++card) {
    const BenchCard& bench_card = readers.cards()[card];
    if (bench_card.link != BenchCard::Link::kT0 || bench_card.certificates != 5) continue;
    for (const bool slow : {false, true}) {
      CardWaits& waits = all.emplace_back();
      waits.card = bench_card;
      waits.slow = slow;
      const std::pair<Meanwhile, Wait*> parts[] = {{Meanwhile::kNothing, &waits.nothing},
                                                   {Meanwhile::kWeRead, &waits.we_read},
                                                   {Meanwhile::kWeLook, &waits.we_look},
                                                   {Meanwhile::kOpenScReads, &waits.opensc_reads}};
      for (const auto& [meanwhile, wait] : parts) {
        ASSIGN_OR_RETURN(*wait, readers.AnotherProgram(meanwhile, card, slow, rounds));
      }
    }
  }
  PrintWaits(all, std::cout);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> MeasureAll(const std::string& folder, int rounds,
                                                    const std::string& documentation) {
  ASSIGN_OR_RETURN(const std::unique_ptr<BenchReaders> readers, BenchReaders::Start(folder));
  std::vector<CardCosts> all;
  for (size_t card = 0; card < readers->cards().size(); ++card) {
    ASSIGN_OR_RETURN(CardCosts costs, Measure(*readers, card, rounds));
    all.push_back(std::move(costs));
  }
  PrintTable(all, rounds > 1, std::cout);
  if (rounds > 1) RETURN_IF_ERROR(MeasureWaits(*readers, 4 * rounds));
  std::vector<std::string> broken = BrokenBudgets(all);
  if (documentation.empty()) return broken;
  ASSIGN_OR_RETURN(const std::string documented, ReadFile(documentation));
  for (const std::string& row : DocumentedRows(all)) {
    if (!absl::StrContains(documented, row + "\n")) {
      broken.push_back(absl::StrCat(documentation, " is to say: ", row));
    }
  }
  return broken;
}

int Bench(int rounds, const std::string& documentation) {
  std::string folder = "/tmp/kvbench.XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return 2;
  const absl::StatusOr<std::vector<std::string>> broken = MeasureAll(folder, rounds, documentation);
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  if (!broken.ok()) {
    std::cerr << "could not measure: " << broken.status() << "\n";
    return 2;
  }
  std::cout << (broken->empty() ? "\nthe budgets are kept\n" : "\n");
  for (const std::string& line : *broken) std::cout << "not kept: " << line << "\n";
  return broken->empty() ? 0 : 1;
}

int Main(int argc, char** argv) {
  CLI::App app{"What reading a card costs"};
  bool short_mode = false;
  int rounds = 5;
  std::string documentation;
  std::string read;
  std::string reader;
  std::string family;
  size_t certificates = 0;
  app.add_flag("--short", short_mode, "APDUs and bytes only");
  app.add_option("--rounds", rounds, "rounds for the times")->check(CLI::Range(2, 1000));
  app.add_option("--documented", documentation, "a file that is to hold the table of APDUs as it is here");
  // How it starts itself, to be timed as OpenSC's program is.
  app.add_option("--read", read)->check(CLI::IsMember({"ours", "minimal"}))->group("");
  app.add_option("--reader", reader)->group("");
  app.add_option("--family", family)->group("");
  app.add_option("--certificates", certificates)->group("");
  CLI11_PARSE(app, argc, argv);
  if (read.empty()) return Bench(short_mode ? 1 : rounds, documentation);
  const absl::Status status =
      ReadOverPcsc(read == "ours" ? Who::kOurs : Who::kMinimal, reader,
                   family == "idprime" ? CardFamily::kIdPrime : CardFamily::kPkcs15, certificates);
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 2;
}

}  // namespace
}  // namespace kortvakt::testing

int main(int argc, char** argv) { return kortvakt::testing::Main(argc, argv); }
