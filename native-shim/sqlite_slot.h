// An instance's connection to SQLite, for its history: the system's library, loaded when it is first needed,
// and the one database that is open.
//
// JavaScript (src/history/) calls SQLite through the addresses in `block()`. When an environment dies,
// nothing in it closes the connection; where the host has loaded the library itself, the next environment
// would then find its own file locked for ever. So the connection is kept here, and closed at the end of each
// environment.
//
// Threads: Load, Open and Close belong to the history's thread, of which an environment has at most one;
// Reset and Retire to the runtime thread.
#ifndef WSD_SQLITE_SLOT_H_
#define WSD_SQLITE_SLOT_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace wsd {

// What JavaScript sees (src/history/shim-sqlite.ts).
struct SqliteBlock {
  static constexpr size_t kMaxFunctions = 32;
  // Once this is not 0, the history's thread makes no native call any more.
  std::atomic<uint32_t> stopping;
  // 1 while the history's thread makes a native call, 2 from its start until it is ready to make one.
  std::atomic<uint32_t> calling;
  uint64_t database;  // sqlite3*; 0 = none
  uint64_t functions[kMaxFunctions];
};

class SqliteSlot {
 public:
  SqliteSlot() = default;
  ~SqliteSlot() { CloseDatabase(); }
  SqliteSlot(const SqliteSlot&) = delete;
  SqliteSlot& operator=(const SqliteSlot&) = delete;

  SqliteBlock* block() noexcept { return &block_; }

  // Loads the library and finds the functions of `names` (separated by blanks), in their order. Returns 0, or
  // puts a text into `reason`.
  int Load(const char* names, char* reason, size_t reason_size) noexcept;
  // sqlite3_open_v2; closes what was open. Returns SQLite's code.
  int Open(const char* path, int flags) noexcept;
  void Close() noexcept;

  // Makes the slot ready for a new environment.
  void Reset() noexcept;
  // The environment ends: keeps the history's thread from making another call, waits for the one that it is
  // in, however long that takes (Node ends that thread next, and must not do so within a call), commits and
  // closes. A thread that has not become ready half a minute later has died: while the environment ends, it
  // can tell nobody.
  void Retire() noexcept;

 private:
  void Interrupt() noexcept;
  void CloseDatabase(bool commit = false) noexcept;
  void* Find(const char* name) const noexcept;

  std::mutex mutex_;
  void* library_ = nullptr;
  SqliteBlock block_ = {};
};

}  // namespace wsd

#endif  // WSD_SQLITE_SLOT_H_
