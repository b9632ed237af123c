/* Lines of JSON on the host's output, whole lines from any thread. */
#ifndef HOST_OUTPUT_H
#define HOST_OUTPUT_H

#include <stddef.h>

/* Where lines go: standard output, unless that is taken away. */
extern int output_fd;

/* Prints one line; the format's result has no line break. */
void print_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Copies `text` as the inside of a JSON string. */
void json_escape(const char *text, char *escaped, size_t size);

#endif
