# Diagnostic records of a handle: adding, clearing, and the one-line ways to fail or warn.
# Included by _core.pyx after handles.pxi. Every text gets the driver's prefix here and nowhere else.

cdef enum:
    MAX_DIAGS = 1000      # a block of a million bad cells must not fill the memory with records
    SHORT_MESSAGE = 480   # bytes with the prefix: isql cuts after 499, iusql shows nothing of a record that is longer


cdef void diag_clear(Head* h) noexcept nogil:
    """Drop all records; the array is kept for the next ones."""
    cdef int32_t i
    for i in range(h.ndiag):
        free(h.diags[i].message)
    h.ndiag = 0
    h.told = 0


cdef void diag_release(Head* h) noexcept nogil:
    diag_clear(h)
    free(h.diags)
    h.diags = NULL
    h.diag_cap = 0


cdef int64_t heart_end(const char* text, int64_t n, int64_t limit) noexcept nogil:
    """Where to part a long message: after its last whole line within `limit` bytes, else the last word, else there."""
    cdef int64_t i = limit
    while i > limit // 4:
        if text[i] == c"\n":
            return i
        i -= 1
    i = limit
    while i > limit // 4:
        if text[i] == c" ":
            return i
        i -= 1
    return utf8_floor(text, n, limit)


cdef const char* engine_of(Head* h) noexcept nogil:
    """SQL_DBMS_NAME of the handle's connection; "" where there is none yet."""
    if h.magic == MAGIC_FRONT:
        return (<Stmt*>(<char*>h - <size_t>&(<Stmt*>NULL).front)).dbc.engine
    if h.magic == MAGIC_STMT:
        return (<Stmt*>h).dbc.engine
    if h.magic == MAGIC_DBC:
        return (<Dbc*>h).engine
    if h.magic == MAGIC_DESC:
        return (<Desc*>h).dbc.engine
    return b""


cdef void diag_add(Head* h, const char* sqlstate, SQLINTEGER native, SQLLEN row, SQLINTEGER column,
                   const char* text, int64_t n) noexcept nogil:
    """Add a message of n bytes of UTF-8; a long one becomes two records, its heart and the whole rest.

    Programs read the first record into a few hundred bytes, and some drop it when that is too little.
    """
    cdef int64_t first = n, room = SHORT_MESSAGE - <int64_t>strlen(engine_of(h)) - 10
    if n > room:
        first = heart_end(text, n, room)
    diag_record(h, sqlstate, native, row, column, text, first)
    while first < n and (text[first] == c"\n" or text[first] == c" "):
        first += 1
    if first < n:
        diag_record(h, sqlstate, native, row, column, text + first, n - first)


cdef char* prefixed(Head* h, const char* text, int64_t n) noexcept nogil:
    """`[Argus][<engine>] ` and the text (malloc); without an engine where none is known."""
    cdef const char* engine = engine_of(h)
    cdef int64_t k = <int64_t>strlen(engine), at = 7
    cdef char* message = <char*>malloc(n + k + 11)
    if message is NULL:
        return NULL
    memcpy(message, b"[Argus]", 7)
    if k:
        message[at] = c"["
        memcpy(message + at + 1, engine, k)
        message[at + 1 + k] = c"]"
        at += k + 2
    message[at] = c" "
    memcpy(message + at + 1, text, n)
    message[at + 1 + n] = 0
    return message


cdef int32_t diag_rank(const char* sqlstate) noexcept nogil:
    """Lower comes first within a row: a lost transaction, other errors, no data, warnings."""
    if (memcmp(sqlstate, b"40", 2) == 0 or memcmp(sqlstate, b"25S", 3) == 0 or memcmp(sqlstate, b"08007", 5) == 0):
        return 0
    if sqlstate[0] != c"0" or sqlstate[1] > c"2":
        return 1
    return 2 if sqlstate[1] == c"2" else 3


cdef bint goes_before(const char* sqlstate, SQLLEN row, const DiagRec* other) noexcept nogil:
    """Whether a new record stands before `other`: by row (unknown -2, none -1, 1 ...), then by rank; else it follows."""
    if row != other.row:
        return row < other.row
    return diag_rank(sqlstate) < diag_rank(other.sqlstate)


cdef void diag_record(Head* h, const char* sqlstate, SQLINTEGER native, SQLLEN row, SQLINTEGER column,
                      const char* text, int64_t n) noexcept nogil:
    """Add one record where the sequence of status records of SQLGetDiagField has its place."""
    cdef DiagRec* grown
    cdef DiagRec rec
    cdef int32_t at
    if h.ndiag >= MAX_DIAGS:
        if not goes_before(sqlstate, row, &h.diags[h.ndiag - 1]):
            return
        h.ndiag -= 1
        free(h.diags[h.ndiag].message)
    if h.ndiag == h.diag_cap:
        grown = <DiagRec*>realloc(h.diags, (h.diag_cap * 2 + 4) * sizeof(DiagRec))
        if grown is NULL:
            return
        h.diags = grown
        h.diag_cap = h.diag_cap * 2 + 4
    memset(&rec, 0, sizeof(DiagRec))
    memcpy(rec.sqlstate, sqlstate, 5)
    rec.native = native
    rec.row = row
    rec.column = column
    rec.message = prefixed(h, text, n)
    at = h.ndiag
    while at > 0 and goes_before(sqlstate, row, &h.diags[at - 1]):
        at -= 1
    memmove(h.diags + at + 1, h.diags + at, (h.ndiag - at) * sizeof(DiagRec))
    h.diags[at] = rec
    h.ndiag += 1


cdef SQLRETURN fail(Head* h, const char* sqlstate, const char* text) noexcept nogil:
    diag_add(h, sqlstate, 0, SQL_NO_ROW_NUMBER, SQL_NO_COLUMN_NUMBER, text, strlen(text))
    return SQL_ERROR


cdef SQLRETURN warn(Head* h, const char* sqlstate, const char* text) noexcept nogil:
    diag_add(h, sqlstate, 0, SQL_NO_ROW_NUMBER, SQL_NO_COLUMN_NUMBER, text, strlen(text))
    return SQL_SUCCESS_WITH_INFO


cdef SQLRETURN fail1(Head* h, const char* sqlstate, const char* before, const char* name, const char* after) noexcept nogil:
    """Fail with before + name + after."""
    cdef size_t a = strlen(before), b = strlen(name), c = strlen(after)
    cdef char* text = <char*>malloc(a + b + c + 1)
    if text is NULL:
        return fail(h, sqlstate, before)
    memcpy(text, before, a)
    memcpy(text + a, name, b)
    memcpy(text + a + b, after, c + 1)
    fail(h, sqlstate, text)
    free(text)
    return SQL_ERROR


cdef int64_t put_decimal(char* out, int64_t v) noexcept nogil:
    """Write v in decimal, no terminator; at most 20 bytes. Returns their number."""
    cdef char tmp[24]
    cdef int64_t n = 0, k = 0
    cdef uint64_t u = <uint64_t>v
    if v < 0:
        out[0] = c"-"
        k = 1
        u = 0 - u
    while True:
        tmp[n] = <char>(48 + u % 10)
        n += 1
        u = u // 10
        if u == 0:
            break
    while n:
        n -= 1
        out[k] = tmp[n]
        k += 1
    return k


cdef SQLRETURN fail_num(Head* h, const char* sqlstate, const char* text, int64_t a, int64_t b) noexcept nogil:
    """Fail with text whose first two `%d` are a and b."""
    cdef char out[512]
    cdef int64_t n = 0
    cdef int used = 0
    while text[0] and n < 480:
        if text[0] == c"%" and text[1] == c"d":
            n += put_decimal(out + n, a if used == 0 else b)
            used += 1
            text += 2
        else:
            out[n] = text[0]
            n += 1
            text += 1
    diag_add(h, sqlstate, 0, SQL_NO_ROW_NUMBER, SQL_NO_COLUMN_NUMBER, out, n)
    return SQL_ERROR


cdef SQLRETURN no_memory(Head* h) noexcept nogil:
    return fail(h, b"HY001", b"Out of memory")


cdef SQLRETURN waits_for_data(Stmt* s) noexcept nogil:
    return fail(&s.h, b"HY010", b"The statement waits for parameter data: finish with SQLParamData, or call SQLCancel")
