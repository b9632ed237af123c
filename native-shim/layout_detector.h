// Finds out which event layout the host uses ('auto' of the key event-layout).
//
// Its program's files tell before it has written an event, its events tell for good. While neither has, no
// event may be handed to it: read in the other layout, bytes of a GUID are a size, and the host dies of it.
//
// One detector serves the whole process, for the host is one program. Threads: any; Observe may be called
// from several host threads at once and costs two loads once the matter is decided.
#ifndef WSD_LAYOUT_DETECTOR_H_
#define WSD_LAYOUT_DETECTOR_H_

#include <atomic>
#include <mutex>
#include <optional>

#include "event_layout.h"
#include "fixed_text.h"
#include "host_program.h"

namespace wsd {

class LayoutDetector {
 public:
  explicit LayoutDetector(const HostProgram& program) noexcept;

  // The layout to hand events over in; nothing while it is not certain.
  std::optional<Layout> certain() const noexcept;
  // The likelier layout, to read the host's events in.
  Layout likely() const noexcept { return likely_.load(std::memory_order_acquire); }
  // True once written events have decided.
  bool decided() const noexcept { return decided_.load(std::memory_order_acquire); }
  // True when written events have decided against what the program's files show.
  bool contradicts_files() const noexcept;
  // Text for the log: what is in force and why.
  LineText Reason() const noexcept;

  // Looks at an event the host has written. True when this event decided the matter.
  bool Observe(const void* host_event) noexcept;

 private:
  const HostProgram program_;
  const std::optional<Layout> layout_by_program_;
  std::mutex mutex_;
  int balance_ = 0;  // sum of the scores' differences so far, positive for 2026
  std::atomic<Layout> likely_;
  std::atomic<bool> decided_{false};
};

// True when an event looks far more like the other layout than like `layout`.
bool ContradictsLayout(const void* host_event, Layout layout) noexcept;

const char* LayoutName(Layout layout) noexcept;

}  // namespace wsd

#endif  // WSD_LAYOUT_DETECTOR_H_
