# A run of usual pages (kernel/trinopage.pxi), received and asked for by the reader's thread without Python: beside a thread
# that runs Python, each page that takes the GIL waits for it. Included by _core.pyx after parts.pxi.
#
# Python begins a run when it has asked for a page (bridge_pages.pxi), and goes on itself when the run meets anything else:
# what has been received by then is handed over.

cdef enum:
    RUN_SPARES = 6        # blocks that are kept: what waits to be decoded, is decoded, is received
    RUN_START = 2048      # where answers begin in them, as START of web/http.py
    RUN_FIRST = 1 << 20   # bytes of the first one
    RUN_LARGE = 1 << 18   # bytes of an answer that tells how fast the link is

cdef struct PageRun:
    bint on               # between its begin and its hand-over
    int pid
    uint32_t lock         # of what follows, which other threads look at
    char path[PAGE_PATH]  # of the page that has been asked for
    int64_t npath, heard  # when the last answer came
    Shared* spare[RUN_SPARES]
    int32_t nspare
    # set by Python, which keeps the bytes
    int64_t socket, timeout_ms, slow
    PageKnown known
    const char* lines     # of a request, behind its path
    int64_t nlines
    const char* suffix    # of a path
    int64_t nsuffix
    TrinoSpec* specs
    int32_t ncols
    char* request         # room for one
    # the answer that is received, and how that ended
    Shared* block
    HttpFrame frame
    int64_t have, expected, joined
    int64_t took          # nanoseconds from its head on
    int error
    bint unsent           # the request for it could not be sent


cdef inline void run_lock(PageRun* run) noexcept nogil:
    """A forked child has one thread, and its copy of the lock may be that of another."""
    if run.pid == argus_pid():
        argus_lock(&run.lock)


cdef inline void run_unlock(PageRun* run) noexcept nogil:
    if run.pid == argus_pid():
        argus_unlock(&run.lock)


cdef Shared* run_block(PageRun* run, int64_t size) noexcept nogil:
    """Memory for an answer, the one that was used last if that is large enough."""
    cdef Shared* b = NULL
    run_lock(run)
    while run.nspare and b is NULL:
        run.nspare -= 1
        b = run.spare[run.nspare]
        if b.size < size:
            block_drop(b)
            b = NULL
    run_unlock(run)
    return b if b is not NULL else block_new(size + size // 8)


cdef void run_give(PageRun* run, Shared* b) noexcept nogil:
    """Memory that nobody needs any more."""
    cdef Shared* old = NULL
    run_lock(run)
    if run.nspare == RUN_SPARES:
        old = b
    else:
        run.spare[run.nspare] = b
        run.nspare += 1
    run_unlock(run)
    block_drop(old)


cdef bint run_receive(PageRun* run) noexcept nogil:
    """Receive the next answer; whether all of it is there, as an answer without anything special."""
    cdef Shared* larger
    cdef int64_t left = run.timeout_ms, begun = argus_now_ns(), before, wanted
    run.have = 0
    run.joined = -1
    run.error = 0
    memset(&run.frame, 0, sizeof(HttpFrame))
    run.frame.length = -1
    run.block = run_block(run, run.expected + RUN_START)
    if run.block is NULL:
        return False
    while True:
        before = run.have
        run.error = receive_frame(<char*>run.block.data + RUN_START, &run.have, run.block.size - RUN_START, run.socket, left,
                                  &run.frame)
        if run.error == EINTR:
            # Python's handlers run in the main thread.
            if run.have > before:
                begun = argus_now_ns()
            if run.timeout_ms >= 0:
                left = max(<int64_t>0, run.timeout_ms - (argus_now_ns() - begun) // 1000000)
            continue
        if run.error or run.frame.odd:
            return False
        if http_missing(<char*>run.block.data + RUN_START, run.have, &run.frame) == 0:
            break
        wanted = run.frame.end if run.frame.end else 2 * run.have
        larger = block_new(RUN_START + wanted + wanted // 8)
        if larger is NULL:
            return False
        memcpy(larger.data + RUN_START, run.block.data + RUN_START, run.have)
        block_drop(run.block)
        run.block = larger
    run.took = argus_now_ns() - run.frame.since
    run.expected = run.have + run.have // 8
    return run.frame.plain and run.have == run.frame.end


cdef bint run_asks(PageRun* run, const PageFound* found) noexcept nogil:
    """Ask for the page that follows, and tell other threads where that is."""
    cdef char* p = run.request
    cdef size_t sent = 0
    memcpy(p, b"GET ", 4)
    p += 4
    memcpy(p, found.path, found.npath)
    p += found.npath
    if run.nsuffix:
        p[0] = c'&' if memchr(found.path, c'?', found.npath) is not NULL else c'?'
        p += 1
        memcpy(p, run.suffix, run.nsuffix)
        p += run.nsuffix
    memcpy(p, run.lines, run.nlines)
    p += run.nlines
    run_lock(run)
    memcpy(run.path, found.path, found.npath)
    run.npath = found.npath
    run.heard = argus_now_ns()
    run_unlock(run)
    return argus_send_now(run.socket, run.request, p - run.request, &sent) == 0 and sent == <size_t>(p - run.request)


cdef bint run_next(PageRun* run, Part* q) noexcept nogil:
    """The next part, when its page is a usual one; else the run is over, and Python reads on."""
    cdef PageFound found
    cdef char* body
    cdef int64_t n
    if not run.on:
        return False
    if run.unsent or not run_receive(run):
        run.on = False
        return False
    body = <char*>run.block.data + RUN_START + run.frame.head
    n = run.have - run.frame.head
    if run.frame.chunked:
        n = run.joined = http_join(body, n)
    # Whether packed answers would come sooner is not decided here.
    if run.slow and n >= RUN_LARGE and <double>n * 1e9 < <double>run.slow * <double>run.took:
        run.on = False
        return False
    if n < 0 or not page_usual(body, n, &run.known, &found):
        run.on = False
        return False
    memset(q, 0, sizeof(Part))
    q.specs = <TrinoSpec*>malloc((run.ncols + 1) * sizeof(TrinoSpec))
    if q.specs is NULL:
        run.on = False
        return False
    memcpy(q.specs, run.specs, (run.ncols + 1) * sizeof(TrinoSpec))
    run.unsent = not run_asks(run, &found)
    q.block = run.block
    run.block = NULL
    run.have = 0
    q.p = body + found.start
    q.left = q.n = found.end - found.start
    return True
