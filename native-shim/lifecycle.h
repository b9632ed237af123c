// How far an instance has come, from the start of its runtime to its end, why an environment died, and the
// waits for all that.
//
// Threads: host threads call the first group, the runtime thread the second; Died comes from any. One lock,
// under which nothing is called.
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

  // True when the server listens; else a reason. Calls `on_progress` every millisecond while the environment
  // is being made, and when it has reported.
  bool WaitUntilOpened(void (*on_progress)() noexcept, ReasonText* reason);
  void RequestClose() noexcept;
  // True when the runtime has ended by then.
  bool WaitUntilEnded(Clock::time_point deadline) noexcept;

  // The reason of the death before this start is moved to `last`.
  void Starting(ReasonText* last) noexcept;
  // True when the host wants to close already.
  bool EnvironmentMade() noexcept;
  void Opened() noexcept;
  // True when another environment is to be started, after the wait that is due.
  bool WaitForRestart();
  void Ended() noexcept;

  // Why the environment ends. The first reason counts: what follows is its consequence.
  void Died(std::string_view reason) noexcept;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool environment_made_ = false;  // the first one
  bool opened_ = false;            // the server listened at least once
  bool failed_ = false;            // the first start ended without that
  bool close_begun_ = false;
  bool ended_ = false;       // the runtime thread is done with everything
  ReasonText death_reason_;  // why the present environment is ending
  Clock::time_point opened_at_;
  std::chrono::milliseconds restart_delay_{0};  // 0 = none was needed lately
};

}  // namespace wsd

#endif  // WSD_LIFECYCLE_H_
