# The texts in which HiveServer2 sends decimals, dates, timestamps and intervals -> values of their columns.
# Included by _core.pyx before hs2rows.pxi. Strict: what is not the engine's own form is no value.

cdef extern from *:
    """
    /* a * b + c; nonzero when it does not fit. */
    static inline int argus_mul_add(int64_t a, int64_t b, int64_t c, int64_t *out) {
        int64_t product;
        return __builtin_mul_overflow(a, b, &product) || __builtin_add_overflow(product, c, out);
    }

    /* The usual forms of dates and decimals, several characters at a time. 0 for all others, right or wrong, which the
     * careful readers below look at. All read up to 16 bytes before the text: lengths and other texts stand there. */
    #define ARGUS_ZEROS 0x3030303030303030u

    /* The number of 0 to 8 digits that end before `end`. */
    static inline int argus_tail_digits(const char *end, int64_t n, uint64_t *out) {
        uint64_t v, keep = n > 0 ? ~(uint64_t)0 << (64 - 8 * n) : 0;
        memcpy(&v, end - 8, 8);
        v = (v & keep) | (ARGUS_ZEROS & ~keep);
        if ((v & 0xF0F0F0F0F0F0F0F0u) != ARGUS_ZEROS || ((v + 0x0606060606060606u) & 0xF0F0F0F0F0F0F0F0u) != ARGUS_ZEROS)
            return 0;
        v -= ARGUS_ZEROS;
        v = v * 10 + (v >> 8);
        *out = ((v & 0x000000FF000000FFu) * 0x000F424000000064u + ((v >> 16) & 0x000000FF000000FFu) * 0x0000271000000001u) >> 32;
        return 1;
    }

    static inline int argus_plain_decimal(const char *p, int64_t n, int32_t scale, int64_t unit, int64_t *out) {
        uint64_t low, high = 0, fraction = 0;
        int negative = n > 0 && *p == '-';
        int64_t whole;
        p += negative;
        n -= negative;
        whole = scale > 0 ? n - scale - 1 : n;
        if (whole < 1 || whole > 16 || scale < 0 || scale > 8 || whole + scale > 18) return 0;
        if (scale > 0 && (p[whole] != '.' || !argus_tail_digits(p + n, scale, &fraction))) return 0;
        if (!argus_tail_digits(p + whole, whole < 8 ? whole : 8, &low)) return 0;
        if (whole > 8 && !argus_tail_digits(p + whole - 8, whole - 8, &high)) return 0;
        *out = (int64_t)(high * 100000000u + low) * unit + (int64_t)fraction;
        if (negative) *out = -*out;
        return 1;
    }

    /* A column's decimals as this driver writes them: digits, `scale` of them behind a point, no zero in front that can go. */
    typedef struct {
        uint64_t low_is, low_add, high_is, high_add;  /* for the last 8 characters and the 8 before them */
        int64_t least;                                /* characters of the shortest */
    } argus_written;

    static inline argus_written argus_written_form(int32_t scale) {
        argus_written f = {ARGUS_ZEROS, 0x7676767676767676u, ARGUS_ZEROS, 0x7676767676767676u, scale > 0 ? scale + 2 : 1};
        int shift = 8 * (scale < 8 ? 7 - scale : 15 - scale);
        if (scale > 0) {  /* the point's byte is made 0 by another number, and 1 is too much there already */
            *(scale < 8 ? &f.low_is : &f.high_is) ^= (uint64_t)('0' ^ '.') << shift;
            *(scale < 8 ? &f.low_add : &f.high_add) += (uint64_t)(0x7F - 0x76) << shift;
        }
        return f;
    }

    /* Whether the text is of that form and has at most 16 characters behind a sign. -0 is not written. */
    static inline int argus_is_written(const argus_written *f, const char *p, int64_t n) {
        static const uint64_t keep[17][2] = {
            {0, 0}, {~0ull << 56, 0}, {~0ull << 48, 0}, {~0ull << 40, 0}, {~0ull << 32, 0}, {~0ull << 24, 0}, {~0ull << 16, 0},
            {~0ull << 8, 0}, {~0ull, 0}, {~0ull, ~0ull << 56}, {~0ull, ~0ull << 48}, {~0ull, ~0ull << 40},
            {~0ull, ~0ull << 32}, {~0ull, ~0ull << 24}, {~0ull, ~0ull << 16}, {~0ull, ~0ull << 8}, {~0ull, ~0ull}};
        const char *end = p + n;
        int negative = *p == '-';
        uint64_t low, high;
        p += negative;
        n -= negative;
        if (n < f->least || n > 16) return 0;
        memcpy(&low, end - 8, 8);
        memcpy(&high, end - 16, 8);
        low = (low ^ f->low_is) & keep[n][0];
        high = (high ^ f->high_is) & keep[n][1];
        if ((low | (low + f->low_add) | high | (high + f->high_add)) & 0x8080808080808080u) return 0;
        return !((*p == '0') & (n > f->least)) & !(negative & ((low | high) == 0));
    }

    /* The same for `count` texts of one length, each with the four bytes of the next one's between; none has a sign. */
    ARGUS_CLONES static int argus_all_written(const argus_written *f, const uint8_t *p, int64_t n, int64_t count) {
        if (n < f->least || n > 16) return 0;
        uint64_t keep_low = n >= 8 ? ~0ull : ~0ull << (64 - 8 * n), keep_high = n <= 8 ? 0 : ~0ull << (128 - 8 * n);
        uint64_t first_low = n <= 8 ? 0xFFull << (64 - 8 * n) : 0, first_high = n > 8 ? 0xFFull << (128 - 8 * n) : 0;
        uint64_t bad = 0, low_is = f->low_is, low_add = f->low_add, high_is = f->high_is, high_add = f->high_add;
        int zero = 0;
        for (int64_t i = 0; i < count; i++) {
            const uint8_t *end = p + i * (n + 4) + n;
            uint64_t low, high;
            memcpy(&low, end - 8, 8);
            memcpy(&high, end - 16, 8);
            low = (low ^ low_is) & keep_low;
            high = (high ^ high_is) & keep_high;
            bad |= low | (low + low_add) | high | (high + high_add);
            zero |= ((low & first_low) | (high & first_high)) == 0;
        }
        return !(bad & 0x8080808080808080u) && !(zero && n > f->least);
    }

    /* How many texts from the one at p on have its length, where n bytes are there; at most `most`, at least 1. */
    static inline int64_t argus_alike(const uint8_t *p, int64_t n, int64_t length, int64_t most) {
        int64_t step = 4 + length, many = 1;
        uint32_t is, next;
        if (most > n / step) most = n / step;
        memcpy(&is, p, 4);
        for (; many < most; many++) {
            memcpy(&next, p + many * step, 4);
            if (next != is) break;
        }
        return many;
    }

    /* YYYY-MM-DD. Every byte is made 0 to 9 where a digit has to stand and 0 for the marks between; bit 7 of the sum
     * tells a byte above that. February 29 is left to the careful reader. */
    static inline int argus_plain_day(const char *p, int32_t *out) {
        static const uint8_t month_ends[16] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
        uint64_t v;
        uint32_t y, m, d, era, tens = (uint8_t)(p[8] - '0'), ones = (uint8_t)(p[9] - '0');
        memcpy(&v, p, 8);
        v ^= 0x2D30302D30303030u;
        if (((v | (v + 0x7F76767F76767676u)) & 0x8080808080808080u) || tens > 3 || ones > 9) return 0;
        y = (uint32_t)v;
        y = (y * 10 + (y >> 8)) & 0x00FF00FFu;
        y = (y & 0xFF) * 100 + (y >> 16);
        m = (uint32_t)(v >> 40);
        m = (m & 0xFF) * 10 + ((m >> 8) & 0xFF);
        d = tens * 10 + ones;
        if (m > 12 || d < 1 || d > month_ends[m]) return 0;
        y += m > 2 ? 400 : 399;  /* years that begin in March, from 400 years earlier so that none is negative */
        era = y / 100;
        *out = (int32_t)(y * 1461 / 4 - era + era / 4 + (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d) - (719469 + 146097);
        return 1;
    }

    /* YYYY-MM-DD HH:MM:SS, with up to nine digits of a fraction. */
    static inline int argus_plain_moment(const char *p, int64_t n, int64_t *seconds, int64_t *nanos) {
        static const uint32_t units[10] = {1000000000, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1};
        uint64_t v, fraction = 0;
        uint32_t h, m, s;
        int32_t days;
        if (n < 19 || n == 20 || n > 29 || p[10] != ' ' || !argus_plain_day(p, &days)) return 0;
        memcpy(&v, p + 11, 8);
        v ^= 0x30303A30303A3030u;
        if ((v | (v + 0x76767F76767F7676u)) & 0x8080808080808080u) return 0;
        v = v * 10 + (v >> 8);
        h = v & 0xFF, m = (v >> 24) & 0xFF, s = (v >> 48) & 0xFF;
        if (h > 23 || m > 59 || s > 59) return 0;
        if (n > 19) {
            int64_t digits = n - 20;
            if (p[19] != '.' || !argus_tail_digits(p + n, digits < 8 ? digits : 8, &fraction)) return 0;
            if (digits == 9) {
                if ((uint8_t)(p[20] - '0') > 9) return 0;
                fraction += (uint64_t)(p[20] - '0') * 100000000u;
            }
            fraction *= units[digits];
        }
        *seconds = (int64_t)days * 86400 + h * 3600 + m * 60 + s;
        *nanos = (int64_t)fraction;
        return 1;
    }
    """
    bint mul_add_overflows "argus_mul_add"(int64_t a, int64_t b, int64_t c, int64_t* out) noexcept nogil
    bint tail_digits "argus_tail_digits"(const char* end, int64_t n, uint64_t* out) noexcept nogil
    bint plain_decimal "argus_plain_decimal"(const char* p, int64_t n, int32_t scale, int64_t unit, int64_t* out) noexcept nogil
    ctypedef struct Written "argus_written":
        pass
    Written written_form "argus_written_form"(int32_t scale) noexcept nogil
    bint is_written "argus_is_written"(const Written* form, const char* p, int64_t n) noexcept nogil
    bint all_written "argus_all_written"(const Written* form, const uint8_t* p, int64_t n, int64_t count) noexcept nogil
    int64_t alike "argus_alike"(const uint8_t* p, int64_t n, int64_t length, int64_t most) noexcept nogil
    bint plain_day "argus_plain_day"(const char* p, int32_t* out) noexcept nogil
    bint plain_moment "argus_plain_moment"(const char* p, int64_t n, int64_t* seconds, int64_t* nanos) noexcept nogil


cdef inline int64_t text_size(int32_t kind) noexcept nogil:
    """Bytes of one value of a kind that arrives as text; 0 for kinds that do not."""
    if kind == KIND_DECIMAL128:
        return 16
    if kind == KIND_DATE32 or kind == KIND_INTERVAL_MONTHS:
        return 4
    if kind == KIND_TIMESTAMP or kind == KIND_INTERVAL_DURATION:
        return 8
    return sizeof(WideTimestamp) if kind == KIND_TIMESTAMP_WIDE else 0


cdef inline bint read_digits(const char** p, const char* end, int32_t least, int32_t most, int64_t* out) noexcept nogil:
    """A run of least to most digits as a number; most <= 18. A longer run is refused."""
    cdef const char* q = p[0]
    cdef int64_t v = 0
    while q < end and is_digit(q[0]):
        if q - p[0] == most:
            return False
        v = v * 10 + (q[0] - 48)
        q += 1
    if q - p[0] < least:
        return False
    p[0] = q
    out[0] = v
    return True


cdef inline bint read_mark(const char** p, const char* end, char mark) noexcept nogil:
    if p[0] == end or p[0][0] != mark:
        return False
    p[0] += 1
    return True


cdef bint read_day(const char** p, const char* end, int64_t* days) noexcept nogil:
    """YYYY-MM-DD; years before 0 or after 9999 have a sign."""
    cdef int64_t y, m, d
    cdef bint negative = read_mark(p, end, c'-')
    if not negative:
        read_mark(p, end, c'+')
    if not read_digits(p, end, 4, 7, &y) or not read_mark(p, end, c'-') or not read_digits(p, end, 2, 2, &m):
        return False
    if not read_mark(p, end, c'-') or not read_digits(p, end, 2, 2, &d):
        return False
    if negative:
        y = -y
    if m < 1 or m > 12 or d < 1 or d > month_days(y, <uint32_t>m):
        return False
    days_from_civil(y, m, d, days)
    return True


cdef bint read_clock(const char** p, const char* end, int64_t* seconds, int64_t* nanos) noexcept nogil:
    """HH:MM:SS with up to nine digits of a fraction."""
    cdef int64_t h, m, s
    cdef const char* start
    cdef int64_t missing
    nanos[0] = 0
    if not read_digits(p, end, 2, 2, &h) or not read_mark(p, end, c':') or not read_digits(p, end, 2, 2, &m):
        return False
    if not read_mark(p, end, c':') or not read_digits(p, end, 2, 2, &s) or h > 23 or m > 59 or s > 59:
        return False
    seconds[0] = (h * 60 + m) * 60 + s
    if read_mark(p, end, c'.'):
        start = p[0]
        if not read_digits(p, end, 1, 9, nanos):
            return False
        missing = 9 - (p[0] - start)
        while missing > 0:
            nanos[0] *= 10
            missing -= 1
    return True


cdef bint read_moment(const char* p, const char* end, int64_t* seconds, int64_t* nanos) noexcept nogil:
    """A timestamp; after that of a column with local time zone stands the zone's name, in which it is shown."""
    cdef int64_t days, of_day
    if not read_day(&p, end, &days) or not read_mark(&p, end, c' ') or not read_clock(&p, end, &of_day, nanos):
        return False
    seconds[0] = days * DAY_SECONDS + of_day
    return p == end or (p[0] == c' ' and end - p > 1)


cdef bint in_units(int64_t seconds, int64_t nanos, int32_t scale, int64_t* out) noexcept nogil:
    """Seconds and nanoseconds as a count of 10**-scale seconds; False when that cannot be exact."""
    cdef int64_t unit = unit_of(scale), step = unit_of(9 - scale)
    return nanos % step == 0 and not mul_add_overflows(seconds, unit, nanos / step, out)


cdef bint text_decimal(const char* p, int64_t n, int32_t scale, void* out) noexcept nogil:
    """A decimal number as a count of 10**-scale. Engines send plain digits, Java's toString also an exponent."""
    cdef const char* q = p
    cdef const char* end = p + n
    cdef const char* point = NULL
    cdef uint64_t small = 0   # 19 digits fit
    cdef Decimal d
    cdef u128 wide
    cdef i128 signed_
    cdef bint negative = read_mark(&q, end, c'-')
    # Up to 18 digits that have just the column's scale: the usual case, in 64 bits.
    if end - q <= 19:
        while q < end and (is_digit(q[0]) or (q[0] == c'.' and point is NULL and scale > 0)):
            if q[0] == c'.':
                point = q
            else:
                small = small * 10 + <uint64_t>(q[0] - 48)
            q += 1
        if q == end and (end - p) - negative - (point is not NULL) <= 18 and end - p > negative and (
                (end - point - 1 == scale) if point is not NULL else scale == 0):
            signed_ = -<i128>small if negative else <i128>small
            memcpy(out, &signed_, 16)
            return end - p > negative + (point is not NULL)
    if not decimal_from_text(p, n, &d) or d.lost:
        return False
    if decimal_rescale(&d, MAX_DIGITS, scale, &wide) != CELL_DONE:
        return False
    signed_ = -<i128>wide if d.negative else <i128>wide
    memcpy(out, &signed_, 16)
    return True


cdef bint text_timestamp(const char* p, int64_t n, int32_t kind, int32_t scale, void* out) noexcept nogil:
    cdef int64_t seconds, nanos, units
    cdef WideTimestamp wide
    if not read_moment(p, p + n, &seconds, &nanos):
        return False
    if kind == KIND_TIMESTAMP_WIDE:
        wide.seconds = seconds
        wide.picoseconds = nanos * 1000
        memcpy(out, &wide, sizeof(wide))
        return True
    if not in_units(seconds, nanos, scale, &units):
        return False
    memcpy(out, &units, 8)
    return True


cdef bint text_months(const char* p, int64_t n, void* out) noexcept nogil:
    """Y-M, with one sign for both."""
    cdef const char* end = p + n
    cdef int64_t years, months
    cdef int32_t v
    cdef bint negative = read_mark(&p, end, c'-')
    if not read_digits(&p, end, 1, 9, &years) or not read_mark(&p, end, c'-') or not read_digits(&p, end, 1, 2, &months):
        return False
    months += years * 12
    if negative:
        months = -months
    if p != end or months > 0x7FFFFFFF or months < -<int64_t>0x80000000:
        return False
    v = <int32_t>months
    memcpy(out, &v, 4)
    return True


cdef bint text_duration(const char* p, int64_t n, int32_t scale, void* out) noexcept nogil:
    """D HH:MM:SS.fraction, with one sign for all."""
    cdef const char* end = p + n
    cdef int64_t days, seconds, nanos, units
    cdef bint negative = read_mark(&p, end, c'-')
    if not read_digits(&p, end, 1, 12, &days) or not read_mark(&p, end, c' ') or not read_clock(&p, end, &seconds, &nanos):
        return False
    seconds += days * DAY_SECONDS
    # The sign goes in first: the smallest number has no positive counterpart.
    if negative:
        seconds = -seconds
        nanos = -nanos
    if p != end or not in_units(seconds, nanos, scale, &units):
        return False
    memcpy(out, &units, 8)
    return True


cdef bint text_value(const char* p, int64_t n, int32_t kind, int32_t scale, void* out) noexcept nogil:
    """One value of a kind for which text_size is not 0, written to out. False: the text is not such a value."""
    cdef int64_t days
    cdef int32_t small
    cdef const char* end = p + n
    if kind == KIND_DECIMAL128:
        return text_decimal(p, n, scale, out)
    if kind == KIND_TIMESTAMP or kind == KIND_TIMESTAMP_WIDE:
        return text_timestamp(p, n, kind, scale, out)
    if kind == KIND_INTERVAL_MONTHS:
        return text_months(p, n, out)
    if kind == KIND_INTERVAL_DURATION:
        return text_duration(p, n, scale, out)
    if not read_day(&p, end, &days) or p != end:
        return False
    small = <int32_t>days
    memcpy(out, &small, 4)
    return True
