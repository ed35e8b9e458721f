# An engine's Arrow stream with two readers: the one of its result, and whoever needs the connection that it comes out of
# and therefore reads its rest into memory first.
# Included by _core.pyx after parts.pxi. Nothing here takes the GIL: beside a thread that runs Python each time would take
# five milliseconds (docs/backends.md).

cdef extern from *:
    """
    #include <stdint.h>
    /* Arrow's key-value metadata: the number of pairs, then each key and value behind its length. */
    static const struct __attribute__((packed)) {
        int32_t pairs, nkey;
        char key[20];
        int32_t nvalue;
        char value[10];
    } argus_uuid_mark = {1, 20, "ARROW:extension:name", 10, "arrow.uuid"};
    #define ARGUS_UUID_MARK ((const char *)&argus_uuid_mark)
    #define argus_count_up(p) ((void)__atomic_fetch_add(p, 1, __ATOMIC_RELAXED))
    #define argus_count_down(p) (__atomic_sub_fetch(p, 1, __ATOMIC_ACQ_REL))
    """
    const char* UUID_MARK "ARGUS_UUID_MARK"
    void count_up "argus_count_up"(int32_t* p) noexcept nogil
    int32_t count_down "argus_count_down"(int32_t* p) noexcept nogil

cdef extern from "errno.h" nogil:
    int EINVAL, EIO

cdef extern from "argus/boot.h" nogil:
    void argus_inside_begin()
    void argus_inside_end()

cdef extern from "argus/platform.h" nogil:
    uint32_t argus_generation

cdef struct EngineStream:
    int32_t refs
    uint32_t generation       # of the process that opened it: a forked child must not touch what an engine's threads hold
    uint32_t turn             # lock: who has it reads
    uint32_t state            # lock of the next two, held for a moment
    bint stopped
    uint32_t reading          # also read without the lock
    uint32_t ended            # the engine has nothing more to do for it
    ArrowArrayStream stream
    ArrowSchema schema        # until it is asked for
    ArrowArray* kept          # read, and not yet asked for: first .. first + n - 1 of room
    int64_t first, n, room
    char* error               # how the engine ended it, or why it was stopped
    bint failed               # error is the engine's


cdef EngineStream* engine_stream_new(ArrowArrayStream* moved) noexcept nogil:
    """NULL when memory is out. The stream is moved, also then."""
    cdef EngineStream* s = <EngineStream*>calloc(1, sizeof(EngineStream))
    if s is NULL:
        moved.release(moved)
        return NULL
    s.refs = 1
    s.generation = argus_generation
    s.stream = moved[0]
    moved.release = NULL
    return s


cdef void engine_stream_share(EngineStream* s) noexcept nogil:
    count_up(&s.refs)


cdef void engine_stream_end(EngineStream* s) noexcept nogil:
    """Let go of the engine; what was read stays. In its turn. Where another thread still reads, which only the end of
    the process and a fork can bring about, nothing is touched."""
    if argus_load(&s.reading) or s.generation != argus_generation:
        return
    if s.stream.release is not NULL:
        s.stream.release(&s.stream)
    argus_store(&s.ended, 1)


cdef void engine_stream_drop(EngineStream* s) noexcept nogil:
    cdef int64_t i
    if count_down(&s.refs) != 0:
        return
    engine_stream_end(s)
    if s.generation == argus_generation:
        for i in range(s.first, s.first + s.n):
            s.kept[i].release(&s.kept[i])
        if s.schema.release is not NULL:
            s.schema.release(&s.schema)
    free(s.kept)
    free(s.error)
    free(s)


cdef void engine_stream_note(EngineStream* s, const char* text, bint failed) noexcept nogil:
    cdef size_t n
    if s.error is not NULL:
        return
    if text is NULL or text[0] == 0:
        text = b"the engine ended the result without a reason"
    n = strlen(text) + 1
    s.error = <char*>malloc(n)
    if s.error is not NULL:
        memcpy(s.error, text, n)
    s.failed = failed


cdef void engine_stream_cut(EngineStream* s) noexcept nogil:
    """End it before the engine has. In its turn."""
    if not s.ended:
        engine_stream_note(s, b"INTERRUPT Error: Interrupted!", False)
        engine_stream_end(s)


cdef int engine_stream_read(EngineStream* s, ArrowArray* out) noexcept nogil:
    """The next rows from the engine: 1; 0 at the end, also when it was an error. In its turn."""
    cdef bint stopped
    cdef int rc
    memset(out, 0, sizeof(ArrowArray))
    if s.ended:
        return 0
    if argus_load(&s.reading) or s.generation != argus_generation:
        engine_stream_note(s, b"the rows belong to another process or to a thread that was ended", False)
        return 0
    argus_lock(&s.state)
    stopped = s.stopped
    argus_store(&s.reading, not stopped)
    argus_unlock(&s.state)
    if stopped:
        engine_stream_cut(s)
        return 0
    rc = s.stream.get_next(&s.stream, out)
    argus_lock(&s.state)
    argus_store(&s.reading, 0)
    argus_unlock(&s.state)
    if rc != 0:
        engine_stream_note(s, s.stream.get_last_error(&s.stream), True)
        out.release = NULL
    if out.release is not NULL:
        return 1
    engine_stream_end(s)
    return 0


cdef bint engine_stream_keep(EngineStream* s) noexcept nogil:
    """Read the next rows and keep them; False at the end. In its turn."""
    cdef ArrowArray a
    cdef ArrowArray* more
    if not engine_stream_read(s, &a):
        return False
    if s.first + s.n == s.room:
        more = <ArrowArray*>realloc(s.kept, (2 * s.room + 16) * sizeof(ArrowArray))
        if more is NULL:
            a.release(&a)
            engine_stream_note(s, b"out of memory for the rest of a result whose connection another statement needs", False)
            engine_stream_end(s)
            return False
        s.kept = more
        s.room = 2 * s.room + 16
    s.kept[s.first + s.n] = a
    s.n += 1
    return True


cdef void engine_stream_keep_rest(EngineStream* s, bint all) noexcept nogil:
    """Read what is left, or (not all) once, into memory."""
    argus_inside_begin()
    argus_lock(&s.turn)
    while engine_stream_keep(s) and all:
        pass
    argus_unlock(&s.turn)
    argus_inside_end()


cdef void engine_stream_stop(EngineStream* s) noexcept nogil:
    """Nothing more is read once what is being read has come."""
    argus_lock(&s.state)
    s.stopped = True
    argus_unlock(&s.state)


cdef void engine_stream_close(EngineStream* s) noexcept nogil:
    """Wait for what is being read, then let go of the engine."""
    engine_stream_stop(s)
    argus_inside_begin()
    argus_lock(&s.turn)
    engine_stream_cut(s)
    argus_unlock(&s.turn)
    argus_inside_end()


# ---- as an Arrow C stream, for the reader of the result ----
cdef int reader_schema(ArrowArrayStream* x, ArrowSchema* out) noexcept nogil:
    cdef EngineStream* s = <EngineStream*>x.private_data
    argus_lock(&s.turn)
    out[0] = s.schema
    s.schema.release = NULL
    argus_unlock(&s.turn)
    return 0 if out.release is not NULL else EINVAL


cdef int reader_array(ArrowArrayStream* x, ArrowArray* out) noexcept nogil:
    cdef EngineStream* s = <EngineStream*>x.private_data
    cdef bint ended
    argus_inside_begin()
    argus_lock(&s.turn)
    if s.n:
        out[0] = s.kept[s.first]
        s.first += 1
        s.n -= 1
        ended = False
    else:
        ended = not engine_stream_read(s, out)
    argus_unlock(&s.turn)
    argus_inside_end()
    return EIO if ended and s.error is not NULL else 0


cdef const char* reader_error_text(ArrowArrayStream* x) noexcept nogil:
    cdef EngineStream* s = <EngineStream*>x.private_data
    return <const char*>b"the schema was asked for twice" if s.error is NULL else s.error


cdef void reader_release(ArrowArrayStream* x) noexcept nogil:
    engine_stream_drop(<EngineStream*>x.private_data)
    x.release = NULL


cdef void engine_stream_export(EngineStream* s, ArrowArrayStream* out) noexcept nogil:
    engine_stream_share(s)
    out.get_schema = reader_schema
    out.get_next = reader_array
    out.get_last_error = reader_error_text
    out.release = reader_release
    out.private_data = s


# ---- columns of UUIDs, which come as text ----
cdef struct Marks:
    void (*release)(ArrowSchema*) noexcept nogil
    void* private_data
    int64_t n
    const char** replaced     # what stood there, for the columns that have been marked


cdef void marks_release(ArrowSchema* schema) noexcept nogil:
    """The producer frees its own metadata, so that is put back first."""
    cdef Marks* m = <Marks*>schema.private_data
    cdef int64_t i
    for i in range(m.n):
        if schema.children[i].metadata == UUID_MARK:
            schema.children[i].metadata = m.replaced[i]
    schema.private_data = m.private_data
    schema.release = m.release
    free(m.replaced)
    free(m)
    schema.release(schema)


cdef bint mark_uuids(ArrowSchema* schema, const uint8_t* marked) noexcept nogil:
    """Say in the schema that these columns hold UUIDs; marked: a byte for each column. False when memory is out."""
    cdef int64_t i, n = schema.n_children
    cdef Marks* m = <Marks*>calloc(1, sizeof(Marks))
    cdef const char** replaced = <const char**>calloc(n + 1, sizeof(void*))
    if m is NULL or replaced is NULL:
        free(m)
        free(replaced)
        return False
    for i in range(n):
        replaced[i] = schema.children[i].metadata
        if marked[i]:
            schema.children[i].metadata = UUID_MARK
    m.release = schema.release
    m.private_data = schema.private_data
    m.n = n
    m.replaced = replaced
    schema.private_data = m
    schema.release = marks_release
    return True
