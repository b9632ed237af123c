#include "output.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

int output_fd = 1;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void write_all(const char *text, size_t length) {
  while (length > 0) {
    const ssize_t count = write(output_fd, text, length);
    if (count < 0 && errno != EINTR) return;
    if (count > 0) {
      text += count;
      length -= (size_t)count;
    }
  }
}

void print_line(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char line[16384];
  const int length = vsnprintf(line, sizeof line - 1, format, arguments);
  va_end(arguments);
  if (length < 0 || (size_t)length >= sizeof line - 1) return;
  line[length] = '\n';
  pthread_mutex_lock(&lock);
  write_all(line, (size_t)length + 1);
  pthread_mutex_unlock(&lock);
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
