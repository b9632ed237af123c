// What is set up once per process and never torn down: the Node/V8 platform.
//
// Threads: any host thread may call Ensure; the first does the work, the others wait for it. The work is
// done with all signals blocked, so that the platform's threads never take one of the host's.
#ifndef WSD_PROCESS_RUNTIME_H_
#define WSD_PROCESS_RUNTIME_H_

#include <node.h>

#include <string>
#include <vector>

namespace wsd {

struct ProcessRuntime {
  node::MultiIsolatePlatform* platform;
};

// Returns null and a reason when the runtime cannot be set up; a later call tries again.
const ProcessRuntime* EnsureProcessRuntime(std::string* error);

// libnode loads some of its built-in modules from files, for the process and for each environment, and ends
// the process when it cannot. Returns false and a reason then.
bool LibnodeCanReadItsFiles(std::string* error);

// The folders that the driver's files may be in, best first: where the library was loaded from, and the same
// with symbolic links resolved. Empty when unknown.
std::vector<std::string> LibraryFolders();

// The library's own path with symbolic links resolved; empty when unknown.
std::string LibraryPath();

}  // namespace wsd

#endif  // WSD_PROCESS_RUNTIME_H_
