# The cursor: the position in the result, block fetch into bound columns, one cell for SQLGetData.
# Included by _core.pyx after reader.pxi, plan.pxi.

cdef void result_drop(Stmt* s) noexcept nogil:
    """Close the open result, if any; the statement keeps its bindings and its prepared text."""
    batch_drop(s.batch)
    s.batch = NULL
    reader_close(s.reader)
    s.reader = NULL
    s.batch_row = 0
    s.batch_advance = 0
    s.rowset_rows = 0
    s.row_number = 0
    s.rows_seen = 0
    s.getdata_column = 0


cdef bint next_batch(Stmt* s) noexcept nogil:
    """Move to the next batch; False at the end or on an error (s.reader.failed)."""
    batch_drop(s.batch)
    s.batch = reader_next(s.reader)
    s.batch_row = 0
    return s.batch is not NULL


cdef SQLRETURN reader_failed(Stmt* s, SQLLEN row) noexcept nogil:
    cdef Reader* r = s.reader
    cdef const char* text = r.message if r.message is not NULL else <const char*>b"out of memory"
    diag_add(&s.h, r.sqlstate, r.native, row, SQL_COLUMN_NUMBER_UNKNOWN, text, strlen(text))
    return SQL_ERROR


cdef void note_cell(Stmt* s, CellStatus status, SQLLEN row, SQLINTEGER column) noexcept nogil:
    """One diagnostic record for one cell that was not converted in full."""
    cdef const char* text = cell_message(status)
    diag_add(&s.h, cell_sqlstate(status), 0, row, column, text, strlen(text))


cdef int64_t fetch_columns(Stmt* s, int64_t at, int64_t n, uint8_t* cells, SQLUSMALLINT* status) noexcept nogil:
    """Convert n rows of the current batch, from s.batch_row on, into rows `at`.. of the bound arrays.

    cells: n scratch bytes, all zero, zero again afterwards. status: row statuses from row 0 of the block on.
    Returns how many cells were not converted in full.
    """
    cdef Desc* ard = s.ard
    cdef SQLLEN shift = ard.bind_offset_ptr[0] if ard.bind_offset_ptr is not NULL else 0
    cdef SQLLEN data_stride, ind_stride
    cdef int64_t i, bad = 0, k
    cdef int32_t p
    cdef Target t
    for p in range(s.nplan):
        t = s.plan[p]
        if ard.bind_type:
            data_stride = ard.bind_type
            ind_stride = ard.bind_type
        else:
            data_stride = c_type_size(t.c_type)
            if data_stride == 0:
                data_stride = t.capacity
            ind_stride = sizeof(SQLLEN)
        if t.buffer is not NULL:
            t.buffer = <char*>t.buffer + shift + at * data_stride
        if t.octet_length is not NULL:
            t.octet_length = <SQLLEN*>(<char*>t.octet_length + shift + at * ind_stride)
        if t.indicator is not NULL:
            t.indicator = <SQLLEN*>(<char*>t.indicator + shift + at * ind_stride)
        t.wchar_size = wchar_bytes()
        k = put_rows(&s.batch.cols[s.plan_columns[p] - 1], s.batch_row, n, &t, data_stride, ind_stride, cells)
        if k == 0:
            continue
        bad += k
        for i in range(n):
            if cells[i] == CELL_DONE:
                continue
            note_cell(s, <CellStatus>cells[i], at + i + 1, s.plan_columns[p])
            if cells[i] > CELL_FIRST_ERROR:
                status[at + i] = SQL_ROW_ERROR
            elif status[at + i] == SQL_ROW_SUCCESS:
                status[at + i] = SQL_ROW_SUCCESS_WITH_INFO
            cells[i] = CELL_DONE
    return bad


cdef SQLRETURN fetch_block(Stmt* s, int64_t size, uint8_t* cells, SQLUSMALLINT* status) noexcept nogil:
    """Fill one rowset of up to `size` rows. The current batch must be the last one used."""
    cdef int64_t got = 0, n, bad = 0, errors = 0, i
    cdef int64_t limit = <int64_t>s.max_rows - s.rows_seen if s.max_rows else INT64_MAX
    cdef bint single = size == 1
    if size > limit:
        size = limit
    s.batch_row += s.batch_advance
    s.batch_advance = 0
    while got < size:
        if s.batch is NULL or s.batch_row >= s.batch.nrows:
            if not next_batch(s):
                break
        n = s.batch.nrows - s.batch_row
        if n > size - got:
            n = size - got
        if s.nplan:
            bad += fetch_columns(s, got, n, cells, status)
        got += n
        if single:
            s.batch_advance = 1  # SQLGetData reads this row until the next fetch
        else:
            s.batch_row += n
    s.rowset_rows = got
    s.row_number = s.rows_seen + 1 if got else 0
    s.rows_seen += got
    if s.ird.rows_processed_ptr is not NULL:
        s.ird.rows_processed_ptr[0] = got
    if got == 0:
        if s.reader.failed:
            return reader_failed(s, SQL_NO_ROW_NUMBER)
        return SQL_NO_DATA
    if bad == 0:
        return SQL_SUCCESS
    for i in range(got):
        errors += status[i] == SQL_ROW_ERROR
    return SQL_ERROR if errors == got else SQL_SUCCESS_WITH_INFO


cdef bint fetch_waits(Stmt* s, int64_t size) noexcept nogil:
    """Whether the next `size` rows have to come from the engine first; False too where no cursor is open."""
    cdef int64_t have = 0
    if s.reader is NULL:
        return False
    if s.batch is not NULL:
        have = s.batch.nrows - s.batch_row - s.batch_advance
    return have < size and reader_waits(s.reader, size - have)


cdef SQLRETURN fetch(Stmt* s, int64_t size, SQLUSMALLINT* row_status) noexcept nogil:
    """SQLFetch and SQLFetchScroll(NEXT): the next rowset of `size` rows; row_status may be NULL."""
    cdef SQLUSMALLINT* status = row_status
    cdef SQLUSMALLINT one_status = SQL_ROW_SUCCESS
    cdef uint8_t one_cell = CELL_DONE
    cdef uint8_t* cells = &one_cell
    cdef SQLRETURN rc
    cdef int64_t i
    if s.state != ST_OPEN and s.state != ST_FETCHED:
        if s.state == ST_ALLOCATED or s.state >= ST_NEED_DATA:
            return fail(&s.h, b"HY010", b"Nothing was executed on this statement, so there are no rows to fetch")
        return fail(&s.h, b"24000", b"The statement has no open cursor: the last one executed gives no rows, or it was closed")
    if s.bindings_changed:
        rc = build_plan(s)
        if rc != SQL_SUCCESS:
            return rc
    s.getdata_column = 0
    if size > 1:
        cells = <uint8_t*>calloc(size, 1)
        if status is NULL:
            status = <SQLUSMALLINT*>malloc(size * sizeof(SQLUSMALLINT))
        if cells is NULL or status is NULL:
            free(cells)
            if row_status is NULL:
                free(status)
            return no_memory(&s.h)
        memset(status, 0, size * sizeof(SQLUSMALLINT))
    else:
        if status is NULL:
            status = &one_status
        status[0] = SQL_ROW_SUCCESS
    rc = fetch_block(s, size, cells, status)
    if row_status is not NULL:
        for i in range(s.rowset_rows, size):
            row_status[i] = SQL_ROW_NOROW
    if size > 1:
        free(cells)
        if row_status is NULL:
            free(status)
    s.state = ST_FETCHED
    return rc


cdef SQLRETURN get_data(Stmt* s, SQLUSMALLINT column, SQLSMALLINT c_type, SQLPOINTER buffer, SQLLEN capacity,
                        SQLLEN* ind) noexcept nogil:
    """One column of the current row, whole or its next piece (SQLGetData)."""
    cdef CellStatus status
    cdef SQLRETURN rc
    if s.state != ST_FETCHED or s.rowset_rows == 0:
        if s.state == ST_OPEN or s.state == ST_FETCHED:
            return fail(&s.h, b"24000", b"The cursor stands on no row: call SQLFetch first, and not after it said SQL_NO_DATA")
        if s.state == ST_ALLOCATED or s.state >= ST_NEED_DATA:
            return fail(&s.h, b"HY010", b"Nothing was executed on this statement")
        return fail(&s.h, b"24000", b"The statement has no open cursor")
    if column == 0 or column > s.ird.count:
        return fail_num(&s.h, b"07009", b"Column %d of a result that has %d", column, s.ird.count)
    if s.batch_advance == 0:  # a block was fetched: the batch may be past its rows already
        return fail(&s.h, b"HYC00", b"SQLGetData reads single rows: set SQL_ATTR_ROW_ARRAY_SIZE to 1, or bind the column")
    if buffer is NULL:
        return fail(&s.h, b"HY009", b"The target is a null pointer")
    if capacity < 0:
        return fail_num(&s.h, b"HY090", b"A buffer length of %d is negative", capacity, 0)
    if s.getdata_column != column or s.getdata_c_type != c_type:
        rc = getdata_target(s, column, c_type, buffer, capacity, ind, &s.getdata)
        if rc != SQL_SUCCESS:
            s.getdata_column = 0
            return rc
        s.getdata_column = column
        s.getdata_c_type = c_type
        s.getdata.position = 0
        s.getdata.wchar_size = wchar_bytes()
    else:
        s.getdata.buffer = buffer
        s.getdata.capacity = capacity
        s.getdata.octet_length = ind
        s.getdata.indicator = ind
    status = put_cell(&s.batch.cols[column - 1], s.batch_row, &s.getdata)
    if status == CELL_DONE:
        return SQL_SUCCESS
    if status == CELL_NO_DATA:
        return SQL_NO_DATA
    note_cell(s, status, 1, column)
    return SQL_ERROR if status > CELL_FIRST_ERROR else SQL_SUCCESS_WITH_INFO
