#include "sqlite_slot.h"

#include <dlfcn.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <thread>

#include "log.h"

namespace wsd {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr const char* kLibraryName = "libsqlite3.so.0";
constexpr int kMisuse = 21;                 // SQLITE_MISUSE
constexpr int kNoCheckpointOnClose = 1006;  // SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE
constexpr milliseconds kPoll{1};
// An insert takes less; interrupting one would roll back its whole transaction.
constexpr milliseconds kPatience{200};
constexpr milliseconds kNoticeAfter{30'000};
constexpr uint32_t kStarting = 2;

using OpenFunction = int (*)(const char* path, void** database, int flags, const char* vfs);
using CloseFunction = int (*)(void* database);
using NextStatementFunction = void* (*)(void* database, void* statement);
using FinalizeFunction = int (*)(void* statement);
using InterruptFunction = void (*)(void* database);
using ConfigFunction = int (*)(void* database, int option, ...);
using AutocommitFunction = int (*)(void* database);
using ExecFunction = int (*)(void* database, const char* sql, void*, void*, void*);

template <typename Function>
Function As(void* address) noexcept {
  return reinterpret_cast<Function>(address);
}

void* AsPointer(uint64_t address) noexcept {
  return reinterpret_cast<void*>(static_cast<uintptr_t>(address));
}

}  // namespace

void* SqliteSlot::Find(const char* name) const noexcept {
  return library_ == nullptr ? nullptr : dlsym(library_, name);
}

int SqliteSlot::Load(const char* names, char* reason, size_t reason_size) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (library_ == nullptr) {
    // The library keeps its locks on files in static data, so it must stay as long as the process.
    library_ = dlopen(kLibraryName, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library_ == nullptr) {
      snprintf(reason, reason_size, "%s", dlerror());
      return 1;
    }
  }
  size_t count = 0;
  for (const char* at = names; *at != '\0';) {
    char name[64] = {};
    const size_t length = strcspn(at, " ");
    if (length >= sizeof name || count == SqliteBlock::kMaxFunctions) {
      snprintf(reason, reason_size, "too many functions are asked for");
      return 1;
    }
    memcpy(name, at, length);
    void* const function = Find(name);
    if (function == nullptr) {
      snprintf(reason, reason_size, "%s has no %s", kLibraryName, name);
      return 1;
    }
    block_.functions[count++] = reinterpret_cast<uintptr_t>(function);
    at += length;
    at += strspn(at, " ");
  }
  return 0;
}

int SqliteSlot::Open(const char* path, int flags) noexcept {
  CloseDatabase();
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto open = As<OpenFunction>(Find("sqlite3_open_v2"));
  const auto config = As<ConfigFunction>(Find("sqlite3_db_config"));
  if (open == nullptr || config == nullptr || block_.stopping.load() != 0) return kMisuse;
  void* database = nullptr;
  const int code = open(path, &database, flags, nullptr);
  // Kept even when the file could not be opened: the error's text belongs to it.
  block_.database = reinterpret_cast<uintptr_t>(database);
  // Closing has no time for a checkpoint; whoever opens the file next takes over what the log contains.
  if (database != nullptr) config(database, kNoCheckpointOnClose, 1, nullptr);
  return code;
}

void SqliteSlot::Close() noexcept { CloseDatabase(); }

void SqliteSlot::CloseDatabase(bool commit) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (block_.database == 0) return;
  void* const database = AsPointer(block_.database);
  block_.database = 0;
  const auto next = As<NextStatementFunction>(Find("sqlite3_next_stmt"));
  const auto finalize = As<FinalizeFunction>(Find("sqlite3_finalize"));
  const auto close = As<CloseFunction>(Find("sqlite3_close_v2"));
  const auto is_idle = As<AutocommitFunction>(Find("sqlite3_get_autocommit"));
  const auto execute = As<ExecFunction>(Find("sqlite3_exec"));
  if (next == nullptr || finalize == nullptr || close == nullptr) return;
  while (void* const statement = next(database, nullptr)) finalize(statement);
  if (commit && is_idle != nullptr && execute != nullptr && is_idle(database) == 0)
    execute(database, "COMMIT", nullptr, nullptr, nullptr);
  close(database);
}

void SqliteSlot::Interrupt() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto interrupt = As<InterruptFunction>(Find("sqlite3_interrupt"));
  if (interrupt != nullptr && block_.database != 0) interrupt(AsPointer(block_.database));
}

void SqliteSlot::Reset() noexcept {
  CloseDatabase();
  block_.calling.store(0);
  block_.stopping.store(0);
}

void SqliteSlot::Retire() noexcept {
  block_.stopping.store(1);
  const auto began = steady_clock::now();
  bool is_told = false;
  while (block_.calling.load() != 0) {
    std::this_thread::sleep_for(kPoll);
    const auto waited = steady_clock::now() - began;
    if (waited > kPatience) Interrupt();
    if (waited <= kNoticeAfter || is_told) continue;
    if (block_.calling.load() == kStarting) {
      LogLine("the history's thread did not begin");
      break;
    }
    LogLine("the history waits for the disk; the JavaScript part ends when the disk has answered");
    is_told = true;
  }
  // What was added since the last commit is complete: each value is one statement.
  CloseDatabase(true);
}

}  // namespace wsd
