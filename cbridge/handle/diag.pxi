# Diagnostic records of a handle: adding, clearing, and the one-line ways to fail or warn.
# Included by _core.pyx after handles.pxi. Every text gets the driver's prefix here and nowhere else.

cdef enum:
    MAX_DIAGS = 1000      # a block of a million bad cells must not fill the memory with records
    SHORT_MESSAGE = 480   # bytes with the prefix: isql cuts after 499, iusql shows nothing of a record that is longer
    PREFIX_BYTES = 8      # "[Argus] "


cdef void diag_clear(Head* h) noexcept nogil:
    """Drop all records; the array is kept for the next ones."""
    cdef int32_t i
    for i in range(h.ndiag):
        free(h.diags[i].message)
    h.ndiag = 0


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


cdef void diag_add(Head* h, const char* sqlstate, SQLINTEGER native, SQLLEN row, SQLINTEGER column,
                   const char* text, int64_t n) noexcept nogil:
    """Add a message of n bytes of UTF-8; a long one becomes two records, its heart and the whole rest.

    Programs read the first record into a few hundred bytes, and some drop it when that is too little.
    """
    cdef int64_t first = n
    if n > SHORT_MESSAGE - PREFIX_BYTES:
        first = heart_end(text, n, SHORT_MESSAGE - PREFIX_BYTES)
    diag_record(h, sqlstate, native, row, column, text, first)
    while first < n and (text[first] == c"\n" or text[first] == c" "):
        first += 1
    if first < n:
        diag_record(h, sqlstate, native, row, column, text + first, n - first)


cdef void diag_record(Head* h, const char* sqlstate, SQLINTEGER native, SQLLEN row, SQLINTEGER column,
                      const char* text, int64_t n) noexcept nogil:
    """Add one record. Errors go before warnings, as SQLGetDiagField ranks them."""
    cdef DiagRec* grown
    cdef DiagRec rec
    cdef int32_t at
    if h.ndiag >= MAX_DIAGS:
        return
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
    rec.message = <char*>malloc(n + PREFIX_BYTES + 1)
    if rec.message is not NULL:
        memcpy(rec.message, b"[Argus] ", PREFIX_BYTES)
        memcpy(rec.message + PREFIX_BYTES, text, n)
        rec.message[PREFIX_BYTES + n] = 0
    at = h.ndiag
    if sqlstate[0] != c"0" or sqlstate[1] != c"1":
        at = 0
        while at < h.ndiag and (h.diags[at].sqlstate[0] != c"0" or h.diags[at].sqlstate[1] != c"1"):
            at += 1
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


cdef SQLRETURN not_built(Head* h, const char* function) noexcept nogil:
    """The one answer of every exported function that the driver does not implement; SQLGetFunctions says so too."""
    return fail1(h, b"IM001", b"The driver does not support ", function, b"; ask SQLGetFunctions which functions it has")


cdef SQLRETURN no_memory(Head* h) noexcept nogil:
    return fail(h, b"HY001", b"Out of memory")
