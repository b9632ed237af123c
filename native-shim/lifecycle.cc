#include "lifecycle.h"

#include <algorithm>

#include "log.h"

namespace wsd {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kOpenTimeout{30000};
constexpr milliseconds kProgressInterval{1};
constexpr milliseconds kFirstRestartDelay{500};
constexpr milliseconds kLongestRestartDelay{30000};
// An environment that has served this long has shown that it works.
constexpr milliseconds kHealthyTime{60000};

}  // namespace

bool Lifecycle::WaitUntilOpened(void (*on_progress)() noexcept, ReasonText* reason) {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto has_reported = [this] { return opened_ || failed_ || close_begun_; };
  bool reported = false;
  for (Clock::duration waited{0}; !reported && waited < kOpenTimeout;) {
    const auto begin = Clock::now();
    reported =
        changed_.wait_for(lock, std::max<Clock::duration>(kProgressInterval, waited / 256), has_reported);
    on_progress();
    waited += Clock::now() - begin;
  }
  if (opened_ && !close_begun_) return true;
  if (!reported) {
    reason->Assign("the server did not report within 30 s");
  } else if (death_reason_.empty()) {
    reason->Assign(close_begun_ ? "the host is closing" : "there is not enough memory");
  } else {
    *reason = death_reason_;
  }
  return false;
}

void Lifecycle::RequestClose() noexcept {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    close_begun_ = true;
  }
  changed_.notify_all();
}

bool Lifecycle::WaitUntilEnded(Clock::time_point deadline) noexcept {
  std::unique_lock<std::mutex> lock(mutex_);
  return changed_.wait_until(lock, deadline, [this] { return ended_; });
}

void Lifecycle::Starting(ReasonText* last) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  *last = death_reason_;
  death_reason_.Clear();
}

bool Lifecycle::CloseBegun() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  return close_begun_;
}

void Lifecycle::Opened() noexcept {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    opened_ = true;
    opened_at_ = Clock::now();
  }
  changed_.notify_all();
}

bool Lifecycle::WaitForRestart() {
  std::unique_lock<std::mutex> lock(mutex_);
  if (!opened_ || close_begun_) return false;
  if (Clock::now() - opened_at_ >= kHealthyTime) restart_delay_ = milliseconds::zero();
  const milliseconds delay = std::max(restart_delay_, kFirstRestartDelay);
  restart_delay_ = std::min(delay * 2, kLongestRestartDelay);
  ReasonText line;
  line.Format("%.1900s; it is started again in %d ms", death_reason_.c_str(),
              static_cast<int>(delay.count()));
  lock.unlock();
  LogLine("the JavaScript runtime ended: ", line.view());
  lock.lock();
  changed_.wait_for(lock, delay, [this] { return close_begun_; });
  return !close_begun_;
}

void Lifecycle::Ended() noexcept {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
    failed_ = !opened_;
  }
  changed_.notify_all();
}

void Lifecycle::Died(std::string_view reason) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (death_reason_.empty()) death_reason_.Assign(reason);
}

}  // namespace wsd
