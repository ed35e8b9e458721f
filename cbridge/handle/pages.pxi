# Pages of a HiveServer2 result that are asked for, received and decoded without the GIL: as long as the answers are in the
# form that servers usually send, Python has nothing to say about them. Included by _core.pyx before reader.pxi.

cdef extern from *:
    """
    /* The start of nearly every answer to FetchResults, with the fields that Hive, Spark and Impala write in their order;
     * where the mask is 0 any byte may stand. As USUAL_HEAD in argus_odbc/backends/hs2/tcli.py. */
    static const uint8_t argus_usual_head[] =
        "\\x80\\x01\\x00\\x02\\x00\\x00\\x00\\x0c" "FetchResults" "NNNN"             /* a reply; 20: its number */
        "\\x0c\\x00\\x00"                                                        /* the result; 27: its struct */
        "\\x0c\\x00\\x01\\x08\\x00\\x01\\x00\\x00\\x00\\x00\\x00"                        /* status SUCCESS */
        "\\x02\\x00\\x02" "M" "\\x0c\\x00\\x03"                                      /* 41: hasMoreRows; the rows */
        "\\x0a\\x00\\x01" "OOOOOOOO" "\\x0f\\x00\\x02\\x0c\\x00\\x00\\x00\\x00"            /* where they start; none as rows */
        "\\x0f\\x00\\x03\\x0c" "CCCC"                                              /* 68: number of columns */
        "\\x0c\\x00" "T" "\\x0f\\x00\\x01" "E" "RRRR";                               /* the first column; 79: its values */
    enum { ARGUS_HEAD_NUMBER = 20, ARGUS_HEAD_STRUCT = 27, ARGUS_HEAD_MORE = 41, ARGUS_HEAD_COLUMNS = 68,
           ARGUS_HEAD_ROWS = 79, ARGUS_HEAD_BYTES = 83 };

    _Static_assert(sizeof argus_usual_head == ARGUS_HEAD_BYTES + 1, "a place in it is not where it is said to be");

    static inline int argus_is_usual_head(const uint8_t *p, int64_t n) {
        if (n < ARGUS_HEAD_BYTES) return 0;
        for (int i = 0; i < ARGUS_HEAD_BYTES; i++) {
            uint8_t c = argus_usual_head[i];
            /* Capital letters stand for any byte; FetchResults has two of its own. */
            if (c >= 'A' && c <= 'Z' && (i < 8 || i >= ARGUS_HEAD_NUMBER)) continue;
            if (p[i] != c) return 0;
        }
        return p[ARGUS_HEAD_MORE] <= 1;
    }

    static uint32_t argus_pages_asked;
    /* A number for a request: behind those that Python counts (tcli.Exchange). */
    static inline uint32_t argus_page_number(void) {
        return 0x40000000u | (__atomic_fetch_add(&argus_pages_asked, 1, __ATOMIC_RELAXED) & 0x3FFFFFFFu);
    }
    static inline void argus_put_be32(uint8_t *p, uint32_t v) { v = __builtin_bswap32(v); memcpy(p, &v, 4); }
    static inline void argus_put_be64(uint8_t *p, uint64_t v) { v = __builtin_bswap64(v); memcpy(p, &v, 8); }
    """
    enum: HEAD_NUMBER "ARGUS_HEAD_NUMBER"
    enum: HEAD_STRUCT "ARGUS_HEAD_STRUCT"
    enum: HEAD_MORE "ARGUS_HEAD_MORE"
    enum: HEAD_COLUMNS "ARGUS_HEAD_COLUMNS"
    enum: HEAD_ROWS "ARGUS_HEAD_ROWS"
    bint usual_head "argus_is_usual_head"(const uint8_t* p, int64_t n) noexcept nogil
    uint32_t page_number "argus_page_number"() noexcept nogil
    void put_be32 "argus_put_be32"(uint8_t* p, uint32_t v) noexcept nogil
    void put_be64 "argus_put_be64"(uint8_t* p, uint64_t v) noexcept nogil

# What is known about the rest of a result after its first page.
cdef struct Pages:
    Line* line
    uint8_t* message             # FetchResults as it is sent, changed at two places
    int64_t n, number_at, rows_at
    KindSpec* kinds
    int32_t ncols
    int64_t page_bytes, most_rows
    bint tells_end               # a page without hasMoreRows is the last
    bint over                    # it has come
    uint32_t halted              # Python has something to say
    Shared* left                 # an answer that Python has to read, to the request `number`
    int64_t nleft
    uint32_t number


cdef int pages_ask(Pages* g, Asking* a) noexcept nogil:
    """Send the request and receive its answer. Not 0: why there is none, which the line tells the next who asks."""
    cdef LineWaiter w
    cdef int error
    cdef int64_t limit
    if not line_ask_turn(g.line, &w):
        line_wait_turn(g.line, &w, -1)
    limit = argus_load(&g.line.limit_ms)
    # Python sees first what has happened meanwhile.
    error = LINE_HALF if argus_load(&g.halted) else line_begin(g.line, a, g.message, g.n, limit if limit else -1)
    if error == 0:
        g.number = page_number()
        put_be32(g.message + g.number_at, g.number)
        error = EINTR
        while error == EINTR:
            error = line_go_on(g.line, a)
        line_end(g.line, a, error)
    line_give(g.line)
    return error


cdef Batch* pages_next(Pages* g, char* err, size_t nerr) noexcept nogil:
    """The next page; NULL when Python has to go on, or with a sentence in err when it cannot be read."""
    cdef Asking a
    cdef Batch* b
    cdef const uint8_t* p
    cdef bint more = False
    cdef int64_t rows, each, length
    if g.over or g.left is not NULL or argus_load(&g.halted) or pages_ask(g, &a) != 0:
        return NULL
    p = a.block.data + LINE_PAD
    rows = be32(p + HEAD_ROWS) if usual_head(p, a.length) else 0
    if not 0 < rows <= 0x7FFFFFFF or be32(p + HEAD_NUMBER) != g.number or be32(p + HEAD_COLUMNS) != <uint32_t>g.ncols:
        g.left = a.block
        g.nleft = a.length
        return NULL
    length = a.length - HEAD_STRUCT
    b = hs2_decode(a.block, p + HEAD_STRUCT, length, g.kinds, g.ncols, err, nerr, &more)
    if g.tells_end and p[HEAD_MORE] == 0:
        g.over = True
    block_drop(a.block)
    # As HS2Operation._take does.
    each = length // rows
    rows = g.page_bytes // (each if each > 1 else 1)
    rows = rows if rows < g.most_rows else g.most_rows
    put_be64(g.message + g.rows_at, rows if rows > 1 else 1)
    return b
