# The reader of an open result: pulls batches from the operation, ahead of the application and outside the GIL.
# Included by _core.pyx after strings.pxi. The first batch is pulled by the application's own thread, so that a small
# result costs no thread; the reader's thread starts when there is more.

cdef extern from "argus/platform.h" nogil:
    ctypedef uint64_t argus_thread
    int argus_thread_start(void (*fn)(void*) noexcept nogil, void* arg, argus_thread* out)
    void argus_thread_join(argus_thread)
    int argus_pid()
    void* argus_gil_drop()
    void argus_gil_take(void*)

cdef extern from "argus/boot.h" nogil:
    void argus_gil_keep()
    void argus_gil_part()

cdef enum:
    QUEUE_BATCHES = 2     # waiting batches; with the one being made and the one being read: four in memory

cdef struct Reader:
    void* op                   # argus_odbc operation, owned; touched with the GIL only
    argus_monitor* monitor
    Batch* queue[QUEUE_BATCHES]
    int32_t first, count
    bint done, threaded, pulling
    uint32_t stop              # written with the monitor; read without it between two batches
    argus_thread thread
    int pid
    # the Arrow stream that is being drained
    bint streaming
    bint one_stream            # nothing follows it
    ArrowArrayStream stream
    ArrowSchema schema
    # a result of parts (parts.pxi)
    bint parted, ended         # ended: no more parts come
    Part parts[PARTS]
    int32_t first_part, nparts
    Part coming                # what bridge_fetch has brought
    PageRun* run               # pages that need no Python (pageruns.pxi), the operation's; NULL: none
    void* spent[PARTS + 1]     # Python's, to be given up
    int32_t nspent
    # pages that the reader's thread asks for by itself (pages.pxi); NULL: there are none
    Pages* pages
    void* pages_owner          # Python's
    int32_t ncols
    ZoneTable* zones           # one per column, n = 0 where the column has none
    const ZoneTable** zone_of
    # how the result ended when it did not end well
    bint failed
    char sqlstate[6]
    SQLINTEGER native
    char* message


cdef void reader_error(Reader* r, const char* sqlstate, SQLINTEGER native, const char* text, int64_t n) noexcept nogil:
    """Note the error that ends the result; the first one stays. Not with the monitor locked: either thread may have one."""
    cdef bint shared = r.threaded and r.pid == argus_pid()
    if shared:
        argus_monitor_lock(r.monitor)
    error_note(r, sqlstate, native, text, n)
    if shared:
        argus_monitor_unlock(r.monitor)


cdef void reader_unreadable(Reader* r, const char* why) noexcept nogil:
    """An answer of the server that is not what it should be."""
    cdef char text[600]
    snprintf(text, sizeof(text), b"The server's answer cannot be read: %s", why)
    reader_error(r, b"08S01", 0, text, strlen(text))


cdef void error_note(Reader* r, const char* sqlstate, SQLINTEGER native, const char* text, int64_t n) noexcept nogil:
    if r.failed:
        return
    memcpy(r.sqlstate, sqlstate, 5)
    r.sqlstate[5] = 0
    r.native = native
    r.message = <char*>malloc(n + 1)
    if r.message is not NULL:
        memcpy(r.message, text, n)
        r.message[n] = 0
    r.failed = True


cdef void stream_close(Reader* r) noexcept nogil:
    if not r.streaming:
        return
    r.streaming = False
    if r.schema.release is not NULL:
        r.schema.release(&r.schema)
    if r.stream.release is not NULL:
        r.stream.release(&r.stream)


cdef Batch* stream_next(Reader* r) noexcept nogil:
    """The next array of the stream as a batch; NULL at its end (the stream is closed then) or on an error."""
    cdef ArrowArray array
    cdef Batch* b
    cdef const char* text
    cdef char err[512]
    memset(&array, 0, sizeof(array))
    err[0] = 0
    if r.stream.get_next(&r.stream, &array) != 0:
        text = r.stream.get_last_error(&r.stream)
        bridge_stream_error(r, text if text is not NULL else <const char*>b"the stream of rows failed without saying why")
        stream_close(r)
        return NULL
    if array.release is NULL:
        stream_close(r)
        return NULL
    b = batch_from_array(&r.schema, &array, r.zone_of, err, sizeof(err))
    if b is NULL:
        reader_error(r, b"HY000", 0, err, strlen(err))
        stream_close(r)
        return NULL
    if b.ncols != r.ncols:
        batch_drop(b)
        stream_close(r)
        text = b"the rows do not have as many columns as the result was described with"
        reader_error(r, b"HY000", 0, text, strlen(text))
        return NULL
    return b


cdef Batch* reader_pull(Reader* r) noexcept nogil:
    """The next batch that has rows; NULL at the end of the result or on an error (r.failed)."""
    cdef Batch* b
    cdef int got
    cdef char err[512]
    while not r.failed and not argus_load(&r.stop):
        if r.streaming:
            b = stream_next(r)
            if b is NULL and r.one_stream:
                return NULL
        elif r.nparts:
            b = parts_pull(r)
        else:
            b = NULL
            if r.pages is not NULL and r.threaded:
                # Not on the application's thread, where signals are Python's to hear.
                err[0] = 0
                b = pages_next(r.pages, err, sizeof(err))
                if b is not NULL:
                    return b
                if err[0]:
                    reader_unreadable(r, err)
                    return NULL
            got = bridge_fetch(r, &b)
            if got == 0:
                return NULL
            if r.coming.owner is not NULL:
                # The form of the first part decides; one that came later would be decoded by this thread alone.
                r.parted = r.parted or r.monitor is NULL
                part_add(r)
        if b is not NULL:
            if b.nrows > 0:
                return b
            batch_drop(b)
    return NULL


cdef extern from *:
    """
    /* glibc gives large blocks back to the system when they are freed, and asks for them again a moment later for the next
     * batch: each of their pages is then zeroed and mapped anew. It stops that for blocks up to the size of the largest one
     * that was ever freed, so one is, which is never touched and costs nothing. Other allocators do not mind. */
    static inline void argus_keep_blocks(void) {
        void *volatile large = malloc((size_t)16 << 20);
        free(large);
    }
    """
    void keep_blocks "argus_keep_blocks"() noexcept nogil


cdef void reader_run(void* arg) noexcept nogil:
    """The reader's thread: keep the queue full until the result ends or the application has enough."""
    cdef Reader* r = <Reader*>arg
    cdef Batch* b
    cdef bint needs_python = not r.streaming or not r.one_stream
    keep_blocks()
    if needs_python:
        argus_gil_keep()
    argus_monitor_lock(r.monitor)
    if r.parted:
        parts_run(r)
    while not r.parted:
        while r.count == QUEUE_BATCHES and not r.stop:
            argus_monitor_wait(r.monitor, -1)
        if r.stop:
            break
        r.pulling = True
        argus_monitor_unlock(r.monitor)
        b = reader_pull(r)
        argus_monitor_lock(r.monitor)
        r.pulling = False
        if b is NULL:
            break
        r.queue[(r.first + r.count) % QUEUE_BATCHES] = b
        r.count += 1
        argus_monitor_notify_all(r.monitor)
    r.done = True
    argus_monitor_notify_all(r.monitor)
    argus_monitor_unlock(r.monitor)
    if needs_python:
        argus_gil_part()


cdef Batch* reader_next(Reader* r) noexcept nogil:
    """The next batch for the application, which owns it then; NULL at the end or on an error (r.failed)."""
    cdef Batch* b = NULL
    cdef void* gil
    cdef const char* text
    cdef Part failed
    if r.monitor is NULL:
        b = reader_pull(r)
        if b is NULL:
            return NULL
        r.monitor = argus_monitor_create()
        r.pid = argus_pid()
        if r.monitor is NULL:
            return b
        r.threaded = True
        if argus_thread_start(reader_run, r, &r.thread) != 0:
            r.threaded = False
        return b
    if not r.threaded:
        return reader_pull(r)
    if r.pid != argus_pid():
        text = b"The process forked while this result was open; the child must open a connection of its own"
        reader_error(r, b"08S01", 0, text, strlen(text))
        return NULL
    gil = argus_gil_drop()
    failed.failed = False
    argus_monitor_lock(r.monitor)
    while not r.parted and r.count == 0 and not r.done:
        argus_monitor_wait(r.monitor, -1)
    if r.parted:
        b = parts_next(r, &failed)
    elif r.count:
        b = r.queue[r.first]
        r.first = (r.first + 1) % QUEUE_BATCHES
        r.count -= 1
        argus_monitor_notify_all(r.monitor)
    argus_monitor_unlock(r.monitor)
    if failed.failed:
        reader_error(r, failed.sqlstate, failed.native, failed.err, strlen(failed.err))
    argus_gil_take(gil)
    return b


cdef bint reader_waits(Reader* r, int64_t rows) noexcept nogil:
    """Whether `rows` more rows, or the end of the result, are still on their way."""
    cdef bint waits = True
    cdef int32_t i
    if not r.threaded or r.pid != argus_pid():
        return True
    argus_monitor_lock(r.monitor)
    for i in range(r.count):
        rows -= r.queue[(r.first + i) % QUEUE_BATCHES].nrows
    waits = parts_wait(r, rows) if r.parted else rows > 0 and not r.done
    argus_monitor_unlock(r.monitor)
    return waits


cdef void reader_close(Reader* r) noexcept nogil:
    """Stop the thread, end what the server still does for the result, free everything. NULL-safe."""
    cdef void* gil
    cdef bint pulling
    cdef int32_t i
    if r is NULL:
        return
    if r.threaded and r.pid == argus_pid():
        gil = argus_gil_drop()
        argus_monitor_lock(r.monitor)
        argus_store(&r.stop, True)
        pulling = r.pulling and not r.done
        argus_monitor_notify_all(r.monitor)
        argus_monitor_unlock(r.monitor)
        if pulling:
            bridge_stop_fetch(r)
        argus_thread_join(r.thread)
        r.threaded = False
        argus_gil_take(gil)
    r.stop = True
    if r.monitor is not NULL and r.pid == argus_pid():
        argus_monitor_destroy(r.monitor)
    stream_close(r)
    while r.count:
        batch_drop(r.queue[r.first])
        r.first = (r.first + 1) % QUEUE_BATCHES
        r.count -= 1
    parts_close(r)
    bridge_close_op(r)
    for i in range(r.ncols):
        if r.zones is not NULL:
            free(r.zones[i].at)
            free(r.zones[i].offset)
    free(r.zones)
    free(<void*>r.zone_of)
    free(r.message)
    free(r)
