# Columns of parameter sets as an Arrow C stream of one batch; what is handed out stays valid on its own.
# Included by _core.pyx after setcolumns.pxi.

cdef enum:
    ARROW_NO_MEMORY = 12   # ENOMEM, the one error such a stream can have
    SET_TEXT_ROOM = 24     # "d:38,38", "c32767"

cdef struct SetSchemaTexts:
    char format[SET_TEXT_ROOM]
    char name[SET_TEXT_ROOM]

cdef struct SetArrayOwner:
    SetColumns* columns
    const void* buffers[3]

cdef struct SetStream:
    SetColumns* columns
    bint done


cdef void write_numbered(char* out, const char* before, int64_t a, bint two, int64_t b) noexcept nogil:
    """before + a, and + "," + b when `two`."""
    cdef int64_t n = strlen(before)
    memcpy(out, before, n)
    n += put_decimal(out + n, a)
    if two:
        out[n] = c","
        n += 1 + put_decimal(out + n + 1, b)
    out[n] = 0


cdef void set_format(const SetColumn* c, char* out) noexcept nogil:
    cdef const char* format = b"U"
    if c.kind == SETS_DECIMAL:
        write_numbered(out, b"d:", c.precision, True, c.scale)
        return
    if c.kind == SETS_BYTES:
        format = b"Z"
    elif c.kind == SETS_INTEGER:
        format = b"l"
    elif c.kind == SETS_REAL:
        format = b"g"
    elif c.kind == SETS_BOOL:
        format = b"b"
    elif c.kind == SETS_DATE:
        format = b"tdD"
    elif c.kind == SETS_TIME:
        format = b"ttu"
    elif c.kind == SETS_TIMESTAMP:
        format = b"tsu:"
    memcpy(out, format, strlen(format) + 1)


# ---- schema ----
cdef void set_schema_release(ArrowSchema* x) noexcept nogil:
    cdef int64_t i
    for i in range(x.n_children):
        if x.children[i] is not NULL:
            if x.children[i].release is not NULL:
                x.children[i].release(x.children[i])
            free(x.children[i])
    free(x.children)
    free(x.private_data)
    x.release = NULL


cdef int set_schema(const SetColumns* c, ArrowSchema* out) noexcept nogil:
    cdef int32_t i
    cdef ArrowSchema* child
    cdef SetSchemaTexts* texts
    memset(out, 0, sizeof(ArrowSchema))
    out.format = b"+s"
    out.name = b""
    out.release = set_schema_release
    out.children = <ArrowSchema**>calloc(c.ncols + 1, sizeof(void*))
    if out.children is NULL:
        return ARROW_NO_MEMORY
    for i in range(c.ncols):
        child = <ArrowSchema*>calloc(1, sizeof(ArrowSchema))
        texts = <SetSchemaTexts*>calloc(1, sizeof(SetSchemaTexts))
        if child is NULL or texts is NULL:
            free(child)
            free(texts)
            return ARROW_NO_MEMORY
        set_format(&c.cols[i], texts.format)
        write_numbered(texts.name, b"c", i, False, 0)
        child.format = texts.format
        child.name = texts.name
        child.flags = 2  # ARROW_FLAG_NULLABLE
        child.release = set_schema_release
        child.private_data = texts
        out.children[i] = child
        out.n_children = i + 1
    return 0


# ---- batch ----
cdef void set_array_release(ArrowArray* x) noexcept nogil:
    cdef SetArrayOwner* own = <SetArrayOwner*>x.private_data
    cdef int64_t i
    for i in range(x.n_children):
        if x.children[i].release is not NULL:
            x.children[i].release(x.children[i])
        free(x.children[i])
    free(x.children)
    if own is not NULL:
        sets_drop(own.columns)
        free(own)
    x.release = NULL


cdef bint set_array_own(SetColumns* c, ArrowArray* x) noexcept nogil:
    """Give x a share of the columns and room for its buffers."""
    cdef SetArrayOwner* own = <SetArrayOwner*>calloc(1, sizeof(SetArrayOwner))
    memset(x, 0, sizeof(ArrowArray))
    x.release = set_array_release
    if own is NULL:
        return False
    sets_share(c)
    own.columns = c
    x.length = c.nrows
    x.buffers = own.buffers
    x.private_data = own
    return True


cdef int set_array(SetColumns* c, ArrowArray* out) noexcept nogil:
    cdef int32_t i
    cdef ArrowArray* child
    cdef SetColumn* col
    if not set_array_own(c, out):
        return ARROW_NO_MEMORY
    out.n_buffers = 1
    out.children = <ArrowArray**>calloc(c.ncols + 1, sizeof(void*))
    if out.children is NULL:
        return ARROW_NO_MEMORY
    for i in range(c.ncols):
        col = &c.cols[i]
        child = <ArrowArray*>calloc(1, sizeof(ArrowArray))
        if child is NULL:
            return ARROW_NO_MEMORY
        out.children[i] = child
        out.n_children = i + 1
        if not set_array_own(c, child):
            return ARROW_NO_MEMORY
        child.null_count = -1
        child.n_buffers = 2
        child.buffers[0] = col.validity
        child.buffers[1] = col.values
        if col.offsets is not NULL:
            child.n_buffers = 3
            child.buffers[1] = col.offsets
            child.buffers[2] = col.text.p
    return 0


# ---- stream ----
cdef int set_stream_schema(ArrowArrayStream* x, ArrowSchema* out) noexcept nogil:
    cdef int rc = set_schema((<SetStream*>x.private_data).columns, out)
    if rc:
        set_schema_release(out)
    return rc


cdef int set_stream_next(ArrowArrayStream* x, ArrowArray* out) noexcept nogil:
    cdef SetStream* own = <SetStream*>x.private_data
    cdef int rc
    if own.done:
        memset(out, 0, sizeof(ArrowArray))
        return 0
    own.done = True
    rc = set_array(own.columns, out)
    if rc:
        set_array_release(out)
    return rc


cdef const char* set_stream_error(ArrowArrayStream* x) noexcept nogil:
    return b"out of memory"


cdef void set_stream_release(ArrowArrayStream* x) noexcept nogil:
    cdef SetStream* own = <SetStream*>x.private_data
    sets_drop(own.columns)
    free(own)
    x.release = NULL


cdef ArrowArrayStream* set_stream_new(SetColumns* c) noexcept nogil:
    """A stream of its own over the columns; NULL when memory is out."""
    cdef ArrowArrayStream* x = <ArrowArrayStream*>calloc(1, sizeof(ArrowArrayStream))
    cdef SetStream* own = <SetStream*>calloc(1, sizeof(SetStream))
    if x is NULL or own is NULL:
        free(x)
        free(own)
        return NULL
    sets_share(c)
    own.columns = c
    x.get_schema = set_stream_schema
    x.get_next = set_stream_next
    x.get_last_error = set_stream_error
    x.release = set_stream_release
    x.private_data = own
    return x
