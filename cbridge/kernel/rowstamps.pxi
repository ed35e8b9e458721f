# Whole-column loops of timestamps into SQL_TIMESTAMP_STRUCT: many at once for the years 1 to 9999, one by one for the others.
# Included by _core.pyx after rowloops.pxi.

cdef extern from *:
    """
    /* Seconds since 1970 as days since 1970 and seconds of the day, for the years 1 to 9999; 0 when one lies outside.
     * 86400 is 128 * 675, so that 32 bits are divided. */
    ARGUS_CLONES static int argus_split_days(int32_t *restrict days, uint32_t *restrict of_day, const int64_t *restrict seconds,
                                             int64_t n) {
        uint64_t far = 0;
        for (int64_t i = 0; i < n; i++) {
            uint64_t since = (uint64_t)seconds[i] + 62135596800u;
            uint32_t large = (uint32_t)(since >> 7), day = large / 675;
            far |= since | (315537897599u - since);
            days[i] = (int32_t)day - 719162;
            of_day[i] = (large - day * 675) << 7 | (uint32_t)(since & 127);
        }
        return !(far >> 63);
    }

    /* The struct without its names: year, month, day, hour, minute, second of 16 bits, and nanoseconds of 32. */
    static inline void argus_store_moment(char *out, uint32_t year_month, uint16_t day, uint32_t of_day, uint32_t nanos) {
        uint32_t minutes = of_day / 60, hour = minutes / 60;
        uint64_t rest = day | (uint64_t)hour << 16 | (uint64_t)(minutes - 60 * hour) << 32;
        rest |= (uint64_t)(of_day - 60 * minutes) << 48;
        memcpy(out, &year_month, 4);
        memcpy(out + 4, &rest, 8);
        memcpy(out + 12, &nanos, 4);
    }
    """
    bint split_days "argus_split_days"(int32_t* days, uint32_t* of_day, const int64_t* seconds, int64_t n) noexcept nogil
    void store_moment "argus_store_moment"(char* out, uint32_t year_month, uint16_t day, uint32_t of_day,
                                           uint32_t nanos) noexcept nogil


cdef bint put_moments(const Block* given, int64_t begin, int64_t n, int64_t* seconds, const uint32_t* nanos,
                      int64_t* raised) noexcept nogil:
    """Rows begin to begin + n - 1 from their seconds since 1970 in UTC. False, and nothing is written: a year is too far."""
    cdef Block b = given[0]
    cdef const ZoneTable* zone = b.col.zone
    cdef bint nulls = has_nulls(b.col)
    cdef int32_t days[DATES_AT_ONCE]
    cdef uint32_t of_day[DATES_AT_ONCE]
    cdef uint32_t year_month[DATES_AT_ONCE]
    cdef uint16_t day[DATES_AT_ONCE]
    cdef int64_t i
    if zone is not NULL:
        for i in range(n):
            if -FAR_SECONDS < seconds[i] < FAR_SECONDS:
                seconds[i] += zone_shift(zone, seconds[i])
    if not split_days(days, of_day, seconds, n):
        return False
    civil_many(year_month, day, days, n)
    for i in range(n):
        if nulls and column_null(b.col, b.first + begin + i):
            raised[0] += row_null(given, begin + i)
            continue
        store_moment(b.data + (begin + i) * b.data_stride, year_month[i], day[i], of_day[i], nanos[i])
        row_length(&b, begin + i, sizeof(SQL_TIMESTAMP_STRUCT))
    return True


cdef int64_t rows_timestamp_slowly(const Block* b, int64_t begin, int64_t end, int64_t unit) noexcept nogil:
    """Rows begin to end - 1 of a block of timestamps of any year."""
    cdef const int64_t* v = <const int64_t*>b.col.values + b.col.offset + b.first
    cdef bint nulls = has_nulls(b.col)
    cdef int64_t i, seconds, picoseconds, days, of_day, raised = 0
    cdef SQL_TIMESTAMP_STRUCT s
    for i in range(begin, end):
        if nulls and column_null(b.col, b.first + i):
            raised += row_null(b, i)
            continue
        split_units(v[i], unit, &seconds, &picoseconds)
        local_parts(b.col.zone, seconds, &days, &of_day)
        if endless(v[i]) or timestamp_to_struct(days, of_day, picoseconds, &s) != CELL_DONE:
            raised += row_failed(b, i, CELL_FIELD_OVERFLOW)
            continue
        store_timestamp(&s, b.data + i * b.data_stride)
        row_length(b, i, sizeof(s))
    return raised


cdef inline int64_t rows_timestamp_of(const Block* b, int64_t unit) noexcept nogil:
    """Timestamps of 1/unit seconds; inline, so that each caller's unit is a constant and no division is left."""
    cdef const int64_t* v = <const int64_t*>b.col.values + b.col.offset + b.first
    cdef int64_t seconds[DATES_AT_ONCE]
    cdef uint32_t nanos[DATES_AT_ONCE]
    cdef int64_t begin = 0, i, n, picoseconds = 0, raised = 0
    cdef bint near
    while begin < b.n:
        n = b.n - begin if b.n - begin < DATES_AT_ONCE else DATES_AT_ONCE
        near = True
        for i in range(n):
            split_units(v[begin + i], unit, &seconds[i], &picoseconds)
            nanos[i] = <uint32_t>(picoseconds / 1000)
            near &= not endless(v[begin + i])
        if not near or not put_moments(b, begin, n, seconds, nanos, &raised):
            raised += rows_timestamp_slowly(b, begin, begin + n, unit)
        begin += n
    return raised


cdef int64_t rows_timestamp(const Block* b) noexcept nogil:
    if b.col.scale == 6:
        return rows_timestamp_of(b, 1000000)
    if b.col.scale == 9:
        return rows_timestamp_of(b, 1000000000)
    if b.col.scale == 3:
        return rows_timestamp_of(b, 1000)
    return rows_timestamp_of(b, 1) if b.col.scale == 0 else rows_generic(b)


cdef int64_t rows_wide_slowly(const Block* b, int64_t begin, int64_t end) noexcept nogil:
    """Rows begin to end - 1 of a block of wide timestamps of any year and with picoseconds."""
    cdef const WideTimestamp* v = <const WideTimestamp*>b.col.values + b.col.offset + b.first
    cdef bint nulls = has_nulls(b.col)
    cdef int64_t i, days, of_day, raised = 0
    cdef SQL_TIMESTAMP_STRUCT s
    cdef CellStatus status
    for i in range(begin, end):
        if nulls and column_null(b.col, b.first + i):
            raised += row_null(b, i)
            continue
        local_parts(b.col.zone, v[i].seconds, &days, &of_day)
        status = timestamp_to_struct(days, of_day, v[i].picoseconds, &s)
        if status != CELL_DONE:
            raised += row_slowly(b, i)
            continue
        store_timestamp(&s, b.data + i * b.data_stride)
        row_length(b, i, sizeof(s))
    return raised


cdef int64_t rows_timestamp_wide(const Block* b) noexcept nogil:
    cdef const WideTimestamp* v = <const WideTimestamp*>b.col.values + b.col.offset + b.first
    cdef int64_t seconds[DATES_AT_ONCE]
    cdef uint32_t nanos[DATES_AT_ONCE]
    cdef int64_t begin = 0, i, n, raised = 0
    cdef bint whole
    while begin < b.n:
        n = b.n - begin if b.n - begin < DATES_AT_ONCE else DATES_AT_ONCE
        whole = True
        for i in range(n):
            seconds[i] = v[begin + i].seconds
            nanos[i] = <uint32_t>(<uint64_t>v[begin + i].picoseconds / 1000)
            whole &= <int64_t>nanos[i] * 1000 == v[begin + i].picoseconds
        if not whole or not put_moments(b, begin, n, seconds, nanos, &raised):
            raised += rows_wide_slowly(b, begin, begin + n)
        begin += n
    return raised
