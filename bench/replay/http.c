// Answers HTTP requests from a file of prepared answers, as fast as the socket takes them.
//
//     http        prints its port on 127.0.0.1, reads the path of the answers from the next line of its standard input
//                 (they name the port), prints "ready", and serves until its standard input ends
//
// The file begins with the number of records (4 bytes). A record: length of "METHOD PATH" (1 byte), that text, number
// of parts (1 byte), and for each part its place in the file and its length (8 bytes each); numbers are big-endian. The
// parts in a row are the whole answer, status line included. What no record names is answered with 404.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MAX_PARTS = 4, MAX_REQUEST = 1 << 16 };

typedef struct {
  const char *name;
  size_t name_length;
  int nparts;
  struct iovec parts[MAX_PARTS];
} Record;

static Record *records;
static uint32_t nrecords;

static uint64_t number(const uint8_t *p, int bytes) {
  uint64_t v = 0;
  for (int i = 0; i < bytes; i++) v = v << 8 | p[i];
  return v;
}

static int load(const char *path) {
  struct stat st;
  int fd = open(path, O_RDONLY);
  if (fd < 0 || fstat(fd, &st)) return perror(path), 0;
  uint8_t *file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
  if (file == MAP_FAILED) return perror(path), 0;
  const uint8_t *p = file + 4;
  nrecords = (uint32_t)number(file, 4);
  records = calloc(nrecords + 1, sizeof *records);
  if (!records) return 0;
  for (Record *r = records; r < records + nrecords; r++) {
    r->name_length = *p;
    r->name = (const char *)p + 1;
    p += 1 + r->name_length;
    r->nparts = *p++;
    if (r->nparts > MAX_PARTS) return fprintf(stderr, "a record has %d parts\n", r->nparts), 0;
    for (int i = 0; i < r->nparts; i++, p += 16) {
      r->parts[i].iov_base = file + number(p, 8);
      r->parts[i].iov_len = number(p + 8, 8);
    }
  }
  return 1;
}

static int send_all(int fd, struct iovec *part, int n) {
  while (n) {
    ssize_t sent = writev(fd, part, n);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return 0;
    for (; n && (size_t)sent >= part->iov_len; part++, n--) sent -= (ssize_t)part->iov_len;
    if (n) part->iov_base = (char *)part->iov_base + sent, part->iov_len -= (size_t)sent;
  }
  return 1;
}

static int answer(int fd, const char *request) {
  static const char missing[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
  const char *path = strchr(request, ' '), *end = path ? strchr(path + 1, ' ') : NULL;
  if (!end) return 0;
  size_t length = (size_t)(end - request);
  struct iovec parts[MAX_PARTS] = {{(void *)missing, sizeof missing - 1}};
  int n = 1;
  for (Record *r = records; r < records + nrecords; r++) {
    if (r->name_length != length || memcmp(r->name, request, length)) continue;
    n = r->nparts;
    memcpy(parts, r->parts, sizeof parts);
    break;
  }
  return send_all(fd, parts, n);
}

static void *serve(void *socket) {
  int fd = (int)(intptr_t)socket;
  char *request = malloc(MAX_REQUEST + 1);
  size_t have = 0;
  while (request) {
    char *end;
    request[have] = 0;
    while (!(end = strstr(request, "\r\n\r\n")) && have < MAX_REQUEST) {
      ssize_t n = recv(fd, request + have, MAX_REQUEST - have, 0);
      if (n <= 0) goto done;
      request[have += (size_t)n] = 0;
    }
    if (!end) break;
    const char *said = strcasestr(request, "\r\nContent-Length:");
    size_t size = (size_t)(end + 4 - request) + (said && said < end ? strtoul(said + 17, NULL, 10) : 0);
    while (have < size) {
      ssize_t n = size > MAX_REQUEST ? 0 : recv(fd, request + have, MAX_REQUEST - have, 0);
      if (n <= 0) goto done;
      have += (size_t)n;
    }
    if (!answer(fd, request)) break;
    memmove(request, request + size, have - size);
    have -= size;
  }
done:
  close(fd);
  free(request);
  return NULL;
}

static void *accept_all(void *listening) {
  for (;;) {
    int fd = accept(*(int *)listening, NULL, NULL), on = 1;
    pthread_t thread;
    if (fd < 0) return NULL;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd)) return NULL;
    pthread_detach(thread);
  }
}

int main(void) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof at;
  char path[4096];
  int listening = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listening, (struct sockaddr *)&at, size) || listen(listening, 64) ||
      getsockname(listening, (struct sockaddr *)&at, &size))
    return perror("listen"), 1;
  printf("%d\n", ntohs(at.sin_port));
  fflush(stdout);
  if (!fgets(path, sizeof path, stdin)) return 1;
  path[strcspn(path, "\n")] = 0;
  if (!load(path)) return 1;
  pthread_t thread;
  if (pthread_create(&thread, NULL, accept_all, &listening)) return 1;
  puts("ready");
  fflush(stdout);
  while (getchar() != EOF) continue;
  return 0;
}
