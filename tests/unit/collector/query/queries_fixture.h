// The questions of query.proto over a fleet in memory, at a fixed moment.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "collector/query/queries.h"
#include "collector/store/sqlite_fleet_store.h"
#include "tests/unit/collector/query/test_fleet.h"

namespace kortvakt::testing {

class QueriesFixture : public ::testing::Test {
 protected:
  QueriesFixture() {
    std::string pattern = ::testing::TempDir() + "/kortvakt-queries-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    store_ = *SqliteFleetStore::Open(folder_ + "/fleet.db");
    alerts_ = std::make_unique<AlertBook>(*store_);
    queries_ = std::make_unique<Queries>(fleet_.fleet(), *alerts_, clock_);
  }
  ~QueriesFixture() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string folder_;
  std::unique_ptr<SqliteFleetStore> store_;
  std::unique_ptr<AlertBook> alerts_;
  TestFleet fleet_;
  FixedClock clock_;
  std::unique_ptr<Queries> queries_;
};

}  // namespace kortvakt::testing
