// A library for LD_PRELOAD that lets calls to the C library fail: the n-th of a kind, or all from the n-th to
// a later one, counted since a test said so. Counted are the calls of the driver: those that its shim makes,
// and those that libuv makes on files and TCP sockets for its JavaScript part. Pipes and event descriptors
// are left alone, because libuv ends the process when these fail.
//
// The test and this library share the file that FAILING_CALLS names; `Control` is its content.
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <initializer_list>
#include <new>

namespace {

enum Kind : int32_t {
  kNone,
  kMalloc,
  kMmap,
  kThread,
  kSocketpair,
  kPipe,
  kSocket,
  kAccept,
  kRead,
  kWrite,
  kOpen,
  kRename,
  kFsync,
};

constexpr char kLibnodeFiles[] = "/usr/share/nodejs/";

struct Control {
  std::atomic<int32_t> kind;    // written last when it starts, first when it ends
  std::atomic<int32_t> first;   // the first call that fails, counted from 1
  std::atomic<int32_t> last;    // the last one
  std::atomic<int32_t> seen;    // calls of the kind
  std::atomic<int32_t> failed;  // calls that failed
};

// The memory of one library, and where its name is told.
struct Module {
  const char* name;
  uintptr_t begin;
  uintptr_t end;
};

Control* control = nullptr;
Module shim = {"libvscpl2drv-websocksrv.so", 0, 0};
Module libuv = {"libuv.so", 0, 0};
Module libstdcxx = {"libstdc++.so", 0, 0};
std::atomic<bool> modules_are_known{false};
thread_local bool is_inside = false;

int NoteModule(dl_phdr_info* info, size_t, void*) {
  const char* slash = strrchr(info->dlpi_name, '/');
  const char* name = slash == nullptr ? info->dlpi_name : slash + 1;
  for (Module* module : {&shim, &libuv, &libstdcxx}) {
    if (strncmp(name, module->name, strlen(module->name)) != 0) continue;
    for (int i = 0; i < info->dlpi_phnum; i++) {
      if (info->dlpi_phdr[i].p_type != PT_LOAD || (info->dlpi_phdr[i].p_flags & PF_X) == 0) continue;
      module->begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
      module->end = module->begin + info->dlpi_phdr[i].p_memsz;
    }
  }
  return 0;
}

bool Has(const Module& module, const void* address) {
  auto at = reinterpret_cast<uintptr_t>(address);
  return at >= module.begin && at < module.end;
}

// Whether the shim asked for it, be it through the C++ library or libuv.
bool IsForShim(const void* caller) {
  if (Has(shim, caller)) return true;
  if (!Has(libstdcxx, caller) && !Has(libuv, caller)) return false;
  constexpr int kDepth = 8;
  void* frames[kDepth];
  int count = backtrace(frames, kDepth);
  for (int i = 0; i < count; i++) {
    if (Has(shim, frames[i])) return true;
  }
  return false;
}

bool IsFileOrSocket(int fd) {
  struct stat about;
  if (fstat(fd, &about) != 0) return false;
  if (S_ISREG(about.st_mode)) return true;
  if (!S_ISSOCK(about.st_mode)) return false;
  int family = 0;
  socklen_t length = sizeof family;
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length) == 0 &&
         (family == AF_INET || family == AF_INET6);
}

bool IsSocket(int fd) {
  struct stat about;
  return fstat(fd, &about) == 0 && S_ISSOCK(about.st_mode);
}

// libnode reads a file of its own from begin to end in one thread.
thread_local int libnode_fd = -1;

bool IsOfLibnode(const char* path, const void* caller) {
  return Has(libuv, caller) && strncmp(path, kLibnodeFiles, strlen(kLibnodeFiles)) == 0;
}

// Counts a call of a kind; true when it has to fail.
bool Fails(Kind kind, const void* caller) {
  if (control == nullptr || control->kind.load(std::memory_order_acquire) != kind || is_inside) return false;
  is_inside = true;
  if (!modules_are_known.exchange(true)) dl_iterate_phdr(NoteModule, nullptr);
  bool is_for_us = kind <= kPipe ? IsForShim(caller) : Has(libuv, caller) || IsForShim(caller);
  bool fails = false;
  if (is_for_us) {
    int32_t number = control->seen.fetch_add(1) + 1;
    fails = number >= control->first && number <= control->last;
    if (fails) control->failed.fetch_add(1);
  }
  is_inside = false;
  return fails;
}

bool FailsOn(Kind kind, int fd, const void* caller) {
  if (control == nullptr || control->kind.load(std::memory_order_acquire) != kind || is_inside) return false;
  int before = errno;
  bool counts = fd != libnode_fd && IsFileOrSocket(fd);
  errno = before;
  return counts && Fails(kind, caller);
}

// The C library's own function of that name.
template <typename Function>
Function* Next(const char* name) {
  is_inside = true;
  auto* found = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
  is_inside = false;
  return found;
}

__attribute__((constructor)) void Begin() {
  const char* path = getenv("FAILING_CALLS");
  if (path == nullptr) return;
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void* shared = mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  // The unwinder loads a library of its own at its first use.
  void* frame;
  backtrace(&frame, 1);
  if (shared != MAP_FAILED) control = static_cast<Control*>(shared);
}

int Open(const void* caller, int (*next)(const char*, int, ...), const char* path, int flags, mode_t mode) {
  bool is_of_libnode = IsOfLibnode(path, caller);
  if (!is_of_libnode && Fails(kOpen, caller)) {
    errno = EMFILE;
    return -1;
  }
  int fd = next(path, flags, mode);
  if (fd >= 0 && (is_of_libnode || fd == libnode_fd)) libnode_fd = is_of_libnode ? fd : -1;
  return fd;
}

ssize_t ReadFailure(int fd) {
  errno = IsSocket(fd) ? ECONNRESET : EIO;
  return -1;
}

ssize_t WriteFailure(int fd) {
  errno = IsSocket(fd) ? EPIPE : ENOSPC;
  return -1;
}

}  // namespace

#define CALLER __builtin_return_address(0)
#define FAIL_WITH(kind, number, value) \
  if (Fails(kind, CALLER)) {           \
    errno = number;                    \
    return value;                      \
  }
// A call that ends with what the C library's own one says.
#define PASS_ON(type, name, ...)              \
  static auto* const next = Next<type>(name); \
  return next(__VA_ARGS__)

extern "C" {

void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);

void* malloc(size_t size) {
  FAIL_WITH(kMalloc, ENOMEM, nullptr)
  return __libc_malloc(size);
}

void* calloc(size_t count, size_t size) {
  FAIL_WITH(kMalloc, ENOMEM, nullptr)
  return __libc_calloc(count, size);
}

void* mmap(void* at, size_t size, int access, int flags, int fd, off_t offset) {
  FAIL_WITH(kMmap, ENOMEM, MAP_FAILED)
  PASS_ON(void*(void*, size_t, int, int, int, off_t), "mmap", at, size, access, flags, fd, offset);
}

void* mmap64(void* at, size_t size, int access, int flags, int fd, off64_t offset) {
  FAIL_WITH(kMmap, ENOMEM, MAP_FAILED)
  PASS_ON(void*(void*, size_t, int, int, int, off64_t), "mmap64", at, size, access, flags, fd, offset);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*),
                   void* argument) {
  if (Fails(kThread, CALLER)) return EAGAIN;
  PASS_ON(int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*), "pthread_create", thread,
          attributes, body, argument);
}

int socketpair(int domain, int type, int protocol, int pair[2]) {
  FAIL_WITH(kSocketpair, EMFILE, -1)
  PASS_ON(int(int, int, int, int*), "socketpair", domain, type, protocol, pair);
}

int pipe2(int pair[2], int flags) {
  FAIL_WITH(kPipe, EMFILE, -1)
  PASS_ON(int(int*, int), "pipe2", pair, flags);
}

int socket(int domain, int type, int protocol) {
  FAIL_WITH(kSocket, EMFILE, -1)
  PASS_ON(int(int, int, int), "socket", domain, type, protocol);
}

int accept(int fd, sockaddr* address, socklen_t* length) {
  FAIL_WITH(kAccept, EMFILE, -1)
  PASS_ON(int(int, sockaddr*, socklen_t*), "accept", fd, address, length);
}

int accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
  FAIL_WITH(kAccept, EMFILE, -1)
  PASS_ON(int(int, sockaddr*, socklen_t*, int), "accept4", fd, address, length, flags);
}

ssize_t read(int fd, void* data, size_t size) {
  if (FailsOn(kRead, fd, CALLER)) return ReadFailure(fd);
  PASS_ON(ssize_t(int, void*, size_t), "read", fd, data, size);
}

ssize_t pread64(int fd, void* data, size_t size, off64_t offset) {
  if (FailsOn(kRead, fd, CALLER)) return ReadFailure(fd);
  PASS_ON(ssize_t(int, void*, size_t, off64_t), "pread64", fd, data, size, offset);
}

ssize_t write(int fd, const void* data, size_t size) {
  if (FailsOn(kWrite, fd, CALLER)) return WriteFailure(fd);
  PASS_ON(ssize_t(int, const void*, size_t), "write", fd, data, size);
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) {
  if (FailsOn(kWrite, fd, CALLER)) return WriteFailure(fd);
  PASS_ON(ssize_t(int, const void*, size_t, off64_t), "pwrite64", fd, data, size, offset);
}

ssize_t writev(int fd, const iovec* parts, int count) {
  if (FailsOn(kWrite, fd, CALLER)) return WriteFailure(fd);
  PASS_ON(ssize_t(int, const iovec*, int), "writev", fd, parts, count);
}

ssize_t send(int fd, const void* data, size_t size, int flags) {
  if (FailsOn(kWrite, fd, CALLER)) return WriteFailure(fd);
  PASS_ON(ssize_t(int, const void*, size_t, int), "send", fd, data, size, flags);
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  if (FailsOn(kWrite, fd, CALLER)) return WriteFailure(fd);
  PASS_ON(ssize_t(int, const msghdr*, int), "sendmsg", fd, message, flags);
}

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  static auto* const next = Next<int(const char*, int, ...)>("open");
  return Open(CALLER, next, path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  static auto* const next = Next<int(const char*, int, ...)>("open64");
  return Open(CALLER, next, path, flags, mode);
}

int rename(const char* from, const char* to) {
  FAIL_WITH(kRename, ENOSPC, -1)
  PASS_ON(int(const char*, const char*), "rename", from, to);
}

int fsync(int fd) {
  FAIL_WITH(kFsync, EIO, -1)
  PASS_ON(int(int), "fsync", fd);
}

int fdatasync(int fd) {
  FAIL_WITH(kFsync, EIO, -1)
  PASS_ON(int(int), "fdatasync", fd);
}

}  // extern "C"

// What the C++ library offers for `new` asks malloc for memory from there; here it counts for who wrote
// `new`.
void* operator new(size_t size) {
  if (!Fails(kMalloc, CALLER)) {
    if (void* memory = __libc_malloc(size)) return memory;
  }
  throw std::bad_alloc();
}

void* operator new[](size_t size, const std::nothrow_t&) noexcept {
  return Fails(kMalloc, CALLER) ? nullptr : __libc_malloc(size);
}

void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return Fails(kMalloc, CALLER) ? nullptr : __libc_malloc(size);
}

void operator delete(void* memory) noexcept { free(memory); }
void operator delete(void* memory, size_t) noexcept { free(memory); }
