# The cursor: the rowset as a window over batches, its conversion into bound columns, one cell for SQLGetData.
# Included by _core.pyx after store.pxi, plan.pxi. How a scrollable cursor moves is in scroll.pxi.

cdef void window_drop(Stmt* s) noexcept nogil:
    """Forget the rowset. A forward-only cursor frees its batches, but for the one that is still being read."""
    cdef int32_t i
    if s.store is NULL:
        for i in range(s.nwindow):
            if s.window[i].batch is not s.batch:
                batch_drop(s.window[i].batch)
    s.nwindow = 0
    s.current_batch = NULL
    s.batch_serial += 1
    s.getdata_runs = False


cdef bint window_add(Stmt* s, Batch* b, int64_t first, int64_t rows) noexcept nogil:
    """Add rows of a batch to the rowset. False: memory is out."""
    cdef Segment* grown
    cdef int32_t capacity
    if s.nwindow == s.window_capacity:
        capacity = 2 * s.window_capacity + 4
        grown = <Segment*>realloc(s.window, capacity * sizeof(Segment))
        if grown is NULL:
            return False
        s.window = grown
        s.window_capacity = capacity
    s.window[s.nwindow].batch = b
    s.window[s.nwindow].first = first
    s.window[s.nwindow].rows = rows
    s.nwindow += 1
    return True


cdef void stand_on(Stmt* s, int64_t row) noexcept nogil:
    """Make a row of the rowset (1-based) the current one."""
    cdef int32_t i
    cdef int64_t left = row - 1
    s.current = row
    s.getdata_runs = False
    s.batch_serial += 1
    for i in range(s.nwindow):
        if left < s.window[i].rows:
            s.current_batch = s.window[i].batch
            s.current_row = s.window[i].first + left
            return
        left -= s.window[i].rows


cdef void result_drop(Stmt* s) noexcept nogil:
    """Close the open result, if any; the statement keeps its bindings and its prepared text."""
    window_drop(s)
    batch_drop(s.batch)
    s.batch = NULL
    store_free(s.store)
    s.store = NULL
    free(s.quick)
    s.quick = NULL
    s.nquick = 0
    reader_close(s.reader)
    s.reader = NULL
    s.batch_row = 0
    s.rowset_rows = 0
    s.rowset_start = 0
    s.rows_seen = 0
    s.place = BEFORE_START


cdef SQLRETURN reader_failed(Stmt* s, SQLLEN row) noexcept nogil:
    cdef Reader* r = s.reader
    cdef const char* text = r.message if r.message is not NULL else <const char*>b"out of memory"
    diag_add(&s.h, r.sqlstate, r.native, row, SQL_COLUMN_NUMBER_UNKNOWN, text, strlen(text))
    return SQL_ERROR


cdef void note_cell(Stmt* s, CellStatus status, SQLLEN row, SQLINTEGER column) noexcept nogil:
    """One diagnostic record for one cell that was not converted in full."""
    cdef const char* text = cell_message(status)
    diag_add(&s.h, cell_sqlstate(status), 0, row, column, text, strlen(text))


cdef int64_t fetch_column(Stmt* s, int32_t p, const Segment* seg, int64_t skip, int64_t n, int64_t at, uint8_t* cells,
                          SQLUSMALLINT* status) noexcept nogil:
    """Convert n rows of a segment, from its row `skip` on, into rows `at`.. of the arrays of bound column p of the plan.

    cells: n scratch bytes, all zero, zero again afterwards. status: row statuses from row 0 of the block on.
    Returns how many cells were not converted in full.
    """
    cdef Desc* ard = s.ard
    cdef SQLLEN shift = ard.bind_offset_ptr[0] if ard.bind_offset_ptr is not NULL else 0
    cdef SQLLEN data_stride, ind_stride = ard.bind_type if ard.bind_type else <SQLLEN>sizeof(SQLLEN)
    cdef int64_t i, bad
    cdef Target t = s.plan[p]
    if ard.bind_type:
        data_stride = ard.bind_type
    else:
        data_stride = c_type_size(t.c_type)
        if data_stride == 0:
            data_stride = t.capacity
    if t.buffer is not NULL:
        t.buffer = <char*>t.buffer + shift + at * data_stride
    if t.octet_length is not NULL:
        t.octet_length = <SQLLEN*>(<char*>t.octet_length + shift + at * ind_stride)
    if t.indicator is not NULL:
        t.indicator = <SQLLEN*>(<char*>t.indicator + shift + at * ind_stride)
    t.wchar_size = wchar_bytes()
    if s.plan_columns[p] == 0:
        bad = put_bookmarks(&t, s.rowset_start + at, n, data_stride, ind_stride, cells)
    else:
        bad = put_rows(&seg.batch.cols[s.plan_columns[p] - 1], seg.first + skip, n, &t, data_stride, ind_stride, cells)
    if bad == 0:
        return 0
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


cdef int64_t fetch_columns(Stmt* s, const Segment* seg, int64_t skip, int64_t n, int64_t at, uint8_t* cells,
                           SQLUSMALLINT* status) noexcept nogil:
    """fetch_column for all bound columns."""
    cdef int64_t bad = 0
    cdef int32_t p
    for p in range(s.nplan):
        bad += fetch_column(s, p, seg, skip, n, at, cells, status)
    return bad


cdef SQLRETURN convert_rows(Stmt* s, int64_t first, int64_t n, uint8_t* cells, SQLUSMALLINT* status) noexcept nogil:
    """Rows first..first+n-1 (0-based) of the rowset into the bound columns, with a status for each."""
    cdef int64_t start = 0, skip, take, bad = 0, errors = 0, i
    cdef int32_t k
    if s.nplan == 0 or s.retrieve_data == SQL_RD_OFF:
        return SQL_SUCCESS
    for k in range(s.nwindow):
        skip = first - start if first > start else 0
        take = s.window[k].rows - skip
        if start + skip + take > first + n:
            take = first + n - start - skip
        if take > 0:
            bad += fetch_columns(s, &s.window[k], skip, take, start + skip, cells, status)
        start += s.window[k].rows
    if bad == 0:
        return SQL_SUCCESS
    for i in range(first, first + n):
        errors += status[i] == SQL_ROW_ERROR
    return SQL_ERROR if errors == n else SQL_SUCCESS_WITH_INFO


cdef bint fetch_waits(Stmt* s, int64_t size) noexcept nogil:
    """Whether the next `size` rows have to come from the engine first; False too where no cursor is open."""
    cdef int64_t have = 0
    if s.reader is NULL:
        return False
    if s.store is not NULL:
        return not s.store.complete
    if s.batch is not NULL:
        have = s.batch.nrows - s.batch_row
    return have < size and reader_waits(s.reader, size - have)


cdef SQLRETURN next_rows(Stmt* s, int64_t size) noexcept nogil:
    """A forward-only cursor's next rowset of up to `size` rows."""
    cdef int64_t n, limit = <int64_t>s.max_rows - s.rows_seen if s.max_rows else INT64_MAX
    cdef bint kept
    if size > limit:
        size = limit
    while s.rowset_rows < size:
        if s.batch is NULL or s.batch_row >= s.batch.nrows:
            # A batch that gave rows to this rowset stays until the next fetch.
            kept = s.nwindow > 0 and s.window[s.nwindow - 1].batch is s.batch
            if not kept:
                batch_drop(s.batch)
            s.batch = reader_next(s.reader)
            s.batch_row = 0
            if s.batch is NULL:
                break
        n = s.batch.nrows - s.batch_row
        if n > size - s.rowset_rows:
            n = size - s.rowset_rows
        if not window_add(s, s.batch, s.batch_row, n):
            return no_memory(&s.h)
        s.batch_row += n
        s.rowset_rows += n
    s.rowset_start = s.rows_seen + 1
    s.rows_seen += s.rowset_rows
    s.place = ON_ROWSET if s.rowset_rows else AFTER_END
    return SQL_SUCCESS


cdef SQLRETURN fetch_block(Stmt* s, SQLSMALLINT orientation, SQLLEN offset, int64_t size, bint extended, uint8_t* cells,
                           SQLUSMALLINT* status) noexcept nogil:
    """Move the cursor and fill one rowset of up to `size` rows."""
    cdef SQLRETURN rc, converted
    window_drop(s)
    s.rowset_rows = 0
    if s.store is NULL:
        rc = next_rows(s, size)
    else:
        rc = scroll(s, orientation, offset, size, extended)
    if rc == SQL_ERROR:
        return rc
    s.rowset_size = size
    if s.rowset_rows == 0:
        if s.reader.failed and s.place == AFTER_END:
            return reader_failed(s, SQL_NO_ROW_NUMBER)
        return SQL_NO_DATA
    converted = convert_rows(s, 0, s.rowset_rows, cells, status)
    stand_on(s, 1)
    return converted if converted != SQL_SUCCESS else rc


cdef SQLRETURN can_fetch(Stmt* s, bint extended) noexcept nogil:
    """SQL_SUCCESS where the statement has an open cursor that this kind of fetch may move."""
    if s.state == ST_OPEN or s.state == (ST_FETCHED_EXTENDED if extended else ST_FETCHED):
        return SQL_SUCCESS
    if s.state == ST_FETCHED or s.state == ST_FETCHED_EXTENDED:
        return fail(&s.h, b"HY010", b"One cursor is read by SQLExtendedFetch or by SQLFetch and SQLFetchScroll, not by both")
    if s.state < ST_EXECUTED_NO_RESULT or s.state >= ST_NEED_DATA:
        return fail(&s.h, b"HY010", b"Nothing was executed on this statement, so there are no rows to fetch")
    return fail(&s.h, b"24000", b"The statement has no open cursor: the last one executed gives no rows, or it was closed")


cdef SQLRETURN fetch(Stmt* s, SQLSMALLINT orientation, SQLLEN offset, int64_t size, SQLUSMALLINT* row_status,
                     SQLULEN* rows, bint extended) noexcept nogil:
    """SQLFetch, SQLFetchScroll and SQLExtendedFetch: a rowset of `size` rows; row_status and rows may be NULL."""
    cdef SQLUSMALLINT* status = row_status
    cdef SQLUSMALLINT one_status = SQL_ROW_SUCCESS
    cdef uint8_t one_cell = CELL_DONE
    cdef uint8_t* cells = &one_cell
    cdef SQLRETURN rc = can_fetch(s, extended)
    cdef int64_t i
    if rc != SQL_SUCCESS:
        return rc
    rc = can_scroll(s, orientation, offset, size, extended)
    if rc != SQL_SUCCESS:
        return rc
    if s.bindings_changed:
        rc = build_plan(s)
        if rc != SQL_SUCCESS:
            return rc
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
    rc = fetch_block(s, orientation, offset, size, extended, cells, status)
    if rows is not NULL:
        rows[0] = s.rowset_rows
    if row_status is not NULL:
        for i in range(s.rowset_rows, size):
            row_status[i] = SQL_ROW_NOROW
    if size > 1:
        free(cells)
        if row_status is NULL:
            free(status)
    s.rowset_status = row_status
    s.state = ST_FETCHED_EXTENDED if extended else ST_FETCHED
    return rc


cdef bint quick_bound(Stmt* s, int32_t p, SQLLEN shift) noexcept nogil:
    """The current row's cell of bound column p, where it is a quick one."""
    cdef const Target* t = &s.plan[p]
    cdef Quick* q = &s.plan_quick[p]
    cdef const Column* col
    cdef char* ind = <char*>t.octet_length
    if q.serial == s.batch_serial and q.values is not NULL:
        quick_copy(q, s.current_row, <char*>t.buffer + shift, <SQLLEN*>(ind + shift if ind is not NULL else NULL))
        return True
    if s.plan_columns[p] == 0 or t.buffer is NULL or t.octet_length != t.indicator or t.max_length or t.capacity < 0:
        return False
    col = &s.current_batch.cols[s.plan_columns[p] - 1]
    if q.c_type == 0 or q.kind != col.kind:
        q.c_type = t.c_type
        q.kind = <uint8_t>col.kind
        q.op = <uint8_t>quick_choose(col, t.sql_type, t.c_type)
        q.serial = 0
    if q.serial != s.batch_serial:
        quick_settle(q, col, s.batch_serial)
    return quick_cell(col, s.current_row, q, <char*>t.buffer + shift, t.capacity,
                      <SQLLEN*>(ind + shift if ind is not NULL else NULL), wchar_bytes())


cdef bint next_row(Stmt* s, SQLRETURN* rc) noexcept nogil:
    """SQLFetch of one more row of the batch that a forward-only cursor reads. False: it takes more than that."""
    cdef SQLUSMALLINT status = SQL_ROW_SUCCESS
    cdef uint8_t cell = CELL_DONE
    cdef int64_t bad = 0
    cdef int32_t p
    cdef SQLLEN shift
    if (s.state != ST_FETCHED or s.store is not NULL or s.ard.array_size != 1 or s.bindings_changed or s.max_rows
            or s.nwindow != 1 or s.batch is NULL or s.window[0].batch is not s.batch or s.batch_row >= s.batch.nrows):
        return False
    if s.batch.as_received:
        batch_settle(s.batch)
    s.window[0].first = s.batch_row
    s.window[0].rows = 1
    s.current_row = s.batch_row
    s.current_batch = s.batch
    s.current = 1
    s.batch_row += 1
    s.rows_seen += 1
    s.rowset_start = s.rows_seen
    s.rowset_rows = 1
    s.rowset_size = 1
    s.getdata_runs = False
    if s.nplan and s.retrieve_data != SQL_RD_OFF:
        shift = s.ard.bind_offset_ptr[0] if s.ard.bind_offset_ptr is not NULL else 0
        for p in range(s.nplan):
            if not quick_bound(s, p, shift):
                bad += fetch_column(s, p, s.window, 0, 1, 0, &cell, &status)
    s.rowset_status = s.ird.array_status_ptr
    if s.rowset_status is not NULL:
        s.rowset_status[0] = status
    if s.ird.rows_processed_ptr is not NULL:
        s.ird.rows_processed_ptr[0] = 1
    rc[0] = SQL_SUCCESS
    if bad:
        rc[0] = SQL_ERROR if status == SQL_ROW_ERROR else SQL_SUCCESS_WITH_INFO
    return True


cdef void quick_learn(Stmt* s, SQLUSMALLINT column, SQLSMALLINT c_type) noexcept nogil:
    """Note how SQLGetData reads a column as this C type; `s.getdata` is its Target. Without memory it stays slow."""
    if c_type == SQL_ARD_TYPE or c_type == SQL_C_DEFAULT:
        return
    if s.quick is NULL:
        s.quick = <Quick*>calloc(s.ird.count + 1, sizeof(Quick))
        if s.quick is NULL:
            return
        s.nquick = s.ird.count + 1
    s.quick[column].c_type = c_type
    s.quick[column].kind = <uint8_t>s.current_batch.cols[column - 1].kind
    s.quick[column].op = <uint8_t>quick_choose(&s.current_batch.cols[column - 1], s.getdata.sql_type, s.getdata.c_type)
    quick_settle(&s.quick[column], &s.current_batch.cols[column - 1], s.batch_serial)


cdef inline bint get_quickly(Stmt* s, SQLUSMALLINT column, SQLSMALLINT c_type, SQLPOINTER buffer, SQLLEN capacity,
                             SQLLEN* ind) noexcept nogil:
    """SQLGetData of a common pair that was read before, whole. False: nothing was done."""
    cdef Quick* q
    if (column >= s.nquick or buffer is NULL or capacity < 0
            or (s.getdata_runs and s.getdata_column == column and s.getdata_c_type == c_type)):
        return False
    q = &s.quick[column]
    if q.c_type != c_type or column == 0:
        return False
    if q.serial == s.batch_serial and q.values is not NULL:
        quick_copy(q, s.current_row, buffer, ind)
    else:
        if s.current_batch is NULL or s.max_length:
            return False
        if s.current_batch.as_received:
            batch_settle(s.current_batch)
        if q.serial != s.batch_serial:
            quick_settle(q, &s.current_batch.cols[column - 1], s.batch_serial)
        if not quick_cell(&s.current_batch.cols[column - 1], s.current_row, q, buffer, capacity, ind, wchar_bytes()):
            return False
    s.getdata_runs = True
    s.getdata_column = column
    s.getdata_c_type = c_type
    s.getdata.position = -1  # read to its end
    return True


cdef SQLRETURN get_data(Stmt* s, SQLUSMALLINT column, SQLSMALLINT c_type, SQLPOINTER buffer, SQLLEN capacity,
                        SQLLEN* ind) noexcept nogil:
    """One column of the current row, whole or its next piece (SQLGetData)."""
    cdef CellStatus status
    cdef SQLRETURN rc
    if s.current_batch is NULL:
        if s.state >= ST_OPEN and s.state <= ST_FETCHED_EXTENDED:
            return fail(&s.h, b"24000", b"The cursor stands on no row: call SQLFetch first, and not after it said SQL_NO_DATA")
        if s.state < ST_EXECUTED_NO_RESULT or s.state >= ST_NEED_DATA:
            return fail(&s.h, b"HY010", b"Nothing was executed on this statement")
        return fail(&s.h, b"24000", b"The statement has no open cursor")
    if s.current_batch.as_received:
        batch_settle(s.current_batch)
    if column > s.ird.count or (column == 0 and s.use_bookmarks == SQL_UB_OFF):
        return fail_num(&s.h, b"07009", b"Column %d of a result that has %d", column, s.ird.count)
    if buffer is NULL:
        return fail(&s.h, b"HY009", b"The target is a null pointer")
    if capacity < 0:
        return fail_num(&s.h, b"HY090", b"A buffer length of %d is negative", capacity, 0)
    if not s.getdata_runs or s.getdata_column != column or s.getdata_c_type != c_type:
        s.getdata_runs = False
        if column == 0 and c_type != SQL_C_DEFAULT and (c_type == SQL_C_BINARY) != (s.use_bookmarks == SQL_UB_VARIABLE):
            return fail_num(&s.h, b"HY003", b"The C type %d is not that of the bookmarks that SQL_ATTR_USE_BOOKMARKS asked for",
                            c_type, 0)
        rc = getdata_target(s, column, c_type, buffer, capacity, ind, &s.getdata)
        if rc != SQL_SUCCESS:
            return rc
        s.getdata_runs = True
        s.getdata_column = column
        s.getdata_c_type = c_type
        s.getdata.position = 0
        s.getdata.wchar_size = wchar_bytes()
        if column:
            quick_learn(s, column, c_type)
    else:
        s.getdata.buffer = buffer
        s.getdata.capacity = capacity
        s.getdata.octet_length = ind
        s.getdata.indicator = ind
    if column == 0:
        status = put_bookmark(&s.getdata, s.rowset_start + s.current - 1)
    else:
        status = put_cell(&s.current_batch.cols[column - 1], s.current_row, &s.getdata)
    if status == CELL_DONE:
        return SQL_SUCCESS
    if status == CELL_NO_DATA:
        return SQL_NO_DATA
    note_cell(s, status, s.current, column)
    return SQL_ERROR if status > CELL_FIRST_ERROR else SQL_SUCCESS_WITH_INFO
