#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"

struct flood {
  unsigned long count;
  double rate; /* events a second; 0 = as fast as they are taken */
  unsigned long timeout_ms;
  unsigned long size;
  bool stamp;
  bool retry;
  struct plain_event event;
};

static bool flood_from_words(const struct command *command, struct flood *flood) {
  memset(flood, 0, sizeof *flood);
  flood->count = strtoul(word(command, 2), NULL, 10);
  flood->timeout_ms = 500;
  flood->event.vscp_class = 10;
  flood->event.vscp_type = 6;
  for (int i = 3; i < command->count; i++) {
    char *value;
    if (!split_pair(command->words[i], &value)) return false;
    const char *key = command->words[i];
    if (strcmp(key, "rate") == 0)
      flood->rate = strtod(value, NULL);
    else if (strcmp(key, "timeout") == 0)
      flood->timeout_ms = strtoul(value, NULL, 10);
    else if (strcmp(key, "size") == 0)
      flood->event.size = (uint16_t)strtoul(value, NULL, 10);
    else if (strcmp(key, "stamp") == 0)
      flood->stamp = *value == '1';
    else if (strcmp(key, "retry") == 0)
      flood->retry = *value == '1';
    else if (!plain_event_set(&flood->event, key, value))
      return false;
  }
  return flood->event.size <= MAX_DATA;
}

static void wait_until(uint64_t due_ns) {
  const uint64_t now = monotonic_ns();
  if (now >= due_ns) return;
  const struct timespec due = {(time_t)(due_ns / 1000000000u), (long)(due_ns % 1000000000u)};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

/* Writes the time of writing and the running number, as far as the data have room for them. */
static void stamp_event(struct flood *flood, uint64_t number) {
  const uint64_t now = monotonic_ns();
  if (flood->stamp && flood->event.size >= 8) memcpy(flood->event.data, &now, 8);
  if (flood->event.size >= 16) memcpy(flood->event.data + 8, &number, 8);
}

void do_flood(const struct command *command) {
  struct driver_slot *slot = loaded_slot_of(command);
  struct flood flood;
  if (slot == NULL) return;
  if (!flood_from_words(command, &flood)) {
    fail(command, "bad flood");
    return;
  }
  unsigned long accepted = 0;
  unsigned long timeouts = 0;
  int last_code = 0;
  const uint64_t begin = monotonic_ns();
  struct host_event host;
  plain_to_host(&flood.event, &host); /* its data pointer points to flood.event.data, which gets the stamps */
  for (unsigned long i = 0; i < flood.count; i++) {
    if (flood.rate > 0) wait_until(begin + (uint64_t)((double)i * 1e9 / flood.rate));
    stamp_event(&flood, i);
    int code = slot->call.write(slot->handle, host.bytes, flood.timeout_ms);
    while (code == kFifoFull) {
      timeouts++;
      if (!flood.retry) break;
      code = slot->call.write(slot->handle, host.bytes, flood.timeout_ms);
    }
    if (code == kSuccess)
      accepted++;
    else
      last_code = code;
    if (code != 0 && code != 9) break;
  }
  REPLY(command, "\"accepted\":%lu,\"timeouts\":%lu,\"lastCode\":%d,\"ms\":%.3f", accepted, timeouts,
        last_code, elapsed_ms(begin));
}

static int compare_u32(const void *a, const void *b) {
  const uint32_t x = *(const uint32_t *)a;
  const uint32_t y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

/* latency SLOT on: begins to collect; latency SLOT: reports what was collected (µs) and begins again. */
void do_latency(const struct command *command) {
  struct driver_slot *slot = slot_of(command);
  if (slot == NULL) return;
  if (slot->latencies == NULL) slot->latencies = malloc(MAX_LATENCIES * sizeof *slot->latencies);
  const unsigned count = slot->latency_count;
  slot->measure_latency = false;
  if (count > 0 && slot->latencies != NULL)
    qsort(slot->latencies, count, sizeof *slot->latencies, compare_u32);
  const uint32_t *sorted = slot->latencies;
#define PERCENTILE(p) (count == 0 ? 0.0 : sorted[(size_t)((double)(count - 1) * (p))] / 1e3)
  REPLY(command, "\"count\":%u,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f", count,
        PERCENTILE(0.5), PERCENTILE(0.9), PERCENTILE(0.99), PERCENTILE(0.999), PERCENTILE(1.0));
  slot->latency_count = 0;
  slot->measure_latency = true;
}
