# Trino's arrays, maps and rows, which arrive as JSON of Trino's own taste, as the JSON that all backends give:
# rows are objects with their fields' names, decimals are numbers, bytes are hexadecimal digits, JSON is itself.
# Included by _core.pyx after trinotext.pxi.
#
# A type is a code of few bytes, which argus_odbc.backends.trino.types writes:
#   s as it comes    d decimal    b bytes    j JSON
#   [T array of T    {T map to T    (n1T1n2T2..) row; n is "name" as a JSON string, or nothing where fields have none

cdef enum: NESTED_DEPTH = 100


cdef bint code_skip(const char** code, const char* end, int32_t depth) noexcept nogil:
    """Step over the code of one type."""
    cdef char c
    if code[0] == end or depth > NESTED_DEPTH:
        return False
    c = code[0][0]
    code[0] += 1
    if c == c'[' or c == c'{':
        return code_skip(code, end, depth + 1)
    if c != c'(':
        return c == c's' or c == c'd' or c == c'b' or c == c'j'
    while code[0] < end and code[0][0] != c')':
        if code[0][0] == c'"' and not code_name(code, end):
            return False
        if not code_skip(code, end, depth + 1):
            return False
    if code[0] == end:
        return False
    code[0] += 1
    return True


cdef bint code_name(const char** code, const char* end) noexcept nogil:
    """Step over a field's name, a JSON string."""
    code[0] += 1
    while code[0] < end and code[0][0] != c'"':
        code[0] += 2 if code[0][0] == c'\\' else 1
    if code[0] >= end:
        return False
    code[0] += 1
    return True


cdef bint nested_value(Json* j, const char** code, const char* end, TextOut* t, int32_t depth) noexcept nogil:
    """Append the JSON of the value at j.p of the type at code[0]; both are stepped over."""
    cdef const char* from_ = code[0]
    cdef const char* start
    cdef char c
    json_space(j)
    if j.p == j.end:
        return json_cut(j)
    if depth > NESTED_DEPTH or code[0] == end:
        return json_fail(j, b"a nested value does not have the form of its type")
    c = from_[0]
    if j.p[0] == c'n':
        start = j.p
        if not json_skip(j) or j.p - start != 4 or memcmp(start, b"null", 4) != 0:
            return json_fail(j, b"a nested value is no JSON")
        text_add(t, b"null", 4)
        return code_skip(code, end, depth) or json_fail(j, b"a nested type has no known form")
    if c == c'(':
        return nested_row(j, code, end, t, depth)
    if c == c'[' or c == c'{':
        return nested_list(j, code, end, t, depth)
    code[0] += 1
    return nested_leaf(j, c, t)


cdef bint nested_leaf(Json* j, char code, TextOut* t) noexcept nogil:
    cdef const char* start = j.p
    cdef const char* text
    cdef int64_t n, size
    cdef bint escaped
    if code == c's' or j.p[0] != c'"':
        if not json_skip(j):
            return False
        text_add(t, start, j.p - start)
        return True
    if not json_string(j, &text, &n, &escaped):
        return False
    if code == c'd' and n > 0 and not escaped and (is_digit(text[n - 1])):
        text_add(t, text, n)
        return True
    if code == c'b' and text_room(t, 2 * n + 2):
        # The bytes go to the end of the room, and from there as digits to its beginning.
        size = base64_bytes(text, n, t.p + t.n + 2 + n + n / 4)
        if size < 0:
            return json_fail(j, b"a value inside a nested value is no base64")
        json_hex_moved(t, n + 2 + n / 4, size)
        return True
    if code == c'j' and text_room(t, n):
        size = json_unescape(text, n, t.p + t.n)
        if size < 0:
            return json_fail(j, b"a string has an escape that does not exist")
        t.n += size
        return True
    text_add(t, start, j.p - start)
    return True


cdef void json_hex_moved(TextOut* t, int64_t skip, int64_t n) noexcept nogil:
    """n bytes that lie `skip` behind the end of the text become a JSON string of hexadecimal digits at its end."""
    cdef const char* digits = b"0123456789ABCDEF"
    cdef int64_t i
    cdef uint8_t b
    t.p[t.n] = c'"'
    for i in range(n):
        b = <uint8_t>t.p[t.n + skip + i]
        t.p[t.n + 1 + 2 * i] = digits[b >> 4]
        t.p[t.n + 2 + 2 * i] = digits[b & 15]
    t.p[t.n + 1 + 2 * n] = c'"'
    t.n += 2 * n + 2


cdef bint nested_list(Json* j, const char** code, const char* end, TextOut* t, int32_t depth) noexcept nogil:
    """An array, or a map with its keys, which are strings whatever their type is."""
    cdef bint map_ = code[0][0] == c'{', escaped, first = True
    cdef const char* inner
    cdef const char* start
    cdef const char* text
    cdef int64_t n
    code[0] += 1
    inner = code[0]
    if not code_skip(&inner, end, depth + 1):
        return json_fail(j, b"a nested type has no known form")
    if not json_mark(j, c'{' if map_ else c'['):
        return json_fail(j, b"a nested value does not have the form of its type")
    text_byte(t, c'{' if map_ else c'[')
    while not json_mark(j, c'}' if map_ else c']'):
        if not first and not json_mark(j, c','):
            return json_fail(j, b"a nested value is no JSON")
        if not first:
            text_byte(t, c',')
        first = False
        if map_:
            json_space(j)
            start = j.p
            if j.p == j.end or j.p[0] != c'"' or not json_string(j, &text, &n, &escaped) or not json_mark(j, c':'):
                return json_fail(j, b"a map has a key that is no string")
            text_add(t, start, n + 2)
            text_byte(t, c':')
        inner = code[0]
        if not nested_value(j, &inner, end, t, depth + 1):
            return False
    text_byte(t, c'}' if map_ else c']')
    return code_skip(code, end, depth + 1)


cdef bint nested_row(Json* j, const char** code, const char* end, TextOut* t, int32_t depth) noexcept nogil:
    """A row: an array on the wire; an object where its fields have names."""
    cdef bint object_, first = True
    cdef const char* name
    code[0] += 1
    object_ = code[0] < end and code[0][0] == c'"'
    if not json_mark(j, c'['):
        return json_fail(j, b"a nested value does not have the form of its type")
    text_byte(t, c'{' if object_ else c'[')
    while code[0] < end and code[0][0] != c')':
        if not first and not json_mark(j, c','):
            return json_fail(j, b"a row value has fewer fields than its type")
        if not first:
            text_byte(t, c',')
        first = False
        if object_:
            name = code[0]
            if not code_name(code, end):
                return json_fail(j, b"a nested type has no known form")
            text_add(t, name, code[0] - name)
            text_byte(t, c':')
        if not nested_value(j, code, end, t, depth + 1):
            return False
    if code[0] == end:
        return json_fail(j, b"a nested type has no known form")
    code[0] += 1
    if not json_mark(j, c']'):
        return json_fail(j, b"a row value has more fields than its type")
    text_byte(t, c'}' if object_ else c']')
    return True
