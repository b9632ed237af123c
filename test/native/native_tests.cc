// Tests of the shim's parts that need no Node: layouts, rings, queues, handle table. Built a second time with
// ThreadSanitizer. `native-tests record-layout` prints the record's offsets for the TypeScript side.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "control_group.h"
#include "event_layout.h"
#include "event_queues.h"
#include "fixed_text.h"
#include "group_sender.h"
#include "handle_table.h"
#include "host_abi.h"
#include "host_layout.h"
#include "host_program.h"
#include "layout_detector.h"
#include "loop_watchdog.h"
#include "preflight.h"
#include "ring.h"

namespace {

int failures = 0;

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
      failures++;                                                               \
    }                                                                           \
  } while (0)

using wsd::Layout;

constexpr uint8_t kGuid[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
                               0x00, 0x26, 0x55, 0xca, 0x00, 0x06, 0x00, 0x01};

template <typename HostEvent>
HostEvent Filled(uint8_t* data, uint16_t size) {
  HostEvent event = {};
  event.head = 0x60;
  event.obid = 0x01020304;
  event.year = 2026;
  event.month = 11;
  event.day = 22;
  event.hour = 23;
  event.minute = 58;
  event.second = 59;
  event.timestamp = 0xfedcba98;
  event.vscp_class = 10;
  event.vscp_type = 6;
  memcpy(event.guid, kGuid, sizeof kGuid);
  event.size_data = size;
  event.pdata = data;
  return event;
}

template <typename HostEvent>
void CheckEveryFieldSurvives(Layout layout) {
  uint8_t data[3] = {1, 2, 3};
  const HostEvent event = Filled<HostEvent>(data, 3);
  wsd::EventRecord record;
  memset(&record, 0xa5, sizeof record);
  CHECK(wsd::RecordFromHost(&event, layout, &record));
  CHECK(record.timestamp_ns == 0);

  HostEvent back;
  memset(static_cast<void*>(&back), 0xa5, sizeof back);
  uint8_t handed_over[3];
  memcpy(handed_over, record.data, 3);
  wsd::RecordToHost(record, layout, handed_over, 3, &back);
  CHECK(back.head == event.head && back.obid == event.obid && back.year == event.year);
  CHECK(back.month == event.month && back.day == event.day && back.hour == event.hour);
  CHECK(back.minute == event.minute && back.second == event.second && back.timestamp == event.timestamp);
  CHECK(back.vscp_class == event.vscp_class && back.vscp_type == event.vscp_type);
  CHECK(memcmp(back.guid, event.guid, 16) == 0 && back.size_data == 3);
  CHECK(back.pdata == handed_over && memcmp(back.pdata, data, 3) == 0);
  CHECK(back.crc == 0xa5a5);
}

void TestEveryFieldSurvivesBothLayouts() {
  CheckEveryFieldSurvives<wsd::ClassicEvent>(Layout::kClassic);
  CheckEveryFieldSurvives<wsd::Event2026>(Layout::k2026);
}

void TestNanosecondEvents() {
  wsd::Event2026 event = Filled<wsd::Event2026>(nullptr, 0);
  event.head = 0x160;
  event.year = 0xffff;
  event.month = 0xff;
  event.timestamp_ns = 1767225600123456789u;
  wsd::EventRecord record;
  CHECK(wsd::RecordFromHost(&event, Layout::k2026, &record));
  CHECK(record.timestamp_ns == 1767225600123456789u && record.year == 0 && record.timestamp == 0);

  wsd::Event2026 same = {};
  wsd::RecordToHost(record, Layout::k2026, nullptr, 0, &same);
  CHECK(same.head == 0x160 && same.year == 0xffff && same.month == 0xff);
  CHECK(same.timestamp_ns == 1767225600123456789u && same.pdata == nullptr);

  wsd::ClassicEvent classic = {};
  wsd::RecordToHost(record, Layout::kClassic, nullptr, 0, &classic);
  CHECK(classic.head == 0x60);
  CHECK(classic.year == 2026 && classic.month == 1 && classic.day == 1);
  CHECK(classic.hour == 0 && classic.minute == 0 && classic.second == 0);
  CHECK(classic.timestamp == static_cast<uint32_t>(1767225600123456u));

  // The first second that 32 bits do not count.
  record.timestamp_ns = 2147483648u * 1000000000ull;
  wsd::RecordToHost(record, Layout::kClassic, nullptr, 0, &classic);
  CHECK(classic.year == 2038 && classic.month == 1 && classic.day == 19);
  CHECK(classic.hour == 3 && classic.minute == 14 && classic.second == 8);
}

void TestBit8OfAClassicHostIsPassedOn() {
  wsd::ClassicEvent event = Filled<wsd::ClassicEvent>(nullptr, 0);
  event.head = 0xffff;
  wsd::EventRecord record;
  CHECK(wsd::RecordFromHost(&event, Layout::kClassic, &record));
  CHECK(record.head == 0xffff && record.timestamp_ns == 0);
  CHECK(record.year == event.year && record.second == event.second && record.timestamp == event.timestamp);
}

void TestBadEventsAreRefused() {
  uint8_t data[1] = {0};
  wsd::EventRecord record;
  wsd::ClassicEvent event = Filled<wsd::ClassicEvent>(data, 513);
  CHECK(!wsd::RecordFromHost(&event, Layout::kClassic, &record));
  event = Filled<wsd::ClassicEvent>(nullptr, 1);
  CHECK(!wsd::RecordFromHost(&event, Layout::kClassic, &record));
  event = Filled<wsd::ClassicEvent>(data, 0);
  CHECK(wsd::RecordFromHost(&event, Layout::kClassic, &record));
  CHECK(record.size == 0);
}

// Events as hosts write them: with and without data, date and known GUID.
template <typename HostEvent>
std::vector<HostEvent> Typical(uint8_t* data) {
  std::vector<HostEvent> events = {Filled<HostEvent>(data, 3), Filled<HostEvent>(nullptr, 0)};
  HostEvent foreign = Filled<HostEvent>(data, 8);
  for (int i = 0; i < 16; i++) foreign.guid[i] = static_cast<uint8_t>(i * 7);
  events.push_back(foreign);
  HostEvent zero_guid = Filled<HostEvent>(data, 1);
  memset(zero_guid.guid, 0, 16);
  events.push_back(zero_guid);
  return events;
}

wsd::HostProgram Program(const char* name, std::optional<Layout> layout) {
  return {wsd::ProgramName(name), layout};
}

template <typename HostEvent>
void CheckDetected(Layout layout) {
  uint8_t data[8] = {};
  for (const HostEvent& event : Typical<HostEvent>(data)) {
    const Layout other = layout == Layout::kClassic ? Layout::k2026 : Layout::kClassic;
    wsd::LayoutDetector detector(Program("somehost", other));
    CHECK(detector.certain() == other);
    bool decided = false;
    for (int i = 0; i < 3 && !decided; i++) decided = detector.Observe(&event);
    CHECK(decided && detector.decided() && detector.certain() == layout);
    CHECK(detector.contradicts_files() && detector.Reason().view().find("although") != std::string::npos);
    CHECK(!wsd::ContradictsLayout(&event, layout));
  }
}

void TestLayoutsAreDetected() {
  CheckDetected<wsd::ClassicEvent>(Layout::kClassic);
  CheckDetected<wsd::Event2026>(Layout::k2026);
  wsd::Event2026 ns = Filled<wsd::Event2026>(nullptr, 0);
  ns.head |= wsd::kHeadNanoseconds;
  ns.year = 0xffff;
  ns.month = 0xff;
  ns.timestamp_ns = 1767225600123456789u;
  wsd::LayoutDetector detector(Program("vscpd", std::nullopt));
  CHECK(detector.Observe(&ns) && detector.certain() == Layout::k2026);
  CHECK(wsd::ContradictsLayout(&ns, Layout::kClassic));
}

// An event in the other layout is not read: what stands where its pointer is expected may lead anywhere. As
// long as events contradict the layout, none is handed over either.
template <typename HostEvent>
void CheckContradicted(Layout layout) {
  uint8_t data[8] = {};
  const HostEvent right = Typical<HostEvent>(data).front();
  wsd::HostLayout host_layout;
  const auto other = layout == Layout::kClassic ? Layout::k2026 : Layout::kClassic;
  CHECK(!host_layout.Configure(static_cast<uint32_t>(other)));
  CHECK(host_layout.certain() == other);
  for (int i = 0; i < 3; i++) {
    std::optional<wsd::Notice> notice;
    CHECK(!host_layout.Observe(&right, &notice));
    CHECK(notice.has_value() == (i == 0));
    CHECK(!host_layout.certain());
  }
}

template <typename HostEvent>
void CheckLowPointer(Layout layout) {
  uint8_t data[8] = {};
  const HostEvent right = Typical<HostEvent>(data).front();
  HostEvent wrong = right;
  wrong.size_data = 3;
  wrong.pdata = reinterpret_cast<uint8_t*>(uintptr_t{8});
  wsd::EventRecord record;
  CHECK(!wsd::RecordFromHost(&wrong, layout, &record));
  wsd::HostLayout host_layout;
  CHECK(!host_layout.Configure(static_cast<uint32_t>(layout)));
  std::optional<wsd::Notice> notice;
  CHECK(host_layout.Observe(&right, &notice) == layout && host_layout.certain() == layout && !notice);
}

void TestEventsOfTheOtherLayoutAreNotRead() {
  CheckContradicted<wsd::ClassicEvent>(Layout::kClassic);
  CheckContradicted<wsd::Event2026>(Layout::k2026);
  CheckLowPointer<wsd::ClassicEvent>(Layout::kClassic);
  CheckLowPointer<wsd::Event2026>(Layout::k2026);
}

void TestProgramDecidesBeforeEvents() {
  CHECK(wsd::LayoutDetector(Program("mqttvscpd", std::nullopt)).certain() == Layout::k2026);
  CHECK(wsd::LayoutDetector(Program("tcpipvscpd", std::nullopt)).certain() == Layout::k2026);
  CHECK(wsd::LayoutDetector(Program("vscpd", Layout::k2026)).certain() == Layout::k2026);
  CHECK(wsd::LayoutDetector(Program("mqttvscpd", Layout::kClassic)).certain() == Layout::kClassic);
  // Daemons of both layouts had this name.
  for (const char* name : {"vscpd", "somehost", ""}) {
    const wsd::LayoutDetector unknown(Program(name, std::nullopt));
    CHECK(!unknown.certain() && unknown.Reason().view().find("event-layout") != std::string::npos);
  }
}

void TestHostsKnownToFailGetLessData() {
  for (const char* name : {"vscpd", "mqttvscpd"}) CHECK(wsd::MaxDataOfHost(wsd::ProgramName(name)) == 200);
  for (const char* name : {"somehost", "vscpd2", ""})
    CHECK(wsd::MaxDataOfHost(wsd::ProgramName(name)) == 512);
}

// A file of `size` bytes without either text, and `text` at `offset` of it.
class ProgramFile {
 public:
  explicit ProgramFile(size_t size) : path_("/tmp/wsd-native-tests-XXXXXX"), fd_(mkstemp(path_.data())) {
    CHECK(fd_ != -1);
    const std::vector<char> block(1 << 20, 'V');
    for (size_t at = 0; at < size; at += block.size()) Put(at, {block.data(), block.size()});
  }
  ~ProgramFile() {
    close(fd_);
    unlink(path_.c_str());
  }
  ProgramFile(const ProgramFile&) = delete;
  ProgramFile& operator=(const ProgramFile&) = delete;

  void Put(size_t offset, std::string_view text) {
    CHECK(pwrite(fd_, text.data(), text.size(), static_cast<off_t>(offset)) ==
          static_cast<ssize_t>(text.size()));
  }
  std::optional<Layout> Shows(const wsd::SearchLimits& limits) const {
    return wsd::LayoutOfFile(path_.c_str(), limits);
  }

 private:
  std::string path_;
  int fd_;
};

// Generous, for tests on a busy machine.
constexpr wsd::SearchLimits kPatient{std::chrono::seconds(60), size_t{256} << 20};

void TestProgramFilesTellTheLayout() {
  constexpr size_t kMegabyte = size_t{1} << 20;
  ProgramFile file(50 * kMegabyte);
  CHECK(!file.Shows(kPatient));
  // Across the border of two reads, whatever their size.
  file.Put(40 * kMegabyte - 4, "VSCPOpen");
  CHECK(file.Shows(kPatient) == Layout::kClassic);
  file.Put(49 * kMegabyte - 6, "timestamp_ns");
  CHECK(file.Shows(kPatient) == Layout::k2026);
  // What was not looked at tells nothing.
  CHECK(!file.Shows({std::chrono::seconds(60), 45 * kMegabyte}));
  CHECK(!file.Shows({std::chrono::milliseconds(0), 256 * kMegabyte}));
  CHECK(!wsd::LayoutOfFile("/nonexistent", kPatient) && !wsd::LayoutOfFile("/tmp", kPatient));
  CHECK(!wsd::LayoutOfFile("/dev/zero", kPatient));
}

void TestHandleTable() {
  wsd::HandleTable<int> table;
  CHECK(table.Find(0) == nullptr && table.Find(1) == nullptr && table.Find(1681) == nullptr);
  std::set<long> seen;
  for (int i = 0; i < 100; i++) {
    const long handle = table.Insert(std::make_shared<int>(i));
    CHECK(handle > 0 && seen.insert(handle).second);
    const auto held = table.Find(handle);
    CHECK(held != nullptr && *held == i);
    CHECK(table.Remove(handle) == held && table.Remove(handle) == nullptr);
    CHECK(table.Find(handle) == nullptr && held.use_count() == 1);
  }
  table.Insert(std::make_shared<int>(1));
  table.Insert(std::make_shared<int>(2));
  CHECK(table.RemoveAll().size() == 2 && table.RemoveAll().empty());
}

void TestHandleTableFromManyThreads() {
  wsd::HandleTable<int> table;
  std::atomic<int> removed{0};
  std::vector<std::thread> threads;
  std::vector<long> handles(64);
  for (long& handle : handles) handle = table.Insert(std::make_shared<int>(7));
  for (int t = 0; t < 4; t++) {
    threads.emplace_back([&] {
      for (const long handle : handles) {
        const auto held = table.Find(handle);
        if (table.Remove(handle) != nullptr) removed++;
        CHECK(held == nullptr || *held == 7);
        table.Insert(std::make_shared<int>(8));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(removed == 64);
  CHECK(table.RemoveAll().size() == 4 * 64);
}

void TestRingHoldsExactlyItsCapacity() {
  for (const uint32_t capacity : {1u, 2u, 3u, 5u, 8u, 100u}) {
    const auto ring = wsd::Ring::Create(capacity);
    CHECK(ring->capacity() == capacity && (ring->slots() & (ring->slots() - 1)) == 0);
    for (int round = 0; round < 3; round++) {
      for (uint32_t i = 0; i < capacity; i++) {
        wsd::EventRecord* record = ring->BeginPush();
        CHECK(record != nullptr);
        record->obid = i;
        CHECK(!ring->Publish());
      }
      CHECK(ring->BeginPush() == nullptr && ring->Fill() == capacity);
      for (uint32_t i = 0; i < capacity; i++) {
        CHECK(ring->Front()->obid == i);
        ring->Pop();
      }
      CHECK(ring->Front() == nullptr);
    }
  }
  CHECK(wsd::Ring::Create(0)->capacity() == 1);
}

// JavaScript's part, played by a thread: sleeps and wakes as src/host/ring.ts does.
class Runtime : public wsd::QueueOwner {
 public:
  void WakeRuntime() noexcept override {
    const std::lock_guard<std::mutex> lock(mutex_);
    wakes_++;
    woken_.notify_one();
  }
  void OnHostIdle() noexcept override {}
  std::optional<Layout> HostLayoutIfCertain() const noexcept override { return layout_; }
  void set_layout(std::optional<Layout> layout) noexcept { layout_ = layout; }

  void Sleep() {
    std::unique_lock<std::mutex> lock(mutex_);
    // The limit turns a lost wake-up into a failure instead of a hang.
    CHECK(woken_.wait_for(lock, std::chrono::seconds(30), [this] { return wakes_ > 0; }));
    wakes_ = 0;
  }

 private:
  std::mutex mutex_;
  std::condition_variable woken_;
  int wakes_ = 0;
  std::atomic<std::optional<Layout>> layout_{Layout::k2026};
};

wsd::Event2026 Numbered(uint32_t writer, uint32_t number) {
  wsd::Event2026 event = {};
  event.obid = writer;
  event.timestamp = number;
  return event;
}

void TestManyWritersOneRuntime() {
  constexpr uint32_t kWriters = 3;
  constexpr uint32_t kEvents = 20000;
  Runtime runtime;
  wsd::HostToDriver queue(&runtime);
  wsd::Ring* ring = queue.EnsureRing(7);
  queue.SetGate(wsd::Gate::kOpen);
  std::vector<std::thread> writers;
  for (uint32_t w = 0; w < kWriters; w++) {
    writers.emplace_back([&, w] {
      for (uint32_t i = 0; i < kEvents; i++) {
        const wsd::Event2026 event = Numbered(w, i);
        CHECK(queue.Write(&event, Layout::k2026, 0) == wsd::kSuccess);
      }
    });
  }
  uint32_t expected[kWriters] = {};
  for (uint32_t taken = 0; taken < kWriters * kEvents;) {
    const wsd::EventRecord* record = ring->Front();
    if (record == nullptr) {
      if (ring->BeginSleep()) runtime.Sleep();
      continue;
    }
    CHECK(record->timestamp == expected[record->obid]++);
    taken++;
    if (ring->Pop()) queue.WakeHost();
  }
  for (std::thread& writer : writers) writer.join();
}

void TestManyReadersOneRuntime() {
  constexpr uint32_t kEvents = 40000;
  Runtime runtime;
  wsd::DriverToHost queue(&runtime);
  wsd::Ring* ring = queue.EnsureRing(16);
  queue.SetGate(wsd::Gate::kOpen);
  std::atomic<uint32_t> taken{0};
  std::vector<std::thread> readers;
  for (int r = 0; r < 3; r++) {
    readers.emplace_back([&] {
      wsd::Event2026 event;
      for (;;) {
        const int code = queue.Read(&event, wsd::DataOwner::kHost, 20);
        if (code == wsd::kInvalidHandle) return;
        if (code == wsd::kSuccess) taken++;
      }
    });
  }
  for (uint32_t sent = 0; sent < kEvents;) {
    wsd::EventRecord* record = ring->BeginPush();
    if (record == nullptr) {
      std::this_thread::yield();
      continue;
    }
    *record = {};
    sent++;
    if (ring->Publish()) queue.WakeHost();
  }
  while (taken < kEvents) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  queue.SetGate(wsd::Gate::kClosed);
  for (std::thread& reader : readers) reader.join();
  CHECK(taken == kEvents);
}

void TestGatesAndTimeouts() {
  Runtime runtime;
  wsd::HostToDriver incoming(&runtime);
  wsd::DriverToHost outgoing(&runtime);
  wsd::Event2026 event = Numbered(1, 1);
  CHECK(incoming.Write(&event, Layout::k2026, 10) == wsd::kNotOpen);
  CHECK(outgoing.Read(&event, wsd::DataOwner::kHost, 1) == wsd::kTimeout);
  incoming.EnsureRing(2);
  wsd::Ring* ring = outgoing.EnsureRing(2);
  CHECK(outgoing.EnsureRing(9) == ring && ring->capacity() == 2);
  CHECK(incoming.Write(&event, Layout::k2026, 10) == wsd::kNotOpen);
  incoming.SetGate(wsd::Gate::kOpen);
  CHECK(incoming.Write(&event, Layout::k2026, 10) == wsd::kSuccess);
  CHECK(incoming.Write(&event, Layout::k2026, 10) == wsd::kSuccess);
  const auto begin = std::chrono::steady_clock::now();
  CHECK(incoming.Write(&event, Layout::k2026, 30) == wsd::kFifoFull);
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(30));

  // What was sent before the environment died is still handed over.
  *ring->BeginPush() = {};
  ring->Publish();
  outgoing.SetGate(wsd::Gate::kDown);
  CHECK(outgoing.Read(&event, wsd::DataOwner::kHost, 1) == wsd::kSuccess);
  CHECK(outgoing.Read(&event, wsd::DataOwner::kHost, 1) == wsd::kTimeout);
}

void TestClosingReleasesSleepers() {
  Runtime runtime;
  wsd::HostToDriver incoming(&runtime);
  wsd::DriverToHost outgoing(&runtime);
  incoming.EnsureRing(1);
  outgoing.EnsureRing(1);
  incoming.SetGate(wsd::Gate::kOpen);
  outgoing.SetGate(wsd::Gate::kOpen);
  const wsd::Event2026 event = Numbered(1, 1);
  CHECK(incoming.Write(&event, Layout::k2026, 0) == wsd::kSuccess);
  std::atomic<int> released{0};
  std::thread writer([&] {
    CHECK(incoming.Write(&event, Layout::k2026, 0) == wsd::kInvalidHandle);
    released++;
  });
  std::thread reader([&] {
    wsd::Event2026 read;
    CHECK(outgoing.Read(&read, wsd::DataOwner::kHost, 0) == wsd::kInvalidHandle);
    released++;
  });
  incoming.SetGate(wsd::Gate::kClosed);
  outgoing.SetGate(wsd::Gate::kClosed);
  writer.join();
  reader.join();
  CHECK(released == 2);
  incoming.SetGate(wsd::Gate::kOpen);
  CHECK(incoming.Write(&event, Layout::k2026, 1) == wsd::kInvalidHandle);
}

void TestDataOwners() {
  Runtime runtime;
  wsd::DriverToHost queue(&runtime);
  wsd::Ring* ring = queue.EnsureRing(4);
  for (uint8_t i = 1; i <= 3; i++) {
    wsd::EventRecord* record = ring->BeginPush();
    *record = {};
    record->size = 2;
    record->data[0] = record->data[1] = i;
    ring->Publish();
  }
  wsd::Event2026 first = {};
  wsd::Event2026 second = {};
  CHECK(queue.Read(&first, wsd::DataOwner::kHost, 1) == wsd::kSuccess);
  CHECK(first.size_data == 2 && first.pdata[1] == 1);
  delete[] first.pdata;
  CHECK(queue.Read(&first, wsd::DataOwner::kDriver, 1) == wsd::kSuccess);
  CHECK(first.pdata[0] == 2);
  CHECK(queue.Read(&second, wsd::DataOwner::kDriver, 1) == wsd::kSuccess);
  CHECK(second.pdata == first.pdata && second.pdata[0] == 3);
}

void TestSizesInRecordsAreBounded() {
  Runtime runtime;
  wsd::DriverToHost queue(&runtime);
  wsd::Ring* ring = queue.EnsureRing(4);
  for (const auto owner : {wsd::DataOwner::kHost, wsd::DataOwner::kDriver}) {
    wsd::EventRecord* record = ring->BeginPush();
    *record = {};
    record->size = 0xffff;
    memset(record->data, 7, sizeof record->data);
    ring->Publish();
    wsd::Event2026 event = {};
    CHECK(queue.Read(&event, owner, 1) == wsd::kSuccess);
    CHECK(event.size_data == wsd::kMaxEventData && event.pdata[wsd::kMaxEventData - 1] == 7);
    if (owner == wsd::DataOwner::kHost) delete[] event.pdata;
  }
}

void TestNothingIsHandedOverInAnUnknownLayout() {
  Runtime runtime;
  wsd::DriverToHost queue(&runtime);
  wsd::Ring* ring = queue.EnsureRing(4);
  runtime.set_layout(std::nullopt);
  *ring->BeginPush() = {};
  ring->BeginPush()->vscp_type = 9;
  ring->Publish();
  wsd::ClassicEvent event;
  memset(static_cast<void*>(&event), 0xa5, sizeof event);
  CHECK(queue.Read(&event, wsd::DataOwner::kHost, 20) == wsd::kTimeout);
  CHECK(event.vscp_type == 0xa5a5 && ring->Fill() == 1);
  std::thread reader([&] { CHECK(queue.Read(&event, wsd::DataOwner::kHost, 0) == wsd::kSuccess); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  runtime.set_layout(Layout::kClassic);
  queue.WakeHost();
  reader.join();
  CHECK(event.vscp_type == 9 && ring->Fill() == 0);
}

// A tree of control groups as the kernel shows it: files by path below `root`.
class FileTree {
 public:
  FileTree() : root_("/tmp/wsd-native-tests-XXXXXX") { CHECK(mkdtemp(root_.data()) != nullptr); }
  ~FileTree() { std::filesystem::remove_all(root_); }
  FileTree(const FileTree&) = delete;
  FileTree& operator=(const FileTree&) = delete;

  const std::string& root() const { return root_; }
  std::string Put(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = root_ + "/" + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
    return file;
  }

 private:
  std::string root_;
};

void TestMemoryOfControlGroups() {
  constexpr uint64_t kMegabyte = 1u << 20;
  const FileTree tree;
  const auto left = [&](const std::string& groups) {
    return wsd::MemoryLeftInControlGroups(groups.c_str(), tree.root().c_str());
  };
  const std::string version2 = tree.Put("v2", "0::/system.slice/vscpd.service\n");
  CHECK(left(version2) == UINT64_MAX && left("/nonexistent") == UINT64_MAX);
  tree.Put("system.slice/vscpd.service/memory.max", "max\n");
  tree.Put("system.slice/vscpd.service/memory.current", std::to_string(20 * kMegabyte));
  CHECK(left(version2) == UINT64_MAX);
  tree.Put("system.slice/vscpd.service/memory.max", std::to_string(64 * kMegabyte));
  CHECK(left(version2) == 44 * kMegabyte);
  // Pages of files do not count: the kernel takes them back.
  tree.Put("system.slice/vscpd.service/memory.stat",
           "anon 1\nfile 7\ninactive_file 4194304\nactive_file 2097152\n");
  CHECK(left(version2) == 50 * kMegabyte);
  // The group above is tighter.
  tree.Put("system.slice/memory.max", std::to_string(30 * kMegabyte));
  tree.Put("system.slice/memory.current", std::to_string(25 * kMegabyte));
  CHECK(left(version2) == 5 * kMegabyte);
  wsd::LineText problem;
  CHECK(!wsd::ControlGroupsLeaveMemory(version2.c_str(), tree.root().c_str(), &problem));
  CHECK(problem.view().find("leaves 5 MB") != std::string::npos &&
        problem.view().find("MemoryMax=") != std::string::npos);
  // Nothing is left when the limit was lowered below what is used.
  tree.Put("system.slice/memory.max", "4096");
  CHECK(left(version2) == 0);

  const std::string version1 = tree.Put("v1", "4:memory:/vscpd\n3:cpu:/other\n0::/\n");
  tree.Put("memory/vscpd/memory.limit_in_bytes", std::to_string(100 * kMegabyte));
  tree.Put("memory/vscpd/memory.usage_in_bytes", std::to_string(40 * kMegabyte));
  tree.Put("memory/vscpd/memory.stat", "active_file 1\ntotal_inactive_file 1048576\n");
  CHECK(left(version1) == 61 * kMegabyte);
  CHECK(wsd::ControlGroupsLeaveMemory(version1.c_str(), tree.root().c_str(), &problem));
}

void TestFixedText() {
  wsd::FixedText<8> text("123456789");
  CHECK(text.view() == "1234567");
  text.Format("%d-%s", 12, "abcdefgh");
  CHECK(text.view() == "12-abcd" && text.size() == 7 && !text.empty());
  text.Clear();
  CHECK(text.empty() && text.c_str()[0] == '\0');
}

void TestWatchdog() {
  using Verdict = wsd::LoopWatchdog::Verdict;
  std::atomic<uint32_t> ping{5};
  std::atomic<uint32_t> pong{0};
  wsd::LoopWatchdog watchdog(&ping, &pong);
  CHECK(watchdog.Check(100000) == Verdict::kNothing);
  int64_t now = 1000;
  watchdog.Start(now);
  CHECK(watchdog.Check(now + 999) == Verdict::kNothing);
  for (int i = 0; i < 50; i++) {
    CHECK(watchdog.Check(now += 1000) == Verdict::kAsk);
    CHECK(watchdog.Check(now) == Verdict::kNothing);
    pong.store(ping.load());
  }
  // Stopped for an hour between question and answer: one missed interval.
  CHECK(watchdog.Check(now += 1000) == Verdict::kAsk);
  CHECK(watchdog.Check(now += 3600000) == Verdict::kNothing);
  for (uint32_t i = 2; i < wsd::LoopWatchdog::kMaxMissed; i++) {
    CHECK(watchdog.Check(now += 1000) == Verdict::kNothing);
  }
  CHECK(watchdog.Check(now += 1000) == Verdict::kStuck);
  CHECK(watchdog.Check(now += 1000) == Verdict::kNothing);
  watchdog.Start(now);
  CHECK(watchdog.Check(now += 1000) == Verdict::kAsk);
  watchdog.Stop();
  CHECK(watchdog.Check(now += 100000) == Verdict::kNothing);
}

#define OFFSET(name) static_cast<unsigned>(offsetof(wsd::EventRecord, name))

int PrintRecordLayout() {
  printf(
      "{\"size\":%u,\"head\":%u,\"dataSize\":%u,\"obid\":%u,\"year\":%u,\"month\":%u,\"day\":%u,\"hour\":%u,"
      "\"minute\":%u,\"second\":%u,\"timestamp\":%u,\"vscpClass\":%u,\"vscpType\":%u,\"timestampNs\":%u,"
      "\"guid\":%u,\"data\":%u,\"recordsOffset\":%u,\"headWord\":%u,\"tailWord\":%u,\"sleepingWord\":%u,"
      "\"waitingWord\":%u}\n",
      static_cast<unsigned>(sizeof(wsd::EventRecord)), OFFSET(head), OFFSET(size), OFFSET(obid), OFFSET(year),
      OFFSET(month), OFFSET(day), OFFSET(hour), OFFSET(minute), OFFSET(second), OFFSET(timestamp),
      OFFSET(vscp_class), OFFSET(vscp_type), OFFSET(timestamp_ns), OFFSET(guid), OFFSET(data),
      static_cast<unsigned>(wsd::Ring::kRecordsOffset),
      static_cast<unsigned>(offsetof(wsd::RingControl, head)),
      static_cast<unsigned>(offsetof(wsd::RingControl, tail)),
      static_cast<unsigned>(offsetof(wsd::RingControl, sleeping)),
      static_cast<unsigned>(offsetof(wsd::RingControl, waiting)));
  return 0;
}

// A connected pair; the group sender writes to ours.
struct SocketPair {
  SocketPair() { CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0); }
  ~SocketPair() {
    for (const int fd : fds) {
      if (fd != -1) close(fd);
    }
  }
  SocketPair(const SocketPair&) = delete;
  SocketPair& operator=(const SocketPair&) = delete;

  int ours() const { return fds[0]; }
  size_t Drain() const {
    char buffer[4096];
    size_t total = 0;
    for (;;) {
      const ssize_t got = recv(fds[1], buffer, sizeof buffer, MSG_DONTWAIT);
      if (got <= 0) return total;
      total += static_cast<size_t>(got);
    }
  }

  int fds[2] = {-1, -1};
};

void TestGroupSends() {
  const auto sender = std::make_unique<wsd::GroupSender>();
  const uint32_t group[] = {0, 5, 2};
  const std::vector<uint8_t> data(1 << 20, 'x');
  CHECK(sender->Send(data.data(), 10, 1, group, 3) == 3);  // without a table nothing is sent
  CHECK(sender->Reset());
  SocketPair first;
  SocketPair second;
  sender->table()[0].fd = first.ours();
  sender->table()[2].fd = second.ours();
  // Slot 5 is blocked: an exception with nothing sent; the others get all.
  CHECK(sender->Send(data.data(), 10, 3, group, 3) == 1);
  CHECK(sender->exceptions()[0].index == 1 && sender->exceptions()[0].sent == 0);
  CHECK(first.Drain() == 10 && second.Drain() == 10);
  CHECK(sender->table()[0].events == 3 && sender->table()[2].events == 3 && sender->table()[5].events == 0);
  // More than the kernel takes: the part is told and the slot blocked, also for the next call.
  CHECK(sender->Send(data.data(), data.size(), 1, group, 1) == 1);
  const uint32_t sent = sender->exceptions()[0].sent;
  CHECK(sent > 0 && sent < data.size() && sender->table()[0].fd == 0 && sender->table()[0].events == 3);
  CHECK(sender->Send(data.data(), 10, 1, group, 1) == 1 && sender->exceptions()[0].sent == 0);
  CHECK(first.Drain() == sent);
  // A peer that has gone: no signal, and nothing sent, so that Node finds the error.
  close(second.fds[1]);
  second.fds[1] = -1;
  CHECK(sender->Send(data.data(), 10, 1, group + 2, 1) == 1);
  CHECK(sender->exceptions()[0].sent == 0 && sender->table()[2].fd == 0);
  // Another environment begins with all slots blocked.
  sender->table()[0].fd = first.ours();
  CHECK(sender->Reset());
  CHECK(sender->Send(data.data(), 10, 1, group, 3) == 3 && first.Drain() == 0);
}

constexpr struct {
  const char* name;
  void (*run)();
} kTests[] = {
    {"every field survives both layouts", TestEveryFieldSurvivesBothLayouts},
    {"nanosecond events", TestNanosecondEvents},
    {"bit 8 of a classic host is passed on", TestBit8OfAClassicHostIsPassedOn},
    {"bad events are refused", TestBadEventsAreRefused},
    {"layouts are detected from events", TestLayoutsAreDetected},
    {"events of the other layout are not read", TestEventsOfTheOtherLayoutAreNotRead},
    {"the host's program decides before events", TestProgramDecidesBeforeEvents},
    {"hosts known to fail get less data", TestHostsKnownToFailGetLessData},
    {"program files tell the layout", TestProgramFilesTellTheLayout},
    {"handles are never reused and hold their instance", TestHandleTable},
    {"handle table from many threads", TestHandleTableFromManyThreads},
    {"a ring holds exactly its capacity", TestRingHoldsExactlyItsCapacity},
    {"gates and time-outs", TestGatesAndTimeouts},
    {"closing releases sleepers", TestClosingReleasesSleepers},
    {"who owns the data", TestDataOwners},
    {"sizes in records are bounded", TestSizesInRecordsAreBounded},
    {"nothing is handed over in an unknown layout", TestNothingIsHandedOverInAnUnknownLayout},
    {"a group is sent to, and who cannot take all is told", TestGroupSends},
    {"memory of control groups", TestMemoryOfControlGroups},
    {"texts are cut to their size", TestFixedText},
    {"the watchdog counts intervals, not time", TestWatchdog},
    {"many writers, one runtime: nothing lost, order kept", TestManyWritersOneRuntime},
    {"many readers, one runtime: nothing lost", TestManyReadersOneRuntime},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "record-layout") == 0) return PrintRecordLayout();
  for (const auto& test : kTests) {
    const int before = failures;
    test.run();
    printf("%s: %s\n", failures == before ? "ok" : "FAILED", test.name);
  }
  return failures == 0 ? 0 : 1;
}
