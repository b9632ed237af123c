#include "log.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

namespace wsd {
namespace {

// Keeps a SIGPIPE that a write() of this thread raises away from the host: a thread-directed signal stays
// pending while blocked and is taken off again, unless one was pending before.
class SigpipeShield {
 public:
  SigpipeShield() noexcept {
    sigset_t pending;
    sigemptyset(&pending);
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &sigpipe_, &previous_);
  }

  ~SigpipeShield() {
    if (!was_pending_) {
      const timespec no_wait = {0, 0};
      while (sigtimedwait(&sigpipe_, nullptr, &no_wait) == -1 && errno == EINTR) {
      }
    }
    pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
  }

  SigpipeShield(const SigpipeShield&) = delete;
  SigpipeShield& operator=(const SigpipeShield&) = delete;

 private:
  sigset_t sigpipe_;
  sigset_t previous_;
  bool was_pending_;
};

}  // namespace

void LogLine(std::string_view text, std::string_view more) noexcept {
  constexpr std::string_view kPrefix = "vscpl2drv-websocksrv: ";
  constexpr size_t kMaxText = 2000;
  char line[kPrefix.size() + kMaxText + 1];
  size_t length = kPrefix.copy(line, kPrefix.size());
  for (const std::string_view part : {text, more}) {
    for (const char c : part.substr(0, kPrefix.size() + kMaxText - length)) {
      const auto byte = static_cast<unsigned char>(c);
      line[length++] = byte < 0x20 || byte == 0x7f ? ' ' : c;
    }
  }
  line[length++] = '\n';
  const int saved_errno = errno;
  {
    const SigpipeShield shield;
    const ssize_t written = write(STDERR_FILENO, line, length);
    static_cast<void>(written);
  }
  errno = saved_errno;
}

}  // namespace wsd
