// A snapshot for the tests of its form on the wire.
#pragma once

#include "common/snapshot/snapshot.h"

namespace kortvakt::testing {

// Has a value in every field that differs from the field's default; within every bound of
// SnapshotFromProto, and made up.
Snapshot Everything();

}  // namespace kortvakt::testing
