/* The platform's locks, monitors, threads and memory, alone. Exit code 0 when all is well. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "argus/platform.h"

#define CHECK(condition)                           \
  if (!(condition)) {                              \
    printf("line %d: %s\n", __LINE__, #condition); \
    exit(1);                                       \
  }

static uint32_t word;
static long counter;
static argus_monitor *monitor;
static int arrived;

static void count(void *unused) {
  (void)unused;
  for (int i = 0; i < 200000; i++) {
    argus_lock(&word);
    counter++; /* lost updates would show that two were inside */
    argus_unlock(&word);
  }
}

static void arrive(void *unused) {
  (void)unused;
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, NULL, &mask);
  argus_monitor_lock(monitor);
  arrived = sigismember(&mask, SIGTERM) ? 1 : -1;
  argus_monitor_notify_all(monitor);
  argus_monitor_unlock(monitor);
}

static void locks_exclude(void) {
  argus_thread threads[4];
  for (int i = 0; i < 4; i++) CHECK(argus_thread_start(count, NULL, &threads[i]) == 0);
  for (int i = 0; i < 4; i++) argus_thread_join(threads[i]);
  CHECK(counter == 800000);
  CHECK(word == 0);
}

static void monitor_waits(void) {
  argus_thread thread;
  monitor = argus_monitor_create();
  CHECK(monitor);
  argus_monitor_lock(monitor);
  int64_t start = argus_now_ns();
  CHECK(argus_monitor_wait(monitor, 30) == 1);
  int64_t passed = argus_now_ns() - start;
  CHECK(passed >= 29000000 && passed < 2000000000);
  CHECK(argus_thread_start(arrive, NULL, &thread) == 0);
  while (!arrived) CHECK(argus_monitor_wait(monitor, 5000) == 0);
  CHECK(arrived == 1);
  argus_monitor_unlock(monitor);
  argus_thread_join(thread);
}

/* A child may take the locks that a thread held which it does not have; the parent's stay locked. */
static void child_takes_locks(void) {
  argus_lock(&word);
  argus_monitor_lock(monitor);
  pid_t child = fork();
  if (!child) {
    alarm(5);
    argus_lock(&word);
    argus_monitor_lock(monitor);
    argus_monitor_unlock(monitor);
    int mine = !argus_try_lock(&word);
    argus_unlock(&word);
    _exit(mine && argus_try_lock(&word) ? 0 : 1);
  }
  int status;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  CHECK(!argus_try_lock(&word));
  argus_monitor_unlock(monitor);
  argus_unlock(&word);
  argus_monitor_destroy(monitor);
}

int main(void) {
  char path[ARGUS_PATH];
  locks_exclude();
  monitor_waits();
  child_takes_locks();
  char *range = argus_reserve((size_t)1 << 33);
  CHECK(range && range[0] == 0 && range[((size_t)1 << 33) - 1] == 0);
  CHECK(argus_pid() == getpid());
  CHECK(argus_own_path((const void *)main, path) == 0 && strstr(path, "platform_test"));
  CHECK(argus_loaded_library("libc.so", path) == 0 && strstr(path, "libc.so"));
  CHECK(argus_loaded_library("libnothing.so", path) != 0);
  CHECK(argus_wchar_bytes() == 2);
  CHECK(!argus_gil_held() && !argus_gil_drop()); /* no Python here */
  CHECK(!argus_open("/nowhere/lib.so", 0) && strstr(argus_open_error(), "/nowhere/lib.so"));
  puts("platform ok");
  return 0;
}
