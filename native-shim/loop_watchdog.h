// Tells when an event loop no longer turns. It has no thread: host threads that are about to sleep (in real
// hosts VSCPRead, twenty times a second) ask, and JavaScript answers by copying ping to pong.
//
// Threads: any host thread may call Check; Start and Stop come from the runtime thread.
#ifndef WSD_LOOP_WATCHDOG_H_
#define WSD_LOOP_WATCHDOG_H_

#include <atomic>
#include <cstdint>

namespace wsd {

class LoopWatchdog {
 public:
  enum class Verdict { kNothing, kAsk, kStuck };

  static constexpr int64_t kIntervalMs = 1000;
  // The number of intervals without an answer after which the loop counts as stuck. An interval in which the
  // whole process was stopped (by a debugger or a suspended machine) counts once, however long it was.
  static constexpr uint32_t kMaxMissed = 10;

  LoopWatchdog(std::atomic<uint32_t>* ping, std::atomic<uint32_t>* pong) noexcept
      : ping_(ping), pong_(pong) {}

  void Start(int64_t now_ms) noexcept {
    missed_.store(0);
    pong_->store(ping_->load());
    last_check_ms_.store(now_ms);
    active_.store(true);
  }

  void Stop() noexcept { active_.store(false); }

  // kAsk: the loop has to be woken so that it answers. kStuck comes once and stops the watch.
  Verdict Check(int64_t now_ms) noexcept {
    if (!active_.load(std::memory_order_relaxed)) return Verdict::kNothing;
    int64_t last = last_check_ms_.load(std::memory_order_relaxed);
    if (now_ms - last < kIntervalMs) return Verdict::kNothing;
    if (!last_check_ms_.compare_exchange_strong(last, now_ms)) return Verdict::kNothing;
    const uint32_t ping = ping_->load();
    if (pong_->load() == ping) {
      missed_.store(0);
      ping_->store(ping + 1);
      return Verdict::kAsk;
    }
    if (missed_.fetch_add(1) + 1 < kMaxMissed) return Verdict::kNothing;
    return active_.exchange(false) ? Verdict::kStuck : Verdict::kNothing;
  }

 private:
  std::atomic<uint32_t>* const ping_;
  std::atomic<uint32_t>* const pong_;
  std::atomic<bool> active_{false};
  std::atomic<int64_t> last_check_ms_{0};
  std::atomic<uint32_t> missed_{0};
};

}  // namespace wsd

#endif  // WSD_LOOP_WATCHDOG_H_
