// Finds out which event layout the host uses ('auto' of the key event-layout).
//
// The host's program files show the layout before the host has written an event; its events decide it for
// good. While neither has shown it, no event may be handed to the host: read in the wrong layout, bytes of a
// GUID become a size, and the host dies of it.
//
// One detector serves the whole process, because the host is one program. Threads: any; Observe may be called
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

  // The layout in which to hand events over; nothing while it is not certain.
  std::optional<Layout> certain() const noexcept;
  // The likelier layout, in which to read the host's events.
  Layout likely() const noexcept { return likely_.load(std::memory_order_acquire); }
  // True once the host's events have decided the layout.
  bool decided() const noexcept { return decided_.load(std::memory_order_acquire); }
  // True when the host's events have decided against what the program's files show.
  bool contradicts_files() const noexcept;
  // Text for the log: which layout is in force, and why.
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
