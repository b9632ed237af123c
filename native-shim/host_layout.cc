#include "host_layout.h"

#include <algorithm>
#include <string>

#include "host_program.h"

namespace wsd {
namespace {

// Events that are looked at for contradictions: the first ones, then one in so many.
constexpr uint32_t kSample = 256;

// One host program, one layout: all handles share what was found out. Never destroyed.
LayoutDetector& Detector() {
  static auto* detector = new LayoutDetector(HostProgramName());
  return *detector;
}

}  // namespace

std::optional<Notice> HostLayout::Configure(uint32_t mode) {
  mode_.store(std::min(mode, static_cast<uint32_t>(Layout::k2026)));
  if (mode != 0) return std::nullopt;
  const LayoutDetector& detector = Detector();
  const bool sure = detector.decided() || detector.program_known();
  return Notice{sure ? NoticeLevel::kInfo : NoticeLevel::kWarning, detector.Reason()};
}

Layout HostLayout::current() const noexcept {
  const uint32_t mode = mode_.load(std::memory_order_relaxed);
  return mode == 0 ? Detector().current() : static_cast<Layout>(mode);
}

Layout HostLayout::Observe(const void* host_event, std::optional<Notice>* notice) {
  LayoutDetector& detector = Detector();
  const bool automatic = mode_.load(std::memory_order_relaxed) == 0;
  if (automatic && !detector.decided()) {
    if (detector.Observe(host_event)) *notice = Notice{NoticeLevel::kInfo, detector.Reason()};
    return detector.current();
  }
  const Layout layout = current();
  const uint32_t count = events_seen_.fetch_add(1, std::memory_order_relaxed);
  const bool sampled = count < kSample || count % kSample == 0;
  if (sampled && !contradiction_reported_.load(std::memory_order_relaxed) &&
      ContradictsLayout(host_event, layout) && !contradiction_reported_.exchange(true)) {
    *notice = Contradiction(layout, automatic);
  }
  return layout;
}

Notice HostLayout::Contradiction(Layout layout, bool automatic) const {
  return {NoticeLevel::kError,
          std::string("an event of the host does not look like event layout ") + LayoutName(layout) +
              (automatic ? ", which earlier events told" : ", which the configuration sets") +
              "; check the key event-layout"};
}

}  // namespace wsd
