/**
 * Writes websocket frames with numbered events, as the driver sends them (server side, unmasked) and as
 * clients send them (masked), and reads those numbers.
 *
 * The number and the stamp are in the event's data bytes, two decimal digits a byte, as 100 + digits: so each
 * byte has three digits in ws2 text and two hex digits in ws1 text, and their place, counted from the end of
 * the text, is fixed. That makes checking every message cheap.
 */
#ifndef BENCH_EVENT_FRAME_H_
#define BENCH_EVENT_FRAME_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum Protocol { PROTOCOL_WS1 = 1, PROTOCOL_WS2 = 2 };

/** Data bytes of the number; a ws2 event with just these is a text of 250 bytes. */
#define SEQ_BYTES 5
/** Data bytes of the stamp: nanoseconds modulo 10^12 (about 17 minutes). */
#define STAMP_BYTES 6
#define STAMP_MODULO 1000000000000ull
#define EVENT_CLASS 10
#define EVENT_TYPE 6
#define FRAME_MAX 512

/** Writes number and (when `stamped`) stamp as data bytes; returns how many. */
size_t event_data_write(uint8_t *data, uint64_t seq, uint64_t stamp_ns, bool stamped);

/** Reads them back from event data; false when the data is not of that form. */
bool event_data_read(const uint8_t *data, size_t size, bool stamped, uint64_t *seq, uint64_t *stamp_ns);

/** Nanoseconds from a stamp to `at_ns`. */
uint64_t stamp_age(uint64_t stamp_ns, uint64_t at_ns);

/** A frame whose number and stamp are filled in for each event. */
struct FrameTemplate {
  uint8_t bytes[FRAME_MAX];
  size_t length;
  size_t data_at;
  size_t payload_at;
  enum Protocol protocol;
  bool stamped;
  bool masked;
};

void template_make(struct FrameTemplate *frame, enum Protocol protocol, bool stamped, bool masked);

/** Writes the frame of event `seq` to `out` (room for FRAME_MAX); returns its size. */
size_t template_write(const struct FrameTemplate *frame, uint8_t *out, uint64_t seq, uint64_t stamp_ns);

/** Writes a masked text frame (client to server); returns its size. */
size_t text_frame_write(uint8_t *out, const char *text, size_t length, uint8_t opcode);

/** A frame from a server, as found at the head of a buffer. */
struct FrameView {
  uint8_t opcode;
  const uint8_t *payload;
  size_t payload_size;
  size_t size;
};

/** False when the frame is not complete yet. */
bool frame_read(const uint8_t *bytes, size_t available, struct FrameView *frame);

/** True for an event text of either protocol. */
bool is_event_text(const uint8_t *text, size_t length);

/** Reads number and stamp of an event text; false when they are not there. */
bool event_text_read(const uint8_t *text, size_t length, bool stamped, uint64_t *seq, uint64_t *stamp_ns);

#endif
