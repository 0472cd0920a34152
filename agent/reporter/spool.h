// Reports that the collector has not acknowledged yet, on disk.
//
// Format: one file a report in the spool's folder, named by a 16-digit number
// that only grows, "0000000000000001.report": the serialised kortvakt.v1.Report in a
// sealed file (sealed_file.h) of the kind "kortvakt-spool". Other files there are
// left alone.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kortvakt/v1/ingest.pb.h"

namespace kortvakt {

// Not thread-safe.
class Spool {
 public:
  // Opens the folder, making it (mode 0700) if need be; damaged files are renamed
  // to "*.damaged" and logged. More than `max_reports` drops the oldest.
  static absl::StatusOr<Spool> Open(const std::string& folder, size_t max_reports);

  // Keeps `report`, on disk when this returns OK. An error: it is not kept.
  absl::Status Add(const v1::Report& report);

  // The oldest `count` reports, oldest first, at most `max_bytes` together (but
  // at least one). A file that became damaged is put aside as Open does.
  std::vector<v1::Report> Oldest(size_t count, size_t max_bytes);

  // Forgets the report with this id; nothing when there is none.
  void Remove(const std::string& report_id);

  bool empty() const { return entries_.empty(); }
  size_t size() const { return entries_.size(); }
  // How many reports were dropped for lack of room since it was opened.
  uint64_t dropped() const { return dropped_; }

 private:
  struct Entry {
    uint64_t number;
    std::string report_id;
  };
  Spool(std::string folder, size_t max_reports) : folder_(std::move(folder)), max_reports_(max_reports) {}
  std::string PathOf(uint64_t number) const;
  absl::StatusOr<v1::Report> Read(uint64_t number) const;
  void PutAside(uint64_t number, const absl::Status& why) const;
  void DropBeyondLimit();

  std::string folder_;
  size_t max_reports_;
  std::deque<Entry> entries_;
  uint64_t next_number_ = 1;
  uint64_t dropped_ = 0;
};

}  // namespace kortvakt
