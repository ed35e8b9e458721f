# Where the cells of a stretch of JSON rows end, found 64 bytes at a time: commas and closing brackets outside of strings.
# Included by _core.pyx after jsonscan.pxi. A reader who knows all ends need not finish one cell to begin the next.

cdef extern from *:
    """
    #ifdef __SSE2__
    #include <immintrin.h>
    #endif

    /* Bytes looked at in one go; so many ends may be found, and 64 more may be written. */
    #define ARGUS_INDEX_BYTES 16384
    #define ARGUS_INDEX_ENDS (ARGUS_INDEX_BYTES + 64)

    typedef struct {
        const char *base;
        int32_t n;
        int escapes;                   /* a backslash was seen */
        int32_t closings;              /* how many of the ends are brackets */
        uint16_t at[ARGUS_INDEX_ENDS]; /* [0] is base itself; the n ends follow */
    } ArgusJsonIndex;

    typedef struct {
        uint64_t quotes, commas, closings, backs; /* bit i: p[i] is a quote; a comma; a closing bracket; a backslash */
    } ArgusJsonBits;

    static inline uint64_t argus_backslashes(const char *p) {
        uint64_t found = 0;
        int k;
        for (k = 0; k < 64; k++) found |= (uint64_t)(p[k] == 0x5C) << k;
        return found;
    }

    #ifdef __SSE2__
    static inline void argus_json_bits(const char *p, ArgusJsonBits *out) {
        const __m128i quote = _mm_set1_epi8('"'), comma = _mm_set1_epi8(','), bracket = _mm_set1_epi8(']');
        const __m128i back = _mm_set1_epi8(0x5C);
        __m128i some = _mm_setzero_si128();
        uint64_t q = 0, m = 0, b = 0;
        int k;
        for (k = 0; k < 64; k += 16) {
            const __m128i v = _mm_loadu_si128((const __m128i *)(p + k));
            some = _mm_or_si128(some, _mm_cmpeq_epi8(v, back));
            q |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, quote)) << k;
            m |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, comma)) << k;
            b |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, bracket)) << k;
        }
        out->quotes = q, out->commas = m, out->closings = b;
        out->backs = _mm_movemask_epi8(some) ? argus_backslashes(p) : 0;
    }
    #define ARGUS_WIDE __attribute__((target("avx2,bmi,popcnt")))

    ARGUS_WIDE static inline void argus_json_bits_wide(const char *p, ArgusJsonBits *out) {
        const __m256i quote = _mm256_set1_epi8('"'), comma = _mm256_set1_epi8(','), bracket = _mm256_set1_epi8(']');
        const __m256i back = _mm256_set1_epi8(0x5C);
        const __m256i v = _mm256_loadu_si256((const __m256i *)p), w = _mm256_loadu_si256((const __m256i *)(p + 32));
        const __m256i some = _mm256_or_si256(_mm256_cmpeq_epi8(v, back), _mm256_cmpeq_epi8(w, back));
    #define ARGUS_EQUAL(x) ((uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, x)) \\
                            | (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(w, x)) << 32)
        out->quotes = ARGUS_EQUAL(quote), out->commas = ARGUS_EQUAL(comma), out->closings = ARGUS_EQUAL(bracket);
    #undef ARGUS_EQUAL
        out->backs = _mm256_testz_si256(some, some) ? 0 : argus_backslashes(p);
    }
    #else
    /* Bit 7 of each byte that is zero, exactly; then these eight bits side by side. */
    static inline uint64_t argus_zero_bytes(uint64_t v) {
        return ~(((v & 0x7F7F7F7F7F7F7F7Fu) + 0x7F7F7F7F7F7F7F7Fu) | v | 0x7F7F7F7F7F7F7F7Fu);
    }
    static inline uint64_t argus_gather8(uint64_t v) { return ((v >> 7) * 0x0102040810204080u) >> 56; }

    static inline uint64_t argus_places(const char *p, int k, char wanted) {
        uint64_t v;
        memcpy(&v, p + k, 8);
        return argus_gather8(argus_zero_bytes(v ^ (uint64_t)(uint8_t)wanted * 0x0101010101010101u)) << k;
    }
    static inline void argus_json_bits(const char *p, ArgusJsonBits *out) {
        int k;
        memset(out, 0, sizeof(*out));
        for (k = 0; k < 64; k += 8) {
            out->quotes |= argus_places(p, k, '"');
            out->commas |= argus_places(p, k, ',');
            out->closings |= argus_places(p, k, ']');
            out->backs |= argus_places(p, k, 0x5C);
        }
    }
    #endif

    /* The characters behind backslashes; *carry: the next block's first is one. */
    static inline uint64_t argus_escaped(uint64_t backs, uint64_t *carry) {
        uint64_t escaped = *carry;
        backs &= ~escaped;
        *carry = 0;
        while (backs) {
            uint64_t one = backs & -backs;
            escaped |= one << 1;
            if (one >> 63) *carry = 1;
            backs &= ~(one | one << 1);
        }
        return escaped;
    }

    /* How many bits are set; the builtin is a call where the processor is not known to have the instruction. */
    static inline int argus_ones(uint64_t v) {
        v -= v >> 1 & 0x5555555555555555u;
        v = (v & 0x3333333333333333u) + (v >> 2 & 0x3333333333333333u);
        return (int)(((v + (v >> 4)) & 0x0F0F0F0F0F0F0F0Fu) * 0x0101010101010101u >> 56);
    }

    /* Each bit the parity of the bits up to it. */
    static inline uint64_t argus_parity(uint64_t v) {
        v ^= v << 1;
        v ^= v << 2;
        v ^= v << 4;
        v ^= v << 8;
        v ^= v << 16;
        return v ^ v << 32;
    }

    /* The places of the bits from out[0] on, counted from `at`. Eight at a time: a loop that ends with the last one would be
     * guessed wrongly for each block. */
    static inline void argus_put_places(uint16_t *out, uint64_t marks, int count, int32_t at) {
        int k, j;
        for (k = 0; k < count; k += 8)
            for (j = 0; j < 8; j++, marks &= marks - 1)
                out[k + j] = (uint16_t)(at + __builtin_ctzll(marks | (uint64_t)1 << 63));
    }

    #ifdef __x86_64__
    /* Processors with 512-bit registers compare 64 bytes in one step, and find the places of bits by themselves. */
    #define ARGUS_WIDEST \\
        __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,pclmul,bmi,bmi2,popcnt")))

    static int argus_has_widest(void) {
        return __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bw")
               && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("pclmul")
               && __builtin_cpu_supports("bmi2");
    }

    ARGUS_WIDEST static inline void argus_json_bits_widest(const char *p, ArgusJsonBits *out) {
        const __m512i v = _mm512_loadu_si512(p);
        out->quotes = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('"'));
        out->commas = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(','));
        out->closings = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(']'));
        out->backs = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(0x5C));
    }

    ARGUS_WIDEST static inline uint64_t argus_parity_widest(uint64_t v) {
        return (uint64_t)_mm_cvtsi128_si64(_mm_clmulepi64_si128(_mm_cvtsi64_si128((int64_t)v), _mm_set1_epi8(-1), 0));
    }

    ARGUS_WIDEST static inline void argus_put_places_widest(uint16_t *out, uint64_t marks, int count, int32_t at) {
        static const uint8_t places[64] = {
            0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
            32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60,
            61, 62, 63};
        const __m512i v = _mm512_maskz_compress_epi8(marks, _mm512_loadu_si512(places)), from = _mm512_set1_epi16((int16_t)at);
        const __m512i first = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(v));
        _mm512_storeu_si512(out, _mm512_add_epi16(from, first));
        if (count > 32)
            _mm512_storeu_si512(out + 32, _mm512_add_epi16(from, _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(v, 1))));
    }
    #endif

    typedef void (*ArgusBitsOf)(const char *p, ArgusJsonBits *out);
    typedef uint64_t (*ArgusParity)(uint64_t v);
    typedef void (*ArgusPutPlaces)(uint16_t *out, uint64_t marks, int count, int32_t at);

    /* In the way of one kind of processors; `counts`: it has an instruction that counts bits. */
    static inline __attribute__((always_inline)) void argus_index_with(ArgusJsonIndex *x, const char *p, const char *end,
                                                                       ArgusBitsOf bits_of, ArgusParity parity,
                                                                       ArgusPutPlaces put_places, int counts) {
        uint64_t inside = 0, carry = 0, closed = 0;
        int32_t n = 0, closings = 0, at;
        int64_t bytes = end - p < ARGUS_INDEX_BYTES ? end - p : ARGUS_INDEX_BYTES;
        x->base = p;
        x->escapes = 0;
        x->at[0] = 0;
        for (at = 0; at + 64 <= bytes; at += 64) {
            uint64_t in, after, marks, brackets;
            ArgusJsonBits bits;
            int count;
            bits_of(p + at, &bits);
            if (bits.backs | carry) {
                x->escapes = 1;
                bits.quotes &= ~argus_escaped(bits.backs, &carry);
            }
            if (inside && !bits.quotes) continue;
            in = parity(bits.quotes) ^ inside;
            inside = (uint64_t)((int64_t)in >> 63);
            brackets = bits.closings & ~in;
            marks = (bits.commas & ~in) | brackets;
            after = bits.quotes & ~in;
            if (at == 0) marks &= ~(uint64_t)1, brackets &= ~(uint64_t)1;
            if ((after << 1 | closed) & ~marks) break;
            closed = after >> 63;
            count = counts ? __builtin_popcountll(marks) : argus_ones(marks);
            put_places(x->at + 1 + n, marks, count, at);
            n += count;
            closings += counts ? __builtin_popcountll(brackets) : argus_ones(brackets);
        }
        x->n = n;
        x->closings = closings;
    }

    static void argus_json_index_plain(ArgusJsonIndex *x, const char *p, const char *end) {
        argus_index_with(x, p, end, argus_json_bits, argus_parity, argus_put_places, 0);
    }

    #ifdef __SSE2__
    ARGUS_WIDE static void argus_json_index_wide(ArgusJsonIndex *x, const char *p, const char *end) {
        argus_index_with(x, p, end, argus_json_bits_wide, argus_parity, argus_put_places, 1);
    }

    #endif

    #ifdef __x86_64__
    ARGUS_WIDEST static void argus_json_index_widest(ArgusJsonIndex *x, const char *p, const char *end) {
        argus_index_with(x, p, end, argus_json_bits_widest, argus_parity_widest, argus_put_places_widest, 1);
    }
    #endif

    /* The ends behind p, which stands outside of strings: of whole blocks of 64 bytes up to `end`. Ends before a block in
     * which a string is followed by something else than an end: the careful reader looks at that. most: 0 to 2, how wide the
     * registers may be. */
    static void argus_json_index(ArgusJsonIndex *x, const char *p, const char *end, int most) {
    #ifdef __x86_64__
        if (most > 1 && argus_has_widest()) {
            argus_json_index_widest(x, p, end);
            return;
        }
    #endif
    #ifdef __SSE2__
        if (most > 0 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")) {
            argus_json_index_wide(x, p, end);
            return;
        }
    #endif
        argus_json_index_plain(x, p, end);
    }
    """
    enum: INDEX_BYTES "ARGUS_INDEX_BYTES"
    ctypedef struct JsonIndex "ArgusJsonIndex":
        const char* base
        int32_t n
        int32_t closings
        bint escapes
        uint16_t* at
    enum: WIDEST "2"
    enum: CAREFUL "-1"
    void json_index "argus_json_index"(JsonIndex* x, const char* p, const char* end, int most) noexcept nogil
