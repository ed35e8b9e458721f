# HiveServer2 row sets: the bytes of a TFetchResultsResp (TBinaryProtocol, columns) -> Batch.
# Included by _core.pyx after hs2columns.pxi.

cdef bint wire_values(Wire* w, WireColumn* c, const KindSpec* spec, Column* out) noexcept nogil:
    """The struct inside the union: {1: list of values, 2: NULL bits}."""
    cdef int32_t type, id = 0, element, wanted
    cdef int64_t n
    while True:
        if not wire_field(w, &type, &id):
            return False
        if type == T_STOP:
            return True
        if id == 1 and type == T_LIST and c.values is NULL:
            if not wire_list(w, &element, &n):
                return False
            wanted = wire_element(c.type)
            if element != wanted and n > 0:
                return wire_fail(w, b"the server's row set has a column whose values are not of the column's type")
            c.n = n
            c.values = w.p
            if wanted == T_STRING:
                if not wire_strings(w, c, spec, out):
                    return False
                continue
            if not wire_need(w, n * wire_size(wanted)):
                return False
            w.p += n * wire_size(wanted)
            if spec.kind != KIND_NULL and not column_numbers(c, spec.kind, out):
                return wire_memory_out(w)
        elif id == 2 and type == T_STRING:
            if not wire_count(w, &n) or not wire_need(w, n):
                return False
            c.nulls = w.p
            c.nnulls = n
            w.p += n
        elif not wire_skip(w, type, 0):
            return False


cdef bint wire_column(Wire* w, WireColumn* c, const KindSpec* spec, Column* out) noexcept nogil:
    """One TColumn union."""
    cdef int32_t type, id = 0
    while True:
        if not wire_field(w, &type, &id):
            return False
        if type == T_STOP:
            break
        if type == T_STRUCT and WIRE_BOOL <= id <= WIRE_BINARY and c.values is NULL:
            c.type = id
            if not wire_fits(id, spec.kind):
                snprintf(w.err, w.nerr, b"column %d of the result came as wire type %d, which does not fit its description",
                         c.number, id)
                return False
            if not wire_values(w, c, spec, out):
                return False
        elif not wire_skip(w, type, 0):
            return False
    if c.values is NULL:
        return wire_fail(w, b"the server's row set has a column of a type that this driver does not know")
    return True


cdef bint decode_column(Wire* w, const KindSpec* spec, int32_t number, Column* out, int64_t* n) noexcept nogil:
    """The next TColumn as column `number` (1-based) of the batch."""
    cdef WireColumn c
    cdef bint good
    memset(&c, 0, sizeof(c))
    c.number = number
    out.kind = spec.kind
    out.scale = spec.scale
    out.finite = 1
    good = wire_column(w, &c, spec, out)
    if good and spec.kind == KIND_NULL:
        out.null_count = c.n
    elif good and not column_validity(&c, out):
        good = wire_memory_out(w)
    if good and c.doubtful is not NULL:
        good = doubts_are_nulls(w, &c, out)
    free(c.doubtful)
    n[0] = c.n
    return good


cdef bint empty_columns(Wire* w, const KindSpec* kinds, Batch* b) noexcept nogil:
    """Columns without rows, each with the buffers that its kind has."""
    cdef int32_t i
    for i in range(b.ncols):
        b.cols[i].kind = kinds[i].kind
        b.cols[i].scale = kinds[i].scale
        b.cols[i].values = calloc(1, 16)
        if b.cols[i].values is NULL:
            return wire_memory_out(w)
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


cdef Batch* hs2_decode(Shared* block, const uint8_t* p, int64_t n, const KindSpec* kinds, int32_t ncols, char* err,
                       size_t nerr, bint* has_more) noexcept nogil:
    """The rows of a TFetchResultsResp (a struct without a message header, at p in the block) as a batch.

    The batch shares the block when it has texts or numbers, which it leaves there. kinds says what each of the ncols columns
    becomes. NULL and a sentence in err for bytes that are no such row set.
    """
    cdef Wire w
    cdef Batch* b
    cdef int32_t i
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
        wire_memory_out(&w)
        return NULL
    b.drop = batch_drop_sharing
    if not decode_response(&w, kinds, b, has_more):
        batch_drop(b)
        return NULL
    for i in range(ncols):
        if b.cols[i].wire is not NULL:
            b.as_received = True
        if (b.cols[i].data is not NULL or b.cols[i].wire is not NULL) and b.owner is NULL:
            b.owner = block_share(block)
    return b
