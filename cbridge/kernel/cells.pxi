# One cell into the application's buffer: SQLGetData, and every bound pair that has no loop of its own.
# Included by _core.pyx after pieces.pxi.

cdef CellStatus put_integer(Target* t, const CType* c, const Decimal* d) noexcept nogil:
    """Any C integer: 22003 when the whole part does not fit, 01S07 when a fraction is cut."""
    cdef u128 whole
    cdef bint fraction
    cdef uint64_t most, bits
    if not decimal_whole(d, &whole, &fraction) or u128_hi(whole) != 0:
        return CELL_RANGE
    bits = <uint64_t>whole
    most = <uint64_t>-1 >> (64 - 8 * c.size)
    if c.signed_:
        most = most >> 1
        if d.negative:
            most += 1
    elif d.negative:
        most = 0
    if bits > most:
        return CELL_RANGE
    if d.negative:
        bits = 0 - bits
    # Little-endian: the low bytes of the 64 bits are the value in every smaller size.
    return put_fixed(t, &bits, c.size, CELL_FRACTION if fraction else CELL_DONE)


cdef CellStatus put_bit(Target* t, const Decimal* d) noexcept nogil:
    cdef u128 whole
    cdef bint fraction
    cdef uint8_t bit
    if not decimal_whole(d, &whole, &fraction) or whole > 1:
        return CELL_RANGE
    if d.negative and (whole != 0 or fraction):
        return CELL_RANGE
    bit = <uint8_t>whole
    return put_fixed(t, &bit, 1, CELL_FRACTION if fraction else CELL_DONE)


cdef CellStatus put_real(Target* t, const CType* c, double x) noexcept nogil:
    """SQL_C_FLOAT and SQL_C_DOUBLE: 22003 beyond the range; NaN and infinity are values of both."""
    cdef float f = <float>x
    if c.cclass == C_DOUBLE:
        return put_fixed(t, &x, 8, CELL_DONE)
    if f - f != 0 and x - x == 0:
        return CELL_RANGE
    return put_fixed(t, &f, 4, CELL_DONE)


cdef CellStatus put_numeric(Target* t, const Decimal* d) noexcept nogil:
    cdef SQL_NUMERIC_STRUCT n
    cdef CellStatus status = decimal_to_numeric(d, t.precision, t.scale, &n)
    return put_fixed(t, &n, sizeof(n), status)


cdef CellStatus put_moment(Target* t, const CType* c, const Value* v) noexcept nogil:
    """SQL_C_TYPE_DATE, _TIME and _TIMESTAMP: 01S07 when a time or a fraction that is not zero is cut."""
    cdef Moment m
    cdef SQL_DATE_STRUCT date
    cdef SQL_TIME_STRUCT time
    cdef SQL_TIMESTAMP_STRUCT stamp
    cdef CellStatus status = value_to_moment(v, t.sql_type, &m)
    if status != CELL_DONE:
        return status
    if c.cclass == C_DATE:
        if not m.has_date:
            return CELL_BAD_CAST
        status = date_to_struct(m.days, &date)
        if status == CELL_DONE and (m.seconds != 0 or m.picoseconds != 0 or m.lost):
            status = CELL_FRACTION
        return put_fixed(t, &date, sizeof(date), status)
    if c.cclass == C_TIME:
        if not m.has_time:
            return CELL_BAD_CAST
        time_to_struct(m.seconds, &time)
        return put_fixed(t, &time, sizeof(time), CELL_FRACTION if m.picoseconds != 0 or m.lost else CELL_DONE)
    if not m.has_date:
        m.days = today()
        if m.seconds == DAY_SECONDS:
            # 24:00:00 of today is the first second of tomorrow.
            m.days += 1
            m.seconds = 0
    status = timestamp_to_struct(m.days, m.seconds, m.picoseconds, &stamp)
    if status == CELL_DONE and m.lost:
        status = CELL_FRACTION
    return put_fixed(t, &stamp, sizeof(stamp), status)


cdef CellStatus put_interval(Target* t, const Value* v) noexcept nogil:
    """The 13 interval C types; an interval of the other family has no way to them."""
    cdef Interval i
    cdef SQL_INTERVAL_STRUCT out
    cdef CellStatus status = value_to_interval(v, t.sql_type, t.c_type, &i), cut
    if status >= CELL_FIRST_ERROR:
        return status
    if i.year_month != (sql_family(t.c_type) == FAMILY_YEAR_MONTH):
        return CELL_BAD_CAST if v.kind == VALUE_TEXT else CELL_NOT_ALLOWED
    cut = interval_to_struct(&i, t.c_type, t.leading, t.precision, &out)
    return put_fixed(t, &out, sizeof(out), cut if cut > status else status)


cdef CellStatus put_guid(Target* t, const Value* v) noexcept nogil:
    """SQLGUID: the first three groups of the text form are numbers in the machine's byte order."""
    cdef SQLGUID g
    cdef char room[16]
    cdef const uint8_t* b = <const uint8_t*>v.text
    if v.kind == VALUE_TEXT:
        if not uuid_from_text(v.text, v.length, room):
            return CELL_BAD_CAST
        b = <const uint8_t*>room
    elif v.length != 16 or (v.kind != VALUE_UUID and v.kind != VALUE_BYTES):
        return CELL_BAD_CAST
    g.Data1 = <uint32_t>b[0] << 24 | <uint32_t>b[1] << 16 | <uint32_t>b[2] << 8 | b[3]
    g.Data2 = <uint16_t>(<uint32_t>b[4] << 8 | b[5])
    g.Data3 = <uint16_t>(<uint32_t>b[6] << 8 | b[7])
    memcpy(g.Data4, b + 8, 8)
    return put_fixed(t, &g, sizeof(g), CELL_DONE)


cdef CellStatus put_text(Target* t, const CType* c, const char* p, int64_t n, Family f) noexcept nogil:
    """Text as SQL_C_CHAR or SQL_C_WCHAR, with the family's rule of what must not be cut."""
    cdef int64_t must = text_must_fit(f, p, n)
    if c.cclass == C_WIDE:
        return put_wide(t, p, n, must)
    return put_char(t, p, n, must)


cdef int64_t text_must_fit(Family f, const char* p, int64_t n) noexcept nogil:
    """Characters of a value's text without which it would be another value: 22003 when they do not fit."""
    cdef int64_t i
    if f == FAMILY_CHAR or f == FAMILY_BINARY:
        return 0
    if f == FAMILY_GUID or f == FAMILY_BIT or f == FAMILY_DATE:
        return n
    # The rest: up to the point, and all of it where an exponent stands behind the digits.
    if f == FAMILY_EXACT or f == FAMILY_APPROX:
        for i in range(n):
            if (p[i] | 32) == c'e':
                return n
    for i in range(n):
        if p[i] == c'.':
            return i
    return n


cdef int32_t sql_type_bytes(SQLSMALLINT sql_type) noexcept nogil:
    """Bytes of a number or bit in SQL_C_BINARY: those of the SQL type's default C type."""
    if sql_type == SQL_SMALLINT:
        return 2
    if sql_type == SQL_INTEGER or sql_type == SQL_REAL:
        return 4
    if sql_type == SQL_BIGINT or sql_type == SQL_FLOAT or sql_type == SQL_DOUBLE:
        return 8
    return 1


cdef CellStatus put_binary_value(Target* t, const Value* v) noexcept nogil:
    """A value of fixed length as SQL_C_BINARY: the bytes of its default C type, 22003 when they do not all fit."""
    cdef Target inner = t[0]
    cdef CType c = c_type_of(default_c_type(t.sql_type, False))
    cdef char room[64]
    cdef SQLLEN length = 0
    cdef CellStatus status
    if c.cclass == C_INTEGER and v.kind == VALUE_DECIMAL and not v.decimal.negative:
        # An unsigned column has the same bytes; only the sign of the default C type differs.
        c.signed_ = False
    inner.buffer = room
    inner.capacity = sizeof(room)
    inner.octet_length = &length
    inner.indicator = &length
    inner.c_type = default_c_type(t.sql_type, False)
    # The struct that stands in the bytes is as wide as the column, not as the ARD's defaults.
    inner.leading = 9
    inner.precision = 9 if c.cclass == C_INTERVAL else inner.precision
    inner.position = 0
    status = put_value(&inner, &c, v)
    if status >= CELL_FIRST_ERROR:
        return status
    return put_bytes(t, room, length, t.position == 0)


cdef CellStatus put_value(Target* t, const CType* c, const Value* v) noexcept nogil:
    """Write one value as the C type; the pair is known to be allowed."""
    cdef char room[DECIMAL_TEXT]
    cdef Decimal d
    cdef double x
    cdef CellStatus status
    cdef Family f = sql_family(t.sql_type)
    if c.cclass == C_CHAR or c.cclass == C_WIDE:
        if v.kind == VALUE_TEXT:
            return put_text(t, c, v.text, v.length, f)
        if v.kind == VALUE_BYTES:
            return put_hex(t, v.text, v.length)
        return put_text(t, c, room, value_to_text(v, t.sql_type, room), f)
    if c.cclass == C_BYTES:
        if v.kind == VALUE_BYTES:
            return put_bytes(t, v.text, v.length, False)
        if f != FAMILY_CHAR and f != FAMILY_BINARY and t.sql_type != SQL_DECIMAL and t.sql_type != SQL_NUMERIC:
            return put_binary_value(t, v)
        # A decimal's default C type is text, so its bytes are its text too, and a cut one would be another number.
        if v.kind == VALUE_TEXT:
            return put_bytes(t, v.text, v.length, f == FAMILY_EXACT and t.position == 0)
        return put_bytes(t, room, value_to_text(v, t.sql_type, room), f == FAMILY_EXACT and t.position == 0)
    if c.cclass == C_INTEGER or c.cclass == C_BIT or c.cclass == C_NUMERIC:
        status = value_to_decimal(v, t.sql_type, &d)
        if status != CELL_DONE:
            return status
        if c.cclass == C_INTEGER:
            return put_integer(t, c, &d)
        return put_bit(t, &d) if c.cclass == C_BIT else put_numeric(t, &d)
    if c.cclass == C_FLOAT or c.cclass == C_DOUBLE:
        status = value_to_real(v, t.sql_type, &x)
        return put_real(t, c, x) if status == CELL_DONE else status
    if c.cclass == C_INTERVAL:
        return put_interval(t, v)
    if c.cclass == C_GUID:
        return put_guid(t, v)
    return put_moment(t, c, v)


cdef CellStatus put_present(const Column* col, int64_t row, Target* t, const CType* c) noexcept nogil:
    """One cell that is not NULL, of a pair that is allowed."""
    cdef Value v
    cdef CellStatus status = value_from_column(col, row, &v)
    if status != CELL_DONE:
        return status
    status = settle_value(&v, t.sql_type, t.c_type)
    if status != CELL_DONE:
        return status
    if t.max_length > 0 and (v.kind == VALUE_TEXT or v.kind == VALUE_BYTES) and <SQLULEN>v.length > t.max_length:
        v.length = t.max_length if v.kind == VALUE_BYTES else utf8_floor(v.text, v.length, t.max_length)
    return put_value(t, c, &v)


cdef CellStatus put_cell(const Column* col, int64_t row, Target* t) noexcept nogil:
    """Convert one cell of a batch; SQLGetData calls it again for the next piece until CELL_NO_DATA."""
    cdef CType c
    if t.position < 0:
        return CELL_NO_DATA
    c = c_type_of(t.c_type)
    if c.cclass == C_UNKNOWN:
        return CELL_BAD_C_TYPE
    if not conversion_allowed(t.sql_type, t.c_type):
        return CELL_NOT_ALLOWED
    if column_null(col, row):
        return put_null(t)
    return put_present(col, row, t, &c)
