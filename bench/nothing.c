// An ODBC driver that does nothing: one statement text, the number of rows, gives that many rows of six constant
// values. What pyodbc makes of it is the most that pyodbc can make of any driver.
#include <stdlib.h>
#include <string.h>

#include <sqlext.h>

typedef struct {
  long left;
} Handle;

static const SQLSMALLINT types[] = {SQL_BIGINT,   SQL_INTEGER,   SQL_DOUBLE,
                                    SQL_WVARCHAR, SQL_TYPE_DATE, SQL_TYPE_TIMESTAMP};
static const SQLULEN sizes[] = {19, 10, 15, 255, 10, 26};
static const SQLWCHAR text[] = {'t', 'e', 'x', 't', ' ', '7', '7', '7'};

SQLRETURN SQLAllocHandle(SQLSMALLINT type, SQLHANDLE parent, SQLHANDLE *out) {
  (void)type, (void)parent;
  *out = calloc(1, sizeof(Handle));
  return SQL_SUCCESS;
}

SQLRETURN SQLFreeHandle(SQLSMALLINT type, SQLHANDLE h) {
  (void)type;
  free(h);
  return SQL_SUCCESS;
}

SQLRETURN SQLExecDirectW(SQLHSTMT h, SQLWCHAR *sql, SQLINTEGER n) {
  long rows = 0;
  for (SQLINTEGER i = 0; n < 0 ? sql[i] : i < n; i++) rows = rows * 10 + sql[i] - '0';
  ((Handle *)h)->left = rows;
  return SQL_SUCCESS;
}

SQLRETURN SQLNumResultCols(SQLHSTMT h, SQLSMALLINT *n) {
  (void)h;
  *n = sizeof types / sizeof *types;
  return SQL_SUCCESS;
}

SQLRETURN SQLDescribeColW(SQLHSTMT h, SQLUSMALLINT c, SQLWCHAR *name, SQLSMALLINT cap, SQLSMALLINT *n,
                          SQLSMALLINT *type, SQLULEN *size, SQLSMALLINT *digits, SQLSMALLINT *nullable) {
  (void)h;
  if (name && cap > 1) name[0] = (SQLWCHAR)('a' + c - 1), name[1] = 0;
  if (n) *n = 1;
  if (type) *type = types[c - 1];
  if (size) *size = sizes[c - 1];
  if (digits) *digits = c == 6 ? 6 : 0;
  if (nullable) *nullable = SQL_NULLABLE;
  return SQL_SUCCESS;
}

SQLRETURN SQLColAttributeW(SQLHSTMT h, SQLUSMALLINT c, SQLUSMALLINT f, SQLPOINTER t, SQLSMALLINT cap, SQLSMALLINT *n,
                           SQLLEN *number) {
  (void)h, (void)c, (void)f, (void)t, (void)cap, (void)n;
  if (number) *number = SQL_FALSE;
  return SQL_SUCCESS;
}

SQLRETURN SQLRowCount(SQLHSTMT h, SQLLEN *n) {
  (void)h;
  *n = -1;
  return SQL_SUCCESS;
}

SQLRETURN SQLFetch(SQLHSTMT h) { return ((Handle *)h)->left-- > 0 ? SQL_SUCCESS : SQL_NO_DATA; }

SQLRETURN SQLGetData(SQLHSTMT h, SQLUSMALLINT c, SQLSMALLINT type, SQLPOINTER out, SQLLEN cap, SQLLEN *n) {
  static const SQL_TIMESTAMP_STRUCT at = {2000, 1, 2, 3, 4, 5, 0};
  (void)h, (void)c, (void)cap;
  switch (type) {
    case SQL_C_SBIGINT:
    case SQL_C_UBIGINT:
      *(SQLBIGINT *)out = 123456789, *n = 8;
      break;
    case SQL_C_LONG:
    case SQL_C_SLONG:
    case SQL_C_ULONG:
      *(SQLINTEGER *)out = 777, *n = 4;
      break;
    case SQL_C_DOUBLE:
      *(SQLDOUBLE *)out = 0.125, *n = 8;
      break;
    case SQL_C_WCHAR:
      memcpy(out, text, sizeof text), *n = sizeof text;
      ((SQLWCHAR *)out)[8] = 0;
      break;
    case SQL_C_TYPE_DATE:
      memcpy(out, &at, sizeof(SQL_DATE_STRUCT)), *n = sizeof(SQL_DATE_STRUCT);
      break;
    case SQL_C_TYPE_TIMESTAMP:
      memcpy(out, &at, sizeof at), *n = sizeof at;
      break;
    default:
      return SQL_ERROR;
  }
  return SQL_SUCCESS;
}

SQLRETURN SQLGetInfoW(SQLHDBC h, SQLUSMALLINT type, SQLPOINTER out, SQLSMALLINT cap, SQLSMALLINT *n) {
  static const SQLWCHAR version[] = {'0', '3', '.', '8', '0', 0};
  (void)h;
  if (type == SQL_DRIVER_ODBC_VER && cap >= (SQLSMALLINT)sizeof version)
    memcpy(out, version, sizeof version);
  else if (out && cap >= 4)
    memset(out, 0, 4);
  if (n) *n = type == SQL_DRIVER_ODBC_VER ? sizeof version - sizeof *version : 4;
  return SQL_SUCCESS;
}

SQLRETURN SQLGetFunctions(SQLHDBC h, SQLUSMALLINT f, SQLUSMALLINT *out) {
  (void)h;
  if (f == SQL_API_ODBC3_ALL_FUNCTIONS)
    memset(out, 0xff, SQL_API_ODBC3_ALL_FUNCTIONS_SIZE * sizeof *out);
  else
    *out = SQL_TRUE;
  return SQL_SUCCESS;
}

SQLRETURN SQLDriverConnectW(SQLHDBC h, SQLHWND w, SQLWCHAR *in, SQLSMALLINT n, SQLWCHAR *out, SQLSMALLINT cap,
                            SQLSMALLINT *total, SQLUSMALLINT c) {
  (void)h, (void)w, (void)in, (void)n, (void)c;
  if (out && cap > 0) out[0] = 0;
  if (total) *total = 0;
  return SQL_SUCCESS;
}

// Nothing to do, nothing to tell.
#define PLAIN(name, ...) \
  SQLRETURN name(__VA_ARGS__) { return SQL_SUCCESS; }
#define NONE(name, ...) \
  SQLRETURN name(__VA_ARGS__) { return SQL_NO_DATA; }
#pragma GCC diagnostic ignored "-Wunused-parameter"
PLAIN(SQLDisconnect, SQLHDBC h)
PLAIN(SQLSetEnvAttr, SQLHENV h, SQLINTEGER a, SQLPOINTER v, SQLINTEGER n)
PLAIN(SQLSetConnectAttrW, SQLHDBC h, SQLINTEGER a, SQLPOINTER v, SQLINTEGER n)
PLAIN(SQLSetStmtAttrW, SQLHSTMT h, SQLINTEGER a, SQLPOINTER v, SQLINTEGER n)
PLAIN(SQLFreeStmt, SQLHSTMT h, SQLUSMALLINT o)
PLAIN(SQLCloseCursor, SQLHSTMT h)
PLAIN(SQLEndTran, SQLSMALLINT t, SQLHANDLE h, SQLSMALLINT c)
NONE(SQLMoreResults, SQLHSTMT h)
NONE(SQLGetTypeInfoW, SQLHSTMT h, SQLSMALLINT t)
NONE(SQLGetDiagRecW, SQLSMALLINT t, SQLHANDLE h, SQLSMALLINT r, SQLWCHAR *s, SQLINTEGER *e, SQLWCHAR *m, SQLSMALLINT c,
     SQLSMALLINT *n)
NONE(SQLGetDiagFieldW, SQLSMALLINT t, SQLHANDLE h, SQLSMALLINT r, SQLSMALLINT f, SQLPOINTER o, SQLSMALLINT c,
     SQLSMALLINT *n)

// The driver manager asks for the addresses of the implicit descriptors.
SQLRETURN SQLGetStmtAttrW(SQLHSTMT h, SQLINTEGER a, SQLPOINTER out, SQLINTEGER cap, SQLINTEGER *n) {
  (void)a, (void)cap, (void)n;
  *(SQLPOINTER *)out = h;
  return SQL_SUCCESS;
}
