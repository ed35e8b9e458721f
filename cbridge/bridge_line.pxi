# The bridge of a connection to a HiveServer2 (handle/line.pxi), and of the pages that it brings (handle/pages.pxi).
# Included by _core.pyx after bridge_memory.pxi.

cdef enum:
    SIGNALS_MS = 100       # between two looks for signals of a thread that waits for its turn


cdef class Received:
    """The bytes of an answer, in memory that batches may share."""

    cdef Shared* block
    cdef int64_t length

    def __dealloc__(self):
        block_drop(self.block)

    def __len__(self):
        return self.length

    def __getbuffer__(self, Py_buffer* view, int flags):
        PyBuffer_FillInfo(view, self, self.block.data + LINE_PAD if self.block is not NULL else NULL, self.length, 0, flags)


cdef Received received(Shared* block, int64_t length):
    """Takes over the block."""
    cdef Received r = Received.__new__(Received)
    r.block = block
    r.length = length
    return r


cdef class WireLine:
    """A connected socket without TLS on which whole messages go there and back; a lock, too: `with line:` is a turn."""

    cdef Line* line

    def __cinit__(self, int64_t descriptor, bint framed):
        self.line = <Line*>calloc(1, sizeof(Line))
        if self.line is NULL:
            raise MemoryError
        self.line.monitor = argus_monitor_create()
        if self.line.monitor is NULL:
            raise MemoryError
        self.line.generation = argus_generation
        self.line.socket = descriptor
        self.line.framed = framed
        self.line.expected = LINE_ROOM

    def __dealloc__(self):
        if self.line is NULL:
            return
        if self.line.monitor is not NULL:
            line_forget(self.line)
            argus_monitor_destroy(self.line.monitor)
        free(self.line)

    def acquire(self, bint blocking=True):
        """As threading.Lock, but in turn. A signal's handler that raises ends the wait."""
        cdef LineWaiter w
        cdef bint turn = line_ask_turn(self.line, &w)
        if not turn and not blocking:
            line_leave_queue(self.line, &w)
            return False
        while not turn:
            with nogil:
                turn = line_wait_turn(self.line, &w, SIGNALS_MS)
            if not turn:
                try:
                    PyErr_CheckSignals()
                except BaseException:
                    line_leave_queue(self.line, &w)
                    raise
        return True

    def release(self):
        line_give(self.line)

    def __enter__(self):
        self.acquire()
        return self

    def __exit__(self, kind, value, trace):
        line_give(self.line)

    def limit(self, timeout):
        """Seconds that each part of an answer to Pages may take; None: no limit."""
        cdef int64_t limit = 0 if timeout is None else milliseconds(timeout)
        argus_store(&self.line.limit_ms, <uint32_t>(limit if limit < 0xFFFFFFFF else 0xFFFFFFFF))

    def exchange(self, bytes message not None, timeout):
        """Send the message and receive its answer, a view of its memory.

        OSError; TimeoutError where nothing comes for `timeout` seconds (None: no limit); or a number below 0 that says why
        there is none (argus_odbc.native). After any of these nothing can be sent any more, also when a signal's handler
        raised; one that raises nothing makes no difference (PEP 475).
        """
        cdef Asking a
        cdef const uint8_t* p = message
        cdef int error = line_begin(self.line, &a, p, len(message), milliseconds(timeout))
        if error == 0:
            error = EINTR
            while error == EINTR:
                with nogil:
                    error = line_go_on(self.line, &a)
                if error == EINTR:
                    try:
                        PyErr_CheckSignals()
                    except BaseException:
                        line_end(self.line, &a, LINE_HALF)
                        raise
            line_end(self.line, &a, error)
        if error == LINE_MEMORY:
            raise MemoryError
        if error > 0:
            import os
            raise OSError(error, os.strerror(error))
        return error if error else memoryview(received(a.block, a.length))

    @property
    def framed(self):
        """Messages have a length before them, which `exchange` is given with them."""
        return self.line.framed

    @property
    def start(self):
        """The first bytes of what was no answer."""
        return self.line.start[:self.line.nstart]

    @property
    def surplus(self):
        """Bytes that followed the answer."""
        return self.line.surplus

    def forget(self):
        """Keep no memory."""
        line_forget(self.line)

    def detach(self):
        """The socket is going to be closed."""
        self.line.socket = -1


cdef int64_t milliseconds(timeout) except? -2:
    return -1 if timeout is None else int(timeout * 1000 + 0.999)


cdef class PageReader:
    """The pages of a result that the reader's thread may ask for by itself, until `halt`."""

    cdef Pages pages
    cdef WireLine line
    cdef bytearray message

    def __init__(self, WireLine line not None, bytes message not None, int64_t number_at, int64_t rows_at, kinds,
                 int64_t page_bytes, int64_t most_rows, bint tells_end):
        """`message`: a FetchResults, with its number and maxRows at these places. `kinds`: as in HS2Rows."""
        if not (0 <= number_at <= len(message) - 4 and 0 <= rows_at <= len(message) - 8) or self.line is not None:
            raise ValueError("the message has no such places")
        self.line = line
        self.message = bytearray(message)
        self.pages.line = line.line
        self.pages.message = <uint8_t*>PyByteArray_AsString(self.message)
        self.pages.n = len(message)
        self.pages.number_at = number_at
        self.pages.rows_at = rows_at
        self.pages.kinds = kind_specs(kinds)
        self.pages.ncols = len(kinds)
        self.pages.page_bytes = page_bytes
        self.pages.most_rows = most_rows
        self.pages.tells_end = tells_end

    def __dealloc__(self):
        free(self.pages.kinds)
        block_drop(self.pages.left)

    def halt(self):
        """Ask for no more pages without Python; from any thread."""
        argus_store(&self.pages.halted, 1)

    @property
    def over(self):
        """The last page has come."""
        return self.pages.over

    def left(self):
        """(number of the request, answer) where an answer came that Python has to read; else None."""
        cdef Shared* block = self.pages.left
        if block is NULL:
            return None
        self.pages.left = NULL
        return self.pages.number, memoryview(received(block, self.pages.nleft))


cdef int adopt_pages(Reader* r, object pages) except -1:
    """From now on the reader's thread asks for pages by itself."""
    if pages is not None and r.pages is NULL and (<PageReader?>pages).pages.ncols == r.ncols:
        own(&r.pages_owner, pages)
        r.pages = &(<PageReader>pages).pages
    return 0
