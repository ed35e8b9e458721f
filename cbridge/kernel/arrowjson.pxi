# Nested Arrow values (list, struct, map, union) as JSON text: ODBC has no type for them, and JSON every client can
# read.
# Included by _core.pyx after arrowmore.pxi.

cdef enum JsonShape:
    JSON_LEAF = 0
    JSON_LIST, JSON_LARGE_LIST, JSON_LIST_VIEW, JSON_LARGE_LIST_VIEW, JSON_FIXED_LIST
    JSON_STRUCT, JSON_MAP
    JSON_SPARSE, JSON_DENSE

cdef enum: JSON_DEPTH = 100

# One array of the tree. Row i of a node is its logical row: the array's own offset is added here, never by the parent.
cdef struct JsonNode:
    int32_t shape
    int32_t n_children
    bint utc                 # a leaf of timestamps in UTC
    bint tuple_              # a struct whose fields have no names
    Column col               # leaf: the values; else only validity and offset
    int64_t length
    int64_t width            # JSON_FIXED_LIST
    const void* offsets
    const void* sizes        # list views
    const int8_t* types      # unions
    const char* name
    JsonNode* children
    int8_t child_of[128]     # unions: type code -> child


cdef bint take_nested(ArrowSchema* schema, ArrowArray* a, int64_t skip, int64_t n, Column* out, ArrowOwner* own,
                      ArrowFault* f) noexcept nogil:
    """A column of JSON texts, one for each row skip .. skip+n-1."""
    cdef TextOut t
    cdef JsonNode root
    cdef const uint8_t* validity
    cdef int64_t i
    cdef int64_t* offsets = <int64_t*>own_alloc(own, n + 1, 8, f)
    if offsets is NULL or not own_validity(own, out, n, &validity, f):
        return False
    memset(&root, 0, sizeof(root))
    if not json_node(schema, a, &root, own, f, 0):
        return False
    memset(&t, 0, sizeof(t))
    for i in range(n):
        if not json_null(&root, skip + i):
            if not json_write(&root, skip + i, &t, f):
                free(t.p)
                return False
        offsets[i + 1] = t.n
    out.validity = validity
    return own_text(own, &t, offsets, out, f)


cdef int32_t json_shape(const char* t) noexcept nogil:
    """Shape of a nested format; JSON_LEAF when it is none that is known."""
    if t[0] != c'+':
        return JSON_LEAF
    if t[1] == c'w' and t[2] == c':':
        return JSON_FIXED_LIST
    if t[1] == c'u' and t[2] != 0 and t[3] == c':':
        return JSON_SPARSE if t[2] == c's' else JSON_DENSE if t[2] == c'd' else JSON_LEAF
    if t[1] == c'v' and t[2] != 0 and t[3] == 0:
        return JSON_LIST_VIEW if t[2] == c'l' else JSON_LARGE_LIST_VIEW if t[2] == c'L' else JSON_LEAF
    if t[1] == 0 or t[2] != 0:
        return JSON_LEAF
    if t[1] == c'l':
        return JSON_LIST
    if t[1] == c'L':
        return JSON_LARGE_LIST
    if t[1] == c's':
        return JSON_STRUCT
    return JSON_MAP if t[1] == c'm' else JSON_LEAF


cdef bint json_node(ArrowSchema* schema, ArrowArray* a, JsonNode* node, ArrowOwner* own, ArrowFault* f,
                    int32_t depth) noexcept nogil:
    """Describe an array and everything below it; all of its buffers are checked here, its offsets at each row."""
    cdef const char* t = schema.format
    cdef int32_t i
    if a is NULL or t is NULL or not check_counts(a, f):
        return arrow_fault(f, b"a nested array without format") if a is NULL or t is NULL else False
    if depth > JSON_DEPTH:
        return arrow_fault(f, b"the type is nested too deeply")
    node.name = or_empty(schema.name)
    node.length = a.length
    node.shape = JSON_LEAF if schema.dictionary is not NULL else json_shape(t)
    if node.shape == JSON_LEAF:
        if t[0] == c'+' and t[1] != c'r':
            return arrow_fault_text(f, b"this Arrow type is not supported: format", t)
        node.utc = t[0] == c't' and t[1] == c's' and t[2] != 0 and t[3] == c':' and t[4] != 0
        return take_array(schema, a, 0, a.length, &node.col, own, f)
    node.col.kind = KIND_BINARY
    node.col.offset = a.offset
    if not json_buffers(t, a, node, f):
        return False
    if a.n_children != schema.n_children or a.n_children > 1 << 20 or (a.n_children > 0 and schema.children is NULL):
        return arrow_fault(f, b"a nested array and its schema differ in their number of children")
    if node.shape != JSON_STRUCT and node.shape < JSON_SPARSE and a.n_children != 1:
        return arrow_fault(f, b"a list or map has exactly one child")
    node.n_children = <int32_t>a.n_children
    node.children = <JsonNode*>own_alloc(own, a.n_children, sizeof(JsonNode), f)
    if node.children is NULL:
        return False
    node.tuple_ = node.shape == JSON_STRUCT and node.n_children > 0
    for i in range(node.n_children):
        if not json_node(schema.children[i], a.children[i], &node.children[i], own, f, depth + 1):
            return False
        if node.children[i].name[0] != 0:
            node.tuple_ = False
    if node.shape == JSON_MAP and (node.children[0].shape != JSON_STRUCT or node.children[0].n_children != 2):
        return arrow_fault(f, b"a map must have entries of a key and a value")
    return True


cdef bint json_buffers(const char* t, ArrowArray* a, JsonNode* node, ArrowFault* f) noexcept nogil:
    """Validity, offsets, sizes and type codes of a nested array."""
    cdef int64_t wanted = 1
    cdef int64_t first = 0 if node.shape >= JSON_SPARSE else 1
    cdef int64_t i
    cdef const char* p
    if node.shape == JSON_LIST or node.shape == JSON_LARGE_LIST or node.shape == JSON_MAP or node.shape == JSON_DENSE:
        wanted = 2
    elif node.shape == JSON_LIST_VIEW or node.shape == JSON_LARGE_LIST_VIEW:
        wanted = 3
    if a.n_buffers < wanted:
        return arrow_fault(f, b"a nested array lacks a buffer")
    if a.length > 0:
        for i in range(first, wanted):
            if a.buffers[i] is NULL:
                return arrow_fault(f, b"a nested array lacks a buffer")
    if node.shape == JSON_SPARSE or node.shape == JSON_DENSE:
        node.types = <const int8_t*>a.buffers[0]
        node.offsets = a.buffers[1] if node.shape == JSON_DENSE else NULL
        memset(node.child_of, -1, sizeof(node.child_of))
        p = t + 4
        for i in range(a.n_children):
            wanted = read_count(&p)
            if not 0 <= wanted <= 127:
                return arrow_fault_text(f, b"a union names too few types: format", t)
            node.child_of[wanted] = <int8_t>i
            if p[0] == c',':
                p += 1
        return True
    if a.null_count != 0:
        node.col.validity = <const uint8_t*>a.buffers[0]
    if node.shape == JSON_FIXED_LIST:
        p = t + 3
        node.width = read_count(&p)
        if node.width < 0 or p[0] != 0:
            return arrow_fault_text(f, b"this Arrow type is not supported: format", t)
    elif node.shape != JSON_STRUCT:
        node.offsets = a.buffers[1]
        node.sizes = a.buffers[2] if wanted == 3 else NULL
    return True


cdef bint json_null(const JsonNode* node, int64_t i) noexcept nogil:
    """Whether logical row i is NULL. A union has no NULLs of its own: the member's value has."""
    if node.shape >= JSON_SPARSE:
        return False
    return column_null(&node.col, i)


cdef void json_range(const JsonNode* node, int64_t i, int64_t* start, int64_t* end) noexcept nogil:
    """The rows of the child that make up list or map i."""
    cdef int64_t at = node.col.offset + i
    if node.shape == JSON_FIXED_LIST:
        start[0] = at * node.width
        end[0] = start[0] + node.width
    elif node.shape == JSON_LARGE_LIST:
        start[0] = (<const int64_t*>node.offsets)[at]
        end[0] = (<const int64_t*>node.offsets)[at + 1]
    elif node.shape == JSON_LIST_VIEW:
        start[0] = (<const int32_t*>node.offsets)[at]
        end[0] = start[0] + (<const int32_t*>node.sizes)[at]
    elif node.shape == JSON_LARGE_LIST_VIEW:
        start[0] = (<const int64_t*>node.offsets)[at]
        end[0] = start[0] + (<const int64_t*>node.sizes)[at]
    else:
        start[0] = (<const int32_t*>node.offsets)[at]
        end[0] = (<const int32_t*>node.offsets)[at + 1]


cdef bint json_write(const JsonNode* node, int64_t i, TextOut* t, ArrowFault* f) noexcept nogil:
    """Append the value of logical row i."""
    cdef int64_t start, end, k
    cdef int32_t c
    if i < 0 or i >= node.length:
        return arrow_fault(f, b"a nested array points behind the end of its child")
    if json_null(node, i):
        text_add(t, b"null", 4)
        return True
    if node.shape == JSON_LEAF:
        return json_leaf(node, i, t, f)
    if node.shape == JSON_STRUCT:
        return json_struct(node, i, t, f)
    if node.shape >= JSON_SPARSE:
        c = node.types[node.col.offset + i]
        c = node.child_of[c] if c >= 0 else -1
        if c < 0:
            return arrow_fault(f, b"a union value has a type code that its schema lacks")
        k = node.col.offset + i
        return json_write(&node.children[c], k if node.offsets is NULL else (<const int32_t*>node.offsets)[k], t, f)
    json_range(node, i, &start, &end)
    if start < 0 or end < start or end > node.children[0].length:
        return arrow_fault(f, b"the offsets of a list are out of order")
    text_byte(t, c'{' if node.shape == JSON_MAP else c'[')
    for k in range(start, end):
        if k > start:
            text_add(t, b",", 1)
        if node.shape == JSON_MAP:
            if not json_entry(&node.children[0], k, t, f):
                return False
        elif not json_write(&node.children[0], k, t, f):
            return False
    text_byte(t, c'}' if node.shape == JSON_MAP else c']')
    return True


cdef bint json_struct(const JsonNode* node, int64_t i, TextOut* t, ArrowFault* f) noexcept nogil:
    """An object; an array when the fields have no names."""
    cdef int32_t c
    text_byte(t, c'[' if node.tuple_ else c'{')
    for c in range(node.n_children):
        if c > 0:
            text_add(t, b",", 1)
        if not node.tuple_:
            json_quote(node.children[c].name, strlen(node.children[c].name), t)
            text_add(t, b":", 1)
        # A struct's offset holds for its children too, on top of their own.
        if not json_write(&node.children[c], node.col.offset + i, t, f):
            return False
    text_byte(t, c']' if node.tuple_ else c'}')
    return True


cdef bint json_entry(const JsonNode* entries, int64_t k, TextOut* t, ArrowFault* f) noexcept nogil:
    """One member of a map: JSON wants a text for the key, so every other key's JSON becomes one."""
    cdef TextOut key
    cdef bint good
    memset(&key, 0, sizeof(key))
    k += entries.col.offset
    good = json_write(&entries.children[0], k, &key, f)
    if good and not key.failed and key.n > 0:
        if key.p[0] == c'"':
            text_add(t, key.p, key.n)
        else:
            json_quote(key.p, key.n, t)
    t.failed = t.failed or key.failed
    free(key.p)
    if not good:
        return False
    text_add(t, b":", 1)
    return json_write(&entries.children[1], k, t, f)


cdef void json_quote(const char* p, int64_t n, TextOut* t) noexcept nogil:
    """A JSON string; bytes that are not valid UTF-8 become U+FFFD, because JSON has no other bytes."""
    cdef const char* hex_ = b"0123456789abcdef"
    cdef char room[8]
    cdef int64_t i = 0
    cdef int32_t size
    cdef uint32_t code
    text_add(t, b"\"", 1)
    while i < n:
        size = read_utf8(<const uint8_t*>p + i, n - i, &code)
        if code == c'"' or code == c'\\':
            room[0] = c'\\'
            room[1] = <char>code
            text_add(t, room, 2)
        elif code < 32:
            memcpy(room, b"\\u0000", 6)
            room[4] = hex_[code >> 4]
            room[5] = hex_[code & 15]
            text_add(t, room, 6)
        else:
            text_add(t, room, write_utf8(code, room))
        i += size
    text_add(t, b"\"", 1)


cdef SQLSMALLINT json_sql_type(int32_t kind) noexcept nogil:
    """The SQL type under which a leaf's text form is asked for."""
    if kind == KIND_DATE32:
        return SQL_TYPE_DATE
    if kind == KIND_TIME64:
        return SQL_TYPE_TIME
    if kind == KIND_TIMESTAMP:
        return SQL_TYPE_TIMESTAMP
    if kind == KIND_UUID:
        return SQL_GUID
    if kind == KIND_FLOAT32 or kind == KIND_FLOAT64:
        return SQL_DOUBLE
    if KIND_INT8 <= kind <= KIND_UINT64 or kind == KIND_DECIMAL128:
        return SQL_DECIMAL
    if kind == KIND_BINARY or kind == KIND_LARGE_BINARY:
        return SQL_VARBINARY
    return SQL_VARCHAR


cdef bint json_leaf(const JsonNode* node, int64_t i, TextOut* t, ArrowFault* f) noexcept nogil:
    cdef const Column* c = &node.col
    cdef const char* p
    cdef int64_t size
    cdef char room[DECIMAL_TEXT + 2]
    cdef SQLLEN length = 0
    cdef Target target
    if KIND_TEXT <= c.kind <= KIND_LARGE_TEXT:
        column_bytes(c, i, &p, &size)
        json_quote(p, size, t)
        return True
    if c.kind == KIND_BINARY or c.kind == KIND_LARGE_BINARY:
        column_bytes(c, i, &p, &size)
        json_hex(p, size, t)
        return True
    if c.kind == KIND_BOOL:
        if bit_at(<const uint8_t*>c.values, c.offset + i):
            text_add(t, b"true", 4)
        else:
            text_add(t, b"false", 5)
        return True
    memset(&target, 0, sizeof(target))
    target.sql_type = json_sql_type(c.kind)
    target.c_type = SQL_C_CHAR
    target.col_precision = <SQLSMALLINT>c.scale
    target.col_scale = <SQLSMALLINT>c.scale
    target.buffer = room
    target.capacity = sizeof(room) - 1
    target.octet_length = &length
    target.indicator = &length
    target.wchar_size = 2
    if put_cell(c, i, &target) != CELL_DONE or length <= 0:
        return arrow_fault(f, b"a value inside a nested value is out of the range that text can show")
    if node.utc:
        room[length] = c'Z'
        length += 1
    # NaN and the infinities are no JSON numbers.
    if (target.sql_type == SQL_DECIMAL or target.sql_type == SQL_DOUBLE) and (is_digit(room[0]) or is_digit(room[1])):
        text_add(t, room, length)
    else:
        json_quote(room, length, t)
    return True


cdef void json_hex(const char* p, int64_t n, TextOut* t) noexcept nogil:
    """Bytes as a string of hexadecimal digits, as ODBC writes binary as text."""
    cdef const char* digits = b"0123456789ABCDEF"
    cdef int64_t i
    text_add(t, b"\"", 1)
    if text_room(t, 2 * n):
        for i in range(n):
            t.p[t.n + 2 * i] = digits[<uint8_t>p[i] >> 4]
            t.p[t.n + 2 * i + 1] = digits[p[i] & 15]
        t.n += 2 * n
    text_add(t, b"\"", 1)
