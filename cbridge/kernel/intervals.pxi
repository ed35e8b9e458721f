# Intervals: year-month and day-time values <-> SQL_INTERVAL_STRUCT and literal text.
# Included by _core.pyx after temporal.pxi.

# Signed by `negative`: months for the year-month types; seconds and picoseconds for the day-time types.
cdef struct Interval:
    bint year_month
    bint negative
    bint lost              # digits behind the picoseconds were not zero
    int64_t months
    int64_t seconds
    int64_t picoseconds

# Fields of an interval type in the order of FIELD_SECONDS: 0 day, 1 hour, 2 minute, 3 second; year-month: 0 year, 1 month.
cdef struct Fields:
    bint year_month
    int32_t first, last


cdef Fields interval_fields(SQLSMALLINT t) noexcept nogil:
    """The fields of SQL_INTERVAL_YEAR .. SQL_INTERVAL_MINUTE_TO_SECOND; the C types have the same numbers."""
    cdef Fields f
    f.year_month = t == SQL_INTERVAL_YEAR or t == SQL_INTERVAL_MONTH or t == SQL_INTERVAL_YEAR_TO_MONTH
    if f.year_month:
        f.first = 1 if t == SQL_INTERVAL_MONTH else 0
        f.last = 0 if t == SQL_INTERVAL_YEAR else 1
        return f
    if t == SQL_INTERVAL_HOUR or t == SQL_INTERVAL_HOUR_TO_MINUTE or t == SQL_INTERVAL_HOUR_TO_SECOND:
        f.first = 1
    elif t == SQL_INTERVAL_MINUTE or t == SQL_INTERVAL_MINUTE_TO_SECOND:
        f.first = 2
    elif t == SQL_INTERVAL_SECOND:
        f.first = 3
    else:
        f.first = 0
    if t == SQL_INTERVAL_DAY:
        f.last = 0
    elif t == SQL_INTERVAL_HOUR or t == SQL_INTERVAL_DAY_TO_HOUR:
        f.last = 1
    elif t == SQL_INTERVAL_MINUTE or t == SQL_INTERVAL_DAY_TO_MINUTE or t == SQL_INTERVAL_HOUR_TO_MINUTE:
        f.last = 2
    else:
        f.last = 3
    return f


cdef inline int64_t field_seconds(int32_t field) noexcept nogil:
    """Seconds of one day, hour, minute, second."""
    if field == 0:
        return 86400
    if field == 1:
        return 3600
    return 60 if field == 2 else 1


cdef inline int64_t field_limit(int32_t field) noexcept nogil:
    """One more than the largest value of a field that is not the first: hours 24, minutes and seconds 60."""
    return 24 if field == 1 else 60


cdef void interval_from_units(int64_t v, int64_t unit, Interval* out) noexcept nogil:
    """A day-time interval from a signed count of 1/unit seconds."""
    cdef uint64_t u = 0 - <uint64_t>v if v < 0 else <uint64_t>v
    memset(out, 0, sizeof(Interval))
    out.negative = v < 0
    # Of the smallest 64-bit number the magnitude has no signed form; its last second is left out.
    out.seconds = <int64_t>(u / <uint64_t>unit) if u / <uint64_t>unit <= <uint64_t>INT64_MAX else INT64_MAX
    out.picoseconds = <int64_t>(u % <uint64_t>unit) * (SECOND_PICOS / unit)


cdef void interval_from_months(int64_t v, Interval* out) noexcept nogil:
    memset(out, 0, sizeof(Interval))
    out.year_month = True
    out.negative = v < 0
    out.months = -v if v < 0 else v


cdef CellStatus interval_from_mixed(const MonthDayNano* m, bint year_month, Interval* out) noexcept nogil:
    """Months alone, or days and time alone; 22015 when the other part is not zero, since no ODBC type holds both."""
    cdef int64_t seconds, nanos
    if year_month:
        interval_from_months(m.months, out)
        return CELL_INTERVAL_OVERFLOW if m.days != 0 or m.nanoseconds != 0 else CELL_DONE
    if m.months != 0:
        return CELL_INTERVAL_OVERFLOW
    memset(out, 0, sizeof(Interval))
    seconds = floor_div(m.nanoseconds, 1000000000)
    nanos = m.nanoseconds % 1000000000
    if nanos < 0:
        nanos += 1000000000
    seconds += <int64_t>m.days * DAY_SECONDS
    if seconds < 0:
        out.negative = True
        if nanos != 0:
            seconds += 1
            nanos = 1000000000 - nanos
        seconds = -seconds
    out.seconds = seconds
    out.picoseconds = nanos * 1000
    return CELL_DONE


cdef CellStatus interval_from_decimal(const Decimal* d, SQLSMALLINT type, Interval* out) noexcept nogil:
    """A number as the single field of an interval type: 22015 when too large, 01S07 for a fraction that is cut."""
    cdef Fields f = interval_fields(type)
    cdef u128 whole, fraction
    cdef bint cut
    cdef Decimal rest
    memset(out, 0, sizeof(Interval))
    out.year_month = f.year_month
    out.negative = d.negative
    if not decimal_whole(d, &whole, &cut) or whole > <u128>999999999999u:
        return CELL_INTERVAL_OVERFLOW
    if f.year_month:
        out.months = <int64_t>whole * (1 if f.first == 1 else 12)
    else:
        out.seconds = <int64_t>whole * field_seconds(f.first)
    if f.year_month or f.first != 3 or not cut:
        return CELL_FRACTION if cut else CELL_DONE
    rest = d[0]
    if rest.scale > MAX_DIGITS:
        out.lost = True
        return CELL_DONE
    rest.digits = rest.digits % power_of_ten(rest.scale)
    out.lost = decimal_rescale(&rest, MAX_DIGITS, 12, &fraction) == CELL_FRACTION
    out.picoseconds = <int64_t>fraction
    return CELL_DONE


cdef void interval_to_decimal(const Interval* v, SQLSMALLINT type, Decimal* out) noexcept nogil:
    """The value counted in the single field of an interval type, with 12 digits of what is less than one."""
    cdef Fields f = interval_fields(type)
    cdef int64_t unit, rest
    out.negative = v.negative
    out.lost = v.lost
    out.scale = 12
    if f.year_month:
        unit = 1 if f.first == 1 else 12
        out.digits = <u128>(v.months / unit) * <u128>SECOND_PICOS + <u128>(v.months % unit * SECOND_PICOS / unit)
        if v.months % unit == 0:
            out.digits = <u128>(v.months / unit)
            out.scale = 0
        return
    unit = field_seconds(f.first)
    rest = v.seconds % unit
    out.digits = <u128>(v.seconds / unit) * <u128>SECOND_PICOS
    out.digits = out.digits + (<u128>rest * <u128>SECOND_PICOS + <u128>v.picoseconds) / <u128>unit
    if rest == 0 and v.picoseconds == 0 and not v.lost:
        out.digits = <u128>(v.seconds / unit)
        out.scale = 0


cdef CellStatus interval_to_struct(const Interval* v, SQLSMALLINT type, int32_t leading, int32_t precision,
                                   SQL_INTERVAL_STRUCT* out) noexcept nogil:
    """22015 when the first field needs more than `leading` digits, 01S07 when fields or digits behind the last are cut.

    The fraction counts units of 10**-precision seconds.
    """
    cdef Fields f = interval_fields(type)
    cdef SQLUINTEGER parts[4]
    cdef int64_t first, rest, unit
    cdef int32_t i
    cdef bint cut = v.lost
    memset(out, 0, sizeof(SQL_INTERVAL_STRUCT))
    out.interval_type = type - 100
    out.interval_sign = 1 if v.negative and (v.months | v.seconds | v.picoseconds) != 0 else 0
    if leading < 1 or leading > 9:
        leading = 9 if leading > 9 else 2
    if f.year_month:
        first = v.months if f.first == 1 else v.months / 12
        rest = 0 if f.first == 1 else v.months % 12
        if first >= unit_of(leading):
            return CELL_INTERVAL_OVERFLOW
        if f.first == 1:
            out.intval.year_month.month = <SQLUINTEGER>first
            return CELL_DONE
        out.intval.year_month.year = <SQLUINTEGER>first
        if f.last == 1:
            out.intval.year_month.month = <SQLUINTEGER>rest
            return CELL_DONE
        return CELL_FRACTION if rest != 0 else CELL_DONE
    memset(parts, 0, sizeof(parts))
    rest = v.seconds
    for i in range(f.first, f.last + 1):
        unit = field_seconds(i)
        if i == f.first and rest / unit >= unit_of(leading):
            return CELL_INTERVAL_OVERFLOW
        parts[i] = <SQLUINTEGER>(rest / unit)
        rest = rest % unit
    out.intval.day_second.day = parts[0]
    out.intval.day_second.hour = parts[1]
    out.intval.day_second.minute = parts[2]
    out.intval.day_second.second = parts[3]
    if f.last < 3:
        return CELL_FRACTION if cut or rest != 0 or v.picoseconds != 0 else CELL_DONE
    if precision < 0 or precision > 9:
        precision = 9 if precision > 9 else 6
    unit = unit_of(12 - precision)
    out.intval.day_second.fraction = <SQLUINTEGER>(v.picoseconds / unit)
    return CELL_FRACTION if cut or v.picoseconds % unit != 0 else CELL_DONE


cdef CellStatus interval_from_struct(const SQL_INTERVAL_STRUCT* s, SQLSMALLINT type, int32_t precision,
                                     Interval* out) noexcept nogil:
    """The value of a struct bound as C type `type`; 22015 when a field behind the first is too large."""
    cdef Fields f = interval_fields(type)
    cdef SQLUINTEGER parts[4]
    cdef int32_t i
    memset(out, 0, sizeof(Interval))
    out.year_month = f.year_month
    out.negative = s.interval_sign == 1
    if f.year_month:
        if f.first == 0:
            out.months = <int64_t>s.intval.year_month.year * 12
        if f.last == 1:
            if f.first == 0 and s.intval.year_month.month > 11:
                return CELL_INTERVAL_OVERFLOW
            out.months += s.intval.year_month.month
        return CELL_DONE
    parts[0] = s.intval.day_second.day
    parts[1] = s.intval.day_second.hour
    parts[2] = s.intval.day_second.minute
    parts[3] = s.intval.day_second.second
    for i in range(f.first, f.last + 1):
        if i > f.first and parts[i] >= field_limit(i):
            return CELL_INTERVAL_OVERFLOW
        out.seconds += <int64_t>parts[i] * field_seconds(i)
    if f.last == 3:
        if precision < 0 or precision > 9:
            precision = 6
        if <int64_t>s.intval.day_second.fraction >= unit_of(precision):
            return CELL_INTERVAL_OVERFLOW
        out.picoseconds = <int64_t>s.intval.day_second.fraction * unit_of(12 - precision)
    return CELL_DONE


cdef int32_t interval_to_text(const Interval* v, SQLSMALLINT type, char* out) noexcept nogil:
    """The text between the quotes of an interval literal of the type: first field as is, the others two digits."""
    cdef Fields f = interval_fields(type)
    cdef int32_t n = 0, i
    cdef int64_t rest = v.seconds, unit
    if v.negative and (v.months | v.seconds | v.picoseconds) != 0:
        out[0] = c'-'
        n = 1
    if f.year_month:
        if f.first == 1:
            return n + i64_to_text(v.months, out + n)
        n += i64_to_text(v.months / 12, out + n)
        if f.last == 0:
            return n
        out[n] = c'-'
        two_digits(out + n + 1, <uint32_t>(v.months % 12))
        return n + 3
    for i in range(f.first, f.last + 1):
        unit = field_seconds(i)
        if i == f.first:
            n += i64_to_text(rest / unit, out + n)
        else:
            out[n] = c' ' if i == 1 else c':'
            two_digits(out + n + 1, <uint32_t>(rest / unit))
            n += 3
        rest = rest % unit
    if f.last == 3:
        n += fraction_to_text(v.picoseconds, out + n)
    return n


cdef int32_t mixed_part(int64_t v, const char* name, char* out, int32_t n) noexcept nogil:
    """Append " 3 days" and the like when v is not zero; returns the new length."""
    if v == 0:
        return n
    if n > 0:
        out[n] = c' '
        n += 1
    n += i64_to_text(v, out + n)
    memcpy(out + n, name, strlen(name))
    n += <int32_t>strlen(name)
    if v != 1 and v != -1:
        out[n] = c's'
        n += 1
    return n


cdef int32_t mixed_to_text(const MonthDayNano* m, char* out) noexcept nogil:
    """An interval with months, days and time, as DuckDB prints it: 1 year 2 months 3 days 04:05:06.5."""
    cdef int32_t n = 0
    cdef uint64_t nanos = 0 - <uint64_t>m.nanoseconds if m.nanoseconds < 0 else <uint64_t>m.nanoseconds
    cdef int64_t seconds = <int64_t>(nanos / 1000000000u)
    n = mixed_part(m.months / 12, b" year", out, n)
    n = mixed_part(m.months % 12, b" month", out, n)
    n = mixed_part(m.days, b" day", out, n)
    if nanos == 0 and n > 0:
        return n
    if n > 0:
        out[n] = c' '
        n += 1
    if m.nanoseconds < 0:
        out[n] = c'-'
        n += 1
    if seconds < 36000:
        out[n] = c'0'
        n += 1
    n += i64_to_text(seconds / 3600, out + n)
    out[n] = c':'
    two_digits(out + n + 1, <uint32_t>(seconds / 60 % 60))
    out[n + 3] = c':'
    two_digits(out + n + 4, <uint32_t>(seconds % 60))
    n += 6
    return n + fraction_to_text(<int64_t>(nanos % 1000000000u) * 1000, out + n)


cdef SQLSMALLINT read_qualifier(const char* p, const char* end) noexcept nogil:
    """The type that DAY, DAY(3) TO SECOND(6) and the like name; 0 when they name none. End of the text included."""
    cdef int32_t first = read_field_name(&p, end), last
    if first == 0:
        return 0
    skip_precision(&p, end)
    if p == end:
        return <SQLSMALLINT>(100 + first)
    if end - p < 3 or (p[0] | 32) != c't' or (p[1] | 32) != c'o' or p[2] != c' ':
        return 0
    p += 2
    last = read_field_name(&p, end)
    skip_precision(&p, end)
    if p != end:
        return 0
    if first == 1:
        return SQL_INTERVAL_YEAR_TO_MONTH if last == 2 else 0
    if first < 3 or last <= first:
        return 0
    # DAY TO HOUR, MINUTE, SECOND are 108 .. 110; HOUR TO MINUTE, SECOND 111, 112; MINUTE TO SECOND 113.
    return <SQLSMALLINT>(104 + last if first == 3 else (106 + last if first == 4 else 113))


cdef int32_t read_field_name(const char** p, const char* end) noexcept nogil:
    """YEAR, MONTH, DAY, HOUR, MINUTE, SECOND at p as 1 .. 6, spaces before and behind included; 0 for another word."""
    cdef const char* names[6]
    cdef int64_t i, size
    cdef int32_t k
    names[0], names[1], names[2] = b"year", b"month", b"day"
    names[3], names[4], names[5] = b"hour", b"minute", b"second"
    while p[0] < end and is_space(p[0][0]):
        p[0] += 1
    for k in range(6):
        size = strlen(names[k])
        if end - p[0] < size:
            continue
        i = 0
        while i < size and (p[0][i] | 32) == names[k][i]:
            i += 1
        if i == size:
            p[0] += size
            while p[0] < end and is_space(p[0][0]):
                p[0] += 1
            return k + 1
    return 0


cdef void skip_precision(const char** p, const char* end) noexcept nogil:
    """Step over (p) or (p,s) and the spaces behind."""
    cdef const char* s = p[0]
    if s >= end or s[0] != c'(':
        return
    while s < end and (s[0] == c'(' or s[0] == c',' or s[0] == c' ' or is_digit(s[0])):
        s += 1
    if s >= end or s[0] != c')':
        return
    s += 1
    while s < end and is_space(s[0]):
        s += 1
    p[0] = s


cdef bint unwrap_interval(const char** p, int64_t* n, SQLSMALLINT* type, bint* negative) noexcept nogil:
    """INTERVAL [sign] '...' qualifier, bare or in braces, becomes the text between the quotes and the type.

    Text without the word INTERVAL is left alone; False when the word is there and the rest is no literal.
    """
    cdef const char* s = p[0]
    cdef const char* end = s + n[0]
    cdef const char* close
    cdef const char* word = b"interval"
    cdef int32_t i
    if s < end and s[0] == c'{' and (end - 1)[0] == c'}':
        s += 1
        end -= 1
        while s < end and is_space(s[0]):
            s += 1
        while end > s and is_space((end - 1)[0]):
            end -= 1
    if end - s < 12:
        return True
    for i in range(8):
        if (s[i] | 32) != word[i]:
            return True
    s += 8
    while s < end and (is_space(s[0]) or s[0] == c'+' or s[0] == c'-'):
        if s[0] == c'-':
            negative[0] = not negative[0]
        s += 1
    if s >= end or s[0] != 39:
        return False
    close = <const char*>memchr(s + 1, 39, end - s - 1)
    if close is NULL:
        return False
    type[0] = read_qualifier(close + 1, end)
    p[0] = s + 1
    n[0] = close - s - 1
    return type[0] != 0


cdef CellStatus interval_from_text(const char* p, int64_t n, SQLSMALLINT type, Interval* out) noexcept nogil:
    """Read an interval literal, or the text between its quotes. 22018 for other text, 22015 for 13 digits and more.

    The shape says which fields the text has; `type` decides where it cannot: one number alone, and a:b.
    """
    cdef const char* end
    cdef int64_t v[4]
    cdef int32_t digits, i, field, count = 1
    cdef Fields f
    cdef bint negative = False
    cdef char mark = 0
    trim_text(&p, &n)
    if not unwrap_interval(&p, &n, &type, &negative):
        return CELL_BAD_CAST
    trim_text(&p, &n)
    end = p + n
    f = interval_fields(type)
    memset(out, 0, sizeof(Interval))
    if take(&p, end, c'-'):
        negative = not negative
    else:
        take(&p, end, c'+')
    out.negative = negative
    v[0] = read_number(&p, end, 12, &digits)
    if digits == 0:
        return CELL_BAD_CAST
    if p < end and is_digit(p[0]):
        return CELL_INTERVAL_OVERFLOW
    while count < 4 and p < end and p[0] != c'.':
        if count == 1:
            mark = p[0]
        if p[0] != c':' and (count > 1 or (p[0] != c' ' and p[0] != c'-')):
            return CELL_BAD_CAST
        p += 1
        v[count] = read_number(&p, end, 2, &digits)
        if digits == 0:
            return CELL_BAD_CAST
        count += 1
    if mark == c'-':
        if count != 2 or p != end or not f.year_month or v[1] > 11:
            return CELL_BAD_CAST
        out.year_month = True
        out.months = v[0] * 12 + v[1]
        return CELL_DONE
    if f.year_month:
        if count > 1 or p != end or f.first != f.last:
            return CELL_BAD_CAST
        out.year_month = True
        out.months = v[0] if f.first == 1 else v[0] * 12
        return CELL_DONE
    if mark == c' ':
        field = 0
    elif count == 3:
        field = 1
    elif count == 2:
        # a:b is minutes and seconds for the types that begin there, and where a fraction follows.
        field = 2 if f.first >= 2 and f.last == 3 or p < end else 1
    elif f.first != f.last:
        return CELL_BAD_CAST
    else:
        field = f.first
    if field + count > 4:
        return CELL_BAD_CAST
    for i in range(count):
        if i > 0 and v[i] >= field_limit(field + i):
            return CELL_BAD_CAST
        out.seconds += v[i] * field_seconds(field + i)
    if p < end:
        if field + count != 4 or not take(&p, end, c'.'):
            return CELL_BAD_CAST
        out.picoseconds = read_fraction(&p, end, &out.lost)
    return CELL_DONE if p == end else CELL_BAD_CAST
