#define _GNU_SOURCE
#include "sender.h"

#include <sys/timerfd.h>

/** The shortest timer period of a paced sender: faster rates send several events per tick. */
#define PACE_NS 100000.0

static void set_period(struct Sender *sender, double period_ns) {
  long ns = (long)period_ns;
  struct itimerspec spec = {.it_interval = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000}};
  spec.it_value = spec.it_interval;
  if (timerfd_settime(sender->timer_fd, 0, &spec, NULL) < 0) fail("timerfd_settime");
}

void sender_stop(struct Sender *sender) {
  sender->active = false;
  set_period(sender, 0);
}

void sender_command(struct Sender *sender, const struct Command *command, bool stamped) {
  if (command_number(command, "stop", 0) != 0) {
    sender_stop(sender);
    return;
  }
  sender->rate = command_number(command, "rate", 0);
  sender->window = (uint32_t)command_number(command, "window", 0);
  sender->sent = 0;
  sender->began_ns = now_ns();
  sender->active = true;
  template_make(&sender->frames[0], PROTOCOL_WS1, stamped, true);
  template_make(&sender->frames[1], PROTOCOL_WS2, stamped, true);
  if (sender->rate > 0) {
    double period_ns = 1e9 / sender->rate;
    set_period(sender, period_ns > PACE_NS ? period_ns : PACE_NS);
  }
}

/** Gathers up to `allowed` events into the connection's buffer; returns how many went in. */
static uint64_t gather(struct Sender *sender, struct Connection *connection, uint64_t allowed) {
  const struct FrameTemplate *frame = &sender->frames[connection->protocol == PROTOCOL_WS2];
  uint64_t stamp_ns = now_ns();
  uint64_t sent = 0;
  while (sent < allowed && connection->out_size + FRAME_MAX <= OUT_SIZE) {
    uint8_t *at = connection->out + connection->out_size;
    connection->out_size += template_write(frame, at, connection->next_seq++, stamp_ns);
    sent++;
  }
  return sent;
}

void sender_run(struct Sender *sender, struct Load *load, struct Connection *connections, uint32_t count) {
  if (!sender->active || count == 0) return;
  uint32_t senders = sender->window ? count : 1;
  uint64_t due = UINT64_MAX;
  if (sender->rate > 0) {
    uint64_t should = (uint64_t)((double)(now_ns() - sender->began_ns) * sender->rate / 1e9);
    due = should > sender->sent ? should - sender->sent : 0;
  }
  for (uint32_t turn = 0; turn < senders && due > 0; turn++) {
    struct Connection *connection = &connections[sender->next_connection++ % senders];
    if (connection->state != CONNECTION_READY || connection->out_size > 0) continue;
    uint64_t allowed = sender->window ? sender->window - connection->unacked : due;
    uint64_t share = sender->rate > 0 ? due / (senders - turn) : due;
    if (share == 0) share = 1;
    if (allowed > share) allowed = share;
    uint64_t sent = gather(sender, connection, allowed);
    if (sender->window) connection->unacked += (uint32_t)sent;
    sender->sent += sent;
    if (due != UINT64_MAX) due -= sent;
    connection_flush(load, connection);
  }
}
