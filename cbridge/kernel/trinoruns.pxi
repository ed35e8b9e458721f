# Trino's rows as many at a time as the index of their ends reaches (jsonindex.pxi): a loop for each column, without a look at
# its kind for each cell and without waiting for one cell's end to begin the next. Included by _core.pyx after trinojson.pxi.

# The cells of one column in rows that follow each other, all of which have the same number of ends.
cdef struct CellRun:
    TrinoPage* t
    Column* c
    const char* base
    const uint16_t* ends   # [0]: the mark before the first cell, [1]: the one behind it; the next row's `step` further
    int64_t step, skip     # skip: from the mark before a cell to its first character
    int64_t n
    int32_t col
    bint escapes           # a string may have some


cdef inline bint run_odd(CellRun* r, int64_t i, const char* p, const char* e) noexcept nogil:
    """Cell i as NULL or the careful way. False when it does not end at e."""
    cdef TrinoPage* t = r.t
    cdef int64_t first = t.row
    cdef bint good
    t.col = r.col
    t.row = first + i
    if e - p == 4 and memcmp(p, b"null", 4) == 0:
        good = cell_null(t, r.c)
        if has_ends(r.c.kind):
            (<int32_t*>r.c.values)[t.row + 1] = <int32_t>t.texts[r.col].n
    else:
        t.j.p = p
        good = page_cell(t) and t.j.p == e
    t.row = first
    return good


ctypedef fused Number:
    int8_t
    int16_t
    int32_t
    int64_t
    double


cdef inline bint run_number(CellRun* r, Number* out, int64_t i) noexcept nogil:
    cdef const uint16_t* at = r.ends + i * r.step
    cdef const char* p = r.base + at[0] + r.skip
    cdef const char* e = r.base + at[1]
    cdef int64_t v = 0
    if Number is double:
        if fast_double(p, e, &out[i]):
            return True
        if (p[0] == c'-' or is_digit(p[0])) and is_digit(e[-1]) and double_from_text(p, e, &out[i]) == 0:
            return True
    elif fast_integer(p, e, &v) and v == <Number>v:
        out[i] = <Number>v
        return True
    return run_odd(r, i, p, e)


cdef bint run_numbers(CellRun* r, Number* out) noexcept nogil:
    """Integers, or doubles."""
    cdef int64_t i, first
    cdef uint32_t left
    cdef uint8_t others[MANY_LEFT]
    if not numbers_many(r.t.wide, r.base, r.ends, r.step, r.skip, r.n, 0 if Number is double else sizeof(Number), out, others):
        for i in range(r.n):
            if not run_number(r, out, i):
                return False
        return True
    for first in range(0, r.n, 8):
        left = others[first >> 3]
        while left != 0:
            if not run_number(r, out, first + lowest_bit(left)):
                return False
            left &= left - 1
    return True


cdef bint run_floats(CellRun* r, float* out) noexcept nogil:
    cdef const uint16_t* at = r.ends
    cdef const char* p
    cdef const char* e
    cdef int64_t i
    cdef float v = 0
    for i in range(r.n):
        p = r.base + at[0] + r.skip
        e = r.base + at[1]
        at += r.step
        if fast_float(p, e, &v):
            out[i] = v
        elif not run_odd(r, i, p, e):
            return False
    return True


cdef inline bint quoted(const char* p, const char* e) noexcept nogil:
    """Whether the cell is a string. The index has seen that one which begins at p ends just before e."""
    return p[0] == c'"' and e[-1] == c'"' and e - p > 1


cdef bint run_decimals(CellRun* r, int64_t* out) noexcept nogil:
    cdef const uint16_t* at = r.ends
    cdef const char* p
    cdef const char* e
    cdef int64_t i, v = 0, scale = r.c.scale
    cdef bint fast = 0 <= scale <= 15
    for i in range(r.n):
        p = r.base + at[0] + r.skip
        e = r.base + at[1]
        at += r.step
        if fast and quoted(p, e) and fast_decimal(p + 1, e - 1, scale, &v):
            out[2 * i] = v
            out[2 * i + 1] = v >> 63
        elif not run_odd(r, i, p, e):
            return False
    return True


cdef int64_t run_kept(CellRun* r, int32_t* out) noexcept nogil:
    """Decimals as the texts that they are, up to the first that this driver would write in another way: how many. -1 on
    an error."""
    cdef const uint16_t* at = r.ends
    cdef const char* p
    cdef const char* e
    # Copies: the compiler cannot know that the texts that are written are no part of these.
    cdef const char* base = r.base + r.skip
    cdef char* to = r.t.texts[r.col].p
    cdef int64_t i = 0, k, end = r.t.texts[r.col].n, step = r.step, n = r.n, around = r.skip + 2
    cdef Written form = written_form(r.c.scale)
    cdef uint8_t others[MANY_LEFT]
    kept_many(r.t.wide, r.base, r.ends, step, r.skip, n, r.c.scale, others)
    while i < n:
        if i & 7 == 0 and i + 8 <= n and others[i >> 3] == 0:
            for k in range(8):
                memcpy(to + end, base + at[0] + 1, 16)
                end += at[1] - at[0] - around
                out[i + k + 1] = <int32_t>end
                at += step
            i += 8
            continue
        p = base + at[0]
        e = r.base + at[1]
        at += step
        if not bit_at(others, i) or (quoted(p, e) and is_kept(&form, p + 1, e - 1)):
            # 16 digits and a sign are the longest.
            memcpy(to + end, p + 1, 16)
            to[end + 16] = p[17]
            end += e - p - 2
            i += 1
            out[i] = <int32_t>end
            continue
        r.t.texts[r.col].n = end
        if e - p != 4 or memcmp(p, b"null", 4) != 0:
            return i
        if not run_odd(r, i, p, e):
            return -1
        i += 1
    r.t.texts[r.col].n = end
    return n


cdef bint run_kept_or_numbers(CellRun* r) noexcept nogil:
    cdef int64_t first = r.t.row, done = run_kept(r, &(<int32_t*>r.c.values)[first])
    cdef bint good
    if done < 0 or done == r.n:
        return done >= 0
    if not page_numbers(r.t, r.col, first + done):
        return False
    r.ends += done * r.step
    r.n -= done
    r.t.row += done
    good = run_decimals(r, <int64_t*>r.c.values + 2 * r.t.row)
    r.t.row = first
    return good


cdef bint run_texts(CellRun* r, int32_t* out) noexcept nogil:
    """Strings without escapes; out[i + 1] is where text i ends."""
    cdef const uint16_t* at = r.ends
    cdef const char* p
    cdef const char* e
    cdef TextOut* text = &r.t.texts[r.col]
    # Copies: the compiler cannot know that the texts that are written are no part of these.
    cdef const char* base = r.base
    cdef char* to = text.p
    cdef int64_t i, n, end = text.n, step = r.step, skip = r.skip
    cdef bint escapes = r.escapes
    for i in range(r.n):
        p = base + at[0] + skip
        e = base + at[1]
        at += step
        n = e - p - 2
        p += 1
        if quoted(p - 1, e) and (not escapes or memchr(p, c'\\', n) is NULL):
            # A copy of fixed size is one instruction; the page and the text both have room for it.
            if n <= 16:
                memcpy(to + end, p, 16)
            elif n <= 32:
                memcpy(to + end, p, 32)
            else:
                memcpy(to + end, p, n)
            end += n
            out[i + 1] = <int32_t>end
            continue
        text.n = end
        if not run_odd(r, i, p - 1, e):
            return False
        # An odd cell may have needed more room.
        end = text.n
        to = text.p
    text.n = end
    return True


cdef bint run_cells(CellRun* r) noexcept nogil:
    """All cells of the run. False when one cannot be read, or not here."""
    cdef int64_t row = r.t.row, i
    cdef int32_t k = r.c.kind
    cdef TextOut* text = &r.t.texts[r.col]
    cdef const uint16_t* at = r.ends
    cdef void* out = <char*>r.c.values + row * trino_size(k)
    if k == KIND_INT64:
        return run_numbers(r, <int64_t*>out)
    if k == KIND_INT32:
        return run_numbers(r, <int32_t*>out)
    if k == KIND_INT16:
        return run_numbers(r, <int16_t*>out)
    if k == KIND_INT8:
        return run_numbers(r, <int8_t*>out)
    if k == KIND_FLOAT64:
        return run_numbers(r, <double*>out)
    if k == KIND_FLOAT32:
        return run_floats(r, <float*>out)
    if k == KIND_DECIMAL128:
        return run_decimals(r, <int64_t*>out)
    if k == KIND_DATE32:
        return run_days(r, <int32_t*>out)
    if k == KIND_TIMESTAMP:
        return run_moments(r, <int64_t*>out)
    if has_ends(k) and text.n < 0x7FFFFFFF - 2 * INDEX_BYTES and text_room(text, 2 * INDEX_BYTES):
        if k == KIND_TEXT:
            return run_texts(r, &(<int32_t*>r.c.values)[row])
        if k == KIND_DECIMAL_TEXT:
            return run_kept_or_numbers(r)
    for i in range(r.n):
        if not run_odd(r, i, r.base + at[0] + r.skip, r.base + at[1]):
            return False
        at += r.step
    return True


cdef int64_t rows_with_cells(const JsonIndex* x, int64_t step, int64_t n) noexcept nogil:
    """How many of the n rows have commas between all of their cells."""
    cdef int64_t row, i
    cdef const uint16_t* at = x.at + 1
    for row in range(n):
        for i in range(step - 2):
            if x.base[at[i]] != c',':
                return row
        at += step
    return n


cdef int64_t rows_indexed(const JsonIndex* x, int64_t step, const char* stop) noexcept nogil:
    """How many rows the index has to the end, `step` ends each and the beginning of another row behind; the last is the
    first one that ends at `stop` or behind."""
    cdef int64_t n = 0
    cdef const uint16_t* at = x.at + step - 1
    cdef const char* p
    while (n + 1) * step <= x.n:
        p = x.base + at[0]
        if p[0] != c']' or p[1] != c',' or p[2] != c'[' or at[1] != at[0] + 1:
            break
        at += step
        n += 1
        if p + 1 >= stop:
            break
    # As many brackets as rows are those at the rows' ends.
    return n if x.closings == n else rows_with_cells(x, step, n)


cdef bint page_run(TrinoPage* t) noexcept nogil:
    """As many rows from t.j.p on as the index of their ends has, maybe none; t.j.p then stands behind the last one.

    False when they have to be read again, by the careful readers alone.
    """
    cdef JsonIndex* x = t.index
    cdef const char* p = t.j.p
    cdef CellRun r
    cdef int64_t n
    cdef int32_t col
    if x is NULL or p - t.j.start < CELL_BEFORE or t.j.end - p < 2 * CELL_ROOM or p[0] != c'[':
        return True
    # The mark before the row counts as an end, so that all cells of a column look alike.
    json_index(x, p - 1, t.j.end - CELL_ROOM, t.wide)
    r.step = t.b.ncols + 1
    n = rows_indexed(x, r.step, t.stop)
    if n == 0:
        return True
    if t.row + n > t.room and not page_grow(t, t.row + n, x.base + x.at[n * r.step]):
        return False
    r.t = t
    r.base = x.base
    r.escapes = x.escapes
    for col in range(t.b.ncols):
        r.c = &t.b.cols[col]
        r.col = col
        r.n = n
        r.ends = x.at + col
        r.skip = 1 if col > 0 else 2
        if not run_cells(&r):
            return False
    t.row += n
    t.j.p = x.base + x.at[n * r.step]
    return True


cdef bint page_quick(TrinoPage* t) noexcept nogil:
    """The cell at t.j.p if it has one of the usual forms, for rows that have no index. False: nothing was read."""
    cdef Column* c = &t.b.cols[t.col]
    cdef TextOut* text = &t.texts[t.col]
    cdef const char* p = t.j.p
    cdef const char* e
    cdef int64_t v = 0, n
    cdef int32_t k = c.kind
    cdef bint good = False
    if p - t.j.start < CELL_BEFORE or t.j.end - p < CELL_ROOM:
        return False
    if p[0] != c'"':
        e = word_end(p)
        if e is NULL:
            return False
        if k == KIND_INT64:
            good = fast_integer(p, e, &(<int64_t*>c.values)[t.row])
        elif k == KIND_INT32:
            good = fast_integer(p, e, &v) and v == <int32_t>v
            (<int32_t*>c.values)[t.row] = <int32_t>v
        elif k == KIND_FLOAT64:
            good = fast_double(p, e, &(<double*>c.values)[t.row])
    else:
        n = json_plain(p + 1, t.j.end)
        e = p + n + 2
        if t.j.end - e < 1 or e[-1] != c'"':
            return False
        if k == KIND_TEXT:
            good = text.n + n < 0x7FFFFFFF and text_room(text, n + 16)
            if good:
                memcpy(text.p + text.n, p + 1, n)
                text.n += n
                (<int32_t*>c.values)[t.row + 1] = <int32_t>text.n
        elif k == KIND_DECIMAL128:
            good = 0 <= c.scale <= 15 and fast_decimal(p + 1, e - 1, c.scale, &v)
            (<int64_t*>c.values)[2 * t.row] = v
            (<int64_t*>c.values)[2 * t.row + 1] = v >> 63
        elif k == KIND_DATE32:
            good = n == 10 and plain_day(p + 1, &(<int32_t*>c.values)[t.row])
        elif k == KIND_TIMESTAMP:
            good = 0 <= c.scale <= 9 and fast_moment(p + 1, e - 1, c.scale, t.specs[t.col].zoned,
                                                     &(<int64_t*>c.values)[t.row])
    if good:
        t.j.p = e
    return good
