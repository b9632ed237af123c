// The shim's readers of foreign memory under libFuzzer, with AddressSanitizer and UndefinedBehaviorSanitizer:
// events of a host in both layouts, and a ring against a simple model of it. Built by build.ts.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <vector>

#include "event_layout.h"
#include "ring.h"

extern "C" {
int LLVMFuzzerRunDriver(int* argc, char*** argv, int (*target)(const uint8_t* data, size_t size));
void __sanitizer_cov_8bit_counters_init(uint8_t* begin, uint8_t* end);
void __sanitizer_cov_trace_pc();
}

namespace {

// gcc calls a function at each branch; libFuzzer of today wants counters: one for each place that calls.
constexpr size_t kCounters = 1 << 14;
uint8_t counters[kCounters];

void Require(bool holds, const char* what) {
  if (holds) return;
  fprintf(stderr, "failed: %s\n", what);
  abort();
}

struct Input {
  const uint8_t* at;
  size_t left;

  uint8_t Byte() noexcept {
    if (left == 0) return 0;
    left--;
    return *at++;
  }
  void Fill(void* target, size_t size) noexcept {
    const size_t given = size < left ? size : left;
    memset(target, 0, size);
    if (given > 0) memcpy(target, at, given);
    at += given;
    left -= given;
  }
};

bool Same(const wsd::EventRecord& a, const wsd::EventRecord& b) {
  return a.head == b.head && a.size == b.size && a.obid == b.obid && a.vscp_class == b.vscp_class &&
         a.vscp_type == b.vscp_type && a.year == b.year && a.month == b.month && a.day == b.day &&
         a.hour == b.hour && a.minute == b.minute && a.second == b.second && a.timestamp == b.timestamp &&
         a.timestamp_ns == b.timestamp_ns && memcmp(a.guid, b.guid, sizeof a.guid) == 0 &&
         memcmp(a.data, b.data, a.size) == 0;
}

// A host's event with any bytes in it, whose data end where its memory ends.
template <typename HostEvent>
void Events(Input input, wsd::Layout layout) {
  HostEvent event;
  input.Fill(&event, sizeof event);
  // In a classic host's events the bit means nothing; JavaScript, which a record passes on its way, sees to
  // that.
  if (layout == wsd::Layout::kClassic) event.head &= static_cast<uint16_t>(~wsd::kHeadNanoseconds);
  const size_t size = event.size_data <= 1024 ? event.size_data : 0;
  const auto data = std::make_unique<uint8_t[]>(size);
  input.Fill(data.get(), size);
  event.pdata = (event.obid & 1) != 0 || size == 0 ? nullptr : data.get();
  for (const wsd::Layout each : {wsd::Layout::kClassic, wsd::Layout::k2026}) {
    // Both structs have the same size or the second is the larger one: what is asked about is copied into it.
    alignas(8) uint8_t memory[sizeof(wsd::Event2026) + sizeof(wsd::ClassicEvent)] = {};
    memcpy(memory, &event, sizeof event);
    wsd::Plausibility(memory, each);
  }

  auto record = std::make_unique<wsd::EventRecord>();
  const bool isTaken = wsd::RecordFromHost(&event, layout, record.get());
  Require(
      isTaken == (event.size_data <= wsd::kMaxEventData && (event.size_data == 0 || event.pdata != nullptr)),
      "an event is taken when its data are there and not too long");
  if (!isTaken) return;
  Require(record->size == event.size_data, "the size is kept");
  HostEvent again;
  memset(&again, 0xa5, sizeof again);
  wsd::RecordToHost(*record, layout, record->data, record->size, &again);
  auto second = std::make_unique<wsd::EventRecord>();
  Require(wsd::RecordFromHost(&again, layout, second.get()), "what is given to a host can be read");
  Require(Same(*record, *second), "an event is the same after its way to the host and back");
  // The other layout's host gets it too; the times may differ in accuracy.
  if (layout == wsd::Layout::kClassic) {
    wsd::Event2026 other;
    wsd::RecordToHost(*record, wsd::Layout::k2026, record->data, record->size, &other);
    Require(other.vscp_class == event.vscp_class && other.size_data == event.size_data, "in the new layout");
  } else {
    wsd::ClassicEvent other;
    wsd::RecordToHost(*record, wsd::Layout::kClassic, record->data, record->size, &other);
    Require(other.vscp_class == event.vscp_class && other.size_data == event.size_data,
            "in the classic layout");
  }
}

// Pushes and takes in any order do what a queue of that capacity does.
void RingAgainstModel(Input input) {
  const uint32_t capacity = 1u + input.Byte() % 9u;
  const auto ring = wsd::Ring::Create(capacity);
  Require(ring != nullptr && ring->capacity() == capacity, "the capacity is the one asked for");
  std::deque<uint32_t> model;
  bool isAsleep = false;
  bool isWaiting = false;
  uint32_t next = 0;
  while (input.left > 0) {
    switch (input.Byte() % 4) {
      case 0: {
        wsd::EventRecord* record = ring->BeginPush();
        Require((record == nullptr) == (model.size() == capacity), "full when the model is");
        if (record == nullptr) break;
        record->obid = next;
        model.push_back(next++);
        Require(ring->Publish() == isAsleep, "the sleeper is woken once");
        isAsleep = false;
        break;
      }
      case 1: {
        const wsd::EventRecord* record = ring->Front();
        Require((record == nullptr) == model.empty(), "empty when the model is");
        if (record == nullptr) break;
        Require(record->obid == model.front(), "in order");
        model.pop_front();
        Require(ring->Pop() == isWaiting, "the waiting one is woken once");
        isWaiting = false;
        break;
      }
      case 2:
        isAsleep = true;
        Require(ring->BeginSleep() == model.empty(), "sleeps only when there is nothing");
        break;
      default:
        isWaiting = true;
        Require(ring->BeginWait() == (model.size() == capacity), "waits only when there is no room");
    }
    Require(ring->Fill() == model.size(), "the fill is the model's");
  }
}

int Target(const uint8_t* data, size_t size) {
  Input input{data, size};
  switch (input.Byte() % 3) {
    case 0:
      Events<wsd::ClassicEvent>(input, wsd::Layout::kClassic);
      break;
    case 1:
      Events<wsd::Event2026>(input, wsd::Layout::k2026);
      break;
    default:
      RingAgainstModel(input);
  }
  return 0;
}

}  // namespace

__attribute__((no_sanitize_coverage, no_sanitize("address", "undefined"))) void __sanitizer_cov_trace_pc() {
  const auto place = reinterpret_cast<uintptr_t>(__builtin_return_address(0));
  counters[(place ^ (place >> 14)) % kCounters]++;
}

int main(int argc, char** argv) {
  __sanitizer_cov_8bit_counters_init(counters, counters + kCounters);
  return LLVMFuzzerRunDriver(&argc, &argv, Target);
}
