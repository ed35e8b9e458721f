# The usual forms of Trino's numbers, sixteen characters at a time, from where they end (jsonindex.pxi).
# What these readers do not take, right or wrong, is left to the careful ones of trinojson.pxi.
# Included by _core.pyx after trinonested.pxi.

cdef extern from *:
    """
    /* Bytes that must be readable before the end of a number, and from its first character on. */
    #define ARGUS_CELL_BEFORE 24
    #define ARGUS_CELL_ROOM 64

    #ifdef __SSE2__
    /* The last n of 16 bytes. */
    static inline __m128i argus_keep_last(int64_t n) {
        static const uint8_t keep[32] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255,
                                         255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
        return _mm_loadu_si128((const __m128i *)(keep + n));
    }

    /* Sixteen characters as a number; 0 when one of the kept ones is no digit. Pairs, then fours, then eights are joined. */
    static inline int argus_join16(__m128i v, __m128i keep, uint64_t *out) {
        const __m128i tens = _mm_set1_epi16(10), hundreds = _mm_set1_epi32(100 | 1 << 16);
        const __m128i myriads = _mm_set1_epi32(10000 | 1 << 16);
        int bad;
        uint64_t x;
        v = _mm_and_si128(_mm_xor_si128(v, _mm_set1_epi8('0')), keep);
        bad = _mm_movemask_epi8(_mm_or_si128(v, _mm_add_epi8(v, _mm_set1_epi8(0x76))));
        v = _mm_add_epi16(_mm_mullo_epi16(_mm_and_si128(v, _mm_set1_epi16(0xFF)), tens), _mm_srli_epi16(v, 8));
        v = _mm_madd_epi16(v, hundreds);
        v = _mm_madd_epi16(_mm_packs_epi32(v, v), myriads);
        memcpy(&x, &v, 8);
        *out = (x & 0xFFFFFFFFu) * 100000000u + (x >> 32);
        return !bad;
    }

    /* The n characters before e, 0 to 16, as a number; 0 when one is no digit. */
    static inline int argus_digits(const char *e, int64_t n, uint64_t *out) {
        return argus_join16(_mm_loadu_si128((const __m128i *)(e - 16)), argus_keep_last(n), out);
    }

    /* The same for n digits with a mark, not looked at, before the last k of them. */
    static inline int argus_digits_point(const char *e, int64_t n, int64_t k, uint64_t *out) {
        const __m128i behind = argus_keep_last(k), v = _mm_loadu_si128((const __m128i *)(e - 16));
        const __m128i before = _mm_loadu_si128((const __m128i *)(e - 17));
        return argus_join16(_mm_or_si128(_mm_and_si128(behind, v), _mm_andnot_si128(behind, before)), argus_keep_last(n), out);
    }

    /* argus_is_written, in one register. */
    static inline int argus_is_kept(const argus_written *f, const char *p, const char *e) {
        const int64_t negative = *p == '-', n = e - p - negative;
        const __m128i is = _mm_set_epi64x((int64_t)f->low_is, (int64_t)f->high_is);
        const __m128i add = _mm_set_epi64x((int64_t)f->low_add, (int64_t)f->high_add);
        __m128i v;
        if (n < f->least || n > 16) return 0;
        v = _mm_and_si128(_mm_xor_si128(_mm_loadu_si128((const __m128i *)(e - 16)), is), argus_keep_last(n));
        if (_mm_movemask_epi8(_mm_or_si128(v, _mm_add_epi8(v, add)))) return 0;
        if ((p[negative] == '0') & (n > f->least)) return 0;
        return !negative || _mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_setzero_si128())) != 0xFFFF;
    }

    /* How many characters stand between the last point and e; 16 or more when there is none among 16. */
    static inline int64_t argus_behind_point(const char *e) {
        const __m128i v = _mm_loadu_si128((const __m128i *)(e - 16));
        return __builtin_clz((unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('.'))) << 1 | 1) - 15;
    }
    #else
    /* Numbers 0 to 9 in eight bytes, the first the lowest, as one number. */
    static inline uint64_t argus_join8(uint64_t v) {
        v = v * 10 + (v >> 8);
        return ((v & 0x000000FF000000FFu) * 0x000F424000000064u + ((v >> 16) & 0x000000FF000000FFu) * 0x0000271000000001u) >> 32;
    }

    static inline int argus_digits(const char *e, int64_t n, uint64_t *out) {
        uint64_t low, high;
        if (n <= 8) return argus_tail_digits(e, n, out);
        if (!argus_tail_digits(e, 8, &low) || !argus_tail_digits(e - 8, n - 8, &high)) return 0;
        *out = high * 100000000u + low;
        return 1;
    }

    static inline int argus_is_kept(const argus_written *f, const char *p, const char *e) {
        return argus_is_written(f, p, e - p);
    }

    static inline int argus_digits_point(const char *e, int64_t n, int64_t k, uint64_t *out) {
        static const uint64_t units[17] = {
            1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000,
            1000000000000, 10000000000000, 100000000000000, 1000000000000000, 10000000000000000};
        uint64_t whole, fraction;
        if (!argus_digits(e - k - 1, n - k, &whole) || !argus_digits(e, k, &fraction)) return 0;
        *out = whole * units[k] + fraction;
        return 1;
    }

    static inline int64_t argus_behind_point(const char *e) {
        int64_t k = 0;
        while (k < 16 && e[-1 - k] != '.') k++;
        return k;
    }
    #endif

    /* Where the number or word at p ends; NULL when that is not within 32 characters. */
    static inline const char *argus_word_end(const char *p) {
        int k;
        for (k = 0; k < 32; k++)
            if (p[k] == ',' || p[k] == ']') return p + k;
        return NULL;
    }

    /* An integer of up to 18 digits. */
    static inline int argus_fast_integer(const char *p, const char *e, int64_t *out) {
        int64_t negative = *p == '-', n = e - p - negative;
        uint64_t v, high = 0;
        if (n > 16) {
            if (n > 18 || !argus_digits(e - 16, n - 16, &high)) return 0;
            high *= 10000000000000000u;
            n = 16;
        }
        if (n < 1 || !argus_digits(e, n, &v)) return 0;
        v += high;
        *out = ((int64_t)v ^ -negative) + negative;
        return 1;
    }

    /* A real without an exponent. The digits as a whole number and the power of ten behind them are both exact, so that
     * their division, which rounds once, gives the nearest real. */
    static inline int argus_fast_double(const char *p, const char *e, double *out) {
        static const double tens[16] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
        int64_t negative = *p == '-', n = e - p - negative, k = argus_behind_point(e);
        uint64_t digits;
        if (n > 17 || k < 1 || k > n - 2 || !argus_digits_point(e, n - 1, k, &digits) || digits > (uint64_t)1 << 53) return 0;
        *out = (double)(int64_t)digits / tens[k];
        if (negative) *out = -*out;
        return 1;
    }

    static inline int argus_fast_float(const char *p, const char *e, float *out) {
        static const float tens[11] = {1, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f, 1e6f, 1e7f, 1e8f, 1e9f, 1e10f};
        int64_t negative = *p == '-', n = e - p - negative, k = argus_behind_point(e);
        uint64_t digits;
        if (n > 17 || k < 1 || k > n - 2 || k > 10 || !argus_digits_point(e, n - 1, k, &digits) || digits > 1u << 24) return 0;
        *out = (float)(int32_t)digits / tens[k];
        if (negative) *out = -*out;
        return 1;
    }

    /* The text of a decimal with just `scale` digits behind the point, at most 16 together. */
    static inline int argus_fast_decimal(const char *p, const char *e, int64_t scale, int64_t *out) {
        int64_t negative = *p == '-', n = e - p - negative - (scale > 0);
        uint64_t v;
        if (n <= scale || n > 16) return 0;
        if (scale > 0 ? e[-scale - 1] != '.' || !argus_digits_point(e, n, scale, &v) : !argus_digits(e, n, &v)) return 0;
        *out = ((int64_t)v ^ -negative) + negative;
        return 1;
    }
    """
    enum: CELL_BEFORE "ARGUS_CELL_BEFORE"
    enum: CELL_ROOM "ARGUS_CELL_ROOM"
    const char* word_end "argus_word_end"(const char* p) noexcept nogil
    bint fast_integer "argus_fast_integer"(const char* p, const char* e, int64_t* out) noexcept nogil
    bint is_kept "argus_is_kept"(const Written* form, const char* p, const char* e) noexcept nogil
    bint fast_double "argus_fast_double"(const char* p, const char* e, double* out) noexcept nogil
    bint fast_float "argus_fast_float"(const char* p, const char* e, float* out) noexcept nogil
    bint fast_decimal "argus_fast_decimal"(const char* p, const char* e, int64_t scale, int64_t* out) noexcept nogil


cdef inline bint fast_moment(const char* p, const char* e, int32_t scale, bint zoned, int64_t* out) noexcept nogil:
    """The text of a timestamp, with zoned one of UTC, in 10**-scale seconds."""
    cdef int64_t seconds = 0, nanos = 0, step = unit_of(9 - scale), n = e - p
    if zoned:
        if n < 23 or memcmp(e - 4, b" UTC", 4) != 0:
            return False
        n -= 4
    if not plain_moment(p, n, &seconds, &nanos) or nanos % step != 0:
        return False
    return not mul_add_overflows(seconds, unit_of(scale), nanos / step, out)
