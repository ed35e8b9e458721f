# The common cells of applications that read one at a time: a value whose C type needs no conversion that could fail.
# Included by _core.pyx after rowset.pxi. What is not done here goes through put_cell, to the same effect.

cdef enum QuickOp:
    QUICK_NONE
    QUICK_COPY_1, QUICK_COPY_2, QUICK_COPY_4, QUICK_COPY_8   # the column's own width and sign
    QUICK_LONG                # narrower integers as SQL_C_LONG
    QUICK_DOUBLE              # float as SQL_C_DOUBLE
    QUICK_BIT
    QUICK_CHAR, QUICK_WIDE    # text; the wide one of ASCII only
    QUICK_NUMBER_CHAR, QUICK_NUMBER_WIDE   # integers and decimals as text
    QUICK_DATE, QUICK_TIMESTAMP
    QUICK_MIDNIGHT            # dates as SQL_C_TYPE_TIMESTAMP

# How one column is read as one C type.
cdef struct Quick:
    SQLSMALLINT c_type        # as the application names it; 0: not known yet
    uint8_t op                # QuickOp
    uint8_t kind              # ColumnKind for which `op` holds
    uint8_t width             # 4 or 8: bytes of a value that is copied from `values`
    int64_t serial            # of the batch that `values` belongs to (Stmt.batch_serial); those begin with 1
    const char* values        # of row 0, where the batch has no NULLs in this column and the op is a copy; else NULL


cdef QuickOp quick_number(int32_t kind, const CType* c) noexcept nogil:
    """The op for an integer or a floating-point column."""
    if c.cclass == C_CHAR or c.cclass == C_WIDE:
        if kind > KIND_UINT64:
            return QUICK_NONE
        return QUICK_NUMBER_CHAR if c.cclass == C_CHAR else QUICK_NUMBER_WIDE
    if c.cclass == C_DOUBLE:
        if kind == KIND_FLOAT64:
            return QUICK_COPY_8
        return QUICK_DOUBLE if kind == KIND_FLOAT32 else QUICK_NONE
    if c.cclass != C_INTEGER or kind > KIND_UINT64:
        return QUICK_NONE
    if c.signed_ == (kind <= KIND_INT64) and c.size == 1 << ((kind - KIND_INT8) & 3):
        if c.size == 8:
            return QUICK_COPY_8
        if c.size == 4:
            return QUICK_COPY_4
        return QUICK_COPY_2 if c.size == 2 else QUICK_COPY_1
    if c.signed_ and c.size == 4 and (kind == KIND_INT8 or kind == KIND_INT16 or kind == KIND_UINT8 or kind == KIND_UINT16):
        return QUICK_LONG
    return QUICK_NONE


cdef QuickOp quick_choose(const Column* col, SQLSMALLINT sql_type, SQLSMALLINT c_type) noexcept nogil:
    """The op for a pair that is allowed; QUICK_NONE where there is none."""
    cdef CType c = c_type_of(c_type)
    cdef int32_t k = col.kind
    cdef Family f = sql_family(sql_type)
    if KIND_INT8 <= k <= KIND_FLOAT64 and (f == FAMILY_EXACT or f == FAMILY_APPROX):
        return quick_number(k, &c)
    if k == KIND_BOOL and f == FAMILY_BIT and c.cclass == C_BIT:
        return QUICK_BIT
    if (k == KIND_TEXT or k == KIND_LARGE_TEXT) and f == FAMILY_CHAR:
        if c.cclass == C_WIDE:
            return QUICK_WIDE
        return QUICK_CHAR if c.cclass == C_CHAR else QUICK_NONE
    if k == KIND_DECIMAL_TEXT and f == FAMILY_EXACT:
        if c.cclass == C_WIDE:
            return QUICK_WIDE
        return QUICK_CHAR if c.cclass == C_CHAR else QUICK_NONE
    if k == KIND_DECIMAL128 and f == FAMILY_EXACT and 0 <= col.scale <= MAX_DIGITS:
        if c.cclass == C_WIDE:
            return QUICK_NUMBER_WIDE
        return QUICK_NUMBER_CHAR if c.cclass == C_CHAR else QUICK_NONE
    if k == KIND_DATE32 and c.cclass == C_DATE:
        return QUICK_DATE
    if k == KIND_DATE32 and c.cclass == C_TIMESTAMP and f == FAMILY_DATE:
        return QUICK_MIDNIGHT
    if k == KIND_TIMESTAMP and c.cclass == C_TIMESTAMP:
        return QUICK_TIMESTAMP
    return QUICK_NONE


cdef void quick_settle(Quick* q, const Column* col, int64_t serial) noexcept nogil:
    """Prepare q, whose op is known, for the batch of that column."""
    q.serial = serial
    q.values = NULL
    q.width = 8 if q.op == QUICK_COPY_8 else 4
    if col.kind == q.kind and (q.op == QUICK_COPY_8 or q.op == QUICK_COPY_4) and not has_nulls(col):
        q.values = <const char*>col.values + col.offset * q.width


cdef inline void quick_copy(const Quick* q, int64_t row, void* buffer, SQLLEN* ind) noexcept nogil:
    """A cell of `q.values`: nothing of the batch is read but the value."""
    cdef SQLLEN length = q.width
    if q.width == 8:
        memcpy(buffer, q.values + 8 * row, 8)
    else:
        memcpy(buffer, q.values + 4 * row, 4)
    if ind is not NULL:
        memcpy(ind, &length, sizeof(SQLLEN))


cdef inline bint quick_text(const char* p, int64_t n, bint wide, void* buffer, SQLLEN capacity, SQLLEN* ind,
                            int32_t wchar_size) noexcept nogil:
    """Text that fits as a whole; wide: ASCII. `ind` may be NULL."""
    cdef char* out = <char*>buffer
    cdef SQLLEN length = n
    cdef uint32_t zero = 0
    if not wide:
        if n >= capacity:
            return False
        memcpy(out, p, n)
        out[n] = 0
    else:
        length = n * wchar_size
        if length + wchar_size > capacity or ascii_prefix(p, n) != n:
            return False
        if wchar_size == 2:
            widen16(p, n, out)
        else:
            widen32(p, n, out)
        memcpy(out + length, &zero, wchar_size)
    if ind is not NULL:
        memcpy(ind, &length, sizeof(SQLLEN))
    return True


cdef bint quick_number_text(const Column* col, int64_t i, bint wide, void* buffer, SQLLEN capacity, SQLLEN* ind,
                            int32_t wchar_size) noexcept nogil:
    """An integer or a decimal (element i) as text."""
    cdef char room[DECIMAL_TEXT]
    cdef Decimal d
    cdef int64_t n
    cdef int32_t k = col.kind
    if k == KIND_DECIMAL128:
        decimal_at(col, i, &d)
        n = decimal_to_text(&d, room)
    elif k == KIND_INT64:
        n = i64_to_text((<const int64_t*>col.values)[i], room)
    elif k == KIND_INT32:
        n = i64_to_text((<const int32_t*>col.values)[i], room)
    elif k == KIND_INT16:
        n = i64_to_text((<const int16_t*>col.values)[i], room)
    elif k == KIND_INT8:
        n = i64_to_text((<const int8_t*>col.values)[i], room)
    elif k == KIND_UINT64:
        n = u64_to_text((<const uint64_t*>col.values)[i], room)
    elif k == KIND_UINT32:
        n = u64_to_text((<const uint32_t*>col.values)[i], room)
    elif k == KIND_UINT16:
        n = u64_to_text((<const uint16_t*>col.values)[i], room)
    else:
        n = u64_to_text((<const uint8_t*>col.values)[i], room)
    return quick_text(room, n, wide, buffer, capacity, ind, wchar_size)


cdef bint quick_timestamp(const Column* col, int64_t i, SQL_TIMESTAMP_STRUCT* out) noexcept nogil:
    """Element i as a struct; each unit is a constant, so that no division is left."""
    cdef int64_t v = (<const int64_t*>col.values)[i], seconds, picoseconds, days, of_day
    if col.scale == 6:
        split_units(v, 1000000, &seconds, &picoseconds)
    elif col.scale == 9:
        split_units(v, 1000000000, &seconds, &picoseconds)
    elif col.scale == 3:
        split_units(v, 1000, &seconds, &picoseconds)
    else:
        return False
    if endless(v):
        return False
    local_parts(col.zone, seconds, &days, &of_day)
    return timestamp_to_struct(days, of_day, picoseconds, out) == CELL_DONE


cdef inline bint quick_cell(const Column* col, int64_t row, const Quick* q, void* buffer, SQLLEN capacity, SQLLEN* ind,
                            int32_t wchar_size) noexcept nogil:
    """Write one cell; ind may be NULL. False: nothing is settled, put_cell has to do it. Buffers may be unaligned."""
    cdef int64_t i = col.offset + row, at
    cdef SQLLEN length
    cdef SQLINTEGER narrow
    cdef double real
    cdef uint8_t bit
    cdef SQL_DATE_STRUCT date
    cdef SQL_TIMESTAMP_STRUCT stamp
    cdef uint8_t op = q.op
    if col.kind != q.kind:
        return False
    if col.validity is not NULL and not bit_at(col.validity, i):
        if ind is NULL:
            return False
        length = SQL_NULL_DATA
        memcpy(ind, &length, sizeof(SQLLEN))
        return True
    if op == QUICK_COPY_8:
        memcpy(buffer, <const char*>col.values + 8 * i, 8)
        length = 8
    elif op == QUICK_COPY_4:
        memcpy(buffer, <const char*>col.values + 4 * i, 4)
        length = 4
    elif op == QUICK_WIDE or op == QUICK_CHAR:
        if col.kind != KIND_LARGE_TEXT:
            at = (<const int32_t*>col.values)[i]
            length = (<const int32_t*>col.values)[i + 1] - at - col.gap
        else:
            at = (<const int64_t*>col.values)[i]
            length = (<const int64_t*>col.values)[i + 1] - at - col.gap
        return quick_text(text_data(col) + at, length, op == QUICK_WIDE, buffer, capacity, ind, wchar_size)
    elif op == QUICK_DATE:
        if date_to_struct((<const int32_t*>col.values)[i], &date) != CELL_DONE:
            return False
        length = sizeof(date)
        memcpy(buffer, &date, sizeof(date))
    elif op == QUICK_TIMESTAMP or op == QUICK_MIDNIGHT:
        if op == QUICK_MIDNIGHT:
            if timestamp_to_struct((<const int32_t*>col.values)[i], 0, 0, &stamp) != CELL_DONE:
                return False
        elif not quick_timestamp(col, i, &stamp):
            return False
        length = sizeof(stamp)
        memcpy(buffer, &stamp, sizeof(stamp))
    elif op == QUICK_LONG:
        if col.kind == KIND_INT16:
            narrow = (<const int16_t*>col.values)[i]
        elif col.kind == KIND_INT8:
            narrow = (<const int8_t*>col.values)[i]
        elif col.kind == KIND_UINT16:
            narrow = (<const uint16_t*>col.values)[i]
        else:
            narrow = (<const uint8_t*>col.values)[i]
        memcpy(buffer, &narrow, 4)
        length = 4
    elif op == QUICK_DOUBLE:
        real = (<const float*>col.values)[i]
        memcpy(buffer, &real, 8)
        length = 8
    elif op == QUICK_BIT:
        bit = bit_at(<const uint8_t*>col.values, i)
        memcpy(buffer, &bit, 1)
        length = 1
    elif op == QUICK_NUMBER_CHAR or op == QUICK_NUMBER_WIDE:
        return quick_number_text(col, i, op == QUICK_NUMBER_WIDE, buffer, capacity, ind, wchar_size)
    elif op == QUICK_COPY_2:
        memcpy(buffer, <const char*>col.values + 2 * i, 2)
        length = 2
    elif op == QUICK_COPY_1:
        memcpy(buffer, <const char*>col.values + i, 1)
        length = 1
    else:
        return False
    if ind is not NULL:
        memcpy(ind, &length, sizeof(SQLLEN))
    return True
