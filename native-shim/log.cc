#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

namespace wsd {
namespace {

// Keeps a SIGPIPE raised by a write() of this thread away from the host: a thread-directed signal stays
// pending while it is blocked, and is then removed unless one was pending before.
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

// Writes into a pipe that may not be opened a second time (another user's): splice() can be told not to wait.
void SplicePipe(const char* bytes, size_t size) noexcept {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return;
  const ssize_t inside = write(ends[1], bytes, size);
  if (inside > 0)
    splice(ends[0], nullptr, STDERR_FILENO, nullptr, static_cast<size_t>(inside), SPLICE_F_NONBLOCK);
  close(ends[0]);
  close(ends[1]);
}

// Writes what the reader of standard error takes at once: a reader that has stalled must not hold up the
// host. The flag for this belongs to the open file, which others share, so pipes and terminals are opened a
// second time.
void WriteWithoutWaiting(const char* bytes, size_t size) noexcept {
  constexpr int kFlags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  struct stat status;
  if (fstat(STDERR_FILENO, &status) != 0) return;
  ssize_t written = 0;
  if (S_ISSOCK(status.st_mode)) {
    written = send(STDERR_FILENO, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  } else if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) {
    int own = open("/proc/self/fd/2", kFlags);
    if (own == -1 && S_ISFIFO(status.st_mode)) {
      SplicePipe(bytes, size);
      return;
    }
    if (own == -1) own = open("/dev/tty", kFlags);
    if (own == -1) return;
    written = write(own, bytes, size);
    close(own);
  } else {
    written = write(STDERR_FILENO, bytes, size);
  }
  static_cast<void>(written);
}

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
    WriteWithoutWaiting(line, length);
  }
  errno = saved_errno;
}

}  // namespace wsd
