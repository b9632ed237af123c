// Messages for the driver's log that wait for JavaScript to take them; a message that comes while the queue
// is full is dropped.
//
// Threads: any.
#ifndef WSD_NOTICE_QUEUE_H_
#define WSD_NOTICE_QUEUE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "fixed_text.h"

namespace wsd {

enum class NoticeLevel : char { kInfo = 'i', kWarning = 'w', kError = 'e' };

struct Notice {
  NoticeLevel level = NoticeLevel::kInfo;
  LineText text;
};

class NoticeQueue {
 public:
  // `count` shows JavaScript how many wait.
  explicit NoticeQueue(std::atomic<uint32_t>* count) noexcept : count_(count) {}

  // False when it was dropped.
  bool Post(const Notice& notice) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (size_ == notices_.size()) return false;
    notices_[(first_ + size_) % notices_.size()] = notice;
    count_->store(static_cast<uint32_t>(++size_));
    return true;
  }

  // Copies the oldest as its level's letter and its text; returns the number of bytes, 0 when there is none.
  int Take(char* buffer, size_t size) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (size_ == 0 || size == 0) return 0;
    const Notice& notice = notices_[first_];
    buffer[0] = static_cast<char>(notice.level);
    const size_t length = 1 + notice.text.view().copy(buffer + 1, size - 1);
    first_ = (first_ + 1) % notices_.size();
    count_->store(static_cast<uint32_t>(--size_));
    return static_cast<int>(length);
  }

 private:
  std::atomic<uint32_t>* const count_;
  std::mutex mutex_;
  std::array<Notice, 16> notices_;  // a ring
  size_t first_ = 0;
  size_t size_ = 0;
};

}  // namespace wsd

#endif  // WSD_NOTICE_QUEUE_H_
