# Numbers in the byte order of the wire: turned around on their way into the application's arrays, or all at once.
# Included by _core.pyx after rowloops.pxi. A column that stays as it was received costs the reader's thread nothing, and
# the numbers go through the caches once.

cdef extern from *:
    """
    static inline uint16_t argus_be16(const uint8_t *p) { uint16_t v; memcpy(&v, p, 2); return __builtin_bswap16(v); }
    static inline uint32_t argus_be32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return __builtin_bswap32(v); }
    static inline uint64_t argus_be64(const uint8_t *p) { uint64_t v; memcpy(&v, p, 8); return __builtin_bswap64(v); }

    /* Whole lists at once, from and to any address: AVX2 has an instruction that turns bytes around, which is four times as
     * fast. */
    ARGUS_CLONES static void argus_turn16(uint8_t *restrict out, const uint8_t *restrict p, int64_t n) {
        for (int64_t i = 0; i < n; i++) { uint16_t v = argus_be16(p + 2 * i); memcpy(out + 2 * i, &v, 2); }
    }
    ARGUS_CLONES static void argus_turn32(uint8_t *restrict out, const uint8_t *restrict p, int64_t n) {
        for (int64_t i = 0; i < n; i++) { uint32_t v = argus_be32(p + 4 * i); memcpy(out + 4 * i, &v, 4); }
    }
    ARGUS_CLONES static void argus_turn64(uint8_t *restrict out, const uint8_t *restrict p, int64_t n) {
        for (int64_t i = 0; i < n; i++) { uint64_t v = argus_be64(p + 8 * i); memcpy(out + 8 * i, &v, 8); }
    }
    static void argus_turn(uint8_t *restrict out, const uint8_t *restrict p, int64_t n, int32_t width) {
        if (width == 8) argus_turn64(out, p, n);
        else if (width == 4) argus_turn32(out, p, n);
        else argus_turn16(out, p, n);
    }

    static inline void argus_turn_one(uint8_t *out, const uint8_t *p, int32_t width) {
        if (width == 8) { uint64_t v = argus_be64(p); memcpy(out, &v, 8); }
        else if (width == 4) { uint32_t v = argus_be32(p); memcpy(out, &v, 4); }
        else { uint16_t v = argus_be16(p); memcpy(out, &v, 2); }
    }

    /* The same for numbers that another processor has received: its cache is asked a kilobyte ahead, since what the
     * processor guesses by itself ends with each page of memory. */
    static void argus_turn_far(uint8_t *restrict out, const uint8_t *restrict p, int64_t n, int32_t width) {
        int64_t size = n * width, piece = 512, at = 0;
        for (; at + piece <= size; at += piece) {
            for (int64_t line = 0; line < piece; line += 64) __builtin_prefetch(p + at + 1024 + line);
            argus_turn(out + at, p + at, piece / width, width);
        }
        argus_turn(out + at, p + at, (size - at) / width, width);
    }

    /* The same into the place where they stand, or up to 7 bytes before it, through a piece of the stack: the two overlap. */
    static void argus_turn_down(uint8_t *out, const uint8_t *p, int64_t n, int32_t width) {
        uint8_t piece[4096];
        int64_t most = (int64_t)sizeof(piece) / width;
        while (n > 0) {
            int64_t k = n < most ? n : most;
            memcpy(piece, p, (size_t)(k * width));
            argus_turn(out, piece, k, width);
            p += k * width, out += k * width, n -= k;
        }
    }
    """
    uint16_t be16 "argus_be16"(const uint8_t* p) noexcept nogil
    uint32_t be32 "argus_be32"(const uint8_t* p) noexcept nogil
    void turn_one "argus_turn_one"(uint8_t* out, const uint8_t* p, int32_t width) noexcept nogil
    void turn_far "argus_turn_far"(uint8_t* out, const uint8_t* p, int64_t n, int32_t width) noexcept nogil
    void turn_down "argus_turn_down"(uint8_t* out, const uint8_t* p, int64_t n, int32_t width) noexcept nogil


cdef inline int32_t wire_width(int32_t kind) noexcept nogil:
    """Bytes of a number of a kind that stays as it was received; 0 for the others."""
    if kind == KIND_INT16:
        return 2
    if kind == KIND_INT32:
        return 4
    return 8 if kind == KIND_INT64 or kind == KIND_FLOAT64 else 0


cdef inline bint as_received(const Column* c) noexcept nogil:
    return c.wire is not NULL and c.values is NULL


cdef void column_settle(Column* c) noexcept nogil:
    """Turn a column's numbers around where they stand, moved down to an address that fits their type.

    What stands before them there is the list's own header (hs2rows.pxi), 8 bytes, which nobody reads again.
    """
    cdef int32_t width = wire_width(c.kind)
    cdef uint8_t* out
    if not as_received(c):
        return
    out = <uint8_t*>c.wire - (<uintptr_t>c.wire & <uintptr_t>(width - 1))
    turn_down(out, c.wire, c.nwire, width)
    c.values = out


cdef void batch_settle(Batch* b) noexcept nogil:
    """All columns of a batch as numbers of this machine, for readers of single cells."""
    cdef int32_t i
    for i in range(b.ncols):
        column_settle(&b.cols[i])
    b.as_received = False


cdef bint wire_suits(const Column* col, const Target* t, const CType* c) noexcept nogil:
    """Whether the numbers of a column as it was received only have to be turned around for the C type."""
    cdef Family f = sql_family(t.sql_type)
    if t.buffer is NULL or t.capacity < 0 or (f != FAMILY_EXACT and f != FAMILY_APPROX):
        return False
    if col.kind == KIND_FLOAT64:
        return c.cclass == C_DOUBLE
    return c.cclass == C_INTEGER and c.signed_ and c.size == wire_width(col.kind)


cdef int64_t rows_received(const Block* given) noexcept nogil:
    """Numbers as they were received, to the C type that is theirs."""
    # A copy: the compiler cannot know that the numbers that are written are no part of it.
    cdef Block b = given[0]
    cdef int32_t width = wire_width(b.col.kind)
    cdef const uint8_t* p = b.col.wire + (b.col.offset + b.first) * width
    cdef bint nulls = has_nulls(b.col)
    cdef int64_t i, raised = 0
    if not nulls and b.data_stride == width:
        turn_far(<uint8_t*>b.data, p, b.n, width)
        all_lengths(given, width)
        return 0
    for i in range(b.n):
        if nulls and column_null(b.col, b.first + i):
            raised += row_null(given, i)
            continue
        turn_one(<uint8_t*>b.data + i * b.data_stride, p + i * width, width)
        row_length(&b, i, width)
    return raised
