# An Arrow array (C data interface) as a Batch: buffers are borrowed where the layouts agree, built where they do not.
# Included by _core.pyx after arrowbuf.pxi; nested types are in arrowjson.pxi.
#
# The interface gives pointers without lengths, so a lying producer cannot be caught everywhere; what it does state
# (lengths, offsets, counts, missing buffers) is checked before a byte is read.

cdef extern from *:
    """
    #define ARGUS_MAX_ARROW_ROWS ((int64_t)1 << 40)
    """
    const int64_t MAX_ARROW_ROWS "ARGUS_MAX_ARROW_ROWS"


cdef Batch* batch_from_array(ArrowSchema* schema, ArrowArray* array, const ZoneTable** zones, char* err,
                             size_t nerr) noexcept nogil:
    """The rows of a struct array, each child one column. Moves the array: the batch releases it, and so does a failure.

    `schema` stays the caller's. `zones` is NULL or has one pointer (or NULL) per column. NULL with the reason in err.
    """
    cdef ArrowFault f
    cdef ArrowOwner* own = <ArrowOwner*>calloc(1, sizeof(ArrowOwner))
    cdef Batch* b = NULL
    f.text = err
    f.room = nerr
    f.column = b""
    if own is not NULL:
        own.array = array[0]
        array.release = NULL
        b = batch_alloc(<int32_t>own.array.n_children if 0 <= own.array.n_children < 1 << 20 else 0)
    if b is NULL:
        arrow_fault(&f, b"out of memory")
        if own is not NULL:
            own.array.release(&own.array)
            free(own)
        elif array.release is not NULL:
            array.release(array)
            array.release = NULL
        return NULL
    b.owner = own
    b.drop = batch_drop_arrow
    b.nrows = own.array.length
    if not take_struct(schema, own, zones, b, &f):
        batch_drop(b)
        return NULL
    return b


cdef bint take_struct(ArrowSchema* schema, ArrowOwner* own, const ZoneTable** zones, Batch* b,
                      ArrowFault* f) noexcept nogil:
    cdef ArrowArray* a = &own.array
    cdef int32_t i
    cdef int64_t row
    if strcmp(schema.format, b"+s") != 0:
        return arrow_fault_text(f, b"a result must be a struct of columns, not format", schema.format)
    if a.n_children != schema.n_children or a.n_children >= 1 << 20:
        return arrow_fault(f, b"the array and its schema differ in their number of columns")
    if not check_counts(a, f):
        return False
    if a.null_count != 0 and a.n_buffers > 0 and a.buffers[0] is not NULL:
        for row in range(a.length):
            if not bit_at(<const uint8_t*>a.buffers[0], a.offset + row):
                return arrow_fault(f, b"a whole row is NULL, which a result set cannot hold")
    for i in range(b.ncols):
        f.column = schema.children[i].name
        if not take_array(schema.children[i], a.children[i], a.offset, a.length, &b.cols[i], own, f):
            return False
        if zones is not NULL and b.cols[i].kind == KIND_TIMESTAMP:
            b.cols[i].zone = zones[i]
    return True


cdef bint check_counts(const ArrowArray* a, ArrowFault* f) noexcept nogil:
    if a.length < 0 or a.offset < 0 or a.length > MAX_ARROW_ROWS or a.offset > MAX_ARROW_ROWS:
        return arrow_fault(f, b"negative or impossible length or offset in the array")
    if (a.n_buffers < 0 or a.n_children < 0 or (a.n_buffers > 0 and a.buffers is NULL)
            or (a.n_children > 0 and a.children is NULL)):
        return arrow_fault(f, b"the array lacks its buffers or children")
    return True


cdef bint take_array(ArrowSchema* schema, ArrowArray* a, int64_t skip, int64_t n, Column* out, ArrowOwner* own,
                     ArrowFault* f) noexcept nogil:
    """Column of rows skip .. skip+n-1 of an array of any type."""
    cdef const char* t = schema.format
    if a is NULL or t is NULL or not check_counts(a, f):
        return arrow_fault(f, b"an array without format") if a is NULL or t is NULL else False
    if skip + n > a.length:
        return arrow_fault(f, b"the column is shorter than its parent says")
    # Not yet KIND_NULL, which is 0: helpers ask column_null before the kind is known.
    out.kind = -1
    out.offset = a.offset + skip
    out.null_count = a.null_count
    if a.null_count != 0 and a.n_buffers > 0 and t[0] != c'n' and not (t[0] == c'+' and (t[1] == c'u' or t[1] == c'r')):
        out.validity = <const uint8_t*>a.buffers[0]
    if schema.dictionary is not NULL:
        return take_dictionary(schema, a, n, out, own, f)
    if t[0] == c'+':
        if t[1] == c'r' and t[2] == 0:
            return take_runs(schema, a, skip, n, out, own, f)
        return take_nested(schema, a, skip, n, out, own, f)
    if t[0] == c't':
        return take_temporal(schema, a, n, out, own, f)
    if t[0] == c'd' and t[1] == c':':
        return take_decimal(schema, a, n, out, own, f)
    if t[0] == c'v' and (t[1] == c'u' or t[1] == c'z') and t[2] == 0:
        return take_views(t, a, n, out, own, f)
    if t[0] == c'w' and t[1] == c':':
        return take_fixed_binary(schema, a, n, out, own, f)
    if t[0] == 0 or t[1] != 0:
        return arrow_fault_text(f, b"this Arrow type is not supported: format", t)
    if t[0] == c'u' or t[0] == c'z' or t[0] == c'U' or t[0] == c'Z':
        return take_bytes(schema, a, n, out, own, f)
    return take_primitive(schema, a, n, out, own, f)


cdef bint borrow_values(ArrowArray* a, int64_t n, Column* out, ArrowFault* f) noexcept nogil:
    """Use the array's second buffer as it is."""
    if a.n_buffers < 2 or (n > 0 and a.buffers[1] is NULL):
        return arrow_fault(f, b"the array has no values buffer")
    out.values = a.buffers[1]
    return True


cdef int32_t primitive_kind(char t) noexcept nogil:
    """Kind of a one-letter fixed-width format; -1 when it is none."""
    cdef const char* letters = b"bcsilCSILfg"
    cdef const char* at = <const char*>memchr(letters, t, 11)
    cdef int32_t kinds[11]
    kinds[0] = KIND_BOOL
    kinds[1] = KIND_INT8
    kinds[2] = KIND_INT16
    kinds[3] = KIND_INT32
    kinds[4] = KIND_INT64
    kinds[5] = KIND_UINT8
    kinds[6] = KIND_UINT16
    kinds[7] = KIND_UINT32
    kinds[8] = KIND_UINT64
    kinds[9] = KIND_FLOAT32
    kinds[10] = KIND_FLOAT64
    return -1 if at is NULL else kinds[at - letters]


cdef bint take_primitive(ArrowSchema* schema, ArrowArray* a, int64_t n, Column* out, ArrowOwner* own,
                         ArrowFault* f) noexcept nogil:
    cdef char t = schema.format[0]
    cdef int64_t i
    cdef float* reals
    cdef uint8_t* bits
    if t == c'n':
        out.kind = KIND_NULL
        return True
    if not borrow_values(a, n, out, f):
        return False
    if t == c'e':
        reals = <float*>own_alloc(own, n, 4, f)
        if reals is NULL or not own_validity(own, out, n, &out.validity, f):
            return False
        for i in range(n):
            reals[i] = half_to_float((<const uint16_t*>out.values)[out.offset + i])
        out.kind = KIND_FLOAT32
        out.values = reals
        out.offset = 0
        return True
    if t == c'c' and schema_extension(schema, b"arrow.bool8"):
        bits = <uint8_t*>own_alloc(own, (n + 7) >> 3, 1, f)
        if bits is NULL or not own_validity(own, out, n, &out.validity, f):
            return False
        for i in range(n):
            if (<const int8_t*>out.values)[out.offset + i] != 0:
                bits[i >> 3] |= 1 << (i & 7)
        out.kind = KIND_BOOL
        out.values = bits
        out.offset = 0
        return True
    out.kind = primitive_kind(t)
    if out.kind < 0:
        return arrow_fault_text(f, b"this Arrow type is not supported: format", schema.format)
    return True


cdef float half_to_float(uint16_t h) noexcept nogil:
    """IEEE 754 binary16 to binary32, exactly."""
    cdef uint32_t sign = <uint32_t>(h & 0x8000) << 16, power = h >> 10 & 31, part = h & 1023, bits
    cdef float x
    if power == 0:
        # Zero and subnormals: part * 2**-24 is exact in binary32.
        x = <float>part * <float>(1.0 / 16777216)
        return -x if sign else x
    if power == 31:
        bits = sign | 0x7F800000 | part << 13
    else:
        bits = sign | (power + 112) << 23 | part << 13
    memcpy(&x, &bits, 4)
    return x


cdef bint take_bytes(ArrowSchema* schema, ArrowArray* a, int64_t n, Column* out, ArrowOwner* own,
                     ArrowFault* f) noexcept nogil:
    """utf8, binary and their large forms."""
    cdef char t = schema.format[0]
    cdef bint wide = t == c'U' or t == c'Z', rises
    cdef int64_t end
    if n == 0 and (a.n_buffers < 2 or a.buffers[1] is NULL):
        # Producers may leave out the single offset of an array without rows.
        out.values = own_alloc(own, 1, 8, f)
        out.offset = 0
        out.validity = NULL
        out.data = out.values
        out.kind = KIND_LARGE_TEXT if t == c'u' or t == c'U' else KIND_LARGE_BINARY
        return out.values is not NULL
    if a.n_buffers < 3 or not borrow_values(a, n, out, f):
        return arrow_fault(f, b"the array has no offsets or no data buffer")
    if wide:
        rises = offsets64_rise(<const int64_t*>out.values + out.offset, n)
        end = (<const int64_t*>out.values)[out.offset + n]
    else:
        rises = offsets32_rise(<const int32_t*>out.values + out.offset, n)
        end = (<const int32_t*>out.values)[out.offset + n]
    if not rises:
        return arrow_fault(f, b"the offsets of the array are out of order")
    out.data = a.buffers[2]
    if out.data is NULL:
        if end != 0:
            return arrow_fault(f, b"the array has no data buffer")
        out.data = out.values
    if t == c'u':
        out.kind = KIND_TEXT
    elif t == c'U':
        out.kind = KIND_LARGE_TEXT
    else:
        out.kind = KIND_BINARY if t == c'z' else KIND_LARGE_BINARY
    if (t == c'u' or t == c'U') and schema_extension(schema, b"arrow.uuid"):
        return take_uuid_text(n, out, own, f)
    return True


cdef bint take_uuid_text(int64_t n, Column* out, ArrowOwner* own, ArrowFault* f) noexcept nogil:
    """A text column whose schema says UUID: 16 bytes each, as the engine's text form prints them."""
    cdef char* values = <char*>own_alloc(own, n, 16, f)
    cdef const char* p
    cdef int64_t i, size
    if values is NULL:
        return False
    for i in range(n):
        if not column_null(out, i):
            column_bytes(out, i, &p, &size)
            if not uuid_from_text(p, size, values + 16 * i):
                return arrow_fault(f, b"a text in a UUID column is no UUID")
    if not own_validity(own, out, n, &out.validity, f):
        return False
    out.kind = KIND_UUID
    out.values = values
    out.data = NULL
    out.offset = 0
    return True


cdef int64_t read_count(const char** p) noexcept nogil:
    """The decimal number at p, which moves behind it; -1 when there is none or it is too large."""
    cdef int64_t v = 0
    if not is_digit(p[0][0]):
        return -1
    while is_digit(p[0][0]):
        v = v * 10 + (p[0][0] - c'0')
        p[0] += 1
        if v > 1 << 30:
            return -1
    return v


cdef bint take_fixed_binary(ArrowSchema* schema, ArrowArray* a, int64_t n, Column* out, ArrowOwner* own,
                            ArrowFault* f) noexcept nogil:
    """w:N - bytes of one width: UUID, DuckDB's lossless hugeint, or binary with offsets made here."""
    cdef const char* p = schema.format + 2
    cdef int64_t width = read_count(&p), i
    cdef int64_t* offsets
    if width < 0 or p[0] != 0:
        return arrow_fault_text(f, b"this Arrow type is not supported: format", schema.format)
    if width > 0 and not borrow_values(a, n, out, f):
        return False
    if width == 16 and schema_extension(schema, b"arrow.uuid"):
        out.kind = KIND_UUID
        return True
    if width == 16 and metadata_has(schema, b"ARROW:extension:metadata", b"\"type_name\":\"hugeint\"", False):
        out.kind = KIND_DECIMAL128
        out.scale = 0
        return True
    offsets = <int64_t*>own_alloc(own, n + 1, 8, f)
    if offsets is NULL:
        return False
    for i in range(n + 1):
        offsets[i] = i * width
    out.data = offsets
    if width > 0 and out.values is not NULL:
        out.data = <const char*>out.values + out.offset * width
    if not own_validity(own, out, n, &out.validity, f):
        return False
    out.kind = KIND_LARGE_BINARY
    out.values = offsets
    out.offset = 0
    return True
