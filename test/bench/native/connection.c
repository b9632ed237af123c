#define _GNU_SOURCE
#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hmac.h"

static uint8_t read_buffer[PENDING_MAX + READ_SIZE];

void connection_watch(struct Load *load, struct Connection *connection, bool reading) {
  bool writing = connection->state == CONNECTION_CONNECTING || connection->out_size > connection->out_at;
  struct epoll_event event = {.events = (reading ? EPOLLIN : 0u) | (writing ? EPOLLOUT : 0u),
                              .data.ptr = connection};
  epoll_ctl(load->epoll_fd, EPOLL_CTL_MOD, connection->fd, &event);
}

/** Binds the socket to the address 127.1.0.0 + `index`. */
static void come_from(int fd, uint32_t index) {
  int one = 1;
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f010000u + index)};
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");
}

void connection_start(struct Load *load, struct Connection *connection, uint32_t index,
                      enum Protocol protocol) {
  memset(connection, 0, sizeof *connection);
  connection->index = index;
  connection->protocol = protocol;
  connection->state = CONNECTION_CONNECTING;
  connection->pending = malloc(PENDING_MAX);
  connection->out = malloc(OUT_SIZE);
  if (!connection->pending || !connection->out) fail("malloc");
  connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (connection->fd < 0) fail("socket");
  int one = 1;
  setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (load->spread) come_from(connection->fd, index);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(load->port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(connection->fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) {
    fail("connect");
  }
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = connection};
  if (epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, connection->fd, &event) < 0) fail("epoll_ctl");
}

void connection_close(struct Load *load, struct Connection *connection) {
  if (connection->state == CONNECTION_CLOSED) return;
  if (connection->state == CONNECTION_READY) load->ready--;
  connection->state = CONNECTION_CLOSED;
  close(connection->fd);
  free(connection->pending);
  free(connection->out);
  load->closed++;
}

void connection_flush(struct Load *load, struct Connection *connection) {
  while (connection->out_at < connection->out_size) {
    ssize_t sent = send(connection->fd, connection->out + connection->out_at,
                        connection->out_size - connection->out_at, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EAGAIN) {
        connection_watch(load, connection, true);
      } else {
        connection_close(load, connection);
      }
      return;
    }
    connection->out_at += (size_t)sent;
  }
  connection->out_at = 0;
  connection->out_size = 0;
}

bool connection_send(struct Load *load, struct Connection *connection, const uint8_t *bytes, size_t size) {
  if (connection->out_size + size > OUT_SIZE) return false;
  memcpy(connection->out + connection->out_size, bytes, size);
  connection->out_size += size;
  connection_flush(load, connection);
  return true;
}

static void send_text(struct Load *load, struct Connection *connection, const char *text) {
  uint8_t frame[FRAME_MAX];
  connection_send(load, connection, frame, text_frame_write(frame, text, strlen(text), 1));
}

void connection_writable(struct Load *load, struct Connection *connection) {
  if (connection->state == CONNECTION_CONNECTING) {
    connection->state = CONNECTION_UPGRADING;
    char request[256];
    int size = snprintf(request, sizeof request,
                        "GET /ws%d HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                        "Sec-WebSocket-Version: 13\r\n\r\n",
                        connection->protocol, load->port);
    connection_send(load, connection, (const uint8_t *)request, (size_t)size);
  } else {
    connection_flush(load, connection);
  }
  if (connection->state != CONNECTION_CLOSED) connection_watch(load, connection, true);
}

static void become_ready(struct Load *load, struct Connection *connection) {
  connection->state = CONNECTION_READY;
  load->ready++;
}

static void send_open(struct Load *load, struct Connection *connection) {
  if (!load->open_channel) {
    become_ready(load, connection);
    return;
  }
  connection->state = CONNECTION_WAIT_OPEN;
  bool ws1 = connection->protocol == PROTOCOL_WS1;
  send_text(load, connection, ws1 ? "C;OPEN" : "{\"type\":\"CMD\",\"command\":\"OPEN\",\"args\":null}");
}

/** The proof, in hex, for the session id that ends the greeting (ws2: `…"args":["AUTH0","<32 hex>"]}`). */
static bool write_proof(const struct Login *login, const struct FrameView *greeting,
                        char proof[2 * SHA256_SIZE + 1]) {
  const uint8_t *args = memmem(greeting->payload, greeting->payload_size, "AUTH0\",\"", 8);
  if (!args || args + 8 + 32 > greeting->payload + greeting->payload_size) return false;
  uint8_t mac[SHA256_SIZE];
  hmac_sha256(login->secret, sizeof login->secret, args + 8, 32, mac);
  for (int i = 0; i < SHA256_SIZE; i++) snprintf(proof + 2 * i, 3, "%02x", mac[i]);
  return true;
}

static void send_auth(struct Load *load, struct Connection *connection, const struct FrameView *greeting) {
  char text[512];
  char proof[2 * SHA256_SIZE + 1] = "";
  const struct Login *login = &load->logins[connection->index % load->login_count];
  connection->state = CONNECTION_WAIT_AUTH;
  if (!login->iv) {
    if (!write_proof(login, greeting, proof)) fail("greeting");
    snprintf(text, sizeof text,
             "{\"type\":\"CMD\",\"command\":\"AUTH\",\"args\":{\"token\":\"%s\",\"proof\":\"%s\"}}",
             login->token, proof);
  } else if (connection->protocol == PROTOCOL_WS1) {
    snprintf(text, sizeof text, "C;AUTH;%s;%s", login->iv, login->crypto);
  } else {
    snprintf(text, sizeof text,
             "{\"type\":\"CMD\",\"command\":\"AUTH\",\"args\":{\"iv\":\"%s\",\"crypto\":\"%s\"}}", login->iv,
             login->crypto);
  }
  send_text(load, connection, text);
}

static void send_filter(struct Load *load, struct Connection *connection) {
  char filter[96];
  char text[320];
  const char *mask;
  if (load->filter == FILTER_BY_GUID) {
    snprintf(filter, sizeof filter, "0,0,0,00:00:00:00:00:00:00:00:00:00:00:00:00:00:%02X:%02X",
             connection->index >> 8 & 0xff, connection->index & 0xff);
    mask = "0,0,0,00:00:00:00:00:00:00:00:00:00:00:00:00:00:FF:FF";
  } else {
    snprintf(filter, sizeof filter, "0,%d,%u,-", EVENT_CLASS, connection->index);
    mask = "0,65535,65535,-";
  }
  const char *form =
      connection->protocol == PROTOCOL_WS1
          ? "C;SF;%s;%s"
          : "{\"type\":\"CMD\",\"command\":\"SF\",\"args\":{\"filter\":\"%s\",\"mask\":\"%s\"}}";
  snprintf(text, sizeof text, form, filter, mask);
  connection->state = CONNECTION_WAIT_FILTER;
  send_text(load, connection, text);
}

/** A reply (not an event) of the server: the next step of the login, or the answer to a sent event. */
static void handle_reply(struct Load *load, struct Connection *connection, const struct FrameView *frame) {
  size_t sign_at = connection->protocol == PROTOCOL_WS1 ? 0 : 9;
  bool positive = frame->payload_size > sign_at && frame->payload[sign_at] == '+';
  if (connection->state == CONNECTION_READY) {
    if (positive) load->acks++;
    if (!positive) load->nacks++;
    if (connection->unacked > 0) connection->unacked--;
    return;
  }
  if (!positive) {
    snprintf(load->refusal, sizeof load->refusal, "%.*s", (int)frame->payload_size,
             (const char *)frame->payload);
    connection_close(load, connection);
    return;
  }
  if (connection->state == CONNECTION_WAIT_SID) {
    send_auth(load, connection, frame);
  } else if (connection->state == CONNECTION_WAIT_AUTH && load->filter != FILTER_NONE) {
    send_filter(load, connection);
  } else if (connection->state == CONNECTION_WAIT_AUTH || connection->state == CONNECTION_WAIT_FILTER) {
    send_open(load, connection);
  } else if (connection->state == CONNECTION_WAIT_OPEN) {
    become_ready(load, connection);
  }
}

static void handle_event(struct Load *load, struct Connection *connection, const struct FrameView *frame,
                         uint64_t at_ns) {
  uint64_t seq;
  uint64_t stamp_ns = 0;
  load->messages++;
  if (!event_text_read(frame->payload, frame->payload_size, load->stamped, &seq, &stamp_ns)) {
    load->malformed++;
    return;
  }
  if (load->stamped) histogram_add(&load->latency, stamp_age(stamp_ns, at_ns));
  if (!connection->counting) {
    connection->counting = true;
    connection->first_seq = seq;
  } else {
    uint64_t expected = connection->last_seq + load->stride;
    if (load->modulo) expected %= load->modulo;
    if (seq > expected) load->gaps++;
    if (seq < expected) load->disorder++;
  }
  connection->last_seq = seq;
}

static void handle_frame(struct Load *load, struct Connection *connection, const struct FrameView *frame,
                         uint64_t at_ns) {
  if (frame->opcode == 1 && is_event_text(frame->payload, frame->payload_size)) {
    handle_event(load, connection, frame, at_ns);
  } else if (frame->opcode == 1) {
    handle_reply(load, connection, frame);
  } else if (frame->opcode == 9 && frame->payload_size < 126) {
    uint8_t pong[FRAME_MAX];
    size_t size = text_frame_write(pong, (const char *)frame->payload, frame->payload_size, 10);
    connection_send(load, connection, pong, size);
  } else if (frame->opcode == 8) {
    if (frame->payload_size >= 2) {
      load->close_code = (uint16_t)(frame->payload[0] << 8 | frame->payload[1]);
    }
    connection_close(load, connection);
  }
}

/** Handles the reply to the upgrade; returns how many bytes it had, 0 when it is not complete. */
static size_t handle_upgrade(struct Load *load, struct Connection *connection, const uint8_t *bytes,
                             size_t size) {
  const uint8_t *end = memmem(bytes, size, "\r\n\r\n", 4);
  if (!end) return 0;
  if (strncmp((const char *)bytes, "HTTP/1.1 101", 12) != 0) {
    snprintf(load->refusal, sizeof load->refusal, "%.30s", (const char *)bytes);
    connection_close(load, connection);
  } else if (load->login_count > 0) {
    connection->state = CONNECTION_WAIT_SID;
  } else {
    become_ready(load, connection);
  }
  return (size_t)(end - bytes) + 4;
}

static size_t consume(struct Load *load, struct Connection *connection, const uint8_t *bytes, size_t size) {
  size_t at = 0;
  uint64_t at_ns = load->stamped ? now_ns() : 0;
  if (connection->state == CONNECTION_UPGRADING) at = handle_upgrade(load, connection, bytes, size);
  if (connection->state == CONNECTION_UPGRADING) return 0;
  struct FrameView frame;
  while (connection->state != CONNECTION_CLOSED && frame_read(bytes + at, size - at, &frame)) {
    handle_frame(load, connection, &frame, at_ns);
    at += frame.size;
  }
  return at;
}

size_t connection_read(struct Load *load, struct Connection *connection, size_t limit) {
  uint8_t *start = read_buffer + PENDING_MAX - connection->pending_size;
  if (limit > READ_SIZE) limit = READ_SIZE;
  ssize_t got = recv(connection->fd, read_buffer + PENDING_MAX, limit, 0);
  if (got <= 0) {
    if (got == 0 || errno != EAGAIN) connection_close(load, connection);
    return 0;
  }
  load->reads++;
  load->bytes += (uint64_t)got;
  memcpy(start, connection->pending, connection->pending_size);
  size_t size = connection->pending_size + (size_t)got;
  size_t used = consume(load, connection, start, size);
  if (connection->state == CONNECTION_CLOSED) return (size_t)got;
  if (size - used > PENDING_MAX) {
    connection_close(load, connection);
    return (size_t)got;
  }
  connection->pending_size = size - used;
  memcpy(connection->pending, start + used, connection->pending_size);
  return (size_t)got;
}
