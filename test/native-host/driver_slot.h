/* One configured driver of the host: its library, its handle, its reading thread and what that counts. */
#ifndef HOST_DRIVER_SLOT_H
#define HOST_DRIVER_SLOT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "event.h"

#define MAX_SLOTS 8
#define MAX_LATENCIES (1u << 20)

struct driver_functions {
  long (*open)(const char *config, const unsigned char *guid);
  int (*close)(long handle);
  int (*write)(long handle, const void *event, unsigned long timeout_ms);
  int (*read)(long handle, void *event, unsigned long timeout_ms);
  unsigned long (*version)(void);
  const char *(*vendor)(void);
};

enum read_mode { READ_PRINT, READ_COUNT, READ_ECHO };

struct driver_slot {
  int number;
  void *library;
  struct driver_functions call;
  atomic_long handle;
  pthread_t reader;
  bool reader_runs;
  atomic_bool reader_stop;
  atomic_int mode;
  atomic_ulong events_read;
  atomic_ulong bytes_read;
  atomic_ulong idle_reads;   /* code 32 */
  atomic_ulong failed_reads; /* any other code */
  atomic_int last_failure;
  atomic_ulong damaged; /* reads that wrote to crc or past the struct, or gave a bad size */
  atomic_ulong first_read_ns, last_read_ns;
  /* Latencies in nanoseconds of events that carry their time of writing (flood stamp=1). */
  atomic_bool measure_latency;
  uint32_t *latencies;
  atomic_uint latency_count;
};

struct host_options {
  enum layout layout;
  bool garbage;   /* uninitialised structs for VSCPRead */
  bool free_data; /* delete[] what VSCPRead hands over, as the specification says */
  unsigned long read_timeout_ms;
};

extern struct host_options host_options;
extern struct driver_slot slots[MAX_SLOTS];

uint64_t monotonic_ns(void);

/* dlopen and the six functions. False with a message in `error`. */
bool slot_load(struct driver_slot *slot, const char *path, char *error, size_t error_size);
void slot_unload(struct driver_slot *slot);
void slot_start_reading(struct driver_slot *slot);
void slot_stop_reading(struct driver_slot *slot);
/* VSCPClose as a daemon does it: the reader ends first. Returns the code, or -1 when nothing was open. */
int slot_close(struct driver_slot *slot);
/* VSCPRead with the checks and the freeing that the options ask for. */
int slot_read(struct driver_slot *slot, long handle, unsigned long timeout_ms, struct plain_event *event);

#endif
