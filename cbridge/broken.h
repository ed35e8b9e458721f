/* What the loader says when it has no core: handles are dummies, so that connect can fail, and the reason is the one
 * diagnostic record of each of them. Included by loader.c before the trampolines. */
enum { WHY = 1200 };
static uint32_t lock; /* of opening the core, and so of the reason, which each try words again */
static char why[WHY] = "[Argus] ";
static uint32_t no_core;
static char dummy;

static const char *reason(char *out) {
  argus_lock(&lock);
  memcpy(out, why, WHY);
  argus_unlock(&lock);
  return out;
}

/* The reason as the application reads text: UTF-8, UTF-16 or UTF-32. Lengths are in units; the end is a zero unit. */
static int put_text(const char *text, void *out, long capacity, int unit) {
  const unsigned char *p = (const unsigned char *)text;
  long n = 0;
  while (*p) {
    uint32_t c = *p++;
    if (unit > 1 && c >= 0xC0) {
      int more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
      c &= 0x3F >> more;
      while (more-- > 0 && (*p & 0xC0) == 0x80) c = c << 6 | (*p++ & 63);
    }
    uint32_t pair[2] = {c, 0};
    int units = unit == 2 && c > 0xFFFF ? 2 : 1;
    if (units == 2) pair[0] = 0xD7C0 + (c >> 10), pair[1] = 0xDC00 + (c & 0x3FF);
    for (int i = 0; i < units; i++, n++) {
      if (!out || n + 1 >= capacity) continue;
      if (unit == 1) ((unsigned char *)out)[n] = (unsigned char)pair[i];
      if (unit == 2) ((uint16_t *)out)[n] = (uint16_t)pair[i];
      if (unit == 4) ((uint32_t *)out)[n] = pair[i];
    }
  }
  if (out && capacity > 0) memset((char *)out + unit * (n < capacity ? n : capacity - 1), 0, (size_t)unit);
  return (int)n;
}

static SQLRETURN broken_alloc(SQLHANDLE *out) {
  if (!out) return SQL_ERROR;
  *out = &dummy;
  return SQL_SUCCESS;
}

static SQLRETURN broken_rec(SQLSMALLINT number, void *state, SQLINTEGER *native, void *message, SQLSMALLINT capacity,
                            SQLSMALLINT *length, int unit) {
  if (number < 1 || capacity < 0) return SQL_ERROR;
  if (number > 1) return SQL_NO_DATA;
  char text[WHY];
  if (state) put_text("HY000", state, 6, unit);
  if (native) *native = 0;
  int n = put_text(reason(text), message, capacity, unit);
  if (length) *length = (SQLSMALLINT)n;
  return message && n >= capacity ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS;
}

/* SQLError answers each record once: the reason, then that there is no more. */
static SQLRETURN broken_error(void *state, SQLINTEGER *native, void *message, SQLSMALLINT capacity, SQLSMALLINT *length,
                              int unit) {
  static int told;
  return __atomic_xor_fetch(&told, 1, __ATOMIC_RELAXED) ? broken_rec(1, state, native, message, capacity, length, unit)
                                                        : SQL_NO_DATA;
}

static SQLRETURN broken_field(SQLSMALLINT number, SQLSMALLINT field, void *out, SQLSMALLINT bytes, SQLSMALLINT *length,
                              int unit) {
  const char *text = "";
  char copy[WHY];
  if (field == SQL_DIAG_NUMBER) {
    if (out) *(SQLINTEGER *)out = 1;
    return SQL_SUCCESS;
  }
  if (field == SQL_DIAG_RETURNCODE) {
    if (out) *(SQLRETURN *)out = SQL_ERROR;
    return SQL_SUCCESS;
  }
  if (number < 1) return SQL_ERROR;
  if (number > 1) return SQL_NO_DATA;
  switch (field) {
    case SQL_DIAG_NATIVE:
      if (out) *(SQLINTEGER *)out = 0;
      return SQL_SUCCESS;
    case SQL_DIAG_ROW_NUMBER:
      if (out) *(SQLLEN *)out = SQL_NO_ROW_NUMBER;
      return SQL_SUCCESS;
    case SQL_DIAG_COLUMN_NUMBER:
      if (out) *(SQLINTEGER *)out = SQL_NO_COLUMN_NUMBER;
      return SQL_SUCCESS;
    case SQL_DIAG_SQLSTATE:
      text = "HY000";
      break;
    case SQL_DIAG_MESSAGE_TEXT:
      text = reason(copy);
      break;
    case SQL_DIAG_CLASS_ORIGIN:
    case SQL_DIAG_SUBCLASS_ORIGIN:
      text = "ISO 9075";
      break;
    case SQL_DIAG_CONNECTION_NAME:
    case SQL_DIAG_SERVER_NAME:
      break;
    default:
      return SQL_ERROR;
  }
  if (bytes < 0) return SQL_ERROR;
  int n = put_text(text, out, bytes / unit, unit);
  if (length) *length = (SQLSMALLINT)(n * unit);
  return out && n >= bytes / unit ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS;
}
