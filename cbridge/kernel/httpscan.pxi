# The frame of an HTTP answer in HTTP/1's own forms (RFC 9112): where its head ends, and what is missing of its body.
# Included by _core.pyx after jsonscan.pxi. It says only how much to wait for, so that an answer is received in one go;
# web/response.py and web/chunks.py read it. Whatever is not of the usual form is `odd`, and theirs alone.

cdef enum:
    HTTP_HEAD = 1 << 16   # bytes that a head may have
    HTTP_LINE = 4096      # bytes of the line before a chunk, and of the lines behind the last

cdef struct HttpFrame:
    int64_t head          # its bytes; 0: it has not ended
    int64_t end           # bytes of the answer; 0: not known yet
    int64_t at            # where to look on
    int64_t length        # Content-Length; -1: none
    int64_t since         # when the head had come; for who receives
    bint chunked, odd
    bint plain            # 200, over HTTP/1.1, and without a field that says more than how long the body is


cdef inline bint http_same(const char* p, const char* lower, int64_t n) noexcept nogil:
    """Whether the n characters are those of `lower`, in any case."""
    cdef int64_t i
    for i in range(n):
        if (p[i] | 0x20) != lower[i]:
            return False
    return True


cdef inline bint http_space(char c) noexcept nogil:
    return c == c' ' or c == c'\t' or c == c'\r'


cdef void http_value(const char** p, const char** end) noexcept nogil:
    """Narrow a value to what stands between its spaces."""
    while p[0] < end[0] and http_space(p[0][0]):
        p[0] += 1
    while p[0] < end[0] and http_space((end[0] - 1)[0]):
        end[0] -= 1


cdef void http_field(HttpFrame* f, const char* p, const char* end) noexcept nogil:
    """One line of a head, without its line feed."""
    cdef const char* value
    if p[0] == c' ' or p[0] == c'\t':
        f.odd = True
    elif end - p > 15 and p[14] == c':' and http_same(p, b"content-length", 14):
        value = p + 15
        http_value(&value, &end)
        if f.length >= 0 or not 0 < end - value <= 15:
            f.odd = True
            return
        f.length = 0
        while value < end:
            if not c'0' <= value[0] <= c'9':
                f.odd = True
            f.length = f.length * 10 + (value[0] - c'0')
            value += 1
    elif end - p > 18 and p[17] == c':' and http_same(p, b"transfer-encoding", 17):
        value = p + 18
        http_value(&value, &end)
        f.odd = f.odd or f.chunked or end - value != 7 or not http_same(value, b"chunked", 7)
        f.chunked = True
    elif (
        end - p > 8 and http_same(p, b"x-trino-", 8)
        or end - p > 10 and http_same(p, b"connection", 10)
        or end - p > 16 and http_same(p, b"content-encoding", 16)
    ):
        f.plain = False


cdef void http_head(const char* p, int64_t n, HttpFrame* f) noexcept nogil:
    """Read the head line by line, as far as whole lines are there; f.head is set at its end."""
    cdef const char* feed
    cdef int64_t next, status
    while not f.odd and f.head == 0:
        feed = <const char*>memchr(p + f.at, c'\n', n - f.at) if n > f.at else NULL
        if feed is NULL:
            f.odd = n - f.at > HTTP_HEAD
            return
        next = feed + 1 - p
        if f.at == 0:
            status = (p[9] - c'0') * 100 + (p[10] - c'0') * 10 + (p[11] - c'0') if next > 12 else 0
            # An interim answer has another one behind it, 204 and 304 have no body.
            f.odd = next <= 12 or memcmp(p, b"HTTP/1.", 7) != 0 or not 200 <= status <= 599 or status == 204 or status == 304
            f.plain = status == 200 and next > 12 and p[7] == c'1'
        elif p[f.at] == c'\n' or (p[f.at] == c'\r' and next == f.at + 2):
            f.head = next
        else:
            http_field(f, p + f.at, feed)
        f.at = next
        f.odd = f.odd or next > HTTP_HEAD
    # Without a length the connection's end is the body's.
    f.odd = f.odd or f.length < 0 and not f.chunked
    if not f.odd and not f.chunked:
        f.end = f.head + f.length


cdef int64_t http_chunks(const char* p, int64_t n, HttpFrame* f) noexcept nogil:
    """Step over the chunks that are there: what is missing at least."""
    cdef const char* feed
    cdef int64_t size, i
    cdef int32_t digit
    while True:
        feed = <const char*>memchr(p + f.at, c'\n', min(n - f.at, <int64_t>HTTP_LINE)) if n > f.at else NULL
        if feed is NULL:
            f.odd = n - f.at >= HTTP_LINE
            # The shortest end is "0", and two ends of lines.
            return 0 if f.odd else max(<int64_t>1, 5 - (n - f.at))
        size = i = 0
        while i < 15:
            digit = hex_digit(p[f.at + i])
            if digit < 0:
                break
            size = size << 4 | digit
            i += 1
        if i == 0 or i == 15 or (feed - 1)[0] != c'\r':
            f.odd = True
            return 0
        if size == 0:
            return http_last(p, n, feed - p - 1, f)
        if feed + 1 - p + size + 2 > n:
            return feed + 1 - p + size + 2 - n
        if memcmp(feed + 1 + size, b"\r\n", 2) != 0:
            f.odd = True
            return 0
        f.at = feed + 1 - p + size + 2


cdef int64_t http_last(const char* p, int64_t n, int64_t at, HttpFrame* f) noexcept nogil:
    """The empty chunk has come, whose line ends at `at`: what is missing of the lines behind it, up to an empty one."""
    cdef int64_t i
    for i in range(at, min(n - 3, at + HTTP_LINE)):
        if memcmp(p + i, b"\r\n\r\n", 4) == 0:
            f.end = i + 4
            return 0
    f.odd = n - at > HTTP_LINE
    return 0 if f.odd else max(<int64_t>1, 4 - (n - at))


cdef int64_t http_join(char* p, int64_t n) noexcept nogil:
    """Move the chunks of a whole body together (http_missing has found its end): the bytes of its content."""
    cdef int64_t at = 0, out = 0, size
    while True:
        size = 0
        while hex_digit(p[at]) >= 0:
            size = size << 4 | hex_digit(p[at])
            at += 1
        if size == 0:
            return out
        at = <char*>memchr(p + at, c'\n', n - at) + 1 - p
        memmove(p + out, p + at, size)
        out += size
        at += size + 2


cdef int64_t http_missing(const char* p, int64_t n, HttpFrame* f) noexcept nogil:
    """How many bytes are missing at least of the answer of which n have come; 0: none, or f.odd.

    f is zero but for a length of -1 at the beginning, and stays with the answer, also when that moves to other memory.
    """
    if f.head == 0:
        http_head(p, n, f)
        if f.odd:
            return 0
        if f.head == 0:
            return 1
    if f.end:
        return f.end - n if f.end > n else 0
    return http_chunks(p, n, f)
