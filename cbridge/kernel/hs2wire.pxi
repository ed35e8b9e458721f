# Thrift's binary protocol: numbers, field headers, lists, and stepping over what nobody needs.
# Included by _core.pyx before hs2columns.pxi and hs2rows.pxi.

cdef extern from *:
    """
    /* The length of a text stands behind the text before, so that a walk over long texts waits for one line of the cache
     * after the other, which the processor does not guess: all lines up to a kilobyte ahead are asked for. */
    static inline const uint8_t *argus_ask_ahead(const uint8_t *asked, const uint8_t *p) {
        if (asked < p) asked = p;
        for (; asked < p + 1024; asked += 64) __builtin_prefetch(asked);
        return asked;
    }

    /* Whether three more short texts of the same length follow the one at p, within n bytes: then nothing has to wait for a
     * length to know where the next one stands. */
    static inline int argus_four_alike(const uint8_t *p, int64_t n, uint32_t length) {
        int64_t step = 4 + (int64_t)length;
        return length <= 32 && n >= 4 * step &&
               ((argus_be32(p + step) ^ length) | (argus_be32(p + 2 * step) ^ length) | (argus_be32(p + 3 * step) ^ length)) == 0;
    }
    static inline float argus_be_narrow(const uint8_t *p) {
        uint64_t bits = argus_be64(p); double d; memcpy(&d, &bits, 8); return (float)d;
    }
    """
    const uint8_t* ask_ahead "argus_ask_ahead"(const uint8_t* asked, const uint8_t* p) noexcept nogil
    bint four_alike "argus_four_alike"(const uint8_t* p, int64_t n, uint32_t length) noexcept nogil
    float be_narrow "argus_be_narrow"(const uint8_t* p) noexcept nogil
    int32_t popcount "__builtin_popcount"(uint32_t bits) noexcept nogil

# Thrift's type codes on the wire.
cdef enum:
    T_STOP = 0, T_BOOL = 2, T_BYTE = 3, T_DOUBLE = 4, T_I16 = 6, T_I32 = 8, T_I64 = 10, T_STRING = 11
    T_STRUCT = 12, T_MAP = 13, T_SET = 14, T_LIST = 15
    WIRE_DEPTH = 32        # nesting that no message of HiveServer2 comes near

# Fields of the TColumn union: the type of a column on the wire.
cdef enum:
    WIRE_BOOL = 1, WIRE_BYTE, WIRE_I16, WIRE_I32, WIRE_I64, WIRE_DOUBLE, WIRE_STRING, WIRE_BINARY

# What a column is to become: the kind of the batch's column, and its scale.
cdef struct KindSpec:
    int32_t kind, scale

# A read position with its end, and where the text of an error goes.
cdef struct Wire:
    const uint8_t* p
    const uint8_t* end
    char* err
    size_t nerr

cdef struct WireColumn:
    int32_t type           # WIRE_*
    int32_t number         # 1-based, for messages
    int64_t n              # rows
    const uint8_t* values  # first element of the list; NULL before the list was met
    const uint8_t* nulls   # bit set = NULL; may be shorter than the rows
    int64_t nnulls
    uint8_t* doubtful      # bit set = no value of the column's type, which only a NULL may be; NULL: no such row


cdef bint wire_fail(Wire* w, const char* what) noexcept nogil:
    snprintf(w.err, w.nerr, b"%s", what)
    return False


cdef bint wire_cut(Wire* w) noexcept nogil:
    return wire_fail(w, b"the server's row set ends in the middle of a value; the connection can no longer be trusted")


cdef inline bint wire_need(Wire* w, int64_t n) noexcept nogil:
    return True if w.end - w.p >= n else wire_cut(w)


cdef inline int32_t wire_size(int32_t type) noexcept nogil:
    """Bytes of a type of fixed length; 0 for the others."""
    if type == T_BOOL or type == T_BYTE:
        return 1
    if type == T_I16:
        return 2
    if type == T_I32:
        return 4
    return 8 if type == T_I64 or type == T_DOUBLE else 0


cdef bint wire_count(Wire* w, int64_t* n) noexcept nogil:
    """A length or an element count: 32 bits, never negative."""
    cdef uint32_t count
    if not wire_need(w, 4):
        return False
    count = be32(w.p)
    w.p += 4
    n[0] = count
    if count > 0x7FFFFFFF:
        return wire_fail(w, b"the server's row set has a negative length")
    return True


cdef bint wire_field(Wire* w, int32_t* type, int32_t* id) noexcept nogil:
    """The next field's header; type T_STOP at the struct's end."""
    if not wire_need(w, 1):
        return False
    type[0] = w.p[0]
    w.p += 1
    if type[0] == T_STOP:
        return True
    if not wire_need(w, 2):
        return False
    id[0] = be16(w.p)
    w.p += 2
    return True


cdef bint wire_list(Wire* w, int32_t* type, int64_t* n) noexcept nogil:
    """A list's header. Each element has at least one byte, so a count that lies cannot cost memory or time."""
    if not wire_need(w, 1):
        return False
    type[0] = w.p[0]
    w.p += 1
    if not wire_count(w, n):
        return False
    if n[0] > w.end - w.p:
        return wire_fail(w, b"the server's row set has a list with more elements than bytes")
    return True


cdef bint wire_skip(Wire* w, int32_t type, int32_t depth) noexcept nogil:
    """Step over a value of any type."""
    cdef int32_t size = wire_size(type), id = 0, key, value
    cdef int64_t n, i
    if size > 0:
        if not wire_need(w, size):
            return False
        w.p += size
        return True
    if depth >= WIRE_DEPTH:
        return wire_fail(w, b"the server's row set is nested deeper than any known message")
    if type == T_STRING:
        if not wire_count(w, &n) or not wire_need(w, n):
            return False
        w.p += n
        return True
    if type == T_STRUCT:
        while True:
            if not wire_field(w, &value, &id):
                return False
            if value == T_STOP:
                return True
            if not wire_skip(w, value, depth + 1):
                return False
    if type == T_LIST or type == T_SET:
        if not wire_list(w, &value, &n):
            return False
        for i in range(n):
            if not wire_skip(w, value, depth + 1):
                return False
        return True
    if type == T_MAP:
        if not wire_need(w, 2):
            return False
        key = w.p[0]
        value = w.p[1]
        w.p += 2
        if not wire_count(w, &n):
            return False
        for i in range(n):
            if not wire_skip(w, key, depth + 1) or not wire_skip(w, value, depth + 1):
                return False
        return True
    snprintf(w.err, w.nerr, b"the server's row set has a value of Thrift type %d, which does not exist", type)
    return False


cdef inline int32_t wire_element(int32_t column) noexcept nogil:
    """The Thrift type of a column's values."""
    if column <= WIRE_BYTE:
        return T_BOOL if column == WIRE_BOOL else T_BYTE
    if column <= WIRE_I32:
        return T_I16 if column == WIRE_I16 else T_I32
    if column <= WIRE_DOUBLE:
        return T_I64 if column == WIRE_I64 else T_DOUBLE
    return T_STRING
