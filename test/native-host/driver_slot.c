#include "driver_slot.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "output.h"

struct driver_slot slots[MAX_SLOTS];

uint64_t monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

bool slot_load(struct driver_slot *slot, const char *path, char *error, size_t error_size) {
  slot->library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
  if (slot->library == NULL) {
    snprintf(error, error_size, "%s", dlerror());
    return false;
  }
  static const char *const names[] = {"VSCPOpen", "VSCPClose",      "VSCPWrite",
                                      "VSCPRead", "VSCPGetVersion", "VSCPGetVendorString"};
  void *found[6];
  for (int i = 0; i < 6; i++) {
    found[i] = dlsym(slot->library, names[i]);
    if (found[i] == NULL) {
      snprintf(error, error_size, "%s is not exported", names[i]);
      slot_unload(slot);
      return false;
    }
  }
  memcpy(&slot->call, found, sizeof found);
  return true;
}

void slot_unload(struct driver_slot *slot) {
  if (slot->library != NULL) dlclose(slot->library);
  slot->library = NULL;
}

/* What C++ hosts do with the data: the driver's own operator delete[] is the one that matches. */
static void free_data(struct driver_slot *slot, uint8_t *data) {
  void (*delete_array)(void *);
  void *found = dlsym(slot->library, "_ZdaPv");
  memcpy(&delete_array, &found, sizeof found);
  if (delete_array != NULL) delete_array(data);
}

int slot_read(struct driver_slot *slot, long handle, unsigned long timeout_ms, struct plain_event *event) {
  struct host_event host;
  host_event_prepare(&host, host_options.layout, host_options.garbage);
  const int code = slot->call.read(handle, host.bytes, timeout_ms);
  if (!host_event_untouched(&host, host_options.garbage)) slot->damaged++;
  if (code != 0) return code;
  uint8_t *data;
  if (!host_to_plain(&host, event, &data)) slot->damaged++;
  if (data != NULL && host_options.free_data) free_data(slot, data);
  return code;
}

static void note_latency(struct driver_slot *slot, const struct plain_event *event, uint64_t now) {
  uint64_t written;
  if (!slot->measure_latency || event->size < sizeof written) return;
  memcpy(&written, event->data, sizeof written);
  const unsigned at = slot->latency_count;
  if (written == 0 || written > now || at >= MAX_LATENCIES || slot->latencies == NULL) return;
  const uint64_t latency = now - written;
  slot->latencies[at] = latency > UINT32_MAX ? UINT32_MAX : (uint32_t)latency;
  slot->latency_count = at + 1;
}

static void take_event(struct driver_slot *slot, const struct plain_event *event) {
  const uint64_t now = monotonic_ns();
  if (slot->events_read == 0) slot->first_read_ns = now;
  slot->last_read_ns = now;
  slot->bytes_read += event->size;
  note_latency(slot, event, now);
  if (slot->mode == READ_PRINT) {
    char text[2048];
    plain_event_json(event, text, sizeof text);
    print_line("{\"slot\":%d,\"event\":%s}", slot->number, text);
  } else if (slot->mode == READ_ECHO) {
    struct host_event host = {.layout = host_options.layout};
    plain_to_host(event, &host);
    slot->call.write(slot->handle, host.bytes, 500);
  }
  slot->events_read++;
}

static void *read_loop(void *argument) {
  struct driver_slot *slot = argument;
  struct plain_event event;
  while (!slot->reader_stop) {
    const int code = slot_read(slot, slot->handle, host_options.read_timeout_ms, &event);
    if (code == 0) {
      take_event(slot, &event);
    } else if (code == 32) {
      slot->idle_reads++;
    } else {
      slot->failed_reads++;
      slot->last_failure = code;
      const struct timespec pause = {0, 10000000};
      nanosleep(&pause, NULL);
    }
  }
  return NULL;
}

void slot_start_reading(struct driver_slot *slot) {
  if (slot->reader_runs) return;
  slot->reader_stop = false;
  slot->reader_runs = pthread_create(&slot->reader, NULL, read_loop, slot) == 0;
}

void slot_stop_reading(struct driver_slot *slot) {
  if (!slot->reader_runs) return;
  slot->reader_stop = true;
  pthread_join(slot->reader, NULL);
  slot->reader_runs = false;
}

int slot_close(struct driver_slot *slot) {
  const long handle = slot->handle;
  if (handle == 0) return -1;
  slot_stop_reading(slot);
  const int code = slot->call.close(handle);
  slot->handle = 0;
  return code;
}
