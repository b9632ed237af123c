// The socket pair that wakes a sleeping event loop. One end stays here, the other belongs to JavaScript.
//
// Threads: Send may come from any host thread, the rest from the runtime thread; a mutex keeps a descriptor
// from being closed under a sender.
#ifndef WSD_WAKE_SOCKET_H_
#define WSD_WAKE_SOCKET_H_

#include <sys/socket.h>
#include <unistd.h>

#include <mutex>

namespace wsd {

class WakeSocket {
 public:
  WakeSocket() = default;
  ~WakeSocket() { Close(); }
  WakeSocket(const WakeSocket&) = delete;
  WakeSocket& operator=(const WakeSocket&) = delete;

  // Makes a new pair for a new environment. Returns JavaScript's end, or -1. Unless ReleaseTheirs is called,
  // Close closes that end, too.
  int Open() noexcept {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) return -1;
    const std::lock_guard<std::mutex> lock(mutex_);
    ours_ = pair[0];
    theirs_ = pair[1];
    return theirs_;
  }

  void ReleaseTheirs() noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    theirs_ = -1;
  }

  void Close() noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (ours_ != -1) close(ours_);
    if (theirs_ != -1) close(theirs_);
    ours_ = theirs_ = -1;
  }

  // A full buffer needs no further byte, and a peer that is gone needs no wake-up.
  void Send() noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (ours_ == -1) return;
    const char byte = 0;
    const ssize_t sent = send(ours_, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    static_cast<void>(sent);
  }

 private:
  std::mutex mutex_;
  int ours_ = -1;
  int theirs_ = -1;
};

}  // namespace wsd

#endif  // WSD_WAKE_SOCKET_H_
