# Writing into the application's buffer: lengths and indicators, text and bytes in pieces, fixed-length values.
# Included by _core.pyx after ctypes.pxi.

cdef inline void put_length(Target* t, int64_t n) noexcept nogil:
    """Store the length of a value that is not NULL. The application's pointers may be unaligned."""
    cdef SQLLEN length = n, zero = 0
    if t.indicator is not NULL and t.indicator != t.octet_length:
        memcpy(t.indicator, &zero, sizeof(SQLLEN))
    if t.octet_length is not NULL:
        memcpy(t.octet_length, &length, sizeof(SQLLEN))


cdef inline CellStatus put_null(Target* t) noexcept nogil:
    cdef SQLLEN null = SQL_NULL_DATA
    if t.indicator is NULL:
        return CELL_NO_INDICATOR
    memcpy(t.indicator, &null, sizeof(SQLLEN))
    t.position = -1
    return CELL_DONE


cdef CellStatus put_char(Target* t, const char* p, int64_t n, int64_t must_fit) noexcept nogil:
    """The next piece of UTF-8 text as SQL_C_CHAR. must_fit: bytes without which the text would mean another value."""
    cdef int64_t left = n - t.position, room, cut
    if left <= 0 and t.position > 0:
        t.position = -1
        return CELL_NO_DATA
    if t.capacity < 0:
        return CELL_BAD_LENGTH
    if t.buffer is NULL:
        put_length(t, left)
        return CELL_DONE
    p += t.position
    room = t.capacity - 1
    if left <= room:
        memcpy(t.buffer, p, left)
        (<char*>t.buffer)[left] = 0
        put_length(t, left)
        t.position = -1
        return CELL_DONE
    if t.position == 0 and must_fit > 0 and room < must_fit:
        return CELL_RANGE
    put_length(t, left)
    if room >= 0:
        cut = utf8_floor(p, left, room)
        memcpy(t.buffer, p, cut)
        (<char*>t.buffer)[cut] = 0
        t.position += cut
        t.counted_at = 0
    return CELL_TRUNCATED


cdef CellStatus put_wide(Target* t, const char* p, int64_t n, int64_t must_fit) noexcept nogil:
    """The next piece of UTF-8 text as SQL_C_WCHAR; must_fit counts characters, all of them ASCII."""
    cdef int64_t left = n - t.position, room, used = 0, units, rest
    cdef int32_t w = t.wchar_size
    cdef uint32_t zero = 0
    if left <= 0 and t.position > 0:
        t.position = -1
        return CELL_NO_DATA
    if t.capacity < 0:
        return CELL_BAD_LENGTH
    p += t.position
    if t.buffer is NULL:
        put_length(t, utf8_wide_units(p, left, w) * w)
        return CELL_DONE
    room = t.capacity / w - 1
    if room < 0:
        if must_fit > 0:
            return CELL_RANGE
        put_length(t, utf8_wide_units(p, left, w) * w)
        return CELL_TRUNCATED
    if t.position == 0 and must_fit > 0 and room < must_fit:
        return CELL_RANGE
    units = wide_from_utf8(p, left, w, t.buffer, room, &used)
    memcpy(<char*>t.buffer + units * w, &zero, w)
    if used == left:
        put_length(t, units * w)
        t.position = -1
        return CELL_DONE
    if t.position > 0 and t.counted_at == t.position:
        rest = t.counted - units
    else:
        rest = utf8_wide_units(p + used, left - used, w)
    put_length(t, (units + rest) * w)
    t.position += used
    t.counted_at = t.position
    t.counted = rest
    return CELL_TRUNCATED


cdef CellStatus put_bytes(Target* t, const char* p, int64_t n, bint whole) noexcept nogil:
    """The next piece of bytes as SQL_C_BINARY; whole: a part of them would be no value."""
    cdef int64_t left = n - t.position
    if left <= 0 and t.position > 0:
        t.position = -1
        return CELL_NO_DATA
    if t.capacity < 0:
        return CELL_BAD_LENGTH
    p += t.position
    if t.buffer is NULL:
        put_length(t, left)
        return CELL_DONE
    if left <= t.capacity:
        memcpy(t.buffer, p, left)
        put_length(t, left)
        t.position = -1
        return CELL_DONE
    if whole:
        return CELL_RANGE
    put_length(t, left)
    memcpy(t.buffer, p, t.capacity)
    t.position += t.capacity
    t.counted_at = 0
    return CELL_TRUNCATED


cdef CellStatus put_hex(Target* t, const char* p, int64_t n) noexcept nogil:
    """The next piece of bytes as hexadecimal text, two digits for each; a byte is never split."""
    cdef int64_t left = n - t.position, room, i
    cdef int32_t w = t.wchar_size if t.c_type == SQL_C_WCHAR else 1
    cdef const char* digits = b"0123456789ABCDEF"
    cdef char pair[2]
    cdef uint32_t zero = 0
    cdef uint8_t b
    if left <= 0 and t.position > 0:
        t.position = -1
        return CELL_NO_DATA
    if t.capacity < 0:
        return CELL_BAD_LENGTH
    put_length(t, 2 * left * w)
    if t.buffer is NULL:
        return CELL_DONE
    room = (t.capacity / w - 1) / 2
    if t.capacity < w:
        return CELL_TRUNCATED
    p += t.position
    if room > left:
        room = left
    for i in range(room):
        b = <uint8_t>p[i]
        pair[0] = digits[b >> 4]
        pair[1] = digits[b & 15]
        if w == 1:
            memcpy(<char*>t.buffer + 2 * i, pair, 2)
        else:
            wide_from_utf8(pair, 2, w, <char*>t.buffer + 2 * i * w, 2, NULL)
    memcpy(<char*>t.buffer + 2 * room * w, &zero, w)
    if room == left:
        t.position = -1
        return CELL_DONE
    t.position += room
    t.counted_at = 0
    return CELL_TRUNCATED


cdef inline CellStatus put_fixed(Target* t, const void* p, int64_t size, CellStatus status) noexcept nogil:
    """A fixed-length value whose conversion ended with status; nothing is written after an error."""
    if status < CELL_FIRST_ERROR:
        if t.buffer is not NULL:
            memcpy(t.buffer, p, size)
        put_length(t, size)
        t.position = -1
    return status
