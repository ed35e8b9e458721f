/* platform.h for POSIX systems: sockets that Python has opened. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "argus/platform.h"

/* 0 when the socket is ready, or has an error that the next call tells. */
static int wait_for(int64_t socket, short events, int64_t timeout_ms) {
  struct pollfd waiting = {.fd = (int)socket, .events = events};
  int n = poll(&waiting, 1, timeout_ms > 0x7FFFFFFF ? 0x7FFFFFFF : (int)timeout_ms);
  return n < 0 ? errno : n == 0 ? ETIMEDOUT : 0;
}

int argus_receive(int64_t socket, void *p, size_t least, size_t room, int64_t timeout_ms, size_t *got) {
  *got = 0;
  while (*got < least) {
    ssize_t n = recv((int)socket, (char *)p + *got, room - *got, MSG_DONTWAIT);
    if (n > 0) {
      *got += (size_t)n;
      continue;
    }
    if (n == 0) return 0;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return errno;
    int error = wait_for(socket, POLLIN, timeout_ms);
    if (error) return error;
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

int argus_send(int64_t socket, const void *p, size_t n, int64_t timeout_ms, size_t *sent) {
  size_t went;
  *sent = 0;
  for (;;) {
    int error = argus_send_now(socket, (const char *)p + *sent, n - *sent, &went);
    *sent += went;
    if (error || *sent == n) return error;
    error = wait_for(socket, POLLOUT, timeout_ms);
    if (error) return error;
  }
}

int argus_look(int64_t socket) {
  char c;
  ssize_t n = recv((int)socket, &c, 1, MSG_PEEK | MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return 0;
  return n > 0 ? 1 : -1;
}
