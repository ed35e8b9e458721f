# Test-only wrappers of the decoder of Trino's JSON. Included by _kernel.pyx after hs2.pxi.

def trino(bytes payload, specs, zones=(), bint careful=False, wide=None):
    """trino_decode_some, to the end, of an exact-size copy of payload. Returns (rows, columns as lists), or the error's text.

    careful: cell after cell only. wide: 0 to 2, how wide the registers may be, in one way only.
    specs: (kind, scale, zoned, code); zones: (name, bytes of UTC seconds, bytes of offsets).
    A zone that is lacking: ("zone", its name).
    """
    cdef char err[512]
    cdef int64_t size = len(payload), row
    cdef int32_t n = len(specs), most = -1 if wide is None else wide, i
    cdef char* p = <char*>malloc(size or 1)
    cdef TrinoSpec* made = <TrinoSpec*>calloc(n + 1, sizeof(TrinoSpec))
    cdef ZoneList list_
    cdef TrinoPlace place
    cdef Batch* b
    cdef bytes at, offsets, name, code
    cdef list held = []
    memcpy(p, <const char*>payload, size)
    memset(&place, 0, sizeof(place))
    memset(&list_, 0, sizeof(list_))
    list_.n = len(zones)
    list_.zones = <NamedZone*>calloc(list_.n + 1, sizeof(NamedZone))
    for i in range(list_.n):
        name, at, offsets = zones[i]
        list_.zones[i].name = <const char*>name
        list_.zones[i].nname = len(name)
        list_.zones[i].table.at = <int64_t*><char*>at
        list_.zones[i].table.offset = <int32_t*><char*>offsets
        list_.zones[i].table.n = len(offsets) // 4
    for i in range(n):
        made[i].kind = KINDS[specs[i][0]]
        made[i].scale = specs[i][1]
        made[i].zoned = specs[i][2]
        code = specs[i][3]
        made[i].code = <const char*>code if code else NULL
        made[i].ncode = len(code)
    err[0] = 0
    with nogil:
        if most >= 0:
            b = trino_piece(p, size, made, n, &list_, &place, size, most, err, sizeof(err))
        elif careful:
            b = trino_piece(p, size, made, n, &list_, &place, size, CAREFUL, err, sizeof(err))
        else:
            b = trino_decode_some(p, size, made, n, &list_, &place, size, err, sizeof(err))
    free(p)
    free(made)
    free(list_.zones)
    if b is NULL:
        if list_.missing[0]:
            return ("zone", (<bytes>list_.missing).decode("utf-8", "replace"))
        return (<bytes>err).decode("utf-8", "replace")
    result = (b.nrows, [[trino_cell(&b.cols[i], row) for row in range(b.nrows)] for i in range(b.ncols)])
    batch_drop(b)
    return result


def trino_rate(bytes payload, specs, int64_t repeats):
    """Nanoseconds of decoding the payload in one piece, which is good and needs no zone: the shortest of `repeats`."""
    cdef char err[512]
    cdef int32_t n = len(specs), i
    cdef const char* p = payload
    cdef int64_t size = len(payload), _k
    cdef TrinoSpec* made = <TrinoSpec*>calloc(n + 1, sizeof(TrinoSpec))
    cdef ZoneList list_
    cdef TrinoPlace place
    cdef Batch* b
    cdef bytes code
    memset(&list_, 0, sizeof(list_))
    for i in range(n):
        made[i].kind = KINDS[specs[i][0]]
        made[i].scale = specs[i][1]
        code = specs[i][3]
        made[i].code = <const char*>code if code else NULL
        made[i].ncode = len(code)
    # As the reader's thread does: the C library keeps the blocks from then on.
    bytearray(16 << 20)
    best = None
    for _k in range(repeats):
        start = perf_counter()
        with nogil:
            memset(&place, 0, sizeof(place))
            b = trino_decode_some(p, size, made, n, &list_, &place, size, err, sizeof(err))
        spent = perf_counter() - start
        if b is NULL:
            free(made)
            raise ValueError((<bytes>err).decode("utf-8", "replace"))
        batch_drop(b)
        best = spent if best is None or spent < best else best
    free(made)
    return best * 1e9


cdef object trino_cell(const Column* c, int64_t row):
    if not column_null(c, row) and c.kind == KIND_UUID:
        return ("bytes", (<const char*>c.values + 16 * row)[:16])
    if not column_null(c, row) and c.kind == KIND_TIME64:
        return ("int", (<const int64_t*>c.values)[row])
    value = hs2_cell(c, row)
    if value is not None and value[0] == "kept":
        return ("int", int(value[1].replace(b".", b"")))
    return value


def json_ends(bytes text, int64_t first, int most):
    """The ends that json_index finds behind byte `first` of an exact-size copy of text, how many of them are brackets, and
    whether it saw escapes.

    most: 0 in the way of processors without wide registers, 1 with 256 bits, 2 with 512 bits.
    """
    cdef int64_t size = len(text)
    cdef char* p = <char*>malloc(size or 1)
    cdef JsonIndex* x = <JsonIndex*>malloc(sizeof(JsonIndex))
    memcpy(p, <const char*>text, size)
    json_index(x, p + first, p + size, most)
    result = ([first + x.at[i + 1] for i in range(x.n)], x.closings, bool(x.escapes))
    free(x)
    free(p)
    return result
