# Where a Thrift message ends: connections without SASL carry no lengths, so the end is found by walking the values.
# Included by _core.pyx after hs2rows.pxi. Resumable: what has been walked is never looked at again.

cdef extern from *:
    """
    /* Steps over up to `left` texts, as far as their lengths have arrived; returns how many are left. A column of texts is
     * most of a message, so it has a loop of its own. */
    static inline int64_t argus_pass_texts(const uint8_t *p, int64_t n, int64_t left, int64_t *at) {
        int64_t i = *at;
        const uint8_t *asked = p + i;
        for (; left > 0 && n - i >= 4; left--) {
            asked = argus_ask_ahead(asked, p + i);
            uint32_t length = argus_be32(p + i);
            if (length > 0x7FFFFFFF) break;
            if (left >= 4 && argus_four_alike(p + i, n - i, length)) {
                int64_t many = argus_alike(p + i, n - i, length, left);
                i += many * (4 + (int64_t)length);
                left -= many - 1;
                continue;
            }
            i += 4 + (int64_t)length;
        }
        *at = i;
        return left;
    }
    """
    int64_t pass_texts "argus_pass_texts"(const uint8_t* p, int64_t n, int64_t left, int64_t* at) noexcept nogil

cdef struct ScanFrame:
    int32_t type           # T_STRUCT, T_LIST or T_MAP
    int32_t first, second  # types of elements; of a map's keys and values
    int64_t left           # elements, or keys and values, still to come

cdef struct Scan:
    int64_t at             # first byte that is not walked; may lie behind what has arrived
    int32_t depth          # frames in use; 0 before the header
    bint begun
    ScanFrame frames[32]

cdef enum:
    SCAN_MORE = -1         # the message goes on
    SCAN_ALIEN = -2        # this is no Thrift message in the strict binary protocol


cdef bint scan_value(Scan* s, const uint8_t* p, int64_t n, int32_t type, int64_t* result) noexcept nogil:
    """Walk or open one value at s.at. False: `result` says why, and s is as it was."""
    cdef int32_t size = wire_size(type)
    cdef int64_t count, head
    cdef ScanFrame* f
    result[0] = SCAN_MORE
    if size > 0:
        s.at += size
        return True
    if type == T_STRUCT:
        head = 0
    elif type == T_STRING:
        head = 4
    elif type == T_LIST or type == T_SET:
        head = 5
    elif type == T_MAP:
        head = 6
    else:
        result[0] = SCAN_ALIEN
        return False
    if n - s.at < head:
        return False
    count = 0 if head == 0 else be32(p + s.at + head - 4)
    if count > 0x7FFFFFFF or (type != T_STRING and s.depth == 32):
        result[0] = SCAN_ALIEN
        return False
    if type == T_STRING:
        s.at += 4 + count
        return True
    f = &s.frames[s.depth]
    f.type = T_LIST if type == T_SET else type
    f.first = p[s.at] if head else 0
    f.second = p[s.at + 1] if type == T_MAP else f.first
    f.left = 2 * count if type == T_MAP else count
    s.at += head
    s.depth += 1
    if type != T_STRUCT and count > 0 and wire_size(f.first) > 0 and wire_size(f.second) > 0:
        # Elements of fixed size: no walk.
        s.at += count * wire_size(f.first) + (count * wire_size(f.second) if type == T_MAP else 0)
        f.left = 0
    return True


cdef bint scan_begin(Scan* s, const uint8_t* p, int64_t n, int64_t* result) noexcept nogil:
    """The header: version and message type, name, sequence number."""
    cdef int64_t name
    result[0] = SCAN_MORE
    if n >= 2 and (p[0] != 0x80 or p[1] != 0x01):
        result[0] = SCAN_ALIEN
        return False
    if n < 8:
        return False
    name = be32(p + 4)
    if name > 1024:
        result[0] = SCAN_ALIEN
        return False
    s.at = 12 + name
    s.begun = True
    s.depth = 1
    s.frames[0].type = T_STRUCT
    return True


cdef int64_t hs2_message_end(Scan* s, const uint8_t* p, int64_t n) noexcept nogil:
    """The length of the message that starts at p, of which n bytes have arrived; else SCAN_MORE or SCAN_ALIEN.

    s is all zero before the first call; p always has the message's first byte, also when the buffer has moved.
    """
    cdef int64_t result = SCAN_MORE
    cdef ScanFrame* f
    cdef int32_t type
    if not s.begun and not scan_begin(s, p, n, &result):
        return result
    while s.depth > 0:
        f = &s.frames[s.depth - 1]
        if f.type != T_STRUCT:
            if f.left == 0:
                s.depth -= 1
                continue
            type = f.first if f.type == T_LIST or f.left % 2 == 0 else f.second
            if type == T_STRING and f.type == T_LIST:
                f.left = pass_texts(p, n, f.left, &s.at)
                if f.left == 0:
                    continue
            if s.at > n or not scan_value(s, p, n, type, &result):
                return result
            f.left -= 1
            continue
        if s.at >= n:
            return SCAN_MORE
        if p[s.at] == T_STOP:
            s.at += 1
            s.depth -= 1
            continue
        if n - s.at < 3:
            return SCAN_MORE
        s.at += 3
        if not scan_value(s, p, n, p[s.at - 3], &result):
            # The field is read again when more has arrived.
            s.at -= 3
            return result
    return s.at if s.at <= n else SCAN_MORE


cdef int64_t scan_missing(const Scan* s, int64_t have) noexcept nogil:
    """How many bytes of a message that goes on are still to come at least, of which `have` have arrived; 1 or more."""
    cdef int64_t least = s.at - have
    # Each text has its length. What is open around the list ends with a byte, too, but that is not worth counting.
    if s.depth > 0 and s.frames[s.depth - 1].type == T_LIST and s.frames[s.depth - 1].first == T_STRING:
        least += 4 * s.frames[s.depth - 1].left
    return least if least > 1 else 1


def hs2_scan(bytearray state not None, data):
    """hs2_message_end for Python: the message's length, -1 for more, -2 for no Thrift message.

    state: an empty bytearray before the first call, kept for the calls that follow with more of the same message.
    """
    cdef Py_buffer view
    cdef int64_t result
    cdef Scan* s
    if len(state) == 0:
        state.extend(bytes(sizeof(Scan)))
    if len(state) != sizeof(Scan):
        raise ValueError("state must come from an earlier call")
    s = <Scan*>PyByteArray_AsString(state)
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    with nogil:
        result = hs2_message_end(s, <const uint8_t*>view.buf, view.len)
    PyBuffer_Release(&view)
    return result


def hs2_missing(bytearray state not None, int64_t have):
    """scan_missing for Python."""
    return scan_missing(<Scan*>PyByteArray_AsString(state), have) if len(state) == sizeof(Scan) else 1
