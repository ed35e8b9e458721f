// Fetches one result through the driver file, without a driver manager, and prints what it took as one line of JSON.
//
//     harness DRIVER CONNECTION SQL COLUMNS MODE
//
// COLUMNS has one letter for each column: i bigint, l int, d double, s text, S long text, w text as SQLWCHAR, D date,
// T timestamp.
// MODE is block:N (N rows in bound columns for each SQLFetch), warm:N (the same, after the same result was fetched once
// over a connection that is closed again, as the clients beside it have done theirs before in their processes), cells
// (SQLFetch and one SQLGetData for each cell), quiet (as cells, without a look at the clock), busy (as quiet, while a
// second thread runs Python code all the time), static:N (as block, with a scrollable cursor that has first read the
// whole result and gone back), pair:N and trio:N (as block, two connections on two threads that each fetch the whole
// result; trio: while a third thread runs Python code; load:N is trio with a third thread that only counts, in C, and
// has nothing to do with Python; without :N as quiet). The sums of a pair are those of one. Each connection of a pair
// has a processor of its own, which its threads do not leave; alone:N and alone are one connection on one processor.
// cpu_seconds is the processor time of all threads but that third one, whose time is other_seconds.
//
// call_ns is what one call took: in `cells` an SQLGetData, the clock read before the first cell of a row and behind its
// last; in blocks an SQLFetch with the summing, the clock read every LAP calls. It is the median of these laps, since
// other programs on the processor make some of them long. late_to_early is the time of the last tenth of the laps in
// that of the first tenth.
//
// The sums let the caller prove that the values are right: a fast wrong answer is no answer. Of texts the sum is that
// of their lengths, and warm:N and cells print `bytes` too, summed while nothing is measured: each byte times its place
// in its text, from 1.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <sqlext.h>

enum { MAX_COLUMNS = 32, MAX_BLOCK = 10000, TEXT_BYTES = 64, LONG_TEXT_BYTES = 512, LAP = 1024 };

// The cells of one column for a block of rows. Rows stand `width` apart.
typedef struct {
  char letter;
  SQLSMALLINT c_type;
  SQLLEN width;
  char *data;
  SQLLEN *lengths;
  int64_t sum;       // integers; bytes of text; days and seconds since 1970
  double float_sum;  // doubles
  int weigh;         // texts are read as well
  int64_t bytes;     // what that comes to: each byte times its place in its text, from 1
} Bound;

static void *driver;
static SQLHENV env;
static _Thread_local SQLHDBC dbc;
static _Thread_local SQLHSTMT stmt;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

// Processor time of all threads so far.
static double worked(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
}

// ---- laps: how often a call took how many tenths of a nanosecond ----

enum { MOST_TENTHS = 100000, MOST_LAPS = 4096 };

typedef struct {
  uint32_t count[MOST_TENTHS];
  uint32_t all;
  double ended[MOST_LAPS];  // when each of the first ones was over
} Laps;

static void lap(Laps *laps, double seconds, int calls) {
  double tenths = seconds * 1e10 / calls;
  laps->count[tenths < MOST_TENTHS ? (int)tenths : MOST_TENTHS - 1]++;
  if (laps->all < MOST_LAPS) laps->ended[laps->all] = now();
  laps->all++;
}

// How long the last tenth of the laps took, measured in that of the first tenth; 0 with less than 20 laps.
static double late_to_early(const Laps *laps) {
  uint32_t n = laps->all < MOST_LAPS ? laps->all : MOST_LAPS, tenth = n / 10;
  if (tenth < 2) return 0;
  // The first lap begins when it likes.
  return (laps->ended[n - 1] - laps->ended[n - 1 - tenth]) / (laps->ended[tenth] - laps->ended[0]);
}

static double median_ns(const Laps *laps) {
  uint32_t seen = 0;
  int tenths = 0;
  while (tenths < MOST_TENTHS - 1 && (seen += laps->count[tenths]) <= laps->all / 2) tenths++;
  return tenths / 10.0;
}

static void *function(const char *name) {
  void *found = dlsym(driver, name);
  if (!found) {
    fprintf(stderr, "the driver has no %s\n", name);
    exit(2);
  }
  return found;
}

#define CALL(name, ...) ((__typeof__(&name))function(#name))(__VA_ARGS__)

static void check(SQLRETURN rc, SQLSMALLINT type, SQLHANDLE handle, const char *what) {
  if (SQL_SUCCEEDED(rc)) return;
  SQLCHAR state[6] = "", text[1024] = "";
  SQLINTEGER native = 0;
  SQLSMALLINT length = 0;
  CALL(SQLGetDiagRec, type, handle, 1, state, &native, text, sizeof text, &length);
  fprintf(stderr, "%s: %d [%s] %s\n", what, rc, state, text);
  exit(1);
}

// ---- values ----

static inline int64_t days(int year, int month, int day) {
  year -= month <= 2;
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  int64_t yoe = year - era * 400;
  int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void set_up(Bound *b, char letter, SQLLEN rows) {
  b->letter = letter;
  switch (letter) {
    case 'i':
      b->c_type = SQL_C_SBIGINT, b->width = 8;
      break;
    case 'l':
      b->c_type = SQL_C_SLONG, b->width = 4;
      break;
    case 'd':
      b->c_type = SQL_C_DOUBLE, b->width = 8;
      break;
    case 's':
      b->c_type = SQL_C_CHAR, b->width = TEXT_BYTES;
      break;
    case 'S':
      b->c_type = SQL_C_CHAR, b->width = LONG_TEXT_BYTES;
      break;
    case 'w':
      b->c_type = SQL_C_WCHAR, b->width = TEXT_BYTES * (SQLLEN)sizeof(SQLWCHAR);
      break;
    case 'D':
      b->c_type = SQL_C_TYPE_DATE, b->width = sizeof(SQL_DATE_STRUCT);
      break;
    case 'T':
      b->c_type = SQL_C_TYPE_TIMESTAMP, b->width = sizeof(SQL_TIMESTAMP_STRUCT);
      break;
    default:
      fprintf(stderr, "no column letter %c\n", letter);
      exit(2);
  }
  b->data = calloc((size_t)rows, (size_t)b->width);
  b->lengths = calloc((size_t)rows, sizeof(SQLLEN));
}

// Loops without branches, and for doubles several sums side by side (-fopenmp-simd): the sums must not be what is
// measured, nor what such a loop does before its first row where there is only one. The values of NULL cells stay those
// of the row before.
#define SUM(total, value)                                                        \
  do {                                                                           \
    __typeof__(total) sum = 0;                                                   \
    if (rows == 1) {                                                             \
      const SQLLEN r = 0;                                                        \
      sum = lengths[r] == SQL_NULL_DATA ? 0 : (value);                           \
    } else {                                                                     \
      _Pragma("omp simd reduction(+ : sum)") for (SQLLEN r = 0; r < rows; r++) { \
        __typeof__(total) v = (value);                                           \
        sum += lengths[r] == SQL_NULL_DATA ? 0 : v;                              \
      }                                                                          \
    }                                                                            \
    total += sum;                                                                \
  } while (0)

static void weigh(Bound *b, SQLLEN rows) {
  for (SQLLEN r = 0; r < rows; r++) {
    const unsigned char *text = (const unsigned char *)b->data + r * b->width;
    for (SQLLEN i = 0; i < b->lengths[r]; i++) b->bytes += text[i] * (i + 1);
  }
}

static void add(Bound *b, SQLLEN rows) {
  const SQLLEN *lengths = b->lengths;
  const SQL_DATE_STRUCT *date = (const SQL_DATE_STRUCT *)b->data;
  const SQL_TIMESTAMP_STRUCT *at = (const SQL_TIMESTAMP_STRUCT *)b->data;
  switch (b->letter) {
    case 'i':
      SUM(b->sum, ((const int64_t *)b->data)[r]);
      break;
    case 'l':
      SUM(b->sum, ((const int32_t *)b->data)[r]);
      break;
    case 'd':
      SUM(b->float_sum, ((const double *)b->data)[r]);
      break;
    case 's':
    case 'S':
    case 'w':
      SUM(b->sum, lengths[r]);
      if (b->weigh) weigh(b, rows);
      break;
    case 'D':
      SUM(b->sum, days(date[r].year, date[r].month, date[r].day));
      break;
    default:
      SUM(b->sum,
          days(at[r].year, at[r].month, at[r].day) * 86400 + at[r].hour * 3600 + at[r].minute * 60 + at[r].second);
  }
}

// ---- the second thread: runs Python without end; the process leaves by exit() while it does ----

static void *busy(void *started) {
  int (*ensure)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, "PyGILState_Ensure");
  int (*run)(const char *) = (int (*)(const char *))dlsym(RTLD_DEFAULT, "PyRun_SimpleString");
  if (!ensure || !run) {
    fprintf(stderr, "no Python is visible in this process\n");
    exit(2);
  }
  ensure();
  *(volatile int *)started = 1;
  run("n = 0\nwhile True:\n    n += 1\n");
  return NULL;
}

// The same amount of work for the machine, without an interpreter.
static void *count(void *started) {
  volatile uint64_t n = 0;
  *(volatile int *)started = 1;
  for (;;) n++;
  return NULL;
}

static double worked_by(pthread_t thread) {
  clockid_t clock;
  struct timespec t;
  if (pthread_getcpuclockid(thread, &clock) || clock_gettime(clock, &t)) return 0;
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

// ---- the two ways to fetch ----

static int64_t fetch_blocks(Bound *columns, int n, SQLULEN block, Laps *laps) {
  SQLULEN fetched = 0;
  int64_t rows = 0, calls = 0;
  SQLRETURN rc;
  __typeof__(&SQLFetch) fetch = (__typeof__(&SQLFetch))function("SQLFetch");
  CALL(SQLSetStmtAttr, stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)block, 0);
  CALL(SQLSetStmtAttr, stmt, SQL_ATTR_ROWS_FETCHED_PTR, &fetched, 0);
  for (int c = 0; c < n; c++)
    check(CALL(SQLBindCol, stmt, (SQLUSMALLINT)(c + 1), columns[c].c_type, columns[c].data, columns[c].width,
               columns[c].lengths),
          SQL_HANDLE_STMT, stmt, "SQLBindCol");
  double before = now();
  while ((rc = fetch(stmt)) != SQL_NO_DATA) {
    check(rc, SQL_HANDLE_STMT, stmt, "SQLFetch");
    for (int c = 0; c < n; c++) add(&columns[c], (SQLLEN)fetched);
    rows += (int64_t)fetched;
    if (++calls % LAP == 0) {
      double after = now();
      lap(laps, after - before, LAP);
      before = after;
    }
  }
  return rows;
}

// `laps` is NULL where the whole is measured: the clock takes a fourth of the time of a row.
static int64_t fetch_cells(Bound *columns, int n, Laps *laps) {
  int64_t rows = 0;
  SQLRETURN rc;
  __typeof__(&SQLFetch) fetch = (__typeof__(&SQLFetch))function("SQLFetch");
  __typeof__(&SQLGetData) get = (__typeof__(&SQLGetData))function("SQLGetData");
  while ((rc = fetch(stmt)) != SQL_NO_DATA) {
    check(rc, SQL_HANDLE_STMT, stmt, "SQLFetch");
    double start = laps ? now() : 0;
    for (int c = 0; c < n; c++) {
      Bound *b = &columns[c];
      rc = get(stmt, (SQLUSMALLINT)(c + 1), b->c_type, b->data, b->width, b->lengths);
      if (rc != SQL_SUCCESS) check(rc, SQL_HANDLE_STMT, stmt, "SQLGetData");
    }
    if (laps) lap(laps, now() - start, n);
    for (int c = 0; c < n; c++) add(&columns[c], 1);
    rows++;
  }
  return rows;
}

static int64_t fetch_static(Bound *columns, int n, SQLULEN block, Laps *laps) {
  check(CALL(SQLFetchScroll, stmt, SQL_FETCH_LAST, 0), SQL_HANDLE_STMT, stmt, "SQLFetchScroll");
  check(CALL(SQLFetchScroll, stmt, SQL_FETCH_FIRST, 0), SQL_HANDLE_STMT, stmt, "SQLFetchScroll");
  if (CALL(SQLFetchScroll, stmt, SQL_FETCH_PRIOR, 0) != SQL_NO_DATA) exit(3);
  return fetch_blocks(columns, n, block, laps);
}

static long peak_kb(void) {
  char line[256];
  long kb = 0;
  FILE *f = fopen("/proc/self/status", "r");
  while (f && fgets(line, sizeof line, f))
    if (sscanf(line, "VmHWM: %ld", &kb) == 1) break;
  if (f) fclose(f);
  return kb;
}

// One connection and its thread. On cache lines of its own: what one thread counts must not slow the other down.
typedef struct {
  _Alignas(256) char **argv;
  int n;
  SQLULEN block;  // 0: cells
  int is_static;
  int timed;      // cells: each row's calls
  int warm;       // the result is fetched once before
  int processor;  // the one that the connection's threads share; -1: all of them
  pthread_barrier_t *start;
  Bound columns[MAX_COLUMNS];
  int64_t rows;
  double begun, executed, ended;
  Laps laps;
} Run;

// This thread's connection and statement.
static void connect_to(char *text) {
  check(CALL(SQLAllocHandle, SQL_HANDLE_DBC, env, &dbc), SQL_HANDLE_ENV, env, "SQLAllocHandle");
  check(CALL(SQLDriverConnect, dbc, NULL, (SQLCHAR *)text, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT), SQL_HANDLE_DBC,
        dbc, "SQLDriverConnect");
  check(CALL(SQLAllocHandle, SQL_HANDLE_STMT, dbc, &stmt), SQL_HANDLE_DBC, dbc, "SQLAllocHandle");
}

static void *run(void *given) {
  Run *r = given;
  const char *letters = r->argv[4];
  if (r->processor >= 0) {  // threads that this one starts, the driver's reader too, stay there with it
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(r->processor, &only);
    if (pthread_setaffinity_np(pthread_self(), sizeof only, &only)) {
      fprintf(stderr, "there is no processor %d\n", r->processor);
      exit(2);
    }
  }
  for (int c = 0; c < r->n; c++) set_up(&r->columns[c], letters[c], (SQLLEN)(r->block ? r->block : 1));
  if (r->warm) {
    for (int c = 0; c < r->n; c++) r->columns[c].weigh = 1;
    connect_to(r->argv[2]);
    check(CALL(SQLExecDirect, stmt, (SQLCHAR *)r->argv[3], SQL_NTS), SQL_HANDLE_STMT, stmt, "SQLExecDirect");
    fetch_blocks(r->columns, r->n, r->block, &r->laps);
    CALL(SQLFreeHandle, SQL_HANDLE_STMT, stmt);
    check(CALL(SQLDisconnect, dbc), SQL_HANDLE_DBC, dbc, "SQLDisconnect");
    CALL(SQLFreeHandle, SQL_HANDLE_DBC, dbc);
    for (int c = 0; c < r->n; c++) r->columns[c].sum = 0, r->columns[c].float_sum = 0, r->columns[c].weigh = 0;
    memset(&r->laps, 0, sizeof r->laps);
  }
  connect_to(r->argv[2]);
  if (r->is_static) CALL(SQLSetStmtAttr, stmt, SQL_ATTR_CURSOR_TYPE, (SQLPOINTER)SQL_CURSOR_STATIC, 0);
  pthread_barrier_wait(r->start);  // connected
  pthread_barrier_wait(r->start);
  r->begun = now();
  check(CALL(SQLExecDirect, stmt, (SQLCHAR *)r->argv[3], SQL_NTS), SQL_HANDLE_STMT, stmt, "SQLExecDirect");
  r->executed = now();
  r->rows = r->is_static ? fetch_static(r->columns, r->n, r->block, &r->laps)
            : r->block   ? fetch_blocks(r->columns, r->n, r->block, &r->laps)
                         : fetch_cells(r->columns, r->n, r->timed ? &r->laps : NULL);
  r->ended = now();
  return NULL;
}

int main(int argc, char **argv) {
  static Run runs[2];
  if (argc != 6) {
    fprintf(stderr,
            "usage: harness DRIVER CONNECTION SQL COLUMNS "
            "block:N|warm:N|static:N|alone:N|pair:N|trio:N|load:N|cells|quiet|busy\n");
    return 2;
  }
  driver = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (!driver) {
    fprintf(stderr, "%s\n", dlerror());
    return 2;
  }
  const char *mode = argv[5], *colon = strchr(mode, ':');
  int n = (int)strlen(argv[4]), is_trio = strncmp(mode, "trio", 4) == 0, is_load = strncmp(mode, "load", 4) == 0;
  int two = is_trio || is_load || strncmp(mode, "pair", 4) == 0, alone = strncmp(mode, "alone", 5) == 0;
  SQLULEN block = colon ? strtoul(colon + 1, NULL, 10) : 0;
  if (n < 1 || n > MAX_COLUMNS || (colon && block < 1) || block > MAX_BLOCK) {
    fprintf(stderr, "1 to %d columns, blocks of 1 to %d rows\n", MAX_COLUMNS, MAX_BLOCK);
    return 2;
  }
  CALL(SQLAllocHandle, SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env);
  CALL(SQLSetEnvAttr, env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0);

  pthread_barrier_t start;
  pthread_barrier_init(&start, NULL, two ? 3 : 2);
  pthread_t threads[2];
  for (int i = 0; i <= two; i++) {
    runs[i].processor = alone || two ? i : -1;
    runs[i].timed = strcmp(mode, "cells") == 0;
    runs[i].argv = argv, runs[i].n = n, runs[i].block = block, runs[i].start = &start;
    for (int c = 0; runs[i].timed && c < n; c++) runs[i].columns[c].weigh = 1;  // nothing of it is measured
    runs[i].warm = strncmp(mode, "warm", 4) == 0;
    runs[i].is_static = strncmp(mode, "static", 6) == 0;
    pthread_create(&threads[i], NULL, run, &runs[i]);
  }
  pthread_barrier_wait(&start);  // all are connected, so there is a Python
  pthread_t third = 0;
  if (is_trio || is_load || strcmp(mode, "busy") == 0) {
    static volatile int started;
    pthread_create(&third, NULL, is_load ? count : busy, (void *)&started);
    while (!started) usleep(1000);
  }
  double before = worked(), other_before = third ? worked_by(third) : 0;
  pthread_barrier_wait(&start);
  for (int i = 0; i <= two; i++) pthread_join(threads[i], NULL);
  double others = third ? worked_by(third) - other_before : 0, cpu = worked() - before - others;

  Run *r = &runs[0], *other = &runs[two];
  double begun = r->begun < other->begun ? r->begun : other->begun;
  double ended = r->ended > other->ended ? r->ended : other->ended;
  for (int c = 0; c < n; c++)
    if (r->columns[c].sum != other->columns[c].sum || r->columns[c].float_sum != other->columns[c].float_sum) {
      fprintf(stderr, "the two connections got different values in column %d\n", c + 1);
      return 1;
    }
  printf(
      "{\"rows\": %lld, \"seconds\": %.6f, \"execute_seconds\": %.6f, \"call_ns\": %.3f, \"late_to_early\": %.4f, "
      "\"cpu_seconds\": %.6f, \"other_seconds\": %.6f, \"peak_kb\": %ld, \"sums\": [",
      (long long)(r->rows + (two ? other->rows : 0)), ended - begun, r->executed - r->begun, median_ns(&r->laps),
      late_to_early(&r->laps), cpu, others, peak_kb());
  for (int c = 0; c < n; c++) {
    const char *comma = c ? ", " : "";
    if (r->columns[c].letter == 'd')
      printf("%s%.6f", comma, r->columns[c].float_sum);
    else
      printf("%s%lld", comma, (long long)r->columns[c].sum);
  }
  printf("], \"bytes\": [");
  for (int c = 0; c < n; c++) printf("%s%lld", c ? ", " : "", (long long)r->columns[c].bytes);
  printf("]}\n");
  fflush(stdout);
  // Without the exit handlers of libraries: a thread may still run Python.
  _exit(0);
}
