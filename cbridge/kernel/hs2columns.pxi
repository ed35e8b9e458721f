# One column of a HiveServer2 row set, from its list of values on the wire to a Column; each list is read once.
# Included by _core.pyx after hs2text.pxi and hs2wire.pxi. Texts and numbers stay where they were received: see Column.gap, .wire.

cdef enum:
    MOST_ALIKE = 256       # texts of one length that are proved at once
    MOST_KEPT = 14         # digits behind the point of decimals that stay text: 16 characters in all


cdef bint column_validity(const WireColumn* c, Column* out) noexcept nogil:
    """The NULL bits turned into Arrow's; bits that the server left out mean a value. False: out of memory."""
    cdef int64_t size = (c.n + 7) / 8, given = c.nnulls if c.nnulls < size else size, i, count = 0
    cdef uint8_t* bits
    for i in range(given):
        count += popcount(c.nulls[i])
    if given == size and c.n & 7:
        count -= popcount(c.nulls[size - 1] >> (c.n & 7))
    out.null_count = count
    if count == 0:
        return True
    bits = <uint8_t*>malloc(size)
    if bits is NULL:
        return False
    for i in range(given):
        bits[i] = <uint8_t>~c.nulls[i]
    memset(bits + given, 0xFF, size - given)
    out.validity = bits
    return True


cdef bint column_numbers(const WireColumn* c, int32_t kind, Column* out) noexcept nogil:
    """Fixed-length values; numbers of several bytes stay where they were received. False: out of memory."""
    cdef int64_t i
    cdef uint8_t* bits
    cdef void* values
    if wire_width(kind):
        out.wire = c.values
        out.nwire = c.n
        return True
    if c.type == WIRE_BOOL:
        values = calloc(c.n / 8 + 1, 1)
    else:
        values = malloc((c.n + 1) * (4 if kind == KIND_FLOAT32 else 1))
    out.values = values
    if values is NULL:
        return False
    if c.type == WIRE_BOOL:
        bits = <uint8_t*>values
        for i in range(c.n):
            bits[i >> 3] |= <uint8_t>((c.values[i] != 0) << (i & 7))
    elif c.type == WIRE_BYTE:
        memcpy(values, c.values, c.n)
    else:
        for i in range(c.n):
            (<float*>values)[i] = be_narrow(c.values + 8 * i)
    return True


cdef bint wire_memory_out(Wire* w) noexcept nogil:
    return wire_fail(w, b"not enough memory for the rows")


cdef bint not_a_value(Wire* w, const uint8_t* q, int64_t k, int32_t number, int64_t row) noexcept nogil:
    """The error for a text that its column's type cannot have been written as."""
    snprintf(w.err, w.nerr, b"column %d, row %lld of this part of the result: the server sent the text '%.*s%s',"
             b" which is not a value of the column's type", number, <long long>(row + 1),
             <int>utf8_floor(<const char*>q, k, 40), <const char*>q, <const char*>(b"..." if k > 40 else b""))
    return False


cdef inline bint wire_text(Wire* w, const uint8_t* q, int64_t* k) noexcept nogil:
    """The length of the string that begins at q, all of which is there."""
    if w.end - q < 4:
        return wire_cut(w)
    k[0] = be32(q)
    return True if w.end - q - 4 >= k[0] else wire_cut(w)


cdef bint skip_texts(Wire* w, const WireColumn* c) noexcept nogil:
    """Step over the strings of a column."""
    cdef const uint8_t* q = w.p
    cdef int64_t i, k = 0
    for i in range(c.n):
        if not wire_text(w, q, &k):
            return False
        q += 4 + k
    w.p = q
    return True


cdef bint index_texts(Wire* w, const WireColumn* c, Column* out) noexcept nogil:
    """Where each string begins. Between two of them stand the four bytes of a length."""
    cdef const uint8_t* base = w.p + 4
    cdef const uint8_t* q = w.p
    cdef const uint8_t* asked = q
    cdef int64_t i = 0, j, k = 0, many
    cdef int32_t* at = <int32_t*>malloc(4 * (c.n + 1))
    out.values = at
    if at is NULL:
        return wire_memory_out(w)
    out.data = base
    out.gap = 4
    while i < c.n:
        asked = ask_ahead(asked, q)
        if not wire_text(w, q, &k):
            return False
        if c.n - i >= 4 and four_alike(q, w.end - q, <uint32_t>k):
            many = alike(q, w.end - q, k, c.n - i)
            for j in range(many):
                at[i + j] = <int32_t>(q + 4 + j * (4 + k) - base)
            q += many * (4 + k)
            i += many
            continue
        q += 4
        at[i] = <int32_t>(q - base)
        q += k
        i += 1
    at[c.n] = <int32_t>(q + 4 - base)
    w.p = q
    return True


cdef bint doubtful_text(Wire* w, WireColumn* c, int64_t row) noexcept nogil:
    """Remember a row whose text is no value, until the NULL bits, which follow the values, tell whether that is an error."""
    if c.doubtful is NULL:
        c.doubtful = <uint8_t*>calloc(c.n / 8 + 1, 1)
        if c.doubtful is NULL:
            return wire_memory_out(w)
    c.doubtful[row >> 3] |= <uint8_t>(1 << (row & 7))
    return True


cdef bint parse_days(Wire* w, WireColumn* c, int32_t* days) noexcept nogil:
    """Dates into KIND_DATE32."""
    cdef uint32_t years[DATES_AT_ONCE]
    cdef uint32_t months[DATES_AT_ONCE]
    cdef uint32_t of_month[DATES_AT_ONCE]
    cdef const uint8_t* q = w.p
    cdef int64_t i = 0, k = 0, many, slow = 0   # rows before `slow` are read one by one
    while i < c.n:
        if i >= slow:
            many = gather_dates(q, w.end, c.n - i if c.n - i < DATES_AT_ONCE else DATES_AT_ONCE, years, months, of_month)
            if many >= DATES_WORTH and days_many(&days[i], years, months, of_month, many):
                i += many
                q += 14 * many
                continue
            slow = i + many
        if not wire_text(w, q, &k):
            return False
        if k == 10 and plain_day(<const char*>q + 4, &days[i]):
            q += 14
            i += 1
            continue
        if not text_value(<const char*>q + 4, k, KIND_DATE32, 0, &days[i]):
            days[i] = 0
            if not doubtful_text(w, c, i):
                return False
        q += 4 + k
        i += 1
    w.p = q
    return True


cdef bint parse_decimals(Wire* w, WireColumn* c, int32_t scale, int64_t* halves) noexcept nogil:
    """Decimals into KIND_DECIMAL128."""
    cdef const uint8_t* q = w.p
    cdef int64_t i, k = 0, v = 0, unit = unit_of(scale) if 0 <= scale <= 18 else 0
    for i in range(c.n):
        if not wire_text(w, q, &k):
            return False
        if plain_decimal(<const char*>q + 4, k, scale, unit, &v):
            halves[2 * i] = v
            halves[2 * i + 1] = v >> 63
        elif not text_value(<const char*>q + 4, k, KIND_DECIMAL128, scale, &halves[2 * i]):
            halves[2 * i] = 0
            halves[2 * i + 1] = 0
            if not doubtful_text(w, c, i):
                return False
        q += 4 + k
    w.p = q
    return True


cdef bint keep_decimals(Wire* w, WireColumn* c, int32_t scale, Column* out, bint* kept) noexcept nogil:
    """Decimals as KIND_DECIMAL_TEXT, where all of them are written as this driver would: most are read as text.

    Not kept: nothing has changed.
    """
    cdef const uint8_t* base = w.p + 4
    cdef const uint8_t* q = w.p
    cdef Written form = written_form(scale)
    cdef int64_t i = 0, j, k = 0, many, slow = 0   # rows before `slow` are looked at one by one
    cdef bint good = True
    cdef int32_t* at = <int32_t*>malloc(4 * (c.n + 1))
    kept[0] = False
    if at is NULL:
        return wire_memory_out(w)
    while i < c.n:
        good = wire_text(w, q, &k)
        if not good:
            break
        if i >= slow:
            many = alike(q, w.end - q, k, c.n - i if c.n - i < MOST_ALIKE else MOST_ALIKE)
            if many >= 4 and all_written(&form, q + 4, k, many):
                for j in range(many):
                    at[i + j] = <int32_t>(q + 4 + j * (4 + k) - base)
                q += many * (4 + k)
                i += many
                continue
            slow = i + many
        q += 4
        at[i] = <int32_t>(q - base)
        if not is_written(&form, <const char*>q, k):
            # An empty text is what a NULL has.
            good = k == 0 and doubtful_text(w, c, i)
            if not good:
                break
        q += k
        i += 1
    if not good:
        free(at)
        free(c.doubtful)
        c.doubtful = NULL
        return True  # what is wrong, the other way finds again
    at[c.n] = <int32_t>(q + 4 - base)
    out.kind = KIND_DECIMAL_TEXT
    out.values = at
    out.data = base
    out.gap = 4
    w.p = q
    kept[0] = True
    return True


cdef bint parse_moments(Wire* w, WireColumn* c, int32_t scale, int64_t* units) noexcept nogil:
    """Timestamps into KIND_TIMESTAMP."""
    cdef const uint8_t* q = w.p
    cdef int64_t i, k = 0, seconds = 0, nanos = 0, unit = unit_of(scale), step = unit_of(9 - scale)
    for i in range(c.n):
        if not wire_text(w, q, &k):
            return False
        if plain_moment(<const char*>q + 4, k, &seconds, &nanos) and nanos % step == 0:
            # The years 0 to 9999 in nanoseconds may not fit.
            if not mul_add_overflows(seconds, unit, nanos / step, &units[i]):
                q += 4 + k
                continue
        if not text_value(<const char*>q + 4, k, KIND_TIMESTAMP, scale, &units[i]):
            units[i] = 0
            if not doubtful_text(w, c, i):
                return False
        q += 4 + k
    w.p = q
    return True


cdef bint parse_others(Wire* w, WireColumn* c, const KindSpec* spec, char* values) noexcept nogil:
    """Intervals and timestamps beyond 64 bits."""
    cdef const uint8_t* q = w.p
    cdef int64_t i, k = 0, nanos = 0, size = text_size(spec.kind)
    cdef WideTimestamp* wide = <WideTimestamp*>values if spec.kind == KIND_TIMESTAMP_WIDE else NULL
    for i in range(c.n):
        if not wire_text(w, q, &k):
            return False
        if wide is not NULL and plain_moment(<const char*>q + 4, k, &wide[i].seconds, &nanos):
            wide[i].picoseconds = nanos * 1000
        elif not text_value(<const char*>q + 4, k, spec.kind, spec.scale, values + i * size):
            memset(values + i * size, 0, size)
            if not doubtful_text(w, c, i):
                return False
        q += 4 + k
    w.p = q
    return True


cdef bint wire_strings(Wire* w, WireColumn* c, const KindSpec* spec, Column* out) noexcept nogil:
    """The strings of a column, of which w.p has the first, as what the column is to become."""
    cdef void* values
    cdef bint kept
    if spec.kind == KIND_NULL:
        return skip_texts(w, c)
    if c.n * 4 > w.end - w.p:
        return wire_cut(w)
    if spec.kind == KIND_TEXT or spec.kind == KIND_BINARY:
        return index_texts(w, c, out)
    if spec.kind == KIND_DECIMAL128 and 0 <= spec.scale <= MOST_KEPT:
        if not keep_decimals(w, c, spec.scale, out, &kept):
            return False
        if kept:
            return True
    values = malloc((c.n + 1) * text_size(spec.kind))
    out.values = values
    if values is NULL:
        return wire_memory_out(w)
    if spec.kind == KIND_DATE32:
        return parse_days(w, c, <int32_t*>values)
    if spec.kind == KIND_DECIMAL128:
        return parse_decimals(w, c, spec.scale, <int64_t*>values)
    if spec.kind == KIND_TIMESTAMP and 0 <= spec.scale <= 9:
        return parse_moments(w, c, spec.scale, <int64_t*>values)
    return parse_others(w, c, spec, <char*>values)


cdef bint doubts_are_nulls(Wire* w, const WireColumn* c, const Column* out) noexcept nogil:
    """Whether every text that is no value belongs to a NULL; the error names the first that does not."""
    cdef const uint8_t* q = c.values
    cdef int64_t i
    for i in range(c.n):
        if bit_at(c.doubtful, i) and (out.validity is NULL or bit_at(out.validity, i)):
            return not_a_value(w, q + 4, be32(q), c.number, i)
        q += 4 + be32(q)
    return True


cdef inline bint wire_fits(int32_t type, int32_t kind) noexcept nogil:
    """Whether a column of a wire type can become the kind that the result's description asks for."""
    if kind == KIND_NULL:
        return True
    if type == WIRE_BOOL:
        return kind == KIND_BOOL
    if type == WIRE_BYTE:
        return kind == KIND_INT8
    if type == WIRE_I16:
        return kind == KIND_INT16
    if type == WIRE_I32:
        return kind == KIND_INT32
    if type == WIRE_I64:
        return kind == KIND_INT64
    if type == WIRE_DOUBLE:
        return kind == KIND_FLOAT64 or kind == KIND_FLOAT32
    if kind == KIND_TEXT or kind == KIND_BINARY:
        return True
    return type == WIRE_STRING and text_size(kind) > 0
