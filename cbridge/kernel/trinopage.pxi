# A usual page of Trino's protocol: rows, the address of the next page, and nothing else that is new. It is recognized
# without Python; every other one is for argus_odbc/backends/trino/protocol.py to read.
# Included by _core.pyx after httpscan.pxi.

cdef enum:
    PAGE_ENDS = 1 << 16   # bytes at each end of a page in which the rows have to begin and to end
    PAGE_PATH = 2048      # bytes of the next page's path

# What was known after the page before, as Python's bytes; and the path of the next page, which is found.
cdef struct PageKnown:
    const char* base      # scheme://host:port
    int64_t nbase
    const char* query     # the value of `id`, with its quotes
    int64_t nquery
    const char* columns   # the value of `columns`
    int64_t ncolumns

cdef struct PageFound:
    int64_t start, end    # of the rows, with their brackets
    const char* path
    int64_t npath


cdef inline bint json_is(const char* p, int64_t n, const char* text, int64_t ntext) noexcept nogil:
    return n == ntext and memcmp(p, text, n) == 0


cdef bint page_path(const char* p, int64_t n, const PageKnown* known, PageFound* found) noexcept nogil:
    """The next page's path from the value of nextUri; False where that has an escape, or is on another server."""
    cdef int64_t i
    n -= 2
    p += 1
    if n <= known.nbase or n - known.nbase >= PAGE_PATH or memcmp(p, known.base, known.nbase) != 0 or p[known.nbase] != c'/':
        return False
    for i in range(known.nbase, n):
        if p[i] <= c' ' or p[i] > c'~' or p[i] == c'\\' or p[i] == c'#':
            return False
    found.path = p + known.nbase
    found.npath = n - known.nbase
    return True


cdef bint page_member(Json* j, const char** name, int64_t* n, const char** value) noexcept nogil:
    """The name of a member and where its value begins, j.p there."""
    cdef bint escaped
    if j.p == j.end or j.p[0] != c'"' or not json_string(j, name, n, &escaped) or not json_mark(j, c':'):
        return False
    value[0] = j.p
    return True


cdef bint page_head(Json* j, const PageKnown* known, PageFound* found, int64_t* rows) noexcept nogil:
    """The members before the rows, whose place is told."""
    cdef const char* name
    cdef const char* value
    cdef int64_t n, size
    cdef bint same = False, described = False
    if not json_mark(j, c'{'):
        return False
    while page_member(j, &name, &n, &value):
        if json_is(name, n, b"data", 4):
            rows[0] = value - j.start
            return same and described and found.path is not NULL and j.p < j.end and j.p[0] == c'['
        if not json_skip(j):
            return False
        size = j.p - value
        if json_is(name, n, b"id", 2):
            same = json_is(value, size, known.query, known.nquery)
        elif json_is(name, n, b"columns", 7):
            described = json_is(value, size, known.columns, known.ncolumns)
        elif json_is(name, n, b"nextUri", 7):
            if value[0] != c'"' or not page_path(value, size, known, found):
                return False
        elif not json_is(name, n, b"infoUri", 7) and not json_is(name, n, b"partialCancelUri", 16):
            return False
        if not json_mark(j, c','):
            return False
    return False


cdef bint page_tail(Json* j) noexcept nogil:
    """The members behind the rows, from `"stats"` on: no error, no count, no warning."""
    cdef const char* name
    cdef const char* value
    cdef int64_t n
    while page_member(j, &name, &n, &value):
        if not json_skip(j):
            return False
        if json_is(name, n, b"warnings", 8):
            if not json_is(value, j.p - value, b"[]", 2):
                return False
        elif not json_is(name, n, b"stats", 5):
            return False
        if json_mark(j, c'}'):
            json_space(j)
            return j.p == j.end
        if not json_mark(j, c','):
            return False
    return False


cdef bint page_usual(const char* p, int64_t n, const PageKnown* known, PageFound* found) noexcept nogil:
    """Whether a page is a usual one. The rows are not looked at: a wrong cut leaves brackets open, which no decoder takes."""
    cdef char err[160]
    cdef Json j
    cdef int64_t low, i
    j.start = j.p = p
    j.end = p + n if n < PAGE_ENDS else p + PAGE_ENDS
    j.err = err
    j.nerr = sizeof(err)
    found.path = NULL
    if not page_head(&j, known, found, &found.start):
        return False
    low = n - PAGE_ENDS if n - PAGE_ENDS > found.start else found.start
    i = n - 11
    while i >= low and (p[i] != c']' or memcmp(p + i, b'],"stats":{', 11) != 0):
        i -= 1
    if i < low:
        return False
    found.end = i + 1
    j.p = p + i + 2
    j.end = p + n
    return page_tail(&j)
