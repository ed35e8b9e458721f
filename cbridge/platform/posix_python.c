/* Finding the Python that the library was installed to, on POSIX systems: its interpreter and its libpython. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "argus/platform.h"

/* The interpreter and libpython of the environment that built the library; right for an installation from source, and
   tried after what the library's own place tells. */
#ifndef ARGUS_BUILD_PYTHON
#define ARGUS_BUILD_PYTHON ""
#endif
#ifndef ARGUS_BUILD_LIBPYTHON
#define ARGUS_BUILD_LIBPYTHON ""
#endif
#ifndef ARGUS_BUILD_MINOR
#define ARGUS_BUILD_MINOR 0
#endif
enum { OLDEST_MINOR = 11, NEWEST_MINOR = 19 };

static void text(char *out, const char *format, const char *a, int minor, const char *b) {
  if (snprintf(out, ARGUS_PATH, format, a, minor, b) >= ARGUS_PATH) *out = 0;
}

static int up(char *path) { /* cut the last part of a path; 0 at the root */
  char *slash = strrchr(path, '/');
  if (!slash || slash == path) return 0;
  *slash = 0;
  return 1;
}

static void join(char *out, const char *folder, const char *name) {
  if (snprintf(out, ARGUS_PATH, "%s/%s", folder, name) >= ARGUS_PATH) *out = 0;
}

/* "key = value" lines of a pyvenv.cfg: home is the folder of the base interpreter, version its version. */
static int read_venv(const char *root, argus_python *out) {
  char path[ARGUS_PATH], line[ARGUS_PATH], home[ARGUS_PATH] = "";
  int major = 3, minor = 0;
  join(path, root, "pyvenv.cfg");
  FILE *file = fopen(path, "re");
  if (!file) return 0;
  while (fgets(line, sizeof line, file)) {
    line[strcspn(line, "\r\n")] = 0;
    char *value = strchr(line, '=');
    if (!value) continue;
    *value++ = 0;
    line[strcspn(line, " \t")] = 0;
    value += strspn(value, " \t");
    if (!strcmp(line, "home")) snprintf(home, sizeof home, "%s", value);
    /* venv writes version, virtualenv and uv write version_info */
    if (!strncmp(line, "version", 7) && sscanf(value, "%d.%d", &major, &minor) != 2) minor = 0;
  }
  fclose(file);
  out->minor = major == 3 ? minor : 0;
  join(out->exe, root, "bin/python3");
  if (*home && up(home)) snprintf(out->base, ARGUS_PATH, "%s", home);
  return 1;
}

/* <prefix>/lib/python3.11/site-packages/argus_odbc */
static int read_prefix(const char *folder, argus_python *out) {
  char cur[ARGUS_PATH];
  snprintf(cur, sizeof cur, "%s", folder);
  do {
    const char *slash = strrchr(cur, '/');
    int minor;
    if (!slash || sscanf(slash + 1, "python3.%d", &minor) != 1) continue;
    char *lib = cur;
    if (!up(lib) || !up(lib)) return 0;
    out->minor = minor;
    text(out->exe, "%s/bin/python3.%d%s", cur, minor, "");
    /* A user's or a distribution's site-packages lie apart from the interpreter. */
    if (access(out->exe, X_OK)) text(out->exe, "%s/bin/python3.%d%s", "/usr", minor, "");
    if (access(out->exe, X_OK)) *out->exe = 0;
    snprintf(out->base, ARGUS_PATH, "%s", *out->exe ? out->exe : cur);
    if (*out->exe) up(out->base), up(out->base);
    return 1;
  } while (up(cur));
  return 0;
}

void argus_python_find(const char *folder, argus_python *out) {
  char cur[ARGUS_PATH];
  memset(out, 0, sizeof *out);
  snprintf(cur, sizeof cur, "%s", folder);
  do
    if (read_venv(cur, out)) return;
  while (up(cur));
  if (read_prefix(folder, out)) return;
  if (*ARGUS_BUILD_PYTHON && access(ARGUS_BUILD_PYTHON, X_OK) == 0) {
    snprintf(cur, sizeof cur, "%s", ARGUS_BUILD_PYTHON);
    if (!up(cur) || !up(cur) || !read_venv(cur, out)) {
      snprintf(out->base, ARGUS_PATH, "%s", cur);
      out->minor = ARGUS_BUILD_MINOR;
    }
    snprintf(out->exe, ARGUS_PATH, "%s", ARGUS_BUILD_PYTHON);
  }
}

int argus_python_exists(const char *base, int minor) {
  char path[ARGUS_PATH];
  text(path, "%s/lib/python3.%d/%s", base, minor, "os.py");
  if (access(path, R_OK) == 0) return 1;
  text(path, "%s/lib64/python3.%d/%s", base, minor, "os.py");
  return access(path, R_OK) == 0;
}

static void *try_open(const char *path, char *why, size_t nwhy) {
  if (strchr(path, '/') && access(path, R_OK)) return NULL;
  void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  if (!library) snprintf(why, nwhy, "%s", argus_open_error());
  return library;
}

static void *try_minor(const char *base, int minor, char *why, size_t nwhy) {
  static const char *const places[] = {
      "%s/lib/libpython3.%d.so.1.0%s",
      "%s/lib/libpython3.%d.so%s",
      "%s/lib64/libpython3.%d.so.1.0%s",
#ifdef __x86_64__
      "%s/lib/x86_64-linux-gnu/libpython3.%d.so.1.0%s",
#elif defined(__aarch64__)
      "%s/lib/aarch64-linux-gnu/libpython3.%d.so.1.0%s",
#endif
  };
  char path[ARGUS_PATH];
  void *library = NULL;
  for (size_t i = 0; *base && !library && i < sizeof places / sizeof *places; i++) {
    text(path, places[i], base, minor, "");
    library = try_open(path, why, nwhy);
  }
  if (library) return library;
  /* A name alone is looked up where the system keeps its libraries (Debian: package libpython3.11). */
  text(path, "%slibpython3.%d.so.1.0%s", "", minor, "");
  return try_open(path, why, nwhy);
}

void *argus_python_open(const argus_python *p, char *why, size_t nwhy) {
  void *library = NULL;
  snprintf(why, nwhy, "no libpython was found");
  /* What was built for this very environment comes first: it also knows unusual places and names. */
  if (*ARGUS_BUILD_LIBPYTHON && (!p->minor || p->minor == ARGUS_BUILD_MINOR)) {
    char base[ARGUS_PATH] = ARGUS_BUILD_LIBPYTHON;
    if (!strchr(base, '/') || !*p->base || (up(base) && up(base) && !strncmp(base, p->base, strlen(p->base))))
      library = try_open(ARGUS_BUILD_LIBPYTHON, why, nwhy);
  }
  if (!library && p->minor) return try_minor(p->base, p->minor, why, nwhy);
  for (int minor = NEWEST_MINOR; !library && !p->minor && minor >= OLDEST_MINOR; minor--)
    library = try_minor("", minor, why, nwhy);
  return library;
}

void argus_python_exe(const argus_python *p, int minor, const void *in_libpython, char *out) {
  char cur[ARGUS_PATH];
  *out = 0;
  /* The environment's interpreter, unless a host brought a libpython of another version. */
  if (*p->exe && (p->minor == minor || !p->minor) && access(p->exe, X_OK) == 0) {
    snprintf(out, ARGUS_PATH, "%s", p->exe);
    return;
  }
  if (argus_own_path(in_libpython, cur) == 0)
    while (up(cur)) {
      if (!argus_python_exists(cur, minor)) continue;
      text(out, "%s/bin/python3.%d%s", cur, minor, "");
      return;
    }
}
