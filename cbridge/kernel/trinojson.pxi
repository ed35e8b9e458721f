# Trino's rows, a JSON array of arrays of values -> Batch with buffers of its own.
# Included by _core.pyx after trinofast.pxi. One pass; columns grow together, so that nothing is counted before.

# What a column is to become. `code` is that of a nested type (trinonested.pxi); NULL for all others.
cdef struct TrinoSpec:
    int32_t kind, scale
    bint zoned             # timestamps with the zone behind them, to become UTC
    const char* code
    int64_t ncode

# How far an array of rows has been decoded: the bytes and the rows of it that are done.
cdef struct TrinoPlace:
    int64_t at, rows
    bint ended

cdef struct TrinoPage:
    Json j
    Batch* b
    const TrinoSpec* specs
    TextOut* texts         # data of text and binary columns
    ZoneList* zones
    JsonIndex* index       # NULL: look at one cell after the other only
    int32_t wide           # how wide its registers may be, 0 to WIDEST
    bint nested            # some column is of a nested type, so that the index is of no use
    int64_t room           # rows that the columns have room for
    int64_t row            # the one being read, from 0
    int64_t before         # rows of the array that earlier batches have
    const char* begin      # of the batch
    const char* stop       # a row that ends here or behind is the last of the batch
    int32_t col


cdef inline int64_t trino_size(int32_t kind) noexcept nogil:
    """Bytes of one value; 0 for bits and for what has offsets."""
    if kind == KIND_INT8:
        return 1
    if kind == KIND_INT16:
        return 2
    if kind == KIND_INT32 or kind == KIND_FLOAT32 or kind == KIND_DATE32 or kind == KIND_INTERVAL_MONTHS:
        return 4
    if kind == KIND_DECIMAL128 or kind == KIND_UUID or kind == KIND_TIMESTAMP_WIDE:
        return 16
    return 0 if kind == KIND_BOOL or kind == KIND_NULL or has_ends(kind) else 8


cdef inline bint has_ends(int32_t kind) noexcept nogil:
    """Whether the values of a column are where its texts end."""
    return kind == KIND_TEXT or kind == KIND_BINARY or kind == KIND_DECIMAL_TEXT


cdef bint page_grow(TrinoPage* t, int64_t rows, const char* p) noexcept nogil:
    """Room for more rows in every column; `rows` of this batch end before p, and the rest will be as long as these."""
    cdef int64_t room = max(rows, 2 * t.room) + 64, size
    cdef int32_t i
    cdef Column* c
    cdef void* bigger
    if rows > 0 and p < t.stop:
        room = max(t.room, rows) + 64 + <int64_t>(1.03 * <double>rows * <double>(t.stop - p) / <double>(p - t.begin))
    for i in range(t.b.ncols):
        c = &t.b.cols[i]
        size = trino_size(c.kind)
        if c.kind == KIND_BOOL:
            size = (room + 7) // 8 + 8
        else:
            size = 4 * (room + 1) if size == 0 else size * room
        bigger = realloc(<void*>c.values, size + 16)
        if bigger is NULL:
            return json_fail(&t.j, b"not enough memory for the rows")
        c.values = bigger
        if c.validity is not NULL and not page_validity(t, c, room):
            return False
    t.room = room
    return True


cdef bint page_validity(TrinoPage* t, Column* c, int64_t room) noexcept nogil:
    """Validity bits for `room` rows; those that are new say present."""
    cdef int64_t had = 0 if c.validity is NULL else (t.room + 7) // 8, size = (room + 7) // 8
    cdef uint8_t* bits = <uint8_t*>realloc(<void*>c.validity, size + 8)
    if bits is NULL:
        return json_fail(&t.j, b"not enough memory for the rows")
    memset(bits + had, 0xFF, size - had)
    c.validity = bits
    return True


cdef bint cell_null(TrinoPage* t, Column* c) noexcept nogil:
    """Mark the cell as NULL; its value is zeros."""
    cdef int64_t size = trino_size(c.kind)
    if c.validity is NULL and not page_validity(t, c, t.room):
        return False
    (<uint8_t*>c.validity)[t.row >> 3] &= <uint8_t>~(1 << (t.row & 7))
    c.null_count += 1
    if size > 0:
        memset(<char*>c.values + t.row * size, 0, size)
    elif c.kind == KIND_BOOL:
        cell_bit(c, t.row, False)
    return True


cdef inline void cell_bit(Column* c, int64_t row, bint on) noexcept nogil:
    cdef uint8_t* bits = <uint8_t*>c.values
    # The first bit of a byte clears those that are to come.
    if row & 7 == 0:
        bits[row >> 3] = 0
    if on:
        bits[row >> 3] |= <uint8_t>(1 << (row & 7))


cdef bint cell_bad(TrinoPage* t, const char* p, int64_t n) noexcept nogil:
    """The text is no value of the column's type."""
    cdef int64_t shown = utf8_floor(p, n, 40)
    snprintf(t.j.err, t.j.nerr, b"column %d, row %lld of this part of the result: the server sent '%.*s%s', which is not a"
             b" value of the column's type", t.col + 1, <long long>(t.before + t.row + 1), <int>shown, p,
             <const char*>(b"..." if n > shown else b""))
    return False


cdef bint read_i64(const char* p, int64_t n, int64_t* out) noexcept nogil:
    """An integer of JSON, all n characters."""
    cdef int64_t v = 0, i = 0
    cdef bint negative = n > 0 and p[0] == c'-'
    if negative:
        i = 1
    if i == n:
        return False
    while i < n:
        if not is_digit(p[i]):
            return False
        # Counted downwards, because the smallest number has no positive counterpart.
        if i < 18:
            v = v * 10 - (p[i] - 48)
        elif mul_add_overflows(v, 10, -<int64_t>(p[i] - 48), &v):
            return False
        i += 1
    if not negative and v == INT64_MIN:
        return False
    out[0] = v if negative else -v
    return True


cdef bint cell_integer(TrinoPage* t, Column* c, const char* p, int64_t n) noexcept nogil:
    cdef int64_t v = 0
    if not read_i64(p, n, &v):
        return cell_bad(t, p, n)
    if c.kind == KIND_INT64:
        (<int64_t*>c.values)[t.row] = v
        return True
    if c.kind == KIND_INT32 and v == <int32_t>v:
        (<int32_t*>c.values)[t.row] = <int32_t>v
        return True
    if c.kind == KIND_INT16 and v == <int16_t>v:
        (<int16_t*>c.values)[t.row] = <int16_t>v
        return True
    if c.kind == KIND_INT8 and v == <int8_t>v:
        (<int8_t*>c.values)[t.row] = <int8_t>v
        return True
    return cell_bad(t, p, n)


cdef bint cell_scalar(TrinoPage* t, Column* c) noexcept nogil:
    """A number, true, false or null."""
    cdef const char* p = t.j.p
    cdef int64_t n
    cdef double d
    cdef float f
    while t.j.p < t.j.end and json_scalar(t.j.p[0]):
        t.j.p += 1
    n = t.j.p - p
    if n == 0:
        return json_fail(&t.j, b"a value of a row is no JSON")
    if t.j.p == t.j.end:
        return json_cut(&t.j)
    if p[0] == c'n':
        return cell_null(t, c) if n == 4 and memcmp(p, b"null", 4) == 0 else cell_bad(t, p, n)
    if KIND_INT8 <= c.kind <= KIND_INT64:
        return cell_integer(t, c, p, n)
    # A digit at the end keeps words out that are reals in other notations.
    if c.kind == KIND_FLOAT64 and is_digit(p[n - 1]) and double_from_text(p, p + n, &d) == 0:
        (<double*>c.values)[t.row] = d
        return True
    if c.kind == KIND_FLOAT32 and is_digit(p[n - 1]) and float_from_text(p, p + n, &f) == 0:
        (<float*>c.values)[t.row] = f
        return True
    if c.kind == KIND_BOOL and n >= 4 and (memcmp(p, b"true", n) == 0 if n == 4 else n == 5 and memcmp(p, b"false", 5) == 0):
        cell_bit(c, t.row, n == 4)
        return True
    if c.kind == KIND_TEXT:
        text_add(&t.texts[t.col], p, n)
        return True
    return cell_bad(t, p, n)


cdef bint cell_text(TrinoPage* t, Column* c, const char* p, int64_t n, bint escaped) noexcept nogil:
    """The string of a text or binary column."""
    cdef TextOut* out = &t.texts[t.col]
    cdef int64_t size
    # 16 bytes more, for the copies of short texts.
    if not text_room(out, n + 16):
        return json_fail(&t.j, b"not enough memory for the rows")
    if c.kind == KIND_BINARY:
        size = base64_bytes(p, n, out.p + out.n) if not escaped else -1
    elif escaped:
        size = json_unescape(p, n, out.p + out.n)
    else:
        size = n
        # A copy of fixed size is one instruction.
        if n <= 16 and t.j.end - p >= 16:
            memcpy(out.p + out.n, p, 16)
        else:
            memcpy(out.p + out.n, p, n)
    if size < 0:
        return cell_bad(t, p, n)
    out.n += size
    return True


cdef bint kept_decimal(TrinoPage* t, Column* c, const char* p, int64_t n) noexcept nogil:
    """A decimal as its text, if that is what this driver would write."""
    cdef Written form = written_form(c.scale)
    cdef char room[40]
    if not 0 < n <= 20:
        return False
    # Bytes before the text are looked at.
    memset(room, 0, 20)
    memcpy(room + 20, p, n)
    if not is_written(&form, room + 20, n):
        return False
    text_add(&t.texts[t.col], p, n)
    return True


cdef bint page_numbers(TrinoPage* t, int32_t col, int64_t rows) noexcept nogil:
    """A column of KIND_DECIMAL_TEXT with `rows` rows becomes one of KIND_DECIMAL128."""
    cdef Column* c = &t.b.cols[col]
    cdef int64_t i
    cdef Decimal d
    cdef i128* values = <i128*>malloc(16 * t.room + 16)
    if values is NULL:
        return json_fail(&t.j, b"not enough memory for the rows")
    c.data = t.texts[col].p
    for i in range(rows):
        decimal_from_digits(c, i, &d)
        values[i] = -<i128>d.digits if d.negative else <i128>d.digits
    free(<void*>c.values)
    free(t.texts[col].p)
    memset(&t.texts[col], 0, sizeof(TextOut))
    c.kind = KIND_DECIMAL128
    c.values = values
    c.data = NULL
    return True


cdef bint cell_string(TrinoPage* t, Column* c) noexcept nogil:
    cdef const char* p
    cdef int64_t n, days
    cdef int32_t day
    cdef bint escaped, good
    cdef double d
    cdef TextStatus status
    cdef void* at
    if not json_string(&t.j, &p, &n, &escaped):
        return False
    if c.kind == KIND_TEXT or c.kind == KIND_BINARY:
        return cell_text(t, c, p, n, escaped)
    if c.kind == KIND_DECIMAL_TEXT:
        if kept_decimal(t, c, p, n):
            return True
        if not page_numbers(t, t.col, t.row):
            return False
    at = <char*>c.values + t.row * trino_size(c.kind)
    if c.kind == KIND_TIMESTAMP or c.kind == KIND_TIMESTAMP_WIDE:
        status = trino_timestamp(p, n, c.kind, c.scale, t.specs[t.col].zoned, t.zones, at)
        if status == TEXT_NO_ZONE:
            return json_fail(&t.j, b"the server names a time zone that is not known here")
        return status == TEXT_DONE or cell_bad(t, p, n)
    if c.kind == KIND_TIME64:
        good = trino_time(p, n, c.scale, at) == TEXT_DONE
    elif c.kind == KIND_UUID:
        good = n == 36 and uuid_from_text(p, n, <char*>at)
    elif c.kind == KIND_FLOAT64 or c.kind == KIND_FLOAT32:
        good = real_special(p, n) and real_from_text(p, n, True, &d) == CELL_DONE
        if good and c.kind == KIND_FLOAT64:
            (<double*>at)[0] = d
        elif good:
            (<float*>at)[0] = <float>d
    elif c.kind == KIND_DATE32 and n == 10 and plain_day(p, &day):
        (<int32_t*>at)[0] = day
        good = True
    else:
        good = text_size(c.kind) > 0 and text_value(p, n, c.kind, c.scale, at)
    return good or cell_bad(t, p, n)


cdef bint page_cell(TrinoPage* t) noexcept nogil:
    """The value at t.j.p as cell (t.row, t.col)."""
    cdef Column* c = &t.b.cols[t.col]
    cdef TextOut* out = &t.texts[t.col]
    cdef const TrinoSpec* spec = &t.specs[t.col]
    cdef const char* start
    cdef const char* code
    cdef char first
    cdef bint good
    json_space(&t.j)
    if t.j.p == t.j.end:
        return json_cut(&t.j)
    start = t.j.p
    first = start[0]
    if spec.code is not NULL and first != c'n':
        code = spec.code
        good = nested_value(&t.j, &code, spec.code + spec.ncode, out, 0)
    elif first == c'"':
        good = cell_string(t, c)
    elif first == c'[' or first == c'{':
        good = json_skip(&t.j)
        if good and c.kind == KIND_TEXT:
            text_add(out, start, t.j.p - start)
        elif good:
            good = cell_bad(t, start, t.j.p - start)
    else:
        good = cell_scalar(t, c)
    if not good:
        return False
    if has_ends(c.kind):
        if out.failed:
            return json_fail(&t.j, b"not enough memory for the rows")
        if out.n > 0x7FFFFFFF:
            return json_fail(&t.j, b"a column of this part of the result has more than 2 GiB")
        (<int32_t*>c.values)[t.row + 1] = <int32_t>out.n
    return True


cdef bint page_row(TrinoPage* t) noexcept nogil:
    if t.row == t.room and not page_grow(t, t.row, t.j.p):
        return False
    if not json_mark(&t.j, c'['):
        return json_fail(&t.j, b"a row of the result is no JSON array")
    for t.col in range(t.b.ncols):
        if t.col > 0 and not json_mark(&t.j, c','):
            snprintf(t.j.err, t.j.nerr, b"row %lld of this part of the result has %d values for %d columns",
                     <long long>(t.before + t.row + 1), t.col, t.b.ncols)
            return False
        if not (t.nested and t.specs[t.col].code is NULL and page_quick(t)) and not page_cell(t):
            return False
    if not json_mark(&t.j, c']'):
        return json_fail(&t.j, b"a row of the result has more values than columns")
    t.row += 1
    return True


cdef bint page_rows(TrinoPage* t, TrinoPlace* place) noexcept nogil:
    """Rows until t.stop is reached, or all; nothing may follow those."""
    cdef bint first = place.at == 0
    cdef int64_t read
    if first and not json_mark(&t.j, c'['):
        return json_fail(&t.j, b"the rows of the result are no JSON array")
    while not json_mark(&t.j, c']'):
        if t.j.p == t.j.end:
            return json_cut(&t.j)
        if t.j.p >= t.stop and t.row > 0:
            place.at = t.j.p - t.j.start
            place.rows += t.row
            return True
        if not first and not json_mark(&t.j, c','):
            return json_fail(&t.j, b"the rows of the result are no JSON")
        first = False
        read = t.row
        if not page_run(t) or (t.row == read and not page_row(t)):
            return False
    json_space(&t.j)
    if t.j.p != t.j.end:
        return json_fail(&t.j, b"something follows the rows of the result")
    place.at = t.j.p - t.j.start
    place.rows += t.row
    place.ended = True
    return True


cdef bint page_begin(TrinoPage* t) noexcept nogil:
    """Columns without rows, each with the buffers that its kind has."""
    cdef int32_t i
    for i in range(t.b.ncols):
        t.b.cols[i].kind = t.specs[i].kind
        t.b.cols[i].scale = t.specs[i].scale
        # Most decimals are read as text. Those that are not written as this driver would make the column numbers.
        if t.index is not NULL and t.specs[i].kind == KIND_DECIMAL128 and 0 <= t.specs[i].scale <= MOST_KEPT:
            t.b.cols[i].kind = KIND_DECIMAL_TEXT
        t.b.cols[i].finite = 1
    if not page_grow(t, 0, t.begin):
        return False
    for i in range(t.b.ncols):
        if has_ends(t.b.cols[i].kind):
            (<int32_t*>t.b.cols[i].values)[0] = 0
            if not text_room(&t.texts[i], 16):
                return json_fail(&t.j, b"not enough memory for the rows")
    return True


cdef Batch* trino_piece(const char* p, int64_t n, const TrinoSpec* specs, int32_t ncols, ZoneList* zones,
                        TrinoPlace* place, int64_t most, int32_t wide, char* err, size_t nerr) noexcept nogil:
    """trino_decode_some in one of its ways, which take the same texts for the same values: wide is 0 to WIDEST, or CAREFUL for
    cell after cell."""
    cdef TrinoPage t
    cdef bint good
    cdef int32_t i
    memset(&t, 0, sizeof(t))
    t.j.start = p
    t.j.p = t.begin = p + place.at
    t.j.end = p + n
    t.stop = t.j.p + most if most < n - place.at else t.j.end
    t.before = place.rows
    t.j.err = err
    t.j.nerr = nerr
    t.specs = specs
    t.zones = zones
    for i in range(ncols):
        t.nested = t.nested or specs[i].code is not NULL
    zones.missing[0] = 0
    t.b = batch_alloc(ncols)
    t.texts = <TextOut*>calloc(ncols + 1, sizeof(TextOut))
    t.wide = wide
    t.index = NULL if wide == CAREFUL or t.nested else <JsonIndex*>malloc(sizeof(JsonIndex))
    if t.b is NULL or t.texts is NULL or (t.index is NULL and wide != CAREFUL and not t.nested):
        good = json_fail(&t.j, b"not enough memory for the rows")
    else:
        good = page_begin(&t) and page_rows(&t, place)
        for i in range(ncols):
            t.b.cols[i].data = t.texts[i].p
        t.b.nrows = t.row
    free(t.texts)
    free(t.index)
    if not good:
        batch_drop(t.b)
        return NULL
    return t.b


cdef Batch* trino_decode_some(const char* p, int64_t n, const TrinoSpec* specs, int32_t ncols, ZoneList* zones,
                              TrinoPlace* place, int64_t most, char* err, size_t nerr) noexcept nogil:
    """The next rows of a JSON array, some `most` bytes of it, as a batch that owns everything; specs says what each of the
    ncols columns becomes. `place` is zeros at first and is moved on.

    NULL and a sentence in err for bytes that are no such rows; zones.missing is set when only a zone is lacking, and the
    place stays where it was.
    """
    cdef Batch* b = trino_piece(p, n, specs, ncols, zones, place, most, WIDEST, err, nerr)
    # Runs are read one column after the other; the error to tell is the first one in the order of the text.
    return b if b is not NULL else trino_piece(p, n, specs, ncols, zones, place, most, CAREFUL, err, nerr)
