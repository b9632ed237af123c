#include "host_layout.h"

#include <algorithm>

namespace wsd {
namespace {

// Which events are checked for contradictions: the first ones, then one in so many, and each after one that
// contradicts.
constexpr uint32_t kSample = 256;

// One host program has one layout, so all handles share what was found out.
LayoutDetector& Detector() noexcept {
  static LayoutDetector detector(DescribeHostProgram(SearchLimits()));
  return detector;
}

Notice Contradiction(Layout layout, bool automatic) noexcept {
  Notice notice;
  notice.level = NoticeLevel::kError;
  notice.text.Format(
      "an event of the host does not look like event layout %s, which %s; check the key event-layout",
      LayoutName(layout), automatic ? "earlier events told" : "the configuration sets");
  return notice;
}

}  // namespace

std::optional<Notice> HostLayout::Configure(uint32_t mode) noexcept {
  mode_.store(std::min(mode, static_cast<uint32_t>(Layout::k2026)));
  if (mode != 0) return std::nullopt;
  const LayoutDetector& detector = Detector();
  return Notice{detector.certain() ? NoticeLevel::kInfo : NoticeLevel::kWarning, detector.Reason()};
}

std::optional<Layout> HostLayout::certain() const noexcept {
  if (contradicts_.load(std::memory_order_relaxed)) return std::nullopt;
  const uint32_t mode = mode_.load(std::memory_order_relaxed);
  return mode == 0 ? Detector().certain() : std::optional(static_cast<Layout>(mode));
}

std::optional<Layout> HostLayout::Observe(const void* host_event, std::optional<Notice>* notice) noexcept {
  LayoutDetector& detector = Detector();
  const uint32_t mode = mode_.load(std::memory_order_relaxed);
  if (mode == 0 && !detector.decided()) {
    if (detector.Observe(host_event)) {
      const bool surprising = detector.contradicts_files();
      *notice = Notice{surprising ? NoticeLevel::kError : NoticeLevel::kInfo, detector.Reason()};
    }
    return detector.likely();
  }
  const Layout layout = mode == 0 ? detector.likely() : static_cast<Layout>(mode);
  const uint32_t count = events_seen_.fetch_add(1, std::memory_order_relaxed);
  const bool contradicted = contradicts_.load(std::memory_order_relaxed);
  if (!contradicted && count >= kSample && count % kSample != 0) return layout;
  const bool contradicts = ContradictsLayout(host_event, layout);
  if (contradicts != contradicted) contradicts_.store(contradicts, std::memory_order_relaxed);
  if (!contradicts) return layout;
  if (!contradiction_reported_.exchange(true)) *notice = Contradiction(layout, mode == 0);
  return std::nullopt;
}

}  // namespace wsd
