# Whole-column loops of put_rows, one for each common pair of column kind and C type: no switch for a cell.
# Included by _core.pyx after cells.pxi.

cdef extern from *:
    """
    /* Copies n <= 32 bytes in wide steps. The caller grants 32 bytes of room behind out and of readable bytes at p. */
    static inline void argus_copy32(char *out, const char *p, int64_t n) {
        memcpy(out, p, 16);
        if (n > 16)
            memcpy(out + 16, p + 16, 16);
    }

    /* Widens n ASCII bytes in steps of 8 units; both sides are granted up to the next multiple of 8.
       Returns 0 when a byte is not ASCII; out may then hold anything. */
    static inline int argus_widen_steps(const char *p, int64_t n, char *out, int32_t wchar_bytes) {
        for (int64_t i = 0; i < n; i += 8) {
            uint64_t v = argus_load64(p + i);
            if (n - i < 8)
                v &= ((uint64_t)1 << (8 * (n - i))) - 1;
            if (v & 0x8080808080808080ull)
                return 0;
            if (wchar_bytes == 2)
                argus_widen16(p + i, 8, out + 2 * i);
            else
                argus_widen32(p + i, 8, out + 4 * i);
        }
        return 1;
    }

    /* Asks the cache for what is read a kilobyte later. Another processor has received and indexed it, so that it comes
       slowly, and what the processor guesses by itself ends with each page of memory. */
    static inline void argus_ask_later(const void *p) { __builtin_prefetch((const char *)p + 1024); }

    /* Texts of rows first..n - 1 to C strings of 33 bytes or more, as far as none is longer than 32 bytes or `room`, or ends
       less than 32 bytes before `end`; returns the first row that was not written. */
    static inline int64_t argus_short_texts(char *data, int64_t stride, int64_t *lengths, const char *text, const int32_t *at,
                                            int64_t gap, int64_t end, int64_t room, int64_t first, int64_t n) {
        int64_t most = room < 32 ? room : 32;
        for (; first < n; first++) {
            int64_t from = at[first], length = at[first + 1] - from - gap;
            char *out = data + first * stride;
            if (length > most || from + 32 > end) break;
            argus_ask_later(&at[first]);
            argus_ask_later(text + from);
            argus_copy32(out, text + from, length);
            out[length] = 0;
            lengths[first] = length;
        }
        return first;
    }

    ARGUS_CLONES static void argus_fill(int64_t *p, int64_t v, int64_t n) {
        for (int64_t i = 0; i < n; i++) p[i] = v;
    }
    """
    void ask_later "argus_ask_later"(const void* p) noexcept nogil
    int64_t short_texts "argus_short_texts"(char* data, int64_t stride, int64_t* lengths, const char* text, const int32_t* at,
                                            int64_t gap, int64_t end, int64_t room, int64_t first, int64_t n) noexcept nogil
    void fill "argus_fill"(int64_t* p, int64_t v, int64_t n) noexcept nogil
    void copy32 "argus_copy32"(char* out, const char* p, int64_t n) noexcept nogil
    bint widen_steps "argus_widen_steps"(const char* p, int64_t n, char* out, int32_t wchar_bytes) noexcept nogil

# What put_rows was asked for, in the form that the loops want.
cdef struct Block:
    const Column* col
    int64_t first, n
    const Target* target
    const CType* ctype
    char* data
    int64_t data_stride, ind_stride
    char* lengths          # NULL: not bound
    char* nulls            # NULL: not bound, or the same as lengths
    bint can_null
    uint8_t* statuses

ctypedef int64_t (*RowLoop)(const Block*) noexcept nogil

# The numeric kinds of columns and the C types that hold numbers.
ctypedef fused Source:
    int8_t
    int16_t
    int32_t
    int64_t
    uint8_t
    uint16_t
    uint32_t
    uint64_t
    float
    double

ctypedef fused Sink:
    int8_t
    int16_t
    int32_t
    int64_t
    uint8_t
    uint16_t
    uint32_t
    uint64_t
    float
    double


cdef inline void raise_status(uint8_t* statuses, int64_t i, CellStatus s) noexcept nogil:
    """Keep the gravest status of a row; errors stand above warnings in CellStatus."""
    if <uint8_t>s > statuses[i]:
        statuses[i] = <uint8_t>s


cdef inline void row_length(const Block* b, int64_t i, SQLLEN n) noexcept nogil:
    """Store the length of row i of the block."""
    cdef SQLLEN zero = 0
    if b.lengths is not NULL:
        memcpy(b.lengths + i * b.ind_stride, &n, sizeof(SQLLEN))
    if b.nulls is not NULL:
        memcpy(b.nulls + i * b.ind_stride, &zero, sizeof(SQLLEN))


cdef int64_t row_null(const Block* b, int64_t i) noexcept nogil:
    """Row i is NULL; returns 1 when there is no indicator to say so."""
    cdef SQLLEN null = SQL_NULL_DATA
    if not b.can_null:
        raise_status(b.statuses, i, CELL_NO_INDICATOR)
        return 1
    memcpy((b.lengths if b.nulls is NULL else b.nulls) + i * b.ind_stride, &null, sizeof(SQLLEN))
    return 0


cdef int64_t row_failed(const Block* b, int64_t i, CellStatus s) noexcept nogil:
    raise_status(b.statuses, i, s)
    return 1


cdef int64_t row_slowly(const Block* b, int64_t i) noexcept nogil:
    """Row i of the block, not NULL, through the generic path; returns 1 when it does not end well."""
    cdef Target cell = b.target[0]
    cdef CellStatus s
    if b.data is not NULL:
        cell.buffer = b.data + i * b.data_stride
    if cell.octet_length is not NULL:
        cell.octet_length = <SQLLEN*>(<char*>cell.octet_length + i * b.ind_stride)
    if cell.indicator is not NULL:
        cell.indicator = <SQLLEN*>(<char*>cell.indicator + i * b.ind_stride)
    cell.position = 0
    s = put_present(b.col, b.first + i, &cell, b.ctype)
    return 0 if s == CELL_DONE else row_failed(b, i, s)


cdef int64_t rows_generic(const Block* b) noexcept nogil:
    """Every pair that has no loop of its own."""
    cdef int64_t i, raised = 0
    for i in range(b.n):
        raised += row_null(b, i) if column_null(b.col, b.first + i) else row_slowly(b, i)
    return raised


cdef inline bint lengths_packed(const Block* b) noexcept nogil:
    """Whether lengths and indicators are one array of SQLLEN."""
    return b.lengths is not NULL and b.nulls is NULL and b.ind_stride == sizeof(SQLLEN) and <uintptr_t>b.lengths % 8 == 0


cdef void all_lengths(const Block* b, SQLLEN size) noexcept nogil:
    """The length of every row, for columns without NULLs and C types of fixed length."""
    cdef int64_t i
    cdef SQLLEN* packed = <SQLLEN*>b.lengths
    if lengths_packed(b):
        fill(<int64_t*>packed, size, b.n)
        return
    for i in range(b.n):
        row_length(b, i, size)


cdef inline bint has_nulls(const Column* c) noexcept nogil:
    return c.validity is not NULL and c.null_count != 0


cdef int64_t rows_number(const Block* b, const Source* values, Sink* sink) noexcept nogil:
    """Numbers as numbers: a copy where the types agree, else 22003 for what the C type cannot hold."""
    cdef const Source* v = values + b.col.offset + b.first
    cdef bint nulls = has_nulls(b.col)
    cdef int64_t i, raised = 0
    cdef Sink w
    if Source is Sink:
        if not nulls and b.data_stride == sizeof(Sink):
            memcpy(b.data, v, b.n * sizeof(Sink))
            all_lengths(b, sizeof(Sink))
            return 0
    for i in range(b.n):
        if nulls and column_null(b.col, b.first + i):
            raised += row_null(b, i)
            continue
        w = <Sink>v[i]
        if Sink is float:
            if Source is double:
                if w - w != 0 and v[i] - v[i] == 0:
                    raised += row_failed(b, i, CELL_RANGE)
                    continue
        elif Sink is not double and Source is not Sink:
            if <Source>w != v[i] or (w < 0) != (v[i] < 0):
                raised += row_failed(b, i, CELL_RANGE)
                continue
        memcpy(b.data + i * b.data_stride, &w, sizeof(Sink))
        row_length(b, i, sizeof(Sink))
    return raised


cdef int64_t rows_integer_char(const Block* b, const Source* values) noexcept nogil:
    """Integers as SQL_C_CHAR of at least 21 bytes, which any of them fits."""
    cdef const Source* v = values + b.col.offset + b.first
    cdef bint nulls = has_nulls(b.col)
    cdef int64_t i, n, raised = 0
    cdef char* out
    for i in range(b.n):
        if nulls and column_null(b.col, b.first + i):
            raised += row_null(b, i)
            continue
        out = b.data + i * b.data_stride
        if Source is uint64_t:
            n = u64_to_text(v[i], out)
        else:
            n = i64_to_text(<int64_t>v[i], out)
        out[n] = 0
        row_length(b, i, n)
    return raised


ctypedef fused Offset:
    int32_t
    int64_t


cdef int64_t rows_text_char(const Block* given, const Offset* offsets, bint binary) noexcept nogil:
    """Text as SQL_C_CHAR, and bytes as SQL_C_BINARY, which have no terminator."""
    # A copy: the compiler cannot know that the texts that are written are no part of it.
    cdef Block b = given[0]
    cdef const Offset* at = offsets + b.col.offset + b.first
    cdef const char* text = text_data(b.col)
    cdef const char* p
    cdef char* out
    cdef bint nulls = has_nulls(b.col)
    cdef int64_t i = -1, n, raised = 0, room = b.target.capacity - (0 if binary else 1), gap = b.col.gap, end = at[b.n] - gap
    cdef bint wide = b.target.capacity >= 33, plain = wide and not binary and not nulls and lengths_packed(given)
    while i + 1 < b.n:
        i += 1
        if Offset is int32_t:
            if plain:
                i = short_texts(b.data, b.data_stride, <int64_t*>b.lengths, text, at, gap, end, room, i, b.n)
                if i == b.n:
                    break
        if nulls and column_null(b.col, b.first + i):
            raised += row_null(given, i)
            continue
        n = at[i + 1] - at[i] - gap
        ask_later(&at[i])
        ask_later(text + at[i])
        if n > room:
            raised += row_slowly(given, i)
            continue
        p = text + at[i]
        out = b.data + i * b.data_stride
        if n <= 32 and wide and at[i] + 32 <= end:
            copy32(out, p, n)
        else:
            memcpy(out, p, n)
        if not binary:
            out[n] = 0
        row_length(&b, i, n)
    return raised


cdef int64_t rows_text_wide(const Block* given, const Offset* offsets) noexcept nogil:
    """Text as SQL_C_WCHAR: ASCII is widened in place, the rest goes the generic way."""
    # A copy: the compiler cannot know that the texts that are written are no part of it.
    cdef Block b = given[0]
    cdef const Offset* at = offsets + b.col.offset + b.first
    cdef const char* text = text_data(b.col)
    cdef const char* p
    cdef char* out
    cdef bint nulls = has_nulls(b.col)
    cdef int32_t w = b.target.wchar_size
    cdef int64_t i, n, steps, raised = 0, units = b.target.capacity / w, gap = b.col.gap, end = at[b.n] - gap
    cdef uint32_t zero = 0
    for i in range(b.n):
        if nulls and column_null(b.col, b.first + i):
            raised += row_null(given, i)
            continue
        n = at[i + 1] - at[i] - gap
        p = text + at[i]
        out = b.data + i * b.data_stride
        steps = (n + 7) & ~7
        if n < units and steps <= units and at[i] + steps <= end:
            if not widen_steps(p, n, out, w):
                raised += row_slowly(given, i)
                continue
        elif n < units and ascii_prefix(p, n) == n:
            if w == 2:
                widen16(p, n, out)
            else:
                widen32(p, n, out)
        else:
            raised += row_slowly(given, i)
            continue
        memcpy(out + n * w, &zero, w)
        row_length(&b, i, n * w)
    return raised


cdef int64_t rows_date_slowly(const Block* b, int64_t begin, int64_t end) noexcept nogil:
    """Rows begin to end - 1 of a block of dates of any year."""
    cdef const int32_t* v = <const int32_t*>b.col.values + b.col.offset + b.first
    cdef bint nulls = has_nulls(b.col)
    cdef int64_t i, raised = 0
    cdef SQL_DATE_STRUCT d
    for i in range(begin, end):
        if nulls and column_null(b.col, b.first + i):
            raised += row_null(b, i)
        elif date_to_struct(v[i], &d) != CELL_DONE:
            raised += row_failed(b, i, CELL_FIELD_OVERFLOW)
        else:
            store_date(&d, b.data + i * b.data_stride)
            row_length(b, i, sizeof(d))
    return raised


cdef int64_t rows_date(const Block* given) noexcept nogil:
    cdef Block b = given[0]
    cdef const int32_t* v = <const int32_t*>b.col.values + b.col.offset + b.first
    cdef bint nulls = has_nulls(b.col)
    cdef int64_t i, n, begin = 0, raised = 0
    cdef uint32_t year_month[DATES_AT_ONCE]
    cdef uint16_t day[DATES_AT_ONCE]
    cdef char* out
    while begin < b.n:
        n = b.n - begin if b.n - begin < DATES_AT_ONCE else DATES_AT_ONCE
        if not days_near(v + begin, n):
            raised += rows_date_slowly(given, begin, begin + n)
            begin += n
            continue
        civil_many(year_month, day, v + begin, n)
        for i in range(n):
            if nulls and column_null(b.col, b.first + begin + i):
                raised += row_null(given, begin + i)
                continue
            out = b.data + (begin + i) * b.data_stride
            memcpy(out, &year_month[i], 4)
            memcpy(out + 4, &day[i], 2)
            row_length(&b, begin + i, sizeof(SQL_DATE_STRUCT))
        begin += n
    return raised


cdef int64_t rows_decimal_char(const Block* b) noexcept nogil:
    """Decimals as SQL_C_CHAR of at least 42 bytes, which every decimal of scale 0 .. 38 fits."""
    cdef const int64_t* words = <const int64_t*>b.col.values + 2 * (b.col.offset + b.first)
    cdef bint nulls = has_nulls(b.col), short_scale = 0 <= b.col.scale <= 15
    cdef int64_t i, n, v, raised = 0
    cdef Decimal d
    cdef char* out
    for i in range(b.n):
        if nulls and column_null(b.col, b.first + i):
            raised += row_null(b, i)
            continue
        out = b.data + i * b.data_stride
        v = words[2 * i]
        if short_scale and words[2 * i + 1] == v >> 63 and -<int64_t>SIXTEEN_DIGITS < v < <int64_t>SIXTEEN_DIGITS:
            n = decimal16_to_text(v, b.col.scale, out)
        else:
            decimal_at(b.col, b.col.offset + b.first + i, &d)
            n = decimal_to_text(&d, out)
        out[n] = 0
        row_length(b, i, n)
    return raised


cdef int64_t rows_decimal_numeric(const Block* b) noexcept nogil:
    cdef bint nulls = has_nulls(b.col)
    cdef int64_t i, raised = 0
    cdef Decimal d
    cdef SQL_NUMERIC_STRUCT s
    cdef CellStatus status
    for i in range(b.n):
        if nulls and column_null(b.col, b.first + i):
            raised += row_null(b, i)
            continue
        if b.col.kind == KIND_DECIMAL_TEXT:
            decimal_from_digits(b.col, b.first + i, &d)
        else:
            decimal_at(b.col, b.col.offset + b.first + i, &d)
        status = decimal_to_numeric(&d, b.target.precision, b.target.scale, &s)
        if status != CELL_DONE:
            raised += row_failed(b, i, status)
            if status > CELL_FIRST_ERROR:
                continue
        memcpy(b.data + i * b.data_stride, &s, sizeof(s))
        row_length(b, i, sizeof(s))
    return raised
