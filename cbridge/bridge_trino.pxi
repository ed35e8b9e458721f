# Batches from Trino's JSON, and the time zones that it names.
# Included by _core.pyx after bridge_rows.pxi.

cdef int trino_zone(object zones, bytes name) except -1:
    """Look a zone up and keep its steps as the bytes of two C arrays."""
    from array import array

    from argus_odbc.zones import zone_steps

    at, offsets = zone_steps(name.decode("utf-8", "replace"))
    zones[name] = (array("q", at).tobytes(), array("i", offsets).tobytes())
    return 0


cdef Batch* trino_attempt(object part, const char* p, const TrinoSpec* specs, ZoneList* list_, char* err,
                          size_t nerr) except? NULL:
    """One decoding with the zones that are known."""
    cdef Batch* b
    cdef int32_t i = 0, n = len(part.specs)
    cdef int64_t size = part.end - part.start
    cdef bytes at, offsets
    cdef list kept = list(part.zones.items())
    list_.n = len(kept)
    list_.last = 0
    list_.zones = <NamedZone*>calloc(list_.n + 1, sizeof(NamedZone))
    if list_.zones is NULL:
        raise MemoryError
    for name, steps in kept:
        at, offsets = steps
        list_.zones[i].name = <const char*>(<bytes>name)
        list_.zones[i].nname = len(name)
        list_.zones[i].table.at = <int64_t*><char*>at
        list_.zones[i].table.offset = <int32_t*><char*>offsets
        list_.zones[i].table.n = len(offsets) // 4
        i += 1
    with nogil:
        b = trino_decode(p, size, specs, n, list_, err, nerr)
    free(list_.zones)
    list_.zones = NULL
    return b


cdef Batch* batch_of_trino(Reader* r, object part) except? NULL:
    """Decode TrinoRows without the GIL; a zone that they name for the first time is looked up in between."""
    cdef Py_buffer view
    cdef TrinoSpec* specs
    cdef ZoneList zones
    cdef char err[512]
    cdef Batch* b = NULL
    cdef int32_t i = 0, n = len(part.specs)
    cdef bytes code
    specs = <TrinoSpec*>calloc(n + 1, sizeof(TrinoSpec))
    if specs is NULL:
        raise MemoryError
    try:
        for name, scale, zoned, form in part.specs:
            specs[i].kind = KIND_BY_NAME[name]
            specs[i].scale = scale
            specs[i].zoned = zoned
            code = form
            specs[i].code = <const char*>code if code else NULL
            specs[i].ncode = len(code)
            i += 1
        PyObject_GetBuffer(part.payload, &view, PyBUF_SIMPLE)
        try:
            if not 0 <= part.start <= part.end <= view.len:
                raise ValueError("the rows lie outside of their bytes")
            while True:
                err[0] = 0
                b = trino_attempt(part, <const char*>view.buf + <int64_t>part.start, specs, &zones, err, sizeof(err))
                if b is not NULL or zones.missing[0] == 0:
                    break
                trino_zone(part.zones, <bytes>zones.missing)
        finally:
            PyBuffer_Release(&view)
    finally:
        free(specs)
    if b is NULL:
        from argus_odbc.errors import DriverError
        raise DriverError("08S01", 0, "The server's answer cannot be read: " + (<bytes>err).decode("utf-8", "replace"))
    for i in range(min(n, r.ncols)):
        if r.zone_of is not NULL and specs_zoned(part, i):
            b.cols[i].zone = r.zone_of[i]
    return b


cdef bint specs_zoned(object part, int32_t i) except -1:
    return part.specs[i][2]
