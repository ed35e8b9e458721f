# The values of an array of parameters as columns, for engines that take all rows at once.
# Included by _core.pyx after params.pxi. sets_build writes them, setstream.pxi hands them out as an Arrow stream.

cdef enum SetKind:
    SETS_UNSUITED = 0      # this SQL type goes row by row
    SETS_TEXT, SETS_BYTES, SETS_INTEGER, SETS_DECIMAL, SETS_REAL, SETS_BOOL, SETS_DATE, SETS_TIME, SETS_TIMESTAMP

cdef enum:
    FIRST_DAY = -719162            # 0001-01-01, in days from 1970-01-01
    LAST_DAY = 2932896             # 9999-12-31
    PICOSECONDS_OF_MICROSECOND = 1000000

# One column: `values` for types of fixed width (bits for SETS_BOOL), `offsets` and `text` for the others.
cdef struct SetColumn:
    int32_t kind
    int32_t precision, scale       # SETS_DECIMAL
    uint8_t* validity
    char* values
    int64_t* offsets
    TextOut text

# All columns. The streams that are made of it and the arrays that came out of those are owners, too.
cdef struct SetColumns:
    uint32_t lock
    int64_t owners
    int64_t nrows
    int32_t ncols
    SetColumn* cols

# Why a set is not among the rows.
cdef struct SetFault:
    int32_t status                 # CellStatus; CELL_DONE: it is
    int32_t parameter


cdef void sets_share(SetColumns* c) noexcept nogil:
    argus_lock(&c.lock)
    c.owners += 1
    argus_unlock(&c.lock)


cdef void sets_drop(SetColumns* c) noexcept nogil:
    """Give up one owner's share; the last one frees the columns."""
    cdef int64_t left
    cdef int32_t i
    argus_lock(&c.lock)
    c.owners -= 1
    left = c.owners
    argus_unlock(&c.lock)
    if left > 0:
        return
    for i in range(c.ncols):
        free(c.cols[i].validity)
        free(c.cols[i].values)
        free(c.cols[i].offsets)
        free(c.cols[i].text.p)
    free(c.cols)
    free(c)


cdef int32_t sets_kind(const DescRec* p) noexcept nogil:
    cdef Family f = sql_family(p.concise_type)
    if p.concise_type == SQL_DECIMAL or p.concise_type == SQL_NUMERIC:
        # Without a declared size each value has a scale of its own.
        return SETS_DECIMAL if 0 < p.precision <= MAX_DIGITS and 0 <= p.scale <= p.precision else SETS_UNSUITED
    if f == FAMILY_CHAR or f == FAMILY_GUID:
        return SETS_TEXT
    if f == FAMILY_BINARY:
        return SETS_BYTES
    if f == FAMILY_EXACT:
        return SETS_INTEGER
    if f == FAMILY_APPROX:
        return SETS_REAL
    if f == FAMILY_BIT:
        return SETS_BOOL
    if f == FAMILY_DATE:
        return SETS_DATE
    if f == FAMILY_TIME:
        return SETS_TIME
    return SETS_TIMESTAMP if f == FAMILY_TIMESTAMP else SETS_UNSUITED


cdef SetColumns* sets_new(const Stmt* s, int64_t capacity) noexcept nogil:
    """Empty columns for the statement's parameters; NULL when memory is out or a type is not suited."""
    cdef SetColumns* c = <SetColumns*>calloc(1, sizeof(SetColumns))
    cdef SetColumn* col
    cdef int32_t i
    cdef bint good = True
    if c is NULL:
        return NULL
    c.owners = 1
    c.cols = <SetColumn*>calloc(s.nparams, sizeof(SetColumn))
    c.ncols = s.nparams if c.cols is not NULL else 0
    good = c.cols is not NULL
    for i in range(c.ncols):
        col = &c.cols[i]
        col.kind = sets_kind(&s.ipd.recs[i + 1]) if param_described(s, i + 1) else SETS_UNSUITED
        col.precision = s.ipd.recs[i + 1].precision
        col.scale = s.ipd.recs[i + 1].scale
        col.validity = <uint8_t*>calloc((capacity + 7) // 8 + 1, 1)
        # calloc also for the values: what stands under a NULL is read, though not looked at.
        if col.kind == SETS_TEXT or col.kind == SETS_BYTES:
            col.offsets = <int64_t*>calloc(capacity + 1, sizeof(int64_t))
            good = good and col.offsets is not NULL and text_room(&col.text, 1)
        else:
            col.values = <char*>calloc(capacity + 1, 16 if col.kind == SETS_DECIMAL else 8)
            good = good and col.values is not NULL
        good = good and col.kind != SETS_UNSUITED and col.validity is not NULL
    if not good:
        sets_drop(c)
        return NULL
    return c


cdef bint micros_of(const Moment* m, bint with_date, int64_t* out) noexcept nogil:
    """Microseconds; False when there are digits below them."""
    out[0] = m.seconds * 1000000 + m.picoseconds // PICOSECONDS_OF_MICROSECOND
    if with_date:
        out[0] += m.days * <int64_t>86400000000
    return m.picoseconds % PICOSECONDS_OF_MICROSECOND == 0


cdef bint put_set_value(SetColumn* c, int64_t row, const Value* v) noexcept nogil:
    """Write one value that is not NULL. False: it cannot be part of such a column without a change."""
    cdef u128 digits
    cdef uint64_t words[2]
    cdef char room[DECIMAL_TEXT]
    cdef int64_t* whole = <int64_t*>c.values
    cdef uint64_t most
    if c.kind == SETS_TEXT or c.kind == SETS_BYTES:
        if v.kind == VALUE_UUID:
            text_add(&c.text, room, value_to_text(v, SQL_GUID, room))
        else:
            text_add(&c.text, v.text, v.length)
        return not c.text.failed
    if c.kind == SETS_INTEGER:
        most = (<uint64_t>1 << 63) - (0 if v.decimal.negative else 1)
        if u128_hi(v.decimal.digits) != 0 or <uint64_t>v.decimal.digits > most:
            return False
        whole[row] = <int64_t>(0 - <uint64_t>v.decimal.digits if v.decimal.negative else <uint64_t>v.decimal.digits)
        return True
    if c.kind == SETS_DECIMAL:
        if decimal_rescale(&v.decimal, c.precision, c.scale, &digits) != CELL_DONE:
            return False
        if v.decimal.negative:
            digits = ~digits + <u128>1
        words[0] = <uint64_t>digits
        words[1] = u128_hi(digits)
        memcpy(c.values + 16 * row, words, 16)
        return True
    if c.kind == SETS_REAL:
        memcpy(c.values + 8 * row, &v.real, 8)
        return True
    if c.kind == SETS_BOOL:
        c.values[row >> 3] &= <char>~(1 << (row & 7))
        if v.decimal.digits != 0:
            c.values[row >> 3] |= <char>(1 << (row & 7))
        return True
    if c.kind == SETS_TIME:
        return micros_of(&v.moment, False, &whole[row])
    if not FIRST_DAY <= v.moment.days <= LAST_DAY:
        return False
    if c.kind == SETS_DATE:
        (<int32_t*>c.values)[row] = <int32_t>v.moment.days
        return True
    return micros_of(&v.moment, True, &whole[row])


cdef bint sets_add(Stmt* s, SetColumns* c, int64_t k, SetFault* fault) noexcept nogil:
    """Set k as the next row; the row is not kept when a value is at fault. False: the columns are not suited."""
    cdef Value v
    cdef SetColumn* col
    cdef int64_t row = c.nrows
    cdef int32_t i
    cdef bint null = False, suited
    cdef CellStatus status
    for i in range(c.ncols):
        col = &c.cols[i]
        if not param_described(s, i + 1) or sets_kind(&s.ipd.recs[i + 1]) != col.kind:
            return False
        if col.offsets is not NULL:
            col.text.n = col.offsets[row]  # what a row before this one, which was not kept, has left
        status = param_fitting(s, k, i + 1, &v, &null)
        suited = True
        col.validity[row >> 3] &= <uint8_t>~(1 << (row & 7))
        if status <= CELL_FIRST_ERROR and not null:
            col.validity[row >> 3] |= <uint8_t>(1 << (row & 7))
            suited = put_set_value(col, row, &v)
        value_drop(&v)
        if status > CELL_FIRST_ERROR:
            fault.status = status
            fault.parameter = i + 1
            return True
        if not suited:
            return False
        if col.offsets is not NULL:
            col.offsets[row + 1] = col.text.n
    c.nrows += 1
    return True


cdef bint sets_build(Stmt* s, SetColumns* c, const int64_t* rows, int64_t n, SetFault* faults) noexcept nogil:
    """The sets `rows` as columns, and the faults of those that have one. False: they go one by one."""
    cdef int64_t i
    for i in range(n):
        if not sets_add(s, c, rows[i], &faults[i]):
            return False
    return True
