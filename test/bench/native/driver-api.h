/**
 * The level II driver interface as a host sees it (VSCP specification, chapter "Level II drivers"), with the
 * event layout of 2026 (VSCP 15.1+). The benchmark's configuration names that layout.
 */
#ifndef BENCH_DRIVER_API_H_
#define BENCH_DRIVER_API_H_

#include <stdint.h>

struct VscpEvent {
  uint16_t head;
  uint32_t obid;
  uint16_t year;
  uint8_t month;
  union {
    struct {
      uint8_t day, hour, minute, second;
      uint32_t timestamp;
    };
    uint64_t timestamp_ns;
  };
  uint16_t vscp_class;
  uint16_t vscp_type;
  uint8_t guid[16];
  uint16_t data_size;
  uint8_t *data;
  uint32_t crc;
};

#define DRIVER_SUCCESS 0
#define DRIVER_FIFO_FULL 9
#define DRIVER_TRANSMIT_FULL 21
#define DRIVER_TIMEOUT 32

struct Driver {
  long (*open)(const char *config, const unsigned char *guid);
  int (*close)(long handle);
  int (*write)(long handle, const struct VscpEvent *event, unsigned long timeout_ms);
  int (*read)(long handle, struct VscpEvent *event, unsigned long timeout_ms);
};

#endif
