// What Node and V8 need of the system and end the whole process without: looked for before they are asked to
// do anything, so that a host on a narrow machine gets a VSCPOpen that fails, with the cause and the remedy.
//
// Threads: any. Nothing is kept: what is probed is given back at once.
#ifndef WSD_PREFLIGHT_H_
#define WSD_PREFLIGHT_H_

#include "fixed_text.h"

namespace wsd {

// For all that is set up once per process: V8's threads, libuv's pool of `UV_THREADPOOL_SIZE`, memory that
// may be made executable. False and one line for the log.
bool ProcessCanRunNode(int platform_threads, LineText* problem) noexcept;

// For one environment: address space, memory, and an environment (the variables) that does not make Node take
// itself for a child process.
bool CanStartEnvironment(LineText* problem) noexcept;

// Room for `heap_mb` megabytes of JavaScript heap.
bool HasAddressSpaceFor(unsigned heap_mb, LineText* problem) noexcept;

// Room that the control groups of this process leave. `groups` is /proc/self/cgroup or a stand-in, `root`
// where control groups are mounted.
bool ControlGroupsLeaveMemory(const char* groups, const char* root, LineText* problem) noexcept;

}  // namespace wsd

#endif  // WSD_PREFLIGHT_H_
