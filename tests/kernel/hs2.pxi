# Test-only wrappers of the HiveServer2 decoder. Included by _kernel.pyx.

cdef tuple hs2_cell(const Column* c, int64_t row):
    """One cell as (kind of number, value), without any conversion code of the driver."""
    cdef i128 wide
    cdef int64_t i = c.offset + row
    cdef const int32_t* at = <const int32_t*>c.values
    if column_null(c, row):
        return None
    if c.kind == KIND_BOOL:
        return ("bool", bool(bit_at(<const uint8_t*>c.values, i)))
    if c.kind == KIND_INT8:
        return ("int", (<const int8_t*>c.values)[i])
    if c.kind == KIND_INT16:
        return ("int", (<const int16_t*>c.values)[i])
    if c.kind == KIND_INT32 or c.kind == KIND_DATE32 or c.kind == KIND_INTERVAL_MONTHS:
        return ("int", at[i])
    if c.kind == KIND_INT64 or c.kind == KIND_TIMESTAMP or c.kind == KIND_INTERVAL_DURATION:
        return ("int", (<const int64_t*>c.values)[i])
    if c.kind == KIND_FLOAT32:
        return ("float", (<const float*>c.values)[i])
    if c.kind == KIND_FLOAT64:
        return ("float", (<const double*>c.values)[i])
    if c.kind == KIND_TIMESTAMP_WIDE:
        return ("wide", ((<const WideTimestamp*>c.values)[i].seconds, (<const WideTimestamp*>c.values)[i].picoseconds))
    if c.kind == KIND_DECIMAL128:
        return ("int", int.from_bytes((<const char*>c.values + 16 * i)[:16], "little", signed=True))
    return ("kept" if c.kind == KIND_DECIMAL_TEXT else "bytes",
            (<const char*>c.data + at[i])[:at[i + 1] - at[i] - c.gap])


def hs2(bytes payload, kinds):
    """hs2_decode of an exact-size copy of payload, which the batch's texts point into.

    Returns (rows, has_more, columns as lists), or the error's text.
    """
    cdef char err[512]
    cdef bint has_more = False
    cdef Shared* block = block_new(len(payload))
    cdef uint8_t* p = <uint8_t*>malloc(len(payload) or 1)
    cdef int32_t n = len(kinds), i
    cdef int64_t size = len(payload), row
    cdef KindSpec* specs = <KindSpec*>calloc(n + 1, sizeof(KindSpec))
    cdef Batch* b
    err[0] = 0
    memcpy(p, <const char*>payload, size)
    for i in range(n):
        specs[i].kind = KINDS[kinds[i][0]]
        specs[i].scale = kinds[i][1]
    with nogil:
        b = hs2_decode(block, p, size, specs, n, err, sizeof(err), &has_more)
    block_drop(block)
    free(specs)
    if b is NULL:
        free(p)
        return (<bytes>err).decode("utf-8", "replace")
    batch_settle(b)
    result = (b.nrows, bool(has_more), [[hs2_cell(&b.cols[i], row) for row in range(b.nrows)] for i in range(b.ncols)])
    batch_drop(b)
    free(p)
    return result
