// What the host's program file tells about it: its name, and which event layout it was compiled for.
//
// Names mislead (daemons of both layouts were called vscpd), but the file tells: who loads level II drivers
// holds the text VSCPOpen, and of those the hosts of the 2026 layout hold the name of its new field,
// timestamp_ns, in the program or in a library that it is linked with.
//
// Threads: any; reads files and allocates nothing.
#ifndef WSD_HOST_PROGRAM_H_
#define WSD_HOST_PROGRAM_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "event_layout.h"
#include "fixed_text.h"

namespace wsd {

using ProgramName = FixedText<64>;

struct HostProgram {
  ProgramName name;              // file name; empty when it cannot be told
  std::optional<Layout> layout;  // what its files show; nothing when they show nothing, or not in time
};

// Empty when it cannot be told.
ProgramName HostProgramName() noexcept;

// Data bytes that an event for this host may have: all 512, but for daemons whose JSON publisher runs over
// its buffer at 230 and more, which ends them.
uint16_t MaxDataOfHost(const ProgramName& name) noexcept;

// How far files are looked into: a slow disk or a huge program must not hold VSCPOpen up. Memory: one buffer
// of 64 kB, on the stack.
struct SearchLimits {
  std::chrono::milliseconds time{1000};
  size_t bytes = size_t{256} << 20;
};

// This process's program and the libraries it is linked with.
HostProgram DescribeHostProgram(const SearchLimits& limits) noexcept;

// What a single program file shows.
std::optional<Layout> LayoutOfFile(const char* path, const SearchLimits& limits) noexcept;

}  // namespace wsd

#endif  // WSD_HOST_PROGRAM_H_
