# Value: one cell as what it means, between the column's kind and the C type; the generic path of every conversion.
# Included by _core.pyx after intervals.pxi.

cdef enum ValueKind:
    VALUE_DECIMAL          # decimal: every integer, decimal and boolean
    VALUE_REAL             # real; single: it came from 32 bits
    VALUE_TEXT             # text, length: UTF-8
    VALUE_BYTES            # text, length
    VALUE_UUID             # text: 16 bytes in the order of the text form
    VALUE_DATE             # moment: days
    VALUE_TIME             # moment: seconds, picoseconds
    VALUE_TIMESTAMP        # moment: all three
    VALUE_INTERVAL         # interval
    VALUE_MIXED            # mixed: months, days and time, each with a sign of its own

# Families of SQL types: what Appendix D of the specification has one table for.
cdef enum Family:
    FAMILY_CHAR = 0
    FAMILY_EXACT, FAMILY_APPROX, FAMILY_BIT, FAMILY_BINARY, FAMILY_GUID
    FAMILY_DATE, FAMILY_TIME, FAMILY_TIMESTAMP
    FAMILY_YEAR_MONTH, FAMILY_DAY_TIME

cdef struct Value:
    int32_t kind
    bint single
    Decimal decimal
    double real
    Moment moment
    Interval interval
    MonthDayNano mixed
    const char* text
    int64_t length
    char* owned            # value_from_c only: memory of text; freed by value_drop
    char room[DECIMAL_TEXT]  # value_from_c only: text of a value that is no text


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


cdef inline bint one_field(SQLSMALLINT interval) noexcept nogil:
    """True for the interval types of a single field; SQL and C codes are the same numbers."""
    return SQL_INTERVAL_YEAR <= interval <= SQL_INTERVAL_SECOND


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


cdef inline const char* text_data(const Column* c) noexcept nogil:
    """The bytes of a text or binary column; never NULL, which a column of empty values may have."""
    if c.data is NULL:
        return b""
    return <const char*>c.data


cdef inline void column_bytes(const Column* c, int64_t row, const char** p, int64_t* n) noexcept nogil:
    """The bytes of one text or binary cell."""
    cdef int64_t i = c.offset + row
    cdef const char* data = text_data(c)
    cdef const int32_t* small
    cdef const int64_t* large
    if c.kind == KIND_TEXT or c.kind == KIND_BINARY or c.kind == KIND_DECIMAL_TEXT:
        small = <const int32_t*>c.values
        p[0] = data + small[i]
        n[0] = small[i + 1] - small[i] - c.gap
    else:
        large = <const int64_t*>c.values
        p[0] = data + large[i]
        n[0] = large[i + 1] - large[i] - c.gap


cdef inline void decimal_at(const Column* c, int64_t i, Decimal* d) noexcept nogil:
    """Element i of a decimal128 buffer."""
    cdef const uint64_t* words = <const uint64_t*>c.values + 2 * i
    cdef u128 bits = make_u128(words[1], words[0])
    d.negative = words[1] >> 63 != 0
    d.digits = ~bits + <u128>1 if d.negative else bits
    d.scale = c.scale
    d.lost = False


cdef inline void decimal_from_digits(const Column* c, int64_t row, Decimal* d) noexcept nogil:
    """One cell of KIND_DECIMAL_TEXT; the decoder has proved that there are only digits, one point and one sign."""
    cdef const char* p
    cdef int64_t n, k
    cdef uint64_t digits = 0
    column_bytes(c, row, &p, &n)
    for k in range(n):
        if p[k] >= c'0':
            digits = digits * 10 + <uint64_t>(p[k] - c'0')
    d.negative = n > 0 and p[0] == c'-'
    d.digits = <u128>digits
    d.scale = c.scale
    d.lost = False


cdef CellStatus value_from_column(const Column* c, int64_t row, Value* v) noexcept nogil:
    """Read one cell that is not NULL. Text and bytes point into the column."""
    cdef int64_t i = c.offset + row
    cdef int32_t k = c.kind
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
        if c.scale > 255 or c.scale < -255:
            return CELL_RANGE
        v.kind = VALUE_DECIMAL
        decimal_at(c, i, &v.decimal)
    elif k == KIND_DECIMAL_TEXT:
        v.kind = VALUE_DECIMAL
        decimal_from_digits(c, row, &v.decimal)
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
        return temporal_from_column(c, i, v)
    return CELL_DONE


cdef inline bint endless(int64_t units) noexcept nogil:
    """Whether a timestamp is an infinity: DuckDB and PostgreSQL keep them as the outermost numbers, which no date has."""
    return units == INT64_MAX or units == -INT64_MAX


cdef CellStatus temporal_from_column(const Column* c, int64_t i, Value* v) noexcept nogil:
    """Element i of a date, time, timestamp or interval column; 22008 for a time outside the day and an infinity."""
    cdef int32_t k = c.kind
    cdef int64_t seconds
    cdef const WideTimestamp* wide
    if k == KIND_TIMESTAMP:
        v.kind = VALUE_TIMESTAMP
        if endless((<const int64_t*>c.values)[i]) and not c.finite:
            return CELL_FIELD_OVERFLOW
        split_units((<const int64_t*>c.values)[i], unit_of(c.scale), &seconds, &v.moment.picoseconds)
        local_parts(c.zone, seconds, &v.moment.days, &v.moment.seconds)
    elif k == KIND_TIMESTAMP_WIDE:
        v.kind = VALUE_TIMESTAMP
        wide = <const WideTimestamp*>c.values + i
        v.moment.picoseconds = wide.picoseconds
        local_parts(c.zone, wide.seconds, &v.moment.days, &v.moment.seconds)
    elif k == KIND_DATE32:
        v.kind = VALUE_DATE
        v.moment.days = (<const int32_t*>c.values)[i]
        v.moment.seconds = 0
        v.moment.picoseconds = 0
        if (v.moment.days == INT32_MAX or v.moment.days == -INT32_MAX) and not c.finite:
            return CELL_FIELD_OVERFLOW
    elif k == KIND_TIME64:
        v.kind = VALUE_TIME
        v.moment.days = 0
        split_units((<const int64_t*>c.values)[i], unit_of(c.scale), &v.moment.seconds, &v.moment.picoseconds)
        # 24:00:00 is a time of SQL engines that stands for the end of a day.
        if v.moment.seconds < 0 or v.moment.seconds > DAY_SECONDS:
            return CELL_FIELD_OVERFLOW
    elif k == KIND_INTERVAL_MONTHS:
        v.kind = VALUE_INTERVAL
        interval_from_months((<const int32_t*>c.values)[i], &v.interval)
    elif k == KIND_INTERVAL_DURATION:
        v.kind = VALUE_INTERVAL
        interval_from_units((<const int64_t*>c.values)[i], unit_of(c.scale), &v.interval)
    elif k == KIND_INTERVAL_MDN:
        v.kind = VALUE_MIXED
        v.mixed = (<const MonthDayNano*>c.values)[i]
    else:
        return CELL_NOT_ALLOWED
    return CELL_DONE


cdef CellStatus settle_value(Value* v, SQLSMALLINT sql_type, SQLSMALLINT c_type) noexcept nogil:
    """Give an interval of months, days and time the family of its SQL type, or else of the C type; 22015 if it has none."""
    cdef Family f = sql_family(sql_type)
    cdef CellStatus status
    if v.kind != VALUE_MIXED:
        return CELL_DONE
    if f != FAMILY_YEAR_MONTH and f != FAMILY_DAY_TIME:
        f = sql_family(c_type)
        if f != FAMILY_YEAR_MONTH and f != FAMILY_DAY_TIME:
            return CELL_DONE
    status = interval_from_mixed(&v.mixed, f == FAMILY_YEAR_MONTH, &v.interval)
    v.kind = VALUE_INTERVAL
    return status


cdef int64_t value_to_text(const Value* v, SQLSMALLINT sql_type, char* out) noexcept nogil:
    """Text of a value that is neither text nor bytes; out has DECIMAL_TEXT bytes. Returns its length."""
    if v.kind == VALUE_DECIMAL:
        return decimal_to_text(&v.decimal, out)
    if v.kind == VALUE_REAL:
        return float_to_text(<float>v.real, out) if v.single else double_to_text(v.real, out)
    if v.kind == VALUE_DATE:
        return date_to_text(v.moment.days, out)
    if v.kind == VALUE_TIME:
        return time_to_text(v.moment.seconds, v.moment.picoseconds, out)
    if v.kind == VALUE_TIMESTAMP:
        return timestamp_to_text(v.moment.days, v.moment.seconds, v.moment.picoseconds, out)
    if v.kind == VALUE_MIXED:
        return mixed_to_text(&v.mixed, out)
    if v.kind == VALUE_INTERVAL:
        if v.interval.year_month:
            return interval_to_text(&v.interval, sql_type if sql_family(sql_type) == FAMILY_YEAR_MONTH
                                    else SQL_INTERVAL_YEAR_TO_MONTH, out)
        return interval_to_text(&v.interval, sql_type if sql_family(sql_type) == FAMILY_DAY_TIME
                                else SQL_INTERVAL_DAY_TO_SECOND, out)
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


cdef bint uuid_from_text(const char* p, int64_t n, char* out) noexcept nogil:
    """8-4-4-4-12 hexadecimal digits, with or without braces around them, as 16 bytes. False for other text."""
    cdef int32_t i, high, low
    trim_text(&p, &n)
    if n == 38 and p[0] == c'{' and p[37] == c'}':
        p += 1
        n -= 2
    if n != 36:
        return False
    for i in range(16):
        if i == 4 or i == 6 or i == 8 or i == 10:
            if p[0] != c'-':
                return False
            p += 1
        high = hex_digit(p[0])
        low = hex_digit(p[1])
        if high < 0 or low < 0:
            return False
        out[i] = <char>(high << 4 | low)
        p += 2
    return True


cdef inline int32_t hex_digit(char c) noexcept nogil:
    """0 .. 15, or -1."""
    if is_digit(c):
        return c - 48
    if c'a' <= (c | 32) <= c'f':
        return (c | 32) - 87
    return -1


cdef CellStatus value_to_decimal(const Value* v, SQLSMALLINT sql_type, Decimal* d) noexcept nogil:
    """The exact number that a value is: 22018 for text that is none, 22003 for NaN and infinity."""
    cdef Family f = sql_family(sql_type)
    cdef Interval interval
    cdef CellStatus status
    if v.kind == VALUE_DECIMAL:
        d[0] = v.decimal
        return CELL_DONE
    if v.kind == VALUE_REAL:
        if v.real - v.real != 0:
            return CELL_RANGE
        decimal_from_real(v.real, v.single, d)
        return CELL_DONE
    if v.kind == VALUE_INTERVAL:
        interval_to_decimal(&v.interval, sql_type, d)
        return CELL_DONE
    if v.kind != VALUE_TEXT:
        return CELL_NOT_ALLOWED
    if f == FAMILY_YEAR_MONTH or f == FAMILY_DAY_TIME:
        status = interval_from_text(v.text, v.length, sql_type, &interval)
        if status == CELL_DONE and interval.year_month != (f == FAMILY_YEAR_MONTH):
            return CELL_BAD_CAST
        interval_to_decimal(&interval, sql_type, d)
        return status
    if decimal_from_text(v.text, v.length, d):
        return CELL_DONE
    return text_to_bit(v.text, v.length, f, d)


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


cdef CellStatus value_to_real(const Value* v, SQLSMALLINT sql_type, double* x) noexcept nogil:
    """The double nearest to a value: 22018 for text that is no number, 22003 when too large."""
    cdef Family f = sql_family(sql_type)
    cdef char room[DECIMAL_TEXT]
    cdef Decimal d
    cdef CellStatus status
    if v.kind == VALUE_REAL:
        x[0] = v.real
        return CELL_DONE
    if v.kind == VALUE_TEXT:
        # Never through decimal_to_text: the exponent may be any, and written out it would need as many digits.
        status = real_from_text(v.text, v.length, f == FAMILY_APPROX, x)
        if f != FAMILY_BIT or status != CELL_BAD_CAST:
            return status
    status = value_to_decimal(v, sql_type, &d)
    if status != CELL_DONE:
        return status
    if 0 <= d.scale <= 22 and u128_hi(d.digits) == 0 and <uint64_t>d.digits <= <uint64_t>1 << 53:
        # Both numbers are exact doubles, so their quotient is the nearest double.
        x[0] = <double><uint64_t>d.digits / real_tens[d.scale]
        if d.negative:
            x[0] = -x[0]
        return CELL_DONE
    return real_from_text(room, decimal_to_text(&d, room), False, x)


cdef CellStatus value_to_moment(const Value* v, SQLSMALLINT sql_type, Moment* m) noexcept nogil:
    """The date, time or timestamp that a value is; has_date and has_time say which. Text is read as a literal."""
    cdef Family f
    if v.kind == VALUE_TEXT:
        f = sql_family(sql_type)
        return moment_from_text(v.text, v.length, f == FAMILY_TIME or f == FAMILY_TIMESTAMP, m)
    if v.kind != VALUE_DATE and v.kind != VALUE_TIME and v.kind != VALUE_TIMESTAMP:
        return CELL_NOT_ALLOWED
    m[0] = v.moment
    m.has_date = v.kind != VALUE_TIME
    m.has_time = v.kind != VALUE_DATE
    m.lost = False
    return CELL_DONE


cdef CellStatus value_to_interval(const Value* v, SQLSMALLINT sql_type, SQLSMALLINT c_type, Interval* out) noexcept nogil:
    """The interval that a value is. Numbers count the single field of c_type; text is read with the fields of the
    SQL type where that is an interval, else with those of c_type."""
    cdef Family f = sql_family(sql_type)
    cdef Decimal d
    if v.kind == VALUE_INTERVAL:
        out[0] = v.interval
        return CELL_DONE
    if v.kind == VALUE_TEXT and f == FAMILY_EXACT:
        if not decimal_from_text(v.text, v.length, &d):
            return CELL_BAD_CAST
        return interval_from_decimal(&d, c_type, out)
    if v.kind == VALUE_TEXT:
        return interval_from_text(v.text, v.length, c_type if f == FAMILY_CHAR else sql_type, out)
    if v.kind == VALUE_DECIMAL and one_field(c_type):
        return interval_from_decimal(&v.decimal, c_type, out)
    return CELL_NOT_ALLOWED
