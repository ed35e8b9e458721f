# Bound parameters: a C value of the application -> Value of the parameter's SQL type (Appendix D, C to SQL).
# Included by _core.pyx after rowset.pxi. value_drop frees what a Value owns.

cdef bint input_allowed(SQLSMALLINT c_type, SQLSMALLINT sql_type) noexcept nogil:
    """Whether the C type has a way to the SQL type; 07006 when not."""
    cdef Family f = sql_family(sql_type)
    cdef int32_t c = c_type_of(c_type).cclass
    cdef bint interval = f == FAMILY_YEAR_MONTH or f == FAMILY_DAY_TIME
    if c == C_CHAR or c == C_WIDE:
        return True
    if c == C_BYTES:
        return not interval
    if f == FAMILY_CHAR:
        return c != C_UNKNOWN
    if c == C_INTEGER or c == C_NUMERIC or c == C_BIT:
        return f == FAMILY_EXACT or f == FAMILY_APPROX or f == FAMILY_BIT or (
            c != C_BIT and interval and one_field(sql_type))
    if c == C_FLOAT or c == C_DOUBLE:
        return f == FAMILY_EXACT or f == FAMILY_APPROX or f == FAMILY_BIT
    if c == C_DATE:
        return f == FAMILY_DATE or f == FAMILY_TIMESTAMP
    if c == C_TIME:
        return f == FAMILY_TIME or f == FAMILY_TIMESTAMP
    if c == C_TIMESTAMP:
        return f == FAMILY_DATE or f == FAMILY_TIME or f == FAMILY_TIMESTAMP
    if c == C_GUID:
        return f == FAMILY_GUID
    if c == C_INTERVAL:
        return f == sql_family(c_type) or (f == FAMILY_EXACT and one_field(c_type))
    return False


cdef inline void value_drop(Value* v) noexcept nogil:
    """Free the text that value_from_c had to make; idempotent."""
    free(v.owned)
    v.owned = NULL


cdef bint utf8_valid(const char* p, int64_t n) noexcept nogil:
    cdef int64_t i = ascii_prefix(p, n)
    cdef uint32_t code
    while i < n:
        # U+FFFD as a character of the text has three bytes; as the sign of an invalid byte it has one.
        if read_utf8(<const uint8_t*>p + i, n - i, &code) == 1 and code > 0x7F:
            return False
        i += 1 if code < 0x80 else (2 if code < 0x800 else (3 if code < 0x10000 else 4))
    return True


cdef CellStatus text_from_wide(const void* p, int64_t units, int32_t wchar_bytes, Value* v) noexcept nogil:
    """SQLWCHAR text as UTF-8 that the value owns; 22018 for text that is not valid."""
    cdef int64_t need = utf8_from_wide(p, units, wchar_bytes, NULL, 0)
    if need < 0:
        return CELL_BAD_CAST
    v.kind = VALUE_TEXT
    v.length = need
    v.owned = <char*>malloc(need + 1)
    if v.owned is NULL:
        return CELL_NO_MEMORY
    utf8_from_wide(p, units, wchar_bytes, v.owned, need)
    v.text = v.owned
    return CELL_DONE


cdef void integer_from_c(const CType* c, const void* p, Value* v) noexcept nogil:
    cdef uint64_t bits = 0
    cdef int32_t unused = 64 - 8 * c.size
    memcpy(&bits, p, c.size)
    if c.signed_:
        # Shifting up and down again copies the sign into the bytes that the C type lacks.
        set_integer(v, <int64_t>(bits << unused) >> unused)
    else:
        set_unsigned(v, bits)


cdef CellStatus moment_from_c(const CType* c, const void* p, bint need_date, Value* v) noexcept nogil:
    """The datetime structs: 22007 for a day or a time that does not exist, unless the target ignores the date."""
    cdef SQL_DATE_STRUCT d
    cdef SQL_TIME_STRUCT t
    cdef SQL_TIMESTAMP_STRUCT s
    memset(&v.moment, 0, sizeof(Moment))
    if c.cclass == C_DATE:
        memcpy(&d, p, sizeof(d))
        v.kind = VALUE_DATE
        return date_from_fields(d.year, d.month, d.day, &v.moment.days)
    if c.cclass == C_TIME:
        memcpy(&t, p, sizeof(t))
        v.kind = VALUE_TIME
        v.moment.seconds = <int64_t>t.hour * 3600 + t.minute * 60 + t.second
        return CELL_BAD_DATETIME if t.hour > 23 or t.minute > 59 or t.second > 59 else CELL_DONE
    memcpy(&s, p, sizeof(s))
    v.kind = VALUE_TIMESTAMP
    v.moment.seconds = <int64_t>s.hour * 3600 + s.minute * 60 + s.second
    v.moment.picoseconds = <int64_t>s.fraction * 1000
    if s.hour > 23 or s.minute > 59 or s.second > 59 or s.fraction > 999999999:
        return CELL_BAD_DATETIME
    if not need_date:
        v.kind = VALUE_TIME
        return CELL_FIELD_OVERFLOW if s.fraction != 0 else CELL_DONE
    return date_from_fields(s.year, s.month, s.day, &v.moment.days)


cdef void uuid_from_struct(const void* p, char* out) noexcept nogil:
    """SQLGUID as 16 bytes in the order of the text form."""
    cdef SQLGUID g
    cdef int32_t i
    memcpy(&g, p, sizeof(g))
    for i in range(4):
        out[i] = <char>(g.Data1 >> (24 - 8 * i))
    for i in range(2):
        out[4 + i] = <char>(<uint32_t>g.Data2 >> (8 - 8 * i))
        out[6 + i] = <char>(<uint32_t>g.Data3 >> (8 - 8 * i))
    memcpy(out + 8, g.Data4, 8)


cdef CellStatus read_c_value(SQLSMALLINT c_type, const CType* c, SQLSMALLINT sql_type, const void* p, SQLLEN nbytes,
                             int32_t wchar_bytes, Value* v) noexcept nogil:
    """The C value as what it is, before the SQL type asks for anything."""
    cdef SQL_NUMERIC_STRUCT n
    cdef SQL_INTERVAL_STRUCT i
    cdef float f
    if c.cclass == C_CHAR:
        v.kind = VALUE_TEXT
        v.text = <const char*>p
        v.length = <int64_t>strlen(v.text) if nbytes == SQL_NTS else nbytes
        return CELL_DONE if utf8_valid(v.text, v.length) else CELL_BAD_CAST
    if c.cclass == C_WIDE:
        return text_from_wide(p, wide_strlen(p, wchar_bytes) if nbytes == SQL_NTS else nbytes / wchar_bytes,
                              wchar_bytes, v)
    if c.cclass == C_BYTES:
        v.kind = VALUE_BYTES
        v.text = <const char*>p
        v.length = nbytes
    elif c.cclass == C_INTEGER:
        integer_from_c(c, p, v)
    elif c.cclass == C_BIT:
        set_unsigned(v, (<const uint8_t*>p)[0])
        return CELL_RANGE if v.decimal.digits > 1 else CELL_DONE
    elif c.cclass == C_FLOAT:
        memcpy(&f, p, sizeof(f))
        v.kind = VALUE_REAL
        v.single = True
        v.real = f
    elif c.cclass == C_DOUBLE:
        v.kind = VALUE_REAL
        v.single = False
        memcpy(&v.real, p, sizeof(double))
    elif c.cclass == C_NUMERIC:
        memcpy(&n, p, sizeof(n))
        v.kind = VALUE_DECIMAL
        decimal_from_numeric(&n, &v.decimal)
    elif c.cclass == C_GUID:
        v.kind = VALUE_UUID
        uuid_from_struct(p, v.room)
        v.text = v.room
        v.length = 16
    elif c.cclass == C_INTERVAL:
        memcpy(&i, p, sizeof(i))
        v.kind = VALUE_INTERVAL
        # 6 is the default of SQL_DESC_PRECISION for interval seconds.
        return interval_from_struct(&i, c_type, 6, &v.interval)
    else:
        return moment_from_c(c, p, sql_family(sql_type) != FAMILY_TIME, v)
    return CELL_DONE


cdef CellStatus bytes_to_fixed(SQLSMALLINT sql_type, Value* v) noexcept nogil:
    """SQL_C_BINARY for a type of fixed length: the bytes of the type's default C type, 22003 when there are more or less."""
    cdef SQLSMALLINT c_type = default_c_type(sql_type, False)
    cdef CType c = c_type_of(c_type)
    cdef const char* p = v.text
    if c.cclass == C_CHAR:
        # Decimals: the bytes are the digits.
        v.kind = VALUE_TEXT
        return CELL_DONE
    if v.length != c.size:
        return CELL_RANGE
    return read_c_value(c_type, &c, sql_type, p, v.length, 0, v)


cdef CellStatus to_text(SQLSMALLINT c_type, Value* v) noexcept nogil:
    """Any value as the text of a character parameter."""
    if v.kind == VALUE_TEXT:
        return CELL_DONE
    if v.kind == VALUE_BYTES:
        v.kind = VALUE_TEXT
        return CELL_DONE if utf8_valid(v.text, v.length) else CELL_BAD_CAST
    if v.kind == VALUE_UUID:
        memcpy(v.room + 64, v.text, 16)
        v.text = v.room + 64
    v.length = value_to_text(v, c_type, v.room)
    v.text = v.room
    v.kind = VALUE_TEXT
    return CELL_DONE


cdef CellStatus to_bytes(Value* v) noexcept nogil:
    """Hexadecimal text as bytes: 22018 for other characters or an odd number of them."""
    cdef int64_t i
    cdef int32_t high, low
    cdef char* out
    if v.kind == VALUE_BYTES:
        return CELL_DONE
    if v.length % 2 != 0:
        return CELL_BAD_CAST
    out = <char*>malloc(v.length / 2 + 1)
    if out is NULL:
        return CELL_NO_MEMORY
    for i in range(v.length / 2):
        high = hex_digit(v.text[2 * i])
        low = hex_digit(v.text[2 * i + 1])
        if high < 0 or low < 0:
            free(out)
            return CELL_BAD_CAST
        out[i] = <char>(high << 4 | low)
    free(v.owned)
    v.owned = out
    v.text = out
    v.length = v.length / 2
    v.kind = VALUE_BYTES
    return CELL_DONE


cdef CellStatus to_number(SQLSMALLINT c_type, SQLSMALLINT sql_type, bint from_text, Value* v) noexcept nogil:
    """Exact numbers and bits. A fraction that is cut is 22001 when it came as text, and nothing when as a number."""
    cdef Decimal d
    cdef u128 whole
    cdef bint fraction
    cdef int32_t bits
    cdef CellStatus status = value_to_decimal(v, c_type if v.kind == VALUE_INTERVAL else sql_type, &d)
    if status != CELL_DONE:
        return status
    v.kind = VALUE_DECIMAL
    v.decimal = d
    if sql_type == SQL_DECIMAL or sql_type == SQL_NUMERIC:
        status = decimal_rescale(&d, MAX_DIGITS, 0 if d.scale < 0 else (MAX_DIGITS if d.scale > MAX_DIGITS else d.scale),
                                 &v.decimal.digits)
        v.decimal.scale = 0 if d.scale < 0 else (MAX_DIGITS if d.scale > MAX_DIGITS else d.scale)
        v.decimal.lost = False
        if status == CELL_FRACTION:
            return CELL_TOO_LONG if from_text else CELL_DONE
        return status
    if not decimal_whole(&d, &whole, &fraction) or u128_hi(whole) != 0:
        return CELL_RANGE
    v.decimal.digits = whole
    v.decimal.scale = 0
    v.decimal.lost = False
    if sql_type == SQL_BIT:
        if whole > 1 or (d.negative and (whole != 0 or fraction)):
            return CELL_RANGE
        return CELL_TOO_LONG if fraction else CELL_DONE
    bits = 8 * sql_type_bytes(sql_type)
    # The parameter may be of an unsigned type: what fits either sign is let through, the engine knows which.
    if d.negative and whole > <u128>1 << (bits - 1) or not d.negative and whole >> 1 > (<u128>1 << (bits - 1)) - 1:
        return CELL_RANGE
    return CELL_TOO_LONG if fraction and from_text else CELL_DONE


cdef CellStatus to_real(SQLSMALLINT sql_type, Value* v) noexcept nogil:
    cdef double x
    cdef float f
    cdef CellStatus status = value_to_real(v, sql_type, &x)
    if status != CELL_DONE:
        return status
    f = <float>x
    if sql_type == SQL_REAL and f - f != 0 and x - x == 0:
        return CELL_RANGE
    v.single = v.kind == VALUE_REAL and v.single
    v.kind = VALUE_REAL
    v.real = x
    return CELL_DONE


cdef CellStatus to_moment(Family f, Value* v) noexcept nogil:
    """Dates and times: 22008 where a time or a fraction that is not zero would be cut."""
    cdef Moment m
    cdef CellStatus status = value_to_moment(v, SQL_VARCHAR, &m)
    if status != CELL_DONE:
        return status
    v.moment = m
    if f == FAMILY_DATE:
        v.kind = VALUE_DATE
        if not m.has_date:
            return CELL_BAD_CAST
        return CELL_FIELD_OVERFLOW if m.seconds != 0 or m.picoseconds != 0 or m.lost else CELL_DONE
    if f == FAMILY_TIME:
        v.kind = VALUE_TIME
        if not m.has_time:
            return CELL_BAD_CAST
        # A time literal may have a fraction; that of a timestamp may not.
        return CELL_FIELD_OVERFLOW if m.lost or (m.has_date and m.picoseconds != 0) else CELL_DONE
    v.kind = VALUE_TIMESTAMP
    if not m.has_date:
        v.moment.days = today()
    return CELL_FIELD_OVERFLOW if m.lost else CELL_DONE


cdef CellStatus to_interval(SQLSMALLINT sql_type, Value* v) noexcept nogil:
    """Intervals: 22015 where a field would be cut."""
    cdef Interval i
    cdef SQL_INTERVAL_STRUCT s
    cdef CellStatus status = value_to_interval(v, sql_type, sql_type, &i)
    if status == CELL_DONE:
        if i.year_month != (sql_family(sql_type) == FAMILY_YEAR_MONTH):
            return CELL_BAD_CAST
        status = interval_to_struct(&i, sql_type, 9, 9, &s)
    if status == CELL_FRACTION:
        return CELL_INTERVAL_OVERFLOW
    v.kind = VALUE_INTERVAL
    v.interval = i
    return status


cdef CellStatus to_uuid(Value* v) noexcept nogil:
    if v.kind == VALUE_UUID:
        return CELL_DONE
    if v.kind == VALUE_TEXT and not uuid_from_text(v.text, v.length, v.room):
        return CELL_BAD_CAST
    v.kind = VALUE_UUID
    v.text = v.room
    v.length = 16
    return CELL_DONE


cdef CellStatus value_from_c(SQLSMALLINT c_type, SQLSMALLINT sql_type, const void* p, SQLLEN nbytes, int32_t wchar_bytes,
                             Value* v) noexcept nogil:
    """One bound value that is not NULL, as the parameter's SQL type wants it.

    The kind that comes out: VALUE_TEXT for character types, VALUE_BYTES, VALUE_DECIMAL for exact numbers and
    SQL_BIT, VALUE_REAL, VALUE_DATE, VALUE_TIME, VALUE_TIMESTAMP, VALUE_INTERVAL (value_to_text gives its literal),
    VALUE_UUID. nbytes is the length in bytes, or SQL_NTS. Text may point at p; v must not be copied, as it may
    point into itself; value_drop it in the end, also after an error.
    """
    cdef CType c = c_type_of(c_type)
    cdef Family f = sql_family(sql_type)
    cdef CellStatus status
    cdef bint from_text
    v.owned = NULL
    v.single = False
    if c.cclass == C_UNKNOWN:
        return CELL_BAD_C_TYPE
    if not input_allowed(c_type, sql_type):
        return CELL_NOT_ALLOWED
    if c.size == 0 and nbytes < 0 and not (nbytes == SQL_NTS and c.cclass != C_BYTES):
        return CELL_BAD_LENGTH
    status = read_c_value(c_type, &c, sql_type, p, nbytes, wchar_bytes, v)
    if status == CELL_BAD_DATETIME and f == FAMILY_CHAR:
        return CELL_FIELD_OVERFLOW
    if status != CELL_DONE:
        return status
    if c.cclass == C_BYTES and f != FAMILY_CHAR and f != FAMILY_BINARY:
        status = bytes_to_fixed(sql_type, v)
        if status != CELL_DONE:
            return status
    if f == FAMILY_CHAR:
        if v.kind == VALUE_REAL and v.real - v.real != 0:
            return CELL_RANGE
        return to_text(c_type, v)
    if f == FAMILY_BINARY:
        return to_bytes(v)
    from_text = v.kind == VALUE_TEXT
    if f == FAMILY_EXACT or f == FAMILY_BIT:
        return to_number(c_type, sql_type, from_text, v)
    if f == FAMILY_APPROX:
        return to_real(sql_type, v)
    if f == FAMILY_GUID:
        return to_uuid(v)
    if f == FAMILY_YEAR_MONTH or f == FAMILY_DAY_TIME:
        return to_interval(sql_type, v)
    return to_moment(f, v)


cdef CellStatus value_fit(const Value* v, SQLSMALLINT sql_type, bint from_text, SQLULEN column_size,
                          SQLSMALLINT decimal_digits) noexcept nogil:
    """Whether a value from value_from_c fits the parameter's declared size; a size of 0 is not checked.

    22001 for text and bytes that are too long and for a fraction cut from text, 22003 for whole digits, 22008 for
    a fraction of seconds.
    """
    cdef u128 digits
    cdef CellStatus status
    cdef int64_t i, count = 0
    cdef Family f = sql_family(sql_type)
    if column_size == 0:
        return CELL_DONE
    if v.kind == VALUE_TEXT:
        if <SQLULEN>v.length <= column_size:
            return CELL_DONE
        for i in range(v.length):
            count += (v.text[i] & 0xC0) != 0x80
        return CELL_TOO_LONG if <SQLULEN>count > column_size else CELL_DONE
    if v.kind == VALUE_BYTES:
        return CELL_TOO_LONG if <SQLULEN>v.length > column_size else CELL_DONE
    if sql_type == SQL_DECIMAL or sql_type == SQL_NUMERIC:
        if column_size > MAX_DIGITS or decimal_digits < 0:
            return CELL_DONE
        status = decimal_rescale(&v.decimal, <int32_t>column_size, decimal_digits, &digits)
        if status == CELL_FRACTION:
            return CELL_TOO_LONG if from_text else CELL_DONE
        return status
    if f == FAMILY_TIME or f == FAMILY_TIMESTAMP:
        if 0 <= decimal_digits <= 12 and v.moment.picoseconds % unit_of(12 - decimal_digits) != 0:
            return CELL_FIELD_OVERFLOW
    return CELL_DONE
