# Columns of dates and of timestamps in runs of rows: up to 64 that look alike are taken apart, then read in plain loops.
# Included by _core.pyx after trinoruns.pxi.

cdef bint run_days(CellRun* r, int32_t* out) noexcept nogil:
    cdef const uint16_t* at = r.ends
    cdef const char* p
    cdef const char* e
    cdef uint32_t years[DATES_AT_ONCE]
    cdef uint32_t months[DATES_AT_ONCE]
    cdef uint32_t of_month[DATES_AT_ONCE]
    cdef uint16_t last
    cdef int64_t i = 0, many, slow = 0   # rows before `slow` are read one by one
    while i < r.n:
        many = 0
        while i >= slow and many < DATES_AT_ONCE and i + many < r.n:
            p = r.base + at[many * r.step] + r.skip
            e = r.base + at[many * r.step + 1]
            if e - p != 12 or not quoted(p, e):
                break
            memcpy(&years[many], p + 1, 4)
            memcpy(&months[many], p + 5, 4)
            memcpy(&last, p + 9, 2)
            of_month[many] = last
            many += 1
        if many > 0 and days_many(&out[i], years, months, of_month, many):
            i += many
            at += many * r.step
            continue
        if many > 0:
            slow = i + many
        p = r.base + at[0] + r.skip
        e = r.base + at[1]
        if e - p != 12 or not quoted(p, e) or not plain_day(p + 1, &out[i]):
            if not run_odd(r, i, p, e):
                return False
        i += 1
        at += r.step
    return True


# The parts of a row of timestamps that look alike.
cdef struct Moments:
    uint32_t years[DATES_AT_ONCE]
    uint32_t months[DATES_AT_ONCE]
    uint32_t of_month[DATES_AT_ONCE]
    uint64_t clocks[DATES_AT_ONCE]
    uint64_t fractions[DATES_AT_ONCE]
    int32_t days[DATES_AT_ONCE]
    int32_t seconds[DATES_AT_ONCE]


cdef int64_t gather_moments(const CellRun* r, int64_t first, int64_t digits, Moments* m) noexcept nogil:
    """How many cells from `first` on are timestamps without a zone and with that many digits of a fraction, by their marks."""
    cdef const uint16_t* at = r.ends + first * r.step
    cdef const char* p
    cdef const char* e
    cdef int64_t n = 0, most = min(r.n - first, DATES_AT_ONCE), length = 21 + digits + (digits > 0)
    cdef uint16_t last
    while n < most:
        p = r.base + at[0] + r.skip
        e = r.base + at[1]
        at += r.step
        if e - p != length or not quoted(p, e) or p[11] != c' ':
            break
        if digits > 0 and (p[20] != c'.' or not tail_digits(e - 1, digits, &m.fractions[n])):
            break
        memcpy(&m.years[n], p + 1, 4)
        memcpy(&m.months[n], p + 5, 4)
        memcpy(&last, p + 9, 2)
        m.of_month[n] = last
        memcpy(&m.clocks[n], p + 12, 8)
        n += 1
    return n


cdef bint run_moments(CellRun* r, int64_t* out) noexcept nogil:
    cdef const uint16_t* at
    cdef const char* p
    cdef const char* e
    cdef int64_t i = 0, k, n, slow = 0, digits = 0, unit, step = 1   # rows before `slow` are read one by one
    cdef int32_t scale = r.c.scale
    cdef bint fast = 0 <= scale <= 9, zoned = r.t.specs[r.col].zoned
    cdef Moments m
    while i < r.n:
        at = r.ends + i * r.step
        p = r.base + at[0] + r.skip
        e = r.base + at[1]
        n = 0
        if i >= slow and 0 <= scale <= 6 and not zoned:
            digits = e - p - 22 if e - p > 21 else 0
            n = gather_moments(r, i, digits, &m) if digits <= scale else 0
        if n > 0 and days_many(m.days, m.years, m.months, m.of_month, n) and clocks_many(m.seconds, m.clocks, n):
            unit = unit_of(scale)
            step = unit_of(scale - <int32_t>digits)
            for k in range(n):
                out[i + k] = (<int64_t>m.days[k] * 86400 + m.seconds[k]) * unit
            if digits > 0:
                for k in range(n):
                    out[i + k] += <int64_t>m.fractions[k] * step
            i += n
            continue
        if n > 0:
            slow = i + n
        if not (fast and quoted(p, e) and fast_moment(p + 1, e - 1, scale, zoned, &out[i])) and not run_odd(r, i, p, e):
            return False
        i += 1
    return True
