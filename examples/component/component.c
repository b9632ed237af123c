/*
 * Uses the driver inside your own program through its four calls. It prints events of websocket clients as
 * lines and sends lines of standard input to the clients: CLASS TYPE GUID DATA, the GUID as 32 and the data
 * as 0-1024 hex digits. The end of the input closes the driver.
 *
 *   cc component.c -o component -pthread        (with -DCLASSIC: the event struct of daemons before 2026)
 *   echo '10 6 FFFFFFFFFFFFFFFE0200000000010001 888100D7' | ./component LIBRARY CONFIG
 *
 * CONFIG is the path of a configuration, or the configuration itself: it then begins with { (JSON) or <
 * (XML).
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* The event as the driver's header vscp.h of either age has it. `event-layout` tells the driver which one it
 * is. */
#ifdef CLASSIC
struct event {
  uint16_t crc;
  uint32_t obid;
  uint16_t year;
  uint8_t month, day, hour, minute, second;
  uint32_t timestamp; /* microseconds */
  uint16_t head, vscp_class, vscp_type;
  uint8_t guid[16];
  uint16_t size;
  uint8_t *data;
};
#else
struct event {
  uint16_t head;
  uint32_t obid;
  uint16_t year;
  uint8_t month;
  union {
    struct {
      uint8_t day, hour, minute, second;
      uint32_t timestamp; /* microseconds */
    };
    uint64_t timestamp_ns; /* with bit 8 of head, year 0xffff and month 0xff */
  };
  uint16_t vscp_class, vscp_type;
  uint8_t guid[16];
  uint16_t size;
  uint8_t *data;
  uint16_t crc;
};
#endif

enum { SUCCESS = 0, TIMEOUT = 32, NOT_OPEN = 33, MAX_DATA = 512, PRIORITY_NORMAL = 3 << 5 };

static long (*vscp_open)(const char *config, const unsigned char *guid);
static int (*vscp_close)(long handle);
static int (*vscp_write)(long handle, const struct event *event, unsigned long timeout_ms);
static int (*vscp_read)(long handle, struct event *event, unsigned long timeout_ms);

static atomic_bool is_closing;

static int load(const char *library) {
  void *driver = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
  if (driver == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return -1;
  }
  *(void **)&vscp_open = dlsym(driver, "VSCPOpen");
  *(void **)&vscp_close = dlsym(driver, "VSCPClose");
  *(void **)&vscp_write = dlsym(driver, "VSCPWrite");
  *(void **)&vscp_read = dlsym(driver, "VSCPRead");
  return vscp_open != NULL && vscp_close != NULL && vscp_write != NULL && vscp_read != NULL ? 0 : -1;
}

/* Parses pairs of hex digits; returns the number of bytes, or -1. */
static int parse_hex(const char *text, uint8_t *bytes, size_t room) {
  const size_t length = strlen(text);
  if (length % 2 != 0 || length / 2 > room) return -1;
  for (size_t i = 0; i < length / 2; i++) {
    if (sscanf(text + 2 * i, "%2hhx", &bytes[i]) != 1) return -1;
  }
  return (int)(length / 2);
}

static void print_hex(const uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) printf("%02X", bytes[i]);
}

/* One thread may read while another one writes. */
static void *read_events(void *handle) {
  while (!atomic_load(&is_closing)) {
    struct event event;
    memset(&event, 0, sizeof event);
    const int code = vscp_read(*(long *)handle, &event, 200);
    if (code == SUCCESS) {
      printf("%u %u ", event.vscp_class, event.vscp_type);
      print_hex(event.guid, sizeof event.guid);
      putchar(' ');
      print_hex(event.data, event.size);
      putchar('\n');
      fflush(stdout);
      /* With "event-data": "driver" the data belong to the driver until the next VSCPRead: nothing to free.
       */
    } else if (code == NOT_OPEN) {
      /* The driver's inner part is starting again; VSCPRead returns at once then, without waiting. */
      nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    } else if (code != TIMEOUT) {
      fprintf(stderr, "VSCPRead: %d\n", code);
      break;
    }
  }
  return NULL;
}

static void write_event(long handle, const char *line) {
  static uint8_t data[MAX_DATA];
  char guid[33];
  char hex[2 * MAX_DATA + 1] = "";
  struct event event;
  memset(&event, 0, sizeof event);
  event.head = PRIORITY_NORMAL;
  const int count = sscanf(line, "%hu %hu %32s %1024s", &event.vscp_class, &event.vscp_type, guid, hex);
  const int size = parse_hex(hex, data, sizeof data);
  if (count < 3 || parse_hex(guid, event.guid, sizeof event.guid) != 16 || size < 0) {
    fprintf(stderr, "not an event: %s", line);
    return;
  }
  event.size = (uint16_t)size;
  event.data = size > 0 ? data : NULL;
  /* A date of zeros lets the driver fill in the time. The event and its data stay ours. */
  const int code = vscp_write(handle, &event, 500);
  if (code != SUCCESS) fprintf(stderr, "VSCPWrite: %d\n", code);
}

int main(int argc, char **argv) {
  static const unsigned char guid[16] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 2, 0, 0, 0, 0, 1};
  if (argc != 3) {
    fprintf(stderr, "usage: component LIBRARY CONFIG\n");
    return 2;
  }
  if (load(argv[1]) != 0) return 1;
  long handle = vscp_open(argv[2], guid);
  if (handle == 0) return 1; /* the driver has written the reason to standard error */
  pthread_t reader;
  if (pthread_create(&reader, NULL, read_events, &handle) != 0) return 1;
  char line[2 * MAX_DATA + 64];
  while (fgets(line, sizeof line, stdin) != NULL) write_event(handle, line);
  atomic_store(&is_closing, true);
  pthread_join(reader, NULL);
  return vscp_close(handle) == SUCCESS ? 0 : 1;
}
