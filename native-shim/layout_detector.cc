#include "layout_detector.h"

#include <string_view>

namespace wsd {
namespace {

constexpr int kDecisive = 3;
constexpr int kContradiction = 4;

// Positive when the event looks more like 2026.
int Lean(const void* host_event) noexcept {
  return Plausibility(host_event, Layout::k2026) - Plausibility(host_event, Layout::kClassic);
}

// Without evidence, only names count that no host of the other layout ever had; vscpd is not one of them.
std::optional<Layout> LayoutOfName(std::string_view program) noexcept {
  if (program == "mqttvscpd" || program == "tcpipvscpd") return Layout::k2026;
  return std::nullopt;
}

std::optional<Layout> LayoutOfProgram(const HostProgram& program) noexcept {
  return program.layout ? program.layout : LayoutOfName(program.name.view());
}

}  // namespace

const char* LayoutName(Layout layout) noexcept { return layout == Layout::kClassic ? "classic" : "2026"; }

LayoutDetector::LayoutDetector(const HostProgram& program) noexcept
    : program_(program),
      layout_by_program_(LayoutOfProgram(program)),
      likely_(layout_by_program_.value_or(Layout::k2026)) {}

std::optional<Layout> LayoutDetector::certain() const noexcept {
  return decided() ? std::optional(likely()) : layout_by_program_;
}

bool LayoutDetector::contradicts_files() const noexcept {
  return decided() && program_.layout && *program_.layout != likely();
}

LineText LayoutDetector::Reason() const noexcept {
  LineText text;
  const char* layout = LayoutName(likely());
  if (contradicts_files()) {
    text.Format(
        "event layout %s, told by the events the host wrote, although its program file looks like %s; the "
        "key "
        "event-layout sets it",
        layout, LayoutName(*program_.layout));
  } else if (decided()) {
    text.Format("event layout %s, told by the events the host wrote", layout);
  } else if (program_.layout) {
    text.Format("event layout %s, told by the host's program file (%s the text timestamp_ns)", layout,
                likely() == Layout::k2026 ? "it holds" : "it does not hold");
  } else if (layout_by_program_) {
    text.Format("event layout %s, told by the host program's name '%s'", layout, program_.name.c_str());
  } else {
    text.Format(
        "the event layout of the host program '%s' is not known yet: events for the host wait until it has "
        "written one; the key event-layout sets it",
        program_.name.c_str());
  }
  return text;
}

bool LayoutDetector::Observe(const void* host_event) noexcept {
  if (decided()) return false;
  const int lean = Lean(host_event);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (decided()) return false;
  balance_ += lean;
  if (balance_ != 0) {
    likely_.store(balance_ > 0 ? Layout::k2026 : Layout::kClassic, std::memory_order_release);
  }
  if (balance_ < kDecisive && balance_ > -kDecisive) return false;
  decided_.store(true, std::memory_order_release);
  return true;
}

bool ContradictsLayout(const void* host_event, Layout layout) noexcept {
  const int lean = Lean(host_event);
  return layout == Layout::k2026 ? lean <= -kContradiction : lean >= kContradiction;
}

}  // namespace wsd
