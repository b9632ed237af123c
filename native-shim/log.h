// One-line messages of the native part to the host's standard error.
//
// Threads: any. Survives a closed, full or broken standard error: nothing is retried and no SIGPIPE
// reaches the host.
#ifndef WSD_LOG_H_
#define WSD_LOG_H_

#include <string_view>

namespace wsd {

// Writes "vscpl2drv-websocksrv: <text><more>"; line breaks and control characters in it become blanks.
void LogLine(std::string_view text, std::string_view more = {}) noexcept;

}  // namespace wsd

#endif  // WSD_LOG_H_
