# A JSON text walked without building anything: strings, steps over values, the members of an object.
# Included by _core.pyx after hs2scan.pxi. Every read is preceded by a look at the end.

cdef extern from *:
    """
    #ifdef __SSE2__
    #include <emmintrin.h>
    #endif

    /* The bytes from p on that neither end a JSON string nor begin an escape, sixteen or eight at a time. */
    static inline int64_t argus_json_plain(const char *p, const char *end) {
        const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
        const char *q = p;
    #ifdef __SSE2__
        const __m128i quotes = _mm_set1_epi8('"'), backs = _mm_set1_epi8(0x5C);
        for (; end - q >= 16; q += 16) {
            __m128i v = _mm_loadu_si128((const __m128i *)q);
            int hit = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, quotes), _mm_cmpeq_epi8(v, backs)));
            if (hit) return q - p + __builtin_ctz((unsigned)hit);
        }
    #endif
        for (; end - q >= 8; q += 8) {
            uint64_t v, quote, back, hit;
            memcpy(&v, q, 8);
            quote = v ^ 0x2222222222222222u;
            back = v ^ 0x5C5C5C5C5C5C5C5Cu;
            hit = (((quote - ones) & ~quote) | ((back - ones) & ~back)) & highs;
            if (hit) return q - p + (__builtin_ctzll(hit) >> 3);
        }
        while (q < end && *q != '"' && *q != 0x5C) q++;
        return q - p;
    }

    /* Characters of a number or a word. */
    static inline int argus_json_scalar(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '+' || c == '.';
    }
    """
    int64_t json_plain "argus_json_plain"(const char* p, const char* end) noexcept nogil
    bint json_scalar "argus_json_scalar"(char c) noexcept nogil

# A read position with its end, and where the text of an error goes.
cdef struct Json:
    const char* start
    const char* p
    const char* end
    char* err
    size_t nerr

cdef enum:
    JSON_MEMBERS = 64
    JSON_SMALL = 1 << 16   # bytes that take less time than to get the GIL back beside other threads

# One member of an object: the spans of its name (without quotes, escapes as they came) and of its value.
cdef struct JsonMember:
    const char* name
    const char* value
    int64_t nname, nvalue


cdef bint json_fail(Json* j, const char* what) noexcept nogil:
    """Keep the sentence, with the byte at which it holds."""
    snprintf(j.err, j.nerr, b"%s (byte %lld of %lld)", what, <long long>(j.p - j.start), <long long>(j.end - j.start))
    return False


cdef inline bint json_cut(Json* j) noexcept nogil:
    return json_fail(j, b"the JSON ends in the middle of a value")


cdef inline void json_space(Json* j) noexcept nogil:
    while j.p < j.end and (j.p[0] == c' ' or j.p[0] == c'\n' or j.p[0] == c'\r' or j.p[0] == c'\t'):
        j.p += 1


cdef inline bint json_mark(Json* j, char mark) noexcept nogil:
    """Step over `mark` when it is the next character."""
    if j.p < j.end and j.p[0] == mark:
        j.p += 1
        return True
    json_space(j)
    if j.p == j.end or j.p[0] != mark:
        return False
    j.p += 1
    return True


cdef bint json_string(Json* j, const char** text, int64_t* n, bint* escaped) noexcept nogil:
    """The span of a string, j.p at its first quote."""
    escaped[0] = False
    j.p += 1
    text[0] = j.p
    while True:
        j.p += json_plain(j.p, j.end)
        if j.p == j.end:
            return json_cut(j)
        if j.p[0] == c'"':
            n[0] = j.p - text[0]
            j.p += 1
            return True
        escaped[0] = True
        if j.end - j.p < 2:
            return json_cut(j)
        j.p += 2


cdef bint json_skip(Json* j) noexcept nogil:
    """Step over one value. Depth is counted, not recursed, and brackets are not paired: whoever reads it looks closer."""
    cdef int64_t depth = 0, n
    cdef const char* text
    cdef bint escaped
    cdef char c
    while True:
        json_space(j)
        if j.p == j.end:
            return json_cut(j)
        c = j.p[0]
        if c == c'"':
            if not json_string(j, &text, &n, &escaped):
                return False
        elif c == c'[' or c == c'{':
            depth += 1
            j.p += 1
        elif (c == c']' or c == c'}') and depth > 0:
            depth -= 1
            j.p += 1
        elif (c == c',' or c == c':') and depth > 0:
            j.p += 1
            continue
        elif json_scalar(c):
            while j.p < j.end and json_scalar(j.p[0]):
                j.p += 1
        else:
            return json_fail(j, b"this is no JSON")
        if depth == 0:
            return True


cdef int32_t json_members(Json* j, JsonMember* out) noexcept nogil:
    """The members of the object at j.p, at most JSON_MEMBERS. -1 when it is none, with the reason in j.err."""
    cdef int32_t n = 0
    cdef bint escaped
    if not json_mark(j, c'{'):
        json_fail(j, b"this is no JSON object")
        return -1
    if json_mark(j, c'}'):
        return 0
    while True:
        json_space(j)
        if n == JSON_MEMBERS or j.p == j.end or j.p[0] != c'"':
            json_fail(j, b"the JSON object is damaged or has too many members")
            return -1
        if not json_string(j, &out[n].name, &out[n].nname, &escaped):
            return -1
        if not json_mark(j, c':'):
            json_fail(j, b"a member of the JSON object has no value")
            return -1
        json_space(j)
        out[n].value = j.p
        if not json_skip(j):
            return -1
        out[n].nvalue = j.p - out[n].value
        n += 1
        if json_mark(j, c'}'):
            return n
        if not json_mark(j, c','):
            json_fail(j, b"the JSON object is damaged")
            return -1


cdef int32_t json_hex4(const char* p) noexcept nogil:
    """Four hexadecimal digits; -1 when they are none."""
    cdef int32_t v = 0, i, d
    for i in range(4):
        d = hex_digit(p[i])
        if d < 0:
            return -1
        v = v << 4 | d
    return v


cdef int64_t json_unescape(const char* p, int64_t n, char* out) noexcept nogil:
    """A string's text as UTF-8 in out, which has n bytes: no escape is shorter than what it stands for.

    A half surrogate becomes U+FFFD. Returns the bytes written, -1 for an escape that does not exist.
    """
    cdef int64_t i = 0, at = 0, plain
    cdef int32_t code, low
    cdef char c
    while i < n:
        plain = json_plain(p + i, p + n)
        memcpy(out + at, p + i, plain)
        at += plain
        i += plain
        if i == n:
            return at
        if n - i < 2 or p[i] != c'\\':
            return -1
        c = p[i + 1]
        i += 2
        if c == c'u':
            code = json_hex4(p + i) if n - i >= 4 else -1
            if code < 0:
                return -1
            i += 4
            if 0xD800 <= code < 0xDC00:
                low = json_hex4(p + i + 2) if n - i >= 6 and p[i] == c'\\' and p[i + 1] == c'u' else -1
                if 0xDC00 <= low < 0xE000:
                    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
                    i += 6
                else:
                    code = 0xFFFD
            elif 0xDC00 <= code < 0xE000:
                code = 0xFFFD
            at += write_utf8(<uint32_t>code, out + at)
            continue
        if c == c'n':
            c = c'\n'
        elif c == c't':
            c = c'\t'
        elif c == c'r':
            c = c'\r'
        elif c == c'b':
            c = c'\b'
        elif c == c'f':
            c = c'\f'
        elif c != c'"' and c != c'\\' and c != c'/':
            return -1
        out[at] = c
        at += 1
    return at


def json_spans(data):
    """(name, start, end) of each member of the JSON object that `data` (bytes) holds; ValueError when it is none."""
    cdef Py_buffer view
    cdef char err[160]
    cdef JsonMember members[JSON_MEMBERS]
    cdef Json j
    cdef int32_t n, i
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    j.start = j.p = <const char*>view.buf
    j.end = j.start + view.len
    j.err = err
    j.nerr = sizeof(err)
    if view.len < JSON_SMALL:
        n = json_members(&j, members)
    else:
        with nogil:
            n = json_members(&j, members)
    try:
        if n < 0:
            raise ValueError((<bytes>err).decode("utf-8", "replace"))
        return [
            ((members[i].name[:members[i].nname]).decode("utf-8", "replace"), members[i].value - j.start,
             members[i].value - j.start + members[i].nvalue)
            for i in range(n)
        ]
    finally:
        PyBuffer_Release(&view)
