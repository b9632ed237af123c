#include "environment.h"

#include <node_version.h>
#include <uv.h>
#include <v8.h>
#if NODE_MAJOR_VERSION >= 24
#include <v8-cppgc.h>
#endif

#include <algorithm>
#include <atomic>
#include <memory>
#include <string_view>
#include <vector>

#include "start_script.h"

namespace wsd {
namespace {

// The lowest limit of the heap: what the start needs.
constexpr size_t kLowestLimitBytes = 64u << 20;
// V8 of later versions was seen to let a heap grow far beyond a limit that had been lowered (80 MB, libnode
// 24): there a runtime begins with the lowest limit, as slow as it is near it.
constexpr bool kLimitCanBeLowered = NODE_MAJOR_VERSION <= 18;
// V8 first collects all garbage at this size. Without it, it would let the heap grow to half of the limit.
constexpr size_t kFirstCollectionBytes = 16u << 20;
// The additional room in which a heap that reached its limit can unwind.
constexpr size_t kUnwindHeapBytes = 64u << 20;

// Loop and isolate are made by hand: node::CommonEnvironmentSetup derives the isolate's heap limit from the
// machine's memory, whereas ours follows the configuration, and it aborts the
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
  NodeIsolate(node::MultiIsolatePlatform* platform, uv_loop_t* loop, size_t heap_limit)
      : platform_(platform), loop_(loop), allocator_(node::ArrayBufferAllocator::Create()) {
    isolate_ = v8::Isolate::Allocate();
    platform_->RegisterIsolate(isolate_, loop_);
    v8::Isolate::CreateParams params;
    params.array_buffer_allocator_shared = allocator_;
    params.constraints.set_max_old_generation_size_in_bytes(heap_limit);
    if (kLimitCanBeLowered) {
      params.constraints.set_initial_old_generation_size_in_bytes(kFirstCollectionBytes);
    }
#if NODE_MAJOR_VERSION >= 24
    // Earlier versions of Node made this heap for its own C++ objects by themselves; V8 owns it.
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
    // Earlier versions dropped what an isolate posts while it is torn down; Node 24 expects it to be
    // registered until then.
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

// See EnvironmentStopper. It outlives the loop, which contains its handle, and the isolate, which may still
// hold a request when it ends.
class Stopper final : public EnvironmentStopper {
 public:
  Stopper() = default;
  ~Stopper() = default;
  Stopper(const Stopper&) = delete;
  Stopper& operator=(const Stopper&) = delete;

  // [runtime] From now on until Detach the environment can be stopped. False when the loop refuses.
  bool Attach(v8::Isolate* isolate, node::Environment* environment, uv_loop_t* loop) noexcept {
    const auto on_turn = [](uv_async_t* handle) { static_cast<Stopper*>(handle->data)->Stop(); };
    turn_.data = this;
    if (uv_async_init(loop, &turn_, on_turn) != 0) return false;
    uv_unref(reinterpret_cast<uv_handle_t*>(&turn_));
    isolate_ = isolate;
    environment_ = environment;
    return true;
  }

  // [runtime] A request that is still on its way finds nothing to stop.
  void Detach() noexcept {
    environment_ = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(&turn_), nullptr);
  }

  // Whichever comes first stops the environment: the next step of JavaScript or the next turn of the loop.
  void RequestStop() noexcept override {
    if (environment_ == nullptr || requested_.exchange(true)) return;
    isolate_->RequestInterrupt([](v8::Isolate*, void* data) { static_cast<Stopper*>(data)->Stop(); }, this);
    uv_async_send(&turn_);
  }

  bool requested() const noexcept { return requested_.load(); }

  // [runtime] May be called only where no native call is on the stack.
  void Stop() noexcept {
    if (environment_ == nullptr) return;
    words_[kStopping].store(1);
    // An addon that is being loaded ends the process when Node fails what it asks for. The start script looks
    // at the first word afterwards and ends.
    if (words_[kLoading].load() == 0) node::Stop(environment_);
  }

  // JavaScript looks at the first before it makes a native call; nothing of V8 comes between the look and the
  // call. The second is not 0 while the start script loads an addon.
  v8::Local<v8::Uint32Array> StoppingWords() {
    auto memory = v8::ArrayBuffer::NewBackingStore(
        words_, sizeof words_, [](void*, size_t, void*) {}, nullptr);
    return v8::Uint32Array::New(v8::ArrayBuffer::New(isolate_, std::move(memory)), 0, kWords);
  }

 private:
  v8::Isolate* isolate_ = nullptr;
  node::Environment* environment_ = nullptr;
  uv_async_t turn_;
  std::atomic<bool> requested_{false};
  enum { kStopping, kLoading, kWords };
  std::atomic<uint32_t> words_[kWords] = {};
};

// JavaScript reads the configuration, so a first runtime begins with the default limit. A lower one comes
// into force with the first collection of all garbage, a higher one when the heap reaches the present one: V8
// has no other way. (Beginning with a low limit would be simple, but near it V8 does little else than collect
// garbage.)
struct HeapGuard {
  v8::Isolate* isolate;
  EnvironmentObserver* observer;
  Stopper* stopper;
  size_t limit;
};

size_t AllowedHeapBytes(EnvironmentObserver* observer) {
  return std::max(observer->MaxHeapBytes(), kLowestLimitBytes);
}

// What counts towards the limit: all spaces except the young ones and that of V8's own constants.
size_t OldGenerationBytes(v8::Isolate* isolate) {
  size_t bytes = 0;
  for (size_t i = 0; i < isolate->NumberOfHeapSpaces(); i++) {
    v8::HeapSpaceStatistics space;
    if (!isolate->GetHeapSpaceStatistics(&space, i)) continue;
    const std::string_view name = space.space_name();
    if (name != "new_space" && name != "new_large_object_space" && name != "read_only_space")
      bytes += space.space_size();
  }
  return bytes;
}

// V8 asks once and ends the process when the heap is larger than the answer: by the time it asks, the heap
// may have grown past a limit that is not in force yet.
size_t OnNearHeapLimit(void* data, size_t current_limit, size_t) {
  auto* guard = static_cast<HeapGuard*>(data);
  const size_t reached = std::max(current_limit, OldGenerationBytes(guard->isolate));
  const size_t allowed = AllowedHeapBytes(guard->observer);
  if (reached < allowed) {
    guard->limit = allowed;
    return allowed;
  }
  guard->observer->OnHeapExhausted();
  guard->stopper->RequestStop();
  return reached + kUnwindHeapBytes;
}

void OnGarbageCollected(v8::Isolate* isolate, v8::GCType, v8::GCCallbackFlags, void* data) {
  auto* guard = static_cast<HeapGuard*>(data);
  const size_t allowed = AllowedHeapBytes(guard->observer);
  if (allowed >= guard->limit) return;
  guard->limit = allowed;
  isolate->RemoveNearHeapLimitCallback(OnNearHeapLimit, allowed);
  isolate->AddNearHeapLimitCallback(OnNearHeapLimit, guard);
}

v8::Local<v8::Symbol> SymbolFor(v8::Isolate* isolate, const char* name) {
  return v8::Symbol::For(isolate, v8::String::NewFromUtf8(isolate, name).ToLocalChecked());
}

std::string LoadBundle(v8::Isolate* isolate, node::Environment* environment,
                       const EnvironmentOptions& options, Stopper* stopper) {
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  const v8::Local<v8::Object> global = context->Global();
  const v8::Local<v8::Value> address = v8::BigInt::NewFromUnsigned(isolate, options.bridge_table_address);
  if (global->Set(context, SymbolFor(isolate, "vscpl2drv-websocksrv.bridge"), address).IsNothing() ||
      global->Set(context, SymbolFor(isolate, "vscpl2drv-websocksrv.stopping"), stopper->StoppingWords())
          .IsNothing()) {
    return "no JavaScript context could be created";
  }
  v8::Local<v8::Value> result;
  if (!node::LoadEnvironment(environment, kStartScript).ToLocal(&result)) return "";
  const v8::String::Utf8Value text(isolate, result);
  if (*text == nullptr || text.length() == 0) return "";
  return "the JavaScript part could not be loaded: " + std::string(*text, text.length());
}

std::string RunInContext(v8::Isolate* isolate, node::IsolateData* isolate_data, uv_loop_t* loop,
                         const EnvironmentOptions& options, EnvironmentObserver* observer, Stopper* stopper,
                         size_t heap_limit) {
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

  if (!stopper->Attach(isolate, environment, loop)) {
    node::FreeEnvironment(environment);
    return "no event loop could be created";
  }
  HeapGuard heap_guard = {isolate, observer, stopper, heap_limit};
  isolate->AddNearHeapLimitCallback(OnNearHeapLimit, &heap_guard);
  isolate->AddGCEpilogueCallback(OnGarbageCollected, &heap_guard, v8::kGCTypeMarkSweepCompact);
  node::SetProcessExitHandler(environment, [observer, stopper](node::Environment*, int code) {
    observer->OnExit(code);
    stopper->Stop();
  });
  observer->OnCreated(stopper);
  std::string error;
  if (!stopper->requested()) {
    error = LoadBundle(isolate, environment, options, stopper);
    if (error.empty()) static_cast<void>(node::SpinEventLoop(environment));
  }
  observer->OnEnding();
  stopper->Detach();
  node::Stop(environment);
  // No more JavaScript can run. An environment that still counts as being stopped could not give back memory
  // that addons lent to it: Node 20 aborts over that.
  isolate->CancelTerminateExecution();
  node::FreeEnvironment(environment);
  isolate->RemoveGCEpilogueCallback(OnGarbageCollected, &heap_guard);
  isolate->RemoveNearHeapLimitCallback(OnNearHeapLimit, 0);
  return error;
}

}  // namespace

std::string RunEnvironment(const EnvironmentOptions& options, EnvironmentObserver* observer) {
  Stopper stopper;
  EventLoop loop;
  if (!loop.valid()) return "no event loop could be created";
  const size_t heap_limit = kLimitCanBeLowered ? AllowedHeapBytes(observer) : kLowestLimitBytes;
  const NodeIsolate isolate(options.platform, loop.get(), heap_limit);
  const v8::Locker locker(isolate.get());
  const v8::Isolate::Scope isolate_scope(isolate.get());
  const v8::HandleScope handle_scope(isolate.get());
  const std::unique_ptr<node::IsolateData, decltype(&node::FreeIsolateData)> isolate_data(
      node::CreateIsolateData(isolate.get(), loop.get(), options.platform, isolate.allocator()),
      &node::FreeIsolateData);
  return RunInContext(isolate.get(), isolate_data.get(), loop.get(), options, observer, &stopper, heap_limit);
}

}  // namespace wsd
