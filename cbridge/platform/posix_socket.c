/* platform.h for POSIX systems: receiving from a socket that Python has opened. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "argus/platform.h"

int argus_receive(int64_t socket, void *p, size_t least, size_t room, int64_t timeout_ms, size_t *got) {
  struct pollfd waiting = {.fd = (int)socket, .events = POLLIN};
  *got = 0;
  while (*got < least) {
    ssize_t n = recv((int)socket, (char *)p + *got, room - *got, MSG_DONTWAIT);
    if (n > 0) {
      *got += (size_t)n;
      continue;
    }
    if (n == 0) return 0;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return errno;
    n = poll(&waiting, 1, timeout_ms > 0x7FFFFFFF ? 0x7FFFFFFF : (int)timeout_ms);
    if (n < 0) return errno;
    if (n == 0) return ETIMEDOUT;
  }
  return 0;
}
