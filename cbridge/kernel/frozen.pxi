# Frozen batches: a batch copied into one block of memory, which can be written to a file and read back elsewhere.
# Included by _core.pyx after columns.pxi, target.pxi.

cdef enum:
    FROZEN_ALIGN = 64      # of each buffer, and the room behind it that wide copies may read

# The start of the block; columns, then their buffers follow. `at` is where it stood when its pointers were right.
cdef struct Frozen:
    Batch batch            # first: a Frozen* is a Batch*
    char* at
    int64_t size           # of the whole block, bytes


cdef inline int32_t kind_width(int32_t kind) noexcept nogil:
    """Bytes of one value; 0 for bitmaps, texts and KIND_NULL."""
    if kind == KIND_INT8 or kind == KIND_UINT8:
        return 1
    if kind == KIND_INT16 or kind == KIND_UINT16:
        return 2
    if kind == KIND_INT32 or kind == KIND_UINT32 or kind == KIND_FLOAT32 or kind == KIND_DATE32:
        return 4
    if kind == KIND_INTERVAL_MONTHS:
        return 4
    if kind == KIND_DECIMAL128 or kind == KIND_UUID or kind == KIND_TIMESTAMP_WIDE or kind == KIND_INTERVAL_MDN:
        return 16
    if kind == KIND_INT64 or kind == KIND_UINT64 or kind == KIND_FLOAT64 or kind == KIND_TIME64:
        return 8
    return 8 if kind == KIND_TIMESTAMP or kind == KIND_INTERVAL_DURATION else 0


cdef inline int64_t frozen_room(int64_t n) noexcept nogil:
    """Bytes that a buffer of n bytes takes in the block."""
    return (n + 2 * FROZEN_ALIGN - 1) // FROZEN_ALIGN * FROZEN_ALIGN


cdef inline int64_t text_start(const Column* c, int64_t row) noexcept nogil:
    """Where the text of row begins in the column's bytes; that of row - 1 ends a gap before."""
    if c.kind == KIND_LARGE_TEXT or c.kind == KIND_LARGE_BINARY:
        return (<const int64_t*>c.values)[c.offset + row]
    return (<const int32_t*>c.values)[c.offset + row]


cdef inline int32_t offset_width(int32_t kind) noexcept nogil:
    """Bytes of one text offset; 0 for columns without texts."""
    if kind == KIND_TEXT or kind == KIND_BINARY or kind == KIND_DECIMAL_TEXT:
        return 4
    return 8 if kind == KIND_LARGE_TEXT or kind == KIND_LARGE_BINARY else 0


cdef int64_t column_room(const Column* c, int64_t n) noexcept nogil:
    """Bytes that the buffers of a column of n rows take."""
    cdef int64_t room = 0
    cdef int32_t offsets = offset_width(c.kind)
    if c.validity is not NULL:
        room += frozen_room((n + 7) // 8)
    if c.kind == KIND_BOOL:
        room += frozen_room((n + 7) // 8)
    elif offsets:
        room += frozen_room((n + 1) * offsets) + frozen_room(text_start(c, n) - text_start(c, 0))
    else:
        room += frozen_room(n * kind_width(c.kind))
    return room


cdef void copy_bits(uint8_t* out, const uint8_t* bits, int64_t first, int64_t n) noexcept nogil:
    """Bits first..first+n-1 to the start of out."""
    cdef const uint8_t* p = bits + (first >> 3)
    cdef int64_t last = ((first & 7) + n - 1) >> 3, k
    cdef int32_t shift = first & 7
    if shift == 0:
        memcpy(out, p, (n + 7) // 8)
        return
    for k in range((n + 7) // 8):
        out[k] = <uint8_t>(p[k] >> shift)
        if k < last:
            out[k] |= <uint8_t>(p[k + 1] << (8 - shift))


cdef char* freeze_column(const Column* c, int64_t n, Column* out, char* at) noexcept nogil:
    """Copy a column's buffers to `at`; returns where the next column's go."""
    cdef int32_t offsets = offset_width(c.kind), width = kind_width(c.kind)
    cdef int64_t i, start, size
    out[0] = c[0]
    out.offset = 0
    out.wire = NULL
    out.validity = NULL
    out.values = NULL
    out.data = NULL
    if c.validity is not NULL:
        copy_bits(<uint8_t*>at, c.validity, c.offset, n)
        out.validity = <const uint8_t*>at
        at += frozen_room((n + 7) // 8)
    out.values = at
    if c.kind == KIND_BOOL:
        copy_bits(<uint8_t*>at, <const uint8_t*>c.values, c.offset, n)
        return at + frozen_room((n + 7) // 8)
    if not offsets:
        if width:
            memcpy(at, <const char*>c.values + c.offset * width, n * width)
        return at + frozen_room(n * width)
    start = text_start(c, 0)
    size = text_start(c, n) - start
    for i in range(n + 1):
        if offsets == 4:
            (<int32_t*>at)[i] = <int32_t>(text_start(c, i) - start)
        else:
            (<int64_t*>at)[i] = text_start(c, i) - start
    at += frozen_room((n + 1) * offsets)
    out.data = at
    if size > c.gap:
        memcpy(at, <const char*>c.data + start, size - c.gap)
    return at + frozen_room(size)


cdef void frozen_drop(Batch* b) noexcept nogil:
    free(b)


cdef Frozen* batch_freeze(Batch* b) noexcept nogil:
    """A copy of a batch that has at least one row, as one block; NULL when memory is out."""
    cdef int64_t size = frozen_room(sizeof(Frozen)) + frozen_room(b.ncols * sizeof(Column))
    cdef int32_t i
    cdef Frozen* f
    cdef char* at
    batch_settle(b)
    for i in range(b.ncols):
        size += column_room(&b.cols[i], b.nrows)
    f = <Frozen*>calloc(1, size)
    if f is NULL:
        return NULL
    f.at = <char*>f
    f.size = size
    f.batch.nrows = b.nrows
    f.batch.ncols = b.ncols
    f.batch.drop = frozen_drop
    f.batch.cols = <Column*>(f.at + frozen_room(sizeof(Frozen)))
    at = <char*>f.batch.cols + frozen_room(b.ncols * sizeof(Column))
    for i in range(b.ncols):
        at = freeze_column(&b.cols[i], b.nrows, &f.batch.cols[i], at)
    return f


cdef void frozen_moved(Frozen* f) noexcept nogil:
    """Mend the pointers of a block that was read to another place than it was written from."""
    cdef char* old = f.at
    cdef char* now = <char*>f
    cdef Column* c
    cdef int32_t i
    f.at = now
    f.batch.cols = <Column*>(now + (<char*>f.batch.cols - old))
    for i in range(f.batch.ncols):
        c = &f.batch.cols[i]
        if c.validity is not NULL:
            c.validity = <const uint8_t*>(now + (<const char*>c.validity - old))
        if c.values is not NULL:
            c.values = now + (<const char*>c.values - old)
        if c.data is not NULL:
            c.data = now + (<const char*>c.data - old)
