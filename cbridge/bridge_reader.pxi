# The bridge of an open result: its next part, the Arrow stream it may be, its cancel and its end.
# Included by _core.pyx after bridge.pxi.

cdef void reader_exception(Reader* r, object e):
    cdef bytes state, text
    if type(e).__name__ == "DriverError":
        state = str(e.sqlstate).encode("ascii", "replace").ljust(5, b"0")
        text = str(e.message).encode("utf-8", "replace")
        reader_error(r, state, int(e.native), text, len(text))
    else:
        text = f"{type(e).__name__}: {e}".encode("utf-8", "replace")
        reader_error(r, b"HY000", 0, text, len(text))


cdef int py_fetch(Reader* r, Batch** out, Page* page):
    try:
        py_drop_spent(r)
        part = (<object>r.op).fetch_results()
        if part is None:
            return 0
        if hasattr(part, "specs"):
            part_of_trino(r, part)
        elif hasattr(part, "payload"):
            adopt_pages(r, part.further)
            page_of_hs2(r, part, page)
        elif hasattr(part, "rows"):
            out[0] = batch_of_rows(part.columns, part.rows)
        elif hasattr(part, "__arrow_c_stream__"):
            open_stream(r, part)
            r.one_stream = (<object>r.op).one_stream
        else:
            out[0] = batch_of_array(r, part)
        if out[0] is not NULL and out[0].ncols != r.ncols:
            batch_drop(out[0])
            out[0] = NULL
            raise ValueError(f"a batch does not have the {r.ncols} columns that the result was described with")
        return 1
    except BaseException as e:
        reader_exception(r, e)
        return 0


cdef int bridge_fetch(Reader* r, Batch** out) noexcept nogil:
    """One fetch_results: 0 at the end or on an error; else 1, with a batch, with r.streaming set or with r.coming filled."""
    cdef Page page
    cdef int got
    page.block = NULL
    with gil:
        got = py_fetch(r, out, &page)
    if page.block is not NULL:
        # Not before: each time that the GIL is let go it is waited for again.
        out[0] = page_decode(r, &page)
        got = out[0] is not NULL
    return got


cdef int open_stream(Reader* r, object part) except -1:
    """Move the stream out of its capsule: from here on it is drained without the GIL."""
    cdef ArrowArrayStream* stream
    cdef const char* text
    capsule = part.__arrow_c_stream__()
    stream = <ArrowArrayStream*>PyCapsule_GetPointer(capsule, b"arrow_array_stream")
    r.stream = stream[0]
    stream.release = NULL
    memset(&r.schema, 0, sizeof(r.schema))
    if r.stream.get_schema(&r.stream, &r.schema) != 0:
        text = r.stream.get_last_error(&r.stream)
        message = (<bytes>text).decode("utf-8", "replace") if text is not NULL else "no reason given"
        r.stream.release(&r.stream)
        raise RuntimeError(f"the stream of rows has no schema: {message}")
    r.streaming = True
    return 0


cdef Batch* batch_of_array(Reader* r, object part) except? NULL:
    """A batch from an object with __arrow_c_array__."""
    cdef char err[512]
    cdef Batch* b
    cdef ArrowArray moved
    cdef ArrowArray* array
    schema, data = part.__arrow_c_array__()
    array = <ArrowArray*>PyCapsule_GetPointer(data, b"arrow_array")
    moved = array[0]
    array.release = NULL
    err[0] = 0
    b = batch_from_array(<ArrowSchema*>PyCapsule_GetPointer(schema, b"arrow_schema"), &moved, r.zone_of, err, sizeof(err))
    if b is NULL:
        raise ValueError((<bytes>err).decode("utf-8", "replace"))
    return b


cdef void py_stream_error(Reader* r, const char* text):
    try:
        message = (<bytes>text).decode("utf-8", "replace")
        op = <object>r.op
        e = op.stream_error(message)
        if e is None:
            reader_error(r, b"HY000", 0, text, strlen(text))
        else:
            reader_exception(r, e)
    except BaseException as e:
        reader_exception(r, e)


cdef void bridge_stream_error(Reader* r, const char* text) noexcept nogil:
    """Let the backend name the SQLSTATE of an Arrow stream's error text."""
    with gil:
        py_stream_error(r, text)


cdef void py_stop_fetch(Reader* r):
    try:
        (<object>r.op).stop_fetch()
    except BaseException as e:
        from argus_odbc import log
        log.logger.warning("Ending the fetch of a result that is closed early failed: %s", e)


cdef void bridge_stop_fetch(Reader* r) noexcept nogil:
    cdef Raised e
    with gil:
        put_aside(&e)
        py_stop_fetch(r)
        put_back(&e)


cdef void py_close_op(Reader* r):
    try:
        (<object>r.op).close()
    except BaseException as e:
        from argus_odbc import log
        log.logger.warning("Closing a result failed: %s", e)


cdef void bridge_close_op(Reader* r) noexcept nogil:
    cdef Raised e
    if r.op is not NULL:
        with gil:
            put_aside(&e)
            py_close_op(r)
            put_back(&e)
        bridge_drop(&r.op)
        r.pages = NULL
        bridge_drop(&r.pages_owner)
