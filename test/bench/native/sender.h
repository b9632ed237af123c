/** Sends numbered events for the load client. */
#ifndef BENCH_SENDER_H_
#define BENCH_SENDER_H_

#include "connection.h"

struct Sender {
  bool active;
  /** Events a second of all connections together; 0 = as fast as the window allows. */
  double rate;
  /** The unanswered events that a connection may have; 0: only connection 0 sends and nobody answers. */
  uint32_t window;
  int timer_fd;
  uint64_t began_ns;
  /** Events sent since the command. */
  uint64_t sent;
  uint32_t next_connection;
  struct FrameTemplate frames[2];
};

/** Carries out a `send` command. */
void sender_command(struct Sender *sender, const struct Command *command, bool stamped);
void sender_stop(struct Sender *sender);

/** Sends what is due; called after every turn of the event loop. */
void sender_run(struct Sender *sender, struct Load *load, struct Connection *connections, uint32_t count);

#endif
