/**
 * A host for the driver under test: it loads the library, writes events as fast as they are taken or at a
 * rate, reads what clients send, and measures the times.
 *
 *   feeder LIBRARY
 *
 * Commands on standard input, each answered with one line of JSON:
 *   open CONFIG          VSCPOpen with the rest of the line as configuration text
 *   port                 where the driver listens now; 0 = nowhere
 *   start [rate=R] [types=N] [guids=N] [stamped=1] [random=1]
 *                        begin writing; rate 0 = flood; types: type = number % N; guids: the GUID ends in
 *                        number % N; random: gaps vary by half
 *   stop                 end writing; counters of that run
 *   received [reset=1]   what VSCPRead gave
 *   usage                CPU time, memory and writes of the process
 *   close                VSCPClose
 *   quit
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "common.h"
#include "event-frame.h"
#include "host_abi.h"

/** What a run of the writing thread should do, and its results. */
struct Feed {
  pthread_t thread;
  double rate;
  uint64_t types;
  uint64_t guids;
  bool stamped;
  bool random;
  uint64_t first_seq;
  uint64_t written;
  uint64_t timeouts;
  uint64_t cpu_ns;
  double seconds;
  struct Histogram duration;
};

/** What the reading thread got. */
struct Received {
  uint64_t events;
  uint64_t unknown;
  struct Histogram latency;
};

static struct DriverFunctions driver;
static long handle;
static struct Feed feed;
static struct Received received;
static pthread_mutex_t received_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t reader;
static atomic_bool feeding;
static atomic_bool reading;
static atomic_bool closing;
static bool feed_started;
static uint64_t next_seq;

static uint64_t thread_cpu_ns(void) {
  struct timespec at;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

static bool write_one(struct Event2026 *event, uint64_t seq) {
  uint64_t began = now_ns();
  event->vscp_type = (uint16_t)(feed.types > 1 ? seq % feed.types : EVENT_TYPE);
  if (feed.guids > 1) {
    event->guid[14] = (uint8_t)(seq % feed.guids >> 8);
    event->guid[15] = (uint8_t)(seq % feed.guids);
  }
  event->size_data = (uint16_t)event_data_write(event->pdata, seq, began, feed.stamped);
  int code = driver.write(handle, event, 500);
  if (code == kTimeout || code == kTransmitFull || code == kFifoFull) {
    feed.timeouts++;
    return false;
  }
  if (code != kSuccess) {
    fprintf(stderr, "feeder: VSCPWrite gave %d\n", code);
    feeding = false;
    return false;
  }
  histogram_add(&feed.duration, now_ns() - began);
  feed.written++;
  return true;
}

/** Nanoseconds from this event to the next one. */
static uint64_t gap_ns(unsigned *seed) {
  double gap = 1e9 / feed.rate;
  if (feed.random) gap *= 0.5 + rand_r(seed) / (double)RAND_MAX;
  return (uint64_t)gap;
}

static void *feed_main(void *unused) {
  (void)unused;
  uint8_t data[SEQ_BYTES + STAMP_BYTES];
  struct Event2026 event = {.head = 96, .year = 2026, .month = 1, .day = 2, .hour = 3, .minute = 4};
  static const uint8_t guid[16] = {255, 255, 255, 255, 255, 255, 255, 0xf5, 0, 0, 0, 0, 0, 2, 0, 0};
  event.second = 5;
  event.timestamp = 123456;
  event.vscp_class = EVENT_CLASS;
  event.pdata = data;
  memcpy(event.guid, guid, sizeof guid);
  unsigned seed = 1;
  uint64_t began = now_ns();
  uint64_t due = began;
  while (feeding) {
    if (feed.rate > 0) {
      due += gap_ns(&seed);
      sleep_until(due);
    }
    if (write_one(&event, next_seq)) next_seq++;
  }
  feed.seconds = (double)(now_ns() - began) / 1e9;
  feed.cpu_ns = thread_cpu_ns();
  return NULL;
}

/** CPU time of the reading thread; 0 when there is none. */
static uint64_t reader_cpu_ns(void) {
  clockid_t clock;
  struct timespec at;
  if (!reading || pthread_getcpuclockid(reader, &clock) != 0 || clock_gettime(clock, &at) != 0) return 0;
  return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

static void *read_main(void *unused) {
  (void)unused;
  while (reading) {
    struct Event2026 event = {0};
    int code = driver.read(handle, &event, 50);
    if (code == kTimeout) continue;
    if (code != kSuccess) {
      // The end of a read that VSCPClose overtook.
      if (!closing) fprintf(stderr, "feeder: VSCPRead gave %d\n", code);
      break;
    }
    uint64_t seq;
    uint64_t stamp_ns;
    pthread_mutex_lock(&received_lock);
    received.events++;
    if (event_data_read(event.pdata, event.size_data, true, &seq, &stamp_ns)) {
      histogram_add(&received.latency, stamp_age(stamp_ns, now_ns()));
    } else {
      received.unknown++;
    }
    pthread_mutex_unlock(&received_lock);
  }
  return NULL;
}

static void load_driver(const char *path) {
  void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
  if (!library) {
    fprintf(stderr, "feeder: %s\n", dlerror());
    exit(1);
  }
  *(void **)&driver.open = dlsym(library, "VSCPOpen");
  *(void **)&driver.close = dlsym(library, "VSCPClose");
  *(void **)&driver.write = dlsym(library, "VSCPWrite");
  *(void **)&driver.read = dlsym(library, "VSCPRead");
  if (!driver.open || !driver.close || !driver.write || !driver.read) {
    fprintf(stderr, "feeder: %s lacks a function\n", path);
    exit(1);
  }
}

/** The port of the listening socket in this process: the driver asked the system for a free one. */
static unsigned listening_port(void) {
  for (int fd = 3; fd < 4096; fd++) {
    int listens = 0;
    socklen_t size = sizeof listens;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 || !listens) continue;
    struct sockaddr_in address;
    size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) == 0 && address.sin_family == AF_INET) {
      return ntohs(address.sin_port);
    }
  }
  return 0;
}

static void open_command(const char *config) {
  static const unsigned char guid[16] = {255, 255, 255, 255, 255, 255, 255, 0xf5, 1};
  uint64_t began = now_ns();
  handle = driver.open(config, guid);
  double ms = (double)(now_ns() - began) / 1e6;
  if (handle > 0) {
    reading = true;
    closing = false;
    if (pthread_create(&reader, NULL, read_main, NULL) != 0) fail("pthread_create");
  }
  printf("{\"ok\":%s,\"ms\":%.3f,\"port\":%u}", handle > 0 ? "true" : "false", ms, listening_port());
}

static void close_command(void) {
  closing = true;
  uint64_t began = now_ns();
  int code = driver.close(handle);
  double ms = (double)(now_ns() - began) / 1e6;
  reading = false;
  pthread_join(reader, NULL);
  handle = 0;
  printf("{\"code\":%d,\"ms\":%.3f}", code, ms);
}

static void start_command(const struct Command *command) {
  memset(&feed, 0, sizeof feed);
  feed.rate = command_number(command, "rate", 0);
  feed.types = (uint64_t)command_number(command, "types", 1);
  feed.guids = (uint64_t)command_number(command, "guids", 1);
  feed.stamped = command_number(command, "stamped", 0) != 0;
  feed.random = command_number(command, "random", 0) != 0;
  feed.first_seq = next_seq;
  feeding = feed_started = true;
  if (pthread_create(&feed.thread, NULL, feed_main, NULL) != 0) fail("pthread_create");
  printf("{\"firstSeq\":%" PRIu64 "}", feed.first_seq);
}

static void stop_command(void) {
  feeding = false;
  if (feed_started) pthread_join(feed.thread, NULL);
  feed_started = false;
  printf("{\"firstSeq\":%" PRIu64 ",\"lastSeq\":%" PRIu64 ",\"written\":%" PRIu64 ",\"timeouts\":%" PRIu64
         ",\"seconds\":%.6f,\"cpuNs\":%" PRIu64 ",\"duration\":{",
         feed.first_seq, next_seq ? next_seq - 1 : 0, feed.written, feed.timeouts, feed.seconds, feed.cpu_ns);
  histogram_print(&feed.duration);
  printf("}}");
}

static void received_command(const struct Command *command) {
  pthread_mutex_lock(&received_lock);
  printf("{\"atNs\":%" PRIu64 ",\"events\":%" PRIu64 ",\"unknown\":%" PRIu64 ",\"latency\":{", now_ns(),
         received.events, received.unknown);
  histogram_print(&received.latency);
  printf("}}");
  if (command_number(command, "reset", 0) != 0) memset(&received, 0, sizeof received);
  pthread_mutex_unlock(&received_lock);
}

/** False for `quit`. */
static bool run_command(char *line) {
  struct Command command;
  if (strncmp(line, "open ", 5) == 0) {
    open_command(line + 5);
    line_end();
    return true;
  }
  command_parse(&command, line);
  if (strcmp(command.name, "start") == 0) {
    start_command(&command);
  } else if (strcmp(command.name, "stop") == 0) {
    stop_command();
  } else if (strcmp(command.name, "received") == 0) {
    received_command(&command);
  } else if (strcmp(command.name, "usage") == 0) {
    printf("{\"readerCpuNs\":%" PRIu64 ",", reader_cpu_ns());
    usage_print();
    printf("}");
  } else if (strcmp(command.name, "close") == 0) {
    close_command();
  } else if (strcmp(command.name, "port") == 0) {
    printf("{\"port\":%u}", listening_port());
  } else {
    return false;
  }
  line_end();
  return true;
}

int main(int argc, char **argv) {
  static char line[65536];
  if (argc < 2) {
    fprintf(stderr, "usage: feeder LIBRARY\n");
    return 2;
  }
  load_driver(argv[1]);
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = '\0';
    if (!run_command(line)) break;
  }
  if (feed_started) {
    feeding = false;
    pthread_join(feed.thread, NULL);
  }
  closing = true;
  if (handle > 0) driver.close(handle);
  return 0;
}
