/* One parsed line of the protocol and how to answer it; for the files that implement verbs. */
#ifndef HOST_COMMAND_H
#define HOST_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "driver_slot.h"
#include "output.h"

#define MAX_WORDS 64

struct command {
  char *line; /* owns the words */
  char tag[64];
  int count;
  char *words[MAX_WORDS];
  char *rest; /* the line after the third word */
};

/* The beginning of the answer: tag and verb. */
void reply_start(const struct command *command, char *text, size_t size);

#define REPLY(command, format, ...)                                \
  do {                                                             \
    char start[256];                                               \
    reply_start((command), start, sizeof start);                   \
    print_line("%s" format "}", start __VA_OPT__(, ) __VA_ARGS__); \
  } while (0)

/* Answers with an error. */
void fail(const struct command *command, const char *text);

double elapsed_ms(uint64_t since_ns);
/* A word of the line; empty when there are not that many words. */
const char *word(const struct command *command, int index);
/* The slot that the second word names; when it names none, or (loaded) one without a library, the line is
 * answered with an error and the result is null. */
struct driver_slot *slot_of(const struct command *command);
struct driver_slot *loaded_slot_of(const struct command *command);
/* Splits key=value in place; false when there is no '='. */
bool split_pair(char *text, char **value);
/* The event in the words from `first` on; when they are not an event, the line is answered with an error and
 * the result is false. */
bool event_from_words(const struct command *command, int first, struct plain_event *event);

/* Verbs that have their own files. */
void do_flood(const struct command *command);
void do_limit(const struct command *command);
void do_latency(const struct command *command);
void do_raw(const struct command *command);
void do_fork(const struct command *command);

#endif
