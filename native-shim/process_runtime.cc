#include "process_runtime.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>
#include <v8.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "fixed_text.h"
#include "log.h"
#include "preflight.h"
#include "thread.h"

namespace wsd {
namespace {

// Threads for compilation and garbage collection next to the runtime thread.
constexpr int kPlatformThreads = 2;
// V8's delayed tasks have a thread of their own.
constexpr int kDelayThreads = 1;

// libuv asserts that 0, 1 and 2 are open.
void OpenMissingStandardDescriptors() noexcept {
  for (int fd = 0; fd <= 2; fd++) {
    if (fcntl(fd, F_GETFD) != -1) continue;
    const int opened = open("/dev/null", O_RDWR);
    if (opened > 2) close(opened);
  }
}

// Hosts open drivers with local scope; addons (koffi) look Node's functions up in the global one.
bool MakeLibnodeGlobal(std::string* error) {
  auto* a_node_function = reinterpret_cast<void*>(&node::GetCurrentEventLoop);
  Dl_info info = {};
  if (dladdr(a_node_function, &info) == 0 || info.dli_fname == nullptr) {
    *error = "libnode cannot be found among the loaded libraries";
    return false;
  }
  if (dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL) == nullptr) {
    *error = std::string("libnode cannot be made global: ") + info.dli_fname;
    return false;
  }
  return true;
}

// Reads a file to its end, and so brings it where the next reader finds it whatever becomes of the disk.
bool CanRead(const char* path) noexcept {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char bytes[16384];
  ssize_t count;
  do {
    count = read(fd, bytes, sizeof bytes);
  } while (count > 0 || (count < 0 && errno == EINTR));
  const int error = errno;
  close(fd);
  errno = error;
  return count == 0;
}

bool InitializeNode(std::string* error) {
  const std::vector<std::string> args = {"vscpl2drv-websocksrv"};
  const auto result =
      node::InitializeOncePerProcess(args, {node::ProcessInitializationFlags::kNoInitializeV8,
                                            node::ProcessInitializationFlags::kNoInitializeNodeV8Platform,
                                            node::ProcessInitializationFlags::kNoStdioInitialization,
                                            node::ProcessInitializationFlags::kNoDefaultSignalHandling,
                                            node::ProcessInitializationFlags::kNoInitOpenSSL,
                                            node::ProcessInitializationFlags::kNoParseGlobalDebugVariables,
                                            node::ProcessInitializationFlags::kNoAdjustResourceLimits,
                                            node::ProcessInitializationFlags::kNoUseLargePages,
                                            node::ProcessInitializationFlags::kNoPrintHelpOrVersionOutput,
                                            node::ProcessInitializationFlags::kDisableNodeOptionsEnv,
                                            node::ProcessInitializationFlags::kDisableCLIOptions});
  if (result->errors().empty() && !result->early_return()) return true;
  *error = "Node cannot be initialised";
  for (const std::string& text : result->errors()) *error += ": " + text;
  return false;
}

// All of libuv's threads start with its first task, and libuv aborts when one cannot start: so they are
// started now, while there is room for them.
bool StartThreadPool(std::string* error) {
  uv_loop_t loop;
  uv_work_t task;
  if (uv_loop_init(&loop) != 0) {
    *error = "no event loop could be created";
    return false;
  }
  const bool queued = uv_queue_work(
                          &loop, &task, [](uv_work_t*) {}, nullptr) == 0;
  uv_run(&loop, UV_RUN_DEFAULT);
  uv_loop_close(&loop);
  if (!queued) *error = "libuv's threads could not be started";
  return queued;
}

std::string RealPath(const std::string& path) {
  const std::unique_ptr<char, decltype(&free)> resolved(realpath(path.c_str(), nullptr), &free);
  return resolved == nullptr ? std::string() : std::string(resolved.get());
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string LoadedPath() {
  Dl_info info = {};
  if (dladdr(reinterpret_cast<void*>(&LibraryPath), &info) == 0 || info.dli_fname == nullptr) return "";
  return info.dli_fname;
}

// A colon before each path and a zero at the end: the package that carries libnode finds the paths by them.
constexpr char kLibnodeFiles[] = ":" LIBNODE_FILES;

}  // namespace

bool LibnodeCanReadItsFiles(std::string* error) {
  for (const char* at = kLibnodeFiles; *at == ':';) {
    const size_t length = strcspn(++at, ":");
    const std::string file(at, length);
    if (!file.empty() && !CanRead(file.c_str())) {
      *error = "libnode needs " + file + ", which cannot be read (" + strerror(errno) +
               "; reinstall libnode's dependencies; in a clone: npm run setup)";
      return false;
    }
    at += length;
  }
  return true;
}

const ProcessRuntime* EnsureProcessRuntime(std::string* error) {
  static std::mutex mutex;
  static ProcessRuntime runtime = {nullptr};
  static bool node_initialized = false;
  const std::lock_guard<std::mutex> lock(mutex);
  if (runtime.platform != nullptr) return &runtime;
  const AllSignalsBlocked blocked;
  OpenMissingStandardDescriptors();
  LineText problem;
  if (!ProcessCanRunNode(kPlatformThreads + kDelayThreads, &problem)) {
    *error = problem.view();
    return nullptr;
  }
  if (!LibnodeCanReadItsFiles(error) || !MakeLibnodeGlobal(error)) return nullptr;
  if (!node_initialized) {
    if (!InitializeNode(error)) return nullptr;
    node_initialized = true;
  }
  if (!StartThreadPool(error)) return nullptr;
  // Never freed: worker threads may still run when the process ends.
  node::MultiIsolatePlatform* platform = node::MultiIsolatePlatform::Create(kPlatformThreads).release();
  v8::V8::InitializePlatform(platform);
  v8::V8::Initialize();
  runtime.platform = platform;
  return &runtime;
}

std::string LibraryPath() { return RealPath(LoadedPath()); }

std::vector<std::string> LibraryFolders() {
  std::vector<std::string> folders;
  const std::string loaded = LoadedPath();
  const std::string as_loaded = RealPath(FolderOf(loaded).empty() ? "." : FolderOf(loaded));
  if (!as_loaded.empty()) folders.push_back(as_loaded);
  const std::string resolved = FolderOf(RealPath(loaded));
  if (!resolved.empty() && resolved != as_loaded) folders.push_back(resolved);
  return folders;
}

}  // namespace wsd
