// The memory that the control groups of this process (versions 1 and 2) leave to it.
//
// Threads: any; reads files and allocates nothing.
#ifndef WSD_CONTROL_GROUP_H_
#define WSD_CONTROL_GROUP_H_

#include <cstdint>

namespace wsd {

// Bytes until the tightest limit, without counting what can be reclaimed as used; UINT64_MAX when there is no
// limit. `groups` is the path of /proc/self/cgroup, `root` that of the folder where control groups are
// mounted.
uint64_t MemoryLeftInControlGroups(const char* groups, const char* root) noexcept;

}  // namespace wsd

#endif  // WSD_CONTROL_GROUP_H_
