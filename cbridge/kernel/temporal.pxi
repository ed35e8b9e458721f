# Civil days, times and timestamps <-> structures and text; time zones as step functions of UTC.
# Included by _core.pyx after numbers.pxi. Days count from 1970-01-01, fractions are picoseconds.

cdef extern from *:
    """
    #include <time.h>

    /* Today's date where this process is. */
    static inline void argus_today(int64_t *year, int64_t *month, int64_t *day) {
        time_t now = time(NULL);
        struct tm local;
    #ifdef _WIN32
        localtime_s(&local, &now);
    #else
        localtime_r(&now, &local);
    #endif
        *year = local.tm_year + 1900;
        *month = local.tm_mon + 1;
        *day = local.tm_mday;
    }

    /* Constants for the C compiler, not variables that the module's import sets. */
    #define ARGUS_SECOND_PICOS 1000000000000LL
    #define ARGUS_FAR_SECONDS 1000000000000000000LL

    static const char argus_pairs[201] =
        "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
        "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";
    static inline void argus_two_digits(char *out, uint32_t v) { memcpy(out, argus_pairs + 2 * v, 2); }
    """
    void argus_today(int64_t* year, int64_t* month, int64_t* day) noexcept nogil
    const int64_t SECOND_PICOS "ARGUS_SECOND_PICOS"
    const int64_t FAR_SECONDS "ARGUS_FAR_SECONDS"
    void two_digits "argus_two_digits"(char* out, uint32_t v) noexcept nogil

cdef enum:
    DAY_SECONDS = 86400


# A point of civil time, or a part of one, read from text.
cdef struct Moment:
    int64_t days, seconds, picoseconds
    bint has_date, has_time
    bint lost              # digits behind the picoseconds were not zero


cdef inline int64_t floor_div(int64_t a, int64_t b) noexcept nogil:
    return a / b - (1 if a % b < 0 else 0)


cdef void days_from_civil(int64_t y, int64_t m, int64_t d, int64_t* days) noexcept nogil:
    """The day number of a date of the proleptic Gregorian calendar; years count from March to have leap days last."""
    cdef int64_t era, of_era, of_year
    if m <= 2:
        y -= 1
    era = floor_div(y, 400)
    of_era = y - era * 400
    of_year = (153 * (m - 3 if m > 2 else m + 9) + 2) / 5 + d - 1
    days[0] = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468


cdef extern from *:
    """
    /* The date of a day number within 12 million days of 1970 (32,000 years). Divisions became products with scaled
     * reciprocals, after Neri and Schneider, "Euclidean affine functions and their application to calendar algorithms",
     * 2022; years begin in March and are counted from -32800, so that nothing is negative. */
    static inline void argus_civil_near(int32_t days, int32_t *y, uint32_t *m, uint32_t *d) {
        uint32_t n = (uint32_t)(days + 719468 + 146097 * 82), n1 = 4 * n + 3, century = n1 / 146097;
        uint32_t of_century = n1 % 146097 / 4, n2 = 4 * of_century + 3, year, of_year, n3;
        uint64_t p2 = (uint64_t)2939745 * n2;
        year = (uint32_t)(p2 >> 32);
        of_year = (uint32_t)p2 / 2939745 / 4;
        n3 = 2141 * of_year + 197913;
        *y = (int32_t)(100 * century + year) - 400 * 82 + (of_year >= 306);
        *m = (n3 >> 16) - (of_year >= 306 ? 12 : 0);
        *d = (n3 & 0xFFFF) / 2141 + 1;
    }

    /* The struct into a buffer that may not be aligned, put together in registers: a copy of just written fields has to
     * wait until they have reached the cache. */
    static inline void argus_store_date(const SQL_DATE_STRUCT *d, char *out) {
        uint32_t low = (uint16_t)d->year | (uint32_t)d->month << 16;
        uint16_t high = d->day;
        memcpy(out, &low, 4);
        memcpy(out + 4, &high, 2);
    }
    static inline void argus_store_timestamp(const SQL_TIMESTAMP_STRUCT *t, char *out) {
        uint64_t low = (uint16_t)t->year | (uint64_t)t->month << 16 | (uint64_t)t->day << 32 | (uint64_t)t->hour << 48;
        uint64_t high = t->minute | (uint64_t)t->second << 16 | (uint64_t)t->fraction << 32;
        memcpy(out, &low, 8);
        memcpy(out + 8, &high, 8);
    }
    """
    void store_date "argus_store_date"(const SQL_DATE_STRUCT* d, char* out) noexcept nogil
    void store_timestamp "argus_store_timestamp"(const SQL_TIMESTAMP_STRUCT* t, char* out) noexcept nogil
    void civil_near "argus_civil_near"(int32_t days, int32_t* y, uint32_t* m, uint32_t* d) noexcept nogil


cdef inline void civil_from_days(int64_t days, int64_t* y, uint32_t* m, uint32_t* d) noexcept nogil:
    """The date of a day number."""
    cdef int64_t era
    cdef uint32_t of_era, year, of_year, month
    cdef int32_t near
    if -12000000 < days < 12000000:
        civil_near(<int32_t>days, &near, m, d)
        y[0] = near
        return
    days += 719468
    era = floor_div(days, 146097)
    of_era = <uint32_t>(days - era * 146097)
    year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365
    of_year = of_era - (365 * year + year / 4 - year / 100)
    month = (5 * of_year + 2) / 153
    d[0] = of_year - (153 * month + 2) / 5 + 1
    m[0] = month + 3 if month < 10 else month - 9
    y[0] = era * 400 + <int64_t>year + (1 if m[0] <= 2 else 0)


cdef uint32_t month_days(int64_t y, uint32_t m) noexcept nogil:
    """Days of a month, 1 <= m <= 12."""
    if m == 2:
        return 29 if y % 4 == 0 and (y % 100 != 0 or y % 400 == 0) else 28
    return 30 if m == 4 or m == 6 or m == 9 or m == 11 else 31


cdef extern from *:
    """
    static inline int64_t argus_unit(int32_t scale) {
        static const int64_t units[19] = {
            1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000,
            1000000000000, 10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000,
            1000000000000000000};
        return scale >= 0 && scale <= 18 ? units[scale] : 1;
    }
    """
    int64_t unit_of "argus_unit"(int32_t scale) noexcept nogil   # 10**scale for the scales that 64 bits hold, 0 .. 18


cdef inline void split_units(int64_t v, int64_t unit, int64_t* seconds, int64_t* picoseconds) noexcept nogil:
    """A count of 1/unit seconds as whole seconds (floor) and picoseconds."""
    cdef int64_t rest = v % unit
    seconds[0] = v / unit
    if rest < 0:
        rest += unit
        seconds[0] -= 1
    picoseconds[0] = rest * (SECOND_PICOS / unit)


cdef int64_t zone_shift(const ZoneTable* z, int64_t seconds) noexcept nogil:
    """Seconds that the zone's local time is ahead of UTC at a UTC second."""
    cdef int64_t low = 0, high = z.n - 1, middle
    if z.n <= 0:
        return 0
    while low < high:
        middle = (low + high + 1) / 2
        if z.at[middle] <= seconds:
            low = middle
        else:
            high = middle - 1
    return z.offset[low]


cdef inline void local_parts(const ZoneTable* zone, int64_t seconds, int64_t* days, int64_t* of_day) noexcept nogil:
    """Day number and second of the day of a second since the epoch, shown in the zone when there is one."""
    # Beyond this range, where engines put their infinities, no zone has a meaning.
    if zone is not NULL and -FAR_SECONDS < seconds < FAR_SECONDS:
        seconds += zone_shift(zone, seconds)
    days[0] = seconds / DAY_SECONDS
    of_day[0] = seconds % DAY_SECONDS
    if of_day[0] < 0:
        of_day[0] += DAY_SECONDS
        days[0] -= 1


cdef int32_t fraction_to_text(int64_t picoseconds, char* out) noexcept nogil:
    """A point and the digits up to the last that is not zero; nothing for zero. Returns at most 13."""
    cdef int32_t i, n = 12
    if picoseconds == 0:
        return 0
    while picoseconds % 10 == 0:
        picoseconds /= 10
        n -= 1
    out[0] = c'.'
    for i in range(n, 0, -1):
        out[i] = <char>(48 + picoseconds % 10)
        picoseconds /= 10
    return n + 1


cdef int32_t date_to_text(int64_t days, char* out) noexcept nogil:
    """YYYY-MM-DD; years outside 0 .. 9999 have a sign or more digits. Returns the length, at most 32."""
    cdef int64_t y
    cdef uint32_t m, d
    cdef int32_t n = 4
    civil_from_days(days, &y, &m, &d)
    if 0 <= y <= 9999:
        two_digits(out, <uint32_t>(y / 100))
        two_digits(out + 2, <uint32_t>(y % 100))
    elif y > 9999:
        n = i64_to_text(y, out)
    elif y > -1000:
        # Four digits also behind a sign.
        out[0] = c'-'
        two_digits(out + 1, <uint32_t>(-y / 100))
        two_digits(out + 3, <uint32_t>(-y % 100))
        n = 5
    else:
        n = i64_to_text(y, out)
    out[n] = c'-'
    two_digits(out + n + 1, m)
    out[n + 3] = c'-'
    two_digits(out + n + 4, d)
    return n + 6


cdef int32_t time_to_text(int64_t seconds, int64_t picoseconds, char* out) noexcept nogil:
    """HH:MM:SS[.f]; seconds of a day. Returns the length, at most 21."""
    two_digits(out, <uint32_t>(seconds / 3600))
    out[2] = c':'
    two_digits(out + 3, <uint32_t>(seconds / 60 % 60))
    out[5] = c':'
    two_digits(out + 6, <uint32_t>(seconds % 60))
    return 8 + fraction_to_text(picoseconds, out + 8)


cdef int32_t timestamp_to_text(int64_t days, int64_t seconds, int64_t picoseconds, char* out) noexcept nogil:
    """Date, space, time. Returns the length, at most 54."""
    cdef int32_t n = date_to_text(days, out)
    out[n] = c' '
    return n + 1 + time_to_text(seconds, picoseconds, out + n + 1)


cdef inline CellStatus date_to_struct(int64_t days, SQL_DATE_STRUCT* out) noexcept nogil:
    """22008 for a year that SQLSMALLINT cannot hold."""
    cdef int64_t y
    cdef uint32_t m, d
    civil_from_days(days, &y, &m, &d)
    out.year = <SQLSMALLINT>y
    out.month = <SQLUSMALLINT>m
    out.day = <SQLUSMALLINT>d
    return CELL_DONE if -32768 <= y <= 32767 else CELL_FIELD_OVERFLOW


cdef inline void time_to_struct(int64_t seconds, SQL_TIME_STRUCT* out) noexcept nogil:
    cdef uint32_t s = <uint32_t>seconds
    out.hour = <SQLUSMALLINT>(s / 3600)
    out.minute = <SQLUSMALLINT>(s / 60 % 60)
    out.second = <SQLUSMALLINT>(s % 60)


cdef inline CellStatus timestamp_to_struct(int64_t days, int64_t seconds, int64_t picoseconds,
                                           SQL_TIMESTAMP_STRUCT* out) noexcept nogil:
    """01S07 for digits behind the nanoseconds, 22008 for a year that SQLSMALLINT cannot hold."""
    cdef int64_t y
    cdef uint32_t m, d, s = <uint32_t>seconds
    civil_from_days(days, &y, &m, &d)
    out.year = <SQLSMALLINT>y
    out.month = <SQLUSMALLINT>m
    out.day = <SQLUSMALLINT>d
    out.hour = <SQLUSMALLINT>(s / 3600)
    out.minute = <SQLUSMALLINT>(s / 60 % 60)
    out.second = <SQLUSMALLINT>(s % 60)
    out.fraction = <SQLUINTEGER>(picoseconds / 1000)
    if y < -32768 or y > 32767:
        return CELL_FIELD_OVERFLOW
    return CELL_FRACTION if picoseconds % 1000 != 0 else CELL_DONE


cdef CellStatus date_from_fields(int64_t y, uint32_t m, uint32_t d, int64_t* days) noexcept nogil:
    """22007 for a day that the calendar does not have."""
    if m < 1 or m > 12 or d < 1 or d > month_days(y, m):
        return CELL_BAD_DATETIME
    days_from_civil(y, m, d, days)
    return CELL_DONE


cdef int64_t read_number(const char** p, const char* end, int32_t most, int32_t* digits) noexcept nogil:
    """Up to `most` digits; *digits says how many stood there."""
    cdef int64_t v = 0
    digits[0] = 0
    while p[0] < end and is_digit(p[0][0]) and digits[0] < most:
        v = v * 10 + (p[0][0] - 48)
        p[0] += 1
        digits[0] += 1
    return v


cdef inline bint take(const char** p, const char* end, char c) noexcept nogil:
    """Step over c when it is next."""
    if p[0] < end and p[0][0] == c:
        p[0] += 1
        return True
    return False


cdef int64_t read_fraction(const char** p, const char* end, bint* lost) noexcept nogil:
    """Digits behind a point as picoseconds; lost: further digits were not zero."""
    cdef int64_t v = 0, unit = SECOND_PICOS / 10
    while p[0] < end and is_digit(p[0][0]):
        if unit > 0:
            v += (p[0][0] - 48) * unit
            unit /= 10
        elif p[0][0] != c'0':
            lost[0] = True
        p[0] += 1
    return v


cdef CellStatus read_date(const char** p, const char* end, int64_t* days) noexcept nogil:
    """[-]YYYY-M[M]-D[D] at p; 22018 when the text has another shape, 22007 when there is no such day."""
    cdef int32_t n
    cdef int64_t y, m, d
    cdef bint negative = take(p, end, c'-')
    y = read_number(p, end, 6, &n)
    if n < 4 or not take(p, end, c'-'):
        return CELL_BAD_CAST
    m = read_number(p, end, 2, &n)
    if n == 0 or not take(p, end, c'-'):
        return CELL_BAD_CAST
    d = read_number(p, end, 2, &n)
    if n == 0:
        return CELL_BAD_CAST
    return date_from_fields(-y if negative else y, <uint32_t>m, <uint32_t>d, days)


cdef CellStatus read_time(const char** p, const char* end, Moment* out) noexcept nogil:
    """H[H]:MM[:SS[.f]] at p."""
    cdef int32_t n
    cdef int64_t h, m, s = 0
    h = read_number(p, end, 2, &n)
    if n == 0 or not take(p, end, c':'):
        return CELL_BAD_CAST
    m = read_number(p, end, 2, &n)
    if n != 2:
        return CELL_BAD_CAST
    if take(p, end, c':'):
        s = read_number(p, end, 2, &n)
        if n != 2:
            return CELL_BAD_CAST
        if take(p, end, c'.'):
            out.picoseconds = read_fraction(p, end, &out.lost)
    out.has_time = True
    out.seconds = h * 3600 + m * 60 + s
    return CELL_BAD_DATETIME if h > 23 or m > 59 or s > 59 else CELL_DONE


cdef bint skip_zone(const char** p, const char* end) noexcept nogil:
    """Step over a zone name or offset that an engine prints behind a local time. True when the text ends there."""
    cdef char c
    if p[0] < end and p[0][0] != c'Z' and p[0][0] != c'+' and p[0][0] != c'-' and p[0][0] != c' ':
        return False
    if take(p, end, c' ') and p[0] >= end:
        return False
    while p[0] < end:
        c = p[0][0]
        if not (is_digit(c) or c == c'_' or c == c'/' or c == c'+' or c == c'-' or c == c':'
                or (c | 32 >= c'a' and c | 32 <= c'z')):
            return False
        p[0] += 1
    return True


cdef void unwrap_escape(const char** p, int64_t* n) noexcept nogil:
    """{d '...'}, {t '...'} and {ts '...'} become what stands between the quotes."""
    cdef const char* s = p[0]
    cdef int64_t i = 1, last = n[0] - 2
    if n[0] < 6 or s[0] != c'{' or s[n[0] - 1] != c'}':
        return
    while i < last and is_space(s[i]):
        i += 1
    if (s[i] | 32) == c'd':
        i += 1
    elif (s[i] | 32) == c't':
        i += 2 if (s[i + 1] | 32) == c's' else 1
    else:
        return
    while i < last and is_space(s[i]):
        i += 1
    while last > i and is_space(s[last]):
        last -= 1
    if last > i and s[i] == 39 and s[last] == 39:
        p[0] = s + i + 1
        n[0] = last - i - 1


cdef CellStatus moment_from_text(const char* p, int64_t n, bint zoned, Moment* out) noexcept nogil:
    """A date, time or timestamp literal; zoned: a zone may stand behind the time and is left out.

    22018 for text of another shape, 22007 for a day or an hour that does not exist.
    """
    cdef const char* end
    cdef const char* start
    cdef CellStatus status
    memset(out, 0, sizeof(Moment))
    trim_text(&p, &n)
    unwrap_escape(&p, &n)
    trim_text(&p, &n)
    end = p + n
    start = p
    status = read_date(&p, end, &out.days)
    if status == CELL_BAD_CAST:
        p = start
        status = read_time(&p, end, out)
    elif p < end:
        if not take(&p, end, c' ') and not take(&p, end, c'T'):
            return CELL_BAD_CAST
        out.has_date = True
        if status == CELL_DONE:
            status = read_time(&p, end, out)
        else:
            # The day does not exist; whether the rest has the right shape decides between the two SQLSTATEs.
            if read_time(&p, end, out) == CELL_BAD_CAST:
                return CELL_BAD_CAST
    else:
        out.has_date = True
        return status
    if p < end and not (zoned and out.has_time and skip_zone(&p, end)):
        return CELL_BAD_CAST
    return status


cdef int64_t today() noexcept nogil:
    """Today's day number: what a time has for a date when a timestamp is made of it."""
    cdef int64_t y, m, d, days
    argus_today(&y, &m, &d)
    days_from_civil(y, m, d, &days)
    return days
