/*
 * vscpEvent in the layout this host is compiled for (HOST_CLASSIC or HOST_2026), and a neutral
 * form that the line protocol speaks.
 */
#ifndef HOST_EVENT_H
#define HOST_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host_abi.h"

#define MAX_DATA 512

#ifdef HOST_CLASSIC
#define HOST_LAYOUT ClassicEvent
#else
#define HOST_LAYOUT Event2026
#endif

/* An event as this host has it on its stack, with room after it that shows what a driver wrote past its end.
 */
struct host_event {
  union {
    struct HOST_LAYOUT event;
    uint8_t bytes[128];
  };
};

struct plain_event {
  uint16_t head;
  uint32_t obid;
  uint16_t year;
  uint8_t month, day, hour, minute, second;
  uint32_t timestamp;
  uint64_t nanoseconds;
  uint16_t vscp_class, vscp_type;
  uint8_t guid[16];
  uint16_t size; /* bytes of data; may be false (key sizedata) */
  bool null_data;
  uint8_t data[MAX_DATA];
};

/* Puts a word `key=value` into `event`; false when an event has no such key or value. */
bool plain_event_set(struct plain_event *event, const char *key, const char *value);

/* Converts to the event as the host has it; its data stay in `event`. */
void plain_to_host(const struct plain_event *event, struct host_event *host);

/* Prepares an event for VSCPRead: zeroed, or full of `garbage` as an uninitialised struct is. */
void host_event_prepare(struct host_event *host, bool garbage);

/* Copies what VSCPRead filled in; `*data` is the driver's pointer. False when the size is over 512. */
bool host_to_plain(const struct host_event *host, struct plain_event *event, uint8_t **data);

/* True when crc and the bytes after the struct are as host_event_prepare left them. */
bool host_event_untouched(const struct host_event *host, bool garbage);

/* Writes the event as a JSON object; returns its length. `size` >= 2048 suffices for every event. */
size_t plain_event_json(const struct plain_event *event, char *text, size_t size);

/* Parses pairs of hex digits; returns the number of bytes or -1. */
int parse_hex(const char *text, uint8_t *bytes, size_t size);

#endif
