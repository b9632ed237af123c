/*
 * A small VSCP level II host for trying and testing drivers: it loads them as a daemon does and reads
 * commands from standard input, one a line; answers and events are lines of JSON on standard output.
 *
 *   vscp-l2-host [--garbage] [--free] [--read-timeout MS] [--profile v14] [--join-twice]
 *                [--sigpipe default] [--stdio closed|directory] [--stdout KIND] [--stderr KIND]
 *                [--umask OCTAL]
 *
 * It is compiled for the 2026 layout of events; vscp-l2-host-classic is the same program for the classic
 * layout.
 *
 *   --garbage  hand uninitialised structs to VSCPRead, as hosts up to version 14 do
 *   --free     delete[] the data of events read, as the specification says; without it they leak
 *   --profile v14       all of version 14: --garbage --free --read-timeout 500, a writing thread that repeats
 *              VSCPWrite with 300 ms, and VSCPClose while reader and writer are inside
 *   --no-reader         `open` starts no reading thread
 *   --join-twice        at its end the host joins every reading thread a second time, as daemons do
 *   --sigpipe default   leave SIGPIPE deadly; otherwise it is ignored, as daemons do
 *   --stdio    move this protocol to other descriptors and close 0-2, or open them on / as daemons do
 *   --stdout, --stderr   file, pipe, fifo, tty, socket, full or closed: what the driver finds at 1 or 2;
 *              nobody reads it until `console` says so
 *   --umask    file mode mask of this process
 *
 * A command line is `[@TAG] [&]VERB WORDS…`. The answer is {"tag":TAG,"reply":VERB,…} or has an "error".
 * Lines run one after the other; one with `&` runs in a thread of its own. SLOT is 0-7, one configured
 * driver.
 *
 *   load SLOT FILE              dlopen(RTLD_LAZY | RTLD_LOCAL)              -> version, vendor
 *   open SLOT GUID CONFIG       VSCPOpen; GUID 32 hex digits or -; CONFIG is the rest of the line (\n = line
 *                               break, \\ = \); starts the reading thread  -> handle (0 = failed), ms
 *   close SLOT                  ends the reader, VSCPClose                  -> code, ms
 *   unload SLOT                 dlclose
 *   write SLOT TIMEOUT EVENT    VSCPWrite                                   -> code, ms
 *       EVENT: head= obid= year= month= day= hour= minute= second= timestamp= ns= class= type= guid=HEX
 *       data=HEX; sizedata= and pdata=null make a false one. ns counts with head bit 8 (2026 layout).
 *   flood SLOT COUNT …          many of them: size= rate=EVENTS/S timeout=MS retry=1 stamp=1 and EVENT keys;
 *                               data hold CLOCK_MONOTONIC ns (stamp=1) and a running number, 8 bytes each
 *                               -> accepted, timeouts, lastCode, ms
 *   mode SLOT MODE              what happens to events read: print ({"slot":N,"event":{…}}), count, echo
 *                               (written back), binary-echo (without obid, time and, classic, GUID)
 *   read SLOT on|off            starts, stops the reading thread
 *   counts SLOT [reset]         -> events, bytes, idle, failed, lastFailure, damaged (crc or memory
 *                               behind the struct written), spanMs (first to last event)
 *   latency SLOT                µs from stamp to VSCPRead since the last call -> count, p50 … max
 *   raw SLOT write|read|close HANDLE|self TIMEOUT [null|EVENT]
 *                               any call with any handle -> code, ms, event
 *   fork SLOT _exit|exit|exec|calls
 *                               a child of this host -> exited, status
 *   limit WHAT VALUE            narrows this process: threads N, files N (that many more; none = as before),
 *                               address KB, data KB, executable prctl|seccomp (no memory becomes so)
 *   dump                        signals, masks, umask, cwd, stdio flags, environment, locale, limits
 *   console 1|2 read FILE       copies what the driver writes there to FILE from now on
 *   console 1|2 close           takes the reader away, before the first `read` only
 *   usage                       threads, fds, rssKb, peakKb, virtualKb, stacksKb, cpuMs
 *   ping, exit CODE (without VSCPClose), abort, quit
 *
 * SIGTERM, SIGINT, SIGHUP and the end of standard input do what they do to a daemon: VSCPClose, dlclose,
 * exit 0.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "console.h"
#include "driver_slot.h"
#include "output.h"

struct host_options host_options = {.read_timeout_ms = 50};

static int input_fd = STDIN_FILENO;
static int signal_pipe[2] = {-1, -1};

static void on_signal(int number) {
  const char byte = (char)number;
  const int saved = errno;
  if (write(signal_pipe[1], &byte, 1) < 0) _exit(1);
  errno = saved;
}

/* Not 0-2: a driver takes what it finds there for the standard descriptors. */
static bool open_signal_pipe(void) {
  int ends[2];
  if (pipe(ends) != 0) return false;
  for (int i = 0; i < 2; i++) {
    signal_pipe[i] = fcntl(ends[i], F_DUPFD_CLOEXEC, 100);
    close(ends[i]);
  }
  return signal_pipe[0] >= 0 && signal_pipe[1] >= 0;
}

static void install_signals(bool sigpipe_ignored) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGHUP, &action, NULL);
  sigaction(SIGQUIT, &action, NULL);
  signal(SIGCHLD, SIG_IGN);
  if (sigpipe_ignored) signal(SIGPIPE, SIG_IGN);
}

/* Moves the protocol's descriptors out of the way; the driver finds `kind` at 0-2. */
static void replace_stdio(const char *kind) {
  input_fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 100);
  output_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 100);
  for (int fd = 0; fd <= 2; fd++) close(fd);
  if (strcmp(kind, "directory") != 0) return;
  for (int fd = 0; fd <= 2; fd++) {
    if (open("/", O_RDONLY) != fd) _exit(3);
  }
}

static bool parse_options(int argc, char **argv, bool *sigpipe_ignored) {
  for (int i = 1; i < argc; i++) {
    const char *value = i + 1 < argc ? argv[i + 1] : "";
    if (strcmp(argv[i], "--garbage") == 0) {
      host_options.garbage = true;
    } else if (strcmp(argv[i], "--free") == 0) {
      host_options.free_data = true;
    } else if (strcmp(argv[i], "--profile") == 0 && strcmp(value, "v14") == 0) {
      host_options.garbage = host_options.free_data = host_options.three_threads = true;
      host_options.read_timeout_ms = 500;
      i++;
    } else if (strcmp(argv[i], "--no-reader") == 0) {
      host_options.no_reader = true;
    } else if (strcmp(argv[i], "--join-twice") == 0) {
      host_options.join_twice = true;
    } else if (strcmp(argv[i], "--read-timeout") == 0) {
      host_options.read_timeout_ms = strtoul(value, NULL, 10);
      i++;
    } else if (strcmp(argv[i], "--stdio") == 0) {
      replace_stdio(value);
      i++;
    } else if (strcmp(argv[i], "--stdout") == 0 || strcmp(argv[i], "--stderr") == 0) {
      if (!replace_output(strcmp(argv[i], "--stdout") == 0 ? STDOUT_FILENO : STDERR_FILENO, value))
        return false;
      i++;
    } else if (strcmp(argv[i], "--umask") == 0) {
      umask((mode_t)strtoul(value, NULL, 8));
      i++;
    } else if (strcmp(argv[i], "--sigpipe") == 0) {
      *sigpipe_ignored = strcmp(value, "default") != 0;
      i++;
    } else {
      fprintf(stderr, "unknown option %s\n", argv[i]);
      return false;
    }
  }
  return true;
}

struct line_reader {
  char *text;
  size_t length, size;
};

/* Reads what is there and runs its complete lines. False at the end of the input. */
static bool read_lines(struct line_reader *reader) {
  if (reader->size - reader->length < 4096) {
    reader->size = reader->size * 2 + 65536;
    reader->text = realloc(reader->text, reader->size);
    if (reader->text == NULL) return false;
  }
  const ssize_t count = read(input_fd, reader->text + reader->length, reader->size - reader->length);
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  if (count == 0) return false;
  reader->length += (size_t)count;
  char *begin = reader->text;
  char *end = reader->text + reader->length;
  for (char *line_end; (line_end = memchr(begin, '\n', (size_t)(end - begin))) != NULL;
       begin = line_end + 1) {
    *line_end = '\0';
    run_command_line(begin);
  }
  reader->length = (size_t)(end - begin);
  memmove(reader->text, begin, reader->length);
  return true;
}

int main(int argc, char **argv) {
  bool sigpipe_ignored = true;
  if (!parse_options(argc, argv, &sigpipe_ignored) || !open_signal_pipe()) return 2;
  install_signals(sigpipe_ignored);
  struct line_reader reader = {NULL, 0, 0};
  for (;;) {
    struct pollfd wanted[2] = {{input_fd, POLLIN, 0}, {signal_pipe[0], POLLIN, 0}};
    if (poll(wanted, 2, -1) < 0 && errno != EINTR) break;
    if (wanted[1].revents != 0) break;
    if (wanted[0].revents != 0 && !read_lines(&reader)) break;
  }
  free(reader.text);
  close_all_slots();
  return 0;
}
