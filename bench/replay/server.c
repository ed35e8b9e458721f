// Answers HiveServer2 requests from a file of prepared answers, as fast as the socket takes them.
//
//     server ANSWERS        prints its port on 127.0.0.1 and serves until its standard input ends
//
// ANSWERS holds records: length of the call's name (1 byte), the name, repeats (4 bytes), length (8 bytes), the struct
// that the answer carries, without its message header; numbers are big-endian. The records of one name are answered
// one after the other, each `repeats` times, the last one for ever; ExecuteStatement starts FetchResults anew.
// A client may speak Thrift's binary protocol as it is, framed after a SASL negotiation, in which every name and
// password is taken, or in POST requests, which are answered in chunks of 32 KB as Hive's and Spark's Jetty does.
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

enum { MAX_RECORDS = 64, MAX_REQUEST = 1 << 20, MAX_DEPTH = 16, CHUNK = 32768, BATCH = 256 };

typedef struct {
  const char *name;
  size_t name_length;
  uint32_t repeats;
  const uint8_t *body;
  uint64_t length;
} Record;

static Record records[MAX_RECORDS];
static int nrecords;

typedef struct {
  int socket, framed, http;
  uint32_t given[MAX_RECORDS];  // how often this connection was given each record
  uint8_t request[MAX_REQUEST];
  size_t have;
} Client;

static uint32_t be32(const uint8_t *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t v) {
  for (int i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (24 - 8 * i));
}

// ---- the end of a Thrift value: 0 while bytes are missing, else where it ends ----

static const uint8_t *skip(const uint8_t *p, const uint8_t *end, int type, int depth) {
  static const int sizes[16] = {[2] = 1, [3] = 1, [4] = 8, [6] = 2, [8] = 4, [10] = 8};
  if (depth > MAX_DEPTH || type < 0 || type > 15) return NULL;
  if (sizes[type]) return end - p >= sizes[type] ? p + sizes[type] : NULL;
  if (type == 11) return end - p >= 4 && (size_t)(end - p - 4) >= be32(p) ? p + 4 + be32(p) : NULL;
  if (type == 12) {
    while (p < end && *p) {
      int field = *p;
      if (end - p < 3 || !(p = skip(p + 3, end, field, depth + 1))) return NULL;
    }
    return p < end ? p + 1 : NULL;
  }
  int map = type == 13, head = map ? 6 : 5;
  if (end - p < head) return NULL;
  int key = p[0], value = p[map];
  uint32_t n = be32(p + head - 4);
  p += head;
  for (uint32_t i = 0; p && i < n; i++) {
    if (map && !(p = skip(p, end, key, depth + 1))) return NULL;
    p = skip(p, end, value, depth + 1);
  }
  return p;
}

// ---- bytes ----

static int receive(Client *c) {
  ssize_t n = recv(c->socket, c->request + c->have, MAX_REQUEST - c->have, 0);
  if (n <= 0) return 0;
  c->have += (size_t)n;
  return 1;
}

static int need(Client *c, size_t n) {
  while (c->have < n)
    if (n > MAX_REQUEST || !receive(c)) return 0;
  return 1;
}

static void consume(Client *c, size_t n) {
  memmove(c->request, c->request + n, c->have - n);
  c->have -= n;
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

// ---- messages ----

static int sasl(Client *c) {
  for (;;) {
    if (!need(c, 5)) return 0;
    int status = c->request[0];
    uint32_t length = be32(c->request + 1);
    if (!need(c, 5 + (size_t)length)) return 0;
    consume(c, 5 + (size_t)length);
    if (status == 2 || status == 5) break;  // the name and password (5: from Java); before it, the mechanism
  }
  uint8_t complete[5] = {5};
  struct iovec part = {complete, 5};
  return send_all(c->socket, &part, 1);
}

// Where a POST's message begins: behind the empty line; 0 when there is none.
static size_t http_head(Client *c) {
  for (;;) {
    const uint8_t *end = memmem(c->request, c->have, "\r\n\r\n", 4);
    if (end) return (size_t)(end - c->request) + 4;
    if (c->have == MAX_REQUEST || !receive(c)) return 0;
  }
}

static int send_chunked(Client *c, const uint8_t *head, size_t n, const Record *r) {
  static char start[] = "HTTP/1.1 200 OK\r\nContent-Type: application/x-thrift\r\nTransfer-Encoding: chunked\r\n\r\n";
  char sizes[BATCH][12];
  struct iovec parts[3 * BATCH + 3];
  size_t done = 0, total = n + r->length;
  int count = 0;
  parts[count++] = (struct iovec){start, sizeof start - 1};
  for (int i = 0; done < total; i++) {
    size_t size = total - done < CHUNK ? total - done : CHUNK, from_head = done < n ? n - done : 0;
    size_t at = done + from_head - n;
    parts[count++] = (struct iovec){sizes[i], (size_t)sprintf(sizes[i], "%zx\r\n", size)};
    if (from_head) parts[count++] = (struct iovec){(void *)head, from_head};
    parts[count++] = (struct iovec){(void *)(r->body + at), size - from_head};
    parts[count++] = (struct iovec){(void *)"\r\n", 2};
    done += size;
    if (i == BATCH - 1) {
      if (!send_all(c->socket, parts, count)) return 0;
      i = -1, count = 0;
    }
  }
  parts[count++] = (struct iovec){(void *)"0\r\n\r\n", 5};
  return send_all(c->socket, parts, count);
}

static Record *next(Client *c, const char *name, size_t length) {
  Record *found = NULL;
  for (int i = 0; i < nrecords; i++) {
    if (records[i].name_length != length || memcmp(records[i].name, name, length)) continue;
    found = &records[i];
    if (c->given[i] < found->repeats) {
      c->given[i]++;
      break;
    }
  }
  return found;
}

static int answer(Client *c) {
  size_t frame = c->framed ? 4 : 0, size = 0;
  if (c->http) {
    size_t before = http_head(c);
    if (!before) return 0;
    consume(c, before);
  }
  if (!need(c, frame + 8)) return 0;
  uint32_t name_length = be32(c->request + frame + 4);
  size_t start = frame + 8 + name_length + 4;
  if (name_length > 64 || !need(c, start)) return 0;
  for (;;) {
    const uint8_t *end = skip(c->request + start, c->request + c->have, 12, 0);
    if (end) {
      size = (size_t)(end - c->request);
      break;
    }
    if (c->have == MAX_REQUEST || !receive(c)) return 0;
  }
  uint8_t head[80];
  size_t n = frame + 8 + name_length + 4;
  memcpy(head, c->request, n);
  head[frame + 3] = 2;  // a reply, with the request's name and sequence id
  const char *name = (const char *)head + frame + 8;
  if (name_length == 16 && !memcmp(name, "ExecuteStatement", 16)) memset(c->given, 0, sizeof c->given);
  Record *r = next(c, name, name_length);
  if (!r) {
    fprintf(stderr, "no answer is prepared for %.*s\n", (int)name_length, name);
    return 0;
  }
  if (frame) put32(head, (uint32_t)(n - frame + r->length));
  consume(c, size);
  if (c->http) return send_chunked(c, head, n, r);
  struct iovec parts[2] = {{head, n}, {(void *)r->body, r->length}};
  return send_all(c->socket, parts, 2);
}

static void *serve(void *client) {
  Client *c = client;
  if (need(c, 1)) {
    c->framed = c->request[0] == 1;
    c->http = c->request[0] == 'P';
    if (!c->framed || sasl(c))
      while (answer(c)) continue;
  }
  close(c->socket);
  free(c);
  return NULL;
}

// ---- set-up ----

static int load(const char *path) {
  struct stat st;
  int fd = open(path, O_RDONLY);
  if (fd < 0 || fstat(fd, &st)) return perror(path), 0;
  const uint8_t *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
  if (p == MAP_FAILED) return perror(path), 0;
  for (const uint8_t *end = p + st.st_size; p < end && nrecords < MAX_RECORDS; nrecords++) {
    Record *r = &records[nrecords];
    r->name_length = *p;
    r->name = (const char *)p + 1;
    p += 1 + r->name_length;
    r->repeats = be32(p);
    r->length = (uint64_t)be32(p + 4) << 32 | be32(p + 8);
    r->body = p + 12;
    p += 12 + r->length;
  }
  return 1;
}

static void *accept_all(void *listening) {
  for (;;) {
    int fd = accept(*(int *)listening, NULL, NULL), on = 1;
    Client *c = fd < 0 ? NULL : calloc(1, sizeof *c);
    if (!c) return NULL;
    c->socket = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve, c)) return NULL;
    pthread_detach(thread);
  }
}

int main(int argc, char **argv) {
  if (argc != 2 || !load(argv[1])) return fprintf(stderr, "usage: server ANSWERS\n"), 2;
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof at;
  int listening = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listening, (struct sockaddr *)&at, size) || listen(listening, 64) ||
      getsockname(listening, (struct sockaddr *)&at, &size))
    return perror("listen"), 1;
  printf("%d\n", ntohs(at.sin_port));
  fflush(stdout);
  pthread_t thread;
  if (pthread_create(&thread, NULL, accept_all, &listening)) return 1;
  while (getchar() != EOF) continue;
  return 0;
}
