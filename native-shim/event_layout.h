// The two memory layouts of vscpEvent and the conversion to and from the canonical record.
//
// Threads: any; pure functions. Offsets come from C structs, so that 32-bit hosts get theirs.
// `crc` is never written, and never read for anything but telling the layouts apart.
#ifndef WSD_EVENT_LAYOUT_H_
#define WSD_EVENT_LAYOUT_H_

#include <cstdint>

#include "record.h"

namespace wsd {

enum class Layout : uint32_t { kClassic = 1, k2026 = 2 };

// Until 2026-01.
struct ClassicEvent {
  uint16_t crc;
  uint32_t obid;
  uint16_t year;
  uint8_t month;
  uint8_t day;
  uint8_t hour;
  uint8_t minute;
  uint8_t second;
  uint32_t timestamp;
  uint16_t head;
  uint16_t vscp_class;
  uint16_t vscp_type;
  uint8_t guid[16];
  uint16_t size_data;
  uint8_t* pdata;
};

// 15.1 and later. In the nanosecond form (head bit 8) timestamp_ns takes the place of day to timestamp.
struct Event2026 {
  uint16_t head;
  uint32_t obid;
  uint16_t year;
  uint8_t month;
  union {
    struct {
      uint8_t day;
      uint8_t hour;
      uint8_t minute;
      uint8_t second;
      uint32_t timestamp;
    };
    uint64_t timestamp_ns;
  };
  uint16_t vscp_class;
  uint16_t vscp_type;
  uint8_t guid[16];
  uint16_t size_data;
  uint8_t* pdata;
  uint16_t crc;
};

// What VSCPWrite gets: copies the host's event into `record`. False when size and data pointer contradict
// each other or the size is over 512; `record` is unspecified then.
bool RecordFromHost(const void* host_event, Layout layout, EventRecord* record) noexcept;

// What VSCPRead fills: every field of the host's event but crc. `data` of `size` bytes becomes its pdata
// (null = no data); the record's own size does not count. A nanosecond event is turned into the classic form
// for a classic host.
void RecordToHost(const EventRecord& record, Layout layout, uint8_t* data, uint16_t size,
                  void* host_event) noexcept;

// How much a written event looks like `layout`: higher is likelier; only comparisons have a meaning.
int Plausibility(const void* host_event, Layout layout) noexcept;

}  // namespace wsd

#endif  // WSD_EVENT_LAYOUT_H_
