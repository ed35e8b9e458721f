/* Starts the process's Python once, or adopts the one that runs, and makes argus_odbc._core importable there.
 * One build serves every Python from 3.11 on, so whatever is not in the limited API goes through argus_symbol. */
#define _GNU_SOURCE
#include <Python.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include "argus/boot.h"
#include "argus/platform.h"

PyMODINIT_FUNC PyInit__core(void);

enum { NOT_YET, UP, FAILED };
static int embedded; /* Python is ours */
static uint32_t lock;
static int state;
static char why[1200];

const char *argus_boot_error(void) { return why; }

static int failed(const char *what) {
  snprintf(why, sizeof why, "Python did not start: %s", what);
  return -1;
}

/* ---- registering package and core without a search: a host may have another folder of that name on sys.path ---- */
static const char registration[] =
    "import importlib.machinery as machinery, importlib.util as util, os, sys\n"
    "here = os.path.dirname(path)\n"
    "site = os.path.dirname(here)\n"
    "for folder in (site, packages):\n"
    "    if os.path.isdir(folder) and folder not in sys.path: sys.path.append(folder)\n"
    "if 'argus_odbc' not in sys.modules:\n"
    "    init = os.path.join(here, '__init__.py')\n"
    "    package = util.spec_from_file_location('argus_odbc', init, submodule_search_locations=[here])\n"
    "    sys.modules['argus_odbc'] = util.module_from_spec(package)\n"
    "    package.loader.exec_module(sys.modules['argus_odbc'])\n"
    "there = getattr(sys.modules.get('argus_odbc._core'), '__file__', None)\n"
    "if there and not os.path.samefile(there, path):\n"
    "    raise ImportError(f'the process already has another core, {there}; this one is {path}')\n"
    "spec = None\n"
    "if not there:\n"
    "    loader = machinery.ExtensionFileLoader('argus_odbc._core', path)\n"
    "    spec = util.spec_from_file_location('argus_odbc._core', path, loader=loader)\n";

static int set_module(PyObject *spec) {
  PyObject *def = PyInit__core(), *modules = PyImport_GetModuleDict(), *package, *module, *file;
  if (!def || !(module = PyModule_FromDefAndSpec((PyModuleDef *)def, spec))) return -1;
  file = PyObject_GetAttrString(spec, "origin");
  int rc = !file || PyObject_SetAttrString(module, "__spec__", spec) ||
           PyObject_SetAttrString(module, "__file__", file) ||
           PyDict_SetItemString(modules, "argus_odbc._core", module) || PyModule_ExecDef(module, (PyModuleDef *)def);
  if (!rc && (package = PyDict_GetItemString(modules, "argus_odbc")))
    rc = PyObject_SetAttrString(package, "_core", module);
  Py_XDECREF(file);
  Py_DECREF(module);
  return rc ? -1 : 0;
}

/* The packages that the driver needs lie beside it, or, when it runs from a source tree, in the environment it was
   built in. Both come last on sys.path, so that a host's own versions win. */
static void find_packages(const char *folder, char *out) {
  argus_python installed;
  argus_python_find(folder, &installed);
  *out = 0;
  char *bin = strstr(installed.exe, "/bin/python");
  if (!bin || !installed.minor) return;
  int length = (int)(bin - installed.exe);
  if (snprintf(out, ARGUS_PATH, "%.*s/lib/python3.%d/site-packages", length, installed.exe, installed.minor) >=
      ARGUS_PATH)
    *out = 0;
}

static int register_core(const char *path, const char *folder) {
  char packages[ARGUS_PATH];
  find_packages(folder, packages);
  PyObject *names = PyDict_New(), *code = NULL, *done = NULL, *where = PyUnicode_DecodeFSDefault(path), *spec;
  PyObject *more = PyUnicode_DecodeFSDefault(packages);
  int rc = -1;
  if (names && where && more && !PyDict_SetItemString(names, "path", where) &&
      !PyDict_SetItemString(names, "packages", more) &&
      !PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins()) &&
      (code = Py_CompileString(registration, "<argus boot>", Py_file_input)) &&
      (done = PyEval_EvalCode(code, names, names)) && (spec = PyDict_GetItemString(names, "spec")))
    rc = spec == Py_None ? 0 : set_module(spec);
  Py_XDECREF(done);
  Py_XDECREF(code);
  Py_XDECREF(more);
  Py_XDECREF(where);
  Py_XDECREF(names);
  return rc;
}

static void python_failed(void) {
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  PyErr_NormalizeException(&type, &value, &trace);
  PyObject *text = value ? PyObject_Str(value) : NULL, *bytes = text ? PyUnicode_AsUTF8String(text) : NULL;
  PyObject *name = type ? PyObject_GetAttrString(type, "__name__") : NULL,
           *label = name ? PyUnicode_AsUTF8String(name) : NULL;
  snprintf(why, sizeof why, "Python runs, but argus_odbc cannot be imported: %s: %s",
           label ? PyBytes_AsString(label) : "an error", bytes ? PyBytes_AsString(bytes) : "it has no text");
  PyErr_Clear();
  Py_XDECREF(label);
  Py_XDECREF(name);
  Py_XDECREF(bytes);
  Py_XDECREF(text);
  Py_XDECREF(type);
  Py_XDECREF(value);
  Py_XDECREF(trace);
}

/* ---- fork, when Python is ours: the child gets a Python that is whole, though another thread was inside it ----
 * A thread state is made without the GIL, under a lock of Python's that 3.11 takes in the child before it is made anew
 * there: so none is made during a fork. The handlers are registered again after each library that came, and the GIL is
 * taken by the prepare handler that runs first, which is the last one registered: DuckDB's allocator locks itself in
 * its own, and a thread that holds the GIL may be waiting for that allocator. The others only count, so that the child
 * and the parent act in their last. */
static __thread int fork_depth;
static __thread int fork_ours; /* 0 when Python itself forks: it holds the GIL and does all this */
static PyGILState_STATE fork_gil;
static uint32_t making; /* lock: of who has no thread state and gets one */

static void before_fork(void) {
  if (fork_depth++) return;
  argus_lock(&making); /* drops the GIL while it waits: who has the lock wants that */
  fork_ours = !argus_gil_held();
  if (!fork_ours) return;
  fork_gil = PyGILState_Ensure();
  PyOS_BeforeFork();
}

static void after_fork_parent(void) {
  if (--fork_depth) return;
  argus_unlock(&making);
  if (!fork_ours) return;
  PyOS_AfterFork_Parent();
  PyGILState_Release(fork_gil);
}

/* Not Release: 3.11 cannot go to no thread state at all and back, and this may be the child's only one. */
static void after_fork_child(void) {
  if (--fork_depth) return;
  argus_unlock(&making);
  if (!fork_ours) return;
  PyOS_AfterFork_Child();
  PyEval_SaveThread();
}

/* ---- starting ---- */
/* PyStatus, by value; the same since 3.8. */
typedef struct {
  int type;
  const char *func, *err_msg;
  int exitcode;
} status;

static int minor_version(void) {
  int major = 0, minor = 0;
  sscanf(Py_GetVersion(), "%d.%d", &major, &minor);
  return minor;
}

/* UTF-8 to wchar_t with lone bytes as Python's surrogateescape wants them; the host's locale has no say. */
static void widen(const char *in, wchar_t *out) {
  const unsigned char *p = (const unsigned char *)in;
  while (*p) {
    int more = *p >= 0xF0 && *p < 0xF5 ? 3 : *p >= 0xE0 ? 2 : *p >= 0xC2 ? 1 : 0;
    uint32_t c = more == 3 ? *p & 7 : more == 2 ? *p & 15 : *p & 31;
    if (*p < 0x80) c = *p, more = 0;
    int whole = *p < 0x80 || (more && *p < 0xF5);
    for (int i = 1; whole && i <= more; i++) {
      whole = (p[i] & 0xC0) == 0x80;
      c = c << 6 | (p[i] & 63);
    }
    *out++ = (wchar_t)(whole ? c : 0xDC00u + *p);
    p += whole ? more + 1 : 1;
  }
  *out = 0;
}

/* Up to 3.13. PyConfig is kept opaque: the isolated one (no signal handlers, no environment, no arguments) is what is
   wanted, with the program name from Py_SetProgramName. PyPreConfig has had these fields since 3.8. */
static int start_config(const char *exe) {
  static wchar_t program[ARGUS_PATH]; /* Python keeps the pointer */
  _Alignas(16) char config[16384] = {0};
  int pre[64] = {0};
  enum { ISOLATED = 2, USE_ENVIRONMENT = 3, CONFIGURE_LOCALE = 4, UTF8_MODE = 7 };
  void (*pre_init)(int *) = (void (*)(int *))argus_symbol(NULL, "PyPreConfig_InitIsolatedConfig");
  status (*pre_start)(const int *) = (status (*)(const int *))argus_symbol(NULL, "Py_PreInitialize");
  void (*set_name)(const wchar_t *) = (void (*)(const wchar_t *))argus_symbol(NULL, "Py_SetProgramName");
  void (*init)(void *) = (void (*)(void *))argus_symbol(NULL, "PyConfig_InitIsolatedConfig");
  status (*start)(const void *) = (status (*)(const void *))argus_symbol(NULL, "Py_InitializeFromConfig");
  void (*clear)(void *) = (void (*)(void *))argus_symbol(NULL, "PyConfig_Clear");
  if (!pre_init || !pre_start || !set_name || !init || !start || !clear)
    return failed("this version has none of the known ways to start it");
  pre_init(pre);
  if (pre[ISOLATED] != 1 || pre[USE_ENVIRONMENT] != 0 || pre[CONFIGURE_LOCALE] != 0 || pre[UTF8_MODE] != 0)
    return failed("this version's PyPreConfig is not laid out as up to 3.13");
  /* The host may never have called setlocale, and then file names and files would be ASCII. */
  pre[UTF8_MODE] = 1;
  status result = pre_start(pre);
  if (result.type) return failed(result.err_msg ? result.err_msg : "Py_PreInitialize");
  if (*exe) {
    widen(exe, program);
    set_name(program);
  }
  init(config);
  result = start(config);
  clear(config);
  return result.type ? failed(result.err_msg ? result.err_msg : "Py_InitializeFromConfig") : 0;
}

/* 3.14 and later: options by name; isolated is the default. */
static int start_options(void *(*create)(void), const char *exe) {
  typedef int (*set_int)(void *, const char *, int64_t);
  typedef int (*set_text)(void *, const char *, const char *);
  set_int integer = (set_int)argus_symbol(NULL, "PyInitConfig_SetInt");
  set_text string = (set_text)argus_symbol(NULL, "PyInitConfig_SetStr");
  int (*start)(void *) = (int (*)(void *))argus_symbol(NULL, "Py_InitializeFromInitConfig");
  int (*error)(void *, const char **) = (int (*)(void *, const char **))argus_symbol(NULL, "PyInitConfig_GetError");
  void (*drop)(void *) = (void (*)(void *))argus_symbol(NULL, "PyInitConfig_Free");
  const char *text = "PyInitConfig";
  if (!integer || !string || !start || !error || !drop) return failed("PyInitConfig is there only in part");
  void *config = create();
  if (!config) return failed("no memory");
  int rc = integer(config, "utf8_mode", 1) || (*exe && string(config, "program_name", exe)) || start(config);
  if (rc) {
    error(config, &text);
    failed(text);
  }
  drop(config);
  return rc ? -1 : 0;
}

static int start(const char *folder) {
  argus_python installed;
  char exe[ARGUS_PATH];
  argus_python_find(folder, &installed);
  argus_python_exe(&installed, minor_version(), (const void *)Py_GetVersion, exe);
  void *(*create)(void) = (void *(*)(void))argus_symbol(NULL, "PyInitConfig_Create");
  return create ? start_options(create, exe) : start_config(exe);
}

/* ---- threads inside ----
 * Those that are in Python, or in the library of a backend without the GIL, are counted, for this process: a forked
 * child has none of its parent's. At the end no thread gets inside any more. The end of a Python that a host brought:
 * Python ends a thread that asks for the GIL after that by pthread_exit, which unwinds the frames of a backend's C++
 * and aborts the process. So its exit handler cancels what runs and waits until no thread is inside. */
static uint32_t inside, inside_of;
static __thread int depth;

static uint32_t *inside_here(void) {
  if (__atomic_load_n(&inside_of, __ATOMIC_SEQ_CST) != argus_generation) {
    __atomic_store_n(&inside, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&inside_of, argus_generation, __ATOMIC_SEQ_CST);
  }
  return &inside;
}

void argus_inside_begin(void) {
  if (depth++ == 0) {
    __atomic_add_fetch(inside_here(), 1, __ATOMIC_SEQ_CST);
    if (argus_thread_ending() > 0) {
      __atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
      argus_thread_stop();
    }
  }
}

void argus_inside_end(void) {
  if (--depth == 0 && __atomic_load_n(inside_here(), __ATOMIC_SEQ_CST))
    __atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
}

int argus_gil_enter(void) {
  argus_inside_begin();
  if (!embedded || PyGILState_GetThisThreadState()) return (int)PyGILState_Ensure();
  argus_lock(&making);
  PyGILState_STATE gil = PyGILState_Ensure();
  argus_unlock(&making);
  return (int)gil;
}

void argus_gil_leave(int gil) {
  PyGILState_Release((PyGILState_STATE)gil);
  argus_inside_end();
}

/* A thread that comes back often keeps its thread state meanwhile: making one maps memory, and ending it unmaps that.
   It does not count as inside. */
void argus_gil_keep(void) {
  (void)argus_gil_enter();
  (void)PyEval_SaveThread();
  argus_inside_end();
}

/* After Python's end it has been freed already. Whoever waits for the thread does not wait for the GIL then. */
void argus_gil_part(void) {
  if (depth++ == 0) {
    __atomic_add_fetch(inside_here(), 1, __ATOMIC_SEQ_CST);
    if (argus_thread_ending() > 0) {
      __atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
      depth--;
      return;
    }
  }
  PyGILState_STATE gil = PyGILState_Ensure();
  PyGILState_Release(PyGILState_LOCKED); /* one of the two that are counted; the GIL stays */
  argus_gil_leave((int)gil);
}

static int others_inside(void) { return (int)__atomic_load_n(inside_here(), __ATOMIC_SEQ_CST) - (depth > 0); }

int argus_end_begins(void) {
  argus_thread_ends_process();
  return others_inside();
}

void argus_end_waits(int64_t timeout_ms) {
  int64_t end = argus_now_ns() + timeout_ms * 1000000;
  while (others_inside() > 0 && argus_now_ns() < end) argus_sleep_ms(2);
}

/* ---- exit ----
 * Python is never finalized when it is ours, so other threads may be inside when exit() ends the static objects of the
 * libraries that a backend brought, and would crash with the next use of one: DuckDB's keywords and its casts are such.
 * So what runs is cancelled before that, and waited for; then the GIL is taken and kept, and whoever is still inside
 * waits for it until the process is gone. */
enum { EXIT_WAIT_MS = 2000 };
static uint64_t guarded; /* argus_libraries_opened at the last registration */

static argus_monitor *exit_monitor;
static int all_cancelled;

static void cancel_all(void *unused) {
  (void)unused;
  depth++; /* not counted, and not stopped where it comes inside */
  PyGILState_STATE gil = PyGILState_Ensure();
  PyObject *driver = PyImport_ImportModule("argus_odbc.driver");
  PyObject *done = driver ? PyObject_CallMethod(driver, "cancel_all", NULL) : NULL;
  if (!done) PyErr_WriteUnraisable(driver);
  Py_XDECREF(done);
  Py_XDECREF(driver);
  PyGILState_Release(gil);
  argus_monitor_lock(exit_monitor);
  all_cancelled = 1;
  argus_monitor_notify_all(exit_monitor);
  argus_monitor_unlock(exit_monitor);
}

/* Another thread takes the GIL first, so that one that holds it for good does not keep the process from ending. */
static void stop_python(void) {
  static int stopped;
  argus_thread thread;
  if (stopped || argus_gil_held() || !(exit_monitor = argus_monitor_create())) return;
  stopped = 1;
  int64_t end = argus_now_ns() + (int64_t)EXIT_WAIT_MS * 1000000;
  argus_thread_ends_process();
  if (argus_thread_start(cancel_all, NULL, &thread)) return;
  argus_monitor_lock(exit_monitor);
  while (!all_cancelled && argus_now_ns() < end) argus_monitor_wait(exit_monitor, EXIT_WAIT_MS);
  int free_gil = all_cancelled;
  argus_monitor_unlock(exit_monitor);
  if (!free_gil) return;
  argus_thread_join(thread);
  argus_end_waits((end - argus_now_ns()) / 1000000);
  (void)PyGILState_Ensure();
}

/* Handlers of exit() and of fork() run in reverse order of their registration. */
void argus_connected(void) {
  argus_lock(&lock);
  uint64_t opened = argus_libraries_opened();
  if (embedded && opened != guarded && argus_at_exit(stop_python) == 0 &&
      argus_at_fork(before_fork, after_fork_parent, after_fork_child) == 0)
    guarded = opened;
  argus_unlock(&lock);
}

static int boot(void) {
  char path[ARGUS_PATH], folder[ARGUS_PATH];
  if (argus_own_path((const void *)argus_boot, path)) return failed("the path of the core is not known");
  memcpy(folder, path, sizeof folder);
  *strrchr(folder, '/') = 0;
  embedded = !Py_IsInitialized();
  PyGILState_STATE gil = PyGILState_UNLOCKED;
  if (!embedded)
    gil = PyGILState_Ensure();
  else if (start(folder))
    return -1;
  int rc = register_core(path, folder);
  if (rc) python_failed();
  if (!embedded) {
    PyGILState_Release(gil);
  } else {
    PyEval_SaveThread(); /* the host's thread must not keep the GIL */
    argus_at_fork(before_fork, after_fork_parent, after_fork_child);
  }
  return rc;
}

/* Python is never finalized: other threads may be inside it, and exit() must not wait for them. */
int argus_boot(void) {
  int now = __atomic_load_n(&state, __ATOMIC_ACQUIRE);
  if (now == UP) return 0;
  argus_lock(&lock); /* waits without the GIL: whoever has the lock may be waiting for it */
  if (state == NOT_YET) __atomic_store_n(&state, boot() ? FAILED : UP, __ATOMIC_RELEASE);
  now = state;
  argus_unlock(&lock);
  return now == UP ? 0 : -1;
}
