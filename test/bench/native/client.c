/*
 * Load client of the benchmark: many websocket clients in one thread.
 *
 * Reads commands from standard input, one a line, and answers each with one line of JSON:
 *
 *   connect port=P count=N protocol=ws1|ws2|mixed [iv=HEX crypto=HEX] [logins=FILE] [open=0] [filter=1|2]
 *           [stamped=1] [stride=S] [modulo=M] [window=N] [spread=1] [timeout=MS]
 *                               waits until all are connected, logged in and open; at most `window` are
 *                               begun at once. FILE has a line for each login, `password IV CRYPTO` or
 *                               `token ID SECRET`; connections take turns. spread: each connection comes
 *                               from a loopback address of its own. filter: connection i asks for events
 *                               of type i (1), or with a GUID that ends in i (2)
 *   snap [reset=1]              counters since the last reset
 *   expect stride=S             from now on the numbers of a connection grow by S
 *   read bytes=B                B bytes a second and connection; 0 = stop reading; -1 = as fast as they come
 *   await last=SEQ timeout=MS   waits until every connection has got event SEQ
 *   send rate=R                 connection 0 sends R events a second, without waiting for replies
 *   send rate=R window=W        all send, together R a second (0 = as fast as allowed), with at most W
 *                               unanswered events each
 *   send stop=1
 *   disconnect, quit
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "connection.h"
#include "sender.h"

#define TICK_NS 10000000u
/** The default number of connections begun but not ready: it stays below the listen backlog of any server. */
#define DEFAULT_WINDOW 64
#define LOGINS_MAX 65536

static struct Load load;
static struct Sender sender;
static struct Connection *connections;
static uint32_t wanted;
static uint32_t started;
static uint32_t window;
static enum Protocol protocol_of_all;
static double read_rate = -1;
static double read_budget;
static uint64_t deadline_ns;
static uint64_t connect_began_ns;
static uint64_t awaited_seq;
static enum { PENDING_NONE, PENDING_CONNECT, PENDING_AWAIT } pending_reply;
static bool quitting;

static uint64_t deadline_in(const struct Command *command, double fallback_ms) {
  return now_ns() + (uint64_t)(command_number(command, "timeout", fallback_ms) * 1e6);
}

static void read_logins(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) fail(path);
  load.logins = calloc(LOGINS_MAX, sizeof *load.logins);
  if (!load.logins) fail("calloc");
  char line[1024], kind[16], first[128], second[600];
  while (load.login_count < LOGINS_MAX && fgets(line, sizeof line, file)) {
    if (sscanf(line, "%15s %127s %599s", kind, first, second) != 3) continue;
    struct Login *login = &load.logins[load.login_count++];
    if (strcmp(kind, "token") == 0) {
      login->token = strdup(first);
      for (size_t i = 0; i < sizeof login->secret; i++) sscanf(second + 2 * i, "%2hhx", &login->secret[i]);
    } else {
      login->iv = strdup(first);
      login->crypto = strdup(second);
    }
  }
  fclose(file);
}

static void connect_command(const struct Command *command) {
  const char *protocol = command_text(command, "protocol", "mixed");
  const char *iv = command_text(command, "iv", NULL);
  const char *logins = command_text(command, "logins", NULL);
  wanted = (uint32_t)command_number(command, "count", 1);
  started = 0;
  load.port = (uint16_t)command_number(command, "port", 0);
  window = (uint32_t)command_number(command, "window", DEFAULT_WINDOW);
  load.spread = command_number(command, "spread", 0) != 0;
  load.login_count = 0;
  if (logins) read_logins(logins);
  if (iv) {
    static struct Login only;
    only.iv = strdup(iv);
    only.crypto = strdup(command_text(command, "crypto", ""));
    load.logins = &only;
    load.login_count = 1;
  }
  load.open_channel = command_number(command, "open", 1) != 0;
  load.filter = (enum Filter)command_number(command, "filter", 0);
  load.stamped = command_number(command, "stamped", 0) != 0;
  load.stride = (uint64_t)command_number(command, "stride", 1);
  load.modulo = (uint64_t)command_number(command, "modulo", 0);
  load.closed = 0;
  protocol_of_all = strcmp(protocol, "ws1") == 0   ? PROTOCOL_WS1
                    : strcmp(protocol, "ws2") == 0 ? PROTOCOL_WS2
                                                   : 0;
  connections = calloc(wanted, sizeof *connections);
  if (!connections) fail("calloc");
  deadline_ns = deadline_in(command, 60000);
  connect_began_ns = now_ns();
  pending_reply = PENDING_CONNECT;
}

static void start_some(void) {
  while (started < wanted && started - load.ready - load.closed < window) {
    enum Protocol mixed = started % 2 ? PROTOCOL_WS1 : PROTOCOL_WS2;
    connection_start(&load, &connections[started], started, protocol_of_all ? protocol_of_all : mixed);
    started++;
  }
}

/**
 * `*last` is the lowest last event of all connections, `*first` the highest first one; false when one got
 * nothing.
 */
static bool progress(uint64_t *first, uint64_t *last) {
  *first = 0;
  *last = UINT64_MAX;
  for (uint32_t i = 0; i < started; i++) {
    if (!connections[i].counting) return false;
    if (connections[i].first_seq > *first) *first = connections[i].first_seq;
    if (connections[i].last_seq < *last) *last = connections[i].last_seq;
  }
  return started > 0;
}

static void reset_counters(void) {
  load.messages = load.bytes = load.reads = load.gaps = load.disorder = load.malformed = 0;
  load.acks = load.nacks = 0;
  memset(&load.latency, 0, sizeof load.latency);
  for (uint32_t i = 0; i < started; i++) connections[i].counting = false;
}

static void snap_command(const struct Command *command) {
  uint64_t first;
  uint64_t last;
  bool all = progress(&first, &last);
  printf("{\"ready\":%u,\"closed\":%u,\"closeCode\":%u,\"messages\":%" PRIu64 ",\"bytes\":%" PRIu64
         ",\"reads\":%" PRIu64 ",\"gaps\":%" PRIu64 ",\"disorder\":%" PRIu64 ",\"malformed\":%" PRIu64
         ",\"acks\":%" PRIu64 ",\"nacks\":%" PRIu64 ",\"sent\":%" PRIu64,
         load.ready, load.closed, load.close_code, load.messages, load.bytes, load.reads, load.gaps,
         load.disorder, load.malformed, load.acks, load.nacks, sender.sent);
  if (all) printf(",\"firstSeq\":%" PRIu64 ",\"lastSeq\":%" PRIu64, first, last);
  printf(",\"latency\":{");
  histogram_print(&load.latency);
  printf("},\"usage\":{");
  usage_print();
  printf("}}");
  line_end();
  if (command_number(command, "reset", 0) != 0) reset_counters();
}

static void watch_all(void) {
  for (uint32_t i = 0; i < started; i++) {
    if (connections[i].state != CONNECTION_CLOSED) connection_watch(&load, &connections[i], read_rate < 0);
  }
}

static void disconnect(void) {
  for (uint32_t i = 0; i < started; i++) connection_close(&load, &connections[i]);
  free(connections);
  connections = NULL;
  started = wanted = 0;
  sender_stop(&sender);
}

static void acknowledge(void) {
  uint64_t next_seq = started > 0 ? connections[0].next_seq : 0;
  printf("{\"ok\":true,\"nextSeq\":%" PRIu64 "}", next_seq);
  line_end();
}

static void run_command(char *line) {
  struct Command command;
  command_parse(&command, line);
  if (strcmp(command.name, "connect") == 0) {
    connect_command(&command);
  } else if (strcmp(command.name, "snap") == 0) {
    snap_command(&command);
  } else if (strcmp(command.name, "await") == 0) {
    awaited_seq = (uint64_t)command_number(&command, "last", 0);
    deadline_ns = deadline_in(&command, 5000);
    pending_reply = PENDING_AWAIT;
  } else {
    if (strcmp(command.name, "expect") == 0) {
      load.stride = (uint64_t)command_number(&command, "stride", 1);
    } else if (strcmp(command.name, "read") == 0) {
      read_rate = command_number(&command, "bytes", -1);
      watch_all();
    } else if (strcmp(command.name, "send") == 0) {
      sender_command(&sender, &command, load.stamped);
    } else if (strcmp(command.name, "disconnect") == 0) {
      disconnect();
    } else if (strcmp(command.name, "quit") == 0) {
      quitting = true;
    }
    acknowledge();
  }
}

/** Answers `connect` and `await` once what they wait for has come or the time is over. */
static void settle_pending(void) {
  uint64_t first;
  uint64_t last;
  bool late = now_ns() > deadline_ns;
  if (pending_reply == PENDING_CONNECT) {
    start_some();
    bool done = load.ready == wanted;
    if (!done && !late && load.closed == 0) return;
    printf("{\"ok\":%s,\"ready\":%u,\"ms\":%.3f,\"refusal\":\"", done ? "true" : "false", load.ready,
           (double)(now_ns() - connect_began_ns) / 1e6);
    for (const char *at = load.refusal; *at && *at != '\r'; at++) {
      if (*at == '"' || *at == '\\') putchar('\\');
      putchar(*at);
    }
    printf("\"}");
  } else if (pending_reply == PENDING_AWAIT) {
    bool done = progress(&first, &last) && last >= awaited_seq;
    if (!done && !late) return;
    printf("{\"ok\":%s}", done ? "true" : "false");
  } else {
    return;
  }
  pending_reply = PENDING_NONE;
  line_end();
}

static void handle_connection(struct Connection *connection, uint32_t events) {
  if (connection->state == CONNECTION_CLOSED) return;
  if (events & EPOLLOUT) connection_writable(&load, connection);
  if (connection->state == CONNECTION_CLOSED) return;
  if (read_rate >= 0 && connection->state == CONNECTION_READY) {
    if (events & (EPOLLERR | EPOLLHUP))
      connection_close(&load, connection);
    else
      connection_watch(&load, connection, false);
    return;
  }
  if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) connection_read(&load, connection, READ_SIZE);
}

/** Reads what slow readers may take now; called every 10 ms. */
static void read_slowly(void) {
  if (read_rate <= 0) return;
  read_budget += read_rate * TICK_NS / 1e9;
  size_t share = (size_t)read_budget;
  if (share == 0) return;
  read_budget -= (double)share;
  for (uint32_t i = 0; i < started; i++) {
    if (connections[i].state == CONNECTION_READY) connection_read(&load, &connections[i], share);
  }
}

static int add_timer(uint64_t period_ns, void *tag) {
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  struct itimerspec spec = {.it_interval.tv_nsec = (long)period_ns, .it_value.tv_nsec = (long)period_ns};
  if (fd < 0 || timerfd_settime(fd, 0, &spec, NULL) < 0) fail("timerfd");
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = tag};
  epoll_ctl(load.epoll_fd, EPOLL_CTL_ADD, fd, &event);
  return fd;
}

int main(void) {
  static struct LineInput input;
  static char line[sizeof input.buffer];
  static struct epoll_event events[1024];
  uint64_t expirations;
  load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = &input};
  if (epoll_ctl(load.epoll_fd, EPOLL_CTL_ADD, 0, &event) < 0) fail("epoll_ctl");
  int tick_fd = add_timer(TICK_NS, &read_rate);
  sender.timer_fd = add_timer(0, &sender);
  while (!quitting && !input.ended) {
    int count = epoll_wait(load.epoll_fd, events, 1024, -1);
    for (int i = 0; i < count; i++) {
      void *tag = events[i].data.ptr;
      if (tag == &input) {
        line_input_fill(&input);
      } else if (tag == &read_rate) {
        if (read(tick_fd, &expirations, sizeof expirations) > 0) read_slowly();
      } else if (tag == &sender) {
        if (read(sender.timer_fd, &expirations, sizeof expirations) < 0) continue;
      } else {
        handle_connection(tag, events[i].events);
      }
    }
    while (line_input_next(&input, line)) run_command(line);
    sender_run(&sender, &load, connections, started);
    settle_pending();
  }
  return 0;
}
