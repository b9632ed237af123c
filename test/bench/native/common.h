/** Clock, latency histogram, process usage and command input shared by the programs of the benchmark. */
#ifndef BENCH_COMMON_H_
#define BENCH_COMMON_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** CLOCK_MONOTONIC in nanoseconds: comparable between processes of one machine. */
uint64_t now_ns(void);

/** Sleeps until `deadline_ns` of CLOCK_MONOTONIC. */
void sleep_until(uint64_t deadline_ns);

/** Sub-buckets per power of two: the error of a reading is 1.6 % at most. */
#define HISTOGRAM_SUB_BITS 6
#define HISTOGRAM_BUCKETS (48 << HISTOGRAM_SUB_BITS)

/** Log-linear histogram of durations in nanoseconds, up to some days. */
struct Histogram {
  uint64_t count;
  uint64_t max;
  uint32_t bucket[HISTOGRAM_BUCKETS];
};

void histogram_add(struct Histogram *histogram, uint64_t ns);

/** Upper edge of the bucket that holds the given share (0-1) of the readings; 0 when there are none. */
uint64_t histogram_quantile(const struct Histogram *histogram, double share);

/** Writes `"count":…,"p50Ns":…,"p90Ns":…,"p99Ns":…,"maxNs":…` (no braces) to standard output. */
void histogram_print(const struct Histogram *histogram);

/** Writes `"atNs":…,"cpuNs":…,"rssKb":…,"writes":…,"writtenBytes":…` of this process (no braces). */
void usage_print(void);

/** Ends a JSON line on standard output and flushes it. */
void line_end(void);

/** Writes the reason to standard error and exits with code 1. */
_Noreturn void fail(const char *what);

/** A command line: its first word and the `name=value` words after it. */
struct Command {
  const char *name;
  char *words[16];
  int count;
};

/** Splits `line` in place. */
void command_parse(struct Command *command, char *line);

/** Value of the word `name=…`, or `fallback`. */
const char *command_text(const struct Command *command, const char *name, const char *fallback);
double command_number(const struct Command *command, const char *name, double fallback);

/** Collects lines from the non-blocking standard input. */
struct LineInput {
  char buffer[65536];
  size_t length;
  bool ended;
};

/** Reads what there is; call once when the input is readable. */
void line_input_fill(struct LineInput *input);

/** Takes the next complete line into `line` (size as the buffer's); false when there is none. */
bool line_input_next(struct LineInput *input, char *line);

#endif
