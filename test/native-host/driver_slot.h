/* One configured driver of the host: its library, its handle, its reading thread and that thread's counters.
 */
#ifndef HOST_DRIVER_SLOT_H
#define HOST_DRIVER_SLOT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "event.h"

#define MAX_SLOTS 8
#define MAX_LATENCIES (1u << 20)

/*
 * The writing thread of a host with the threads of version 14: it takes one event at a time and offers it to
 * VSCPWrite until VSCPWrite accepts it.
 */
struct slot_writer {
  pthread_t thread;
  bool runs;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  bool stop;
  const struct host_event *event; /* null = nothing to do */
  unsigned long limit_ms;         /* when to give up on the event; 0 = never */
  int code;
};

enum read_mode { READ_PRINT, READ_COUNT, READ_ECHO, READ_BINARY_ECHO };

struct driver_slot {
  int number;
  void *library;
  struct DriverFunctions call;
  atomic_long handle;
  pthread_t reader;
  bool reader_runs;
  atomic_bool reader_stop;
  struct slot_writer writer;
  atomic_int mode;
  atomic_ulong events_read;
  atomic_ulong bytes_read;
  atomic_ulong idle_reads;   /* kTimeout */
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
  bool garbage;   /* pass uninitialised structs to VSCPRead */
  bool free_data; /* delete[] the data that VSCPRead hands over, as the specification says */
  unsigned long read_timeout_ms;
  bool no_reader; /* VSCPOpen starts no reading thread */
  /* As version 14: a thread for VSCPWrite, and VSCPClose while reader and writer are inside. */
  bool three_threads;
  bool join_twice; /* end as daemons do: join every reading thread a second time */
};

extern struct host_options host_options;
extern struct driver_slot slots[MAX_SLOTS];

uint64_t monotonic_ns(void);

/* Does dlopen and finds the six functions. On failure returns false with a message in `error`. */
bool slot_load(struct driver_slot *slot, const char *path, char *error, size_t error_size);
void slot_unload(struct driver_slot *slot);
void slot_start_reading(struct driver_slot *slot);
void slot_stop_reading(struct driver_slot *slot);
/*
 * Calls VSCPClose as a daemon does: the reader ends first, or, with three_threads, last. Returns the code, or
 * -1 when nothing was open.
 */
int slot_close(struct driver_slot *slot);
/* Joins the ended reading threads once more, as daemons do at their very end. */
void join_readers_again(void);
/* Calls VSCPWrite, in the slot's writing thread if it has one. */
int slot_write(struct driver_slot *slot, const struct host_event *event, unsigned long timeout_ms);
/* Calls VSCPRead with the checks and the freeing that the options ask for. */
int slot_read(struct driver_slot *slot, long handle, unsigned long timeout_ms, struct plain_event *event);

#endif
