/* What depends on the operating system: libraries, threads, locks, memory, and where Python is installed.
 * One file per system implements it (cbridge/platform/). It is compiled into the loader and into the core, so each
 * has its own copy of the state, and names Python's functions only through argus_symbol. */
#ifndef ARGUS_PLATFORM_H
#define ARGUS_PLATFORM_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ARGUS_PATH 4096

/* ---- libraries ---- */
void *argus_open(const char *path,
                 int everyone); /* everyone: its symbols serve all libraries; NULL: argus_open_error */
const char *argus_open_error(void);
void *argus_symbol(void *library, const char *name); /* library NULL: anywhere that all libraries see */
int argus_own_path(const void *inside, char *out);   /* real path of the library that holds this address; 0 = found */
int argus_loaded_library(const char *begin,
                         char *out);   /* path of a loaded library whose file name begins so; 0 = found */
uint64_t argus_libraries_opened(void); /* how many, since the process began */
int argus_wchar_bytes(void);           /* 4 under iODBC, else 2 (unixODBC) */

/* ---- where Python is ---- */
typedef struct {
  int minor;             /* of the environment that the library was installed to: 11 for 3.11; 0 = not known */
  char exe[ARGUS_PATH];  /* its interpreter, "" = not known */
  char base[ARGUS_PATH]; /* prefix of the installation below it, "" = not known */
} argus_python;
void argus_python_find(const char *folder, argus_python *out); /* folder: where the library lies */
int argus_python_exists(const char *base, int minor);          /* is there a standard library of this version? */
void *argus_python_open(const argus_python *p, char *why, size_t nwhy); /* its libpython, for everyone */
void argus_python_exe(const argus_python *p, int minor, const void *in_libpython, char *out); /* what to start as */

/* ---- process and time ---- */
int64_t argus_now_ns(void); /* monotonic */
int64_t argus_pid(void);
void *argus_reserve(size_t bytes);    /* zeroed address range that stays mapped; pages cost memory when touched */
int argus_at_exit(void (*run)(void)); /* 0 = registered */
int argus_at_fork(void (*prepare)(void), void (*parent)(void), void (*child)(void)); /* 0 = registered */

/* ---- a temporary file without a name: gone when it is closed, and with the process; errors are errno's ---- */
int argus_spill_open(char *where, size_t nwhere);                     /* below 0: -error; where: the folder */
int argus_spill_write(int file, const void *p, size_t n, int64_t at); /* 0 = all written */
int argus_spill_read(int file, void *p, size_t n, int64_t at);        /* 0 = all read */
void argus_spill_close(int file);
void argus_error_text(int error, char *out, size_t n);

/* ---- sockets ---- */
/* Receives at least `least` bytes, at most `room`; fewer when the other side has closed. 0, or errno's, also when some
 * have come: EINTR at a signal, ETIMEDOUT when nothing comes for timeout_ms (below 0: no limit). */
int argus_receive(int64_t socket, void *p, size_t least, size_t room, int64_t timeout_ms, size_t *got);
/* Sends what the socket takes without a wait: 0, or errno's, also when some have been sent. */
int argus_send_now(int64_t socket, const void *p, size_t n, size_t *sent);
/* What a read would find now: 1 bytes, 0 nothing yet, -1 the end, or an error. */
int argus_look(int64_t socket);
/* Sends all of it; errors as those of argus_receive. */
int argus_send(int64_t socket, const void *p, size_t n, int64_t timeout_ms, size_t *sent);

/* ---- the GIL, when this thread holds it; no effect without a running Python ---- */
int argus_gil_held(void);
void *argus_gil_drop(void); /* NULL: this thread did not hold it */
void argus_gil_take(void *dropped);

/* ---- threads ---- */
typedef uint64_t argus_thread;
int argus_thread_start(void (*run)(void *), void *arg, argus_thread *out); /* 0 = started; it receives no signals */
void argus_thread_join(argus_thread thread);                               /* drops the GIL while it waits */

void argus_thread_ends_process(
    void);                     /* this thread ends the process: it takes over the locks of threads that stopped */
int argus_thread_ending(void); /* 1: another thread ends the process, -1: this one, 0: none */
void argus_thread_stop(void);  /* never returns: ends a thread that was started here, else waits for the end */
void argus_sleep_ms(int64_t ms);

/* A mutex with a condition. Locking and waiting drop the GIL. */
typedef struct argus_monitor argus_monitor;
argus_monitor *argus_monitor_create(void); /* NULL: no memory */
void argus_monitor_destroy(argus_monitor *m);
void argus_monitor_lock(argus_monitor *m);
void argus_monitor_unlock(argus_monitor *m);
int argus_monitor_wait(argus_monitor *m, int64_t timeout_ms); /* below 0: for ever; 0 = notified, 1 = time is up */
void argus_monitor_notify_all(argus_monitor *m);

/* ---- the lock of a handle: one zeroed word, not recursive ----
 * Bit 0: locked, bit 1: somebody waits, above: how often the process had forked when it was locked. A lock that was
 * taken before a fork belongs to a thread that the child does not have, so the child may take it. */
#define ARGUS_LOCKED 1u
#define ARGUS_WAITED 2u
extern uint32_t argus_generation; /* 4 more in each forked child */
void argus_lock_wait(uint32_t *word);
void argus_lock_wake(uint32_t *word);

static inline int argus_try_lock(uint32_t *word) {
  uint32_t seen = 0;
  return __atomic_compare_exchange_n(word, &seen, argus_generation | ARGUS_LOCKED, 0, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED);
}
/* A word that is read without a lock and says that what was written before it is there. */
static inline uint32_t argus_load(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
static inline void argus_store(uint32_t *word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_RELEASE); }
static inline uintptr_t argus_load_size(const uintptr_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
static inline void argus_store_size(uintptr_t *word, uintptr_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}
/* Only where it is still 0, so that what another thread has settled meanwhile stays. */
static inline void argus_store_first(uint32_t *word, uint32_t value) {
  uint32_t zero = 0;
  __atomic_compare_exchange_n(word, &zero, value, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

static inline void argus_lock(uint32_t *word) {
  if (!argus_try_lock(word)) argus_lock_wait(word);
}
static inline void argus_unlock(uint32_t *word) {
  if (__atomic_exchange_n(word, 0, __ATOMIC_RELEASE) & ARGUS_WAITED) argus_lock_wake(word);
}

#ifdef __cplusplus
}
#endif
#endif
