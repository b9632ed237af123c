// The event layout one handle works with: configured, or found out (layout_detector.h), and whether what the
// host writes fits it.
//
// Threads: any.
#ifndef WSD_HOST_LAYOUT_H_
#define WSD_HOST_LAYOUT_H_

#include <atomic>
#include <cstdint>
#include <optional>

#include "layout_detector.h"
#include "notice_queue.h"

namespace wsd {

class HostLayout {
 public:
  // `mode` as JavaScript gives it: 0 = auto, else a Layout. For auto, returns what should be logged.
  std::optional<Notice> Configure(uint32_t mode) noexcept;
  // The layout in which to hand events over; nothing while it is not certain, or the host's last event
  // contradicts it: then no event may be handed over.
  std::optional<Layout> certain() const noexcept;
  // Looks at an event the host writes and returns the layout to read it in; nothing when the event
  // contradicts the layout: in it, any bytes are its pointer to the data. A notice is left when that event
  // decided the layout or is the first to contradict it.
  std::optional<Layout> Observe(const void* host_event, std::optional<Notice>* notice) noexcept;

 private:
  std::atomic<uint32_t> mode_{0};
  std::atomic<uint32_t> events_seen_{0};
  // The last event that was checked did.
  std::atomic<bool> contradicts_{false};
  std::atomic<bool> contradiction_reported_{false};
};

}  // namespace wsd

#endif  // WSD_HOST_LAYOUT_H_
