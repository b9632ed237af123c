#include "layout_detector.h"

namespace wsd {
namespace {

constexpr int kDecisive = 3;
constexpr int kContradiction = 4;

// Positive when the event looks more like 2026.
int Lean(const void* host_event) noexcept {
  return Plausibility(host_event, Layout::k2026) - Plausibility(host_event, Layout::kClassic);
}

Layout LayoutOfProgram(std::string_view program) noexcept {
  return program == "vscpd" ? Layout::kClassic : Layout::k2026;
}

bool IsKnownProgram(std::string_view program) noexcept {
  return program == "vscpd" || program == "mqttvscpd" || program == "tcpipvscpd";
}

}  // namespace

const char* LayoutName(Layout layout) noexcept { return layout == Layout::kClassic ? "classic" : "2026"; }

LayoutDetector::LayoutDetector(std::string_view program)
    : program_(program), program_known_(IsKnownProgram(program)), current_(LayoutOfProgram(program)) {}

std::string LayoutDetector::Reason() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::string name = LayoutName(current());
  if (decided()) return "event layout " + name + ", told by the events the host wrote";
  if (program_known_) return "event layout " + name + ", told by the host program's name '" + program_ + "'";
  return "event layout " + name + " assumed: the host program '" + program_ +
         "' is not known and no written event has told yet; the key event-layout sets it";
}

bool LayoutDetector::Observe(const void* host_event) noexcept {
  if (decided()) return false;
  const int lean = Lean(host_event);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (decided()) return false;
  balance_ += lean;
  if (balance_ != 0) {
    current_.store(balance_ > 0 ? Layout::k2026 : Layout::kClassic, std::memory_order_release);
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
