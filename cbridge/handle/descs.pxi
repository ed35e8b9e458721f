# Descriptors: their life, their defaults, and how concise types, lengths and precisions hang together.
# Included by _core.pyx after strings.pxi. Field access by number is in descfields.pxi.

cdef Desc* desc_new(Dbc* d, Stmt* s, SQLSMALLINT kind) noexcept nogil:
    """A descriptor with the defaults of the SQLSetDescField page; NULL when memory is out."""
    cdef Desc* x = <Desc*>slot_alloc()
    if x is NULL:
        return NULL
    x.dbc = d
    x.stmt = s
    x.kind = kind
    x.alloc_type = SQL_DESC_ALLOC_USER if s is NULL else SQL_DESC_ALLOC_AUTO
    x.array_size = 1
    x.bind_type = SQL_BIND_BY_COLUMN
    if desc_reserve(x, 0) != SQL_SUCCESS:
        slot_free(x)
        return NULL
    slot_open(&x.h, MAGIC_DESC)
    return x


cdef void rec_clear(DescRec* r) noexcept nogil:
    cdef int i
    for i in range(N_DESC_TEXTS):
        free(r.texts[i])
    memset(r, 0, sizeof(DescRec))


cdef void rec_default(DescRec* r, SQLSMALLINT kind) noexcept nogil:
    if kind != DESC_IRD and kind != DESC_IPD:
        r.type = SQL_C_DEFAULT
        r.concise_type = SQL_C_DEFAULT
    if kind == DESC_IPD:
        r.parameter_type = SQL_PARAM_INPUT


cdef SQLRETURN desc_reserve(Desc* x, int32_t n) noexcept nogil:
    """Room for records 0..n; SQL_ERROR (no record) when memory is out."""
    cdef DescRec* grown
    cdef int32_t i
    if x.recs is not NULL and n <= x.capacity:
        return SQL_SUCCESS
    grown = <DescRec*>realloc(x.recs, (n + 1) * sizeof(DescRec))
    if grown is NULL:
        return SQL_ERROR
    i = 0 if x.recs is NULL else x.capacity + 1
    while i <= n:
        memset(&grown[i], 0, sizeof(DescRec))
        rec_default(&grown[i], x.kind)
        i += 1
    x.recs = grown
    x.capacity = n
    return SQL_SUCCESS


cdef void desc_clear_records(Desc* x) noexcept nogil:
    """All records back to their defaults; SQL_DESC_COUNT is the caller's."""
    cdef int32_t i
    for i in range(x.capacity + 1):
        rec_clear(&x.recs[i])
        rec_default(&x.recs[i], x.kind)


cdef void desc_free(Desc* x) noexcept nogil:
    cdef int32_t i
    for i in range(x.capacity + 1):
        rec_clear(&x.recs[i])
    free(x.recs)
    x.recs = NULL
    diag_release(&x.h)
    slot_free(x)


cdef SQLRETURN desc_set_text(DescRec* r, int which, const char* s, int64_t n) noexcept nogil:
    cdef char* p = <char*>malloc(n + 1)
    if p is NULL:
        return SQL_ERROR
    memcpy(p, s, n)
    p[n] = 0
    free(r.texts[which])
    r.texts[which] = p
    return SQL_SUCCESS


cdef void desc_set_concise(DescRec* r, SQLSMALLINT t) noexcept nogil:
    """SQL_DESC_CONCISE_TYPE with the verbose type and sub-code that follow from it. SQL and C codes are equal here."""
    r.concise_type = t
    r.type = t
    r.datetime_interval_code = 0
    if t >= SQL_TYPE_DATE and t <= SQL_TYPE_TIMESTAMP:
        r.type = SQL_DATETIME
        r.datetime_interval_code = t - 90
    elif t >= SQL_INTERVAL_YEAR and t <= SQL_INTERVAL_MINUTE_TO_SECOND:
        r.type = SQL_INTERVAL
        r.datetime_interval_code = t - 100


cdef bint is_char_type(SQLSMALLINT t) noexcept nogil:
    return (t == SQL_CHAR or t == SQL_VARCHAR or t == SQL_LONGVARCHAR or t == SQL_WCHAR or t == SQL_WVARCHAR
            or t == SQL_WLONGVARCHAR)


cdef bint is_binary_type(SQLSMALLINT t) noexcept nogil:
    return t == SQL_BINARY or t == SQL_VARBINARY or t == SQL_LONGVARBINARY


cdef bint is_number_type(SQLSMALLINT t) noexcept nogil:
    return (t == SQL_TINYINT or t == SQL_BIGINT or (t >= SQL_NUMERIC and t <= SQL_DOUBLE))


cdef void ird_sizes(DescRec* r, SQLULEN column_size, SQLSMALLINT digits) noexcept nogil:
    """LENGTH, PRECISION and SCALE from a column size and decimal digits, as Appendix D ties them together."""
    cdef SQLSMALLINT t = r.concise_type
    if is_number_type(t):
        r.precision = <SQLSMALLINT>column_size
        r.scale = digits if t == SQL_DECIMAL or t == SQL_NUMERIC else 0
        r.length = column_size
        return
    r.length = column_size
    if r.type == SQL_DATETIME or r.type == SQL_INTERVAL:
        r.precision = digits
        if r.type == SQL_INTERVAL:
            r.datetime_interval_precision = 9


cdef bint is_approximate(SQLSMALLINT t) noexcept nogil:
    return t == SQL_REAL or t == SQL_FLOAT or t == SQL_DOUBLE


cdef void ird_bits(DescRec* r) noexcept nogil:
    """The precision of an approximate number counts bits, as its radix 2 says; its column size counts decimal digits."""
    if is_approximate(r.concise_type):
        r.precision = 24 if r.concise_type == SQL_REAL else 53


cdef SQLULEN rec_column_size(const DescRec* r) noexcept nogil:
    """SQLDescribeCol's ColumnSizePtr from the IRD."""
    if is_number_type(r.concise_type) and not is_approximate(r.concise_type):
        return <SQLULEN>r.precision
    return r.length


cdef SQLSMALLINT rec_decimal_digits(const DescRec* r) noexcept nogil:
    """SQLDescribeCol's DecimalDigitsPtr from the IRD."""
    if r.type == SQL_DATETIME or r.type == SQL_INTERVAL:
        return r.precision
    return r.scale


cdef const char* rec_text(const DescRec* r, int which) noexcept nogil:
    """A text of a record, never NULL."""
    cdef const char* p = r.texts[which]
    if p is NULL:
        p = b""
    return p
