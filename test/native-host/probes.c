#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"

/* raw SLOT write|read|close HANDLE TIMEOUT [event]: a call with any handle ('self' = the slot's, 'null'
 * event). */
void do_raw(const struct command *command) {
  struct driver_slot *slot = loaded_slot_of(command);
  if (slot == NULL) return;
  const char *what = word(command, 2);
  const long handle =
      strcmp(word(command, 3), "self") == 0 ? slot->handle : strtol(word(command, 3), NULL, 0);
  const unsigned long timeout_ms = strtoul(word(command, 4), NULL, 10);
  const bool null_event = strcmp(word(command, 5), "null") == 0;
  struct plain_event event;
  struct host_event host;
  memset(&event, 0, sizeof event);
  if (!null_event && !event_from_words(command, 5, &event)) return;
  plain_to_host(&event, &host);
  const uint64_t begin = monotonic_ns();
  int code = -1;
  if (strcmp(what, "write") == 0)
    code = slot->call.write(handle, null_event ? NULL : host.bytes, timeout_ms);
  else if (strcmp(what, "close") == 0)
    code = slot->call.close(handle);
  else if (strcmp(what, "read") == 0 && null_event)
    code = slot->call.read(handle, NULL, timeout_ms);
  else if (strcmp(what, "read") == 0)
    code = slot_read(slot, handle, timeout_ms, &event);
  char text[2048] = "null";
  if (code == 0 && strcmp(what, "read") == 0) plain_event_json(&event, text, sizeof text);
  REPLY(command, "\"code\":%d,\"ms\":%.3f,\"event\":%s", code, elapsed_ms(begin), text);
}

/* fork SLOT _exit|exit|exec|calls: what a child does; the reply tells how it ended. */
void do_fork(const struct command *command) {
  struct driver_slot *slot = loaded_slot_of(command);
  if (slot == NULL) return;
  const char *what = word(command, 2);
  void (*old_handler)(int) = signal(SIGCHLD, SIG_DFL);
  const pid_t child = fork();
  if (child == 0) {
    if (strcmp(what, "exec") == 0) execlp("true", "true", (char *)NULL);
    if (strcmp(what, "exit") == 0) exit(7);
    if (strcmp(what, "calls") == 0) {
      struct host_event host;
      host_event_prepare(&host, false);
      const int codes = slot->call.write(slot->handle, host.bytes, 100) == 41 &&
                        slot->call.read(slot->handle, host.bytes, 100) == 41 &&
                        slot->call.close(slot->handle) == 41 && slot->call.open("", NULL) == 0;
      exit(codes ? 7 : 8);
    }
    _exit(7);
  }
  int status = -1;
  waitpid(child, &status, 0);
  signal(SIGCHLD, old_handler);
  REPLY(command, "\"exited\":%s,\"status\":%d", WIFEXITED(status) ? "true" : "false",
        WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}
