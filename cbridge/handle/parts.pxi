# The parts of a result that arrive as text, and their decoding by two threads: the reader's, and the application's while
# it waits for rows. Included by _core.pyx before reader.pxi. All of it is guarded by the reader's monitor; a thread that
# decodes or asks for more marks that and lets go of the monitor meanwhile.
#
# A part is decoded in pieces, in their order and by one thread at a time, so that a batch is still in the processor's
# cache when it is converted, and rows before an error are delivered.

cdef enum:
    PARTS = 4              # parts that are kept
    PART_READY = 8         # decoded pieces of one part
    AHEAD_PIECES = 3       # of all parts, that the reader's thread makes ahead of the application
    PIECE_BYTES = 1 << 18  # of text that become one batch: half of it and twice as much took longer
    AHEAD_BYTES = 2 << 20  # of text that wait to be decoded, while the reader's thread asks for more

cdef struct Part:
    void* owner            # Python's; what the text and the specs belong to. Or, of a run of pages (pageruns.pxi):
    Shared* block          # what the text belongs to
    const char* p
    int64_t n
    TrinoSpec* specs
    ZoneList zones
    TrinoPlace place       # belongs to the thread that decodes
    int64_t left           # bytes that are not decoded
    bint busy, ended, failed
    Batch* ready[PART_READY]
    int32_t first, count
    char sqlstate[6]       # when failed
    SQLINTEGER native
    char err[512]


cdef inline Part* part_at(Reader* r, int32_t i) noexcept nogil:
    return &r.parts[(r.first_part + i) % PARTS]


cdef void part_error(Part* q, const char* sqlstate, SQLINTEGER native, const char* text) noexcept nogil:
    """Why the part cannot be read, for the thread that marked it busy; part_piece marks it as failed, with the monitor."""
    memcpy(q.sqlstate, sqlstate, 5)
    q.sqlstate[5] = 0
    q.native = native
    snprintf(q.err, sizeof(q.err), b"%s", text)


cdef Batch* part_decode(Reader* r, Part* q) noexcept nogil:
    """The next piece, for the thread that marked the part busy; NULL when it cannot be read."""
    cdef Batch* b
    cdef int32_t i
    cdef char err[400]
    while True:
        err[0] = 0
        b = trino_decode_some(q.p, q.n, q.specs, r.ncols, &q.zones, &q.place, PIECE_BYTES, err, sizeof(err))
        if b is not NULL:
            break
        if q.zones.missing[0] == 0:
            part_error(q, b"08S01", 0, b"The server's answer cannot be read: ")
            snprintf(q.err + strlen(q.err), sizeof(q.err) - strlen(q.err), b"%s", err)
            return NULL
        if not bridge_zone(q):
            return NULL
    for i in range(r.ncols):
        if q.specs[i].zoned and r.zone_of is not NULL:
            b.cols[i].zone = r.zone_of[i]
    return b


cdef Batch* part_piece(Reader* r, Part* q, bint locked) noexcept nogil:
    """Decode one piece with the monitor let go; NULL when that was none or empty."""
    cdef Batch* b
    q.busy = True
    if locked:
        argus_monitor_unlock(r.monitor)
    b = part_decode(r, q)
    if locked:
        argus_monitor_lock(r.monitor)
    q.busy = False
    q.failed = b is NULL
    q.left = q.n - q.place.at
    q.ended = q.place.ended or q.failed
    if b is not NULL and b.nrows == 0:
        batch_drop(b)
        b = NULL
    if locked:
        argus_monitor_notify_all(r.monitor)
    return b


cdef void part_add(Reader* r) noexcept nogil:
    """Take over the part that bridge_fetch left in r.coming."""
    part_at(r, r.nparts)[0] = r.coming
    memset(&r.coming, 0, sizeof(r.coming))
    r.nparts += 1


cdef void part_drop(Reader* r) noexcept nogil:
    """Drop the first part. What belongs to Python waits for a thread that has the GIL anyhow."""
    cdef Part* q = part_at(r, 0)
    while q.count:
        batch_drop(q.ready[q.first])
        q.first = (q.first + 1) % PART_READY
        q.count -= 1
    free(q.specs)
    free(q.zones.zones)
    if q.block is not NULL:
        run_give(r.run, q.block)
    else:
        r.spent[r.nspent] = q.owner
        r.nspent += 1
    memset(q, 0, sizeof(Part))
    r.first_part = (r.first_part + 1) % PARTS
    r.nparts -= 1


cdef int32_t spent_taken(Reader* r, void** out) noexcept nogil:
    """Take over what is to be given up."""
    cdef bint shared = r.threaded and r.pid == argus_pid()
    cdef int32_t n
    if shared:
        argus_monitor_lock(r.monitor)
    n = r.nspent
    memcpy(out, r.spent, n * sizeof(void*))
    r.nspent = 0
    if shared:
        argus_monitor_unlock(r.monitor)
    return n


cdef Part* part_open(Reader* r, int32_t i) noexcept nogil:
    """The first part from the i-th on that a thread may decode now and that has room; NULL without one."""
    cdef Part* q
    while i < r.nparts:
        q = part_at(r, i)
        if q.failed:
            return NULL
        if not q.busy and not q.ended and q.count < PART_READY:
            return q
        i += 1
    return NULL


cdef void part_ahead(Reader* r, Part* q) noexcept nogil:
    """Decode a piece for later."""
    cdef Batch* b = part_piece(r, q, True)
    if b is not NULL:
        q.ready[(q.first + q.count) % PART_READY] = b
        q.count += 1


cdef bint parts_want(Reader* r) noexcept nogil:
    """Whether more is to be asked for."""
    cdef int64_t left = 0
    cdef int32_t i
    for i in range(r.nparts):
        left += part_at(r, i).left
        if part_at(r, i).failed:
            return False
    return not r.ended and r.nparts < PARTS and left < AHEAD_BYTES


cdef int32_t parts_ready(Reader* r) noexcept nogil:
    cdef int32_t i, n = 0
    for i in range(r.nparts):
        n += part_at(r, i).count
    return n


cdef bint parts_over(Reader* r) noexcept nogil:
    """Whether nothing is left to do for the reader's thread."""
    cdef int32_t i
    for i in range(r.nparts):
        if part_at(r, i).failed:
            return True
        if not part_at(r, i).ended:
            return False
    return r.ended


cdef void parts_run(Reader* r) noexcept nogil:
    """The reader's thread, with the monitor locked: ask for parts, and decode ahead of the application."""
    cdef Part* q
    cdef Batch* b = NULL
    cdef bint over
    while not r.stop and not parts_over(r):
        if r.nspent and not parts_want(r):
            # At once: the next part may want the memory. Where that is asked for now, bridge_fetch does it on its way.
            argus_monitor_unlock(r.monitor)
            bridge_drop_spent(r)
            argus_monitor_lock(r.monitor)
            continue
        if parts_want(r):
            r.pulling = True
            argus_monitor_unlock(r.monitor)
            over = not (r.run is not NULL and run_next(r.run, &r.coming)) and bridge_fetch(r, &b) == 0
            if not over and r.coming.owner is NULL and r.coming.block is NULL:
                reader_error(r, b"HY000", 0, b"rows of another form come in the middle of the result", 53)
                batch_drop(b)
                over = True
            argus_monitor_lock(r.monitor)
            r.pulling = False
            if over:
                r.ended = True
            else:
                part_add(r)
            argus_monitor_notify_all(r.monitor)
            continue
        q = part_open(r, 0) if parts_ready(r) < AHEAD_PIECES else NULL
        if q is not NULL:
            part_ahead(r, q)
        else:
            argus_monitor_wait(r.monitor, -1)


cdef Batch* parts_next(Reader* r, Part* failed) noexcept nogil:
    """The next batch for the application, with the monitor locked; NULL at the end or when a part cannot be read, which
    is copied to *failed then."""
    cdef Part* q
    cdef Part* other
    cdef Batch* b
    while True:
        while r.nparts and part_at(r, 0).ended and part_at(r, 0).count == 0 and not part_at(r, 0).failed:
            part_drop(r)
            argus_monitor_notify_all(r.monitor)
        if r.nparts == 0:
            if r.done:
                return NULL
            argus_monitor_wait(r.monitor, -1)
            continue
        q = part_at(r, 0)
        if q.count:
            b = q.ready[q.first]
            q.first = (q.first + 1) % PART_READY
            q.count -= 1
            argus_monitor_notify_all(r.monitor)
            return b
        if q.failed:
            failed[0] = q[0]
            return NULL
        if not q.busy:
            b = part_piece(r, q, True)
            if b is not NULL:
                return b
            continue
        other = part_open(r, 1)
        if other is not NULL:
            part_ahead(r, other)
        else:
            argus_monitor_wait(r.monitor, -1)


cdef Batch* parts_pull(Reader* r) noexcept nogil:
    """The next batch before there is a reader's thread, or without one; NULL when another part has to come first."""
    cdef Part* q = part_at(r, 0)
    cdef Batch* b = part_piece(r, q, False)
    if q.failed:
        reader_error(r, q.sqlstate, q.native, q.err, strlen(q.err))
    if q.ended:
        part_drop(r)
    return b


cdef bint parts_wait(Reader* r, int64_t rows) noexcept nogil:
    """Whether `rows` more rows, or the end, are still on their way; with the monitor locked."""
    cdef Part* q
    cdef int32_t i, k
    for i in range(r.nparts):
        q = part_at(r, i)
        for k in range(q.count):
            rows -= q.ready[(q.first + k) % PART_READY].nrows
        if q.failed:
            return False
        if not q.ended:
            return rows > 0
    return rows > 0 and not r.done


cdef void parts_close(Reader* r) noexcept nogil:
    """Drop all parts; the reader's thread has ended."""
    while r.nparts:
        part_drop(r)
        bridge_drop_spent(r)
    bridge_drop_spent(r)
