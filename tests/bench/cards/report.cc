#include "tests/bench/cards/report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace kortvakt::testing {
namespace {

constexpr double kOverMinimal = 1.05;
constexpr double kOverOpenSc = 0.85;
constexpr size_t kUnchanged = 6;

double Commands(const Cost& cost) { return static_cast<double>(cost.commands); }

double Milliseconds(absl::Duration time) { return absl::ToDoubleMilliseconds(time); }

std::string Bare(const Cost& cost) {
  return cost.bare ? absl::StrFormat("%.1f", Milliseconds(*cost.bare)) : "-";
}

// With the bare time, but where ours was not measured.
double OnTheLink(const CardCosts& costs, const Cost& cost) {
  const bool add = costs.ours.bare && cost.bare;
  return Milliseconds(cost.OnTheLink() + (add ? *cost.bare : absl::ZeroDuration()));
}

}  // namespace

void PrintTable(const std::vector<CardCosts>& all, bool times, std::ostream& out) {
  out << "ours, min (a minimal reader), OpenSC: a first read; cached: OpenSC with its file cache;\n"
         "again: an unchanged card that was pulled and put in again, by us\n\n";
  out << absl::StrFormat("%-58s %5s %6s %6s %6s %6s | %8s %7s %12s\n", "APDUs", "ours", "min", "OpenSC",
                         "cached", "again", "ours/min", "/OpenSC", "again/cached");
  for (const CardCosts& costs : all) {
    const double ours = Commands(costs.ours);
    out << absl::StrFormat("%-58s %5d %6d %6d %6d %6d | %8.2f %7.2f %12.2f\n", costs.card.Name(),
                           costs.ours.commands, costs.minimal.commands, costs.opensc.commands,
                           costs.opensc_cached.commands, costs.reinserted.commands,
                           ours / Commands(costs.minimal), ours / Commands(costs.opensc),
                           Commands(costs.reinserted) / Commands(costs.opensc_cached));
  }
  out << absl::StrFormat("\n%-58s %5s %6s %6s %6s %6s | %8s %7s %12s\n", "ms on a link of 3 ms an APDU,",
                         "ours", "min", "OpenSC", "cached", "again", "ours/min", "/OpenSC", "again/cached");
  out << "48 us a byte, by the card's log"
      << (times ? ", and the bare time where there is one of ours\n" : "\n");
  for (const CardCosts& costs : all) {
    const double ours = OnTheLink(costs, costs.ours);
    out << absl::StrFormat("%-58s %5.0f %6.0f %6.0f %6.0f %6.0f | %8.2f %7.2f %12.2f\n", costs.card.Name(),
                           ours, OnTheLink(costs, costs.minimal), OnTheLink(costs, costs.opensc),
                           OnTheLink(costs, costs.opensc_cached), OnTheLink(costs, costs.reinserted),
                           ours / OnTheLink(costs, costs.minimal), ours / OnTheLink(costs, costs.opensc),
                           OnTheLink(costs, costs.reinserted) / OnTheLink(costs, costs.opensc_cached));
  }
  if (!times) return;
  out << absl::StrFormat("\n%-58s %5s %6s %6s %6s %6s | %8s %7s\n", "ms bare (-: not over PC/SC)", "ours",
                         "min", "OpenSC", "cached", "again", "ours/min", "/OpenSC");
  for (const CardCosts& costs : all) {
    const auto ratio = [&costs](const Cost& other) {
      return costs.ours.bare && other.bare
                 ? absl::StrFormat("%.2f", absl::FDivDuration(*costs.ours.bare, *other.bare))
                 : std::string("-");
    };
    out << absl::StrFormat("%-58s %5s %6s %6s %6s %6s | %8s %7s\n", costs.card.Name(), Bare(costs.ours),
                           Bare(costs.minimal), Bare(costs.opensc), Bare(costs.opensc_cached),
                           Bare(costs.reinserted), ratio(costs.minimal), ratio(costs.opensc));
  }
}

std::vector<std::string> DocumentedRows(const std::vector<CardCosts>& all) {
  std::vector<std::string> rows;
  for (const CardCosts& few : all) {
    for (const CardCosts& many : all) {
      const bool pair = few.card.Kind() == many.card.Kind() && few.card.certificates < many.card.certificates;
      if (!pair) continue;
      std::string row = absl::StrCat("| ", few.card.Kind(), " | ", few.card.certificates, " / ",
                                     many.card.certificates, " |");
      for (const Cost CardCosts::*cost : {&CardCosts::ours, &CardCosts::minimal, &CardCosts::opensc,
                                          &CardCosts::opensc_cached, &CardCosts::reinserted}) {
        absl::StrAppend(&row, " ", (few.*cost).commands, " / ", (many.*cost).commands, " |");
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

void PrintWaits(const std::vector<CardWaits>& all, std::ostream& out) {
  out << "\nanother program connects, begins a transaction, sends a command, ends it and lets go, while\n"
         "nobody uses the card, we read it first, we look whether it is unchanged, OpenSC reads it:\n"
         "the longest (and the median) of moments spread over that\n\n";
  out << absl::StrFormat("%-70s %9s %9s %9s %9s | %8s %7s\n", "ms", "nobody", "we read", "we look", "OpenSC",
                         "/nobody", "/OpenSC");
  const auto text = [](const Wait& wait) {
    return absl::StrFormat("%.0f (%.0f)", Milliseconds(wait.longest), Milliseconds(wait.median));
  };
  for (const CardWaits& waits : all) {
    out << absl::StrFormat("%-70s %9s %9s %9s %9s | %8.0f %7.2f\n",
                           waits.card.Name() + (waits.slow ? ", slow link" : ", bare"), text(waits.nothing),
                           text(waits.we_read), text(waits.we_look), text(waits.opensc_reads),
                           absl::FDivDuration(waits.we_read.longest, waits.nothing.longest),
                           absl::FDivDuration(waits.we_read.longest, waits.opensc_reads.longest));
  }
}

std::vector<std::string> BrokenBudgets(const std::vector<CardCosts>& all) {
  std::vector<std::string> broken;
  for (const CardCosts& costs : all) {
    const auto budget = [&](const std::string& what, double value, double limit) {
      if (value <= limit) return;
      broken.push_back(
          absl::StrFormat("%s: %s is %.2f; the budget is %.2f", costs.card.Name(), what, value, limit));
    };
    budget("APDUs, ours/minimal", Commands(costs.ours) / Commands(costs.minimal), kOverMinimal);
    budget("APDUs of an unchanged card", Commands(costs.reinserted), static_cast<double>(kUnchanged));
    if (costs.card.link != BenchCard::Link::kT0 || costs.card.certificates != 5) continue;
    budget("APDUs, ours/OpenSC", Commands(costs.ours) / Commands(costs.opensc), kOverOpenSc);
    // Most of the time goes into the certificates' own bytes, which everybody reads: where
    // the minimal reader itself needs more than our share of OpenSC's time, it is the measure.
    const double floor = absl::FDivDuration(costs.minimal.OnTheLink(), costs.opensc.OnTheLink());
    budget("time on the link, ours/OpenSC",
           absl::FDivDuration(costs.ours.OnTheLink(), costs.opensc.OnTheLink()),
           std::max(kOverOpenSc, kOverMinimal * floor));
  }
  return broken;
}

}  // namespace kortvakt::testing
