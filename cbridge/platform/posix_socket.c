/* platform.h for POSIX systems: sockets that Python has opened. */
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

int argus_send_now(int64_t socket, const void *p, size_t n, size_t *sent) {
  *sent = 0;
  while (*sent < n) {
    ssize_t done = send((int)socket, (const char *)p + *sent, n - *sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return 0;
    if (done < 0) return errno;
    *sent += (size_t)done;
  }
  return 0;
}

int argus_look(int64_t socket) {
  char c;
  ssize_t n = recv((int)socket, &c, 1, MSG_PEEK | MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return 0;
  return n > 0 ? 1 : -1;
}
