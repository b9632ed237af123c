// How far an instance has come between the start and the end of its runtime, why an environment died, and the
// ways to wait for these.
//
// Threads: host threads call the first group, the runtime thread the second; any thread may call Died. There
// is one lock, under which nothing is called.
#ifndef WSD_LIFECYCLE_H_
#define WSD_LIFECYCLE_H_

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string_view>

#include "fixed_text.h"

namespace wsd {

class Lifecycle {
 public:
  using Clock = std::chrono::steady_clock;

  // Returns true when the server listens; else false and a reason. Calls `on_progress` every millisecond at
  // first, then each time a little longer (a 256th of the time so far) has passed, and at the end.
  bool WaitUntilOpened(void (*on_progress)() noexcept, ReasonText* reason);
  void RequestClose() noexcept;
  // Returns true when the runtime has ended by then.
  bool WaitUntilEnded(Clock::time_point deadline) noexcept;

  // Moves the reason of the death before this start to `last`.
  void Starting(ReasonText* last) noexcept;
  // True when the host already wants to close.
  bool CloseBegun() noexcept;
  void Opened() noexcept;
  // Waits for the delay that is due; returns true when another environment should be started.
  bool WaitForRestart();
  void Ended() noexcept;

  // Why the environment ends. The first reason counts: what follows is its consequence.
  void Died(std::string_view reason) noexcept;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool opened_ = false;  // the server listened at least once
  bool failed_ = false;  // the first start ended before the server listened
  bool close_begun_ = false;
  bool ended_ = false;       // the runtime thread is done with everything
  ReasonText death_reason_;  // why the present environment is ending
  Clock::time_point opened_at_;
  std::chrono::milliseconds restart_delay_{0};  // 0 = no restart was needed lately
};

}  // namespace wsd

#endif  // WSD_LIFECYCLE_H_
