// Memory that the control groups of this process leave, versions 1 and 2.
//
// Threads: any; reads files and allocates nothing.
#ifndef WSD_CONTROL_GROUP_H_
#define WSD_CONTROL_GROUP_H_

#include <cstdint>

namespace wsd {

// Bytes until the tightest limit, what can be reclaimed not counted as used; UINT64_MAX without any. `groups`
// is the path of /proc/self/cgroup, `root` of the folder where control groups are mounted.
uint64_t MemoryLeftInControlGroups(const char* groups, const char* root) noexcept;

}  // namespace wsd

#endif  // WSD_CONTROL_GROUP_H_
