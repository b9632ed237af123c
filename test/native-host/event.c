#include "event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GARBAGE_BYTE 0xa5

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

int parse_hex(const char *text, uint8_t *bytes, size_t size) {
  size_t count = 0;
  for (; text[0] != '\0'; text += 2) {
    const int high = hex_digit(text[0]);
    const int low = high < 0 ? -1 : hex_digit(text[1]);
    if (low < 0 || count == size) return -1;
    bytes[count++] = (uint8_t)(high << 4 | low);
  }
  return (int)count;
}

bool plain_event_set(struct plain_event *event, const char *key, const char *value) {
  if (strcmp(key, "guid") == 0) return parse_hex(value, event->guid, sizeof event->guid) == 16;
  if (strcmp(key, "data") == 0) {
    const int count = parse_hex(value, event->data, sizeof event->data);
    if (count >= 0) event->size = (uint16_t)count;
    return count >= 0;
  }
  if (strcmp(key, "pdata") == 0) return event->null_data = strcmp(value, "null") == 0;

  char *end;
  const unsigned long long number = strtoull(value, &end, 0);
  if (*end != '\0' || end == value) return false;
  if (strcmp(key, "head") == 0)
    event->head = (uint16_t)number;
  else if (strcmp(key, "obid") == 0)
    event->obid = (uint32_t)number;
  else if (strcmp(key, "year") == 0)
    event->year = (uint16_t)number;
  else if (strcmp(key, "month") == 0)
    event->month = (uint8_t)number;
  else if (strcmp(key, "day") == 0)
    event->day = (uint8_t)number;
  else if (strcmp(key, "hour") == 0)
    event->hour = (uint8_t)number;
  else if (strcmp(key, "minute") == 0)
    event->minute = (uint8_t)number;
  else if (strcmp(key, "second") == 0)
    event->second = (uint8_t)number;
  else if (strcmp(key, "timestamp") == 0)
    event->timestamp = (uint32_t)number;
  else if (strcmp(key, "ns") == 0)
    event->nanoseconds = number;
  else if (strcmp(key, "class") == 0)
    event->vscp_class = (uint16_t)number;
  else if (strcmp(key, "type") == 0)
    event->vscp_type = (uint16_t)number;
  else if (strcmp(key, "sizedata") == 0)
    event->size = (uint16_t)number;
  else
    return false;
  return true;
}

#define COPY_COMMON(to, from)              \
  do {                                     \
    (to)->head = (from)->head;             \
    (to)->obid = (from)->obid;             \
    (to)->year = (from)->year;             \
    (to)->month = (from)->month;           \
    (to)->vscp_class = (from)->vscp_class; \
    (to)->vscp_type = (from)->vscp_type;   \
    memcpy((to)->guid, (from)->guid, 16);  \
  } while (0)

#define COPY_TIME(to, from)              \
  do {                                   \
    (to)->day = (from)->day;             \
    (to)->hour = (from)->hour;           \
    (to)->minute = (from)->minute;       \
    (to)->second = (from)->second;       \
    (to)->timestamp = (from)->timestamp; \
  } while (0)

/* Only the 2026 layout has times in nanoseconds. */
static bool set_nanoseconds(const struct plain_event *from, struct HOST_LAYOUT *to) {
#ifdef HOST_CLASSIC
  (void)from;
  (void)to;
  return false;
#else
  if (!(from->head & 0x0100)) return false;
  to->year = 0xffff;
  to->month = 0xff;
  to->timestamp_ns = from->nanoseconds;
  return true;
#endif
}

static bool get_nanoseconds(const struct HOST_LAYOUT *from, struct plain_event *to) {
#ifdef HOST_CLASSIC
  (void)from;
  (void)to;
  return false;
#else
  if (!(from->head & 0x0100)) return false;
  to->nanoseconds = from->timestamp_ns;
  return true;
#endif
}

void plain_to_host(const struct plain_event *event, struct host_event *host) {
  memset(host->bytes, 0, sizeof host->bytes);
  COPY_COMMON(&host->event, event);
  if (!set_nanoseconds(event, &host->event)) COPY_TIME(&host->event, event);
  host->event.size_data = event->size;
  host->event.pdata = event->size == 0 || event->null_data ? NULL : (uint8_t *)event->data;
}

void host_event_prepare(struct host_event *host, bool garbage) {
  memset(host->bytes, garbage ? GARBAGE_BYTE : 0, sizeof host->bytes);
}

bool host_to_plain(const struct host_event *host, struct plain_event *event, uint8_t **data) {
  memset(event, 0, sizeof *event);
  COPY_COMMON(event, &host->event);
  if (!get_nanoseconds(&host->event, event)) COPY_TIME(event, &host->event);
  event->size = host->event.size_data;
  *data = host->event.pdata;
  if (event->size > MAX_DATA) return false;
  if (*data != NULL && event->size > 0) memcpy(event->data, *data, event->size);
  event->null_data = *data == NULL;
  return true;
}

bool host_event_untouched(const struct host_event *host, bool garbage) {
  const uint8_t expected = garbage ? GARBAGE_BYTE : 0;
  const size_t crc = offsetof(struct HOST_LAYOUT, crc);
  const size_t end = sizeof(struct HOST_LAYOUT);
  for (size_t i = 0; i < sizeof host->bytes; i++) {
    const bool guarded = i >= end || (i >= crc && i < crc + sizeof(uint16_t));
    if (guarded && host->bytes[i] != expected) return false;
  }
  return true;
}

static size_t write_hex(const uint8_t *bytes, size_t count, char *text) {
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < count; i++) {
    text[2 * i] = digits[bytes[i] >> 4];
    text[2 * i + 1] = digits[bytes[i] & 15];
  }
  text[2 * count] = '\0';
  return 2 * count;
}

/* Real hosts of the 2026 layout contain this name too; those of the classic layout do not. */
#ifdef HOST_CLASSIC
#define NANOSECONDS "ns"
#else
#define NANOSECONDS "timestamp_ns"
#endif

size_t plain_event_json(const struct plain_event *event, char *text, size_t size) {
  char guid[33];
  char data[2 * MAX_DATA + 1];
  write_hex(event->guid, 16, guid);
  write_hex(event->data, event->size, data);
  const int length = snprintf(
      text, size,
      "{\"head\":%u,\"obid\":%u,\"year\":%u,\"month\":%u,\"day\":%u,\"hour\":%u,\"minute\":%u,\"second\":%u,"
      "\"timestamp\":%u,\"" NANOSECONDS
      "\":\"%llu\",\"class\":%u,\"type\":%u,\"guid\":\"%s\",\"data\":\"%s\","
      "\"nullData\":%s}",
      event->head, event->obid, event->year, event->month, event->day, event->hour, event->minute,
      event->second, event->timestamp, (unsigned long long)event->nanoseconds, event->vscp_class,
      event->vscp_type, guid, data, event->null_data ? "true" : "false");
  return length < 0 ? 0 : (size_t)length;
}
