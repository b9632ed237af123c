/* Prints lines of JSON on the host's output; any thread may print, and lines stay whole. */
#ifndef HOST_OUTPUT_H
#define HOST_OUTPUT_H

#include <stddef.h>

/* Where lines go: standard output, unless the protocol was moved away from it. */
extern int output_fd;

/* Prints one line; the format's result has no line break. */
void print_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Copies `text` as the contents of a JSON string. */
void json_escape(const char *text, char *escaped, size_t size);

#endif
