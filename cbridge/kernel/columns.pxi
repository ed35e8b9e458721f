# Column and Batch: values in Arrow layout as every decoder makes them and every conversion reads them.
# Included by _core.pyx first of the kernel; knows no handle and no Python.

cdef extern from *:
    """
    /* Before plain loops that the compiler turns into work on full registers: once for AVX2 and once for all processors;
     * glibc chooses when the library is loaded. */
    #if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
    #define ARGUS_CLONES __attribute__((target_clones("avx2", "default")))
    #else
    #define ARGUS_CLONES
    #endif
    """

cdef enum ColumnKind:
    KIND_NULL = 0          # every row is NULL, no buffers
    KIND_BOOL              # values: bitmap
    KIND_INT8, KIND_INT16, KIND_INT32, KIND_INT64
    KIND_UINT8, KIND_UINT16, KIND_UINT32, KIND_UINT64
    KIND_FLOAT32, KIND_FLOAT64
    KIND_DECIMAL128        # values: 16-byte little-endian two's complement; scale: digits after the point
    KIND_TEXT              # UTF-8; values: int32 offsets (n + 1), data: bytes
    KIND_LARGE_TEXT        # the same with int64 offsets
    KIND_BINARY            # values: int32 offsets, data: bytes
    KIND_LARGE_BINARY
    KIND_UUID              # values: 16 bytes each, in the order the text form prints them
    KIND_DATE32            # values: int32 days since 1970-01-01
    KIND_TIME64            # values: int64 since midnight; scale: 0, 3, 6 or 9 = unit of 10**-scale seconds
    KIND_TIMESTAMP         # values: int64 since 1970-01-01T00:00:00; scale as KIND_TIME64
    KIND_TIMESTAMP_WIDE    # values: WideTimestamp, for what 64 bits of one unit cannot hold
    KIND_INTERVAL_MONTHS   # values: int32 months
    KIND_INTERVAL_DURATION  # values: int64; scale as KIND_TIME64
    KIND_INTERVAL_MDN      # values: MonthDayNano (Arrow "tin")
    KIND_DECIMAL_TEXT      # decimals as text, as KIND_TEXT: written as this driver would, of the column's scale, <= 16 digits

cdef struct WideTimestamp:
    int64_t seconds        # since 1970-01-01T00:00:00, floor
    int64_t picoseconds    # 0 .. 10**12 - 1

cdef struct MonthDayNano:
    int32_t months, days
    int64_t nanoseconds

# A time zone as a step function of UTC: from second at[i] on, local time is UTC + offset[i].
# at[0] is INT64_MIN. Owned by the result that the column belongs to.
cdef struct ZoneTable:
    int64_t n
    int64_t* at
    int32_t* offset

cdef struct Column:
    int32_t kind
    int32_t scale
    int32_t gap            # texts: bytes that belong to no text, between the end of each and the next one
    int32_t finite         # dates and timestamps: the outermost numbers are moments like others, and no infinities
    int64_t offset         # Arrow's offset: row i is element offset + i of the buffers, validity included
    int64_t null_count     # 0: none; -1: unknown
    const uint8_t* validity  # bit set = value present; NULL: no NULLs
    const void* values
    const void* data
    const uint8_t* wire    # numbers as they were received, big-endian and at any address; while values is NULL, they still are
    int64_t nwire          # how many
    const ZoneTable* zone  # UTC timestamps only: the session's zone in which they are shown; else NULL

# A batch owns its columns through `drop`, which frees everything, the Batch itself included. `owner` is drop's own.
cdef struct Batch:
    int64_t nrows
    int32_t ncols
    bint as_received       # some columns have their numbers in `wire` only; batch_settle ends that
    Column* cols
    void (*drop)(Batch*) noexcept nogil
    void* owner


cdef inline bint bit_at(const uint8_t* bits, int64_t i) noexcept nogil:
    return (bits[i >> 3] >> (i & 7)) & 1


cdef inline bint column_null(const Column* c, int64_t row) noexcept nogil:
    """True when row (0-based in the batch) is NULL."""
    if c.kind == KIND_NULL:
        return True
    return c.validity is not NULL and not bit_at(c.validity, c.offset + row)


cdef void batch_drop_malloced(Batch* b) noexcept nogil:
    """`drop` of a batch whose buffers came one by one from malloc (batch_alloc)."""
    cdef int32_t i
    if b is NULL:
        return
    for i in range(b.ncols):
        free(<void*>b.cols[i].validity)
        free(<void*>b.cols[i].values)
        free(<void*>b.cols[i].data)
    free(b.cols)
    free(b)


cdef Batch* batch_alloc(int32_t ncols) noexcept nogil:
    """An empty batch of ncols zeroed columns; NULL when memory is out."""
    cdef Batch* b = <Batch*>calloc(1, sizeof(Batch))
    if b is NULL:
        return NULL
    b.cols = <Column*>calloc(ncols if ncols > 0 else 1, sizeof(Column))
    if b.cols is NULL:
        free(b)
        return NULL
    b.ncols = ncols
    b.drop = batch_drop_malloced
    return b


cdef inline void batch_drop(Batch* b) noexcept nogil:
    """Free a batch; NULL-safe."""
    if b is not NULL and b.drop is not NULL:
        b.drop(b)
