# The beginning and the end of a run of usual pages (handle/pageruns.pxi), for argus_odbc/backends/trino/operation.py.
# Included by _core.pyx after bridge_trino.pxi.

cdef class UsualPages:
    """The pages of one result that the reader's thread receives and asks for by itself."""

    cdef PageRun run
    cdef object kept, specs

    def __dealloc__(self):
        while self.run.nspare:
            self.run.nspare -= 1
            block_drop(self.run.spare[self.run.nspare])
        block_drop(self.run.block)
        free(self.run.specs)
        free(self.run.request)

    def begin(self, bytes path, int64_t descriptor, timeout, int64_t slow, bytes base, bytes query, bytes columns, bytes lines,
              bytes suffix):
        """A page has been asked for, at `path`: it and those behind it may be read here.

        `slow`: bytes a second of a link below which each answer is for Python; 0: none. `base`: scheme://host:port. `query`,
        `columns`: the values of a page's members. `lines`: a request behind its path, which ends with `suffix` where one is
        given.
        """
        cdef PageRun* run = &self.run
        if len(path) >= PAGE_PATH:
            return
        self.kept = (base, query, columns, lines, suffix)
        free(run.request)
        run.request = <char*>malloc(8 + PAGE_PATH + len(suffix) + len(lines))
        if run.request is NULL:
            raise MemoryError
        run.pid = argus_pid()
        run.socket = descriptor
        run.timeout_ms = -1 if timeout is None else int(timeout * 1000 + 0.999)
        run.slow = slow
        run.known.base, run.known.nbase = <const char*>base, len(base)
        run.known.query, run.known.nquery = <const char*>query, len(query)
        run.known.columns, run.known.ncolumns = <const char*>columns, len(columns)
        run.lines, run.nlines = <const char*>lines, len(lines)
        run.suffix, run.nsuffix = <const char*>suffix, len(suffix)
        run.expected = max(run.expected, <int64_t>RUN_FIRST)
        run_lock(run)
        memcpy(run.path, <const char*>path, len(path))
        run.npath = len(path)
        run_unlock(run)
        run.on = True

    @property
    def on(self):
        return self.run.on

    @property
    def path(self):
        """Of the page that has been asked for."""
        cdef char path[PAGE_PATH]
        cdef int64_t n
        run_lock(&self.run)
        n = self.run.npath
        memcpy(path, self.run.path, n)
        run_unlock(&self.run)
        return <bytes>path[:n]

    @property
    def heard(self):
        """When the last answer came, as time.monotonic tells it."""
        cdef int64_t at
        run_lock(&self.run)
        at = self.run.heard
        run_unlock(&self.run)
        return at * 1e-9

    def end(self):
        """Read on in Python, in the reader's thread. What there is of the next answer: (memory, where it begins there, how
        many bytes, bytes of the body where that is whole, else -1, errno's, whether its request could not be sent, seconds
        from its head on)."""
        cdef PageRun* run = &self.run
        cdef WireMemory memory = None
        run.on = False
        if run.block is not NULL:
            memory = WireMemory.__new__(WireMemory, 0)
            block_drop(memory.block)
            memory.block = run.block
            run.block = NULL
        found = (memory, RUN_START, run.have if memory is not None else 0, run.frame.head,
                 run.joined if memory is not None else -1, run.error, run.unsent, run.took * 1e-9)
        run.have, run.joined, run.error, run.unsent, run.took = 0, -1, 0, False, 0
        return found


cdef int pages_of(Reader* r, Part* q, object part) except -1:
    """Let the reader read on by itself behind this part."""
    cdef UsualPages pages = part.pages
    cdef PageRun* run = &pages.run
    if run.specs is NULL:
        run.specs = <TrinoSpec*>malloc((r.ncols + 1) * sizeof(TrinoSpec))
        if run.specs is NULL:
            raise MemoryError
        memcpy(run.specs, q.specs, (r.ncols + 1) * sizeof(TrinoSpec))
        run.ncols = r.ncols
        pages.specs = part.specs
    r.run = run
    return 0
