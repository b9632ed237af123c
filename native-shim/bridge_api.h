// The functions behind a bridge table: what JavaScript calls, by address, with its instance.
//
// Threads: called by the instance's runtime thread only. No exception passes through koffi's frames.
#ifndef WSD_BRIDGE_API_H_
#define WSD_BRIDGE_API_H_

#include "bridge_table.h"

namespace wsd {

// A table with the version and all functions; the instance fills in the rest.
BridgeTable BridgeFunctions() noexcept;

}  // namespace wsd

#endif  // WSD_BRIDGE_API_H_
