# The texts in which Trino sends times, timestamps with and without zone, and bytes -> values of their columns.
# Included by _core.pyx after jsonscan.pxi; dates, decimals and intervals are read as in hs2text.pxi.

# A time zone that a page names, and its table. The tables belong to the caller.
cdef struct NamedZone:
    const char* name
    int64_t nname
    ZoneTable table

cdef struct ZoneList:
    int32_t n
    int32_t last           # the one found last: rows mostly have the same
    NamedZone* zones
    char missing[128]      # set to the name of a zone that the list lacks

cdef enum TextStatus:
    TEXT_DONE = 0
    TEXT_BAD               # not a value of the column's type
    TEXT_NO_ZONE           # names a zone that the list lacks


cdef bint read_picos(const char** p, const char* end, int64_t* seconds, int64_t* picos) noexcept nogil:
    """HH:MM:SS with up to twelve digits of a fraction."""
    cdef int64_t h, m, s, digits
    cdef const char* start
    picos[0] = 0
    if not read_digits(p, end, 2, 2, &h) or not read_mark(p, end, c':') or not read_digits(p, end, 2, 2, &m):
        return False
    if not read_mark(p, end, c':') or not read_digits(p, end, 2, 2, &s) or h > 23 or m > 59 or s > 59:
        return False
    seconds[0] = (h * 60 + m) * 60 + s
    if read_mark(p, end, c'.'):
        start = p[0]
        if not read_digits(p, end, 1, 12, picos):
            return False
        digits = p[0] - start
        picos[0] *= unit_of(<int32_t>(12 - digits))
    return True


cdef bint picos_in_units(int64_t seconds, int64_t picos, int32_t scale, int64_t* out) noexcept nogil:
    """Seconds and picoseconds as a count of 10**-scale seconds; False when that cannot be exact."""
    cdef int64_t step = unit_of(12 - scale)
    return picos % step == 0 and not mul_add_overflows(seconds, unit_of(scale), picos / step, out)


cdef TextStatus trino_time(const char* p, int64_t n, int32_t scale, void* out) noexcept nogil:
    cdef const char* end = p + n
    cdef int64_t seconds, picos, units
    if not read_picos(&p, end, &seconds, &picos) or p != end or not picos_in_units(seconds, picos, scale, &units):
        return TEXT_BAD
    memcpy(out, &units, 8)
    return TEXT_DONE


cdef bint read_offset(const char* p, const char* end, int64_t* offset) noexcept nogil:
    """+HH:MM or -HH:MM as seconds."""
    cdef int64_t h, m
    cdef bint negative = read_mark(&p, end, c'-')
    if not negative and not read_mark(&p, end, c'+'):
        return False
    if not read_digits(&p, end, 2, 2, &h) or not read_mark(&p, end, c':') or not read_digits(&p, end, 2, 2, &m):
        return False
    if p != end or h > 23 or m > 59:
        return False
    offset[0] = (h * 60 + m) * 60
    if negative:
        offset[0] = -offset[0]
    return True


cdef int64_t zone_utc(const ZoneTable* z, int64_t local) noexcept nogil:
    """The UTC second at which the zone's clocks show a local second; of two, when they are set back, the first."""
    cdef int64_t before = zone_shift(z, local - DAY_SECONDS)
    if zone_shift(z, local - before) == before:
        return local - before
    return local - zone_shift(z, local - before)


cdef TextStatus to_utc(const char* p, const char* end, ZoneList* list_, int64_t* seconds) noexcept nogil:
    """Turn a local second of the zone that the text names, as UTC, +HH:MM or Area/Place, into one of UTC."""
    cdef int64_t n = end - p, offset
    cdef int32_t i, k
    cdef NamedZone* z
    if n == 3 and memcmp(p, b"UTC", 3) == 0:
        return TEXT_DONE
    if read_offset(p, end, &offset):
        seconds[0] -= offset
        return TEXT_DONE
    for k in range(list_.n):
        i = list_.last + k
        if i >= list_.n:
            i -= list_.n
        z = &list_.zones[i]
        if z.nname == n and memcmp(z.name, p, n) == 0:
            list_.last = i
            seconds[0] = zone_utc(&z.table, seconds[0])
            return TEXT_DONE
    if n < 1 or n >= <int64_t>sizeof(list_.missing) or memchr(p, 0, n) is not NULL:
        return TEXT_BAD
    memcpy(list_.missing, p, n)
    list_.missing[n] = 0
    return TEXT_NO_ZONE


cdef TextStatus trino_timestamp(const char* p, int64_t n, int32_t kind, int32_t scale, bint zoned, ZoneList* zones,
                                void* out) noexcept nogil:
    """YYYY-MM-DD HH:MM:SS.fraction, with zoned a blank and the zone behind."""
    cdef const char* end = p + n
    cdef int64_t days, of_day, seconds, picos, units
    cdef TextStatus status
    cdef WideTimestamp wide
    if not read_day(&p, end, &days) or not read_mark(&p, end, c' ') or not read_picos(&p, end, &of_day, &picos):
        return TEXT_BAD
    seconds = days * DAY_SECONDS + of_day
    if zoned:
        if not read_mark(&p, end, c' '):
            return TEXT_BAD
        status = to_utc(p, end, zones, &seconds)
        if status != TEXT_DONE:
            return status
    elif p != end:
        return TEXT_BAD
    if kind == KIND_TIMESTAMP_WIDE:
        wide.seconds = seconds
        wide.picoseconds = picos
        memcpy(out, &wide, sizeof(wide))
        return TEXT_DONE
    if not picos_in_units(seconds, picos, scale, &units):
        return TEXT_BAD
    memcpy(out, &units, 8)
    return TEXT_DONE


cdef inline int32_t base64_digit(char c) noexcept nogil:
    if c'A' <= c <= c'Z':
        return c - c'A'
    if c'a' <= c <= c'z':
        return c - c'a' + 26
    if c'0' <= c <= c'9':
        return c - c'0' + 52
    return 62 if c == c'+' else 63 if c == c'/' else -1


cdef int64_t base64_bytes(const char* p, int64_t n, char* out) noexcept nogil:
    """Base64 with its padding as bytes in out, which has 3 * n / 4 of them. Returns their number, -1 when it is none."""
    cdef int64_t at = 0, i, used
    cdef int32_t k, d
    cdef uint32_t v
    if n % 4 != 0:
        return -1
    for i in range(0, n, 4):
        used = 4
        if i + 4 == n:
            used -= (p[n - 1] == c'=') + (p[n - 1] == c'=' and p[n - 2] == c'=')
        v = 0
        for k in range(4):
            d = base64_digit(p[i + k]) if k < used else 0
            if d < 0:
                return -1
            v = v << 6 | <uint32_t>d
        out[at] = <char>(v >> 16)
        if used > 2:
            out[at + 1] = <char>(v >> 8)
        if used > 3:
            out[at + 2] = <char>v
        at += used - 1
    return at
