#include "thread.h"

#include <memory>
#include <new>

#include "log.h"

namespace wsd {
namespace {

// A runtime thread that ends leaves its stack in glibc's cache of 40 MB: beyond that size the cache unmaps
// stacks of any ended thread, even of one that the host is about to join a second time. So the stack is no
// larger than needed: V8 stops JavaScript 984 kB below the frame that made the isolate and runs native code
// (parsers, regular expressions, koffi) in what is below that.
constexpr size_t kStackSize = 2u << 20;

void* RunBody(void* argument) noexcept {
  const std::unique_ptr<std::function<void()>> body(static_cast<std::function<void()>*>(argument));
  try {
    (*body)();
  } catch (...) {
    LogLine("internal error: an exception ended the runtime thread");
  }
  return nullptr;
}

}  // namespace

bool StartThread(std::function<void()> body, pthread_t* thread) noexcept {
  auto* argument = new (std::nothrow) std::function<void()>(std::move(body));
  if (argument == nullptr) return false;
  pthread_attr_t attributes;
  bool started = false;
  if (pthread_attr_init(&attributes) == 0) {
    const AllSignalsBlocked blocked;
    pthread_attr_setstacksize(&attributes, kStackSize);
    started = pthread_create(thread, &attributes, RunBody, argument) == 0;
    pthread_attr_destroy(&attributes);
  }
  if (started) {
    pthread_setname_np(*thread, "websocksrv");
  } else {
    delete argument;
  }
  return started;
}

}  // namespace wsd
