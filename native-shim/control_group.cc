#include "control_group.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "fixed_text.h"

namespace wsd {
namespace {

using Path = FixedText<PATH_MAX>;

// What the same things are called in the two versions.
struct Version {
  const char* folder;  // below the mount point
  const char* limit;
  const char* usage;
  const char* cache_lines[2];  // in memory.stat: what the kernel takes back before it runs out
};

constexpr Version kVersion1 = {"/memory",
                               "memory.limit_in_bytes",
                               "memory.usage_in_bytes",
                               {"total_active_file ", "total_inactive_file "}};
constexpr Version kVersion2 = {"", "memory.max", "memory.current", {"active_file ", "inactive_file "}};

// The beginning of a file, as text.
template <size_t kSize>
bool ReadText(const char* path, char (&text)[kSize]) noexcept {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd == -1) return false;
  size_t size = 0;
  ssize_t count = 0;
  while (size < kSize - 1 && (count = read(fd, text + size, kSize - 1 - size)) > 0) {
    size += static_cast<size_t>(count);
  }
  close(fd);
  text[size] = '\0';
  return true;
}

// Nothing for a missing file and for "max".
std::optional<uint64_t> ReadNumber(const Path& folder, const char* name) noexcept {
  Path path;
  path.Format("%s/%s", folder.c_str(), name);
  char text[32];
  if (!ReadText(path.c_str(), text) || text[0] < '0' || text[0] > '9') return std::nullopt;
  return strtoull(text, nullptr, 10);
}

uint64_t ReadCache(const Path& folder, const Version& version) noexcept {
  Path path;
  path.Format("%s/memory.stat", folder.c_str());
  char text[8192];
  if (!ReadText(path.c_str(), text)) return 0;
  uint64_t cache = 0;
  for (const char* name : version.cache_lines) {
    for (const char* line = text; line != nullptr; line = strchr(line, '\n')) {
      if (*line == '\n') line++;
      if (strncmp(line, name, strlen(name)) == 0) cache += strtoull(line + strlen(name), nullptr, 10);
    }
  }
  return cache;
}

uint64_t LeftIn(const Path& folder, const Version& version) noexcept {
  const auto limit = ReadNumber(folder, version.limit);
  const auto usage = ReadNumber(folder, version.usage);
  if (!limit || !usage) return UINT64_MAX;
  const uint64_t used = *usage - std::min(*usage, ReadCache(folder, version));
  return *limit - std::min(*limit, used);
}

// The smallest room in the group and all groups above it.
uint64_t LeftInAll(const char* root, const Version& version, std::string_view group) noexcept {
  uint64_t left = UINT64_MAX;
  for (;;) {
    Path folder;
    folder.Format("%s%s%.*s", root, version.folder, static_cast<int>(group.size()), group.data());
    left = std::min(left, LeftIn(folder, version));
    if (group.empty()) return left;
    group = group.substr(0, group.rfind('/'));
  }
}

}  // namespace

uint64_t MemoryLeftInControlGroups(const char* groups, const char* root) noexcept {
  char text[4096];
  if (!ReadText(groups, text)) return UINT64_MAX;
  uint64_t left = UINT64_MAX;
  // Lines are "number:controllers:path"; the one of version 2 has no controllers.
  for (char *rest = nullptr, *line = strtok_r(text, "\n", &rest); line != nullptr;
       line = strtok_r(nullptr, "\n", &rest)) {
    const char* controllers = strchr(line, ':');
    const char* path = controllers == nullptr ? nullptr : strchr(controllers + 1, ':');
    if (path == nullptr || path[1] != '/') continue;
    const std::string_view names(controllers + 1, static_cast<size_t>(path - controllers - 1));
    const std::string_view group =
        strcmp(path + 1, "/") == 0 ? std::string_view() : std::string_view(path + 1);
    if (names.empty()) left = std::min(left, LeftInAll(root, kVersion2, group));
    if (names == "memory") left = std::min(left, LeftInAll(root, kVersion1, group));
  }
  return left;
}

}  // namespace wsd
