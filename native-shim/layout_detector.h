// Finds out which event layout the host uses ('auto' of the key event-layout).
//
// One detector serves the whole process, for the host is one program. Threads: any; Observe may be called
// from several host threads at once and costs two loads once the matter is decided.
#ifndef WSD_LAYOUT_DETECTOR_H_
#define WSD_LAYOUT_DETECTOR_H_

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>

#include "event_layout.h"

namespace wsd {

class LayoutDetector {
 public:
  // `program` is the host program's file name; it decides until events have been written.
  explicit LayoutDetector(std::string_view program);

  Layout current() const noexcept { return current_.load(std::memory_order_acquire); }
  // True once written events have decided.
  bool decided() const noexcept { return decided_.load(std::memory_order_acquire); }
  // True when the host program is one whose layout is known.
  bool program_known() const noexcept { return program_known_; }
  // Text for the log: what is in force and why.
  std::string Reason() const;

  // Looks at an event the host has written. True when this event decided the matter.
  bool Observe(const void* host_event) noexcept;

 private:
  mutable std::mutex mutex_;
  std::string program_;
  bool program_known_;
  int balance_ = 0;  // sum of the scores' differences so far, positive for 2026
  std::atomic<Layout> current_;
  std::atomic<bool> decided_{false};
};

// True when an event looks far more like the other layout than like `layout`.
bool ContradictsLayout(const void* host_event, Layout layout) noexcept;

const char* LayoutName(Layout layout) noexcept;

}  // namespace wsd

#endif  // WSD_LAYOUT_DETECTOR_H_
