#define _GNU_SOURCE
#include "common.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

uint64_t now_ns(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

void sleep_until(uint64_t deadline_ns) {
  struct timespec at = {.tv_sec = (time_t)(deadline_ns / 1000000000u),
                        .tv_nsec = (long)(deadline_ns % 1000000000u)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {
  }
}

void histogram_add(struct Histogram *histogram, uint64_t ns) {
  unsigned shift = 0;
  if (ns >> (HISTOGRAM_SUB_BITS + 1)) {
    shift = 63u - (unsigned)__builtin_clzll(ns) - HISTOGRAM_SUB_BITS;
  }
  size_t index = ((size_t)shift << HISTOGRAM_SUB_BITS) + (size_t)(ns >> shift);
  if (index >= HISTOGRAM_BUCKETS) index = HISTOGRAM_BUCKETS - 1;
  histogram->bucket[index]++;
  histogram->count++;
  if (ns > histogram->max) histogram->max = ns;
}

/** The largest duration that falls into bucket `index`. */
static uint64_t bucket_edge(size_t index) {
  size_t half = (size_t)1 << HISTOGRAM_SUB_BITS;
  if (index < 2 * half) return index;
  size_t shift = (index >> HISTOGRAM_SUB_BITS) - 1;
  uint64_t base = (index & (half - 1)) + half;
  return ((base + 1) << shift) - 1;
}

uint64_t histogram_quantile(const struct Histogram *histogram, double share) {
  if (histogram->count == 0) return 0;
  uint64_t rank = (uint64_t)(share * (double)histogram->count);
  if (rank >= histogram->count) rank = histogram->count - 1;
  uint64_t seen = 0;
  for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
    seen += histogram->bucket[i];
    if (seen > rank) return bucket_edge(i) < histogram->max ? bucket_edge(i) : histogram->max;
  }
  return histogram->max;
}

void histogram_print(const struct Histogram *histogram) {
  printf("\"count\":%" PRIu64 ",\"p50Ns\":%" PRIu64 ",\"p90Ns\":%" PRIu64 ",\"p99Ns\":%" PRIu64
         ",\"maxNs\":%" PRIu64,
         histogram->count, histogram_quantile(histogram, 0.5), histogram_quantile(histogram, 0.9),
         histogram_quantile(histogram, 0.99), histogram->max);
}

/** Shorter pieces are wake-ups between threads; an event's frame is longer. */
#define SHORTEST_PIECE 16

static _Atomic uint64_t writes;
static _Atomic uint64_t written_bytes;

static ssize_t written(long result) {
  if (result >= SHORTEST_PIECE) {
    writes++;
    written_bytes += (uint64_t)result;
  }
  return result;
}

/*
 * These take the place of libc's for this program and for every library it loads, and count: the kernel's own
 * counters in /proc/self/io leave out what is sent by send().
 */
ssize_t send(int fd, const void *data, size_t size, int flags) {
  return written(syscall(SYS_sendto, fd, data, size, flags, NULL, 0));
}

ssize_t write(int fd, const void *data, size_t size) { return written(syscall(SYS_write, fd, data, size)); }

ssize_t writev(int fd, const struct iovec *pieces, int count) {
  return written(syscall(SYS_writev, fd, pieces, count));
}

/** The number after `name` in a /proc file; 0 when it is not there. */
static uint64_t proc_number(const char *path, const char *name) {
  FILE *file = fopen(path, "re");
  if (!file) return 0;
  char line[256];
  uint64_t value = 0;
  size_t length = strlen(name);
  while (fgets(line, sizeof line, file)) {
    if (strncmp(line, name, length) == 0) value = strtoull(line + length, NULL, 10);
  }
  fclose(file);
  return value;
}

void usage_print(void) {
  // What the scheduler counted, to the nanosecond; separate user and system times are only estimated from
  // ticks.
  struct timespec cpu;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
  uint64_t cpu_ns = (uint64_t)cpu.tv_sec * 1000000000u + (uint64_t)cpu.tv_nsec;
  printf("\"atNs\":%" PRIu64 ",\"cpuNs\":%" PRIu64 ",\"rssKb\":%" PRIu64 ",\"writes\":%" PRIu64
         ",\"writtenBytes\":%" PRIu64,
         now_ns(), cpu_ns, proc_number("/proc/self/status", "VmRSS:"), writes, written_bytes);
}

void line_end(void) {
  putchar('\n');
  fflush(stdout);
}

void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

void command_parse(struct Command *command, char *line) {
  char *rest = NULL;
  command->name = strtok_r(line, " ", &rest);
  if (!command->name) command->name = "";
  command->count = 0;
  for (char *word = strtok_r(NULL, " ", &rest); word && command->count < 16;
       word = strtok_r(NULL, " ", &rest)) {
    command->words[command->count++] = word;
  }
}

const char *command_text(const struct Command *command, const char *name, const char *fallback) {
  size_t length = strlen(name);
  for (int i = 0; i < command->count; i++) {
    const char *word = command->words[i];
    if (strncmp(word, name, length) == 0 && word[length] == '=') return word + length + 1;
  }
  return fallback;
}

double command_number(const struct Command *command, const char *name, double fallback) {
  const char *text = command_text(command, name, NULL);
  return text ? strtod(text, NULL) : fallback;
}

void line_input_fill(struct LineInput *input) {
  ssize_t got = read(0, input->buffer + input->length, sizeof input->buffer - input->length);
  if (got > 0) input->length += (size_t)got;
  if (got == 0) input->ended = true;
}

bool line_input_next(struct LineInput *input, char *line) {
  char *end = memchr(input->buffer, '\n', input->length);
  if (!end) return false;
  size_t length = (size_t)(end - input->buffer);
  memcpy(line, input->buffer, length);
  line[length] = '\0';
  input->length -= length + 1;
  memmove(input->buffer, end + 1, input->length);
  return true;
}
