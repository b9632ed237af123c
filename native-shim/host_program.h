// File name of the host's program; empty when it cannot be told.
#ifndef WSD_HOST_PROGRAM_H_
#define WSD_HOST_PROGRAM_H_

#include <string>

namespace wsd {

std::string HostProgramName();

}  // namespace wsd

#endif  // WSD_HOST_PROGRAM_H_
