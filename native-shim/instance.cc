#include "instance.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "log.h"
#include "preflight.h"
#include "thread.h"

namespace wsd {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr uint32_t kDefaultMaxHeapMb = 256;
// 32 768 remembered logins and their keys (src/auth/login-memory.ts).
constexpr size_t kKeptSize = (512u << 10) + 64;
constexpr int64_t kFirstProgressMs = 1000;

int64_t NowMs() noexcept {
  return std::chrono::duration_cast<milliseconds>(Clock::now().time_since_epoch()).count();
}

uint64_t AddressOf(const void* pointer) noexcept { return reinterpret_cast<uintptr_t>(pointer); }

class Counted {
 public:
  explicit Counted(std::atomic<int>* count) noexcept : count_(count) { count_->fetch_add(1); }
  ~Counted() { count_->fetch_sub(1); }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::atomic<int>* const count_;
};

}  // namespace

std::atomic<int> Instance::running_{0};

Instance::Instance(const ProcessRuntime* runtime, const BridgeTable& bridge, std::string bundle_path,
                   std::string config_text, const Guid& guid, void (*on_progress)() noexcept)
    : runtime_(runtime),
      bridge_(bridge),
      bundle_path_(std::move(bundle_path)),
      config_text_(std::move(config_text)),
      guid_(guid),
      library_path_(LibraryPath()),
      on_progress_(on_progress),
      incoming_(this),
      outgoing_(this),
      // This is not touched here: only what JavaScript writes to takes memory.
      kept_memory_(static_cast<uint8_t*>(calloc(1, kKeptSize))),
      max_heap_mb_(kDefaultMaxHeapMb) {}

void Instance::WipeAndFree::operator()(uint8_t* memory) const noexcept {
  explicit_bzero(memory, kKeptSize);
  free(memory);
}

// ---- Host threads ----

bool Instance::Open(ReasonText* reason) {
  thread_started_ = StartThread([self = shared_from_this()] { self->RuntimeMain(); }, &thread_);
  if (!thread_started_) {
    reason->Assign("no thread could be started");
    return false;
  }
  return lifecycle_.WaitUntilOpened(on_progress_, reason);
}

int Instance::Write(const void* host_event, unsigned long timeout_ms) {
  if (host_event == nullptr) return kParameter;
  std::optional<Notice> notice;
  const std::optional<Layout> layout = layout_.Observe(host_event, &notice);
  if (notice) {
    PostNotice(*notice);
    // Readers of this handle may have waited for the layout; readers of other handles look again within a
    // second.
    outgoing_.WakeHost();
  }
  if (!layout) return kParameter;
  const int code = incoming_.Write(host_event, *layout, timeout_ms);
  if (code == kFifoFull) words_.write_timeouts.fetch_add(1, std::memory_order_relaxed);
  return code;
}

int Instance::Read(void* host_event, unsigned long timeout_ms) {
  if (host_event == nullptr) return kParameter;
  return outgoing_.Read(host_event, data_owner_.load(std::memory_order_relaxed), timeout_ms);
}

void Instance::BeginClose() noexcept {
  lifecycle_.RequestClose();
  SetGates(Gate::kClosed);
  words_.close_requested.store(1);
  wake_socket_.Send();
}

void Instance::FinishClose(milliseconds grace, milliseconds limit) noexcept {
  if (!thread_started_) return;
  const auto begin = Clock::now();
  bool ended = lifecycle_.WaitUntilEnded(begin + grace);
  if (!ended) {
    StopEnvironment();
    ended = lifecycle_.WaitUntilEnded(begin + limit);
  }
  if (ended) {
    pthread_join(thread_, nullptr);
    return;
  }
  LogLine("the JavaScript runtime did not end in time; it is left to end by itself");
  pthread_detach(thread_);
}

void Instance::OnHostIdle() noexcept {
  const int64_t now_ms = NowMs();
  if (now_ms >= next_progress_ms_.load(std::memory_order_relaxed)) {
    next_progress_ms_.store(2 * now_ms - opened_ms_.load(std::memory_order_relaxed));
    on_progress_();
  }
  const LoopWatchdog::Verdict verdict = watchdog_.Check(now_ms);
  if (verdict == LoopWatchdog::Verdict::kAsk) wake_socket_.Send();
  if (verdict != LoopWatchdog::Verdict::kStuck) return;
  LineText reason;
  reason.Format("the event loop did not turn for %d s (endless loop?)",
                static_cast<int>(LoopWatchdog::kMaxMissed * LoopWatchdog::kIntervalMs / 1000));
  lifecycle_.Died(reason.view());
  StopEnvironment();
}

// ---- Runtime thread ----

void Instance::RuntimeMain() {
  const Counted counted(&running_);
  try {
    do {
      RunOnce();
    } while (lifecycle_.WaitForRestart());
  } catch (const std::exception& exception) {
    LogLine(exception.what());
    SetGates(Gate::kDown);
  }
  lifecycle_.Ended();
}

void Instance::RunOnce() {
  lifecycle_.Starting(&restart_reason_);
  LineText problem;
  if (!CanStartEnvironment(&problem)) {
    lifecycle_.Died(problem.view());
    return;
  }
  std::string unreadable;
  if (!LibnodeCanReadItsFiles(&unreadable)) {
    lifecycle_.Died(unreadable);
    return;
  }
  const int wake_fd = wake_socket_.Open();
  if (wake_fd == -1) {
    LineText reason;
    reason.Format("no socket pair could be created: %s", strerror(errno));
    lifecycle_.Died(reason.view());
    return;
  }
  FillTable(wake_fd);
  try {
    const std::string error = RunEnvironment({runtime_->platform, bundle_path_, AddressOf(&table_)}, this);
    lifecycle_.Died(error.empty() ? "the event loop had nothing more to do" : std::string_view(error));
  } catch (const std::exception& exception) {
    LineText reason;
    reason.Format("internal error: %s", exception.what());
    lifecycle_.Died(reason.view());
  }
  watchdog_.Stop();
  SetGates(Gate::kDown);
  wake_socket_.Close();
}

void Instance::FillTable(int wake_fd) {
  table_ = bridge_;
  table_.instance = AddressOf(this);
  table_.config_text = AddressOf(config_text_.data());
  table_.config_size = config_text_.size();
  table_.guid = AddressOf(guid_.data());
  table_.library_path = AddressOf(library_path_.data());
  table_.library_path_size = library_path_.size();
  table_.restart_reason = AddressOf(restart_reason_.c_str());
  table_.restart_reason_size = restart_reason_.size();
  table_.wake_fd = static_cast<uint64_t>(wake_fd);
  table_.shared_words = AddressOf(&words_);
  table_.max_data_of_host = MaxDataOfHost(HostProgramName());
  table_.send_slots = group_sender_.Reset() ? AddressOf(group_sender_.table()) : 0;
  table_.send_exceptions = AddressOf(group_sender_.exceptions());
  table_.kept_memory = AddressOf(kept_memory_.get());
  table_.kept_size = kept_memory_ ? kKeptSize : 0;
  sqlite_.Reset();
  table_.sqlite_block = AddressOf(sqlite_.block());
}

void Instance::Attach() noexcept {
  on_progress_();
  wake_socket_.ReleaseTheirs();
}

int Instance::Configure(const InstanceSettings& settings) {
  on_progress_();
  Ring* incoming = incoming_.EnsureRing(settings.incoming_capacity);
  Ring* outgoing = outgoing_.EnsureRing(settings.outgoing_capacity);
  if (incoming == nullptr || outgoing == nullptr) return kMemory;
  // A 32-bit process cannot count 4096 MB in bytes.
  constexpr uint64_t kMostHeapMb = SIZE_MAX >> 21;
  const auto max_heap_mb = static_cast<uint32_t>(std::min<uint64_t>(settings.max_heap_mb, kMostHeapMb));
  if (max_heap_mb > 0) max_heap_mb_.store(max_heap_mb);
  LineText problem;
  if (!HasAddressSpaceFor(max_heap_mb_.load(), &problem)) {
    lifecycle_.Died(problem.view());
    return kMemory;
  }
  data_owner_.store(settings.data_owner == static_cast<uint32_t>(DataOwner::kDriver) ? DataOwner::kDriver
                                                                                     : DataOwner::kHost);
  table_.incoming_memory = AddressOf(incoming->memory());
  table_.incoming_capacity = incoming->capacity();
  table_.incoming_slots = incoming->slots();
  table_.outgoing_memory = AddressOf(outgoing->memory());
  table_.outgoing_capacity = outgoing->capacity();
  table_.outgoing_slots = outgoing->slots();
  if (const auto notice = layout_.Configure(settings.layout)) PostNotice(*notice);
  return kSuccess;
}

void Instance::Opened() noexcept {
  on_progress_();
  const int64_t now_ms = NowMs();
  opened_ms_.store(now_ms);
  next_progress_ms_.store(now_ms + kFirstProgressMs);
  watchdog_.Start(now_ms);
  SetGates(Gate::kOpen);
  lifecycle_.Opened();
}

void Instance::Failed(const char* reason) noexcept {
  lifecycle_.Died(reason == nullptr ? "unknown" : reason);
  StopEnvironment();
}

void Instance::Closed() noexcept {
  lifecycle_.Died("the server closed itself");
  StopEnvironment();
}

void Instance::ReportDeath(const char* reason) noexcept {
  lifecycle_.Died(reason == nullptr ? "unknown" : reason);
}

void Instance::OnCreated(EnvironmentStopper* stopper) noexcept {
  {
    const std::lock_guard<std::mutex> lock(stopper_mutex_);
    stopper_ = stopper;
  }
  on_progress_();
  if (lifecycle_.CloseBegun()) StopEnvironment();
}

void Instance::OnEnding() noexcept {
  {
    const std::lock_guard<std::mutex> lock(stopper_mutex_);
    stopper_ = nullptr;
  }
  sqlite_.Retire();
}

void Instance::OnExit(int code) noexcept {
  LineText reason;
  reason.Format("process.exit(%d)", code);
  lifecycle_.Died(reason.view());
}

void Instance::OnHeapExhausted() noexcept {
  LineText reason;
  reason.Format("the JavaScript heap reached its limit of %u MB (key max-heap)", max_heap_mb_.load());
  lifecycle_.Died(reason.view());
}

size_t Instance::MaxHeapBytes() noexcept { return static_cast<size_t>(max_heap_mb_.load()) << 20; }

// ---- Any thread ----

void Instance::StopEnvironment() noexcept {
  const std::lock_guard<std::mutex> lock(stopper_mutex_);
  if (stopper_ != nullptr) stopper_->RequestStop();
}

void Instance::SetGates(Gate gate) noexcept {
  incoming_.SetGate(gate);
  outgoing_.SetGate(gate);
}

void Instance::PostNotice(const Notice& notice) noexcept {
  if (notices_.Post(notice)) wake_socket_.Send();
}

}  // namespace wsd
