# What the Arrow decoder owns and builds: the moved array, extra buffers, growing text, checked lengths, error text.
# Included by _core.pyx after rowset.pxi, before arrowrows.pxi.

# The owner behind a batch of Arrow columns: the array as it was moved in, and every buffer made beside it.
cdef struct ArrowOwner:
    ArrowArray array
    void** extra
    int64_t n_extra, cap_extra

# Where a decoder says what is wrong; `text` is the caller's room.
cdef struct ArrowFault:
    char* text
    size_t room
    const char* column

# Bytes that grow; failed: memory is out, and everything after it was ignored.
cdef struct TextOut:
    char* p
    int64_t n, cap
    bint failed


cdef inline const char* or_empty(const char* p) noexcept nogil:
    """p, or an empty text for NULL."""
    cdef const char* empty = b""
    if p is NULL:
        return empty
    return p


cdef bint arrow_fault(ArrowFault* f, const char* what) noexcept nogil:
    """Write the reason, with the column's name; always False, so that a check can return it."""
    if f.text is not NULL and f.room > 0:
        snprintf(f.text, f.room, b"Arrow column \"%s\": %s", or_empty(f.column), what)
    return False


cdef bint arrow_fault_text(ArrowFault* f, const char* what, const char* value) noexcept nogil:
    cdef char room[200]
    snprintf(room, sizeof(room), b"%s \"%s\"", what, or_empty(value))
    return arrow_fault(f, room)


cdef void batch_drop_arrow(Batch* b) noexcept nogil:
    """`drop` of a batch that batch_from_array made."""
    cdef ArrowOwner* own = <ArrowOwner*>b.owner
    cdef int64_t i
    if own is not NULL:
        for i in range(own.n_extra):
            free(own.extra[i])
        free(own.extra)
        if own.array.release is not NULL:
            own.array.release(&own.array)
        free(own)
    free(b.cols)
    free(b)


cdef bint own_buffer(ArrowOwner* own, void* p) noexcept nogil:
    """Hand p to the owner, also when that fails: it is freed then. False: memory is out (or p is NULL)."""
    cdef void** bigger
    if p is NULL:
        return False
    if own.n_extra == own.cap_extra:
        bigger = <void**>realloc(own.extra, (2 * own.cap_extra + 8) * sizeof(void*))
        if bigger is NULL:
            free(p)
            return False
        own.extra = bigger
        own.cap_extra = 2 * own.cap_extra + 8
    own.extra[own.n_extra] = p
    own.n_extra += 1
    return True


cdef void* own_alloc(ArrowOwner* own, int64_t count, int64_t size, ArrowFault* f) noexcept nogil:
    """count * size zeroed bytes that live as long as the batch; NULL with the fault written."""
    cdef void* p = NULL
    if 0 <= count < (<int64_t>1 << 40):
        p = calloc(count if count > 0 else 1, size)
    if not own_buffer(own, p):
        arrow_fault(f, b"out of memory")
        return NULL
    return p


cdef bint own_validity(ArrowOwner* own, const Column* c, int64_t n, const uint8_t** out, ArrowFault* f) noexcept nogil:
    """The validity of rows 0 .. n-1 of c as a bitmap with offset 0; NULL when no row is NULL."""
    cdef uint8_t* bits
    cdef int64_t i
    # `out` may be c's own validity, so it is written last.
    if c.kind != KIND_NULL and c.validity is NULL:
        out[0] = NULL
        return True
    bits = <uint8_t*>own_alloc(own, (n + 7) >> 3, 1, f)
    if bits is NULL:
        return False
    for i in range(n):
        if not column_null(c, i):
            bits[i >> 3] |= 1 << (i & 7)
    out[0] = bits
    return True


cdef bint text_room(TextOut* t, int64_t more) noexcept nogil:
    """Make room for `more` bytes after t.n."""
    cdef int64_t cap
    cdef char* bigger
    if t.failed:
        return False
    if t.n + more <= t.cap:
        return True
    cap = 2 * t.cap + more + 64
    bigger = <char*>realloc(t.p, cap)
    if bigger is NULL:
        t.failed = True
        return False
    t.p = bigger
    t.cap = cap
    return True


cdef void text_add(TextOut* t, const char* p, int64_t n) noexcept nogil:
    if n > 0 and text_room(t, n):
        memcpy(t.p + t.n, p, n)
        t.n += n


cdef inline void text_byte(TextOut* t, char c) noexcept nogil:
    if text_room(t, 1):
        t.p[t.n] = c
        t.n += 1


cdef bint own_text(ArrowOwner* own, TextOut* t, const int64_t* offsets, Column* out, ArrowFault* f) noexcept nogil:
    """Finish a text column whose bytes are t's (taken over) and whose offsets the owner has already."""
    if t.failed:
        free(t.p)
        t.p = NULL
        return arrow_fault(f, b"out of memory")
    if t.p is not NULL and not own_buffer(own, t.p):
        return arrow_fault(f, b"out of memory")
    out.kind = KIND_LARGE_TEXT
    out.offset = 0
    out.scale = 0
    out.values = offsets
    # A text column never has a NULL data pointer, though every value may be empty.
    out.data = offsets
    if t.p is not NULL:
        out.data = t.p
    return True


cdef bint offsets32_rise(const int32_t* o, int64_t n) noexcept nogil:
    """Whether n + 1 offsets start at 0 or above and never fall: what the interface lets a reader check."""
    cdef int64_t i
    cdef int32_t falls = o[0]
    for i in range(n):
        falls |= -<int32_t>(o[i + 1] < o[i])
    return falls >= 0


cdef bint offsets64_rise(const int64_t* o, int64_t n) noexcept nogil:
    cdef int64_t i
    cdef int64_t falls = o[0]
    for i in range(n):
        falls |= -<int64_t>(o[i + 1] < o[i])
    return falls >= 0


cdef bint schema_extension(const ArrowSchema* schema, const char* name) noexcept nogil:
    """Whether the schema's metadata says ARROW:extension:name = name."""
    return metadata_has(schema, b"ARROW:extension:name", name, True)


cdef bint metadata_has(const ArrowSchema* schema, const char* key, const char* text, bint whole) noexcept nogil:
    """Whether a metadata key's value is `text` (whole) or contains it."""
    cdef const char* p = schema.metadata
    cdef int32_t pairs, i, nk, nv
    cdef const char* k
    cdef int64_t n = strlen(text), at
    if p is NULL:
        return False
    memcpy(&pairs, p, 4)
    p += 4
    for i in range(pairs):
        memcpy(&nk, p, 4)
        k = p + 4
        p = k + nk
        memcpy(&nv, p, 4)
        p += 4
        if <size_t>nk == strlen(key) and memcmp(k, key, nk) == 0:
            if whole:
                return nv == n and memcmp(p, text, n) == 0
            for at in range(nv - n + 1):
                if memcmp(p + at, text, n) == 0:
                    return True
        p += nv
    return False
