// The six functions a level II host calls.
//
// Threads: any host thread, any number at once, in any order, even with handles that were never ours. No
// exception leaves; in a child that the host forked every call is refused, because its copies of the locks
// and rings belong to threads that it does not have.
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bridge_api.h"
#include "handle_table.h"
#include "host_abi.h"
#include "instance.h"
#include "log.h"
#include "process_runtime.h"

#define WSD_EXPORT extern "C" __attribute__((visibility("default")))

namespace wsd {
namespace {

using std::chrono::milliseconds;

// VSCPClose asks JavaScript to finish and gives it the first of these times, in which clients are told; then
// the environment is stopped, and VSCPClose returns after the second at the latest, whether the environment
// has ended or not.
constexpr milliseconds kCloseGrace{1500};
constexpr milliseconds kCloseLimit{1950};
// The same for a host that exits without VSCPClose.
constexpr milliseconds kExitGrace{300};
constexpr milliseconds kExitLimit{4000};

constexpr const char* kBundleName = "websocksrv.cjs";

std::atomic<bool> in_forked_child{false};
// exit() was called; nothing opens any more.
std::atomic<bool> exiting{false};
std::atomic<int> threads_opening{0};
// What exit() was called with.
int exit_status = 0;

HandleTable<Instance>& Handles() {
  static auto* handles = new HandleTable<Instance>();  // never destroyed: calls may come until the end
  return *handles;
}

// Host threads are not cancelled inside: unwinding would have to pass through foreign frames.
class CancellationDisabled {
 public:
  CancellationDisabled() noexcept { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &previous_); }
  ~CancellationDisabled() { pthread_setcancelstate(previous_, nullptr); }
  CancellationDisabled(const CancellationDisabled&) = delete;
  CancellationDisabled& operator=(const CancellationDisabled&) = delete;

 private:
  int previous_;
};

template <typename Body>
auto Guarded(Body&& body, decltype(body()) on_memory, decltype(body()) on_error) noexcept {
  try {
    const CancellationDisabled no_cancel;
    return body();
  } catch (const std::bad_alloc&) {
    return on_memory;
  } catch (...) {
    return on_error;
  }
}

class Opening {
 public:
  Opening() noexcept { threads_opening.fetch_add(1); }
  ~Opening() { threads_opening.fetch_sub(1); }
  Opening(const Opening&) = delete;
  Opening& operator=(const Opening&) = delete;
};

void CloseAllAtExit() noexcept {
  if (in_forked_child.load()) return;
  exiting.store(true);
  Guarded(
      [] {
        const auto deadline = std::chrono::steady_clock::now() + kExitLimit;
        // A thread within VSCPOpen may start one more instance, or may still be making what all of them need;
        // a runtime that VSCPClose left to itself may still be ending.
        for (bool last = false; !last;) {
          const bool idle = threads_opening.load() == 0 && Instance::running() == 0;
          last = idle || std::chrono::steady_clock::now() > deadline;
          const auto instances = Handles().RemoveAll();
          for (const auto& instance : instances) instance->BeginClose();
          for (const auto& instance : instances) instance->FinishClose(kExitGrace, kExitLimit);
          if (!last) std::this_thread::sleep_for(milliseconds(5));
        }
        return 0;
      },
      0, 0);
}

void RegisterForkHandlerOnce() {
  static std::once_flag once;
  std::call_once(once, [] {
    pthread_atfork(nullptr, nullptr, [] { in_forked_child.store(true); });
    on_exit([](int status, void*) { exit_status = status; }, nullptr);
  });
}

// libuv's own destructor, which comes after this one, joins its threads: a forked child does not have them,
// and there may be nothing where their stacks were. The exit handlers that the child registered have run by
// now.
__attribute__((destructor)) void EndForkedChild() noexcept {
  if (!in_forked_child.load()) return;
  fflush(nullptr);
  _exit(exit_status);
}

// What a runtime runs on is destroyed when the process ends, in the reverse order of its making. libnode,
// libcrypto and addons make some of it when they are first used: most while the first environment starts
// (libcrypto's own end among them), some later. The runtimes have to end before all that, and what was made
// before an exit handler was registered lives on until that handler has run. So the handler is registered
// again and again, and once more when some time has passed.
void RegisterExitHandler() noexcept {
  static std::atomic<int> left{4000};
  if (left.load(std::memory_order_relaxed) > 0 && left.fetch_sub(1) > 0) atexit(CloseAllAtExit);
}

std::string FindBundle(std::string* error) {
  const std::vector<std::string> folders = LibraryFolders();
  for (const std::string& folder : folders) {
    std::string path = folder + "/" + kBundleName;
    if (euidaccess(path.c_str(), R_OK) == 0) return path;
  }
  *error = std::string(kBundleName) + " is not beside the library";
  for (const std::string& folder : folders) *error += " (looked in " + folder + ")";
  return "";
}

// Each line of `reasons` is a problem and becomes a line of its own on standard error.
long Refuse(std::string_view reasons) noexcept {
  do {
    const std::string_view reason = reasons.substr(0, reasons.find('\n'));
    LogLine("VSCPOpen failed: ", reason);
    reasons.remove_prefix(std::min(reason.size() + 1, reasons.size()));
  } while (!reasons.empty());
  return 0;
}

long Open(const char* config, const unsigned char* guid_bytes) {
  const Opening opening;
  if (exiting.load()) return Refuse("the host is closing");
  if (config == nullptr) return Refuse("the host gave no configuration");
  Instance::Guid guid = {};
  if (guid_bytes != nullptr) std::copy_n(guid_bytes, guid.size(), guid.begin());
  std::string reason;
  const std::string bundle = FindBundle(&reason);
  if (bundle.empty()) return Refuse(reason);
  RegisterForkHandlerOnce();
  RegisterExitHandler();
  const ProcessRuntime* runtime = EnsureProcessRuntime(&reason);
  if (runtime == nullptr) return Refuse(reason);
  if (exiting.load()) return Refuse("the host is closing");
  RegisterExitHandler();
  const auto instance =
      std::make_shared<Instance>(runtime, BridgeFunctions(), bundle, config, guid, RegisterExitHandler);
  const long handle = Handles().Insert(instance);
  ReasonText failure;
  if (instance->Open(&failure)) return handle;
  // Whoever takes an instance out of the table has to end it.
  if (Handles().Remove(handle) != nullptr) {
    instance->BeginClose();
    instance->FinishClose(milliseconds(0), kCloseLimit);
  }
  return Refuse(failure.view());
}

int Close(long handle) {
  const auto instance = Handles().Remove(handle);
  if (instance == nullptr) return kInvalidHandle;
  instance->BeginClose();
  instance->FinishClose(kCloseGrace, kCloseLimit);
  return kSuccess;
}

unsigned long VersionNumber() noexcept {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned release = 0;
  sscanf(DRIVER_VERSION, "%u.%u.%u", &major, &minor, &release);
  return (major & 0xffUL) << 24 | (minor & 0xffUL) << 16 | (release & 0xffUL) << 8;
}

}  // namespace
}  // namespace wsd

WSD_EXPORT long VSCPOpen(const char* config, const unsigned char* guid) noexcept {
  if (wsd::in_forked_child.load(std::memory_order_relaxed)) return 0;
  constexpr long kNoMemory = -1;
  constexpr long kBroken = -2;
  const long handle = wsd::Guarded([&] { return wsd::Open(config, guid); }, kNoMemory, kBroken);
  if (handle == kNoMemory) return wsd::Refuse("there is not enough memory");
  return handle == kBroken ? wsd::Refuse("internal error") : handle;
}

WSD_EXPORT int VSCPClose(long handle) noexcept {
  if (wsd::in_forked_child.load(std::memory_order_relaxed)) return wsd::kInvalidHandle;
  return wsd::Guarded([&] { return wsd::Close(handle); }, wsd::kMemory, wsd::kInternal);
}

WSD_EXPORT int VSCPWrite(long handle, const void* event, unsigned long timeout_ms) noexcept {
  if (wsd::in_forked_child.load(std::memory_order_relaxed)) return wsd::kInvalidHandle;
  return wsd::Guarded(
      [&] {
        const auto instance = wsd::Handles().Find(handle);
        return instance == nullptr ? wsd::kInvalidHandle : instance->Write(event, timeout_ms);
      },
      wsd::kMemory, wsd::kInternal);
}

WSD_EXPORT int VSCPRead(long handle, void* event, unsigned long timeout_ms) noexcept {
  if (wsd::in_forked_child.load(std::memory_order_relaxed)) return wsd::kInvalidHandle;
  return wsd::Guarded(
      [&] {
        const auto instance = wsd::Handles().Find(handle);
        return instance == nullptr ? wsd::kInvalidHandle : instance->Read(event, timeout_ms);
      },
      wsd::kMemory, wsd::kInternal);
}

WSD_EXPORT unsigned long VSCPGetVersion(void) noexcept { return wsd::VersionNumber(); }

WSD_EXPORT const char* VSCPGetVendorString(void) noexcept {
  return "vscpl2drv-websocksrv " DRIVER_VERSION " (VSCP websocket server)";
}
