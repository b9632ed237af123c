#include "output.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void print_line(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  pthread_mutex_lock(&lock);
  vprintf(format, arguments);
  putchar('\n');
  fflush(stdout);
  pthread_mutex_unlock(&lock);
  va_end(arguments);
}

void json_escape(const char *text, char *escaped, size_t size) {
  size_t at = 0;
  for (; *text != '\0' && at + 7 < size; text++) {
    const unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\') {
      escaped[at++] = '\\';
      escaped[at++] = (char)c;
    } else if (c < 0x20) {
      at += (size_t)snprintf(escaped + at, size - at, "\\u%04x", c);
    } else {
      escaped[at++] = (char)c;
    }
  }
  escaped[at] = '\0';
}
