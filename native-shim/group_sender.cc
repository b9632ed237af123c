#include "group_sender.h"

#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace wsd {
namespace {

constexpr size_t kTableSize = GroupSender::kSlots * sizeof(SendSlot);

// The bytes that the kernel took without waiting; 0 also for an error, which the next writer will meet again.
size_t SendWithoutWaiting(int fd, const uint8_t* data, size_t size) noexcept {
  for (;;) {
    const ssize_t sent = send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return static_cast<size_t>(sent);
    if (errno != EINTR) return 0;
  }
}

}  // namespace

GroupSender::~GroupSender() {
  if (slots_ != nullptr) munmap(slots_, kTableSize);
}

bool GroupSender::Reset() noexcept {
  if (slots_ != nullptr) {
    // Gives the pages back; they are zeros when they are used again. The memory stays where it is: an
    // ArrayBuffer of the environment before may still look at it.
    if (madvise(slots_, kTableSize, MADV_DONTNEED) != 0) memset(static_cast<void*>(slots_), 0, kTableSize);
    return true;
  }
  void* memory = mmap(nullptr, kTableSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  slots_ = static_cast<SendSlot*>(memory);
  return true;
}

uint32_t GroupSender::Send(const uint8_t* data, size_t size, uint32_t events, const uint32_t* group,
                           uint32_t count) noexcept {
  uint32_t exceptions = 0;
  count = std::min(count, kMaxGroup);
  for (uint32_t i = 0; i < count; i++) {
    SendSlot* slot = slots_ == nullptr ? nullptr : &slots_[group[i] % kSlots];
    size_t sent = 0;
    if (slot != nullptr && slot->fd > 0) {
      sent = SendWithoutWaiting(slot->fd, data, size);
      if (sent == size) {
        slot->events += events;
        continue;
      }
      slot->fd = 0;
    }
    exceptions_[exceptions++] = {i, static_cast<uint32_t>(sent)};
  }
  return exceptions;
}

}  // namespace wsd
