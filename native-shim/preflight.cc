#include "preflight.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "control_group.h"

namespace wsd {
namespace {

constexpr size_t kMegabyte = size_t{1} << 20;
constexpr bool kWide = sizeof(void*) == 8;

// For one environment: V8's range for code and its young heap, the heap that starting needs, the stack.
constexpr size_t kEnvironmentReserve = (kWide ? 128 + 128 : 64 + 64) * kMegabyte;
// The part of it that is written to.
constexpr size_t kEnvironmentMemory = 32 * kMegabyte;
// What malloc may take for each thread that lives as long as the process; its stack is added.
constexpr size_t kArenaReserve = (kWide ? 64 : 1) * kMegabyte;
constexpr size_t kMaxThreads = 1024 + 8;

// Reads the variable as libuv does.
int PoolThreads() noexcept {
  constexpr unsigned kDefault = 4;
  constexpr unsigned kMost = 1024;
  const char* text = getenv("UV_THREADPOOL_SIZE");
  const unsigned wanted = text == nullptr ? kDefault : static_cast<unsigned>(atoi(text));
  return static_cast<int>(std::clamp(wanted, 1u, kMost));
}

// These threads run on stacks of our own, so that nothing of them stays in the C library's cache of stacks.
class ProbeThreads {
 public:
  explicit ProbeThreads(size_t wanted) noexcept
      : size_(wanted * kStackSize),
        stacks_(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                     0)) {
    if (stacks_ == MAP_FAILED) return;
    pthread_mutex_lock(&gate_);
    while (started_ < wanted && Start()) started_++;
    pthread_mutex_unlock(&gate_);
    for (size_t i = 0; i < started_; i++) pthread_join(threads_[i], nullptr);
  }
  ~ProbeThreads() {
    if (stacks_ != MAP_FAILED) munmap(stacks_, size_);
  }
  ProbeThreads(const ProbeThreads&) = delete;
  ProbeThreads& operator=(const ProbeThreads&) = delete;

  // How many threads the system lets live at the same time.
  size_t started() const noexcept { return started_; }

 private:
  static constexpr size_t kStackSize = 256u << 10;

  bool Start() noexcept {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return false;
    char* stack = static_cast<char*>(stacks_) + started_ * kStackSize;
    const bool started = pthread_attr_setstack(&attributes, stack, kStackSize) == 0 &&
                         pthread_create(&threads_[started_], &attributes, Wait, &gate_) == 0;
    pthread_attr_destroy(&attributes);
    return started;
  }

  static void* Wait(void* gate) noexcept {
    pthread_mutex_lock(static_cast<pthread_mutex_t*>(gate));
    pthread_mutex_unlock(static_cast<pthread_mutex_t*>(gate));
    return nullptr;
  }

  const size_t size_;
  void* const stacks_;
  pthread_mutex_t gate_ = PTHREAD_MUTEX_INITIALIZER;
  size_t started_ = 0;
  pthread_t threads_[kMaxThreads];
};

bool CanStartThreads(size_t needed, LineText* problem) noexcept {
  const size_t started = ProbeThreads(needed).started();
  if (started == needed) return true;
  problem->Format(
      "the system allows %zu more threads, and %zu are needed: raise the limit (ulimit -u, LimitNPROC=, "
      "TasksMax=, "
      "pids.max)",
      started, needed);
  return false;
}

// Does as V8 does: reserves memory, writes it, then makes it executable, with or without being writable.
bool CanMakeMemoryExecutable(LineText* problem) noexcept {
  const size_t size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* page = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (page == MAP_FAILED) {
    problem->Format("no memory can be mapped: %s", strerror(errno));
    return false;
  }
  const bool allowed = mprotect(page, size, PROT_READ | PROT_WRITE) == 0 &&
                       mprotect(page, size, PROT_READ | PROT_EXEC) == 0 &&
                       mprotect(page, size, PROT_READ | PROT_WRITE | PROT_EXEC) == 0;
  const int error = errno;
  munmap(page, size);
  if (allowed) return true;
  problem->Format(
      "no memory can be made executable, which JavaScript needs (%s): set MemoryDenyWriteExecute=no in the "
      "host's "
      "unit, or allow execmem where SELinux forbids it",
      strerror(error));
  return false;
}

bool CanMap(size_t size, int protection, int flags) noexcept {
  void* memory = mmap(nullptr, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  if (memory == MAP_FAILED) return false;
  munmap(memory, size);
  return true;
}

// What an environment opens at its start, and what V8's threads have for good; with room for what the host
// opens meanwhile.
constexpr size_t kEnvironmentFiles = 48;
constexpr size_t kProcessFiles = 16;

// libnode reads files of its own for each environment and ends the process when it cannot.
bool CanOpenFiles(size_t needed, LineText* problem) noexcept {
  int opened[kEnvironmentFiles + kProcessFiles];
  size_t count = 0;
  while (count < needed) {
    opened[count] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (opened[count] < 0) break;
    count++;
  }
  const int error = errno;
  for (size_t i = 0; i < count; i++) close(opened[i]);
  if (count == needed) return true;
  problem->Format(
      "only %zu more files can be open, and %zu are needed (%s): raise the limit (ulimit -n, LimitNOFILE=)",
      count, needed, strerror(error));
  return false;
}

bool IsLimited(__rlimit_resource resource) noexcept {
  rlimit limit = {};
  return getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

bool HasAddressSpace(size_t size, const char* purpose, LineText* problem) noexcept {
  if (CanMap(size, PROT_NONE, MAP_NORESERVE)) return true;
  problem->Format("less than %zu MB of address space are left, which %s: raise the limit (%s)",
                  size / kMegabyte, purpose,
                  IsLimited(RLIMIT_AS) ? "ulimit -v, LimitAS=" : "the machine's own");
  return false;
}

bool HasMemory(size_t size, LineText* problem) noexcept {
  if (CanMap(size, PROT_READ | PROT_WRITE, 0)) return true;
  problem->Format(
      "less than %zu MB of memory are left, which the JavaScript runtime needs: raise the limit (%s)",
      size / kMegabyte,
      IsLimited(RLIMIT_AS)     ? "ulimit -v, LimitAS="
      : IsLimited(RLIMIT_DATA) ? "ulimit -d, LimitDATA="
                               : "vm.overcommit_memory");
  return false;
}

size_t DefaultStackSize() noexcept {
  pthread_attr_t attributes;
  size_t size = 8 * kMegabyte;
  if (pthread_getattr_default_np(&attributes) != 0) return size;
  pthread_attr_getstacksize(&attributes, &size);
  pthread_attr_destroy(&attributes);
  return size;
}

// Variables that a Node process sets for its children: Node would take the host for such a child, use a
// descriptor that is not ours and wait for answers that nobody gives.
bool VariablesAreHarmless(LineText* problem) noexcept {
  for (const char* name : {"NODE_UNIQUE_ID", "NODE_CHANNEL_FD"}) {
    if (getenv(name) == nullptr) continue;
    problem->Format(
        "the host has the environment variable %s, so Node would take the host for its own child process: "
        "start it without (env -u %s …, UnsetEnvironment=%s)",
        name, name, name);
    return false;
  }
  return true;
}

}  // namespace

bool ProcessCanRunNode(int platform_threads, LineText* problem) noexcept {
  // One more for the environment that is about to be started.
  const size_t threads = static_cast<size_t>(platform_threads + PoolThreads() + 1);
  const size_t reserve = threads * (DefaultStackSize() + kArenaReserve) + kEnvironmentReserve;
  return CanOpenFiles(kProcessFiles + kEnvironmentFiles, problem) && CanStartThreads(threads, problem) &&
         CanMakeMemoryExecutable(problem) &&
         HasAddressSpace(reserve, "the JavaScript runtime needs", problem) &&
         HasMemory(threads * DefaultStackSize() + kEnvironmentMemory, problem);
}

bool CanStartEnvironment(LineText* problem) noexcept {
  return VariablesAreHarmless(problem) && CanOpenFiles(kEnvironmentFiles, problem) &&
         HasAddressSpace(kEnvironmentReserve, "the JavaScript runtime needs", problem) &&
         HasMemory(kEnvironmentMemory, problem) &&
         ControlGroupsLeaveMemory("/proc/self/cgroup", "/sys/fs/cgroup", problem);
}

bool HasAddressSpaceFor(unsigned heap_mb, LineText* problem) noexcept {
  return HasAddressSpace(heap_mb * kMegabyte, "the key max-heap allows", problem);
}

bool ControlGroupsLeaveMemory(const char* groups, const char* root, LineText* problem) noexcept {
  const uint64_t left = MemoryLeftInControlGroups(groups, root);
  if (left >= kEnvironmentMemory) return true;
  problem->Format(
      "the control group leaves %u MB of memory, and %zu are needed: raise its limit (MemoryMax=, "
      "memory.max)",
      static_cast<unsigned>(left / kMegabyte), kEnvironmentMemory / kMegabyte);
  return false;
}

}  // namespace wsd
