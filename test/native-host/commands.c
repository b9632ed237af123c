#include "commands.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "console.h"
#include "process_state.h"

void reply_start(const struct command *command, char *text, size_t size) {
  char tag[160];
  json_escape(command->tag, tag, sizeof tag);
  snprintf(text, size, "{\"tag\":\"%s\",\"reply\":\"%s\",", tag, command->words[0]);
}

void fail(const struct command *command, const char *text) {
  char escaped[1024];
  json_escape(text, escaped, sizeof escaped);
  REPLY(command, "\"error\":\"%s\"", escaped);
}

double elapsed_ms(uint64_t since) { return (double)(monotonic_ns() - since) / 1e6; }

const char *word(const struct command *command, int index) {
  return index < command->count ? command->words[index] : "";
}

struct driver_slot *slot_of(const struct command *command) {
  char *end;
  const long number = strtol(word(command, 1), &end, 10);
  if (command->count < 2 || *end != '\0' || number < 0 || number >= MAX_SLOTS) {
    fail(command, "no such slot");
    return NULL;
  }
  slots[number].number = (int)number;
  return &slots[number];
}

struct driver_slot *loaded_slot_of(const struct command *command) {
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

bool split_pair(char *text, char **value) {
  char *equals = strchr(text, '=');
  if (equals == NULL) return false;
  *equals = '\0';
  *value = equals + 1;
  return true;
}

bool event_from_words(const struct command *command, int first, struct plain_event *event) {
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
  if (handle > 0 && !host_options.no_reader) slot_start_reading(slot);
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
  slot->mode = strcmp(mode, "echo") == 0          ? READ_ECHO
               : strcmp(mode, "binary-echo") == 0 ? READ_BINARY_ECHO
               : strcmp(mode, "count") == 0       ? READ_COUNT
                                                  : READ_PRINT;
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
  struct host_event host;
  plain_to_host(&event, &host);
  const uint64_t begin = monotonic_ns();
  const int code = slot_write(slot, &host, strtoul(word(command, 2), NULL, 10));
  REPLY(command, "\"code\":%d,\"ms\":%.3f", code, elapsed_ms(begin));
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
    {"load", do_load},   {"unload", do_unload},   {"open", do_open},       {"close", do_close},
    {"read", do_read},   {"mode", do_mode},       {"counts", do_counts},   {"write", do_write},
    {"flood", do_flood}, {"latency", do_latency}, {"raw", do_raw},         {"fork", do_fork},
    {"dump", do_dump},   {"usage", do_usage},     {"exit", do_exit},       {"abort", do_abort},
    {"quit", do_quit},   {"ping", do_ping},       {"console", do_console}, {"limit", do_limit},
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

/* Cuts the line into words; `rest` keeps everything after the third word, including blanks. */
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
  if (host_options.join_twice) join_readers_again();
}
