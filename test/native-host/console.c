#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"

/* The descriptor at which each of the two can be read; -1 = none. */
static int reading_end[3] = {-1, -1, -1};

static bool make_fifo(int ends[2]) {
  char folder[] = "/tmp/vscp-l2-host-XXXXXX";
  if (mkdtemp(folder) == NULL) return false;
  char path[sizeof folder + 8];
  snprintf(path, sizeof path, "%s/fifo", folder);
  if (mkfifo(path, 0600) != 0) return false;
  ends[0] = open(path, O_RDONLY | O_NONBLOCK);
  ends[1] = open(path, O_WRONLY);
  fcntl(ends[0], F_SETFL, 0);
  unlink(path);
  rmdir(folder);
  return ends[0] >= 0 && ends[1] >= 0;
}

static bool make_file(int ends[2]) {
  char path[] = "/tmp/vscp-l2-host-XXXXXX";
  ends[1] = mkstemp(path);
  ends[0] = open(path, O_RDONLY);
  unlink(path);
  return ends[0] >= 0 && ends[1] >= 0;
}

static bool make_terminal(int ends[2]) {
  ends[0] = posix_openpt(O_RDWR | O_NOCTTY);
  if (ends[0] < 0 || grantpt(ends[0]) != 0 || unlockpt(ends[0]) != 0) return false;
  ends[1] = open(ptsname(ends[0]), O_RDWR | O_NOCTTY);
  return ends[1] >= 0;
}

static bool make_ends(const char *kind, int ends[2]) {
  if (strcmp(kind, "pipe") == 0) return pipe(ends) == 0;
  if (strcmp(kind, "socket") == 0) return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0;
  if (strcmp(kind, "fifo") == 0) return make_fifo(ends);
  if (strcmp(kind, "file") == 0) return make_file(ends);
  if (strcmp(kind, "tty") == 0) return make_terminal(ends);
  if (strcmp(kind, "full") == 0) return (ends[1] = open("/dev/full", O_WRONLY)) >= 0;
  return strcmp(kind, "closed") == 0;
}

bool replace_output(int fd, const char *kind) {
  int ends[2] = {-1, -1};
  if (fd == STDOUT_FILENO) output_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 100);
  if (!make_ends(kind, ends)) return false;
  if (ends[0] >= 0) {
    reading_end[fd] = fcntl(ends[0], F_DUPFD_CLOEXEC, 100);
    close(ends[0]);
  }
  if (ends[1] < 0) return close(fd) == 0;
  const bool replaced = dup2(ends[1], fd) == fd;
  close(ends[1]);
  return replaced;
}

struct copy {
  int from, to;
};

static void *copy_all(void *argument) {
  struct copy *copy = argument;
  char bytes[65536];
  for (;;) {
    const ssize_t count = read(copy->from, bytes, sizeof bytes);
    if (count < 0 && errno == EINTR) continue;
    /* The end of a file is reached again and again. */
    if (count <= 0) usleep(10000);
    if (count > 0 && write(copy->to, bytes, (size_t)count) < 0) break;
  }
  free(copy);
  return NULL;
}

static bool start_reading(int from, const char *path) {
  struct copy *copy = malloc(sizeof *copy);
  if (copy == NULL) return false;
  copy->from = from;
  copy->to = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  pthread_t thread;
  return copy->to >= 0 && pthread_create(&thread, NULL, copy_all, copy) == 0 && pthread_detach(thread) == 0;
}

void do_console(const struct command *command) {
  const int fd = strcmp(word(command, 1), "2") == 0 ? STDERR_FILENO : STDOUT_FILENO;
  const char *what = word(command, 2);
  if (reading_end[fd] < 0) {
    fail(command, "this output has no reader");
  } else if (strcmp(what, "close") == 0) {
    close(reading_end[fd]);
    reading_end[fd] = -1;
    REPLY(command, "\"ok\":true");
  } else if (strcmp(what, "read") == 0 && start_reading(reading_end[fd], word(command, 3))) {
    REPLY(command, "\"ok\":true");
  } else {
    fail(command, "expected: read FILE, or close");
  }
}
