# A connection to a HiveServer2 without TLS: whose turn it is, and one request with its whole answer, without the GIL.
# Included by _core.pyx before pages.pxi. Beside a thread that runs Python each wait for the GIL takes up to 5 ms, twice as
# long as a page of rows, so that a request is sent and its answer received in one go.

cdef extern from "errno.h" nogil:
    int EINTR, EBADF

cdef extern from "argus/platform.h" nogil:
    ctypedef struct argus_monitor:
        pass
    argus_monitor* argus_monitor_create()
    void argus_monitor_destroy(argus_monitor*)
    void argus_monitor_lock(argus_monitor*)
    void argus_monitor_unlock(argus_monitor*)
    int argus_monitor_wait(argus_monitor*, int64_t timeout_ms)
    void argus_monitor_notify_all(argus_monitor*)
    int64_t argus_now_ns()
    int argus_receive(int64_t socket, void* p, size_t least, size_t room, int64_t timeout_ms, size_t* got)
    int argus_send(int64_t socket, const void* p, size_t n, int64_t timeout_ms, size_t* sent)

cdef enum:
    # Why there is no answer, besides errno's
    LINE_CLOSED = -1       # the other side has closed
    LINE_ALIEN = -2        # what came is no answer of this protocol; `start` has its beginning
    LINE_SURPLUS = -3      # bytes follow the answer
    LINE_HALF = -4         # the caller has left in the middle
    LINE_MEMORY = -5       # there is no memory for it

    LINE_MOST = 0x7FFFFFFF       # bytes of a message: HiveServer2's own limit
    LINE_ROOM = 65536            # bytes to make room for where nothing says how long an answer is
    LINE_START = 64
    LINE_PAD = 2048              # bytes before an answer in its memory: see line_memory
    KEPT_BLOCKS = 12             # pieces of memory that are kept: what waits to be decoded, is decoded, is on its way
    KEPT_WASTE = 4               # times of what is wanted that a piece may have
    KEPT_SMALL = 1 << 16         # bytes of what is wanted below which a piece may have any size of its order
    KEPT_LARGEST = 32 << 20      # bytes of the largest one that is kept

cdef struct LineWaiter:
    LineWaiter* next
    bint turn

cdef struct Line:
    argus_monitor* monitor       # guards what follows up to `limit_ms`
    uint32_t generation          # of the process whose threads have a turn: a forked child has none of them
    bint held
    LineWaiter* first            # those that wait for their turn, in their order
    Shared* kept[KEPT_BLOCKS]
    int64_t used[KEPT_BLOCKS]    # when each was taken last
    int64_t times
    uint32_t limit_ms            # that each part of an answer to Pages may take, 0: no limit; any thread may set it
    int64_t socket               # -1: closed; this and the rest belong to whose turn it is
    bint framed                  # messages have a length before them
    int broken                   # why nothing can be sent any more; 0: it can
    int64_t expected             # bytes of an answer, where nothing tells its length
    int64_t surplus
    uint8_t start[LINE_START]
    int32_t nstart

# One request and its answer, which may take several calls of line_go_on.
cdef struct Asking:
    const uint8_t* message
    int64_t n, sent
    int64_t limit_ms, since      # since when nothing has come
    uint8_t head[4]
    int64_t nhead
    Shared* block
    int64_t have, missing
    int64_t length               # of the answer, LINE_PAD bytes into the block
    Scan scan


# ---- turns ----

cdef bint line_ask_turn(Line* l, LineWaiter* w) noexcept nogil:
    """Whether it is this caller's turn at once; else w stands in the queue."""
    cdef LineWaiter** last
    argus_monitor_lock(l.monitor)
    if l.generation != argus_generation:
        # Whoever was in an exchange has left `broken` behind.
        l.generation = argus_generation
        l.held = False
        l.first = NULL
    w.next = NULL
    w.turn = not l.held
    if w.turn:
        l.held = True
    else:
        last = &l.first
        while last[0] is not NULL:
            last = &last[0].next
        last[0] = w
    argus_monitor_unlock(l.monitor)
    return w.turn


cdef bint line_wait_turn(Line* l, LineWaiter* w, int64_t timeout_ms) noexcept nogil:
    cdef int late = 0
    argus_monitor_lock(l.monitor)
    while not w.turn and not late:
        late = argus_monitor_wait(l.monitor, timeout_ms)
    argus_monitor_unlock(l.monitor)
    return w.turn


cdef void line_give(Line* l) noexcept nogil:
    """To the next who waits."""
    cdef LineWaiter* w
    argus_monitor_lock(l.monitor)
    w = l.first
    if w is NULL:
        l.held = False
    else:
        l.first = w.next
        w.turn = True
        argus_monitor_notify_all(l.monitor)
    argus_monitor_unlock(l.monitor)


cdef void line_leave_queue(Line* l, LineWaiter* w) noexcept nogil:
    cdef LineWaiter** at = &l.first
    argus_monitor_lock(l.monitor)
    while at[0] is not NULL and at[0] is not w:
        at = &at[0].next
    if at[0] is w:
        at[0] = w.next
    argus_monitor_unlock(l.monitor)
    if w.turn:
        line_give(l)


# ---- memory for answers: used again when no batch and no view refers to it any more ----

cdef Shared* line_memory(Line* l, int64_t answer) noexcept nogil:
    """A block for an answer of so many bytes, shared with the caller; NULL without memory.

    The answer begins half a page on: where the system's copy of the bytes has the same place in its page as the
    application's, copying them takes up to three times as long.
    """
    cdef Shared* b
    cdef int32_t i, found = -1, place = -1
    cdef int64_t size = answer + LINE_PAD
    cdef int64_t most = KEPT_WASTE * (size if size > KEPT_SMALL else KEPT_SMALL)
    argus_monitor_lock(l.monitor)
    for i in range(KEPT_BLOCKS):
        b = l.kept[i]
        if b is NULL:
            if place < 0 or l.kept[place] is not NULL:
                place = i
        elif block_alone(b):
            # The one that was used last: the processor's cache may still have it.
            if size <= b.size <= most and (found < 0 or l.used[i] > l.used[found]):
                found = i
            if place < 0 or (l.kept[place] is not NULL and l.used[i] < l.used[place]):
                place = i
    if found >= 0:
        b = block_share(l.kept[found])
        place = found
    else:
        # Answers of one result are of about one size; the next may be a bit larger.
        b = block_new(size + size // 8)
        if b is not NULL and place >= 0 and size <= KEPT_LARGEST:
            block_drop(l.kept[place])
            l.kept[place] = block_share(b)
    if place >= 0:
        l.times += 1
        l.used[place] = l.times
    argus_monitor_unlock(l.monitor)
    return b


cdef void line_forget(Line* l) noexcept nogil:
    """Keep no memory. What is in use stays until it is not."""
    cdef int32_t i
    argus_monitor_lock(l.monitor)
    for i in range(KEPT_BLOCKS):
        block_drop(l.kept[i])
        l.kept[i] = NULL
    argus_monitor_unlock(l.monitor)


# ---- a request and its answer ----

cdef int line_begin(Line* l, Asking* a, const uint8_t* message, int64_t n, int64_t limit_ms) noexcept nogil:
    """Whose turn it is begins. Not 0: why nothing can be sent."""
    memset(a, 0, sizeof(Asking))
    a.message = message
    a.n = n
    a.limit_ms = limit_ms
    a.missing = 1
    a.since = argus_now_ns()
    if l.broken == 0 and l.socket < 0:
        l.broken = EBADF
    if l.broken:
        return l.broken
    # Whoever leaves before the answer is there leaves a connection that nobody can use.
    l.broken = LINE_HALF
    return 0


cdef int line_end(Line* l, Asking* a, int error) noexcept nogil:
    """After the last line_go_on, which said `error`. The block is the caller's, or dropped after an error."""
    l.broken = error
    if error:
        block_drop(a.block)
        a.block = NULL
    return error


cdef int64_t line_left(const Asking* a) noexcept nogil:
    """Milliseconds until the time is up; below 0: no limit."""
    cdef int64_t left
    if a.limit_ms < 0:
        return -1
    left = a.limit_ms - (argus_now_ns() - a.since) // 1000000
    return left if left > 0 else 0


cdef int line_take_in(Line* l, Asking* a, uint8_t* p, int64_t* have, int64_t least, int64_t room) noexcept nogil:
    """Receive behind what is there: `least` bytes more, at most `room`."""
    cdef size_t got = 0
    cdef int error = argus_receive(l.socket, p + have[0], least, room, line_left(a), &got)
    have[0] += got
    if got:
        a.since = argus_now_ns()
    return LINE_CLOSED if error == 0 and <int64_t>got < least else error


cdef int line_alien(Line* l, const uint8_t* p, int64_t n) noexcept nogil:
    l.nstart = <int32_t>(n if n < LINE_START else LINE_START)
    memcpy(l.start, p, l.nstart)
    return LINE_ALIEN


cdef int line_go_on(Line* l, Asking* a) noexcept nogil:
    """0: the answer is there. EINTR: a signal came, call again. Else why there is none."""
    cdef size_t went = 0
    cdef int error
    if a.sent < a.n:
        error = argus_send(l.socket, a.message + a.sent, a.n - a.sent, line_left(a), &went)
        a.sent += went
        if went:
            a.since = argus_now_ns()
        if error:
            return error
    return line_framed(l, a) if l.framed else line_bare(l, a)


cdef int line_framed(Line* l, Asking* a) noexcept nogil:
    cdef int error = 0
    if a.nhead < 4:
        error = line_take_in(l, a, a.head, &a.nhead, 4 - a.nhead, 4 - a.nhead)
        if error:
            return error
    if a.block is NULL:
        a.length = be32(a.head)
        # A length that reads as text, or as a Thrift message, is none.
        if a.length > LINE_MOST or memcmp(a.head, b"HTTP", 4) == 0:
            return line_alien(l, a.head, 4)
        a.block = line_memory(l, a.length)
        if a.block is NULL:
            return LINE_MEMORY
    if a.have < a.length:
        error = line_take_in(l, a, a.block.data + LINE_PAD, &a.have, a.length - a.have, a.length - a.have)
    return error


cdef int line_bare(Line* l, Asking* a) noexcept nogil:
    """An answer without a length: received piece by piece, while its end is looked for."""
    cdef Shared* larger
    cdef uint8_t* p
    cdef int64_t before, room
    cdef int error
    if a.block is NULL:
        a.block = line_memory(l, l.expected)
        if a.block is NULL:
            return LINE_MEMORY
    while True:
        if a.have == a.block.size - LINE_PAD:
            larger = line_memory(l, 2 * a.have)
            if larger is NULL:
                return LINE_MEMORY
            memcpy(larger.data + LINE_PAD, a.block.data + LINE_PAD, a.have)
            block_drop(a.block)
            a.block = larger
        p = a.block.data + LINE_PAD
        room = a.block.size - LINE_PAD - a.have
        before = a.have
        error = line_take_in(l, a, p, &a.have, a.missing if a.missing < room else room, room)
        a.missing = a.missing - (a.have - before) if a.missing > a.have - before else 1
        if error:
            return error
        a.length = hs2_message_end(&a.scan, p, a.have)
        if a.length == SCAN_ALIEN or a.length > LINE_MOST:
            return line_alien(l, p, a.have)
        if a.length != SCAN_MORE:
            break
        # Columns of numbers, and texts to be counted: it is not looked at again before these have come.
        a.missing = scan_missing(&a.scan, a.have)
    if a.length != a.have:
        l.surplus = a.have - a.length
        return LINE_SURPLUS
    # Answers of one result are of about one size; a new block has an eighth more.
    room = a.length + a.length // 64
    l.expected = room if room > LINE_ROOM else LINE_ROOM
    return 0
