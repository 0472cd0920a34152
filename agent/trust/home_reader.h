// The browsers' databases in a user's home.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "agent/trust/home_folder.h"
#include "agent/trust/store_reading.h"

namespace kortvakt {

// Digests of stores that were read before.
using KnownDigests = std::set<std::string>;

// The NSS databases in `home`: Chromium's, where there is one or a browser of that
// family has been used, and one for each Firefox profile; of ordinary, Snap and
// Flatpak browsers. At most kMaxReadings, within LimitUsersStores. A database whose
// digest is known is not parsed; a profile without one, which Firefox was never started
// with, is left out.
//
// Reports have no name of the user's own: Firefox's profiles are numbered. Where a
// folder that browsers' folders are in is a symbolic link or a mount, it is one
// kUnreadable store without browsers.
//
// Databases that are being changed at the moment are waited for, half a second
// together; one with changes that are not in the file yet (a WAL, the journal of a
// browser that crashed) is kUnreadable, for the file alone would mislead.
std::vector<StoreReading> ReadHome(const HomeFolder& home, const KnownDigests& known);

}  // namespace kortvakt
