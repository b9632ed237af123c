/**
 * A library for LD_PRELOAD that makes a disk slow: each fsync and fdatasync takes as many milliseconds longer
 * as the first word of the file says that SLOW_SYNC names. The second word counts those that have begun.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct Control {
  _Atomic int32_t delay_ms;
  _Atomic int32_t begun;
};

static struct Control *control;

__attribute__((constructor)) static void map_control(void) {
  const char *path = getenv("SLOW_SYNC");
  int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *memory = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (memory != MAP_FAILED) control = memory;
}

static int slowly(const char *name, int fd) {
  int (*real)(int);
  *(void **)&real = dlsym(RTLD_NEXT, name);
  if (control) {
    int delay_ms = control->delay_ms;
    control->begun++;
    struct timespec rest = {delay_ms / 1000, delay_ms % 1000 * 1000000L};
    while (nanosleep(&rest, &rest) != 0) {
    }
  }
  return real(fd);
}

int fsync(int fd) { return slowly("fsync", fd); }

int fdatasync(int fd) { return slowly("fdatasync", fd); }
