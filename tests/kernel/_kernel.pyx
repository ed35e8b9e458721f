# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Test-only module: the conversion kernel of the core, callable from Python."""
from time import perf_counter

include "imports.pxi"

include "kernel/columns.pxi"
include "kernel/blocks.pxi"
include "kernel/target.pxi"
include "kernel/text.pxi"
include "kernel/numbers.pxi"
include "kernel/temporal.pxi"
include "kernel/dates.pxi"
include "kernel/intervals.pxi"
include "kernel/values.pxi"
include "kernel/ctypes.pxi"
include "kernel/pieces.pxi"
include "kernel/cells.pxi"
include "kernel/rowloops.pxi"
include "kernel/rowstamps.pxi"
include "kernel/wirenumbers.pxi"
include "kernel/rowset.pxi"
include "kernel/arrowbuf.pxi"
include "kernel/arrowrows.pxi"
include "kernel/arrowmore.pxi"
include "kernel/arrowjson.pxi"
include "kernel/inputs.pxi"
include "kernel/hs2text.pxi"
include "kernel/hs2wire.pxi"
include "kernel/hs2columns.pxi"
include "kernel/hs2rows.pxi"
include "kernel/hs2scan.pxi"
include "kernel/jsonscan.pxi"
include "kernel/jsonindex.pxi"
include "kernel/trinotext.pxi"
include "kernel/trinonested.pxi"
include "kernel/trinofast.pxi"
include "kernel/trinomany.pxi"
include "kernel/trinojson.pxi"
include "kernel/trinoruns.pxi"
include "kernel/trinotimes.pxi"
include "hs2.pxi"
include "trino.pxi"


KINDS = {
    "null": KIND_NULL, "bool": KIND_BOOL, "int8": KIND_INT8, "int16": KIND_INT16, "int32": KIND_INT32,
    "int64": KIND_INT64, "uint8": KIND_UINT8, "uint16": KIND_UINT16, "uint32": KIND_UINT32, "uint64": KIND_UINT64,
    "float32": KIND_FLOAT32, "float64": KIND_FLOAT64, "decimal128": KIND_DECIMAL128, "text": KIND_TEXT,
    "large_text": KIND_LARGE_TEXT, "binary": KIND_BINARY, "large_binary": KIND_LARGE_BINARY, "uuid": KIND_UUID,
    "date32": KIND_DATE32, "time64": KIND_TIME64, "timestamp": KIND_TIMESTAMP, "timestamp_wide": KIND_TIMESTAMP_WIDE,
    "interval_months": KIND_INTERVAL_MONTHS, "interval_duration": KIND_INTERVAL_DURATION,
    "interval_mdn": KIND_INTERVAL_MDN, "decimal_text": KIND_DECIMAL_TEXT}


cdef class Rows:
    """A column whose buffers are exact-size heap copies, so that AddressSanitizer sees a read past any of them."""
    cdef Column c
    cdef ZoneTable zone
    cdef void* held[5]

    def __cinit__(self, str kind, bytes values, bytes data=None, bytes validity=None, int scale=0, int offset=0,
                  zone=None):
        cdef bytes at, shift
        memset(&self.c, 0, sizeof(Column))
        memset(self.held, 0, sizeof(self.held))
        self.c.kind = KINDS[kind]
        self.c.scale = scale
        self.c.offset = offset
        self.c.null_count = -1 if validity is not None else 0
        self.c.values = self.copy(0, values)
        self.c.data = self.copy(1, data)
        self.c.validity = <const uint8_t*>self.copy(2, validity)
        if zone is not None:
            at, shift = zone
            self.zone.n = len(shift) // 4
            self.zone.at = <int64_t*>self.copy(3, at)
            self.zone.offset = <int32_t*>self.copy(4, shift)
            self.c.zone = &self.zone

    cdef void* copy(self, int i, bytes b):
        if b is None:
            return NULL
        self.held[i] = malloc(len(b))
        memcpy(self.held[i], <const char*>b, len(b))
        return self.held[i]

    def __dealloc__(self):
        for i in range(5):
            free(self.held[i])


cdef void fill_target(Target* t, dict o):
    memset(t, 0, sizeof(Target))
    t.sql_type = o["sql_type"]
    t.c_type = o["c_type"]
    t.precision = o.get("precision", 0)
    t.scale = o.get("scale", 0)
    t.leading = o.get("leading", 2)
    t.col_precision = o.get("col_precision", 0)
    t.col_scale = o.get("col_scale", 0)
    t.column_size = o.get("column_size", 0)
    t.max_length = o.get("max_length", 0)
    t.wchar_size = o.get("wchar_size", 2)


def cell(Rows rows, int64_t row, int64_t capacity, int64_t position=0, bint indicator=True, bint buffer=True, **o):
    """put_cell. Returns (SQLSTATE, or "NODATA"; bytes of the buffer; length or None; position)."""
    cdef Target t
    cdef SQLLEN length = -77
    cdef CellStatus s
    cdef int64_t size
    fill_target(&t, o)
    size = c_type_size(t.c_type)
    if size == 0:
        size = capacity if capacity > 0 else 0
    t.capacity = capacity
    t.position = position
    t.octet_length = &length if indicator else NULL
    t.indicator = t.octet_length
    t.buffer = malloc(size) if buffer else NULL
    if t.buffer is not NULL:
        memset(t.buffer, 0xEE, size)
    with nogil:
        s = put_cell(&rows.c, row, &t)
    out = (<char*>t.buffer)[:size] if t.buffer is not NULL else b""
    free(t.buffer)
    state = "NODATA" if s == CELL_NO_DATA else cell_sqlstate(s).decode()
    return state, out, None if length == -77 else length, t.position


def block(Rows rows, int64_t first, int64_t n, int64_t capacity, int64_t stride, int64_t ind_stride, bint indicator=True,
          bint separate=False, **o):
    """put_rows. Returns (count, statuses as SQLSTATEs, data bytes, lengths, indicators)."""
    cdef Target t
    cdef char* data = <char*>malloc(n * stride)
    cdef char* lengths = <char*>malloc(n * ind_stride)
    cdef char* nulls = <char*>malloc(n * ind_stride)
    cdef uint8_t* statuses = <uint8_t*>calloc(n, 1)
    cdef int64_t raised, i
    cdef SQLLEN one
    memset(data, 0xEE, n * stride)
    memset(lengths, 0xEE, n * ind_stride)
    memset(nulls, 0xEE, n * ind_stride)
    fill_target(&t, o)
    t.capacity = capacity
    t.buffer = data
    if indicator:
        t.octet_length = <SQLLEN*>lengths
        t.indicator = <SQLLEN*>nulls if separate else t.octet_length
    with nogil:
        raised = put_rows(&rows.c, first, n, &t, stride, ind_stride, statuses)
    lens, inds = [], []
    for i in range(n):
        memcpy(&one, lengths + i * ind_stride, sizeof(SQLLEN))
        lens.append(one)
        memcpy(&one, nulls + i * ind_stride, sizeof(SQLLEN))
        inds.append(one)
    result = (raised, [cell_sqlstate(<CellStatus>statuses[i]).decode() for i in range(n)], data[:n * stride], lens, inds)
    free(data)
    free(lengths)
    free(nulls)
    free(statuses)
    return result


def all_pieces(Rows rows, int64_t row, int64_t capacity, **o):
    """Calls put_cell until it says NODATA, as SQLGetData is called; one Target for all. Returns (status, bytes, length)s."""
    cdef Target t
    cdef SQLLEN length
    cdef CellStatus s = CELL_DONE
    fill_target(&t, o)
    t.capacity = capacity
    t.octet_length = &length
    t.indicator = &length
    t.buffer = malloc(capacity)
    found = []
    while len(found) < 1000000:
        s = put_cell(&rows.c, row, &t)
        if s != CELL_DONE and s != CELL_TRUNCATED:
            break
        found.append((cell_sqlstate(s).decode(), (<char*>t.buffer)[:capacity], length))
    free(t.buffer)
    return found


def rate(Rows rows, int64_t n, int64_t capacity, int64_t stride, int64_t repeats, **o):
    """Cells per second of put_rows over the first n rows, repeated; lengths packed."""
    cdef Target t
    cdef char* data = <char*>calloc(n, stride)
    cdef SQLLEN* lengths = <SQLLEN*>calloc(n, sizeof(SQLLEN))
    cdef uint8_t* statuses = <uint8_t*>calloc(n, 1)
    cdef int64_t _i
    fill_target(&t, o)
    t.capacity = capacity
    t.buffer = data
    t.octet_length = lengths
    t.indicator = lengths
    start = perf_counter()
    with nogil:
        for _i in range(repeats):
            put_rows(&rows.c, 0, n, &t, stride, sizeof(SQLLEN), statuses)
    spent = perf_counter() - start
    free(data)
    free(lengths)
    free(statuses)
    return n * repeats / spent


def cell_rate(Rows rows, int64_t n, int64_t capacity, int64_t repeats, **o):
    """Cells per second of put_cell, as SQLGetData calls it."""
    cdef Target t
    cdef SQLLEN length
    cdef int64_t i, _k
    fill_target(&t, o)
    t.capacity = capacity
    t.buffer = malloc(capacity + 64)
    t.octet_length = &length
    t.indicator = &length
    start = perf_counter()
    with nogil:
        for _k in range(repeats):
            for i in range(n):
                t.position = 0
                put_cell(&rows.c, i, &t)
    spent = perf_counter() - start
    free(t.buffer)
    return n * repeats / spent


def allowed(SQLSMALLINT sql_type, SQLSMALLINT c_type):
    return bool(conversion_allowed(sql_type, c_type))


def default_type(SQLSMALLINT sql_type, bint is_unsigned=False):
    return default_c_type(sql_type, is_unsigned)


def type_size(SQLSMALLINT c_type):
    return c_type_size(c_type)


def type_known(SQLSMALLINT c_type):
    return bool(c_type_known(c_type))


def from_wide(bytes wide, int32_t wchar_bytes, int64_t cap):
    """utf8_from_wide. Returns (bytes needed or -1, what was written into cap bytes)."""
    cdef char* out = <char*>calloc(cap + 1, 1)
    need = utf8_from_wide(<const char*>wide, len(wide) // wchar_bytes, wchar_bytes, out, cap)
    written = out[:cap]
    free(out)
    return need, written


def to_wide(bytes text, int32_t wchar_bytes, int64_t cap_units):
    """wide_from_utf8. Returns (units, bytes of them, bytes of text used)."""
    cdef int64_t used = 0
    cdef char* src = <char*>malloc(len(text))
    cdef char* out = <char*>malloc(cap_units * wchar_bytes)
    memcpy(src, <const char*>text, len(text))
    units = wide_from_utf8(src, len(text), wchar_bytes, out, cap_units, &used)
    written = out[:units * wchar_bytes]
    free(src)
    free(out)
    return units, written, used


def wide_units(bytes text, int32_t wchar_bytes):
    return utf8_wide_units(text, len(text), wchar_bytes)


def wide_length(bytes text, int32_t wchar_bytes):
    return wide_strlen(<const char*>text, wchar_bytes)


def floor_at(bytes text, int64_t cut):
    return utf8_floor(text, len(text), cut)


def input_value(bytes data, int64_t nbytes, int32_t wchar_size=2, int64_t column_size=0, int decimal_digits=0, **o):
    """value_from_c and value_fit. Returns (SQLSTATE, kind, what stands in the value: text, bytes or Python numbers)."""
    cdef Value v
    cdef CellStatus s
    cdef char room[DECIMAL_TEXT]
    cdef char* src = <char*>malloc(len(data))
    cdef int64_t n
    memcpy(src, <const char*>data, len(data))
    s = value_from_c(o["c_type"], o["sql_type"], src, nbytes, wchar_size, &v)
    if s == CELL_DONE:
        s = value_fit(&v, o["sql_type"], o["c_type"] in (1, -8), column_size, decimal_digits)
    out = kind = None
    if s == CELL_DONE:
        kind = v.kind
        if kind == VALUE_TEXT or kind == VALUE_BYTES:
            out = v.text[:v.length]
        else:
            n = value_to_text(&v, o["sql_type"], room)
            out = room[:n]
        kind = {VALUE_TEXT: "text", VALUE_BYTES: "bytes", VALUE_DECIMAL: "decimal", VALUE_REAL: "real",
                VALUE_UUID: "uuid", VALUE_DATE: "date", VALUE_TIME: "time", VALUE_TIMESTAMP: "timestamp",
                VALUE_INTERVAL: "interval"}[kind]
    value_drop(&v)
    free(src)
    return cell_sqlstate(s).decode(), kind, out


def input_possible(SQLSMALLINT c_type, SQLSMALLINT sql_type):
    return bool(input_allowed(c_type, sql_type))


include "arrowtest.pxi"
