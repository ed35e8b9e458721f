/* Libraries, threads, locks and memory on POSIX systems with ELF and glibc's or a compatible loader. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "argus/platform.h"

/* ---- libraries ---- */
void *argus_open(const char *path, int everyone) {
  return dlopen(path, RTLD_NOW | (everyone ? RTLD_GLOBAL : RTLD_LOCAL));
}

const char *argus_open_error(void) {
  const char *text = dlerror();
  return text ? text : "no reason given";
}

void *argus_symbol(void *library, const char *name) { return dlsym(library ? library : RTLD_DEFAULT, name); }

int argus_own_path(const void *inside, char *out) {
  Dl_info info;
  char real[PATH_MAX];
  if (!dladdr(inside, &info) || !info.dli_fname || !realpath(info.dli_fname, real)) return -1;
  return snprintf(out, ARGUS_PATH, "%s", real) < ARGUS_PATH ? 0 : -1;
}

struct search {
  const char *begin;
  char *out;
};

static int name_begins(struct dl_phdr_info *info, size_t size, void *arg) {
  struct search *search = arg;
  const char *slash = strrchr(info->dlpi_name, '/'), *name = slash ? slash + 1 : info->dlpi_name;
  (void)size;
  if (strncmp(name, search->begin, strlen(search->begin))) return 0;
  snprintf(search->out, ARGUS_PATH, "%s", info->dlpi_name);
  return 1;
}

int argus_loaded_library(const char *begin, char *out) {
  struct search search = {begin, out};
  return dl_iterate_phdr(name_begins, &search) ? 0 : -1;
}

/* iODBC's own programs have the manager linked into them; the prefix of its messages is in every copy of it. It stands
   here in two parts, or a program that holds this file would be taken for one. Byte by byte, because the sanitizers'
   memmem takes the space between two variables for an overflow. */
#if defined(__GNUC__)
__attribute__((no_sanitize_address))
#endif
static int holds_iodbc(const char *from, size_t size) {
  static const char begin[] = "[iODBC][", rest[] = "Driver Manager]";
  enum { BEGIN = sizeof begin - 1, REST = sizeof rest - 1 };
  for (size_t i = 0; i + BEGIN + REST <= size; i++) {
    size_t n = 0;
    while (n < BEGIN && from[i + n] == begin[n]) n++;
    if (n < BEGIN) continue;
    while (n < BEGIN + REST && from[i + n] == rest[n - BEGIN]) n++;
    if (n == BEGIN + REST) return 1;
  }
  return 0;
}

static int program_is_iodbc(struct dl_phdr_info *info, size_t size, void *arg) {
  (void)size;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &info->dlpi_phdr[i];
    if (part->p_type == PT_LOAD && (part->p_flags & PF_R) && !(part->p_flags & PF_W) &&
        holds_iodbc((const char *)info->dlpi_addr + part->p_vaddr, part->p_filesz))
      *(int *)arg = 1;
  }
  return 1; /* the program itself comes first; nothing else is looked at */
}

static int read_adds(struct dl_phdr_info *info, size_t size, void *arg) {
  (void)size;
  *(uint64_t *)arg = info->dlpi_adds;
  return 1;
}

uint64_t argus_libraries_opened(void) {
  uint64_t adds = 0;
  dl_iterate_phdr(read_adds, &adds);
  return adds;
}

int argus_wchar_bytes(void) {
  char path[ARGUS_PATH];
  int linked_in = 0;
  if (argus_loaded_library("libodbc.so", path) == 0) return 2;
  if (argus_loaded_library("libiodbc.so", path) == 0) return 4;
  dl_iterate_phdr(program_is_iodbc, &linked_in);
  return linked_in ? 4 : 2;
}

/* ---- process and time ---- */
int64_t argus_now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t argus_pid(void) { return getpid(); }

void *argus_reserve(size_t bytes) {
  void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return p == MAP_FAILED ? NULL : p;
}

int argus_at_exit(void (*run)(void)) { return atexit(run); }

int argus_at_fork(void (*prepare)(void), void (*parent)(void), void (*child)(void)) {
  return pthread_atfork(prepare, parent, child);
}

/* ---- the GIL ---- */
typedef void *(*get_state)(void);

int argus_gil_held(void) {
  int (*up)(void) = (int (*)(void))argus_symbol(NULL, "Py_IsInitialized");
  if (!up || !up()) return 0;
  /* PyGILState_Check answers 1 on any thread once a subinterpreter was made, so look at the state itself: from 3.12 on
     the current state is the thread's own, before it is the one state that holds the GIL. */
  get_state current = (get_state)argus_symbol(NULL, "PyThreadState_GetUnchecked");
  if (!current) current = (get_state)argus_symbol(NULL, "_PyThreadState_UncheckedGet");
  get_state mine = (get_state)argus_symbol(NULL, "PyGILState_GetThisThreadState");
  const unsigned long *version = argus_symbol(NULL, "Py_Version");
  if (!current || !mine || !version) return 0;
  void *state = current();
  return state && (*version >= 0x030C0000 || state == mine());
}

void *argus_gil_drop(void) {
  if (!argus_gil_held()) return NULL;
  get_state save = (get_state)argus_symbol(NULL, "PyEval_SaveThread");
  return save ? save() : NULL;
}

void argus_gil_take(void *dropped) {
  if (dropped) ((void (*)(void *))argus_symbol(NULL, "PyEval_RestoreThread"))(dropped);
}

/* ---- threads ---- */
struct start {
  void (*run)(void *);
  void *arg;
};

static __thread int started_here;

static void *run_thread(void *p) {
  struct start start = *(struct start *)p;
  free(p);
  started_here = 1;
  start.run(start.arg);
  return NULL;
}

int argus_thread_start(void (*run)(void *), void *arg, argus_thread *out) {
  struct start *start = malloc(sizeof *start);
  sigset_t all, before;
  pthread_t thread;
  if (!start) return ENOMEM;
  *start = (struct start){run, arg};
  /* The host's signals belong to the host's threads. */
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int rc = pthread_create(&thread, NULL, run_thread, start);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (rc) free(start);
  if (!rc) *out = (argus_thread)thread;
  return rc;
}

void argus_thread_join(argus_thread thread) {
  void *gil = argus_gil_drop();
  pthread_join((pthread_t)thread, NULL);
  argus_gil_take(gil);
}

static int ending;
static pthread_t ender;

void argus_thread_ends_process(void) {
  ender = pthread_self();
  __atomic_store_n(&ending, 1, __ATOMIC_SEQ_CST);
}

int argus_thread_ending(void) {
  if (!__atomic_load_n(&ending, __ATOMIC_SEQ_CST)) return 0;
  return pthread_equal(ender, pthread_self()) ? -1 : 1;
}

void argus_sleep_ms(int64_t ms) { nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL); }

void argus_thread_stop(void) {
  (void)argus_gil_drop();
  if (started_here) pthread_exit(NULL); /* it may be joined */
  for (;;) argus_sleep_ms(1000000);
}

/* ---- monitor ---- */
struct argus_monitor {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  uint32_t generation;
};

uint32_t argus_generation;

static void init_pair(pthread_mutex_t *mutex, pthread_cond_t *cond) {
  pthread_condattr_t attr;
  pthread_condattr_init(&attr);
  pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
  pthread_mutex_init(mutex, NULL);
  pthread_cond_init(cond, &attr);
  pthread_condattr_destroy(&attr);
}

argus_monitor *argus_monitor_create(void) {
  argus_monitor *m = malloc(sizeof *m);
  if (!m) return NULL;
  init_pair(&m->mutex, &m->changed);
  m->generation = argus_generation;
  return m;
}

/* After a fork the mutex may be held, and the condition waited for, by threads that the child does not have. */
static void renew_in_child(argus_monitor *m) {
  if (m->generation == argus_generation) return;
  init_pair(&m->mutex, &m->changed);
  m->generation = argus_generation;
}

void argus_monitor_destroy(argus_monitor *m) {
  if (!m) return;
  if (m->generation == argus_generation) {
    pthread_cond_destroy(&m->changed);
    pthread_mutex_destroy(&m->mutex);
  }
  free(m);
}

void argus_monitor_lock(argus_monitor *m) {
  renew_in_child(m);
  if (pthread_mutex_trylock(&m->mutex) == 0) return;
  void *gil = argus_gil_drop();
  pthread_mutex_lock(&m->mutex);
  if (!gil) return;
  /* Taking the GIL with the mutex held would stop a thread that has the GIL and comes for the mutex. */
  pthread_mutex_unlock(&m->mutex);
  argus_gil_take(gil);
  argus_monitor_lock(m);
}

void argus_monitor_unlock(argus_monitor *m) { pthread_mutex_unlock(&m->mutex); }

int argus_monitor_wait(argus_monitor *m, int64_t timeout_ms) {
  void *gil = argus_gil_drop();
  int rc;
  if (timeout_ms < 0) {
    rc = pthread_cond_wait(&m->changed, &m->mutex);
  } else {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += timeout_ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
    rc = pthread_cond_timedwait(&m->changed, &m->mutex, &until);
  }
  if (gil) {
    pthread_mutex_unlock(&m->mutex);
    argus_gil_take(gil);
    argus_monitor_lock(m);
  }
  return rc == ETIMEDOUT;
}

void argus_monitor_notify_all(argus_monitor *m) { pthread_cond_broadcast(&m->changed); }

/* ---- handle locks: waiters are parked at one of a few pairs, chosen by the address of the word ---- */
enum { LOTS = 16 };
static struct {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
} lots[LOTS];

static void init_lots(void) {
  for (int i = 0; i < LOTS; i++) init_pair(&lots[i].mutex, &lots[i].changed);
}

static void child_forked(void) {
  argus_generation += ARGUS_WAITED << 1;
  init_lots();
}

__attribute__((constructor)) static void ready(void) {
  init_lots();
  pthread_atfork(NULL, NULL, child_forked);
}

static int lot_of(const uint32_t *word) { return (int)(((uintptr_t)word >> 6 ^ (uintptr_t)word >> 12) % LOTS); }

/* Takes the word when it is free or was locked by a thread that a fork left behind; else notes that somebody waits. */
static int take_or_mark(uint32_t *word) {
  uint32_t seen = __atomic_load_n(word, __ATOMIC_RELAXED);
  for (;;) {
    int free_now = !(seen & ARGUS_LOCKED) || (seen & ~3u) != argus_generation;
    /* Others may be parked too, so a lock that had to wait always wakes them when it is released. */
    uint32_t want = argus_generation | ARGUS_LOCKED | ARGUS_WAITED;
    if (!free_now && seen == want) return 0;
    if (__atomic_compare_exchange_n(word, &seen, want, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return free_now;
  }
}

enum { STOPPED_MS = 200 };

void argus_lock_wait(uint32_t *word) {
  for (int i = 0; i < 64; i++)
    if (argus_try_lock(word)) return;
  int lot = lot_of(word);
  void *gil = argus_gil_drop();
  pthread_mutex_lock(&lots[lot].mutex);
  while (!take_or_mark(word)) {
    if (argus_thread_ending() >= 0) {
      pthread_cond_wait(&lots[lot].changed, &lots[lot].mutex);
      continue;
    }
    /* Whoever has the lock does not go on any more, or is done in a moment. */
    pthread_mutex_unlock(&lots[lot].mutex);
    argus_sleep_ms(STOPPED_MS);
    pthread_mutex_lock(&lots[lot].mutex);
    if (!take_or_mark(word)) __atomic_store_n(word, argus_generation | ARGUS_LOCKED | ARGUS_WAITED, __ATOMIC_SEQ_CST);
    break;
  }
  pthread_mutex_unlock(&lots[lot].mutex);
  /* A thread that holds the GIL drops it before it waits for this word, so waiting for the GIL now ends. */
  argus_gil_take(gil);
}

void argus_lock_wake(uint32_t *word) {
  int lot = lot_of(word);
  pthread_mutex_lock(&lots[lot].mutex);
  pthread_cond_broadcast(&lots[lot].changed);
  pthread_mutex_unlock(&lots[lot].mutex);
}
