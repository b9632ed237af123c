// One Node environment (isolate, event loop, context) from start to end.
//
// Threads: RunEnvironment runs the environment on the calling thread and returns when it has ended and all
// everything it had is freed. The observer is called on that thread. Between OnCreated and OnEnding any
// thread may call RequestStop; other threads may use nothing of V8, Node or libuv.
#ifndef WSD_ENVIRONMENT_H_
#define WSD_ENVIRONMENT_H_

#include <node.h>

#include <cstdint>
#include <string>

namespace wsd {

// Ends an environment from outside, out of an endless loop as well.
//
// From the moment node::Stop is called, everything that an addon asks of Node fails, and koffi ends the
// process when that happens within one of its calls. So node::Stop is never called where such a call may be
// on the stack: the runtime's own thread calls it, at the beginning of a function or the turn of a loop in
// JavaScript, or when the event loop turns, none of which happens within a native call. JavaScript finds a
// Uint32Array under the symbol 'vscpl2drv-websocksrv.stopping'; once its only number is not 0 it makes no
// native call any more (src/host/bridge.ts).
class EnvironmentStopper {
 public:
  // Returns at once; any number of times.
  virtual void RequestStop() noexcept = 0;

 protected:
  ~EnvironmentStopper() = default;
};

class EnvironmentObserver {
 public:
  // From now on the environment can be stopped / can no longer be stopped.
  virtual void OnCreated(EnvironmentStopper* stopper) noexcept = 0;
  virtual void OnEnding() noexcept = 0;
  // JavaScript called process.exit, or nobody caught an exception.
  virtual void OnExit(int code) noexcept = 0;
  // The heap reached MaxHeapBytes; the environment is being stopped.
  virtual void OnHeapExhausted() noexcept = 0;
  // Limit for the old generation of the heap; may change while the environment runs.
  virtual size_t MaxHeapBytes() noexcept = 0;

 protected:
  ~EnvironmentObserver() = default;
};

struct EnvironmentOptions {
  node::MultiIsolatePlatform* platform;
  std::string bundle_path;        // CommonJS file to run
  uint64_t bridge_table_address;  // what the bundle finds under its well-known symbol
};

// Returns what went wrong before the bundle ran, or an empty text.
std::string RunEnvironment(const EnvironmentOptions& options, EnvironmentObserver* observer);

}  // namespace wsd

#endif  // WSD_ENVIRONMENT_H_
