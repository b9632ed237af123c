#include "event_queues.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace wsd {
namespace {

// Longest sleep at a stretch; bounds how late a waiting thread looks after the runtime.
constexpr std::chrono::milliseconds kSlice{1000};

}  // namespace

bool Deadline::Wait(std::condition_variable* condition, std::unique_lock<std::mutex>* lock) {
  const Clock::time_point now = Clock::now();
  if (timeout_ms_ == 0) {
    condition->wait_until(*lock, now + kSlice);
    return true;
  }
  if (!started_) {
    started_ = true;
    // Absurdly long times would overflow the clock, so a year takes their place.
    constexpr unsigned long kLongest = 365UL * 24 * 3600 * 1000;
    end_ = now + std::chrono::milliseconds(std::min(timeout_ms_, kLongest));
  }
  if (now >= end_) return false;
  condition->wait_until(*lock, std::min(end_, now + kSlice));
  return true;
}

Ring* EventQueue::EnsureRing(uint32_t capacity) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (ring_ == nullptr) ring_ = Ring::Create(capacity);
  return ring_.get();
}

void EventQueue::WakeHost() noexcept {
  // The lock orders this behind a host thread that has announced its sleep and is not yet asleep.
  { const std::lock_guard<std::mutex> lock(mutex_); }
  changed_.notify_all();
}

void EventQueue::SetGate(Gate gate) noexcept {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (gate_ == Gate::kClosed) return;
    gate_ = gate;
  }
  changed_.notify_all();
}

int HostToDriver::Write(const void* host_event, Layout layout, unsigned long timeout_ms) {
  Deadline deadline(timeout_ms);
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    if (gate_ == Gate::kClosed) return kInvalidHandle;
    if (gate_ == Gate::kDown || ring_ == nullptr) return kNotOpen;
    EventRecord* record = ring_->BeginPush();
    if (record != nullptr) {
      if (!RecordFromHost(host_event, layout, record)) return kParameter;
      if (ring_->Publish()) owner_->WakeRuntime();
      return kSuccess;
    }
    lock.unlock();
    owner_->OnHostIdle();
    lock.lock();
    if (gate_ != Gate::kOpen || !ring_->BeginWait()) continue;
    if (!deadline.Wait(&changed_, &lock)) return kFifoFull;
  }
}

// The record lies in memory that JavaScript writes: its size is read once and bounded here.
int DriverToHost::HandOver(const EventRecord& record, Layout layout, DataOwner data_owner,
                           void* host_event) noexcept {
  const uint16_t size = std::min(__atomic_load_n(&record.size, __ATOMIC_RELAXED), kMaxEventData);
  uint8_t* data = nullptr;
  if (size > 0) {
    data = data_owner == DataOwner::kHost ? new (std::nothrow) uint8_t[size] : buffer_;
    if (data == nullptr) return kMemory;
    memcpy(data, record.data, size);
  }
  RecordToHost(record, layout, data, size, host_event);
  if (ring_->Pop()) owner_->WakeRuntime();
  return kSuccess;
}

int DriverToHost::Read(void* host_event, DataOwner data_owner, unsigned long timeout_ms) {
  Deadline deadline(timeout_ms);
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    if (gate_ == Gate::kClosed) return kInvalidHandle;
    const std::optional<Layout> layout = owner_->HostLayoutIfCertain();
    const EventRecord* record = ring_ == nullptr || !layout ? nullptr : ring_->Front();
    if (record != nullptr) return HandOver(*record, *layout, data_owner, host_event);
    lock.unlock();
    owner_->OnHostIdle();
    lock.lock();
    if (gate_ == Gate::kClosed || layout != owner_->HostLayoutIfCertain()) continue;
    if (layout && ring_ != nullptr && !ring_->BeginSleep()) continue;
    if (!deadline.Wait(&changed_, &lock)) return kTimeout;
  }
}

}  // namespace wsd
