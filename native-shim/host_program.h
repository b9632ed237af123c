// What the host's program file shows about the host: its name, and the event layout it was compiled for.
//
// Names mislead (daemons of both layouts were called vscpd), but the file does not: a program that loads
// level II drivers contains the text VSCPOpen, and a host of the 2026 layout also contains the name of its
// new field, timestamp_ns, in the program or in a library that it is linked with.
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
  ProgramName name;              // file name; empty when unknown
  std::optional<Layout> layout;  // what its files show; nothing when they do not show it, or not in time
};

// Empty when unknown.
ProgramName HostProgramName() noexcept;

// The data bytes that an event for this host may have: 512, or fewer for daemons whose JSON publisher
// overruns its buffer at 230 bytes and more, which ends them.
uint16_t MaxDataOfHost(const ProgramName& name) noexcept;

// How much of the files is read: a slow disk or a huge program must not hold VSCPOpen up. Memory: one buffer
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
