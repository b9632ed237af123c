// Threads that a host does not notice: they block every signal and have a stack large enough for V8.
#ifndef WSD_THREAD_H_
#define WSD_THREAD_H_

#include <pthread.h>
#include <signal.h>

#include <functional>

namespace wsd {

// Blocks all signals of the calling thread while it lives; threads created meanwhile inherit that.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &previous_);
  }
  ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &previous_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t previous_;
};

// Starts `body` on a thread of its own (2 MB stack, all signals blocked). Returns false when the system
// refuses.
bool StartThread(std::function<void()> body, pthread_t* thread) noexcept;

}  // namespace wsd

#endif  // WSD_THREAD_H_
