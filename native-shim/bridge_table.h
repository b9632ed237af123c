// The table through which the JavaScript side (src/host/bridge.ts) reaches its instance.
//
// JavaScript gets the table's address when its environment starts and calls the functions in it through
// koffi by address, so nothing of this is exported, and a library file that was replaced on disk is never
// loaded a second time. All entries are 64 bits wide whatever the machine.
//
// Threads: the functions are called by the instance's runtime thread only, those of SQLite by the thread of
// its history. The texts a table points to live as long as the environment.
#ifndef WSD_BRIDGE_TABLE_H_
#define WSD_BRIDGE_TABLE_H_

#include <cstdint>

namespace wsd {

// Changes whenever this table, the record layout or the control words change; the bundle refuses any other
// version.
constexpr uint64_t kBridgeVersion = 6;

struct BridgeTable {
  uint64_t version;
  uint64_t instance;  // first argument of every function
  uint64_t config_text;
  uint64_t config_size;
  uint64_t guid;  // 16 bytes
  uint64_t library_path;
  uint64_t library_path_size;
  uint64_t restart_reason;       // why the environment before this one ended
  uint64_t restart_reason_size;  // 0 = there was none
  uint64_t wake_fd;       // JavaScript's end of the socket pair; JavaScript owns it once `attach` was called
  uint64_t shared_words;  // SharedWords
  uint64_t max_data_of_host;  // bytes; the most an event for this host may have, as far as is known
  uint64_t send_slots;        // GroupSender::kSlots of SendSlot; 0 = no group can be sent to
  uint64_t send_exceptions;   // GroupSender::kMaxGroup of SendException
  uint64_t kept_memory;       // bytes that outlive the environment, zero at first; 0 = there are none
  uint64_t kept_size;
  uint64_t attach;         // void (instance)
  uint64_t configure;      // int (instance, incoming, outgoing, layout, data owner, max heap MB)
  uint64_t opened;         // void (instance)
  uint64_t failed;         // void (instance, reason); ends the environment
  uint64_t closed;         // void (instance); ends the environment
  uint64_t report_death;   // void (instance, reason)
  uint64_t wake_reader;    // void (instance): a host thread sleeps in VSCPRead
  uint64_t wake_writer;    // void (instance): a host thread waits for room in VSCPWrite
  uint64_t take_notice;    // int (instance, buffer, size): next notice for the log, its length or 0
  uint64_t send_to_group;  // uint32 (instance, slab, start, end, events, group, from, count): exceptions
  uint64_t host_layout;    // uint32 (instance): the Layout in which events are handed over; 0 = not known yet
  uint64_t sqlite_load;    // int (instance, names, reason, size); see SqliteSlot for these four
  uint64_t sqlite_open;    // int (instance, path, flags)
  uint64_t sqlite_close;   // void (instance)
  uint64_t sqlite_block;   // SqliteBlock
  // Filled by `configure`:
  uint64_t incoming_memory;  // RingControl, then records
  uint64_t incoming_capacity;
  uint64_t incoming_slots;
  uint64_t outgoing_memory;
  uint64_t outgoing_capacity;
  uint64_t outgoing_slots;
};

}  // namespace wsd

#endif  // WSD_BRIDGE_TABLE_H_
