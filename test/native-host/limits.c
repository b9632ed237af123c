#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "command.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#endif
#define MDWE_REFUSE_EXEC_GAIN 1

static bool set_soft_limit(__rlimit_resource_t resource, rlim_t value) {
  struct rlimit limit;
  if (getrlimit(resource, &limit) != 0) return false;
  limit.rlim_cur = value < limit.rlim_max ? value : limit.rlim_max;
  return setrlimit(resource, &limit) == 0;
}

static int own_threads(void) {
  DIR *folder = opendir("/proc/self/task");
  if (folder == NULL) return -1;
  int count = 0;
  for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    if (entry->d_name[0] != '.') count++;
  }
  closedir(folder);
  return count;
}

/* The limit counts all threads of a user, and root has no limit. */
static bool become_the_only_process_of_a_user(void) {
  static bool done = false;
  if (done) return true;
  if (getuid() != 0) return done = unshare(CLONE_NEWUSER) == 0;
  const uid_t nobody_else = 1000000u + (uid_t)getpid();
  if (setresuid(nobody_else, 0, 0) != 0) return false;
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) != 0) return false;
  data[0].effective &= ~((1u << CAP_SYS_ADMIN) | (1u << CAP_SYS_RESOURCE));
  return done = syscall(SYS_capset, &header, data) == 0;
}

static bool limit_threads(const char *value) {
  if (!become_the_only_process_of_a_user()) return false;
  if (strcmp(value, "none") == 0) return set_soft_limit(RLIMIT_NPROC, RLIM_INFINITY);
  return set_soft_limit(RLIMIT_NPROC, (rlim_t)(own_threads() + atoi(value)));
}

/* That many more descriptors, wherever there are gaps between those that are open. */
static bool limit_files(const char *value) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  if (strcmp(value, "none") == 0) return set_soft_limit(RLIMIT_NOFILE, limit.rlim_max);
  int left = atoi(value);
  int end = 0;
  while (fcntl(end, F_GETFD) != -1 || left-- > 0) end++;
  errno = 0;
  return set_soft_limit(RLIMIT_NOFILE, (rlim_t)end);
}

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, field))
#define WHEN_NOT(number, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, (skip))
#define WHEN_UNSET(bits, skip) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), 0, (skip))
#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* Forbids what systemd's MemoryDenyWriteExecute= forbids where the kernel has no flag for it. */
static bool deny_executable_by_seccomp(void) {
  struct sock_filter program[] = {
      LOAD(nr),
      WHEN_NOT(SYS_mprotect, 3),
      LOAD(args[2]),
      WHEN_UNSET(PROT_EXEC, 6),
      REFUSE,
#ifdef SYS_mmap
      WHEN_NOT(SYS_mmap, 4),
#else
      WHEN_NOT(SYS_mmap2, 4),
#endif
      LOAD(args[2]),
      WHEN_UNSET(PROT_EXEC, 2),
      WHEN_UNSET(PROT_WRITE, 1),
      REFUSE,
      ALLOW,
  };
  const struct sock_fprog filter = {sizeof program / sizeof program[0], program};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

static bool apply(const char *what, const char *value) {
  const rlim_t bytes = strcmp(value, "none") == 0 ? RLIM_INFINITY : (rlim_t)strtoull(value, NULL, 10) * 1024;
  if (strcmp(what, "threads") == 0) return limit_threads(value);
  if (strcmp(what, "files") == 0) return limit_files(value);
  if (strcmp(what, "address") == 0) return set_soft_limit(RLIMIT_AS, bytes);
  if (strcmp(what, "data") == 0) return set_soft_limit(RLIMIT_DATA, bytes);
  if (strcmp(what, "executable") != 0) return false;
  if (strcmp(value, "prctl") == 0) return prctl(PR_SET_MDWE, MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == 0;
  return strcmp(value, "seccomp") == 0 && deny_executable_by_seccomp();
}

void do_limit(const struct command *command) {
  errno = 0;
  if (apply(word(command, 1), word(command, 2))) {
    REPLY(command, "\"ok\":true");
  } else {
    char text[128];
    snprintf(text, sizeof text, "no such limit (errno %d)", errno);
    fail(command, text);
  }
}
