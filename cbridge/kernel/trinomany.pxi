# A column's numbers eight at a time, on processors with registers of 512 bits: what the readers of trinofast.pxi do to one.
# What is not taken here, right or wrong, is left to those. Included by _core.pyx after trinofast.pxi.

cdef extern from *:
    """
    /* Bytes with a bit for each row of an index, none of which is shorter than two characters. */
    #define ARGUS_MANY_LEFT (ARGUS_INDEX_BYTES / 16 + 1)

    #ifdef __x86_64__
    /* Bit 0 of each 16, one lane of 16 characters for each cell. */
    #define ARGUS_LANES 0x0001000100010001u

    /* Which of eight cells is always a __mmask8: gcc 12 may store a wider integer made of one by its lowest byte alone.
     * The last 16 characters of eight cells: [0] of the first, third, fifth, seventh, [1] of the others. */
    typedef struct {
        __m512i v[2];
        uint64_t kept[2]; /* which of them belong to the cell */
        __mmask8 other;   /* cells that are longer, or empty; bit 0 is the first */
    } argus_eight;

    /* Where the cell begins and ends: two neighbours of the index. */
    static inline int argus_marks(const uint16_t *at) {
        int v;
        memcpy(&v, at, 4);
        return v;
    }

    /* The 16 bytes before the end that stands at `at`. */
    #define ARGUS_TAIL(at) _mm_loadu_si128((const __m128i *)(base + (at)[1] - 16))

    ARGUS_WIDEST static inline argus_eight argus_take_eight(const char *base, const uint16_t *at, int64_t step, int skip) {
        const uint16_t *const by4 = at + 4 * step;
        const __m512i places = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
        const __m512i lanes = _mm512_shuffle_epi8(_mm512_setr_epi64(0, 0, 8, 8, 16, 16, 24, 24), _mm512_setzero_si512());
        const __m256i marks = _mm256_setr_epi32(argus_marks(at), argus_marks(at + step), argus_marks(at + 2 * step),
                                                argus_marks(at + 3 * step), argus_marks(by4), argus_marks(by4 + step),
                                                argus_marks(by4 + 2 * step), argus_marks(by4 + 3 * step));
        const __m256i begin = _mm256_add_epi32(_mm256_and_si256(marks, _mm256_set1_epi32(0xFFFF)), _mm256_set1_epi32(skip));
        const __m256i n = _mm256_sub_epi32(_mm256_srli_epi32(marks, 16), begin);
        const __m512i first = _mm512_castsi256_si512(_mm256_sub_epi32(_mm256_set1_epi32(16), n));
        argus_eight x;
        x.other = _mm256_cmpgt_epu32_mask(_mm256_sub_epi32(n, _mm256_set1_epi32(1)), _mm256_set1_epi32(15));
        x.kept[0] = _mm512_cmpge_epu8_mask(places, _mm512_permutexvar_epi8(lanes, first));
        x.kept[1] = _mm512_cmpge_epu8_mask(places, _mm512_permutexvar_epi8(_mm512_add_epi8(lanes, _mm512_set1_epi8(4)), first));
        x.v[0] = _mm512_castsi128_si512(ARGUS_TAIL(at));
        x.v[1] = _mm512_castsi128_si512(ARGUS_TAIL(at + step));
        x.v[0] = _mm512_inserti32x4(x.v[0], ARGUS_TAIL(at + 2 * step), 1);
        x.v[1] = _mm512_inserti32x4(x.v[1], ARGUS_TAIL(at + 3 * step), 1);
        x.v[0] = _mm512_inserti32x4(x.v[0], ARGUS_TAIL(by4), 2);
        x.v[1] = _mm512_inserti32x4(x.v[1], ARGUS_TAIL(by4 + step), 2);
        x.v[0] = _mm512_inserti32x4(x.v[0], ARGUS_TAIL(by4 + 2 * step), 3);
        x.v[1] = _mm512_inserti32x4(x.v[1], ARGUS_TAIL(by4 + 3 * step), 3);
        return x;
    }

    /* Which cells have some bit in their lane; bit 0 is the first cell. */
    ARGUS_WIDEST static inline __mmask8 argus_any_of_eight(uint64_t even, uint64_t odd) {
        const __m512i a = _mm512_movm_epi8(even), b = _mm512_movm_epi8(odd);
        const __m512i both = _mm512_or_si512(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
        return _mm512_test_epi64_mask(both, both);
    }

    /* Eight numbers of 16 digits, each digit a byte. Pairs, then fours, then eights are joined. */
    ARGUS_WIDEST static inline __m512i argus_join_eight(__m512i even, __m512i odd) {
        const __m512i tens = _mm512_set1_epi16(10 | 1 << 8), hundreds = _mm512_set1_epi32(100 | 1 << 16);
        const __m512i a = _mm512_madd_epi16(_mm512_maddubs_epi16(even, tens), hundreds);
        const __m512i b = _mm512_madd_epi16(_mm512_maddubs_epi16(odd, tens), hundreds);
        const __m512i x = _mm512_madd_epi16(_mm512_packus_epi32(a, b), _mm512_set1_epi32(10000 | 1 << 16));
        return _mm512_add_epi64(_mm512_mul_epu32(x, _mm512_set1_epi64(100000000)), _mm512_srli_epi64(x, 32));
    }

    /* The integers in `out`, of `size` bytes each. Returns those that the type cannot hold. */
    ARGUS_WIDEST static inline __mmask8 argus_store_eight(__m512i v, int size, void *out) {
        __m512i back = v;
        if (size == 8) {
            _mm512_storeu_si512(out, v);
        } else if (size == 4) {
            const __m256i n = _mm512_cvtepi64_epi32(v);
            _mm256_storeu_si256((__m256i *)out, n);
            back = _mm512_cvtepi32_epi64(n);
        } else if (size == 2) {
            const __m128i n = _mm512_cvtepi64_epi16(v);
            _mm_storeu_si128((__m128i *)out, n);
            back = _mm512_cvtepi16_epi64(n);
        } else {
            const __m128i n = _mm512_cvtepi64_epi8(v);
            _mm_storel_epi64((__m128i *)out, n);
            back = _mm512_cvtepi8_epi64(n);
        }
        return _mm512_cmpneq_epi64_mask(back, v);
    }

    /* The first character of each cell, if another one follows. */
    static inline uint64_t argus_sign_place(uint64_t kept) {
        return kept & ~(kept << 1 & ~ARGUS_LANES) & ~(ARGUS_LANES << 15);
    }

    /* Eight integers with at most 16 characters. Returns the cells that are none. */
    ARGUS_WIDEST static inline __mmask8 argus_eight_integers(argus_eight x, int size, void *out) {
        const __m512i zeros = _mm512_set1_epi8('0'), nine = _mm512_set1_epi8(9), even = _mm512_xor_si512(x.v[0], zeros);
        const __m512i odd = _mm512_xor_si512(x.v[1], zeros);
        uint64_t wrong[2] = {_mm512_mask_cmpgt_epu8_mask(x.kept[0], even, nine),
                             _mm512_mask_cmpgt_epu8_mask(x.kept[1], odd, nine)};
        uint64_t minus[2] = {0, 0};
        __mmask8 left = x.other;
        __m512i v;
        int i;
        if (wrong[0] | wrong[1]) {
            for (i = 0; i < 2; i++) {
                minus[i] = _mm512_cmpeq_epi8_mask(x.v[i], _mm512_set1_epi8('-')) & argus_sign_place(x.kept[i]);
                wrong[i] &= ~minus[i];
            }
            left |= argus_any_of_eight(wrong[0], wrong[1]);
        }
        v = argus_join_eight(_mm512_maskz_mov_epi8(x.kept[0] & ~minus[0], even),
                             _mm512_maskz_mov_epi8(x.kept[1] & ~minus[1], odd));
        if (minus[0] | minus[1])
            v = _mm512_mask_sub_epi64(v, argus_any_of_eight(minus[0], minus[1]), _mm512_setzero_si512(), v);
        return argus_store_eight(v, size, out) | left;
    }

    /* Eight reals without an exponent and with at most 16 characters, the same way: the digits as a whole number, divided by
     * 1 with as many zeros as there are digits behind the point. Both are exact, and the division rounds once. */
    ARGUS_WIDEST static inline __mmask8 argus_eight_doubles(argus_eight x, double *out) {
        uint64_t wrong[2], minus[2] = {0, 0};
        __m512i digits[2], one[2];
        __m512d v;
        __mmask8 left = x.other;
        int i;
        for (i = 0; i < 2; i++) {
            const __m512i d = _mm512_xor_si512(x.v[i], _mm512_set1_epi8('0'));
            const uint64_t figures = _mm512_mask_cmple_epu8_mask(x.kept[i], d, _mm512_set1_epi8(9));
            const uint64_t points = _mm512_mask_cmpeq_epi8_mask(x.kept[i], x.v[i], _mm512_set1_epi8('.'));
            /* A lane without a point gets one at its end, where it is wrong, so that all have one. */
            const uint64_t last = ARGUS_LANES << 15, none = ~(((points & ~last) + ~last) | points) & last;
            const uint64_t point = points | none, upto = point ^ (point - ARGUS_LANES);
            /* One point, behind a digit and before one. */
            wrong[i] = (x.kept[i] & ~(figures | points)) | (point & (last | ~upto | ~(figures << 1 & ~ARGUS_LANES)));
            digits[i] = _mm512_maskz_mov_epi8(figures, d);
            digits[i] = _mm512_mask_alignr_epi8(digits[i], upto, digits[i], _mm512_setzero_si512(), 15);
            one[i] = _mm512_maskz_set1_epi8(point, 1);
        }
        if (wrong[0] | wrong[1]) {
            for (i = 0; i < 2; i++) {
                minus[i] = _mm512_cmpeq_epi8_mask(x.v[i], _mm512_set1_epi8('-')) & argus_sign_place(x.kept[i]);
                wrong[i] &= ~minus[i];
            }
            left |= argus_any_of_eight(wrong[0], wrong[1]);
        }
        v = _mm512_div_pd(_mm512_cvtepi64_pd(argus_join_eight(digits[0], digits[1])),
                          _mm512_cvtepi64_pd(argus_join_eight(one[0], one[1])));
        if (minus[0] | minus[1])
            v = _mm512_mask_xor_pd(v, argus_any_of_eight(minus[0], minus[1]), v, _mm512_set1_pd(-0.0));
        _mm512_storeu_pd(out, v);
        return left;
    }

    /* A column's decimals in quotes, none of them below 0, as this driver writes them (argus_written_form). */
    typedef struct {
        __m512i is, most;      /* for each character: its xor with `is` is at most `most` */
        uint64_t least, units; /* where the first character of the shortest one stands, and the digit before the point */
    } argus_eight_written;

    ARGUS_WIDEST static inline argus_eight_written argus_eight_form(int scale) {
        argus_eight_written f;
        const int units = scale > 0 ? 13 - scale : 14;
        char is[16], most[16];
        memset(is, '0', 16);
        memset(most, 9, 16);
        is[15] = '"', most[15] = 0;
        if (scale > 0) is[14 - scale] = '.', most[14 - scale] = 0;
        f.is = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)is));
        f.most = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)most));
        f.units = ARGUS_LANES << units, f.least = ARGUS_LANES << (units - 1);
        return f;
    }

    /* Those of eight cells that are not so, or longer. */
    ARGUS_WIDEST static inline __mmask8 argus_eight_kept(argus_eight x, const argus_eight_written *f) {
        uint64_t wrong[2];
        int i;
        for (i = 0; i < 2; i++) {
            const uint64_t kept = x.kept[i], first = kept & ~(kept << 1 & ~ARGUS_LANES), lead = first << 1 & ~ARGUS_LANES;
            const uint64_t other = _mm512_mask_cmpgt_epu8_mask(kept, _mm512_xor_si512(x.v[i], f->is), f->most);
            const uint64_t quotes = _mm512_cmpeq_epi8_mask(x.v[i], _mm512_set1_epi8('"'));
            const uint64_t zeros = _mm512_cmpeq_epi8_mask(x.v[i], _mm512_set1_epi8('0'));
            wrong[i] = (other ^ first) | (first & ~quotes) | (f->least & ~kept) | (zeros & lead & ~f->units);
        }
        return x.other | (wrong[0] | wrong[1] ? argus_any_of_eight(wrong[0], wrong[1]) : 0);
    }

    ARGUS_WIDEST static void argus_many_kept_widest(const char *base, const uint16_t *ends, int64_t step, int skip, int64_t n,
                                                    int scale, uint8_t *left) {
        const argus_eight_written form = argus_eight_form(scale);
        int64_t i;
        for (i = 0; i < n; i += 8) {
            const int64_t at = i + 8 <= n ? i : n - 8;
            left[i / 8] = (uint8_t)(argus_eight_kept(argus_take_eight(base, ends + at * step, step, skip), &form) >> (i - at));
        }
    }

    /* n cells, those of the last eight some of which are done already once more. Bit i of `left`: cell i is to be read in
     * another way. size: bytes of an integer, 0 for doubles. */
    ARGUS_WIDEST static inline __attribute__((always_inline)) void argus_many_of(
        const char *base, const uint16_t *ends, int64_t step, int skip, int64_t n, const int size, char *out, uint8_t *left) {
        int64_t i;
        for (i = 0; i < n; i += 8) {
            const int64_t at = i + 8 <= n ? i : n - 8;
            const argus_eight x = argus_take_eight(base, ends + at * step, step, skip);
            const __mmask8 odd = size ? argus_eight_integers(x, size, out + at * size)
                                      : argus_eight_doubles(x, (double *)out + at);
            left[i / 8] = (uint8_t)(odd >> (i - at));
        }
    }

    ARGUS_WIDEST static void argus_many_widest(const char *base, const uint16_t *ends, int64_t step, int skip, int64_t n,
                                               int size, char *out, uint8_t *left) {
        if (size == 0) argus_many_of(base, ends, step, skip, n, 0, out, left);
        if (size == 1) argus_many_of(base, ends, step, skip, n, 1, out, left);
        if (size == 2) argus_many_of(base, ends, step, skip, n, 2, out, left);
        if (size == 4) argus_many_of(base, ends, step, skip, n, 4, out, left);
        if (size == 8) argus_many_of(base, ends, step, skip, n, 8, out, left);
    }
    #endif

    static inline int argus_lowest_bit(uint32_t v) { return __builtin_ctz(v); }

    /* Whether that was done; never for less than eight cells, or with most < 2 (see argus_json_index). */
    static int argus_many(int most, const char *base, const uint16_t *ends, int64_t step, int64_t skip, int64_t n, int size,
                          void *out, uint8_t *left) {
    #ifdef __x86_64__
        if (n >= 8 && most > 1 && argus_has_widest()) {
            argus_many_widest(base, ends, step, (int)skip, n, size, (char *)out, left);
            return 1;
        }
    #endif
        return 0;
    }

    /* The same for decimals in quotes that are as this driver writes them; `left` also has the others. */
    static int argus_many_kept(int most, const char *base, const uint16_t *ends, int64_t step, int64_t skip, int64_t n, int scale,
                               uint8_t *left) {
    #ifdef __x86_64__
        if (n >= 8 && scale <= 12 && most > 1 && argus_has_widest()) {
            argus_many_kept_widest(base, ends, step, (int)skip, n, scale, left);
            return 1;
        }
    #endif
        memset(left, 0xFF, (size_t)(n + 7) / 8);
        return 0;
    }
    """
    enum: MANY_LEFT "ARGUS_MANY_LEFT"
    bint numbers_many "argus_many"(int most, const char* base, const uint16_t* ends, int64_t step, int64_t skip, int64_t n,
                                   int size, void* out, uint8_t* left) noexcept nogil
    bint kept_many "argus_many_kept"(int most, const char* base, const uint16_t* ends, int64_t step, int64_t skip, int64_t n,
                                     int scale, uint8_t* left) noexcept nogil
    int lowest_bit "argus_lowest_bit"(uint32_t v) noexcept nogil
