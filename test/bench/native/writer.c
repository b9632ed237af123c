/**
 * Reference of the fan-out benchmark: a server that does nothing but write ready-made event frames to each
 * client as fast as the client takes them.
 *
 * Prints {"port":P} and reads commands, each answered with one line of JSON:
 *   start gather=K    writes of K frames each, to all clients, as fast as they take them, until
 *   start rate=R      one frame in a write of its own to each client, R times a second, until
 *   stop              counters of that run
 *   usage             CPU time and memory of the process
 *   quit
 * The frames are a fixed stretch of RING_FRAMES numbered events in either protocol, sent over and over.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "common.h"
#include "event-frame.h"

#define RING_FRAMES 1024
#define CLIENTS_MAX 16384
/** The number of rounds that are written at once when some are late. */
#define CATCH_UP_MAX 10

struct Ring {
  /** The stretch twice, so that a write may run past its end. */
  uint8_t bytes[2 * RING_FRAMES * FRAME_MAX];
  size_t size;
  size_t frame_size;
};

struct Peer {
  int fd;
  bool upgraded;
  bool writable;
  const struct Ring *ring;
  size_t at;
};

static struct Ring rings[2];
static struct Peer *peers[CLIENTS_MAX];
static size_t peer_count;
static int epoll_fd;
static bool running;
static bool quitting;
static size_t gather;
/** Events a second; 0 = a flood. */
static double rate;
static uint64_t rounds_done;
static int timer_fd;
static uint64_t began_ns;
static uint64_t writes;
static uint64_t written;

static void make_ring(struct Ring *ring, enum Protocol protocol) {
  struct FrameTemplate frame;
  template_make(&frame, protocol, false, false);
  ring->frame_size = frame.length;
  for (uint64_t seq = 0; seq < RING_FRAMES; seq++) {
    ring->size += template_write(&frame, ring->bytes + ring->size, seq, 0);
  }
  memcpy(ring->bytes + ring->size, ring->bytes, ring->size);
}

static int listen_anywhere(void) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, 511) < 0) fail("listen");
  if (getsockname(fd, (struct sockaddr *)&address, &size) < 0) fail("getsockname");
  printf("{\"port\":%u}", ntohs(address.sin_port));
  line_end();
  return fd;
}

static void watch(int fd, uint32_t events, void *tag) {
  struct epoll_event event = {.events = events, .data.ptr = tag};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
}

static void accept_all(int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    struct Peer *peer = calloc(1, sizeof *peer);
    if (!peer || peer_count == CLIENTS_MAX) fail("too many clients");
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    peer->fd = fd;
    peers[peer_count++] = peer;
    watch(fd, EPOLLIN | EPOLLOUT | EPOLLET, peer);
  }
}

static void drop_peer(struct Peer *peer) {
  for (size_t i = 0; i < peer_count; i++) {
    if (peers[i] == peer) peers[i] = peers[--peer_count];
  }
  close(peer->fd);
  free(peer);
}

/** Answers the upgrade request of the load client, whose key is always the same. */
static void handle_readable(struct Peer *peer) {
  char request[4096];
  ssize_t got = recv(peer->fd, request, sizeof request - 1, 0);
  if (got <= 0) {
    if (got == 0 || errno != EAGAIN) drop_peer(peer);
    return;
  }
  if (peer->upgraded) return;
  static const char reply[] =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
  request[got] = '\0';
  peer->ring = &rings[strncmp(request, "GET /ws2", 8) == 0];
  peer->upgraded = send(peer->fd, reply, sizeof reply - 1, MSG_NOSIGNAL) == (ssize_t)(sizeof reply - 1);
  peer->writable = true;
}

/** Makes one write to each client that can take one; returns how many could. */
static size_t write_round(void) {
  size_t able = 0;
  for (size_t i = 0; i < peer_count; i++) {
    struct Peer *peer = peers[i];
    if (!peer->upgraded || !peer->writable) continue;
    const struct Ring *ring = peer->ring;
    size_t size = gather * ring->frame_size - peer->at % ring->frame_size;
    ssize_t sent = send(peer->fd, ring->bytes + peer->at, size, MSG_NOSIGNAL);
    writes++;
    if (sent < (ssize_t)size) peer->writable = false;
    if (sent <= 0) continue;
    able++;
    written += (uint64_t)sent;
    peer->at = (peer->at + (size_t)sent) % ring->size;
  }
  return able;
}

/** Writes the rounds that are due by now at the requested rate; of late ones CATCH_UP_MAX at most. */
static void write_due_rounds(void) {
  uint64_t ticks;
  if (read(timer_fd, &ticks, sizeof ticks) < 0) return;
  uint64_t due = (uint64_t)((double)(now_ns() - began_ns) * rate / 1e9);
  if (due > rounds_done + CATCH_UP_MAX) rounds_done = due - CATCH_UP_MAX;
  for (; rounds_done < due; rounds_done++) write_round();
}

static void set_timer(double period_ns) {
  struct itimerspec spec = {
      .it_interval = {.tv_sec = (time_t)(period_ns / 1e9), .tv_nsec = (long)period_ns % 1000000000}};
  spec.it_value = spec.it_interval;
  if (timerfd_settime(timer_fd, 0, &spec, NULL) < 0) fail("timerfd_settime");
}

static void run_command(char *line) {
  struct Command command;
  command_parse(&command, line);
  if (strcmp(command.name, "start") == 0) {
    gather = (size_t)command_number(&command, "gather", 1);
    rate = command_number(&command, "rate", 0);
    rounds_done = 0;
    set_timer(rate > 0 ? 1e9 / rate : 0);
    if (gather < 1) gather = 1;
    if (gather > RING_FRAMES) gather = RING_FRAMES;
    running = true;
    began_ns = now_ns();
    writes = written = 0;
    printf("{\"gather\":%zu}", gather);
  } else if (strcmp(command.name, "stop") == 0) {
    running = false;
    set_timer(0);
    printf("{\"seconds\":%.6f,\"writes\":%" PRIu64 ",\"bytes\":%" PRIu64 "}",
           (double)(now_ns() - began_ns) / 1e9, writes, written);
  } else if (strcmp(command.name, "usage") == 0) {
    printf("{");
    usage_print();
    printf("}");
  } else {
    quitting = true;
    printf("{}");
  }
  line_end();
}

int main(void) {
  static struct LineInput input;
  static char line[sizeof input.buffer];
  static struct epoll_event events[1024];
  make_ring(&rings[0], PROTOCOL_WS1);
  make_ring(&rings[1], PROTOCOL_WS2);
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  int listener = listen_anywhere();
  fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
  watch(listener, EPOLLIN, &listener);
  watch(0, EPOLLIN, &input);
  timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (timer_fd < 0) fail("timerfd_create");
  watch(timer_fd, EPOLLIN, &timer_fd);
  while (!quitting && !input.ended) {
    size_t able = 0;
    size_t rounds = peer_count ? 64 / peer_count + 1 : 1;
    for (size_t i = 0; running && rate <= 0 && i < rounds; i++) able = write_round();
    int count = epoll_wait(epoll_fd, events, 1024, able ? 0 : -1);
    for (int i = 0; i < count; i++) {
      void *tag = events[i].data.ptr;
      if (tag == &listener) {
        accept_all(listener);
      } else if (tag == &timer_fd) {
        write_due_rounds();
      } else if (tag == &input) {
        line_input_fill(&input);
      } else {
        struct Peer *peer = tag;
        if (events[i].events & EPOLLOUT) peer->writable = true;
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) handle_readable(peer);
      }
    }
    while (line_input_next(&input, line)) run_command(line);
  }
  return 0;
}
