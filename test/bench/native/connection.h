/** One websocket client of the load program: handshake, login, receiving and checking events, sending. */
#ifndef BENCH_CONNECTION_H_
#define BENCH_CONNECTION_H_

#include "common.h"
#include "event-frame.h"

enum ConnectionState {
  CONNECTION_CONNECTING,
  CONNECTION_UPGRADING,
  CONNECTION_WAIT_SID,
  CONNECTION_WAIT_AUTH,
  CONNECTION_WAIT_FILTER,
  CONNECTION_WAIT_OPEN,
  CONNECTION_READY,
  CONNECTION_CLOSED
};

/** How a connection logs in, texts in hex. */
struct Login {
  /** For a password, ready-made: initialisation vector and cipher text. NULL: log in with a token. */
  char *iv;
  char *crypto;
  char *token;
  uint8_t secret[32];
};

/** Which events a connection asks for; the numbers are those of the command. */
enum Filter { FILTER_NONE, FILTER_BY_TYPE, FILTER_BY_GUID };

/** What all connections of the process share. */
struct Load {
  int epoll_fd;
  uint16_t port;
  /** Connection i logs in with the one at i modulo their number; with none, the server requires no login. */
  struct Login *logins;
  uint32_t login_count;
  /** Every connection comes from its own loopback address. */
  bool spread;
  bool open_channel;
  /** Connection i sets a filter on type i when true. */
  enum Filter filter;
  /** Events carry a stamp and are timed. */
  bool stamped;
  /** The numbers of one connection grow by this, modulo `modulo` when that is not 0. */
  uint64_t stride;
  uint64_t modulo;
  uint64_t messages;
  uint64_t bytes;
  uint64_t reads;
  uint64_t gaps;
  uint64_t disorder;
  uint64_t malformed;
  uint64_t acks;
  uint64_t nacks;
  uint32_t ready;
  uint32_t closed;
  uint16_t close_code;
  char refusal[200];
  struct Histogram latency;
};

struct Connection {
  int fd;
  uint32_t index;
  enum ConnectionState state;
  enum Protocol protocol;
  bool counting;
  uint64_t first_seq;
  uint64_t last_seq;
  /** The start of a frame whose rest has not come yet. */
  uint8_t *pending;
  size_t pending_size;
  /** Bytes waiting to be sent. */
  uint8_t *out;
  size_t out_at;
  size_t out_size;
  uint32_t unacked;
  uint64_t next_seq;
};

#define READ_SIZE (256 * 1024)
#define PENDING_MAX (16 * 1024)
#define OUT_SIZE (64 * 1024)

/** Begins a connection to the load's port on 127.0.0.1 and adds it to the epoll set. */
void connection_start(struct Load *load, struct Connection *connection, uint32_t index,
                      enum Protocol protocol);

/** Is called when the socket has become writable: finishes the connect, or sends what waits. */
void connection_writable(struct Load *load, struct Connection *connection);

/** Receives up to `limit` bytes (at most READ_SIZE) and handles them; returns how many came. */
size_t connection_read(struct Load *load, struct Connection *connection, size_t limit);

/** Queues bytes (at most what fits into OUT_SIZE) and sends what the socket takes. */
bool connection_send(struct Load *load, struct Connection *connection, const uint8_t *bytes, size_t size);

/** Sends what waits; what the socket does not take goes out later. */
void connection_flush(struct Load *load, struct Connection *connection);

void connection_close(struct Load *load, struct Connection *connection);

/** Asks epoll for readability when `reading`, and for writability while bytes wait. */
void connection_watch(struct Load *load, struct Connection *connection, bool reading);

#endif
