/* platform.h for POSIX systems: the temporary file of a scrollable cursor. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "argus/platform.h"

int argus_spill_open(char *where, size_t nwhere) {
  const char *folder = getenv("TMPDIR");
  char path[ARGUS_PATH];
  int file = -1;
  if (!folder || !*folder) folder = "/tmp";
  snprintf(where, nwhere, "%s", folder);
#ifdef O_TMPFILE
  file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
  if (file >= 0) return file;
#endif
  /* Not every file system has files without a name. */
  if (snprintf(path, sizeof path, "%s/argus-odbc-XXXXXX", folder) >= (int)sizeof path) return -ENAMETOOLONG;
  file = mkstemp(path);
  if (file < 0) return -errno;
  unlink(path);
  fcntl(file, F_SETFD, FD_CLOEXEC);
  return file;
}

static int write_all(int file, const void *p, size_t n, int64_t at) {
  const char *from = p;
  while (n) {
    ssize_t done = pwrite(file, from, n, (off_t)at);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return errno;
    if (done == 0) return ENOSPC;
    from += done, n -= (size_t)done, at += done;
  }
  return 0;
}

int argus_spill_write(int file, const void *p, size_t n, int64_t at) {
  /* A file that grows beyond the process's limit raises a signal that would end the application. */
  sigset_t limit, before;
  sigemptyset(&limit);
  sigaddset(&limit, SIGXFSZ);
  pthread_sigmask(SIG_BLOCK, &limit, &before);
  int error = write_all(file, p, n, at);
  if (error == EFBIG && !sigismember(&before, SIGXFSZ)) {
    struct timespec now = {0, 0};
    sigtimedwait(&limit, NULL, &now);
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error;
}

int argus_spill_read(int file, void *p, size_t n, int64_t at) {
  char *to = p;
  while (n) {
    ssize_t done = pread(file, to, n, (off_t)at);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return errno;
    if (done == 0) return EIO;
    to += done, n -= (size_t)done, at += done;
  }
  return 0;
}

void argus_spill_close(int file) { close(file); }

void argus_error_text(int error, char *out, size_t n) {
  char buffer[128];
  snprintf(out, n, "%s", strerror_r(error, buffer, sizeof buffer));
}
