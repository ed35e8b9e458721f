# The usual forms of Trino's cells, several characters at a time. What they do not take, right or wrong, is left where it
# is for the careful readers of trinojson.pxi. Included by _core.pyx after trinonested.pxi.

cdef extern from *:
    """
    /* Bytes that must be readable from a cell's first character on, and before it. */
    #define ARGUS_FAST_ROOM 64

    /* Numbers 0 to 9 in eight bytes, the first the lowest, as one number. */
    static inline uint64_t argus_join8(uint64_t v) {
        v = v * 10 + (v >> 8);
        return ((v & 0x000000FF000000FFu) * 0x000F424000000064u + ((v >> 16) & 0x000000FF000000FFu) * 0x0000271000000001u) >> 32;
    }

    /* The digits at *p, at most 16: their number. A seventeenth is left there, where it makes the caller's next look fail. */
    static inline int argus_digits(const char **p, uint64_t *out) {
        static const uint32_t tens[9] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
        uint64_t v, ends, high;
        int n, more;
        memcpy(&v, *p, 8);
        v ^= ARGUS_ZEROS;
        ends = (v | (v + 0x7676767676767676u)) & 0x8080808080808080u;
        if (ends) {
            n = __builtin_ctzll(ends) >> 3;
            *out = n ? argus_join8(v << (64 - 8 * n)) : 0;
            *p += n;
            return n;
        }
        high = argus_join8(v);
        memcpy(&v, *p + 8, 8);
        v ^= ARGUS_ZEROS;
        ends = (v | (v + 0x7676767676767676u)) & 0x8080808080808080u;
        more = ends ? __builtin_ctzll(ends) >> 3 : 8;
        *out = high * tens[more] + (more ? argus_join8(v << (64 - 8 * more)) : 0);
        *p += 8 + more;
        return 8 + more;
    }

    static inline int argus_cell_ends(char c) { return c == ',' || c == ']'; }

    /* An integer of up to 16 digits; 0 for anything else. */
    static inline const char *argus_fast_integer(const char *p, int64_t *out) {
        int negative = *p == '-';
        uint64_t v;
        p += negative;
        if (!argus_digits(&p, &v) || !argus_cell_ends(*p)) return NULL;
        *out = negative ? -(int64_t)v : (int64_t)v;
        return p;
    }

    /* A real of few digits without an exponent. Both numbers are exact and one division rounds once, as it has to be. */
    static inline const char *argus_fast_real(const char *p, double *out) {
        static const double tens[10] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
        static const uint64_t units[10] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};
        int negative = *p == '-', n;
        uint64_t whole, fraction;
        p += negative;
        n = argus_digits(&p, &whole);
        if (n == 0 || n > 9 || *p++ != '.') return NULL;
        n = argus_digits(&p, &fraction);
        if (n == 0 || n > 6 || !argus_cell_ends(*p)) return NULL;
        *out = fraction ? (double)(whole * units[n] + fraction) / tens[n] : (double)whole;
        if (negative) *out = -*out;
        return p;
    }

    /* A decimal in quotes with just `scale` digits behind the point, at most 18 together. */
    static inline const char *argus_fast_decimal(const char *p, int32_t scale, int64_t unit, int64_t *out) {
        int negative = *++p == '-', n;
        uint64_t whole, fraction = 0;
        p += negative;
        n = argus_digits(&p, &whole);
        if (n == 0 || n + scale > 18) return NULL;
        if (scale > 0 && (*p++ != '.' || argus_digits(&p, &fraction) != scale)) return NULL;
        if (*p++ != '"' || !argus_cell_ends(*p)) return NULL;
        *out = (int64_t)(whole * (uint64_t)unit + fraction);
        if (negative) *out = -*out;
        return p;
    }
    """
    enum: FAST_ROOM "ARGUS_FAST_ROOM"
    bint cell_ends "argus_cell_ends"(char c) noexcept nogil
    const char* fast_integer "argus_fast_integer"(const char* p, int64_t* out) noexcept nogil
    const char* fast_real "argus_fast_real"(const char* p, double* out) noexcept nogil
    const char* fast_decimal "argus_fast_decimal"(const char* p, int32_t scale, int64_t unit, int64_t* out) noexcept nogil


cdef inline const char* fast_text(TextOut* out, const char* p, const char* end) noexcept nogil:
    """A string without escapes. NULL also when there is no memory, which the careful reader then says."""
    cdef int64_t n
    p += 1
    n = json_plain(p, end)
    if end - p - n < 2 or p[n] != c'"' or not cell_ends(p[n + 1]) or not text_room(out, n + 16):
        return NULL
    if n <= 16 and end - p >= 16:
        memcpy(out.p + out.n, p, 16)
    else:
        memcpy(out.p + out.n, p, n)
    out.n += n
    return p + n + 1


cdef inline const char* fast_moment(const char* p, int32_t scale, int64_t* out) noexcept nogil:
    """A timestamp without a zone in 10**-scale seconds, which do not overflow for the years 1678 to 2261."""
    cdef int64_t n = 19, seconds = 0, nanos = 0, step = unit_of(9 - scale)
    p += 1
    if p[n] == c'.':
        n += 1
        while n < 30 and is_digit(p[n]):
            n += 1
    if p[n] != c'"' or not cell_ends(p[n + 1]) or not plain_moment(p, n, &seconds, &nanos) or nanos % step != 0:
        return NULL
    if mul_add_overflows(seconds, unit_of(scale), nanos / step, out):
        return NULL
    return p + n + 1


cdef inline const char* fast_cell(Column* c, TextOut* text, int64_t row, bint zoned, const char* p,
                                  const char* end) noexcept nogil:
    """The cell at p into row `row` of its column: what follows it, or NULL where nothing was read."""
    cdef int64_t v = 0
    cdef double d = 0
    cdef int32_t k = c.kind
    if end - p < FAST_ROOM:
        return NULL
    if k == KIND_INT64 or k == KIND_INT32:
        p = fast_integer(p, &v)
        if p is NULL:
            return NULL
        if k == KIND_INT64:
            (<int64_t*>c.values)[row] = v
        elif v == <int32_t>v:
            (<int32_t*>c.values)[row] = <int32_t>v
        else:
            return NULL
        return p
    if k == KIND_FLOAT64:
        p = fast_real(p, &d)
        if p is not NULL:
            (<double*>c.values)[row] = d
        return p
    if p[0] != c'"':
        return NULL
    if k == KIND_TEXT:
        p = fast_text(text, p, end)
        if p is not NULL:
            if text.n > 0x7FFFFFFF:
                return NULL
            (<int32_t*>c.values)[row + 1] = <int32_t>text.n
        return p
    if k == KIND_DECIMAL128:
        p = fast_decimal(p, c.scale, unit_of(c.scale), &v) if 0 <= c.scale <= 16 else NULL
        if p is not NULL:
            (<int64_t*>c.values)[2 * row] = v
            (<int64_t*>c.values)[2 * row + 1] = v >> 63
        return p
    if k == KIND_DATE32:
        if p[11] == c'"' and cell_ends(p[12]) and plain_day(p + 1, &(<int32_t*>c.values)[row]):
            return p + 12
        return NULL
    if k == KIND_TIMESTAMP and not zoned and 0 <= c.scale <= 9:
        return fast_moment(p, c.scale, &(<int64_t*>c.values)[row])
    return NULL
