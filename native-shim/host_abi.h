// What a level II driver and its host agree on: vscpEvent in its two memory layouts, the functions and their
// codes.
//
// This is plain C too, for the hosts of the tests and of the benchmark. A host is compiled for one layout,
// and drivers look for names in its program file to tell which one: a host defines HOST_CLASSIC or HOST_2026,
// and then the other layout is not even declared.
#ifndef WSD_HOST_ABI_H_
#define WSD_HOST_ABI_H_

#include <stdint.h>

#ifdef __cplusplus
namespace wsd {
#endif

#ifndef HOST_2026
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
#endif

#ifndef HOST_CLASSIC
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
#endif

// CANAL's numbers.
enum HostCode {
  kSuccess = 0,
  kFifoFull = 9,
  kTransmitFull = 21,
  kTimeout = 32,
  kNotOpen = 33,
  kParameter = 34,
  kMemory = 35,
  kInternal = 36,
  kInvalidHandle = 41,
};

// The exported functions, as a host finds them. `event` is an event in the host's own layout.
struct DriverFunctions {
  long (*open)(const char* config, const unsigned char* guid);
  int (*close)(long handle);
  int (*write)(long handle, const void* event, unsigned long timeout_ms);
  int (*read)(long handle, void* event, unsigned long timeout_ms);
  unsigned long (*version)(void);
  const char* (*vendor)(void);
};

#ifdef __cplusplus
}  // namespace wsd
#endif

#endif  // WSD_HOST_ABI_H_
