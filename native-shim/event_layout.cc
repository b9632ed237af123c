#include "event_layout.h"

#include <cstddef>
#include <cstring>
#include <ctime>

namespace wsd {
namespace {

#if UINTPTR_MAX == UINT64_MAX
static_assert(sizeof(ClassicEvent) == 56 && offsetof(ClassicEvent, head) == 20 &&
              offsetof(ClassicEvent, guid) == 26 && offsetof(ClassicEvent, size_data) == 42 &&
              offsetof(ClassicEvent, pdata) == 48);
static_assert(sizeof(Event2026) == 64 && offsetof(Event2026, timestamp_ns) == 16 &&
              offsetof(Event2026, timestamp) == 20 && offsetof(Event2026, guid) == 28 &&
              offsetof(Event2026, size_data) == 44 && offsetof(Event2026, pdata) == 48 &&
              offsetof(Event2026, crc) == 56);
#endif

constexpr uint16_t kNoYear = 0xffff;
constexpr uint8_t kNoMonth = 0xff;
// No system maps anything below: in the wrong layout of a 32-bit host, a size stands where the pointer is.
constexpr uintptr_t kLowestAddress = 4096;

bool HasData(const uint8_t* pdata) noexcept { return reinterpret_cast<uintptr_t>(pdata) >= kLowestAddress; }

void ClearDate(EventRecord* record) noexcept {
  record->year = 0;
  record->month = record->day = record->hour = record->minute = record->second = 0;
  record->timestamp = 0;
}

template <typename HostEvent>
void CopyDateFromHost(const HostEvent& event, EventRecord* record) noexcept {
  record->year = event.year;
  record->month = event.month;
  record->day = event.day;
  record->hour = event.hour;
  record->minute = event.minute;
  record->second = event.second;
  record->timestamp = event.timestamp;
}

template <typename HostEvent>
void CopyDateToHost(const EventRecord& record, HostEvent* event) noexcept {
  event->year = record.year;
  event->month = record.month;
  event->day = record.day;
  event->hour = record.hour;
  event->minute = record.minute;
  event->second = record.second;
  event->timestamp = record.timestamp;
}

template <typename HostEvent>
bool CopyRestFromHost(const HostEvent& event, EventRecord* record) noexcept {
  if (event.size_data > kMaxEventData || (event.size_data > 0 && !HasData(event.pdata))) return false;
  record->obid = event.obid;
  record->vscp_class = event.vscp_class;
  record->vscp_type = event.vscp_type;
  memcpy(record->guid, event.guid, sizeof record->guid);
  record->size = event.size_data;
  if (event.size_data > 0) memcpy(record->data, event.pdata, event.size_data);
  return true;
}

template <typename HostEvent>
void CopyRestToHost(const EventRecord& record, uint8_t* data, uint16_t size, HostEvent* event) noexcept {
  event->obid = record.obid;
  event->vscp_class = record.vscp_class;
  event->vscp_type = record.vscp_type;
  memcpy(event->guid, record.guid, sizeof event->guid);
  event->size_data = size;
  event->pdata = data;
}

// Calendar date in UTC and microseconds (modulo 2^32) of a Unix time in nanoseconds.
void DateFromNanoseconds(uint64_t ns, ClassicEvent* event) noexcept {
  const time_t seconds = static_cast<time_t>(ns / 1000000000u);
  tm date = {};
  gmtime_r(&seconds, &date);
  event->year = static_cast<uint16_t>(date.tm_year + 1900);
  event->month = static_cast<uint8_t>(date.tm_mon + 1);
  event->day = static_cast<uint8_t>(date.tm_mday);
  event->hour = static_cast<uint8_t>(date.tm_hour);
  event->minute = static_cast<uint8_t>(date.tm_min);
  event->second = static_cast<uint8_t>(date.tm_sec);
  event->timestamp = static_cast<uint32_t>(ns / 1000u);
}

void ClassicToHost(const EventRecord& record, uint8_t* data, uint16_t size, ClassicEvent* event) noexcept {
  CopyRestToHost(record, data, size, event);
  event->head = record.head;
  if ((record.head & kHeadNanoseconds) == 0) {
    CopyDateToHost(record, event);
    return;
  }
  event->head = static_cast<uint16_t>(record.head & ~kHeadNanoseconds);
  DateFromNanoseconds(record.timestamp_ns, event);
}

void NewToHost(const EventRecord& record, uint8_t* data, uint16_t size, Event2026* event) noexcept {
  CopyRestToHost(record, data, size, event);
  event->head = record.head;
  if ((record.head & kHeadNanoseconds) == 0) {
    CopyDateToHost(record, event);
    return;
  }
  event->year = kNoYear;
  event->month = kNoMonth;
  event->timestamp_ns = record.timestamp_ns;
}

template <typename HostEvent>
int DatePlausibility(const HostEvent& event) noexcept {
  const bool no_date = event.year == 0 && event.month == 0 && event.day == 0 && event.hour == 0 &&
                       event.minute == 0 && event.second == 0;
  if (no_date) return 0;
  const bool in_range = event.year >= 1970 && event.year < 2200 && event.month >= 1 && event.month <= 12 &&
                        event.day >= 1 && event.day <= 31 && event.hour <= 23 && event.minute <= 59 &&
                        event.second <= 60;
  return in_range ? 3 : -3;
}

// The first bytes of a GUID made from an interface or an Ethernet address: FF x 7, FE.
template <typename HostEvent>
int GuidPlausibility(const HostEvent& event) noexcept {
  static constexpr uint8_t kWellKnown[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe};
  return memcmp(event.guid, kWellKnown, sizeof kWellKnown) == 0 ? 3 : 0;
}

template <typename HostEvent>
int SizePlausibility(const HostEvent& event) noexcept {
  if (event.size_data > kMaxEventData) return -4;
  if (event.size_data > 0 && event.pdata != nullptr && !HasData(event.pdata)) return -4;
  return (event.size_data > 0) == (event.pdata != nullptr) ? 1 : -2;
}

// Classes in use end at 1040, and a few tens of thousands are private; types end below 300 in all of them.
template <typename HostEvent>
int ClassPlausibility(const HostEvent& event) noexcept {
  return (event.vscp_class <= 2047 || event.vscp_class >= 0xff00) && event.vscp_type <= 1023 ? 1 : -1;
}

template <typename HostEvent>
int CommonPlausibility(const HostEvent& event) noexcept {
  return GuidPlausibility(event) + SizePlausibility(event) + ClassPlausibility(event);
}

}  // namespace

bool RecordFromHost(const void* host_event, Layout layout, EventRecord* record) noexcept {
  record->timestamp_ns = 0;
  if (layout == Layout::kClassic) {
    const auto& event = *static_cast<const ClassicEvent*>(host_event);
    if (!CopyRestFromHost(event, record)) return false;
    // Bit 8 has no meaning in classic hosts and is passed on as it is: without a time in nanoseconds, the
    // date counts.
    record->head = event.head;
    CopyDateFromHost(event, record);
    return true;
  }
  const auto& event = *static_cast<const Event2026*>(host_event);
  if (!CopyRestFromHost(event, record)) return false;
  record->head = event.head;
  if ((event.head & kHeadNanoseconds) != 0) {
    ClearDate(record);
    record->timestamp_ns = event.timestamp_ns;
  } else {
    CopyDateFromHost(event, record);
  }
  return true;
}

void RecordToHost(const EventRecord& record, Layout layout, uint8_t* data, uint16_t size,
                  void* host_event) noexcept {
  if (layout == Layout::kClassic) {
    ClassicToHost(record, data, size, static_cast<ClassicEvent*>(host_event));
  } else {
    NewToHost(record, data, size, static_cast<Event2026*>(host_event));
  }
}

int Plausibility(const void* host_event, Layout layout) noexcept {
  if (layout == Layout::kClassic) {
    const auto& event = *static_cast<const ClassicEvent*>(host_event);
    return CommonPlausibility(event) + DatePlausibility(event);
  }
  const auto& event = *static_cast<const Event2026*>(host_event);
  const int common = CommonPlausibility(event);
  if ((event.head & kHeadNanoseconds) == 0) return common + DatePlausibility(event);
  return common + (event.year == kNoYear && event.month == kNoMonth ? 6 : -3);
}

}  // namespace wsd
