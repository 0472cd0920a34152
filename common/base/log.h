// The log: lines on standard error, in journald's manner. No name, HSA-id,
// personnummer or card number is ever logged; cards go by the first 8 digits of
// their pseudonym.
#pragma once

#include <spdlog/spdlog.h>  // IWYU pragma: export

#include <string>

namespace kortvakt {

// Sets level ("debug", "info", "warning", "error") and form. With
// JOURNAL_STREAM in the environment a line is "<6>text" (sd-daemon(3)), else
// "2026-11-22T09:00:00Z info text". Call once, at start.
void StartLog(const std::string& level);

// Writes "audit: LINE" as an info line, whatever the level: who looked at personal
// data must be known also where only errors are wanted. Thread-safe.
void LogAudit(const std::string& line);

}  // namespace kortvakt
