// A ring of event records in shared memory for one producer and one consumer, with the sleep/wake protocol
// that saves them from signalling each other while both are busy.
//
// Threads: at any time one thread on the producer's side and one on the consumer's; either may be
// JavaScript (src/host/ring.ts does there what the methods here do). Several host threads on one side are
// serialised by their queue (event_queues.h).
//
// Counters run freely over 32 bits: head counts records ever published, tail those ever taken.
//
//   consumer going to sleep: sleeping = 1, re-read head, empty -> sleep (until woken)
//   producer:                publish head, then if exchange(sleeping, 0) was 1 -> wake the consumer
//
// All four accesses are sequentially consistent: either the consumer sees the new head or the producer sees
// the sleeping word; no wake-up is lost. A producer that waits for room does the same with the tail and the
// word `waiting`. An announcement is only ever taken back by the one who wakes: a second host thread may
// sleep behind the same word, and one wake-up too many does no harm. test/host/ring-protocol.test.ts runs the
// protocol in every interleaving of two sides, test/native/native_tests.cc with real threads.
#ifndef WSD_RING_H_
#define WSD_RING_H_

#include <atomic>
#include <cstdint>
#include <memory>

#include "record.h"

namespace wsd {

// The words two sides share, each on a cache line of its own.
struct RingControl {
  alignas(64) std::atomic<uint32_t> head;
  alignas(64) std::atomic<uint32_t> tail;
  alignas(64) std::atomic<uint32_t> sleeping;  // the consumer sleeps
  alignas(64) std::atomic<uint32_t> waiting;   // the producer waits for room
};

static_assert(sizeof(std::atomic<uint32_t>) == 4 && std::atomic<uint32_t>::is_always_lock_free,
              "JavaScript sees the words as plain 32-bit integers");

class Ring {
 public:
  static constexpr uint32_t kMaxCapacity = 1u << 20;

  // Maps memory for a ring that holds exactly `capacity` events (1 to kMaxCapacity; other values are brought
  // into that range). Returns null when there is no memory.
  static std::unique_ptr<Ring> Create(uint32_t capacity) noexcept;
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  uint32_t capacity() const noexcept { return capacity_; }
  uint32_t slots() const noexcept { return slot_mask_ + 1; }
  // The control words come first, then the records (at kRecordsOffset).
  void* memory() const noexcept { return control_; }
  size_t memory_size() const noexcept { return memory_size_; }
  static constexpr size_t kRecordsOffset = sizeof(RingControl);

  uint32_t Fill() const noexcept { return control_->head.load() - control_->tail.load(); }

  // --- Producer ---
  // The record to fill next, or null when the ring is full.
  EventRecord* BeginPush() noexcept {
    const uint32_t head = control_->head.load(std::memory_order_relaxed);
    if (head - control_->tail.load(std::memory_order_acquire) >= capacity_) return nullptr;
    return &records_[head & slot_mask_];
  }
  // Publishes the record of BeginPush; true when the consumer sleeps and has to be woken.
  bool Publish() noexcept {
    control_->head.store(control_->head.load(std::memory_order_relaxed) + 1);
    return control_->sleeping.load() != 0 && control_->sleeping.exchange(0) != 0;
  }
  // Announces that the producer waits for room; false when there is room already.
  bool BeginWait() noexcept {
    control_->waiting.store(1);
    return control_->head.load(std::memory_order_relaxed) - control_->tail.load() >= capacity_;
  }

  // --- Consumer ---
  // The oldest record, or null when the ring is empty.
  const EventRecord* Front() const noexcept {
    const uint32_t tail = control_->tail.load(std::memory_order_relaxed);
    if (control_->head.load(std::memory_order_acquire) == tail) return nullptr;
    return &records_[tail & slot_mask_];
  }
  // Gives the oldest record back; true when a producer waits for room and has to be woken.
  bool Pop() noexcept {
    control_->tail.store(control_->tail.load(std::memory_order_relaxed) + 1);
    return control_->waiting.load() != 0 && control_->waiting.exchange(0) != 0;
  }
  // Announces that the consumer sleeps; false when there is a record already.
  bool BeginSleep() noexcept {
    control_->sleeping.store(1);
    return control_->head.load() == control_->tail.load(std::memory_order_relaxed);
  }

 private:
  Ring(void* memory, size_t memory_size, uint32_t capacity, uint32_t slots) noexcept;

  RingControl* control_;
  EventRecord* records_;
  size_t memory_size_;
  uint32_t capacity_;
  uint32_t slot_mask_;
};

}  // namespace wsd

#endif  // WSD_RING_H_
