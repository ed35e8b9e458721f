/* What Driver= points to. It has no Python symbol, so that it opens in any process: it finds the Python that the
 * process has, else the one that it was installed to, opens the core beside itself and hands each call on. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sqlext.h>
#include <sqlucode.h>
#include "argus/platform.h"
#include "broken.h"
#include "installer.h"
#include "trampolines.h"

#ifndef ARGUS_CORE
#define ARGUS_CORE "_core.abi3.so"
#endif

enum { NOT_YET, LOADED };
static int state;

static int failed(const char *format, const char *a, const char *b) {
  char *p = why + strlen("[Argus] ");
  snprintf(p, sizeof why - (size_t)(p - why), format, a, b);
  return -1;
}

/* A Python that all libraries see: the process's own; one that an application opened for itself alone; else ours. */
static int find_python(const char *folder) {
  char path[ARGUS_PATH], reason[600];
  argus_python installed;
  if (argus_symbol(NULL, "Py_IsInitialized")) return 0;
  if (argus_loaded_library("libpython3.", path) == 0 && !strstr(path, "/libpython3.so")) {
    /* Opened again for everyone: Python's own extension modules name no libpython and expect it to be there. */
    if (argus_open(path, 1)) return 0;
    return failed("this process has Python in %s, which cannot be opened for all libraries: %s", path,
                  argus_open_error());
  }
  argus_python_find(folder, &installed);
  if (argus_python_open(&installed, reason, sizeof reason)) return 0;
  return failed(
      "needs the shared library of Python (Debian: package libpython3.11) and cannot open it: %s; the environment of "
      "the "
      "driver is %s",
      reason, *installed.exe ? installed.exe : "not known");
}

static int open_core(void) {
  char path[ARGUS_PATH];
  int major = 0, minor = 0;
  if (argus_own_path((const void *)open_core, path)) return failed("the driver's own path is not known%s%s", "", "");
  char *name = strrchr(path, '/');
  *name = 0;
  if (find_python(path)) return -1;
  const char *(*version)(void) = (const char *(*)(void))argus_symbol(NULL, "Py_GetVersion");
  char found[32] = "an unknown version";
  if (version) snprintf(found, sizeof found, "%.*s", (int)strcspn(version(), " "), version());
  if (sscanf(found, "%d.%d", &major, &minor) != 2 || major != 3 || minor < 11)
    return failed("needs Python 3.11 or newer, but this process runs Python %s%s", found, "");
  if ((size_t)(name - path) + sizeof ARGUS_CORE + 1 > sizeof path) return failed("the path %s is too long%s", path, "");
  memcpy(name, "/" ARGUS_CORE, sizeof ARGUS_CORE + 1);
  void *core = argus_open(path, 0);
  if (!core) return failed("cannot open its core: %s%s; install argus-odbc again", argus_open_error(), "");
  for (int i = 0; i < N_TARGETS; i++) __atomic_store_n(&targets[i], argus_symbol(core, names[i]), __ATOMIC_RELEASE);
  return 0;
}

/* Tried again by each call after a failure: a Python may have come into the process since. */
__attribute__((noinline, cold)) static void *load(int i) {
  argus_lock(&lock);
  if (state != LOADED) {
    int failure = open_core() != 0;
    argus_store(&no_core, (uint32_t)failure);
    if (!failure) state = LOADED;
  }
  void *to = targets[i];
  argus_unlock(&lock);
  return to;
}

static inline void *target(int i) {
  void *to = __atomic_load_n(&targets[i], __ATOMIC_ACQUIRE);
  return __builtin_expect(to != NULL, 1) ? to : load(i);
}
