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

/*
 * Every real host contains this text, for dlsym. Here it is only there to be found, so that a test can remove
 * it from a copy of the program and get a host whose file shows nothing.
 */
__attribute__((used)) static const char loader_mark[] = "VSCPOpen";

bool slot_load(struct driver_slot *slot, const char *path, char *error, size_t error_size) {
  slot->library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
  if (slot->library == NULL) {
    snprintf(error, error_size, "%s", dlerror());
    return false;
  }
  static const char *const names[] = {"Open", "Close", "Write", "Read", "GetVersion", "GetVendorString"};
  void *found[6];
  for (int i = 0; i < 6; i++) {
    char name[32];
    snprintf(name, sizeof name, "VSCP%s", names[i]);
    found[i] = dlsym(slot->library, name);
    if (found[i] == NULL) {
      snprintf(error, error_size, "%s is not exported", name);
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

/* Frees the data as C++ hosts do: the driver's own operator delete[] is the one that matches. */
static void free_data(struct driver_slot *slot, uint8_t *data) {
  void (*delete_array)(void *);
  void *found = dlsym(slot->library, "_ZdaPv");
  memcpy(&delete_array, &found, sizeof found);
  if (delete_array != NULL) delete_array(data);
}

int slot_read(struct driver_slot *slot, long handle, unsigned long timeout_ms, struct plain_event *event) {
  struct host_event host;
  host_event_prepare(&host, host_options.garbage);
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

/* Turns the event into what a daemon gets back when it publishes in the binary form and is subscribed to its
 * own topic. */
static void lose_in_binary_form(struct plain_event *event) {
  event->obid = 0;
  event->second = (uint8_t)((event->second + 1) % 60);
  event->timestamp++;
#ifdef HOST_CLASSIC
  memset(event->guid, 0x31, sizeof event->guid);
#endif
}

static void take_event(struct driver_slot *slot, const struct plain_event *event) {
  const uint64_t now = monotonic_ns();
  if (slot->events_read == 0) slot->first_read_ns = now;
  slot->last_read_ns = now;
  slot->bytes_read += event->size;
  note_latency(slot, event, now);
  /* Whoever reads the line below finds it counted. */
  slot->events_read++;
  if (slot->mode == READ_PRINT) {
    char text[2048];
    plain_event_json(event, text, sizeof text);
    print_line("{\"slot\":%d,\"event\":%s}", slot->number, text);
  } else if (slot->mode == READ_ECHO || slot->mode == READ_BINARY_ECHO) {
    struct plain_event echo = *event;
    struct host_event host;
    if (slot->mode == READ_BINARY_ECHO) lose_in_binary_form(&echo);
    plain_to_host(&echo, &host);
    slot->call.write(slot->handle, host.bytes, 500);
  }
}

static void *read_loop(void *argument) {
  struct driver_slot *slot = argument;
  struct plain_event event;
  while (!slot->reader_stop) {
    const int code = slot_read(slot, slot->handle, host_options.read_timeout_ms, &event);
    if (code == kSuccess) {
      take_event(slot, &event);
    } else if (code == kTimeout) {
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

/* The time-out with which version 14 calls VSCPWrite. */
#define WRITE_SLICE_MS 300

static int write_until_taken(struct driver_slot *slot, const struct host_event *event,
                             unsigned long limit_ms) {
  const uint64_t begin = monotonic_ns();
  for (;;) {
    const int code = slot->call.write(slot->handle, event->bytes, WRITE_SLICE_MS);
    if (code != 9 || (limit_ms != 0 && monotonic_ns() - begin >= limit_ms * 1000000u)) return code;
  }
}

static void *write_loop(void *argument) {
  struct driver_slot *slot = argument;
  struct slot_writer *writer = &slot->writer;
  pthread_mutex_lock(&writer->mutex);
  while (!writer->stop || writer->event != NULL) {
    if (writer->event == NULL) {
      pthread_cond_wait(&writer->changed, &writer->mutex);
      continue;
    }
    const struct host_event *event = writer->event;
    pthread_mutex_unlock(&writer->mutex);
    const int code = write_until_taken(slot, event, writer->limit_ms);
    pthread_mutex_lock(&writer->mutex);
    writer->event = NULL;
    writer->code = code;
    pthread_cond_broadcast(&writer->changed);
  }
  pthread_mutex_unlock(&writer->mutex);
  return NULL;
}

static void start_writing(struct driver_slot *slot) {
  struct slot_writer *writer = &slot->writer;
  if (!host_options.three_threads || writer->runs) return;
  pthread_mutex_init(&writer->mutex, NULL);
  pthread_cond_init(&writer->changed, NULL);
  writer->stop = false;
  writer->event = NULL;
  writer->runs = pthread_create(&writer->thread, NULL, write_loop, slot) == 0;
}

static void stop_writing(struct driver_slot *slot) {
  struct slot_writer *writer = &slot->writer;
  if (!writer->runs) return;
  pthread_mutex_lock(&writer->mutex);
  writer->stop = true;
  pthread_cond_broadcast(&writer->changed);
  pthread_mutex_unlock(&writer->mutex);
  pthread_join(writer->thread, NULL);
  writer->runs = false;
}

int slot_write(struct driver_slot *slot, const struct host_event *event, unsigned long timeout_ms) {
  struct slot_writer *writer = &slot->writer;
  if (!writer->runs) return slot->call.write(slot->handle, event->bytes, timeout_ms);
  pthread_mutex_lock(&writer->mutex);
  while (writer->event != NULL) pthread_cond_wait(&writer->changed, &writer->mutex);
  writer->event = event;
  writer->limit_ms = timeout_ms;
  pthread_cond_broadcast(&writer->changed);
  while (writer->event != NULL) pthread_cond_wait(&writer->changed, &writer->mutex);
  const int code = writer->code;
  pthread_mutex_unlock(&writer->mutex);
  return code;
}

void slot_start_reading(struct driver_slot *slot) {
  start_writing(slot);
  if (slot->reader_runs) return;
  slot->reader_stop = false;
  slot->reader_runs = pthread_create(&slot->reader, NULL, read_loop, slot) == 0;
}

static pthread_t ended_readers[MAX_SLOTS];
static int ended_reader_count;

void slot_stop_reading(struct driver_slot *slot) {
  if (!slot->reader_runs) return;
  slot->reader_stop = true;
  pthread_join(slot->reader, NULL);
  slot->reader_runs = false;
  if (ended_reader_count < MAX_SLOTS) ended_readers[ended_reader_count++] = slot->reader;
}

void join_readers_again(void) {
  for (int i = 0; i < ended_reader_count; i++) pthread_join(ended_readers[i], NULL);
}

int slot_close(struct driver_slot *slot) {
  const long handle = slot->handle;
  if (handle == 0) return -1;
  if (!host_options.three_threads) slot_stop_reading(slot);
  const int code = slot->call.close(handle);
  slot_stop_reading(slot);
  stop_writing(slot);
  slot->handle = 0;
  return code;
}
