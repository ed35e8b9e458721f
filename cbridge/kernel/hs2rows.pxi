# HiveServer2 row sets: the bytes of a TFetchResultsResp (TBinaryProtocol, columns) -> Batch with buffers of its own.
# Included by _core.pyx after values.pxi; the texts in which values arrive are read in hs2text.pxi, included before.

cdef extern from *:
    """
    static inline uint16_t argus_be16(const uint8_t *p) { uint16_t v; memcpy(&v, p, 2); return __builtin_bswap16(v); }
    static inline uint32_t argus_be32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return __builtin_bswap32(v); }
    static inline uint64_t argus_be64(const uint8_t *p) { uint64_t v; memcpy(&v, p, 8); return __builtin_bswap64(v); }

    /* Whole lists at once: plain loops that the compiler turns into shuffles of full registers. */
    static inline void argus_swap16(uint16_t *restrict out, const uint8_t *restrict p, int64_t n) {
        for (int64_t i = 0; i < n; i++) out[i] = argus_be16(p + 2 * i);
    }
    static inline void argus_swap32(uint32_t *restrict out, const uint8_t *restrict p, int64_t n) {
        for (int64_t i = 0; i < n; i++) out[i] = argus_be32(p + 4 * i);
    }
    static inline void argus_swap64(uint64_t *restrict out, const uint8_t *restrict p, int64_t n) {
        for (int64_t i = 0; i < n; i++) out[i] = argus_be64(p + 8 * i);
    }
    static inline float argus_be_narrow(const uint8_t *p) {
        uint64_t bits = argus_be64(p); double d; memcpy(&d, &bits, 8); return (float)d;
    }
    """
    uint16_t be16 "argus_be16"(const uint8_t* p) noexcept nogil
    uint32_t be32 "argus_be32"(const uint8_t* p) noexcept nogil
    void swap16 "argus_swap16"(uint16_t* out, const uint8_t* p, int64_t n) noexcept nogil
    void swap32 "argus_swap32"(uint32_t* out, const uint8_t* p, int64_t n) noexcept nogil
    void swap64 "argus_swap64"(uint64_t* out, const uint8_t* p, int64_t n) noexcept nogil
    float be_narrow "argus_be_narrow"(const uint8_t* p) noexcept nogil

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
    int64_t n              # rows
    const uint8_t* values  # first element of the list
    const uint8_t* values_end
    int64_t text_bytes     # bytes of all strings together
    const uint8_t* nulls   # bit set = NULL; may be shorter than the rows
    int64_t nnulls


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


cdef bint wire_strings(Wire* w, WireColumn* c) noexcept nogil:
    """Step over the strings of a column, adding up their bytes."""
    cdef int64_t i, k
    cdef const uint8_t* q = w.p
    c.text_bytes = 0
    for i in range(c.n):
        if w.end - q < 4:
            return wire_cut(w)
        k = be32(q)
        if w.end - q - 4 < k:
            return wire_cut(w)
        q += 4 + k
        c.text_bytes += k
    w.p = q
    return True


cdef inline int32_t wire_element(int32_t column) noexcept nogil:
    """The Thrift type of a column's values."""
    if column <= WIRE_BYTE:
        return T_BOOL if column == WIRE_BOOL else T_BYTE
    if column <= WIRE_I32:
        return T_I16 if column == WIRE_I16 else T_I32
    if column <= WIRE_DOUBLE:
        return T_I64 if column == WIRE_I64 else T_DOUBLE
    return T_STRING


cdef bint wire_values(Wire* w, WireColumn* c, bint* found) noexcept nogil:
    """The struct inside the union: {1: list of values, 2: NULL bits}."""
    cdef int32_t type, id = 0, element, wanted
    cdef int64_t n
    while True:
        if not wire_field(w, &type, &id):
            return False
        if type == T_STOP:
            return True
        if id == 1 and type == T_LIST:
            if not wire_list(w, &element, &n):
                return False
            wanted = wire_element(c.type)
            if element != wanted and n > 0:
                return wire_fail(w, b"the server's row set has a column whose values are not of the column's type")
            c.n = n
            c.values = w.p
            found[0] = True
            if wanted == T_STRING:
                if not wire_strings(w, c):
                    return False
            else:
                if not wire_need(w, n * wire_size(wanted)):
                    return False
                w.p += n * wire_size(wanted)
            c.values_end = w.p
        elif id == 2 and type == T_STRING:
            if not wire_count(w, &n) or not wire_need(w, n):
                return False
            c.nulls = w.p
            c.nnulls = n
            w.p += n
        elif not wire_skip(w, type, 0):
            return False


cdef bint wire_column(Wire* w, WireColumn* c) noexcept nogil:
    """One TColumn union."""
    cdef int32_t type, id = 0
    cdef bint found = False
    memset(c, 0, sizeof(WireColumn))
    while True:
        if not wire_field(w, &type, &id):
            return False
        if type == T_STOP:
            break
        if type == T_STRUCT and WIRE_BOOL <= id <= WIRE_BINARY and not found:
            c.type = id
            if not wire_values(w, c, &found):
                return False
        elif not wire_skip(w, type, 0):
            return False
    if not found:
        return wire_fail(w, b"the server's row set has a column of a type that this driver does not know")
    return True


cdef bint column_validity(const WireColumn* c, Column* out) noexcept nogil:
    """The NULL bits turned into Arrow's; bits that the server left out mean a value. False: out of memory."""
    cdef int64_t size = (c.n + 7) / 8, given = c.nnulls if c.nnulls < size else size, i, count = 0
    cdef uint8_t b
    cdef uint8_t* bits
    for i in range(given):
        b = c.nulls[i]
        if i == size - 1 and c.n & 7:
            b &= <uint8_t>((1 << (c.n & 7)) - 1)
        while b:
            b &= <uint8_t>(b - 1)
            count += 1
    out.null_count = count
    if count == 0:
        return True
    bits = <uint8_t*>malloc(size)
    if bits is NULL:
        return False
    memset(bits, 0xFF, size)
    for i in range(given):
        bits[i] = <uint8_t>~c.nulls[i]
    out.validity = bits
    return True


cdef bint column_text(const WireColumn* c, Column* out) noexcept nogil:
    """Strings as one block with offsets. False: out of memory."""
    cdef const uint8_t* q = c.values
    cdef int32_t* offsets = <int32_t*>malloc(4 * (c.n + 1))
    # 16 bytes more than needed, for the copies of short texts.
    cdef char* d = <char*>malloc(c.text_bytes + 16)
    cdef int64_t i, k, at = 0
    out.values = offsets
    out.data = d
    if offsets is NULL or d is NULL:
        return False
    for i in range(c.n):
        k = be32(q)
        offsets[i] = <int32_t>at
        # A copy of fixed size is one instruction; what it writes too much is overwritten by the next text.
        if k <= 16 and c.values_end - q >= 20:
            memcpy(d + at, q + 4, 16)
        else:
            memcpy(d + at, q + 4, k)
        at += k
        q += 4 + k
    offsets[c.n] = <int32_t>at
    return True


cdef bint column_numbers(const WireColumn* c, int32_t kind, Column* out) noexcept nogil:
    """Fixed-length values in the byte order of this machine. False: out of memory."""
    cdef int64_t i
    cdef uint8_t* bits
    cdef void* values = calloc(c.n + 16, 1 if kind == KIND_BOOL else 8)
    out.values = values
    if values is NULL:
        return False
    if c.type == WIRE_BOOL:
        bits = <uint8_t*>values
        for i in range(c.n):
            bits[i >> 3] |= <uint8_t>((c.values[i] != 0) << (i & 7))
    elif c.type == WIRE_BYTE:
        memcpy(values, c.values, c.n)
    elif c.type == WIRE_I16:
        swap16(<uint16_t*>values, c.values, c.n)
    elif c.type == WIRE_I32:
        swap32(<uint32_t*>values, c.values, c.n)
    elif kind == KIND_FLOAT32:
        for i in range(c.n):
            (<float*>values)[i] = be_narrow(c.values + 8 * i)
    else:
        swap64(<uint64_t*>values, c.values, c.n)
    return True


cdef inline bint wire_fits(int32_t type, int32_t kind) noexcept nogil:
    """Whether a column of a wire type can become the kind that the result's description asks for."""
    if kind == KIND_NULL:
        return True
    if type == WIRE_BOOL:
        return kind == KIND_BOOL
    if type == WIRE_BYTE:
        return kind == KIND_INT8
    if type == WIRE_I16:
        return kind == KIND_INT16
    if type == WIRE_I32:
        return kind == KIND_INT32
    if type == WIRE_I64:
        return kind == KIND_INT64
    if type == WIRE_DOUBLE:
        return kind == KIND_FLOAT64 or kind == KIND_FLOAT32
    if kind == KIND_TEXT or kind == KIND_BINARY:
        return True
    return type == WIRE_STRING and text_size(kind) > 0


cdef bint not_a_value(Wire* w, const uint8_t* q, int64_t k, int32_t number, int64_t row) noexcept nogil:
    """The error for a text that its column's type cannot have been written as."""
    snprintf(w.err, w.nerr, b"column %d, row %lld of this part of the result: the server sent the text '%.*s%s',"
             b" which is not a value of the column's type", number, <long long>(row + 1),
             <int>utf8_floor(<const char*>q, k, 40), <const char*>q, <const char*>(b"..." if k > 40 else b""))
    return False


cdef bint column_days(Wire* w, const WireColumn* c, int32_t number, Column* out) noexcept nogil:
    """Dates into KIND_DATE32."""
    cdef const uint8_t* q = c.values
    cdef int32_t* days = <int32_t*>out.values
    cdef int64_t i, k
    for i in range(c.n):
        k = be32(q)
        if not plain_day(<const char*>q + 4, k, &days[i]) and (out.validity is NULL or bit_at(out.validity, i)):
            if not text_value(<const char*>q + 4, k, KIND_DATE32, 0, &days[i]):
                return not_a_value(w, q + 4, k, number, i)
        q += 4 + k
    return True


cdef bint column_decimals(Wire* w, const WireColumn* c, int32_t scale, int32_t number, Column* out) noexcept nogil:
    """Decimals into KIND_DECIMAL128."""
    cdef const uint8_t* q = c.values
    cdef int64_t* halves = <int64_t*>out.values
    cdef int64_t i, k, v = 0, unit = unit_of(scale) if 0 <= scale <= 18 else 0
    for i in range(c.n):
        k = be32(q)
        if plain_decimal(<const char*>q + 4, k, scale, unit, &v):
            halves[2 * i] = v
            halves[2 * i + 1] = v >> 63
        elif out.validity is NULL or bit_at(out.validity, i):
            if not text_value(<const char*>q + 4, k, KIND_DECIMAL128, scale, &halves[2 * i]):
                return not_a_value(w, q + 4, k, number, i)
        q += 4 + k
    return True


cdef bint column_parsed(Wire* w, const WireColumn* c, const KindSpec* spec, int32_t number, Column* out) noexcept nogil:
    """Decimals, dates, timestamps and intervals out of their texts."""
    cdef const uint8_t* q = c.values
    cdef int64_t i, k, size = text_size(spec.kind)
    cdef char* values = <char*>calloc(c.n + 1, size)
    out.values = values
    if values is NULL:
        return wire_fail(w, b"not enough memory for the rows")
    if spec.kind == KIND_DATE32:
        return column_days(w, c, number, out)
    if spec.kind == KIND_DECIMAL128:
        return column_decimals(w, c, spec.scale, number, out)
    for i in range(c.n):
        k = be32(q)
        if out.validity is NULL or bit_at(out.validity, i):
            if not text_value(<const char*>q + 4, k, spec.kind, spec.scale, values + i * size):
                return not_a_value(w, q + 4, k, number, i)
        q += 4 + k
    return True


cdef bint decode_column(Wire* w, const KindSpec* spec, int32_t number, Column* out, int64_t* n) noexcept nogil:
    """The next TColumn as column `number` (1-based) of the batch."""
    cdef WireColumn c
    if not wire_column(w, &c):
        return False
    n[0] = c.n
    if not wire_fits(c.type, spec.kind):
        snprintf(w.err, w.nerr, b"column %d of the result came as wire type %d, which does not fit its description",
                 number, c.type)
        return False
    out.kind = spec.kind
    out.scale = spec.scale
    if spec.kind == KIND_NULL:
        out.null_count = c.n
        return True
    if not column_validity(&c, out):
        return wire_fail(w, b"not enough memory for the rows")
    if c.type < WIRE_STRING:
        return column_numbers(&c, spec.kind, out) or wire_fail(w, b"not enough memory for the rows")
    if spec.kind == KIND_TEXT or spec.kind == KIND_BINARY:
        return column_text(&c, out) or wire_fail(w, b"not enough memory for the rows")
    return column_parsed(w, &c, spec, number, out)


cdef bint empty_columns(Wire* w, const KindSpec* kinds, Batch* b) noexcept nogil:
    """Columns without rows, each with the buffers that its kind has."""
    cdef int32_t i
    for i in range(b.ncols):
        b.cols[i].kind = kinds[i].kind
        b.cols[i].scale = kinds[i].scale
        b.cols[i].values = calloc(1, 16)
        b.cols[i].data = calloc(1, 16)
        if b.cols[i].values is NULL or b.cols[i].data is NULL:
            return wire_fail(w, b"not enough memory for the rows")
    return True


cdef bint decode_columns(Wire* w, const KindSpec* kinds, Batch* b) noexcept nogil:
    """TRowSet.columns."""
    cdef int32_t type, i
    cdef int64_t count, n = 0
    if not wire_list(w, &type, &count):
        return False
    if count == 0:
        # Statements without rows (DDL on Spark) have columns in their description only.
        return empty_columns(w, kinds, b)
    if count != b.ncols or type != T_STRUCT:
        snprintf(w.err, w.nerr, b"the server sent rows of %lld columns for a result of %d", <long long>count, b.ncols)
        return False
    for i in range(b.ncols):
        if not decode_column(w, &kinds[i], i + 1, &b.cols[i], &n):
            return False
        if i == 0:
            b.nrows = n
        elif n != b.nrows:
            snprintf(w.err, w.nerr, b"column %d of the server's row set has %lld rows, column 1 has %lld",
                     i + 1, <long long>n, <long long>b.nrows)
            return False
    return True


cdef bint decode_rowset(Wire* w, const KindSpec* kinds, Batch* b, bint* found) noexcept nogil:
    """TRowSet; found: it had columns."""
    cdef int32_t type, element, id = 0
    cdef int64_t n
    while True:
        if not wire_field(w, &type, &id):
            return False
        if type == T_STOP:
            return True
        if id == 3 and type == T_LIST and not found[0]:
            if not decode_columns(w, kinds, b):
                return False
            found[0] = True
        elif id == 2 and type == T_LIST:
            if not wire_list(w, &element, &n):
                return False
            if n > 0:
                return wire_fail(w, b"the server sends rows one by one (protocol V5 or older); this driver needs V6 or newer")
        elif id == 4 and type == T_STRING:
            return wire_fail(w, b"the server sends rows serialised by its tasks: set"
                             b" hive.server2.thrift.resultset.serialize.in.tasks=false there")
        elif not wire_skip(w, type, 0):
            return False


cdef bint decode_response(Wire* w, const KindSpec* kinds, Batch* b, bint* has_more) noexcept nogil:
    """TFetchResultsResp: {1: status, 2: hasMoreRows, 3: results}; the status is for the caller to look at."""
    cdef int32_t type, id = 0
    cdef bint found = False
    while True:
        if not wire_field(w, &type, &id):
            return False
        if type == T_STOP:
            break
        if id == 2 and type == T_BOOL:
            if not wire_need(w, 1):
                return False
            has_more[0] = w.p[0] != 0
            w.p += 1
        elif id == 3 and type == T_STRUCT:
            if not decode_rowset(w, kinds, b, &found):
                return False
        elif not wire_skip(w, type, 0):
            return False
    return found or empty_columns(w, kinds, b)


cdef Batch* hs2_decode(const uint8_t* p, int64_t n, const KindSpec* kinds, int32_t ncols, char* err, size_t nerr,
                       bint* has_more) noexcept nogil:
    """The rows of a TFetchResultsResp (a struct, without a message header) as a batch that owns everything.

    kinds says what each of the ncols columns becomes. NULL and a sentence in err for bytes that are no such row set.
    """
    cdef Wire w
    cdef Batch* b
    w.p = p
    w.end = p + n
    w.err = err
    w.nerr = nerr
    has_more[0] = False
    if n > 0x7FFFFFFF:
        wire_fail(&w, b"the server's row set has more than 2 GiB; ask for fewer rows at once")
        return NULL
    b = batch_alloc(ncols)
    if b is NULL:
        wire_fail(&w, b"not enough memory for the rows")
        return NULL
    if not decode_response(&w, kinds, b, has_more):
        batch_drop(b)
        return NULL
    return b
