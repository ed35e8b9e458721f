# Whole columns into bound buffers: one pair of column kind and C type is looked up once, then a loop without a switch.
# Included by _core.pyx after cells.pxi.

cdef inline void raise_status(uint8_t* statuses, int64_t i, CellStatus s) noexcept nogil:
    """Keep the gravest status of a row; errors stand above warnings in CellStatus."""
    if <uint8_t>s > statuses[i]:
        statuses[i] = <uint8_t>s


cdef inline SQLLEN* step(SQLLEN* p, int64_t bytes_) noexcept nogil:
    return NULL if p is NULL else <SQLLEN*>(<char*>p + bytes_)


cdef int64_t put_rows_one_by_one(const Column* col, int64_t first, int64_t n, const Target* t, const CType* c,
                                 SQLLEN data_stride, SQLLEN ind_stride, uint8_t* statuses) noexcept nogil:
    """The loop for every pair that has none of its own."""
    cdef Target cell = t[0]
    cdef CellStatus s
    cdef int64_t i, raised = 0
    for i in range(n):
        cell.buffer = NULL if t.buffer is NULL else <char*>t.buffer + i * data_stride
        cell.octet_length = step(t.octet_length, i * ind_stride)
        cell.indicator = step(t.indicator, i * ind_stride)
        cell.position = 0
        s = put_null(&cell) if column_null(col, first + i) else put_present(col, first + i, &cell, c)
        if s != CELL_DONE:
            raise_status(statuses, i, s)
            raised += 1
    return raised


cdef int64_t put_rows(const Column* col, int64_t first, int64_t n, Target* t, SQLLEN data_stride, SQLLEN ind_stride,
                      uint8_t* statuses) noexcept nogil:
    """Convert rows first .. first + n - 1 into t.buffer + i * data_stride. Returns the cells that are not CELL_DONE.

    Lengths and indicators step by ind_stride bytes. statuses[i] is raised, never lowered.
    """
    cdef CType c = c_type_of(t.c_type)
    cdef CellStatus refused = CELL_DONE
    cdef int64_t i
    if c.cclass == C_UNKNOWN:
        refused = CELL_BAD_C_TYPE
    elif not conversion_allowed(t.sql_type, t.c_type):
        refused = CELL_NOT_ALLOWED
    if refused != CELL_DONE:
        for i in range(n):
            raise_status(statuses, i, refused)
        return n
    return put_rows_one_by_one(col, first, n, t, &c, data_stride, ind_stride, statuses)
