# Batches from Trino's JSON, and the time zones that it names.
# Included by _core.pyx after bridge_rows.pxi.

cdef int trino_zone(object zones, bytes name) except -1:
    """Look a zone up and keep its steps as the bytes of two C arrays."""
    from array import array

    from argus_odbc.zones import zone_steps

    at, offsets = zone_steps(name.decode("utf-8", "replace"))
    zones[name] = (array("q", at).tobytes(), array("i", offsets).tobytes())
    return 0


cdef int zones_of(Part* q, object zones) except -1:
    """The zones that are known, as the decoder reads them; their steps stay those of the dict, which drops none."""
    cdef bytes name, at, offsets
    cdef list kept = list(zones.items())
    cdef NamedZone* made = <NamedZone*>calloc(len(kept) + 1, sizeof(NamedZone))
    cdef int32_t i = 0
    if made is NULL:
        raise MemoryError
    for name, (at, offsets) in kept:
        made[i].name = <const char*>name
        made[i].nname = len(name)
        made[i].table.at = <int64_t*><char*>at
        made[i].table.offset = <int32_t*><char*>offsets
        made[i].table.n = len(offsets) // 4
        i += 1
    free(q.zones.zones)
    q.zones.zones = made
    q.zones.n = i
    q.zones.last = 0
    return 0


cdef bint py_zone(Part* q):
    cdef bytes name = <bytes>q.zones.missing
    try:
        zones = (<tuple><object>q.owner)[1].zones
        if name not in zones:
            trino_zone(zones, name)
        zones_of(q, zones)
        return True
    except BaseException as e:
        known = type(e).__name__ == "DriverError"
        text = str(e.message) if known else f"{type(e).__name__}: {e}"
        state = e.sqlstate.encode("ascii") if known else b"HY000"
        part_error(q, state, e.native if known else 0, text.encode("utf-8", "replace"))
        return False


cdef bint bridge_zone(Part* q) noexcept nogil:
    """Look up the zone that a decoder lacks; False when that is an error, which is the part's then."""
    with gil:
        return py_zone(q)


cdef int part_of_trino(Reader* r, object part) except -1:
    """TrinoRows as the part that comes next."""
    cdef Part* q = &r.coming
    cdef Py_buffer view
    cdef int32_t i = 0
    cdef bytes code
    if len(part.specs) != r.ncols:
        raise ValueError(f"a batch does not have the {r.ncols} columns that the result was described with")
    # The memoryview keeps the bytes where they are, also without the second look at them.
    kept = memoryview(part.payload)
    PyObject_GetBuffer(kept, &view, PyBUF_SIMPLE)
    q.p = <const char*>view.buf + <int64_t>part.start
    PyBuffer_Release(&view)
    if not 0 <= part.start <= part.end <= len(kept):
        raise ValueError("the rows lie outside of their bytes")
    q.specs = <TrinoSpec*>calloc(r.ncols + 1, sizeof(TrinoSpec))
    if q.specs is NULL:
        raise MemoryError
    try:
        for name, scale, zoned, form in part.specs:
            q.specs[i].kind = KIND_BY_NAME[name]
            q.specs[i].scale = scale
            q.specs[i].zoned = zoned
            code = form
            q.specs[i].code = <const char*>code if code else NULL
            q.specs[i].ncode = len(code)
            i += 1
        zones_of(q, part.zones)
        if part.pages is not None:
            pages_of(r, q, part)
    except BaseException:
        free(q.specs)
        memset(q, 0, sizeof(Part))
        raise
    q.left = q.n = part.end - part.start
    own(&q.owner, (kept, part))
    return 0


cdef void py_drop_spent(Reader* r):
    """The references that parts have left. The application's thread adds to them meanwhile."""
    cdef void* spent[PARTS + 1]
    cdef int32_t i, n
    n = spent_taken(r, spent)
    for i in range(n):
        part = (<tuple><object>spent[i])[1]
        py_drop(&spent[i])
        if argus_load(&r.stop):
            continue
        dropped = part.dropped
        # The bytes first: whoever is told may want their memory.
        part = None
        try:
            if dropped is not None:
                dropped()
        except BaseException as e:
            from argus_odbc import log
            log.logger.error("What follows a part of a result failed: %r", e)


cdef void bridge_drop_spent(Reader* r) noexcept nogil:
    cdef Raised e
    if r.nspent:
        with gil:
            put_aside(&e)
            py_drop_spent(r)
            put_back(&e)
