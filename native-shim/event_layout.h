// The conversion of vscpEvent in its two memory layouts (host_abi.h) to and from the canonical record.
//
// Threads: any; pure functions. Offsets come from C structs, so that 32-bit hosts get theirs.
// `crc` is never written, and is read only to tell the layouts apart.
#ifndef WSD_EVENT_LAYOUT_H_
#define WSD_EVENT_LAYOUT_H_

#include <cstdint>

#include "host_abi.h"
#include "record.h"

namespace wsd {

enum class Layout : uint32_t { kClassic = 1, k2026 = 2 };

// What VSCPWrite gets: copies the host's event into `record`. False when size and data pointer contradict
// each other or the size is over 512; `record` is unspecified then.
bool RecordFromHost(const void* host_event, Layout layout, EventRecord* record) noexcept;

// What VSCPRead fills: every field of the host's event but crc. `data` of `size` bytes becomes its pdata
// (null = no data); the record's own size does not count. A nanosecond event is turned into the classic form
// for a classic host.
void RecordToHost(const EventRecord& record, Layout layout, uint8_t* data, uint16_t size,
                  void* host_event) noexcept;

// How much a written event looks like `layout`: higher is likelier; only comparisons mean anything.
int Plausibility(const void* host_event, Layout layout) noexcept;

}  // namespace wsd

#endif  // WSD_EVENT_LAYOUT_H_
