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
        uint16_t at[ARGUS_INDEX_ENDS]; /* [0] is base itself; the n ends follow */
    } ArgusJsonIndex;

    typedef struct {
        uint64_t quotes, marks, backs; /* bit i: p[i] is a quote; a comma or closing bracket; a backslash */
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
        uint64_t q = 0, m = 0;
        int k;
        for (k = 0; k < 64; k += 16) {
            const __m128i v = _mm_loadu_si128((const __m128i *)(p + k));
            const __m128i mark = _mm_or_si128(_mm_cmpeq_epi8(v, comma), _mm_cmpeq_epi8(v, bracket));
            some = _mm_or_si128(some, _mm_cmpeq_epi8(v, back));
            q |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, quote)) << k;
            m |= (uint64_t)(unsigned)_mm_movemask_epi8(mark) << k;
        }
        out->quotes = q, out->marks = m;
        out->backs = _mm_movemask_epi8(some) ? argus_backslashes(p) : 0;
    }
    #define ARGUS_WIDE __attribute__((target("avx2,bmi,popcnt")))

    ARGUS_WIDE static inline void argus_json_bits_wide(const char *p, ArgusJsonBits *out) {
        const __m256i quote = _mm256_set1_epi8('"'), comma = _mm256_set1_epi8(','), bracket = _mm256_set1_epi8(']');
        const __m256i back = _mm256_set1_epi8(0x5C);
        const __m256i v = _mm256_loadu_si256((const __m256i *)p), w = _mm256_loadu_si256((const __m256i *)(p + 32));
        const __m256i low = _mm256_or_si256(_mm256_cmpeq_epi8(v, comma), _mm256_cmpeq_epi8(v, bracket));
        const __m256i high = _mm256_or_si256(_mm256_cmpeq_epi8(w, comma), _mm256_cmpeq_epi8(w, bracket));
        const __m256i some = _mm256_or_si256(_mm256_cmpeq_epi8(v, back), _mm256_cmpeq_epi8(w, back));
        out->quotes = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, quote))
                      | (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(w, quote)) << 32;
        out->marks = (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
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
            out->marks |= argus_places(p, k, ',') | argus_places(p, k, ']');
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

    typedef void (*ArgusBitsOf)(const char *p, ArgusJsonBits *out);

    static inline __attribute__((always_inline)) void argus_index_with(ArgusJsonIndex *x, const char *p, const char *end,
                                                                       ArgusBitsOf bits_of, int wide) {
        uint64_t inside = 0, carry = 0, closed = 0;
        int32_t n = 0, at;
        int64_t bytes = end - p < ARGUS_INDEX_BYTES ? end - p : ARGUS_INDEX_BYTES;
        x->base = p;
        x->escapes = 0;
        x->at[0] = 0;
        for (at = 0; at + 64 <= bytes; at += 64) {
            uint64_t in, after, marks;
            uint16_t *out = x->at + 1 + n;
            ArgusJsonBits bits;
            int k, j, count;
            bits_of(p + at, &bits);
            if (bits.backs | carry) {
                x->escapes = 1;
                bits.quotes &= ~argus_escaped(bits.backs, &carry);
            }
            if (inside && !bits.quotes) continue;
            /* Each bit the parity of the quotes up to it. */
            in = bits.quotes;
            in ^= in << 1;
            in ^= in << 2;
            in ^= in << 4;
            in ^= in << 8;
            in ^= in << 16;
            in ^= in << 32;
            in ^= inside;
            inside = (uint64_t)((int64_t)in >> 63);
            marks = bits.marks & ~in;
            after = bits.quotes & ~in;
            if (at == 0) marks &= ~(uint64_t)1;
            if ((after << 1 | closed) & ~marks) break;
            closed = after >> 63;
            count = wide ? __builtin_popcountll(marks) : argus_ones(marks);
            /* Eight at a time: a loop that ends with the last one would be guessed wrongly for each block. */
            for (k = 0; k < count; k += 8)
                for (j = 0; j < 8; j++, marks &= marks - 1)
                    out[k + j] = (uint16_t)(at + __builtin_ctzll(marks | (uint64_t)1 << 63));
            n += count;
        }
        x->n = n;
    }

    static void argus_json_index_plain(ArgusJsonIndex *x, const char *p, const char *end) {
        argus_index_with(x, p, end, argus_json_bits, 0);
    }

    #ifdef __SSE2__
    ARGUS_WIDE static void argus_json_index_wide(ArgusJsonIndex *x, const char *p, const char *end) {
        argus_index_with(x, p, end, argus_json_bits_wide, 1);
    }
    #endif

    /* The ends behind p, which stands outside of strings: of whole blocks of 64 bytes up to `end`. Ends before a block in
     * which a string is followed by something else than an end: the careful reader looks at that. */
    static void argus_json_index(ArgusJsonIndex *x, const char *p, const char *end) {
    #ifdef __SSE2__
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")) {
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
        bint escapes
        uint16_t* at
    void json_index "argus_json_index"(JsonIndex* x, const char* p, const char* end) noexcept nogil
    void json_index_plain "argus_json_index_plain"(JsonIndex* x, const char* p, const char* end) noexcept nogil
