/* A program that loads the driver without a driver manager: host LIBRARY TASK... [in this order]
 *   query   rows and values of a query          error   a failing statement's diagnostics
 *   threads eight threads, one statement each   fork    children while another thread works
 *   reload  close and open the library, 50 times    collect close it, then let Python collect the core
 *   exit    exit() while another thread works   python  run the Python text in ARGUS_TEXT
 *   held    a million rows while another thread never gives the GIL back
 * Environment: HOST_PYTHON a libpython that the program embeds first (HOST_GLOBAL: for everyone; HOST_IDLE: opened,
 * not started); BOOT_THREAD connects on a thread that has ended; ARGUS_CONNECT the connection string.
 * Prints one line for each finding; the exit code is 0 when every task came to its end. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sqlext.h>
#include <sqlucode.h>

/* clang-format off */
#define ALL(X)                                                                                                    \
  X(SQLAllocHandle)                                                                                               \
  X(SQLDriverConnect)                                                                                             \
  X(SQLExecDirect) X(SQLFetch) X(SQLGetData) X(SQLFreeHandle) X(SQLDisconnect) X(SQLGetDiagRec) X(SQLGetDiagRecW) \
      X(SQLGetDiagField) X(SQLSetEnvAttr)
/* clang-format on */
#define DECLARE(name) static __typeof__(name) *p##name;
ALL(DECLARE)

static SQLHANDLE env, dbc;
static void *library;
static const char *path;

static void open_library(void) {
  library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    printf("dlopen: %s\n", dlerror());
    exit(2);
  }
#define FIND(name) \
  if (!(p##name = (__typeof__(p##name))dlsym(library, #name))) exit(3);
  ALL(FIND)
}

static void show_error(SQLSMALLINT type, SQLHANDLE handle) {
  SQLCHAR state[6] = "", text[1500] = "";
  SQLINTEGER native = 0;
  SQLSMALLINT length = 0;
  pSQLGetDiagRec(type, handle, 1, state, &native, text, sizeof text, &length);
  printf("error %s %s\n", state, text);
}

static int open_connection(void) {
  const char *text = getenv("ARGUS_CONNECT") ? getenv("ARGUS_CONNECT") : "Backend=duckdb";
  pSQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env);
  pSQLSetEnvAttr(env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0);
  pSQLAllocHandle(SQL_HANDLE_DBC, env, &dbc);
  SQLRETURN rc = pSQLDriverConnect(dbc, NULL, (SQLCHAR *)text, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT);
  if (!SQL_SUCCEEDED(rc)) show_error(SQL_HANDLE_DBC, dbc);
  return SQL_SUCCEEDED(rc) ? 0 : -1;
}

static void close_connection(void) {
  pSQLDisconnect(dbc);
  pSQLFreeHandle(SQL_HANDLE_DBC, dbc);
  pSQLFreeHandle(SQL_HANDLE_ENV, env);
}

/* Sum of the numbers and length of the texts of `select i, text`; -1 after a failure. */
static long query(const char *sql) {
  SQLHANDLE stmt;
  SQLBIGINT number;
  char text[64];
  SQLLEN got;
  long sum = 0;
  if (pSQLAllocHandle(SQL_HANDLE_STMT, dbc, &stmt)) return -1;
  if (!SQL_SUCCEEDED(pSQLExecDirect(stmt, (SQLCHAR *)sql, SQL_NTS))) {
    show_error(SQL_HANDLE_STMT, stmt);
    sum = -1;
  }
  while (sum >= 0 && pSQLFetch(stmt) == SQL_SUCCESS) {
    if (pSQLGetData(stmt, 1, SQL_C_SBIGINT, &number, 0, &got) ||
        pSQLGetData(stmt, 2, SQL_C_CHAR, text, sizeof text, &got))
      sum = -1;
    else
      sum += number + got;
  }
  pSQLFreeHandle(SQL_HANDLE_STMT, stmt);
  return sum;
}

/* 0 + … + 99, and ten texts of one character and ninety of two */
static const char hundred[] = "select i, cast(i as varchar) from range(100) t(i)";
enum { HUNDRED = 4950 + 190 };

static void *connect_thread(void *unused) { return (void *)(long)(open_connection() + 0 * (long)unused); }

static void *worker(void *unused) {
  long right = 0;
  (void)unused;
  for (int i = 0; i < 25; i++) right += query(hundred) == HUNDRED;
  return (void *)right;
}

static void *busy(void *unused) {
  (void)unused;
  const char *sql = getenv("HOST_BUSY");
  for (;;) query(sql ? sql : hundred);
  return NULL;
}

static void start_busy(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, busy, NULL);
  usleep(50000);
}

static int run_python(const char *text) {
  int (*ensure)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, "PyGILState_Ensure");
  void (*release)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "PyGILState_Release");
  int (*run)(const char *, void *) = (int (*)(const char *, void *))dlsym(RTLD_DEFAULT, "PyRun_SimpleStringFlags");
  int gil = ensure(), rc = run(text, NULL);
  release(gil);
  return rc;
}

enum { MILLION = 1000000 };
static volatile int gil_held, gil_wanted;

static void *hold_gil(void *unused) {
  int (*ensure)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, "PyGILState_Ensure");
  void (*release)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "PyGILState_Release");
  (void)unused;
  int gil = ensure();
  gil_held = 1;
  while (!gil_wanted) usleep(1000);
  release(gil);
  return NULL;
}

/* The statement is executed and its first row fetched; what follows must not need the interpreter. */
static int fetch_beside_held_gil(void) {
  SQLHANDLE stmt;
  SQLBIGINT number = 0;
  char text[16];
  SQLLEN got;
  long rows = 0, sum = 0, bytes = 0;
  pthread_t holder;
  SQLRETURN rc;
  pSQLAllocHandle(SQL_HANDLE_STMT, dbc, &stmt);
  pSQLExecDirect(stmt, (SQLCHAR *)"select i, cast(i as varchar) from range(1000000) t(i)", SQL_NTS);
  while ((rc = pSQLFetch(stmt)) == SQL_SUCCESS) {
    if (!rows++) {
      pthread_create(&holder, NULL, hold_gil, NULL);
      while (!gil_held) usleep(1000);
    }
    if (pSQLGetData(stmt, 1, SQL_C_SBIGINT, &number, 0, &got) ||
        pSQLGetData(stmt, 2, SQL_C_CHAR, text, sizeof text, &got))
      break;
    sum += number, bytes += got;
  }
  printf("held %ld rows, sum %ld, %ld characters, %s\n", rows, sum, bytes, rc == SQL_NO_DATA ? "end" : "error");
  gil_wanted = 1;
  pthread_join(holder, NULL);
  pSQLFreeHandle(SQL_HANDLE_STMT, stmt);
  return rows != MILLION;
}

static int task(const char *name) {
  if (!strcmp(name, "query")) {
    long sum = query(hundred);
    printf("query %ld of %d\n", sum, HUNDRED);
    return sum != HUNDRED;
  }
  if (!strcmp(name, "error")) return query("select * from no_such_table") != -1;
  if (!strcmp(name, "held")) return fetch_beside_held_gil();
  if (!strcmp(name, "python")) return run_python(getenv("ARGUS_TEXT"));
  if (!strcmp(name, "threads")) {
    pthread_t threads[8];
    long right = 0;
    for (int i = 0; i < 8; i++) pthread_create(&threads[i], NULL, worker, NULL);
    for (int i = 0; i < 8; i++) {
      void *one;
      pthread_join(threads[i], &one);
      right += (long)one;
    }
    printf("threads %ld of 200 right\n", right);
    return right != 200;
  }
  if (!strcmp(name, "fork")) {
    int bad = 0;
    start_busy();
    for (int i = 0; i < 50; i++) {
      pid_t child = fork();
      if (!child) {
        alarm(10);
        /* DuckDB's own threads are not in the child, so it asks Python only. */
        _exit(run_python("import sys, json, threading; assert json.loads('[1]') == [1]\n"
                         "t = threading.Thread(target=len, args=('',)); t.start(); t.join()")
                  ? 7
                  : 0);
      }
      int status;
      waitpid(child, &status, 0);
      if (status) bad++;
    }
    printf("fork %d of 50 children failed\n", bad);
    fflush(stdout);
    _exit(bad != 0);
  }
  if (!strcmp(name, "reload")) {
    for (int i = 0; i < 50; i++) {
      close_connection();
      dlclose(library);
      /* Something else takes the address, should the library be gone. */
      mmap(NULL, 50000 + 4096 * (size_t)(i % 9), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      open_library();
      if (open_connection() || query(hundred) != HUNDRED) return 1;
    }
    puts("reload 50 times");
    return 0;
  }
  if (!strcmp(name, "collect")) {
    close_connection();
    dlclose(library);
    return run_python(
        "import gc, sys; m = sys.modules.pop('argus_odbc._core'); del m; gc.collect(); print('collected', flush=True)");
  }
  if (!strcmp(name, "exit")) {
    start_busy();
    puts("exit now");
    exit(0);
  }
  printf("no task %s\n", name);
  return 1;
}

int main(int argc, char **argv) {
  struct sigaction before, after;
  setvbuf(stdout, NULL, _IONBF, 0);
  if (argc < 3) return 2;
  path = argv[1];
  const char *python = getenv("HOST_PYTHON");
  if (python) {
    void *own = dlopen(python, RTLD_NOW | (getenv("HOST_GLOBAL") ? RTLD_GLOBAL : RTLD_LOCAL));
    if (!own) return 4;
    if (!getenv("HOST_IDLE")) {
      ((void (*)(int))dlsym(own, "Py_InitializeEx"))(0);
      ((void *(*)(void))dlsym(own, "PyEval_SaveThread"))();
    }
    printf("host %.6s\n", ((const char *(*)(void))dlsym(own, "Py_GetVersion"))());
  }
  char *locale = strdup(setlocale(LC_ALL, NULL));
  sigaction(SIGINT, NULL, &before);
  open_library();
  void *rc = NULL;
  if (getenv("BOOT_THREAD")) {
    pthread_t thread;
    pthread_create(&thread, NULL, connect_thread, NULL);
    pthread_join(thread, &rc);
  } else {
    rc = (void *)(long)open_connection();
  }
  if (rc) return 1;
  sigaction(SIGINT, NULL, &after);
  printf("connected locale %s sigint %s\n", strcmp(locale, setlocale(LC_ALL, NULL)) ? "changed" : "kept",
         before.sa_handler == after.sa_handler ? "kept" : "changed");
  for (int i = 2; i < argc; i++)
    if (task(argv[i])) return 1;
  return 0;
}
