# Value: one cell as what it means, between the column's kind and the C type; the generic path of every conversion.
# Included by _core.pyx after intervals.pxi.

cdef enum ValueKind:
    VALUE_DECIMAL          # decimal: every integer, decimal and boolean
    VALUE_REAL             # real; single: it came from 32 bits
    VALUE_TEXT             # text, length: UTF-8
    VALUE_BYTES            # text, length
    VALUE_UUID             # text: 16 bytes in the order of the text form
    VALUE_DATE             # days
    VALUE_TIME             # seconds, picoseconds of the day
    VALUE_TIMESTAMP        # days, seconds, picoseconds
    VALUE_MONTHS           # interval: months
    VALUE_SECONDS          # interval: negative, days * 86400 + seconds, picoseconds (magnitudes)
    VALUE_MIXED            # interval of DuckDB and Arrow: mixed, whose parts have signs of their own

# Families of SQL types: what Appendix D of the specification has one table for.
cdef enum Family:
    FAMILY_CHAR = 0
    FAMILY_EXACT, FAMILY_APPROX, FAMILY_BIT, FAMILY_BINARY, FAMILY_GUID
    FAMILY_DATE, FAMILY_TIME, FAMILY_TIMESTAMP
    FAMILY_YEAR_MONTH, FAMILY_DAY_TIME

cdef struct Value:
    int32_t kind
    bint single
    bint negative
    Decimal decimal
    double real
    int64_t days, seconds, picoseconds, months
    MonthDayNano mixed
    const char* text
    int64_t length


cdef Family sql_family(SQLSMALLINT t) noexcept nogil:
    """The family of a concise SQL type; a type that ODBC does not know is delivered as text."""
    if t == SQL_DECIMAL or t == SQL_NUMERIC or t == SQL_TINYINT or t == SQL_SMALLINT or t == SQL_INTEGER or t == SQL_BIGINT:
        return FAMILY_EXACT
    if t == SQL_REAL or t == SQL_FLOAT or t == SQL_DOUBLE:
        return FAMILY_APPROX
    if t == SQL_BIT:
        return FAMILY_BIT
    if t == SQL_BINARY or t == SQL_VARBINARY or t == SQL_LONGVARBINARY:
        return FAMILY_BINARY
    if t == SQL_GUID:
        return FAMILY_GUID
    # 9, 10 and 11 are the ODBC 2 codes of the datetime types.
    if t == SQL_TYPE_DATE or t == 9:
        return FAMILY_DATE
    if t == SQL_TYPE_TIME or t == 10:
        return FAMILY_TIME
    if t == SQL_TYPE_TIMESTAMP or t == 11:
        return FAMILY_TIMESTAMP
    if t == SQL_INTERVAL_YEAR or t == SQL_INTERVAL_MONTH or t == SQL_INTERVAL_YEAR_TO_MONTH:
        return FAMILY_YEAR_MONTH
    if SQL_INTERVAL_YEAR < t <= SQL_INTERVAL_MINUTE_TO_SECOND:
        return FAMILY_DAY_TIME
    return FAMILY_CHAR


cdef inline void set_integer(Value* v, int64_t i) noexcept nogil:
    v.kind = VALUE_DECIMAL
    v.decimal.scale = 0
    v.decimal.lost = False
    v.decimal.negative = i < 0
    v.decimal.digits = <u128>(0 - <uint64_t>i if i < 0 else <uint64_t>i)


cdef inline void set_unsigned(Value* v, uint64_t u) noexcept nogil:
    v.kind = VALUE_DECIMAL
    v.decimal.scale = 0
    v.decimal.lost = False
    v.decimal.negative = False
    v.decimal.digits = <u128>u


cdef inline void column_bytes(const Column* c, int64_t row, const char** p, int64_t* n) noexcept nogil:
    """The bytes of one text or binary cell."""
    cdef int64_t i = c.offset + row
    cdef const int32_t* small
    cdef const int64_t* large
    if c.kind == KIND_TEXT or c.kind == KIND_BINARY:
        small = <const int32_t*>c.values
        p[0] = <const char*>c.data + small[i]
        n[0] = small[i + 1] - small[i]
    else:
        large = <const int64_t*>c.values
        p[0] = <const char*>c.data + large[i]
        n[0] = large[i + 1] - large[i]


cdef CellStatus value_from_column(const Column* c, int64_t row, Value* v) noexcept nogil:
    """Read one cell that is not NULL. Text and bytes point into the column."""
    cdef int64_t i = c.offset + row
    cdef int32_t k = c.kind
    cdef const uint64_t* words
    cdef u128 bits
    if k == KIND_INT64:
        set_integer(v, (<const int64_t*>c.values)[i])
    elif k == KIND_INT32:
        set_integer(v, (<const int32_t*>c.values)[i])
    elif k == KIND_INT16:
        set_integer(v, (<const int16_t*>c.values)[i])
    elif k == KIND_INT8:
        set_integer(v, (<const int8_t*>c.values)[i])
    elif k == KIND_UINT8:
        set_unsigned(v, (<const uint8_t*>c.values)[i])
    elif k == KIND_UINT16:
        set_unsigned(v, (<const uint16_t*>c.values)[i])
    elif k == KIND_UINT32:
        set_unsigned(v, (<const uint32_t*>c.values)[i])
    elif k == KIND_UINT64:
        set_unsigned(v, (<const uint64_t*>c.values)[i])
    elif k == KIND_BOOL:
        set_unsigned(v, bit_at(<const uint8_t*>c.values, i))
    elif k == KIND_FLOAT64 or k == KIND_FLOAT32:
        v.kind = VALUE_REAL
        v.single = k == KIND_FLOAT32
        v.real = (<const float*>c.values)[i] if v.single else (<const double*>c.values)[i]
    elif k == KIND_DECIMAL128:
        words = <const uint64_t*>c.values + 2 * i
        bits = make_u128(words[1], words[0])
        v.kind = VALUE_DECIMAL
        v.decimal.negative = words[1] >> 63 != 0
        v.decimal.digits = ~bits + <u128>1 if v.decimal.negative else bits
        v.decimal.scale = c.scale
        v.decimal.lost = False
    elif k == KIND_TEXT or k == KIND_LARGE_TEXT:
        v.kind = VALUE_TEXT
        column_bytes(c, row, &v.text, &v.length)
    elif k == KIND_BINARY or k == KIND_LARGE_BINARY:
        v.kind = VALUE_BYTES
        column_bytes(c, row, &v.text, &v.length)
    elif k == KIND_UUID:
        v.kind = VALUE_UUID
        v.text = <const char*>c.values + 16 * i
        v.length = 16
    else:
        return CELL_NOT_ALLOWED
    return CELL_DONE


cdef int64_t value_to_text(const Value* v, char* out) noexcept nogil:
    """Text of a value that is neither text nor bytes; out has DECIMAL_TEXT bytes. Returns its length."""
    if v.kind == VALUE_DECIMAL:
        return decimal_to_text(&v.decimal, out)
    if v.kind == VALUE_REAL:
        return float_to_text(<float>v.real, out) if v.single else double_to_text(v.real, out)
    return uuid_to_text(v.text, out)


cdef int64_t uuid_to_text(const char* p, char* out) noexcept nogil:
    """16 bytes as 8-4-4-4-12 hexadecimal digits in lower case; returns 36."""
    cdef const char* digits = b"0123456789abcdef"
    cdef int32_t i, at = 0
    for i in range(16):
        if i == 4 or i == 6 or i == 8 or i == 10:
            out[at] = c'-'
            at += 1
        out[at] = digits[<uint8_t>p[i] >> 4]
        out[at + 1] = digits[p[i] & 15]
        at += 2
    return at


cdef CellStatus value_to_decimal(const Value* v, Family f, Decimal* d) noexcept nogil:
    """The exact number that a value is: 22018 for text that is none, 22003 for NaN and infinity."""
    if v.kind == VALUE_DECIMAL:
        d[0] = v.decimal
        return CELL_DONE
    if v.kind == VALUE_REAL:
        if v.real - v.real != 0:
            return CELL_RANGE
        decimal_from_real(v.real, v.single, d)
        return CELL_DONE
    if v.kind == VALUE_TEXT:
        if decimal_from_text(v.text, v.length, d):
            return CELL_DONE
        return text_to_bit(v.text, v.length, f, d)
    return CELL_BAD_CAST


cdef CellStatus text_to_bit(const char* p, int64_t n, Family f, Decimal* d) noexcept nogil:
    """true and false, in any case, as the text of a SQL_BIT column; NaN of a real column is out of every range."""
    cdef Value v
    trim_text(&p, &n)
    if f == FAMILY_APPROX and real_special(p, n):
        return CELL_RANGE
    if f != FAMILY_BIT or not ((n == 4 and (p[0] | 32) == c't') or (n == 5 and (p[0] | 32) == c'f')):
        return CELL_BAD_CAST
    set_unsigned(&v, n == 4)
    d[0] = v.decimal
    return CELL_DONE


cdef CellStatus value_to_real(const Value* v, Family f, double* x) noexcept nogil:
    """The double nearest to a value: 22018 for text that is no number, 22003 when too large."""
    cdef char room[DECIMAL_TEXT]
    cdef Decimal d
    cdef CellStatus status
    if v.kind == VALUE_REAL:
        x[0] = v.real
        return CELL_DONE
    if v.kind == VALUE_TEXT and f != FAMILY_BIT:
        return real_from_text(v.text, v.length, f == FAMILY_APPROX, x)
    status = value_to_decimal(v, f, &d)
    if status != CELL_DONE:
        return status
    if d.scale == 0 and u128_hi(d.digits) == 0 and <uint64_t>d.digits <= <uint64_t>1 << 53:
        x[0] = <double><uint64_t>d.digits
        if d.negative:
            x[0] = -x[0]
        return CELL_DONE
    return real_from_text(room, decimal_to_text(&d, room), False, x)
