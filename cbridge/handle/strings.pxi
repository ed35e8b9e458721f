# Text arguments in and out: ANSI entry points speak UTF-8, W ones the process's SQLWCHAR (2 or 4 bytes).
# Included by _core.pyx after diag.pxi.

cdef extern from "argus/platform.h" nogil:
    int argus_wchar_bytes()

cdef uint32_t wchar_width  # 0 until asked; threads ask at the same time


cdef inline int32_t wchar_bytes() noexcept nogil:
    """Bytes of a SQLWCHAR in this process: 4 under iODBC, else 2. Asked once."""
    if argus_load(&wchar_width) == 0:
        argus_store_first(&wchar_width, <uint32_t>argus_wchar_bytes())
    return <int32_t>argus_load(&wchar_width)


cdef void settle_wchar(const void* text, int64_t length) noexcept nogil:
    """Tell iODBC that is linked statically, where no library shows it, by the connection string that it sends.

    A connection string begins with two ASCII characters, so its second 16-bit unit is zero only in UTF-32.
    """
    cdef const uint16_t* units = <const uint16_t*>text
    if text is NULL or (length != SQL_NTS and length < 2) or units[0] == 0:
        return
    if wchar_bytes() == 2 and units[1] == 0:
        argus_store(&wchar_width, 4)


# A text argument as UTF-8. `p` is NULL only where the application passed NULL; terminated by a NUL either way.
cdef struct TextIn:
    char* p
    int64_t n


cdef void text_free(TextIn* t) noexcept nogil:
    free(t.p)
    t.p = NULL


cdef SQLRETURN text_in(Head* h, const void* src, int64_t length, bint wide, TextIn* out) noexcept nogil:
    """Copy a text argument. length: characters (W) or bytes (A), or SQL_NTS; HY090 when negative otherwise."""
    cdef int64_t n, need
    out.p = NULL
    out.n = 0
    if src is NULL:
        return SQL_SUCCESS
    if length < 0 and length != SQL_NTS:
        return fail_num(h, b"HY090", b"A text length of %d is neither SQL_NTS nor a length", length, 0)
    if not wide:
        n = <int64_t>strlen(<const char*>src) if length == SQL_NTS else length
        if not utf8_valid(<const char*>src, n):
            return fail(h, b"HY000", b"A text argument is not valid UTF-8, which the driver's ANSI functions speak")
        out.p = <char*>malloc(n + 1)
        if out.p is NULL:
            return no_memory(h)
        memcpy(out.p, src, n)
    else:
        n = wide_strlen(src, wchar_bytes()) if length == SQL_NTS else length
        need = utf8_from_wide(src, n, wchar_bytes(), NULL, 0)
        if need < 0:
            return fail(h, b"HY000", b"A text argument is not valid Unicode: it holds half of a surrogate pair or a "
                        b"code point beyond U+10FFFF")
        out.p = <char*>malloc(need + 1)
        if out.p is NULL:
            return no_memory(h)
        utf8_from_wide(src, n, wchar_bytes(), out.p, need)
        n = need
    out.p[n] = 0
    out.n = n
    return SQL_SUCCESS


cdef SQLRETURN give(Head* h, const char* s, int64_t n, void* out, int64_t capacity, int64_t* total,
                    bint wide, bint in_bytes) noexcept nogil:
    """Hand UTF-8 text to the application, terminated; 01004 when it was cut.

    capacity and *total (the whole length without terminator) are bytes for A; for W they are characters, or bytes
    where `in_bytes` (the function's page says which). out and total may be NULL.
    """
    cdef int32_t w = wchar_bytes() if wide else 1
    cdef int64_t cap = capacity // w if wide and in_bytes else capacity
    cdef int64_t units, used, k
    if capacity < 0:
        return fail_num(h, b"HY090", b"A buffer length of %d is negative", capacity, 0)
    units = utf8_wide_units(s, n, w) if wide else n
    if total is not NULL:
        total[0] = units * w if wide and in_bytes else units
    if out is NULL:
        return SQL_SUCCESS
    if cap > 0:
        if not wide:
            k = n if n < cap else utf8_floor(s, n, cap - 1)
            memcpy(out, s, k)
            (<char*>out)[k] = 0
        else:
            k = wide_from_utf8(s, n, w, out, cap - 1, &used)
            memset(<char*>out + k * w, 0, w)
    if units >= cap:
        return warn(h, b"01004", b"The text is longer than the buffer and was cut; the length returned is the whole one")
    return SQL_SUCCESS


cdef SQLRETURN give16(Head* h, const char* s, int64_t n, void* out, int64_t capacity, SQLSMALLINT* total,
                      bint wide, bint in_bytes) noexcept nogil:
    """give() for the many functions whose length argument is a SQLSMALLINT."""
    cdef int64_t t = 0
    cdef SQLRETURN rc = give(h, s, n, out, capacity, &t, wide, in_bytes)
    if total is not NULL and SQL_SUCCEEDED(rc):
        total[0] = <SQLSMALLINT>(t if t < 32767 else 32767)
    return rc


cdef inline bint SQL_SUCCEEDED(SQLRETURN rc) noexcept nogil:
    return rc == SQL_SUCCESS or rc == SQL_SUCCESS_WITH_INFO
