#include "commands.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "driver_slot.h"
#include "output.h"
#include "process_state.h"

#define MAX_WORDS 64

struct command {
  char *line; /* owns the words */
  char tag[64];
  int count;
  char *words[MAX_WORDS];
  char *rest; /* of the line behind the third word */
};

static void reply_start(const struct command *command, char *text, size_t size) {
  char tag[160];
  json_escape(command->tag, tag, sizeof tag);
  snprintf(text, size, "{\"tag\":\"%s\",\"reply\":\"%s\",", tag, command->words[0]);
}

#define REPLY(command, format, ...)                                \
  do {                                                             \
    char start[256];                                               \
    reply_start((command), start, sizeof start);                   \
    print_line("%s" format "}", start __VA_OPT__(, ) __VA_ARGS__); \
  } while (0)

static void fail(const struct command *command, const char *text) {
  char escaped[1024];
  json_escape(text, escaped, sizeof escaped);
  REPLY(command, "\"error\":\"%s\"", escaped);
}

static double elapsed_ms(uint64_t since) { return (double)(monotonic_ns() - since) / 1e6; }

static const char *word(const struct command *command, int index) {
  return index < command->count ? command->words[index] : "";
}

static struct driver_slot *slot_of(const struct command *command) {
  char *end;
  const long number = strtol(word(command, 1), &end, 10);
  if (command->count < 2 || *end != '\0' || number < 0 || number >= MAX_SLOTS) {
    fail(command, "no such slot");
    return NULL;
  }
  slots[number].number = (int)number;
  return &slots[number];
}

static struct driver_slot *loaded_slot_of(const struct command *command) {
  struct driver_slot *slot = slot_of(command);
  if (slot != NULL && slot->library == NULL) {
    fail(command, "no library is loaded in this slot");
    return NULL;
  }
  return slot;
}

/* Undoes the escapes \n and \\ of a configuration text. */
static void unescape(char *text) {
  char *to = text;
  for (const char *from = text; *from != '\0'; from++) {
    if (from[0] == '\\' && from[1] == 'n') {
      *to++ = '\n';
      from++;
    } else if (from[0] == '\\' && from[1] == '\\') {
      *to++ = '\\';
      from++;
    } else {
      *to++ = *from;
    }
  }
  *to = '\0';
}

/* Splits key=value in place; false when there is no '='. */
static bool split_pair(char *text, char **value) {
  char *equals = strchr(text, '=');
  if (equals == NULL) return false;
  *equals = '\0';
  *value = equals + 1;
  return true;
}

static bool event_from_words(const struct command *command, int first, struct plain_event *event) {
  memset(event, 0, sizeof *event);
  for (int i = first; i < command->count; i++) {
    char *value;
    if (!split_pair(command->words[i], &value) || !plain_event_set(event, command->words[i], value)) {
      fail(command, "bad event");
      return false;
    }
  }
  return true;
}

static void do_load(const struct command *command) {
  struct driver_slot *slot = slot_of(command);
  if (slot == NULL) return;
  char error[1024];
  if (!slot_load(slot, word(command, 2), error, sizeof error)) {
    fail(command, error);
    return;
  }
  REPLY(command, "\"version\":%lu,\"vendor\":\"%s\"", slot->call.version(), slot->call.vendor());
}

static void do_unload(const struct command *command) {
  struct driver_slot *slot = loaded_slot_of(command);
  if (slot == NULL) return;
  slot_unload(slot);
  REPLY(command, "\"ok\":true");
}

static void do_open(const struct command *command) {
  struct driver_slot *slot = loaded_slot_of(command);
  if (slot == NULL) return;
  uint8_t guid[16] = {0};
  if (strcmp(word(command, 2), "-") != 0 && parse_hex(word(command, 2), guid, sizeof guid) != 16) {
    fail(command, "bad GUID");
    return;
  }
  char *config = command->rest == NULL ? strdup("") : strdup(command->rest);
  unescape(config);
  const uint64_t begin = monotonic_ns();
  const long handle = slot->call.open(config, guid);
  const double duration = elapsed_ms(begin);
  free(config);
  slot->handle = handle;
  if (handle > 0) slot_start_reading(slot);
  REPLY(command, "\"handle\":%ld,\"ms\":%.3f", handle, duration);
}

static void do_close(const struct command *command) {
  struct driver_slot *slot = loaded_slot_of(command);
  if (slot == NULL) return;
  const uint64_t begin = monotonic_ns();
  const int code = slot_close(slot);
  REPLY(command, "\"code\":%d,\"ms\":%.3f", code, elapsed_ms(begin));
}

static void do_read(const struct command *command) {
  struct driver_slot *slot = loaded_slot_of(command);
  if (slot == NULL) return;
  if (strcmp(word(command, 2), "on") == 0)
    slot_start_reading(slot);
  else
    slot_stop_reading(slot);
  REPLY(command, "\"ok\":true");
}

static void do_mode(const struct command *command) {
  struct driver_slot *slot = slot_of(command);
  if (slot == NULL) return;
  const char *mode = word(command, 2);
  slot->mode = strcmp(mode, "echo") == 0 ? READ_ECHO : strcmp(mode, "count") == 0 ? READ_COUNT : READ_PRINT;
  REPLY(command, "\"ok\":true");
}

static void do_counts(const struct command *command) {
  struct driver_slot *slot = slot_of(command);
  if (slot == NULL) return;
  REPLY(command,
        "\"events\":%lu,\"bytes\":%lu,\"idle\":%lu,\"failed\":%lu,\"lastFailure\":%d,\"damaged\":%lu,"
        "\"spanMs\":%.3f",
        slot->events_read, slot->bytes_read, slot->idle_reads, slot->failed_reads, slot->last_failure,
        slot->damaged, (double)(slot->last_read_ns - slot->first_read_ns) / 1e6);
  if (strcmp(word(command, 2), "reset") != 0) return;
  slot->events_read = slot->bytes_read = slot->idle_reads = slot->failed_reads = 0;
  slot->first_read_ns = slot->last_read_ns = 0;
}

static void do_write(const struct command *command) {
  struct driver_slot *slot = loaded_slot_of(command);
  struct plain_event event;
  if (slot == NULL || !event_from_words(command, 3, &event)) return;
  struct host_event host = {.layout = host_options.layout};
  plain_to_host(&event, &host);
  const uint64_t begin = monotonic_ns();
  const int code = slot->call.write(slot->handle, host.bytes, strtoul(word(command, 2), NULL, 10));
  REPLY(command, "\"code\":%d,\"ms\":%.3f", code, elapsed_ms(begin));
}

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

/* Time of writing and running number, as far as the data have room for them. */
static void stamp_event(struct flood *flood, uint64_t number) {
  const uint64_t now = monotonic_ns();
  if (flood->stamp && flood->event.size >= 8) memcpy(flood->event.data, &now, 8);
  if (flood->event.size >= 16) memcpy(flood->event.data + 8, &number, 8);
}

static void do_flood(const struct command *command) {
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
  struct host_event host = {.layout = host_options.layout};
  plain_to_host(&flood.event, &host); /* its data pointer leads to flood.event.data, which is stamped */
  for (unsigned long i = 0; i < flood.count; i++) {
    if (flood.rate > 0) wait_until(begin + (uint64_t)((double)i * 1e9 / flood.rate));
    stamp_event(&flood, i);
    int code = slot->call.write(slot->handle, host.bytes, flood.timeout_ms);
    while (code == 9) {
      timeouts++;
      if (!flood.retry) break;
      code = slot->call.write(slot->handle, host.bytes, flood.timeout_ms);
    }
    if (code == 0)
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

/* latency SLOT on: begins to collect; latency SLOT: reports what was collected (µs) and begins anew. */
static void do_latency(const struct command *command) {
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

/* raw SLOT write|read|close HANDLE TIMEOUT [event]: a call with any handle ('self' = the slot's, 'null'
 * event). */
static void do_raw(const struct command *command) {
  struct driver_slot *slot = loaded_slot_of(command);
  if (slot == NULL) return;
  const char *what = word(command, 2);
  const long handle =
      strcmp(word(command, 3), "self") == 0 ? slot->handle : strtol(word(command, 3), NULL, 0);
  const unsigned long timeout_ms = strtoul(word(command, 4), NULL, 10);
  const bool null_event = strcmp(word(command, 5), "null") == 0;
  struct plain_event event;
  struct host_event host = {.layout = host_options.layout};
  memset(&event, 0, sizeof event);
  if (!null_event && !event_from_words(command, 5, &event)) return;
  plain_to_host(&event, &host);
  const uint64_t begin = monotonic_ns();
  int code = -1;
  if (strcmp(what, "write") == 0)
    code = slot->call.write(handle, null_event ? NULL : host.bytes, timeout_ms);
  else if (strcmp(what, "close") == 0)
    code = slot->call.close(handle);
  else if (strcmp(what, "read") == 0 && null_event)
    code = slot->call.read(handle, NULL, timeout_ms);
  else if (strcmp(what, "read") == 0)
    code = slot_read(slot, handle, timeout_ms, &event);
  char text[2048] = "null";
  if (code == 0 && strcmp(what, "read") == 0) plain_event_json(&event, text, sizeof text);
  REPLY(command, "\"code\":%d,\"ms\":%.3f,\"event\":%s", code, elapsed_ms(begin), text);
}

/* fork SLOT _exit|exit|exec|calls: what a child does; the reply tells how it ended. */
static void do_fork(const struct command *command) {
  struct driver_slot *slot = loaded_slot_of(command);
  if (slot == NULL) return;
  const char *what = word(command, 2);
  void (*old_handler)(int) = signal(SIGCHLD, SIG_DFL);
  const pid_t child = fork();
  if (child == 0) {
    if (strcmp(what, "exec") == 0) execlp("true", "true", (char *)NULL);
    if (strcmp(what, "exit") == 0) exit(7);
    if (strcmp(what, "calls") == 0) {
      struct host_event host;
      host_event_prepare(&host, host_options.layout, false);
      const int codes = slot->call.write(slot->handle, host.bytes, 100) == 41 &&
                        slot->call.read(slot->handle, host.bytes, 100) == 41 &&
                        slot->call.close(slot->handle) == 41 && slot->call.open("", NULL) == 0;
      exit(codes ? 7 : 8);
    }
    _exit(7);
  }
  int status = -1;
  waitpid(child, &status, 0);
  signal(SIGCHLD, old_handler);
  REPLY(command, "\"exited\":%s,\"status\":%d", WIFEXITED(status) ? "true" : "false",
        WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

static void do_dump(const struct command *command) {
  char start[256];
  reply_start(command, start, sizeof start);
  print_process_state(start);
}

static void do_usage(const struct command *command) {
  char start[256];
  reply_start(command, start, sizeof start);
  print_process_usage(start);
}

static void do_exit(const struct command *command) { exit(atoi(word(command, 1))); }

static void do_abort(const struct command *command) {
  (void)command;
  abort();
}

static void do_quit(const struct command *command) {
  close_all_slots();
  REPLY(command, "\"ok\":true");
  exit(0);
}

static void do_ping(const struct command *command) { REPLY(command, "\"ok\":true"); }

static const struct {
  const char *name;
  void (*run)(const struct command *command);
} verbs[] = {
    {"load", do_load},   {"unload", do_unload},   {"open", do_open},     {"close", do_close},
    {"read", do_read},   {"mode", do_mode},       {"counts", do_counts}, {"write", do_write},
    {"flood", do_flood}, {"latency", do_latency}, {"raw", do_raw},       {"fork", do_fork},
    {"dump", do_dump},   {"usage", do_usage},     {"exit", do_exit},     {"abort", do_abort},
    {"quit", do_quit},   {"ping", do_ping},
};

static void run_command(const struct command *command) {
  for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
    if (strcmp(command->words[0], verbs[i].name) == 0) {
      verbs[i].run(command);
      return;
    }
  }
  fail(command, "unknown command");
}

static void free_command(struct command *command) {
  free(command->rest);
  free(command->line);
  free(command);
}

static void *run_in_background(void *argument) {
  struct command *command = argument;
  run_command(command);
  free_command(command);
  return NULL;
}

/* Cuts the line into words; `rest` keeps what follows the third word, blanks and all. */
static void split_words(struct command *command, char *text) {
  char *position = text;
  while (command->count < MAX_WORDS) {
    position += strspn(position, " ");
    if (*position == '\0') break;
    if (command->count == 3 && command->rest == NULL) command->rest = strdup(position);
    command->words[command->count++] = position;
    position += strcspn(position, " ");
    if (*position != '\0') *position++ = '\0';
  }
}

void run_command_line(char *line) {
  struct command *command = calloc(1, sizeof *command);
  if (command == NULL) return;
  command->line = strdup(line);
  char *text = command->line + strspn(command->line, " ");
  if (*text == '@') {
    const size_t length = strcspn(text, " ");
    snprintf(command->tag, sizeof command->tag, "%.*s", (int)length - 1, text + 1);
    text += length;
    text += strspn(text, " ");
  }
  const bool background = *text == '&';
  if (background) text++;
  split_words(command, text);
  if (command->count == 0) {
    free_command(command);
    return;
  }
  pthread_t thread;
  if (background && pthread_create(&thread, NULL, run_in_background, command) == 0) {
    pthread_detach(thread);
    return;
  }
  run_command(command);
  free_command(command);
}

void close_all_slots(void) {
  for (int i = 0; i < MAX_SLOTS; i++) {
    if (slots[i].library == NULL) continue;
    slot_close(&slots[i]);
    slot_unload(&slots[i]);
  }
}
