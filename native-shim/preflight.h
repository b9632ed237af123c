// Checks what Node and V8 need from the system and would end the whole process without. It is checked before
// they are asked to do anything, so that on a narrow machine VSCPOpen fails and names the cause and the
// remedy.
//
// Threads: any. Nothing is kept: what was taken for a check is given back at once.
#ifndef WSD_PREFLIGHT_H_
#define WSD_PREFLIGHT_H_

#include "fixed_text.h"

namespace wsd {

// Checks for what is set up once per process: V8's threads, libuv's pool of `UV_THREADPOOL_SIZE`,
// descriptors, memory that may be made executable. Returns false and one line for the log when something is
// missing.
bool ProcessCanRunNode(int platform_threads, LineText* problem) noexcept;

// Checks for one Node environment: address space, memory, descriptors, and environment variables that do not
// make Node take itself for a child process.
bool CanStartEnvironment(LineText* problem) noexcept;

// Checks for room for `heap_mb` megabytes of JavaScript heap.
bool HasAddressSpaceFor(unsigned heap_mb, LineText* problem) noexcept;

// Checks the room that the control groups of this process leave. `groups` is /proc/self/cgroup or a stand-in,
// `root` the folder where control groups are mounted.
bool ControlGroupsLeaveMemory(const char* groups, const char* root, LineText* problem) noexcept;

}  // namespace wsd

#endif  // WSD_PREFLIGHT_H_
