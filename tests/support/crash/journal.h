// The undo journal between unsynced.cc and power_cut.cc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace kortvakt::testing {

// Types, and what `key` is:
//   'w'  contents of a file changed at `offset`; file's inode. Undo: the bytes
//        `before` at `offset`, and `size` as its size.
//   'S'  a file was synced; its inode. Its 'w' records until here are void.
//   'c'  a name came to be; inode of its folder. Undo: remove it.
//   'r'  a name came to stand for another file; inode of its folder. Undo: a
//        file with `before`.
//   'u'  a name went; inode of its folder. Undo: a file with `before`.
//   'D'  a folder was synced; its inode. Its records of names until here are void.
struct JournalRecord {
  char type;
  uint64_t key;
  off_t offset;
  off_t size;
  std::string path;
  std::string before;
};

inline std::string Encode(const JournalRecord& record) {
  char head[128];
  std::snprintf(head, sizeof head, "%c %llu %lld %lld %zu %zu\n", record.type,
                static_cast<unsigned long long>(record.key), static_cast<long long>(record.offset),
                static_cast<long long>(record.size), record.path.size(), record.before.size());
  return head + record.path + record.before;
}

// The records in `text`; ends at one that is cut off (the kill came in between).
inline std::vector<JournalRecord> Decode(const std::string& text) {
  std::vector<JournalRecord> records;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = text.find('\n', at);
    if (end == std::string::npos) break;
    unsigned long long key = 0;
    long long offset = 0;
    long long size = 0;
    size_t path = 0;
    size_t before = 0;
    JournalRecord record{};
    if (std::sscanf(text.c_str() + at, "%c %llu %lld %lld %zu %zu", &record.type, &key, &offset, &size, &path,
                    &before) != 6 ||
        end + 1 + path + before > text.size()) {
      break;
    }
    record.key = key;
    record.offset = offset;
    record.size = size;
    record.path = text.substr(end + 1, path);
    record.before = text.substr(end + 1 + path, before);
    records.push_back(std::move(record));
    at = end + 1 + path + before;
  }
  return records;
}

}  // namespace kortvakt::testing
