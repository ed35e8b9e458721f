# Arrow layouts that have to be rebuilt: decimals of other widths, dates and times of other units, views,
# dictionaries, runs.
# Included by _core.pyx after arrowrows.pxi.

cdef bint take_decimal(ArrowSchema* schema, ArrowArray* a, int64_t n, Column* out, ArrowOwner* own,
                       ArrowFault* f) noexcept nogil:
    """d:precision,scale[,bits]: 128 bits as they are, 32 and 64 widened, 256 as text."""
    cdef const char* p = schema.format + 2
    cdef int64_t precision = read_count(&p), bits = 128, i
    cdef bint negative
    cdef int64_t scale
    cdef int64_t* words
    cdef int64_t v
    if precision < 0 or p[0] != c',':
        return arrow_fault_text(f, b"this Arrow decimal has no precision and scale: format", schema.format)
    p += 1
    negative = p[0] == c'-'
    p += negative
    scale = read_count(&p)
    if scale >= 0 and p[0] == c',':
        p += 1
        bits = read_count(&p)
    if not 0 <= scale <= 100 or p[0] != 0:
        return arrow_fault_text(f, b"this Arrow decimal is not supported: format", schema.format)
    if not borrow_values(a, n, out, f):
        return False
    out.scale = <int32_t>(-scale if negative else scale)
    out.kind = KIND_DECIMAL128
    if bits == 128:
        return True
    if bits == 256:
        return decimal256_to_text(n, out, own, f)
    if bits != 32 and bits != 64:
        return arrow_fault_text(f, b"this Arrow decimal is not supported: format", schema.format)
    words = <int64_t*>own_alloc(own, n, 16, f)
    if words is NULL or not own_validity(own, out, n, &out.validity, f):
        return False
    for i in range(n):
        v = (<const int32_t*>out.values)[out.offset + i] if bits == 32 else (<const int64_t*>out.values)[out.offset + i]
        words[2 * i] = v
        words[2 * i + 1] = -1 if v < 0 else 0
    out.values = words
    out.offset = 0
    return True


cdef int32_t decimal256_digits(const uint64_t* source, char* out, bint* negative) noexcept nogil:
    """The decimal digits of a 256-bit two's complement number, at most 78; returns how many."""
    cdef uint64_t w[4]
    # Divided as u128 throughout: Cython narrows the dividend when the divisor has 64 bits only.
    cdef u128 base = 1000000000000000000u, part, quotient
    cdef uint64_t rest
    cdef char back[96]
    cdef int32_t i, k, n = 0
    cdef bint carry = True
    memcpy(w, source, 32)
    negative[0] = w[3] >> 63 != 0
    if negative[0]:
        for i in range(4):
            w[i] = ~w[i]
            if carry:
                w[i] += 1
                carry = w[i] == 0
    while (w[0] | w[1] | w[2] | w[3]) != 0:
        rest = 0
        for i in range(3, -1, -1):
            part = make_u128(rest, w[i])
            quotient = part / base
            w[i] = <uint64_t>quotient
            rest = <uint64_t>(part - quotient * base)
        for k in range(18):
            back[n] = <char>(c'0' + <int32_t>(rest % 10))
            rest = rest / 10
            n += 1
    while n > 0 and back[n - 1] == c'0':
        n -= 1
    if n == 0:
        back[0] = c'0'
        n = 1
    for i in range(n):
        out[i] = back[n - 1 - i]
    return n


cdef bint decimal256_to_text(int64_t n, Column* out, ArrowOwner* own, ArrowFault* f) noexcept nogil:
    """256-bit decimals as text: no other column kind holds them exactly."""
    cdef TextOut t
    cdef int64_t* offsets = <int64_t*>own_alloc(own, n + 1, 8, f)
    cdef char digits[96]
    cdef int32_t i, count
    cdef int32_t scale = out.scale
    cdef bint negative
    cdef int64_t row
    cdef const uint8_t* validity
    if offsets is NULL or not own_validity(own, out, n, &validity, f):
        return False
    memset(&t, 0, sizeof(t))
    for row in range(n):
        if not column_null(out, row):
            count = decimal256_digits(<const uint64_t*>out.values + 4 * (out.offset + row), digits, &negative)
            if negative:
                text_add(&t, b"-", 1)
            if scale >= count:
                text_add(&t, b"0", 1)
            else:
                text_add(&t, digits, count - scale if scale > 0 else count)
            for i in range(-scale if scale < 0 and not (count == 1 and digits[0] == c'0') else 0):
                text_add(&t, b"0", 1)
            if scale > 0:
                text_add(&t, b".", 1)
                for i in range(scale - count):
                    text_add(&t, b"0", 1)
                if scale >= count:
                    text_add(&t, digits, count)
                else:
                    text_add(&t, digits + count - scale, scale)
        offsets[row + 1] = t.n
    out.validity = validity
    return own_text(own, &t, offsets, out, f)


cdef int32_t unit_digits(char unit) noexcept nogil:
    """Fractional digits of an Arrow time unit; -1 when it is none."""
    if unit == c's':
        return 0
    if unit == c'm':
        return 3
    if unit == c'u':
        return 6
    return 9 if unit == c'n' else -1


cdef bint take_temporal(ArrowSchema* schema, ArrowArray* a, int64_t n, Column* out, ArrowOwner* own,
                        ArrowFault* f) noexcept nogil:
    cdef const char* t = schema.format
    if t[1] == 0 or not borrow_values(a, n, out, f):
        return arrow_fault_text(f, b"this Arrow type is not supported: format", t) if t[1] == 0 else False
    if t[1] == c'i' and t[2] != 0 and t[3] == 0:
        return take_interval(t, n, out, own, f)
    out.scale = unit_digits(t[2])
    if t[1] == c'd' and t[2] == c'D' and t[3] == 0:
        out.kind = KIND_DATE32
        out.scale = 0
        return True
    if t[1] == c'd' and t[2] == c'm' and t[3] == 0:
        return widen_temporal(t, n, out, own, f)
    if out.scale >= 0 and t[1] == c's' and t[3] == c':':
        out.kind = KIND_TIMESTAMP
        return True
    if out.scale >= 0 and t[1] == c'D' and t[3] == 0:
        out.kind = KIND_INTERVAL_DURATION
        return True
    if out.scale >= 6 and t[1] == c't' and t[3] == 0:
        out.kind = KIND_TIME64
        return True
    if out.scale >= 0 and t[1] == c't' and t[3] == 0:
        return widen_temporal(t, n, out, own, f)
    return arrow_fault_text(f, b"this Arrow type is not supported: format", t)


cdef bint widen_temporal(const char* t, int64_t n, Column* out, ArrowOwner* own, ArrowFault* f) noexcept nogil:
    """date64 (milliseconds) to days, time32 (seconds, milliseconds) to 64 bits."""
    cdef int64_t* wide
    cdef int32_t* days
    cdef const uint8_t* validity
    cdef int64_t i, v
    if not own_validity(own, out, n, &validity, f):
        return False
    if t[1] == c't':
        wide = <int64_t*>own_alloc(own, n, 8, f)
        if wide is NULL:
            return False
        for i in range(n):
            wide[i] = (<const int32_t*>out.values)[out.offset + i]
        out.kind = KIND_TIME64
        out.values = wide
    else:
        days = <int32_t*>own_alloc(own, n, 4, f)
        if days is NULL:
            return False
        for i in range(n):
            if column_null(out, i):
                continue
            v = (<const int64_t*>out.values)[out.offset + i]
            if v % 86400000 != 0 or not -2147483648 <= v // 86400000 <= 2147483647:
                return arrow_fault(f, b"a date64 value is no whole day")
            days[i] = <int32_t>(v // 86400000)
        out.kind = KIND_DATE32
        out.scale = 0
        out.values = days
    out.validity = validity
    out.offset = 0
    return True


cdef bint take_interval(const char* t, int64_t n, Column* out, ArrowOwner* own, ArrowFault* f) noexcept nogil:
    """tiM months, tiD days and milliseconds, tin months, days and nanoseconds."""
    cdef MonthDayNano* v
    cdef const int32_t* pair
    cdef int64_t i
    if t[2] == c'M':
        out.kind = KIND_INTERVAL_MONTHS
        return True
    if t[2] == c'n':
        out.kind = KIND_INTERVAL_MDN
        return True
    if t[2] != c'D':
        return arrow_fault_text(f, b"this Arrow type is not supported: format", t)
    v = <MonthDayNano*>own_alloc(own, n, sizeof(MonthDayNano), f)
    if v is NULL:
        return False
    pair = <const int32_t*>out.values + 2 * out.offset
    for i in range(n):
        v[i].days = pair[2 * i]
        v[i].nanoseconds = <int64_t>pair[2 * i + 1] * 1000000
    if not own_validity(own, out, n, &out.validity, f):
        return False
    out.kind = KIND_INTERVAL_MDN
    out.values = v
    out.offset = 0
    return True


cdef bint take_views(const char* t, ArrowArray* a, int64_t n, Column* out, ArrowOwner* own,
                     ArrowFault* f) noexcept nogil:
    """String and binary views: 16 bytes a value, short ones inside, long ones in buffers 2 .. n_buffers-2."""
    cdef TextOut bytes_
    cdef int64_t* offsets
    cdef const uint8_t* view
    cdef const uint8_t* validity
    cdef const int64_t* sizes
    cdef int32_t size, index, at
    cdef int64_t row
    if a.n_buffers < 3 or not borrow_values(a, n, out, f):
        return arrow_fault(f, b"the array of views lacks a buffer")
    sizes = <const int64_t*>a.buffers[a.n_buffers - 1]
    offsets = <int64_t*>own_alloc(own, n + 1, 8, f)
    if offsets is NULL or not own_validity(own, out, n, &validity, f):
        return False
    memset(&bytes_, 0, sizeof(bytes_))
    for row in range(n):
        if not column_null(out, row):
            view = <const uint8_t*>out.values + 16 * (out.offset + row)
            memcpy(&size, view, 4)
            memcpy(&index, view + 8, 4)
            memcpy(&at, view + 12, 4)
            if 0 <= size <= 12:
                text_add(&bytes_, <const char*>view + 4, size)
            elif (size < 0 or index < 0 or index >= a.n_buffers - 3 or at < 0 or sizes is NULL
                  or <int64_t>at + size > sizes[index]):
                free(bytes_.p)
                return arrow_fault(f, b"a view points outside of its buffers")
            else:
                text_add(&bytes_, <const char*>a.buffers[2 + index] + at, size)
        offsets[row + 1] = bytes_.n
    out.validity = validity
    if not own_text(own, &bytes_, offsets, out, f):
        return False
    if t[1] == c'z':
        out.kind = KIND_LARGE_BINARY
    return True


cdef int64_t kind_bytes(int32_t kind) noexcept nogil:
    """Bytes of one value of a fixed-width kind; 0 for bitmaps, text and binary."""
    if kind == KIND_INT8 or kind == KIND_UINT8:
        return 1
    if kind == KIND_INT16 or kind == KIND_UINT16:
        return 2
    if kind == KIND_INT32 or kind == KIND_UINT32 or kind == KIND_FLOAT32:
        return 4
    if kind == KIND_DATE32 or kind == KIND_INTERVAL_MONTHS:
        return 4
    if kind == KIND_DECIMAL128 or kind == KIND_UUID or kind == KIND_INTERVAL_MDN or kind == KIND_TIMESTAMP_WIDE:
        return 16
    if kind == KIND_BOOL or kind == KIND_NULL or KIND_TEXT <= kind <= KIND_LARGE_BINARY:
        return 0
    return 8


cdef bint gather(const Column* src, const int64_t* at, int64_t n, Column* out, ArrowOwner* own,
                 ArrowFault* f) noexcept nogil:
    """Row i of out is row at[i] of src, NULL where at[i] is negative."""
    cdef int64_t width = kind_bytes(src.kind), i, size
    cdef uint8_t* bits = <uint8_t*>own_alloc(own, (n + 7) >> 3, 1, f)
    cdef char* values
    cdef int64_t* offsets
    cdef TextOut t
    cdef const char* p
    if bits is NULL:
        return False
    for i in range(n):
        if at[i] >= 0 and not column_null(src, at[i]):
            bits[i >> 3] |= 1 << (i & 7)
    memset(out, 0, sizeof(Column))
    out.kind = src.kind
    out.scale = src.scale
    out.null_count = -1
    out.validity = bits
    if src.kind == KIND_NULL:
        return True
    if KIND_TEXT <= src.kind <= KIND_LARGE_BINARY:
        offsets = <int64_t*>own_alloc(own, n + 1, 8, f)
        if offsets is NULL:
            return False
        memset(&t, 0, sizeof(t))
        for i in range(n):
            if bit_at(bits, i):
                column_bytes(src, at[i], &p, &size)
                text_add(&t, p, size)
            offsets[i + 1] = t.n
        if not own_text(own, &t, offsets, out, f):
            return False
        if src.kind == KIND_BINARY or src.kind == KIND_LARGE_BINARY:
            out.kind = KIND_LARGE_BINARY
        return True
    values = <char*>own_alloc(own, n, width if width > 0 else 1, f)
    if values is NULL:
        return False
    for i in range(n):
        if not bit_at(bits, i):
            continue
        if width > 0:
            memcpy(values + i * width, <const char*>src.values + (src.offset + at[i]) * width, width)
        elif bit_at(<const uint8_t*>src.values, src.offset + at[i]):
            values[i >> 3] |= 1 << (i & 7)
    out.values = values
    return True


cdef int64_t index_at(const Column* c, int64_t row) noexcept nogil:
    """An integer of any width; what does not fit is -1, which no index is."""
    cdef Value v
    if KIND_INT8 <= c.kind <= KIND_UINT64 and value_from_column(c, row, &v) == CELL_DONE:
        if not v.decimal.negative and v.decimal.digits < <u128>MAX_ARROW_ROWS:
            return <int64_t>v.decimal.digits
    return -1


cdef bint take_dictionary(ArrowSchema* schema, ArrowArray* a, int64_t n, Column* out, ArrowOwner* own,
                          ArrowFault* f) noexcept nogil:
    """Indexes into a dictionary, replaced by what they mean."""
    cdef Column values
    cdef int64_t* at = <int64_t*>own_alloc(own, n, 8, f)
    cdef int64_t i
    if at is NULL or not borrow_values(a, n, out, f):
        return False
    if a.dictionary is NULL:
        return arrow_fault(f, b"the array has no dictionary")
    if schema.format[1] != 0 or not KIND_INT8 <= primitive_kind(schema.format[0]) <= KIND_UINT64:
        return arrow_fault_text(f, b"dictionary indexes must be integers, not format", schema.format)
    out.kind = primitive_kind(schema.format[0])
    memset(&values, 0, sizeof(values))
    if not take_array(schema.dictionary, a.dictionary, 0, a.dictionary.length, &values, own, f):
        return False
    for i in range(n):
        at[i] = -1
        if not column_null(out, i):
            at[i] = index_at(out, i)
            if not 0 <= at[i] < a.dictionary.length:
                return arrow_fault(f, b"a dictionary index points outside of the dictionary")
    return gather(&values, at, n, out, own, f)


cdef bint take_runs(ArrowSchema* schema, ArrowArray* a, int64_t skip, int64_t n, Column* out, ArrowOwner* own,
                    ArrowFault* f) noexcept nogil:
    """Run-end encoding: child 0 says where each run ends (before the parent's offset), child 1 has the values."""
    cdef Column ends, values
    cdef int64_t* at = <int64_t*>own_alloc(own, n, 8, f)
    cdef int64_t i, run = 0, end, last = 0
    if at is NULL:
        return False
    if a.n_children != 2 or schema.n_children != 2 or a.children[0] is NULL or a.children[1] is NULL:
        return arrow_fault(f, b"a run-end encoded array has two children")
    memset(&ends, 0, sizeof(ends))
    memset(&values, 0, sizeof(values))
    if not take_array(schema.children[0], a.children[0], 0, a.children[0].length, &ends, own, f):
        return False
    if not take_array(schema.children[1], a.children[1], 0, a.children[1].length, &values, own, f):
        return False
    for i in range(n):
        while True:
            end = index_at(&ends, run) if run < a.children[0].length and run < a.children[1].length else -1
            if end < last or end < 0:
                return arrow_fault(f, b"the run ends of the array are out of order or too few")
            if a.offset + skip + i < end:
                break
            last = end
            run += 1
        at[i] = run
    return gather(&values, at, n, out, own, f)
