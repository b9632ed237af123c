// One opened driver: its configuration, its two queues, and the thread that runs its Node environment and
// starts it again when it has died.
//
// Threads: host threads call Open (once), Write, Read, BeginClose and FinishClose; the runtime thread runs
// RuntimeMain and, called from JavaScript, the methods marked [runtime]. What both use is in members that
// lock by themselves; the environment's stopper is behind `stopper_mutex_`, under which no other lock is
// taken. Every caller holds a shared_ptr; the runtime thread holds one, too.
#ifndef WSD_INSTANCE_H_
#define WSD_INSTANCE_H_

#include <pthread.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "bridge_table.h"
#include "environment.h"
#include "event_queues.h"
#include "fixed_text.h"
#include "group_sender.h"
#include "host_layout.h"
#include "lifecycle.h"
#include "loop_watchdog.h"
#include "notice_queue.h"
#include "process_runtime.h"
#include "sqlite_slot.h"
#include "wake_socket.h"

namespace wsd {

// 32-bit words both sides look at; JavaScript sees them as an Int32Array (src/host/bridge.ts).
struct SharedWords {
  std::atomic<uint32_t> close_requested;
  std::atomic<uint32_t> ping;  // raised by the host's side; JavaScript copies it to pong when its loop turns
  std::atomic<uint32_t> pong;
  std::atomic<uint32_t> notices;         // number of texts waiting to be taken
  std::atomic<uint32_t> write_timeouts;  // VSCPWrites that ended with 9
};

// What JavaScript reports of the configuration.
struct InstanceSettings {
  uint32_t incoming_capacity;
  uint32_t outgoing_capacity;
  uint32_t layout;  // 0 = auto, else a Layout
  uint32_t data_owner;
  uint32_t max_heap_mb;
};

class Instance final : public std::enable_shared_from_this<Instance>,
                       private QueueOwner,
                       private EnvironmentObserver {
 public:
  using Guid = std::array<uint8_t, 16>;

  // `bridge` is a table with the functions that JavaScript calls. `on_progress` is called, on any thread,
  // whenever the runtime may have made something that lives until the process ends: again and again while it
  // opens, after each stage of its start, and ever more rarely afterwards.
  Instance(const ProcessRuntime* runtime, const BridgeTable& bridge, std::string bundle_path,
           std::string config_text, const Guid& guid, void (*on_progress)() noexcept);
  ~Instance() = default;

  // Starts the runtime and waits until its server listens. Returns false and a reason when it does not;
  // FinishClose must then still be called.
  bool Open(ReasonText* reason);
  int Write(const void* host_event, unsigned long timeout_ms);
  int Read(void* host_event, unsigned long timeout_ms);
  // Lets no more calls in, releases those inside and asks JavaScript to finish.
  void BeginClose() noexcept;
  // Waits until the runtime has ended; after `grace` the runtime is stopped, after `limit` it is left to end
  // by itself.
  void FinishClose(std::chrono::milliseconds grace, std::chrono::milliseconds limit) noexcept;
  // How many runtime threads of all instances run, those included that were left to end by themselves.
  static int running() noexcept { return running_.load(); }

  // [runtime] See BridgeTable.
  void Attach() noexcept;
  int Configure(const InstanceSettings& settings);
  void Opened() noexcept;
  void Failed(const char* reason) noexcept;
  void Closed() noexcept;
  void ReportDeath(const char* reason) noexcept;
  void WakeReader() noexcept { outgoing_.WakeHost(); }
  void WakeWriter() noexcept { incoming_.WakeHost(); }
  int TakeNotice(char* buffer, size_t size) noexcept { return notices_.Take(buffer, size); }
  uint32_t SendToGroup(const uint8_t* data, size_t size, uint32_t events, const uint32_t* group,
                       uint32_t count) noexcept {
    return group_sender_.Send(data, size, events, group, count);
  }
  SqliteSlot* sqlite() noexcept { return &sqlite_; }
  // The layout in which events are handed over; nothing while it is not certain.
  std::optional<Layout> host_layout() const noexcept { return layout_.certain(); }

 private:
  // QueueOwner
  void WakeRuntime() noexcept override { wake_socket_.Send(); }
  void OnHostIdle() noexcept override;
  std::optional<Layout> HostLayoutIfCertain() const noexcept override { return layout_.certain(); }
  // EnvironmentObserver
  void OnCreated(EnvironmentStopper* stopper) noexcept override;
  void OnEnding() noexcept override;
  void OnExit(int code) noexcept override;
  void OnHeapExhausted() noexcept override;
  size_t MaxHeapBytes() noexcept override;

  void RuntimeMain();
  void RunOnce();
  void FillTable(int wake_fd);
  void StopEnvironment() noexcept;
  void SetGates(Gate gate) noexcept;
  void PostNotice(const Notice& notice) noexcept;

  static std::atomic<int> running_;

  const ProcessRuntime* const runtime_;
  const BridgeTable bridge_;
  const std::string bundle_path_;
  const std::string config_text_;
  const Guid guid_;
  const std::string library_path_;
  void (*const on_progress_)() noexcept;

  HostToDriver incoming_;
  DriverToHost outgoing_;
  WakeSocket wake_socket_;
  GroupSender group_sender_;
  SqliteSlot sqlite_;
  SharedWords words_ = {};
  LoopWatchdog watchdog_{&words_.ping, &words_.pong};
  std::atomic<int64_t> opened_ms_{0};
  std::atomic<int64_t> next_progress_ms_{INT64_MAX};
  BridgeTable table_;
  HostLayout layout_;
  std::atomic<DataOwner> data_owner_{DataOwner::kHost};
  // What JavaScript wants to find again in its next environment. It contains secrets.
  struct WipeAndFree {
    void operator()(uint8_t* memory) const noexcept;
  };
  const std::unique_ptr<uint8_t, WipeAndFree> kept_memory_;
  std::atomic<uint32_t> max_heap_mb_;

  pthread_t thread_ = {};
  std::atomic<bool> thread_started_{false};  // thread_ may be joined

  Lifecycle lifecycle_;
  ReasonText restart_reason_;  // why the environment before this one ended
  NoticeQueue notices_{&words_.notices};

  std::mutex stopper_mutex_;
  EnvironmentStopper* stopper_ = nullptr;
};

}  // namespace wsd

#endif  // WSD_INSTANCE_H_
