#include "host_program.h"

#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

namespace wsd {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kLoaderText = "VSCPOpen";
constexpr std::string_view k2026Text = "timestamp_ns";
constexpr size_t kBufferSize = 64u << 10;
constexpr size_t kOverlap = std::max(kLoaderText.size(), k2026Text.size()) - 1;
constexpr size_t kMaxLibraries = 128;

bool Contains(const char* bytes, size_t size, std::string_view text) noexcept {
  return memmem(bytes, size, text.data(), text.size()) != nullptr;
}

// Looks for both texts in one file after the other until both are found or a limit is reached.
class TextSearch {
 public:
  explicit TextSearch(const SearchLimits& limits) noexcept
      : end_(Clock::now() + limits.time), bytes_left_(limits.bytes) {}

  bool found_loader() const noexcept { return found_loader_; }
  bool found_2026() const noexcept { return found_2026_; }

  // False when the file could not be read, or not to its end.
  bool LookInto(const char* path) noexcept {
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd == -1) return false;
    struct stat status = {};
    const bool complete = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && LookIntoOpen(fd);
    close(fd);
    return complete;
  }

 private:
  bool LookIntoOpen(int fd) noexcept {
    char buffer[kOverlap + kBufferSize];
    size_t kept = 0;
    while (!found_loader_ || !found_2026_) {
      if (bytes_left_ == 0 || Clock::now() >= end_) return false;
      const ssize_t count = read(fd, buffer + kept, std::min(kBufferSize, bytes_left_));
      if (count <= 0) return count == 0;
      bytes_left_ -= static_cast<size_t>(count);
      const size_t size = kept + static_cast<size_t>(count);
      found_loader_ = found_loader_ || Contains(buffer, size, kLoaderText);
      found_2026_ = found_2026_ || Contains(buffer, size, k2026Text);
      kept = std::min(size, kOverlap);
      memmove(buffer, buffer + size - kept, kept);
    }
    return true;
  }

  const Clock::time_point end_;
  size_t bytes_left_;
  bool found_loader_ = false;
  bool found_2026_ = false;
};

// The libraries a program is linked with, and those that they are linked with. Not what it opened later:
// other drivers and libnode say nothing about the host.
class LinkedLibraries {
 public:
  LinkedLibraries() noexcept {
    // The loader's list stays as it is during a callback. What is kept of it is never unloaded.
    dl_iterate_phdr(
        [](dl_phdr_info*, size_t, void* self) {
          static_cast<LinkedLibraries*>(self)->Collect();
          return 1;
        },
        this);
  }

  const link_map* const* begin() const noexcept { return libraries_; }
  const link_map* const* end() const noexcept { return libraries_ + count_; }

 private:
  void Collect() noexcept {
    if (_r_debug.r_map == nullptr) return;
    AddNeededBy(*_r_debug.r_map);
    for (size_t i = 0; i < count_; i++) AddNeededBy(*libraries_[i]);
  }

  void AddNeededBy(const link_map& object) noexcept {
    const char* strings = nullptr;
    for (const ElfW(Dyn)* entry = object.l_ld; entry->d_tag != DT_NULL; entry++) {
      if (entry->d_tag != DT_STRTAB) continue;
      // On most machines the loader has made it an address, on others it is still an offset.
      const ElfW(Addr) value = entry->d_un.d_ptr;
      strings = reinterpret_cast<const char*>(value < object.l_addr ? object.l_addr + value : value);
    }
    if (strings == nullptr) return;
    for (const ElfW(Dyn)* entry = object.l_ld; entry->d_tag != DT_NULL; entry++) {
      if (entry->d_tag == DT_NEEDED) Add(strings + entry->d_un.d_val);
    }
  }

  void Add(const char* needed) noexcept {
    for (const link_map* library = _r_debug.r_map->l_next; library != nullptr; library = library->l_next) {
      const char* slash = strrchr(library->l_name, '/');
      if (strcmp(slash == nullptr ? library->l_name : slash + 1, needed) != 0) continue;
      if (count_ < kMaxLibraries && std::find(begin(), end(), library) == end()) {
        libraries_[count_++] = library;
      }
      return;
    }
  }

  const link_map* libraries_[kMaxLibraries];
  size_t count_ = 0;
};

std::optional<Layout> Verdict(const TextSearch& search, bool complete) noexcept {
  if (!search.found_loader()) return std::nullopt;
  if (search.found_2026()) return Layout::k2026;
  return complete ? std::optional(Layout::kClassic) : std::nullopt;
}

std::optional<Layout> LayoutOfProcess(const SearchLimits& limits) noexcept {
  TextSearch search(limits);
  // Under this name it can be opened even when it was replaced or deleted.
  bool complete = search.LookInto("/proc/self/exe");
  if (search.found_2026() && search.found_loader()) return Layout::k2026;
  for (const link_map* library : LinkedLibraries()) {
    complete = search.LookInto(library->l_name) && complete;
  }
  return Verdict(search, complete);
}

}  // namespace

ProgramName HostProgramName() noexcept {
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0) return ProgramName();
  std::string_view program(path, static_cast<size_t>(length));
  program.remove_prefix(program.rfind('/') + 1);
  // Marks a program file that was replaced since the program started.
  constexpr std::string_view kDeleted = " (deleted)";
  const size_t mark = program.rfind(kDeleted);
  if (mark != std::string_view::npos && mark + kDeleted.size() == program.size()) {
    program.remove_suffix(kDeleted.size());
  }
  return ProgramName(program);
}

uint16_t MaxDataOfHost(const ProgramName& name) noexcept {
  constexpr uint16_t kSafeData = 200;
  return name.view() == "vscpd" || name.view() == "mqttvscpd" ? kSafeData : kMaxEventData;
}

HostProgram DescribeHostProgram(const SearchLimits& limits) noexcept {
  return {HostProgramName(), LayoutOfProcess(limits)};
}

std::optional<Layout> LayoutOfFile(const char* path, const SearchLimits& limits) noexcept {
  TextSearch search(limits);
  const bool complete = search.LookInto(path);
  return Verdict(search, complete);
}

}  // namespace wsd
