# Batches from Python-side parts: bytes of a HiveServer2 answer, rows of a catalog function.
# Included by _core.pyx after bridge.pxi.

cdef dict KIND_BY_NAME = {
    "NULL": KIND_NULL, "BOOL": KIND_BOOL, "INT8": KIND_INT8, "INT16": KIND_INT16, "INT32": KIND_INT32,
    "INT64": KIND_INT64, "FLOAT32": KIND_FLOAT32, "FLOAT64": KIND_FLOAT64, "DECIMAL128": KIND_DECIMAL128,
    "TEXT": KIND_TEXT, "BINARY": KIND_BINARY, "UUID": KIND_UUID, "DATE32": KIND_DATE32, "TIME64": KIND_TIME64,
    "TIMESTAMP": KIND_TIMESTAMP, "TIMESTAMP_WIDE": KIND_TIMESTAMP_WIDE, "INTERVAL_MONTHS": KIND_INTERVAL_MONTHS,
    "INTERVAL_DURATION": KIND_INTERVAL_DURATION, "INTERVAL_MDN": KIND_INTERVAL_MDN,
}


cdef KindSpec* kind_specs(object kinds) except NULL:
    """(name, scale) of each column, to be freed."""
    cdef int32_t i = 0
    cdef KindSpec* specs = <KindSpec*>calloc(len(kinds) + 1, sizeof(KindSpec))
    if specs is NULL:
        raise MemoryError
    try:
        for name, scale in kinds:
            specs[i].kind = KIND_BY_NAME[name]
            specs[i].scale = scale
            i += 1
    except BaseException:
        free(specs)
        raise
    return specs


# A page of HiveServer2 that Python has asked for, on its way to the decoder.
cdef struct Page:
    Shared* block              # NULL: there is none
    const uint8_t* p
    int64_t n
    KindSpec* kinds


cdef int page_of_hs2(Reader* r, object part, Page* out) except -1:
    """Take HS2Rows over, to be decoded without the GIL. Texts stay in the memory that the answer was received into."""
    cdef Py_buffer view
    if len(part.kinds) != r.ncols:
        raise ValueError(f"a page has {len(part.kinds)} columns; the result was described with {r.ncols}")
    PyObject_GetBuffer(part.payload, &view, PyBUF_SIMPLE)
    try:
        memory = part.payload.obj if isinstance(part.payload, memoryview) else None
        out.p = <const uint8_t*>view.buf
        out.n = view.len
        out.kinds = kind_specs(part.kinds)
        if isinstance(memory, WireMemory):
            out.block = block_share((<WireMemory>memory).block)
        elif isinstance(memory, Received):
            out.block = block_share((<Received>memory).block)
        else:
            out.block = block_new(view.len)
            if out.block is not NULL:
                memcpy(out.block.data, view.buf, view.len)
                out.p = out.block.data
        if out.block is NULL:
            free(out.kinds)
            raise MemoryError
    finally:
        PyBuffer_Release(&view)
    return 0


cdef Batch* page_decode(Reader* r, Page* page) noexcept nogil:
    """NULL, and the result's error, for bytes that cannot be read. The page is given up."""
    cdef char err[512]
    cdef bint more = False
    cdef Batch* b
    err[0] = 0
    b = hs2_decode(page.block, page.p, page.n, page.kinds, r.ncols, err, sizeof(err), &more)
    block_drop(page.block)
    free(page.kinds)
    if b is NULL:
        reader_unreadable(r, err)
    return b


cdef set INTEGER_TYPES = {SQL_TINYINT, SQL_SMALLINT, SQL_INTEGER, SQL_BIGINT}


cdef int text_column(Column* out, list values) except -1:
    """values (str or None) as a KIND_TEXT column."""
    cdef list parts = [None if v is None else v.encode("utf-8", "surrogateescape") for v in values]
    cdef int64_t total = 0, i, n = len(parts)
    cdef bytes b
    cdef int32_t* offsets = <int32_t*>malloc((n + 1) * sizeof(int32_t))
    cdef char* data
    out.kind = KIND_TEXT
    out.values = offsets
    if offsets is NULL:
        raise MemoryError
    for v in parts:
        total += len(v) if v is not None else 0
    if total > 0x7FFFFFFF:
        raise OverflowError("the text of a catalog column is larger than 2 GiB")
    data = <char*>malloc(total + 1)
    out.data = data
    if data is NULL:
        raise MemoryError
    total = 0
    for i in range(n):
        offsets[i] = <int32_t>total
        if parts[i] is not None:
            b = parts[i]
            memcpy(data + total, <const char*>b, len(b))
            total += len(b)
    offsets[n] = <int32_t>total
    return 0


cdef int integer_column(Column* out, list values) except -1:
    """values (int or None) as a KIND_INT64 column."""
    cdef int64_t i, n = len(values)
    cdef int64_t* numbers = <int64_t*>calloc(n + 1, sizeof(int64_t))
    out.kind = KIND_INT64
    out.values = numbers
    if numbers is NULL:
        raise MemoryError
    for i in range(n):
        if values[i] is not None:
            numbers[i] = values[i]
    return 0


cdef Batch* batch_of_rows(object columns, object rows) except? NULL:
    """Rows as one batch; integer SQL types as 64-bit integers, all others as text."""
    cdef Batch* b = batch_alloc(len(columns))
    cdef int64_t i, n = len(rows)
    cdef int32_t k = 0
    cdef uint8_t* bits
    if b is NULL:
        raise MemoryError
    try:
        b.nrows = n
        for c in columns:
            values = [row[k] for row in rows]
            if c.sql_type in INTEGER_TYPES:
                integer_column(&b.cols[k], values)
            else:
                text_column(&b.cols[k], values)
            bits = <uint8_t*>calloc((n + 7) // 8 + 1, 1)
            if bits is NULL:
                raise MemoryError
            b.cols[k].validity = bits
            b.cols[k].null_count = -1
            for i in range(n):
                if values[i] is not None:
                    bits[i >> 3] |= <uint8_t>(1 << (i & 7))
            k += 1
    except BaseException:
        batch_drop(b)
        raise
    return b
