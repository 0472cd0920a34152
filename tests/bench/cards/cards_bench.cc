// cards_bench: what reading a card costs us, a minimal reader and OpenSC, on the
// same virtual cards in a private pcscd.
//
//   cards_bench [--rounds N]   APDUs, and times (medians of N rounds)
//   cards_bench --short        one round, APDUs and bytes only
//
// Exit 0: the budgets in commands and bytes are kept; 1: not; 2: could not measure.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>

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

absl::StatusOr<std::vector<std::string>> MeasureAll(const std::string& folder, int rounds) {
  ASSIGN_OR_RETURN(const std::unique_ptr<BenchReaders> readers, BenchReaders::Start(folder));
  std::vector<CardCosts> all;
  for (size_t card = 0; card < readers->cards().size(); ++card) {
    ASSIGN_OR_RETURN(CardCosts costs, Measure(*readers, card, rounds));
    all.push_back(std::move(costs));
  }
  PrintTable(all, rounds > 1, std::cout);
  return BrokenBudgets(all);
}

int Bench(int rounds) {
  std::string folder = "/tmp/kvbench.XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return 2;
  const absl::StatusOr<std::vector<std::string>> broken = MeasureAll(folder, rounds);
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  if (!broken.ok()) {
    std::cerr << "could not measure: " << broken.status() << "\n";
    return 2;
  }
  std::cout << (broken->empty() ? "\nthe budgets are kept\n" : "\n");
  for (const std::string& line : *broken) std::cout << "over budget: " << line << "\n";
  return broken->empty() ? 0 : 1;
}

int Main(int argc, char** argv) {
  CLI::App app{"What reading a card costs"};
  bool short_mode = false;
  int rounds = 5;
  std::string read;
  std::string reader;
  std::string family;
  size_t certificates = 0;
  app.add_flag("--short", short_mode, "APDUs and bytes only");
  app.add_option("--rounds", rounds, "rounds for the times")->check(CLI::Range(2, 1000));
  // How it starts itself, to be timed as OpenSC's program is.
  app.add_option("--read", read)->check(CLI::IsMember({"ours", "minimal"}))->group("");
  app.add_option("--reader", reader)->group("");
  app.add_option("--family", family)->group("");
  app.add_option("--certificates", certificates)->group("");
  CLI11_PARSE(app, argc, argv);
  if (read.empty()) return Bench(short_mode ? 1 : rounds);
  const absl::Status status =
      ReadOverPcsc(read == "ours" ? Who::kOurs : Who::kMinimal, reader,
                   family == "idprime" ? CardFamily::kIdPrime : CardFamily::kPkcs15, certificates);
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 2;
}

}  // namespace
}  // namespace kortvakt::testing

int main(int argc, char** argv) { return kortvakt::testing::Main(argc, argv); }
