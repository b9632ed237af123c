// Sends the same bytes to many sockets in one call, as a plain C program would, instead of one call into Node
// per client. JavaScript (src/host/shim-group-sender.ts) owns the sockets and decides which may be written to
// this way; it opens and blocks slots by writing descriptors into the table.
//
// Threads: the runtime thread only.
#ifndef WSD_GROUP_SENDER_H_
#define WSD_GROUP_SENDER_H_

#include <cstddef>
#include <cstdint>

namespace wsd {

// One socket; JavaScript sees the table as an Int32Array and a Float64Array.
struct SendSlot {
  int32_t fd;  // 0 = blocked: nothing may bypass Node now (a socket never has descriptor 0)
  int32_t reserved;
  double events;  // handed to the kernel through this slot
};

static_assert(sizeof(SendSlot) == 16 && offsetof(SendSlot, events) == 8, "JavaScript knows this layout");

// A socket that did not take all bytes.
struct SendException {
  uint32_t index;  // into the group
  uint32_t sent;   // bytes that it took
};

static_assert(sizeof(SendException) == 8, "JavaScript knows this layout");

class GroupSender {
 public:
  // As many as there may be clients; unused pages take no memory.
  static constexpr uint32_t kSlots = 1u << 16;
  // A call for more sockets would block the event loop too long.
  static constexpr uint32_t kMaxGroup = 1024;

  GroupSender() noexcept = default;
  ~GroupSender();
  GroupSender(const GroupSender&) = delete;
  GroupSender& operator=(const GroupSender&) = delete;

  // Makes a fresh table with all slots blocked, for another environment, whose descriptors are different.
  // False = no memory; then nothing can be sent this way.
  bool Reset() noexcept;

  SendSlot* table() const noexcept { return slots_; }
  const SendException* exceptions() const noexcept { return exceptions_; }

  // Sends `size` bytes, `events` whole frames, to the sockets of the slots. Never waits. A socket that does
  // not take all of it at once, or fails, becomes an exception, and its slot is blocked; a slot that is
  // already blocked becomes an exception too. Returns the number of exceptions.
  uint32_t Send(const uint8_t* data, size_t size, uint32_t events, const uint32_t* group,
                uint32_t count) noexcept;

 private:
  SendSlot* slots_ = nullptr;
  SendException exceptions_[kMaxGroup];
};

}  // namespace wsd

#endif  // WSD_GROUP_SENDER_H_
