#include "ring.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace wsd {

Ring::Ring(void* memory, size_t memory_size, uint32_t capacity, uint32_t slots) noexcept
    : control_(new (memory) RingControl()),
      records_(reinterpret_cast<EventRecord*>(static_cast<char*>(memory) + kRecordsOffset)),
      memory_size_(memory_size),
      capacity_(capacity),
      slot_mask_(slots - 1) {}

std::unique_ptr<Ring> Ring::Create(uint32_t capacity) noexcept {
  capacity = std::clamp<uint32_t>(capacity, 1, kMaxCapacity);
  uint32_t slots = 1;
  while (slots < capacity) slots *= 2;
  const size_t size = kRecordsOffset + static_cast<size_t>(slots) * sizeof(EventRecord);
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  Ring* ring = new (std::nothrow) Ring(memory, size, capacity, slots);
  if (ring == nullptr) munmap(memory, size);
  return std::unique_ptr<Ring>(ring);
}

Ring::~Ring() { munmap(control_, memory_size_); }

}  // namespace wsd
