#include "bridge_api.h"

#include "host_abi.h"
#include "instance.h"

namespace wsd {
namespace {

Instance* From(void* instance) noexcept { return static_cast<Instance*>(instance); }

// No exception may pass through koffi's frames.
template <typename Body>
void Guarded(Body&& body) noexcept {
  try {
    body();
  } catch (...) {
  }
}

extern "C" {

void WsdAttach(void* instance) noexcept { From(instance)->Attach(); }

int WsdConfigure(void* instance, uint32_t incoming, uint32_t outgoing, uint32_t layout, uint32_t data_owner,
                 uint32_t max_heap_mb) noexcept {
  int code = kInternal;
  Guarded([&] { code = From(instance)->Configure({incoming, outgoing, layout, data_owner, max_heap_mb}); });
  return code;
}

void WsdOpened(void* instance) noexcept { From(instance)->Opened(); }

void WsdFailed(void* instance, const char* reason) noexcept { From(instance)->Failed(reason); }

void WsdClosed(void* instance) noexcept { From(instance)->Closed(); }

void WsdReportDeath(void* instance, const char* reason) noexcept { From(instance)->ReportDeath(reason); }

void WsdWakeReader(void* instance) noexcept { From(instance)->WakeReader(); }

void WsdWakeWriter(void* instance) noexcept { From(instance)->WakeWriter(); }

int WsdTakeNotice(void* instance, void* buffer, uint32_t size) noexcept {
  return From(instance)->TakeNotice(static_cast<char*>(buffer), size);
}

uint32_t WsdSendToGroup(void* instance, const uint8_t* slab, uint32_t start, uint32_t end, uint32_t events,
                        const uint32_t* group, uint32_t from, uint32_t count) noexcept {
  return From(instance)->SendToGroup(slab + start, end - start, events, group + from, count);
}

uint32_t WsdHostLayout(void* instance) noexcept {
  const auto layout = From(instance)->host_layout();
  return layout ? static_cast<uint32_t>(*layout) : 0;
}

int WsdSqliteLoad(void* instance, const char* names, char* reason, uint32_t size) noexcept {
  return From(instance)->sqlite()->Load(names, reason, size);
}

int WsdSqliteOpen(void* instance, const char* path, int32_t flags) noexcept {
  return From(instance)->sqlite()->Open(path, flags);
}

void WsdSqliteClose(void* instance) noexcept { From(instance)->sqlite()->Close(); }

}  // extern "C"

template <typename Function>
uint64_t AddressOf(Function* function) noexcept {
  return reinterpret_cast<uintptr_t>(function);
}

}  // namespace

BridgeTable BridgeFunctions() noexcept {
  BridgeTable table = {};
  table.version = kBridgeVersion;
  table.attach = AddressOf(&WsdAttach);
  table.configure = AddressOf(&WsdConfigure);
  table.opened = AddressOf(&WsdOpened);
  table.failed = AddressOf(&WsdFailed);
  table.closed = AddressOf(&WsdClosed);
  table.report_death = AddressOf(&WsdReportDeath);
  table.wake_reader = AddressOf(&WsdWakeReader);
  table.wake_writer = AddressOf(&WsdWakeWriter);
  table.take_notice = AddressOf(&WsdTakeNotice);
  table.send_to_group = AddressOf(&WsdSendToGroup);
  table.host_layout = AddressOf(&WsdHostLayout);
  table.sqlite_load = AddressOf(&WsdSqliteLoad);
  table.sqlite_open = AddressOf(&WsdSqliteOpen);
  table.sqlite_close = AddressOf(&WsdSqliteClose);
  return table;
}

}  // namespace wsd
