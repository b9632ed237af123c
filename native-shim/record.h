// The canonical event record, which the rings hold whatever the host's event layout is.
//
// The JavaScript side reads and writes the same bytes; its copy of this layout is src/host/ring-record.ts,
// and test/native/units.test.ts keeps the two in step. Numbers are in the machine's byte order.
#ifndef WSD_RECORD_H_
#define WSD_RECORD_H_

#include <cstddef>
#include <cstdint>

namespace wsd {

constexpr uint16_t kMaxEventData = 512;
// The event carries timestamp_ns instead of date and timestamp, unless it comes from a classic host, where
// the bit means nothing and timestamp_ns is 0.
constexpr uint16_t kHeadNanoseconds = 0x0100;

struct EventRecord {
  uint16_t head;
  uint16_t size;  // bytes of data, 0-512
  uint32_t obid;
  uint16_t year;  // calendar date in UTC; all zero = not given
  uint8_t month;
  uint8_t day;
  uint8_t hour;
  uint8_t minute;
  uint8_t second;
  uint8_t reserved_a;
  uint32_t timestamp;  // microseconds
  uint16_t vscp_class;
  uint16_t vscp_type;
  uint64_t timestamp_ns;  // Unix time; counts while head has kHeadNanoseconds
  uint8_t reserved_b[16];
  uint8_t guid[16];  // most significant byte first; the data follow, so that both can be copied at once
  uint8_t data[kMaxEventData];
};

static_assert(sizeof(EventRecord) == 576, "a record is a whole number of cache lines");
static_assert(offsetof(EventRecord, timestamp_ns) == 24 && offsetof(EventRecord, guid) == 48 &&
                  offsetof(EventRecord, data) == 64,
              "no hidden padding");

}  // namespace wsd

#endif  // WSD_RECORD_H_
