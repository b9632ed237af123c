#include "process_state.h"

#include <dirent.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "output.h"

extern char **environ;

static size_t append_signals(char *text, size_t size) {
  size_t at = 0;
  for (int number = 1; number < 65; number++) {
    struct sigaction action;
    if (sigaction(number, NULL, &action) != 0) continue;
    const char *kind = action.sa_handler == SIG_DFL   ? "default"
                       : action.sa_handler == SIG_IGN ? "ignored"
                                                      : "handler";
    if (action.sa_handler == SIG_DFL && action.sa_flags == 0) continue;
    at += (size_t)snprintf(text + at, size - at, "%s\"%d\":\"%s %p %x\"", at == 0 ? "" : ",", number, kind,
                           (void *)action.sa_sigaction, (unsigned)action.sa_flags);
  }
  return at;
}

static void append_mask(char *text, size_t size) {
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, NULL, &mask);
  size_t at = 0;
  text[0] = '\0';
  for (int number = 1; number < 65 && at + 4 < size; number++) {
    if (sigismember(&mask, number) == 1)
      at += (size_t)snprintf(text + at, size - at, "%s%d", at == 0 ? "" : ",", number);
  }
}

static uint64_t environment_hash(void) {
  uint64_t hash = 14695981039346656037u;
  for (char **entry = environ; *entry != NULL; entry++) {
    for (const char *c = *entry; *c != '\0'; c++) hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    hash = (hash ^ '\n') * 1099511628211u;
  }
  return hash;
}

void print_process_state(const char *reply_start) {
  char signals[8192];
  char mask[256];
  char folder[4096] = "";
  char escaped[8192];
  char descriptors[256];
  size_t at = 0;
  signals[0] = '\0';
  append_signals(signals, sizeof signals);
  append_mask(mask, sizeof mask);
  if (getcwd(folder, sizeof folder) == NULL) folder[0] = '\0';
  json_escape(folder, escaped, sizeof escaped);
  const mode_t mode = umask(0);
  umask(mode);
  for (int fd = 0; fd <= 2; fd++) {
    at += (size_t)snprintf(descriptors + at, sizeof descriptors - at, "%s[%d,%d]", fd == 0 ? "" : ",",
                           fcntl(fd, F_GETFD), fcntl(fd, F_GETFL));
  }
  struct rlimit files = {0, 0};
  struct rlimit core = {0, 0};
  getrlimit(RLIMIT_NOFILE, &files);
  getrlimit(RLIMIT_CORE, &core);
  print_line(
      "%s\"signals\":{%s},\"mask\":[%s],\"umask\":%u,\"cwd\":\"%s\",\"stdio\":[%s],\"environment\":\"%llx\","
      "\"locale\":\"%s\",\"files\":[%llu,%llu],\"core\":%llu,\"priority\":%d}",
      reply_start, signals, mask, (unsigned)mode, escaped, descriptors,
      (unsigned long long)environment_hash(), setlocale(LC_ALL, NULL), (unsigned long long)files.rlim_cur,
      (unsigned long long)files.rlim_max, (unsigned long long)core.rlim_cur, getpriority(PRIO_PROCESS, 0));
}

static int count_entries(const char *path) {
  DIR *folder = opendir(path);
  if (folder == NULL) return -1;
  int count = 0;
  for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    if (entry->d_name[0] != '.') count++;
  }
  closedir(folder);
  return count;
}

static long status_kb(const char *key) {
  FILE *file = fopen("/proc/self/status", "r");
  if (file == NULL) return -1;
  char line[256];
  long value = -1;
  while (value < 0 && fgets(line, sizeof line, file) != NULL) {
    if (strncmp(line, key, strlen(key)) == 0) value = strtol(line + strlen(key) + 1, NULL, 10);
  }
  fclose(file);
  return value;
}

/* Bytes; fits into 32 bits. */
#define LARGEST_STACKS (1UL << 30)

/*
 * The address space within a mapping from its first guard page on. From 2.42 on glibc has its guard pages
 * within the mapping of the stack (MADV_GUARD_INSTALL), and the kernel joins such mappings; pagemap shows the
 * guard pages. A mapping larger than all stacks together (a sanitizer's shadow has terabytes) would take half
 * a minute to read and is left out.
 */
static unsigned long from_first_guard(int pagemap, unsigned long begin, unsigned long end) {
  if (end - begin > LARGEST_STACKS) return 0;
  const unsigned long page_size = (unsigned long)getpagesize();
  uint64_t entries[512];
  for (unsigned long at = begin; at < end;) {
    const ssize_t size = pread(pagemap, entries, sizeof entries, (off_t)(at / page_size * sizeof entries[0]));
    if (size <= 0) return 0;
    for (size_t i = 0; i < (size_t)size / sizeof entries[0] && at < end; i++, at += page_size) {
      if ((entries[i] & (UINT64_C(1) << 58)) != 0) return end - at;
    }
  }
  return 0;
}

/*
 * The address space of thread stacks, both of running threads and of ended ones that the C library keeps:
 * private writable memory right above a guard page.
 */
static long stacks_kb(void) {
  FILE *file = fopen("/proc/self/maps", "r");
  if (file == NULL) return -1;
  const int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  char line[4352];
  unsigned long guard_end = 0;
  unsigned long total = 0;
  while (fgets(line, sizeof line, file) != NULL) {
    unsigned long begin;
    unsigned long end;
    char access[5];
    if (sscanf(line, "%lx-%lx %4s", &begin, &end, access) != 3) continue;
    const bool is_guard = strcmp(access, "---p") == 0 && end - begin == (unsigned long)getpagesize();
    if (strcmp(access, "rw-p") == 0)
      total += begin == guard_end ? end - begin : from_first_guard(pagemap, begin, end);
    guard_end = is_guard ? end : 0;
  }
  if (pagemap >= 0) close(pagemap);
  fclose(file);
  return (long)(total / 1024);
}

void print_process_usage(const char *reply_start) {
  struct timespec used = {0, 0};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  /* The listed folder is itself open while /proc/self/fd is counted. */
  print_line(
      "%s\"threads\":%d,\"fds\":%d,\"rssKb\":%ld,\"peakKb\":%ld,\"virtualKb\":%ld,\"stacksKb\":%ld,\"cpuMs\":"
      "%lld}",
      reply_start, count_entries("/proc/self/task"), count_entries("/proc/self/fd") - 1, status_kb("VmRSS"),
      status_kb("VmHWM"), status_kb("VmSize"), stacks_kb(),
      (long long)used.tv_sec * 1000 + used.tv_nsec / 1000000);
}
