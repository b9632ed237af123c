#include "instance.h"

#include <algorithm>
#include <cstring>

#include "log.h"
#include "thread.h"

namespace wsd {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kOpenTimeout{30000};
constexpr milliseconds kFirstRestartDelay{500};
constexpr milliseconds kLongestRestartDelay{30000};
// An environment that served that long has shown that it works.
constexpr milliseconds kHealthyTime{60000};
constexpr uint32_t kDefaultMaxHeapMb = 256;
constexpr size_t kMaxNotices = 16;

int64_t NowMs() noexcept {
  return std::chrono::duration_cast<milliseconds>(Clock::now().time_since_epoch()).count();
}

uint64_t AddressOf(const void* pointer) noexcept { return reinterpret_cast<uintptr_t>(pointer); }

}  // namespace

Instance::Instance(const ProcessRuntime* runtime, std::string bundle_path, std::string config_text,
                   const Guid& guid)
    : runtime_(runtime),
      bundle_path_(std::move(bundle_path)),
      config_text_(std::move(config_text)),
      guid_(guid),
      library_path_(LibraryPath()),
      incoming_(this),
      outgoing_(this),
      max_heap_mb_(kDefaultMaxHeapMb),
      restart_delay_(kFirstRestartDelay) {}

// ---- Host threads ----

bool Instance::Open(std::string* reason) {
  thread_started_ = StartThread([self = shared_from_this()] { self->RuntimeMain(); }, &thread_);
  if (!thread_started_) {
    *reason = "no thread could be started";
    return false;
  }
  std::unique_lock<std::mutex> lock(mutex_);
  const bool reported =
      changed_.wait_for(lock, kOpenTimeout, [this] { return opened_ || failed_ || close_begun_; });
  if (opened_ && !close_begun_) return true;
  *reason = !reported ? "the server did not report within 30 s" : death_reason_;
  if (reason->empty()) *reason = "the host is closing";
  return false;
}

int Instance::Write(const void* host_event, unsigned long timeout_ms) {
  if (host_event == nullptr) return kParameter;
  std::optional<Notice> notice;
  const Layout layout = layout_.Observe(host_event, &notice);
  PostNotice(notice);
  const int code = incoming_.Write(host_event, layout, timeout_ms);
  if (code == kFifoFull) words_.write_timeouts.fetch_add(1, std::memory_order_relaxed);
  return code;
}

int Instance::Read(void* host_event, unsigned long timeout_ms) {
  if (host_event == nullptr) return kParameter;
  return outgoing_.Read(host_event, data_owner_.load(std::memory_order_relaxed), timeout_ms);
}

void Instance::BeginClose() noexcept {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    close_begun_ = true;
  }
  changed_.notify_all();
  SetGates(Gate::kClosed);
  words_.close_requested.store(1);
  wake_socket_.Send();
}

void Instance::FinishClose(milliseconds grace, milliseconds limit) noexcept {
  if (!thread_started_) return;
  const auto begin = Clock::now();
  const auto has_ended = [this] { return ended_; };
  std::unique_lock<std::mutex> lock(mutex_);
  bool ended = changed_.wait_until(lock, begin + grace, has_ended);
  if (!ended) {
    lock.unlock();
    StopEnvironment();
    lock.lock();
    ended = changed_.wait_until(lock, begin + limit, has_ended);
  }
  lock.unlock();
  if (ended) {
    pthread_join(thread_, nullptr);
    return;
  }
  LogLine("the JavaScript runtime did not end in time; it is left to end by itself");
  pthread_detach(thread_);
}

void Instance::OnHostIdle() noexcept {
  const LoopWatchdog::Verdict verdict = watchdog_.Check(NowMs());
  if (verdict == LoopWatchdog::Verdict::kAsk) wake_socket_.Send();
  if (verdict != LoopWatchdog::Verdict::kStuck) return;
  SetDeathReason("the event loop did not turn for " +
                 std::to_string(LoopWatchdog::kMaxMissed * LoopWatchdog::kIntervalMs / 1000) +
                 " s (endless loop?)");
  StopEnvironment();
}

// ---- Runtime thread ----

void Instance::RuntimeMain() {
  try {
    do {
      RunOnce();
    } while (WaitForRestart());
  } catch (const std::exception& exception) {
    LogLine(exception.what());
    SetGates(Gate::kDown);
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
    failed_ = !opened_;
  }
  changed_.notify_all();
}

void Instance::RunOnce() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    restart_reason_.swap(death_reason_);
    death_reason_.clear();
  }
  const int wake_fd = wake_socket_.Open();
  if (wake_fd == -1) {
    SetDeathReason(std::string("no socket pair could be created: ") + strerror(errno));
    return;
  }
  FillTable(wake_fd);
  try {
    const std::string error = RunEnvironment({runtime_->platform, bundle_path_, AddressOf(&table_)}, this);
    SetDeathReason(error.empty() ? "the event loop had nothing more to do" : error);
  } catch (const std::exception& exception) {
    SetDeathReason(std::string("internal error: ") + exception.what());
  }
  watchdog_.Stop();
  SetGates(Gate::kDown);
  wake_socket_.Close();
}

bool Instance::WaitForRestart() {
  std::unique_lock<std::mutex> lock(mutex_);
  if (!opened_ || close_begun_) return false;
  if (Clock::now() - opened_at_ >= kHealthyTime) restart_delay_ = kFirstRestartDelay;
  const milliseconds delay = restart_delay_;
  restart_delay_ = std::min(delay * 2, kLongestRestartDelay);
  const std::string line = "the JavaScript runtime ended: " + death_reason_ + "; it is started again in " +
                           std::to_string(delay.count()) + " ms";
  lock.unlock();
  LogLine(line);
  lock.lock();
  changed_.wait_for(lock, delay, [this] { return close_begun_; });
  return !close_begun_;
}

void Instance::FillTable(int wake_fd) {
  table_ = {};
  InitBridgeTable(this, &table_);
  table_.config_text = AddressOf(config_text_.data());
  table_.config_size = config_text_.size();
  table_.guid = AddressOf(guid_.data());
  table_.library_path = AddressOf(library_path_.data());
  table_.library_path_size = library_path_.size();
  table_.restart_reason = AddressOf(restart_reason_.data());
  table_.restart_reason_size = restart_reason_.size();
  table_.wake_fd = static_cast<uint64_t>(wake_fd);
  table_.shared_words = AddressOf(&words_);
}

int Instance::Configure(const InstanceSettings& settings) {
  Ring* incoming = incoming_.EnsureRing(settings.incoming_capacity);
  Ring* outgoing = outgoing_.EnsureRing(settings.outgoing_capacity);
  if (incoming == nullptr || outgoing == nullptr) return kMemory;
  if (settings.max_heap_mb > 0) max_heap_mb_.store(settings.max_heap_mb);
  data_owner_.store(settings.data_owner == static_cast<uint32_t>(DataOwner::kDriver) ? DataOwner::kDriver
                                                                                     : DataOwner::kHost);
  table_.incoming_memory = AddressOf(incoming->memory());
  table_.incoming_capacity = incoming->capacity();
  table_.incoming_slots = incoming->slots();
  table_.outgoing_memory = AddressOf(outgoing->memory());
  table_.outgoing_capacity = outgoing->capacity();
  table_.outgoing_slots = outgoing->slots();
  PostNotice(layout_.Configure(settings.layout));
  return kSuccess;
}

void Instance::Opened() noexcept {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    opened_ = true;
    opened_at_ = Clock::now();
  }
  watchdog_.Start(NowMs());
  SetGates(Gate::kOpen);
  changed_.notify_all();
}

void Instance::Failed(const char* reason) {
  SetDeathReason(reason == nullptr ? "unknown" : reason);
  StopEnvironment();
}

void Instance::Closed() noexcept {
  SetDeathReason("the server closed itself");
  StopEnvironment();
}

void Instance::ReportDeath(const char* reason) { SetDeathReason(reason == nullptr ? "unknown" : reason); }

int Instance::TakeNotice(char* buffer, size_t size) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (notices_.empty()) return 0;
  const size_t length = notices_.front().copy(buffer, size);
  notices_.pop_front();
  words_.notices.store(static_cast<uint32_t>(notices_.size()));
  return static_cast<int>(length);
}

void Instance::OnCreated(node::Environment* environment) noexcept {
  {
    const std::lock_guard<std::mutex> lock(environment_mutex_);
    environment_ = environment;
  }
  bool close_begun;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    close_begun = close_begun_;
  }
  if (close_begun) StopEnvironment();
}

void Instance::OnEnding() noexcept {
  const std::lock_guard<std::mutex> lock(environment_mutex_);
  environment_ = nullptr;
}

void Instance::OnExit(int code) noexcept { SetDeathReason("process.exit(" + std::to_string(code) + ")"); }

void Instance::OnHeapExhausted() noexcept {
  SetDeathReason("the JavaScript heap reached its limit of " + std::to_string(max_heap_mb_.load()) +
                 " MB (key max-heap)");
}

size_t Instance::MaxHeapBytes() noexcept { return static_cast<size_t>(max_heap_mb_.load()) << 20; }

// ---- Any thread ----

void Instance::StopEnvironment() noexcept {
  const std::lock_guard<std::mutex> lock(environment_mutex_);
  if (environment_ != nullptr) node::Stop(environment_);
}

void Instance::SetGates(Gate gate) noexcept {
  incoming_.SetGate(gate);
  outgoing_.SetGate(gate);
}

// The first reason counts: what follows is its consequence.
void Instance::SetDeathReason(std::string reason) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (death_reason_.empty()) death_reason_ = std::move(reason);
}

void Instance::PostNotice(const std::optional<Notice>& notice) noexcept {
  if (!notice) return;
  try {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (notices_.size() >= kMaxNotices) return;
    notices_.push_back(static_cast<char>(notice->level) + notice->text);
    words_.notices.store(static_cast<uint32_t>(notices_.size()));
  } catch (...) {
    return;
  }
  wake_socket_.Send();
}

}  // namespace wsd
