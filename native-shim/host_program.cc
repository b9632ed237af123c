#include "host_program.h"

#include <limits.h>
#include <unistd.h>

#include <string_view>

namespace wsd {

std::string HostProgramName() {
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0) return "";
  std::string program(path, static_cast<size_t>(length));
  program.erase(0, program.rfind('/') + 1);
  // The mark of a program file that was replaced since the program started.
  constexpr std::string_view kDeleted = " (deleted)";
  const size_t mark = program.rfind(kDeleted);
  if (mark != std::string::npos && mark + kDeleted.size() == program.size()) program.erase(mark);
  return program;
}

}  // namespace wsd
