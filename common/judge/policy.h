// The operator's judgement settings, shared by agent and collector: table [policy]
// of either's configuration.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/config.h"
#include "common/base/probe_target.h"
#include "common/certs/ca_catalogue.h"
#include "common/certs/certificate_facts.h"

namespace kortvakt {

// Net iD, OpenSC, and the modules of Thales (SafeNet) for Linux.
std::vector<std::string> DefaultCardModules();

struct Policy {
  // A login certificate is due when the time left is at most
  // min(renewal_within, lifetime / renewal_lifetime_divisor).
  absl::Duration renewal_within = absl::Hours(24) * 56;
  int renewal_lifetime_divisor = 3;
  // A new card takes so long; below that the remedy is a short-term or reserve card.
  absl::Duration delivery = absl::Hours(24) * 21;
  // A card not seen for so long is idle.
  absl::Duration card_idle_after = absl::Hours(24) * 45;
  // Workstation states.
  absl::Duration late_after = absl::Hours(24);
  absl::Duration silent_after = absl::Hours(24) * 35;
  absl::Duration retired_after = absl::Hours(24) * 120;
  // Level of assurance that logins here need: k2 or k3.
  Loa required_loa = Loa::k3;
  // Environment in which the workstations work; certificates of the other one are told.
  CaEnvironment environment = CaEnvironment::kProduction;
  // Catalogue ids of required CAs. Empty: those that the catalogue marks.
  std::vector<std::string> required_cas;
  // Organisation number (as in HSA-ids, "SE2321000016") whose certificate is the
  // one to choose when there are several. Empty: no advice.
  std::string organisation_prefix;
  // File names of the PKCS#11 modules by which a browser reaches cards.
  std::vector<std::string> card_modules = DefaultCardModules();
  // Whether revocation servers are asked about the cards' certificates (agent/revocation).
  bool revocation = false;
  // Hosts that may be asked for that besides the catalogue's: as
  // CaCatalogue::hosts() has them, at most 32.
  std::vector<std::string> revocation_hosts;
  // Servers that every agent probes, and how often.
  std::vector<ProbeTarget> probe_hosts;
  absl::Duration probe_interval = absl::Hours(1);
  // Card office by organisation name (subject O), "" for all others.
  std::map<std::string, std::string> contacts;
  // The settings as they were written (ConfigTable::Text), which ParsePolicy reads
  // again: what agents are served, and what its version is made of. Empty: the defaults.
  std::string text;
};

// Reads [policy] (and [policy.contacts]). Errors are remembered in the table's file.
Policy ReadPolicy(ConfigTable table);

// The policy whose Policy::text is `text`; `name` stands for a path in messages. Strict
// as a configuration file is: kInvalidArgument "NAME:LINE: what, what is allowed", also
// for a `schema` that only a newer program can read.
absl::StatusOr<Policy> ParsePolicy(std::string_view text, const std::string& name);

// Whether `policy` fits `catalogue`: kInvalidArgument names the first of
// required_cas that the catalogue does not know, or that cannot be required.
absl::Status CheckPolicy(const Policy& policy, const CaCatalogue& catalogue);

// 8 hex digits over Policy::text: tells whether two policies are written the same, by
// every program that has the text.
std::string PolicyVersion(const Policy& policy);

// Catalogue ids that every workstation must have, by policy or catalogue, current
// CAs of the policy's environment only; in the catalogue's order.
std::vector<std::string> RequiredCas(const Policy& policy, const CaCatalogue& catalogue);

}  // namespace kortvakt
