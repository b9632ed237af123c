// The host's ends of the two rings of a handle: HostToDriver behind VSCPWrite, DriverToHost behind VSCPRead.
//
// Threads: Write and Read may be called by any number of host threads; a mutex per queue makes them one
// producer (one consumer) for the ring. The other end belongs to the runtime thread (JavaScript). The
// methods marked [runtime] come from the runtime thread, SetGate from any. No method is called with another
// lock held; the mutex is never held while a thread sleeps.
#ifndef WSD_EVENT_QUEUES_H_
#define WSD_EVENT_QUEUES_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "event_layout.h"
#include "ring.h"

namespace wsd {

// Whether the host's calls get in.
enum class Gate : uint8_t {
  kDown,    // no environment runs: not opened yet, or it died and is about to be started again
  kOpen,    // an environment runs and its server listens
  kClosed,  // VSCPClose was called; this is final
};

// What a queue needs from the instance it belongs to.
class QueueOwner {
 public:
  // Wakes the JavaScript side, which announced that it sleeps. Called with the queue's mutex held.
  virtual void WakeRuntime() noexcept = 0;
  // A host thread is about to sleep in a queue: a good moment to look after the runtime. No lock is held.
  virtual void OnHostIdle() noexcept = 0;
  // The layout in which to hand events over; nothing = not known yet, and none may be handed over. It may be
  // found out while a host thread waits in a read; that thread has to be woken then (WakeHost).
  virtual std::optional<Layout> HostLayoutIfCertain() const noexcept = 0;

 protected:
  ~QueueOwner() = default;
};

// How long a call of the host may last; 0 ms = for ever.
class Deadline {
 public:
  explicit Deadline(unsigned long timeout_ms) noexcept : timeout_ms_(timeout_ms) {}

  // Sleeps on `condition` for a slice of the time that is left. Returns false when the time is over.
  bool Wait(std::condition_variable* condition, std::unique_lock<std::mutex>* lock);

 private:
  using Clock = std::chrono::steady_clock;
  unsigned long timeout_ms_;
  bool started_ = false;
  Clock::time_point end_;
};

class EventQueue {
 public:
  explicit EventQueue(QueueOwner* owner) noexcept : owner_(owner) {}
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;

  // [runtime] Gives the queue its ring, once; later environments find it as it was left. Returns null when
  // there is no memory.
  Ring* EnsureRing(uint32_t capacity);
  // Wakes the host's threads that sleep in this queue.
  void WakeHost() noexcept;
  // Opens or shuts the queue for the host; sleeping threads notice at once. kClosed is final.
  void SetGate(Gate gate) noexcept;

 protected:
  QueueOwner* const owner_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<Ring> ring_;
  Gate gate_ = Gate::kDown;
};

class HostToDriver : public EventQueue {
 public:
  using EventQueue::EventQueue;

  // VSCPWrite: 0, 9 (full until the time-out), 33 (no environment), 34 (bad event), 41 (closed).
  int Write(const void* host_event, Layout layout, unsigned long timeout_ms);
};

// Who owns the data of an event that VSCPRead hands over (key event-data).
enum class DataOwner : uint32_t {
  kHost = 1,    // allocated with operator new[], given away
  kDriver = 2,  // a buffer of the queue, valid until the next Read
};

class DriverToHost : public EventQueue {
 public:
  using EventQueue::EventQueue;

  // VSCPRead: 0, 32 (nothing until the time-out; also while no environment runs or the host's layout is not
  // known), 35, 41 (closed).
  int Read(void* host_event, DataOwner data_owner, unsigned long timeout_ms);

 private:
  int HandOver(const EventRecord& record, Layout layout, DataOwner data_owner, void* host_event) noexcept;

  uint8_t buffer_[kMaxEventData];
};

}  // namespace wsd

#endif  // WSD_EVENT_QUEUES_H_
