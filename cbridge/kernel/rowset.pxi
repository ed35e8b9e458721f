# Blocks of rows into bound buffers: chooses the loop for a column and a C type, once, and runs it.
# Included by _core.pyx after wirenumbers.pxi.

cdef int64_t rows_number_to(const Block* b, const Source* values) noexcept nogil:
    """Numbers of one column kind to the C type of the block."""
    cdef const CType* c = b.ctype
    if c.cclass == C_DOUBLE:
        return rows_number(b, values, <double*>NULL)
    if c.cclass == C_FLOAT:
        return rows_number(b, values, <float*>NULL)
    if Source is float or Source is double:
        # A fraction would be cut, which only the generic path can tell.
        return rows_generic(b)
    else:
        if c.cclass == C_CHAR:
            return rows_integer_char(b, values) if b.target.capacity >= 21 else rows_generic(b)
        if c.size == 8:
            return rows_number(b, values, <int64_t*>NULL) if c.signed_ else rows_number(b, values, <uint64_t*>NULL)
        if c.size == 4:
            return rows_number(b, values, <int32_t*>NULL) if c.signed_ else rows_number(b, values, <uint32_t*>NULL)
        if c.size == 2:
            return rows_number(b, values, <int16_t*>NULL) if c.signed_ else rows_number(b, values, <uint16_t*>NULL)
        return rows_number(b, values, <int8_t*>NULL) if c.signed_ else rows_number(b, values, <uint8_t*>NULL)


cdef int64_t rows_of_number(const Block* b) noexcept nogil:
    """The numeric column kinds."""
    cdef int32_t k = b.col.kind
    cdef const void* v = b.col.values
    if k == KIND_INT64:
        return rows_number_to(b, <const int64_t*>v)
    if k == KIND_INT32:
        return rows_number_to(b, <const int32_t*>v)
    if k == KIND_INT16:
        return rows_number_to(b, <const int16_t*>v)
    if k == KIND_INT8:
        return rows_number_to(b, <const int8_t*>v)
    if k == KIND_UINT64:
        return rows_number_to(b, <const uint64_t*>v)
    if k == KIND_UINT32:
        return rows_number_to(b, <const uint32_t*>v)
    if k == KIND_UINT16:
        return rows_number_to(b, <const uint16_t*>v)
    if k == KIND_UINT8:
        return rows_number_to(b, <const uint8_t*>v)
    if k == KIND_FLOAT32:
        return rows_number_to(b, <const float*>v)
    return rows_number_to(b, <const double*>v)


cdef int64_t rows_of_text(const Block* b) noexcept nogil:
    """Text to characters and bytes to bytes."""
    cdef bint binary = b.ctype.cclass == C_BYTES
    cdef int32_t k = b.col.kind
    if b.ctype.cclass == C_WIDE:
        if k == KIND_TEXT or k == KIND_DECIMAL_TEXT:
            return rows_text_wide(b, <const int32_t*>b.col.values)
        return rows_text_wide(b, <const int64_t*>b.col.values)
    if k == KIND_TEXT or k == KIND_BINARY or k == KIND_DECIMAL_TEXT:
        return rows_text_char(b, <const int32_t*>b.col.values, binary)
    return rows_text_char(b, <const int64_t*>b.col.values, binary)


cdef RowLoop choose_loop(const Column* col, const Target* t, const CType* c) noexcept nogil:
    """The loop for a pair that is allowed; the generic one where there is no better."""
    cdef int32_t k = col.kind, to = c.cclass
    cdef Family f = sql_family(t.sql_type)
    if t.buffer is NULL or t.capacity < 0:
        return rows_generic
    if KIND_INT8 <= k <= KIND_FLOAT64 and (f == FAMILY_EXACT or f == FAMILY_APPROX):
        if to == C_INTEGER or to == C_DOUBLE or to == C_FLOAT or to == C_CHAR:
            return rows_of_number
    elif k == KIND_TEXT or k == KIND_LARGE_TEXT:
        # Text of other types has parts that must not be cut.
        if f == FAMILY_CHAR and t.max_length == 0 and (to == C_CHAR or to == C_WIDE or to == C_BYTES):
            return rows_of_text
    elif k == KIND_BINARY or k == KIND_LARGE_BINARY:
        if t.max_length == 0 and to == C_BYTES:
            return rows_of_text
    elif k == KIND_DATE32 and to == C_DATE:
        return rows_date
    elif k == KIND_TIMESTAMP and to == C_TIMESTAMP:
        return rows_timestamp
    elif k == KIND_TIMESTAMP_WIDE and to == C_TIMESTAMP:
        return rows_timestamp_wide
    elif k == KIND_DECIMAL128 and f == FAMILY_EXACT and 0 <= col.scale <= MAX_DIGITS:
        if to == C_CHAR and t.capacity >= 43:
            return rows_decimal_char
        if to == C_NUMERIC:
            return rows_decimal_numeric
    elif k == KIND_DECIMAL_TEXT and f == FAMILY_EXACT:
        if to == C_CHAR or to == C_WIDE:
            return rows_of_text
        if to == C_NUMERIC:
            return rows_decimal_numeric
    return rows_generic


cdef int64_t put_rows(Column* col, int64_t first, int64_t n, Target* t, SQLLEN data_stride, SQLLEN ind_stride,
                      uint8_t* statuses) noexcept nogil:
    """Convert rows first .. first + n - 1 into t.buffer + i * data_stride. Returns the cells that are not CELL_DONE.

    Lengths and indicators step by ind_stride bytes. statuses[i] is raised, never lowered.
    """
    cdef CType c = c_type_of(t.c_type)
    cdef CellStatus refused = CELL_DONE
    cdef Block b
    cdef int64_t i
    if n <= 0:
        return 0
    if c.cclass == C_UNKNOWN:
        refused = CELL_BAD_C_TYPE
    elif not conversion_allowed(t.sql_type, t.c_type):
        refused = CELL_NOT_ALLOWED
    if refused != CELL_DONE:
        for i in range(n):
            raise_status(statuses, i, refused)
        return n
    b.col = col
    b.first = first
    b.n = n
    b.target = t
    b.ctype = &c
    b.data = <char*>t.buffer
    b.data_stride = data_stride
    b.ind_stride = ind_stride
    b.lengths = <char*>t.octet_length
    b.nulls = <char*>t.indicator if t.indicator != t.octet_length else NULL
    b.can_null = t.indicator is not NULL
    b.statuses = statuses
    if as_received(col):
        if wire_suits(col, t, &c):
            return rows_received(&b)
        column_settle(col)
    return choose_loop(col, t, &c)(&b)
