// The computer that the agent runs on. All that is particular to its operating
// system and belongs to no other folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace kortvakt {

// Host name up to the first dot; empty when the system gives none.
std::string HostName();

// "linux".
std::string OsFamily();
// Name and version by os-release(5), such as "Debian GNU/Linux 12 (bookworm)";
// the family when it does not tell.
std::string OsVersion();

// Whether the kernel says that the clock follows a time source (adjtimex(2),
// STA_UNSYNC not set). Absent: it does not tell.
std::optional<bool> ClockSynchronised();

// User id of the person at the console (systemd's seat0); absent: nobody, or the
// system does not tell.
std::optional<uint32_t> ConsoleUser();

}  // namespace kortvakt
