#include "environment.h"

#include <node_version.h>
#include <uv.h>
#include <v8.h>
#if NODE_MAJOR_VERSION >= 24
#include <v8-cppgc.h>
#endif

#include <algorithm>
#include <memory>
#include <vector>

namespace wsd {
namespace {

// Heap that the start needs at most; the configured limit comes into force when this one is reached. The
// configuration is read by JavaScript, so its limit is not known before.
constexpr size_t kStartHeapBytes = 64u << 20;
// What a heap that reached its limit gets to unwind in.
constexpr size_t kUnwindHeapBytes = 64u << 20;

// Loop and isolate are made by hand: node::CommonEnvironmentSetup gives the isolate a heap limit by the
// machine's memory, where ours begins small and grows to what the configuration allows, and it aborts the
// process when the loop still has an open handle at the end.
class EventLoop {
 public:
  EventLoop() noexcept : valid_(uv_loop_init(&loop_) == 0) {}
  ~EventLoop() {
    if (!valid_) return;
    // Handles that Node left behind are closed; one that refuses costs a little memory, not the host.
    for (int round = 0; uv_loop_close(&loop_) == UV_EBUSY && round < 10; round++) {
      uv_walk(
          &loop_,
          [](uv_handle_t* handle, void*) {
            if (!uv_is_closing(handle)) uv_close(handle, nullptr);
          },
          nullptr);
      uv_run(&loop_, UV_RUN_NOWAIT);
    }
  }
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  bool valid() const noexcept { return valid_; }
  uv_loop_t* get() noexcept { return &loop_; }

 private:
  uv_loop_t loop_;
  bool valid_;
};

class NodeIsolate {
 public:
  NodeIsolate(node::MultiIsolatePlatform* platform, uv_loop_t* loop)
      : platform_(platform), loop_(loop), allocator_(node::ArrayBufferAllocator::Create()) {
    isolate_ = v8::Isolate::Allocate();
    platform_->RegisterIsolate(isolate_, loop_);
    v8::Isolate::CreateParams params;
    params.array_buffer_allocator_shared = allocator_;
    params.constraints.set_max_old_generation_size_in_bytes(kStartHeapBytes);
#if NODE_MAJOR_VERSION >= 24
    // Before, Node made this heap for its own C++ objects by itself; V8 owns it.
    params.cpp_heap = v8::CppHeap::Create(platform_, v8::CppHeapCreateParams({})).release();
#endif
    v8::Isolate::Initialize(isolate_, params);
    const v8::Locker locker(isolate_);
    const v8::Isolate::Scope isolate_scope(isolate_);
    node::SetIsolateUpForNode(isolate_);
  }

  ~NodeIsolate() {
    bool finished = false;
    platform_->AddIsolateFinishedCallback(
        isolate_, [](void* data) { *static_cast<bool*>(data) = true; }, &finished);
    // What an isolate posts while it is torn down went nowhere before; now it has to find itself registered.
#if NODE_MAJOR_VERSION >= 24
    platform_->DisposeIsolate(isolate_);
#else
    platform_->UnregisterIsolate(isolate_);
    isolate_->Dispose();
#endif
    while (!finished) uv_run(loop_, UV_RUN_ONCE);
  }
  NodeIsolate(const NodeIsolate&) = delete;
  NodeIsolate& operator=(const NodeIsolate&) = delete;

  v8::Isolate* get() const noexcept { return isolate_; }
  node::ArrayBufferAllocator* allocator() const noexcept { return allocator_.get(); }

 private:
  node::MultiIsolatePlatform* platform_;
  uv_loop_t* loop_;
  std::shared_ptr<node::ArrayBufferAllocator> allocator_;
  v8::Isolate* isolate_;
};

struct HeapGuard {
  EnvironmentObserver* observer;
  node::Environment* environment;
};

size_t OnNearHeapLimit(void* data, size_t current_limit, size_t) {
  auto* guard = static_cast<HeapGuard*>(data);
  const size_t allowed = guard->observer->MaxHeapBytes();
  if (current_limit < allowed) return allowed;
  guard->observer->OnHeapExhausted();
  if (guard->environment != nullptr) node::Stop(guard->environment);
  return current_limit + kUnwindHeapBytes;
}

// Runs as the body of a function (process, require); returns an error's text or ''.
std::string StartScript(uint64_t bridge_table_address) {
  return "try {"
         "  globalThis[Symbol.for('vscpl2drv-websocksrv.bridge')] = " +
         std::to_string(bridge_table_address) +
         "n;"
         "  const bundle = process.argv[1];"
         "  require('module').createRequire(bundle)(bundle);"
         "  return '';"
         "} catch (error) {"
         "  return String((error && error.stack) || error);"
         "}";
}

std::string LoadBundle(v8::Isolate* isolate, node::Environment* environment,
                       const EnvironmentOptions& options) {
  const std::string script = StartScript(options.bridge_table_address);
  v8::Local<v8::Value> result;
  if (!node::LoadEnvironment(environment, script.c_str()).ToLocal(&result)) return "";
  const v8::String::Utf8Value text(isolate, result);
  if (*text == nullptr || text.length() == 0) return "";
  return "the JavaScript part could not be loaded: " + std::string(*text, text.length());
}

std::string RunInContext(v8::Isolate* isolate, node::IsolateData* isolate_data,
                         const EnvironmentOptions& options, EnvironmentObserver* observer) {
  const v8::HandleScope handle_scope(isolate);
  const v8::Local<v8::Context> context = node::NewContext(isolate);
  if (context.IsEmpty()) return "no JavaScript context could be created";
  const v8::Context::Scope context_scope(context);
  const auto flags = static_cast<node::EnvironmentFlags::Flags>(node::EnvironmentFlags::kNoCreateInspector |
                                                                node::EnvironmentFlags::kNoGlobalSearchPaths |
                                                                node::EnvironmentFlags::kTrackUnmanagedFds);
  node::Environment* environment = node::CreateEnvironment(
      isolate_data, context, {"vscpl2drv-websocksrv", options.bundle_path}, {}, flags);
  if (environment == nullptr) return "no Node environment could be created";

  HeapGuard heap_guard = {observer, environment};
  isolate->AddNearHeapLimitCallback(OnNearHeapLimit, &heap_guard);
  node::SetProcessExitHandler(environment, [observer](node::Environment* ending, int code) {
    observer->OnExit(code);
    node::Stop(ending);
  });
  observer->OnCreated(environment);
  std::string error = LoadBundle(isolate, environment, options);
  if (error.empty()) static_cast<void>(node::SpinEventLoop(environment));
  observer->OnEnding();
  heap_guard.environment = nullptr;
  node::Stop(environment);
  node::FreeEnvironment(environment);
  isolate->RemoveNearHeapLimitCallback(OnNearHeapLimit, 0);
  return error;
}

}  // namespace

std::string RunEnvironment(const EnvironmentOptions& options, EnvironmentObserver* observer) {
  EventLoop loop;
  if (!loop.valid()) return "no event loop could be created";
  const NodeIsolate isolate(options.platform, loop.get());
  const v8::Locker locker(isolate.get());
  const v8::Isolate::Scope isolate_scope(isolate.get());
  const v8::HandleScope handle_scope(isolate.get());
  const std::unique_ptr<node::IsolateData, decltype(&node::FreeIsolateData)> isolate_data(
      node::CreateIsolateData(isolate.get(), loop.get(), options.platform, isolate.allocator()),
      &node::FreeIsolateData);
  return RunInContext(isolate.get(), isolate_data.get(), options, observer);
}

}  // namespace wsd
