#include "event-frame.h"

#include <stdio.h>
#include <string.h>

static const uint8_t MASK[4] = {0x37, 0xfa, 0x21, 0x3d};
static const char GUID_TEXT[] = "FF:FF:FF:FF:FF:FF:FF:F5:00:00:00:00:00:02:00:00";
static const char DATE_TEXT[] = "2026-01-02T03:04:05Z";

static void digits_write(uint8_t *data, uint64_t value, size_t count) {
  for (size_t i = count; i-- > 0; value /= 100) data[i] = (uint8_t)(100 + value % 100);
}

size_t event_data_write(uint8_t *data, uint64_t seq, uint64_t stamp_ns, bool stamped) {
  digits_write(data, seq, SEQ_BYTES);
  if (!stamped) return SEQ_BYTES;
  digits_write(data + SEQ_BYTES, stamp_ns % STAMP_MODULO, STAMP_BYTES);
  return SEQ_BYTES + STAMP_BYTES;
}

static bool digits_read(const uint8_t *data, size_t count, uint64_t *value) {
  uint64_t sum = 0;
  for (size_t i = 0; i < count; i++) {
    if (data[i] < 100 || data[i] > 199) return false;
    sum = sum * 100 + (data[i] - 100u);
  }
  *value = sum;
  return true;
}

bool event_data_read(const uint8_t *data, size_t size, bool stamped, uint64_t *seq, uint64_t *stamp_ns) {
  size_t want = stamped ? SEQ_BYTES + STAMP_BYTES : SEQ_BYTES;
  if (size < want) return false;
  const uint8_t *at = data + size - want;
  if (!digits_read(at, SEQ_BYTES, seq)) return false;
  return !stamped || digits_read(at + SEQ_BYTES, STAMP_BYTES, stamp_ns);
}

uint64_t stamp_age(uint64_t stamp_ns, uint64_t at_ns) {
  return (at_ns % STAMP_MODULO + STAMP_MODULO - stamp_ns) % STAMP_MODULO;
}

/** Writes data bytes as the protocol writes them, without a comma at the end. */
static size_t data_text(char *out, enum Protocol protocol, const uint8_t *data, size_t size) {
  static const char HEX[] = "0123456789ABCDEF";
  char *at = out;
  for (size_t i = 0; i < size; i++) {
    if (i > 0) *at++ = ',';
    if (protocol == PROTOCOL_WS1) {
      *at++ = '0';
      *at++ = 'x';
      *at++ = HEX[data[i] >> 4];
      *at++ = HEX[data[i] & 15];
    } else {
      *at++ = (char)('0' + data[i] / 100);
      *at++ = (char)('0' + data[i] / 10 % 10);
      *at++ = (char)('0' + data[i] % 10);
    }
  }
  return (size_t)(at - out);
}

static size_t header_write(uint8_t *out, size_t payload, uint8_t opcode, bool masked) {
  size_t at = 2;
  out[0] = (uint8_t)(0x80 | opcode);
  if (payload < 126) {
    out[1] = (uint8_t)payload;
  } else {
    out[1] = 126;
    out[2] = (uint8_t)(payload >> 8);
    out[3] = (uint8_t)payload;
    at = 4;
  }
  if (masked) {
    out[1] |= 0x80;
    memcpy(out + at, MASK, 4);
    at += 4;
  }
  return at;
}

static void apply_mask(uint8_t *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) bytes[i] ^= MASK[i & 3];
}

void template_make(struct FrameTemplate *frame, enum Protocol protocol, bool stamped, bool masked) {
  char head[FRAME_MAX];
  const char *tail = "";
  if (protocol == PROTOCOL_WS1) {
    snprintf(head, sizeof head, "E;96,%d,%d,0,%s,123456,%s,", EVENT_CLASS, EVENT_TYPE, DATE_TEXT, GUID_TEXT);
  } else {
    snprintf(head, sizeof head,
             "{\"type\":\"EVENT\",\"event\":{\"vscpHead\":96,\"vscpObId\":0,\"vscpDateTime\":\"%s\","
             "\"vscpTimeStamp\":123456,\"vscpClass\":%d,\"vscpType\":%d,\"vscpGuid\":\"%s\",\"vscpData\":[",
             DATE_TEXT, EVENT_CLASS, EVENT_TYPE, GUID_TEXT);
    tail = "],\"vscpNote\":\"\"}}";
  }
  uint8_t data[SEQ_BYTES + STAMP_BYTES];
  char text[128];
  size_t data_size = data_text(text, protocol, data, event_data_write(data, 0, 0, stamped));
  size_t payload = strlen(head) + data_size + strlen(tail);
  frame->protocol = protocol;
  frame->stamped = stamped;
  frame->masked = masked;
  frame->payload_at = header_write(frame->bytes, payload, 1, masked);
  frame->data_at = frame->payload_at + strlen(head);
  frame->length = frame->payload_at + payload;
  memcpy(frame->bytes + frame->payload_at, head, strlen(head));
  memcpy(frame->bytes + frame->data_at, text, data_size);
  memcpy(frame->bytes + frame->data_at + data_size, tail, strlen(tail));
}

size_t template_write(const struct FrameTemplate *frame, uint8_t *out, uint64_t seq, uint64_t stamp_ns) {
  uint8_t data[SEQ_BYTES + STAMP_BYTES];
  size_t size = event_data_write(data, seq, stamp_ns, frame->stamped);
  memcpy(out, frame->bytes, frame->length);
  data_text((char *)out + frame->data_at, frame->protocol, data, size);
  if (frame->masked) apply_mask(out + frame->payload_at, frame->length - frame->payload_at);
  return frame->length;
}

size_t text_frame_write(uint8_t *out, const char *text, size_t length, uint8_t opcode) {
  size_t at = header_write(out, length, opcode, true);
  memcpy(out + at, text, length);
  apply_mask(out + at, length);
  return at + length;
}

bool frame_read(const uint8_t *bytes, size_t available, struct FrameView *frame) {
  if (available < 2) return false;
  size_t header = 2;
  size_t size = bytes[1] & 127u;
  if (size == 126) {
    header = 4;
    if (available < header) return false;
    size = ((size_t)bytes[2] << 8) | bytes[3];
  } else if (size == 127) {
    header = 10;
    if (available < header) return false;
    size = 0;
    for (size_t i = 2; i < 10; i++) size = size << 8 | bytes[i];
  }
  if (available - header < size) return false;
  frame->opcode = bytes[0] & 15;
  frame->payload = bytes + header;
  frame->payload_size = size;
  frame->size = header + size;
  return true;
}

bool is_event_text(const uint8_t *text, size_t length) {
  if (length < 40) return false;
  return (text[0] == 'E' && text[1] == ';') || (text[0] == '{' && text[9] == 'E');
}

static unsigned hex_value(uint8_t digit) {
  return digit <= '9' ? (unsigned)digit - '0' : ((unsigned)digit | 32u) - 'a' + 10u;
}

/** Reads `count` data bytes that end before `end`, and moves `end` in front of them. */
static bool text_digits_read(const uint8_t **end, enum Protocol protocol, size_t count, uint64_t *value) {
  size_t step = protocol == PROTOCOL_WS1 ? 5 : 4;
  const uint8_t *at = *end - step * count + 1;
  *end = at - 1;
  uint64_t sum = 0;
  for (size_t i = 0; i < count; i++, at += step) {
    unsigned pair;
    if (protocol == PROTOCOL_WS1) {
      pair = hex_value(at[2]) * 16 + hex_value(at[3]) - 100;
    } else {
      pair = (unsigned)(at[1] - '0') * 10 + (unsigned)(at[2] - '0');
      if (at[0] != '1') return false;
    }
    if (pair > 99) return false;
    sum = sum * 100 + pair;
  }
  *value = sum;
  return true;
}

bool event_text_read(const uint8_t *text, size_t length, bool stamped, uint64_t *seq, uint64_t *stamp_ns) {
  enum Protocol protocol = text[0] == 'E' ? PROTOCOL_WS1 : PROTOCOL_WS2;
  const uint8_t *end = text + length;
  if (length < 64) return false;
  if (protocol == PROTOCOL_WS2) {
    const uint8_t *stop = end-- - 40;
    while (end > stop && *end != ']') end--;
    if (end == stop) return false;
  }
  if (stamped) {
    if (!text_digits_read(&end, protocol, STAMP_BYTES, stamp_ns)) return false;
  }
  return text_digits_read(&end, protocol, SEQ_BYTES, seq);
}
