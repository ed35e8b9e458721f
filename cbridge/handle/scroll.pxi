# Scrollable cursors: where a rowset begins (the tables of the SQLFetchScroll page), bookmarks, SQLSetPos.
# Included by _core.pyx after cursor.pxi. A bookmark is the row's 1-based number in the result.

cdef SQLRETURN refuse_orientation(Stmt* s, SQLSMALLINT orientation) noexcept nogil:
    if orientation < SQL_FETCH_NEXT or orientation > SQL_FETCH_BOOKMARK or orientation == 7:
        return fail_num(&s.h, b"HY106", b"%d is not an orientation of SQLFetchScroll", orientation, 0)
    return fail_num(&s.h, b"HY106", b"Orientation %d needs a scrollable cursor, and this one goes forward only: set "
                    b"SQL_ATTR_CURSOR_TYPE to SQL_CURSOR_STATIC before the statement is executed", orientation, 0)


cdef SQLRETURN can_scroll(Stmt* s, SQLSMALLINT orientation, SQLLEN offset, int64_t size, bint extended) noexcept nogil:
    """SQL_SUCCESS where a fetch may move the cursor; a fetch that is refused leaves it and its rowset as they are."""
    if s.store is NULL:
        return SQL_SUCCESS if orientation == SQL_FETCH_NEXT else refuse_orientation(s, orientation)
    if orientation < SQL_FETCH_NEXT or orientation > SQL_FETCH_BOOKMARK or orientation == 7:
        return refuse_orientation(s, orientation)
    if s.keyset_size and <int64_t>s.keyset_size < size:
        return fail_num(&s.h, b"HY107", b"The keyset size of %d is smaller than the rowset size of %d", s.keyset_size, size)
    if orientation != SQL_FETCH_BOOKMARK:
        return SQL_SUCCESS
    if s.use_bookmarks == SQL_UB_OFF:
        return fail(&s.h, b"HY106", b"Bookmarks are off: set SQL_ATTR_USE_BOOKMARKS before the statement is executed")
    if s.fetch_bookmark_ptr is NULL and not extended:
        return fail(&s.h, b"HY111", b"SQL_ATTR_FETCH_BOOKMARK_PTR names no bookmark")
    if from_bookmark(s, offset, extended) == 0:
        return fail(&s.h, b"HY111", b"The bookmark is not that of a row of this result")
    return SQL_SUCCESS


# ---- where a rowset begins ----
cdef int64_t rows_up_to(Stmt* s, int64_t row) noexcept nogil:
    """Rows of the result that are known to exist after a look for row `row`, SQL_ATTR_MAX_ROWS applied."""
    store_fill(s.reader, s.store, row)
    if s.max_rows and s.store.rows > <int64_t>s.max_rows:
        return <int64_t>s.max_rows
    return s.store.rows


cdef int64_t last_row(Stmt* s) noexcept nogil:
    """LastResultRow: the whole result is read."""
    s.store.whole = True
    return rows_up_to(s, <int64_t>s.max_rows if s.max_rows else INT64_MAX)


cdef int64_t from_absolute(Stmt* s, SQLLEN offset, int64_t size, bint* cut) noexcept nogil:
    """The first row for SQL_FETCH_ABSOLUTE; below 1: before the start."""
    cdef int64_t last
    if offset >= 0:
        return offset
    last = last_row(s)
    if offset >= -last:
        return last + offset + 1
    if offset < -size:
        return 0
    cut[0] = True
    return 1


cdef int64_t from_relative(Stmt* s, SQLLEN offset, int64_t size, bint* cut) noexcept nogil:
    """The first row for SQL_FETCH_RELATIVE; below 1: before the start."""
    if (s.place == BEFORE_START and offset > 0) or (s.place == AFTER_END and offset < 0):
        return from_absolute(s, offset, size, cut)
    if s.place == BEFORE_START:
        return 0
    if s.place == AFTER_END:
        return INT64_MAX
    if offset > 0 and s.rowset_start > INT64_MAX - offset:
        return INT64_MAX
    if s.rowset_start + offset >= 1:
        return s.rowset_start + offset
    if s.rowset_start == 1 or offset < -size:
        return 0
    cut[0] = True
    return 1


cdef int64_t from_prior(Stmt* s, int64_t size, bint* cut) noexcept nogil:
    """The first row for SQL_FETCH_PRIOR; below 1: before the start."""
    cdef int64_t last
    if s.place == BEFORE_START or (s.place == ON_ROWSET and s.rowset_start == 1):
        return 0
    if s.place == AFTER_END:
        last = last_row(s)
        if last >= size:
            return last - size + 1
    elif s.rowset_start > size:
        return s.rowset_start - size
    cut[0] = True
    return 1


cdef int64_t from_bookmark(Stmt* s, SQLLEN offset, bint extended) noexcept nogil:
    """The first row for SQL_FETCH_BOOKMARK; 0: no such bookmark. ODBC 2 passes the bookmark itself."""
    cdef int64_t mark = offset
    if not extended:
        memcpy(&mark, s.fetch_bookmark_ptr, sizeof(mark))
    if mark < 1 or rows_up_to(s, mark) < mark:
        return 0
    if extended:
        return mark
    if offset > INT64_MAX - mark:
        return INT64_MAX
    return mark + offset if mark + offset >= 1 else -1


cdef SQLRETURN scroll(Stmt* s, SQLSMALLINT orientation, SQLLEN offset, int64_t size, bint extended) noexcept nogil:
    """Move a scrollable cursor: s.place, s.rowset_start and the window. 01S06 where the specification wants it.

    extended: the call is SQLExtendedFetch, which has the bookmark in `offset`.
    """
    cdef int64_t start = 0, known, row, at = 0, n
    cdef bint cut = False
    cdef Batch* b
    s.store.rowset += 1
    s.store.whole = False
    if orientation == SQL_FETCH_NEXT:
        if s.place == BEFORE_START:
            start = 1
        else:
            start = s.rowset_start + s.rowset_size if s.place == ON_ROWSET else INT64_MAX
    elif orientation == SQL_FETCH_FIRST:
        start = 1
    elif orientation == SQL_FETCH_LAST:
        known = last_row(s)
        start = known - size + 1 if known > size else 1
    elif orientation == SQL_FETCH_PRIOR:
        start = from_prior(s, size, &cut)
    elif orientation == SQL_FETCH_ABSOLUTE:
        start = from_absolute(s, offset, size, &cut)
    elif orientation == SQL_FETCH_RELATIVE:
        start = from_relative(s, offset, size, &cut)
    elif orientation == SQL_FETCH_BOOKMARK:
        start = from_bookmark(s, offset, extended)
    if s.store.whole and s.reader.failed:
        s.place = AFTER_END
        return reader_failed(s, SQL_NO_ROW_NUMBER)
    if start < 1:
        s.place = BEFORE_START
        return SQL_SUCCESS
    known = rows_up_to(s, start if start > INT64_MAX - size else start + size - 1)
    if start > known:
        s.place = AFTER_END
        return SQL_SUCCESS
    row = start - 1
    while row < known and row < start - 1 + size:
        b = store_batch(s.reader, s.store, row, &at)
        if b is NULL:
            s.place = AFTER_END
            return reader_failed(s, SQL_NO_ROW_NUMBER)
        n = b.nrows - at
        if n > known - row:
            n = known - row
        if n > start - 1 + size - row:
            n = start - 1 + size - row
        if not window_add(s, b, at, n):
            return no_memory(&s.h)
        row += n
    s.place = ON_ROWSET
    s.rowset_start = start
    s.rowset_rows = row - start + 1
    if cut:
        return warn(&s.h, b"01S06", b"The rowset would have begun before the first row of the result; it is the first rowset")
    return SQL_SUCCESS


# ---- bookmarks ----
cdef CellStatus put_bookmark(Target* t, int64_t row) noexcept nogil:
    """The bookmark of a row: 8 bytes, or 4 as the older C types are; a variable-length buffer gets what fits."""
    cdef int64_t size = 4 if t.c_type == SQL_C_ULONG or t.c_type == SQL_C_SLONG or t.c_type == SQL_C_LONG else 8
    cdef int64_t n = size
    if t.position < 0:
        return CELL_NO_DATA
    if t.c_type == SQL_C_BINARY:
        size -= t.position
        n = size if size <= t.capacity else t.capacity
    elif size == 4 and row > 0x7FFFFFFF:
        return CELL_RANGE
    if t.buffer is not NULL:
        memcpy(t.buffer, <const char*>&row + (t.position if t.c_type == SQL_C_BINARY else 0), n)
    if t.octet_length is not NULL:
        t.octet_length[0] = size
    if t.indicator is not NULL and t.indicator is not t.octet_length:
        t.indicator[0] = 0
    if n < size:
        t.position += n
        return CELL_TRUNCATED
    t.position = -1
    return CELL_DONE


cdef int64_t put_bookmarks(const Target* target, int64_t first, int64_t n, SQLLEN data_stride, SQLLEN ind_stride,
                           uint8_t* cells) noexcept nogil:
    """The bookmarks of n rows, the first of which is row `first` of the result, as put_rows does columns."""
    cdef Target t
    cdef int64_t i, bad = 0
    for i in range(n):
        t = target[0]
        t.position = 0
        if t.buffer is not NULL:
            t.buffer = <char*>t.buffer + i * data_stride
        if t.octet_length is not NULL:
            t.octet_length = <SQLLEN*>(<char*>t.octet_length + i * ind_stride)
        if t.indicator is not NULL:
            t.indicator = <SQLLEN*>(<char*>t.indicator + i * ind_stride)
        cells[i] = put_bookmark(&t, first + i)
        if cells[i] == CELL_TRUNCATED:
            cells[i] = CELL_TOO_LONG
        bad += cells[i] != CELL_DONE
    return bad


# ---- SQLSetPos ----
cdef SQLRETURN refresh(Stmt* s, int64_t first, int64_t n, bint all_rows, uint8_t* cells,
                       SQLUSMALLINT* status) noexcept nogil:
    """Convert rows anew; of all rows those are left out that SQL_ATTR_ROW_OPERATION_PTR says to ignore."""
    cdef const SQLUSMALLINT* ignored = s.ard.array_status_ptr if all_rows else NULL
    cdef int64_t i, done = 0, errors = 0
    cdef SQLRETURN rc = SQL_SUCCESS, one
    for i in range(first, first + n):
        if ignored is not NULL and ignored[i] == SQL_ROW_IGNORE:
            continue
        one = convert_rows(s, i, 1, cells, status)
        done += 1
        errors += one == SQL_ERROR
        if one != SQL_SUCCESS:
            rc = SQL_SUCCESS_WITH_INFO
        if s.rowset_status is not NULL:
            s.rowset_status[i] = status[i]
    return SQL_ERROR if done and errors == done else rc


cdef SQLRETURN set_pos(Stmt* s, SQLSETPOSIROW row, SQLUSMALLINT operation, SQLUSMALLINT lock) noexcept nogil:
    """Stand on another row of the rowset, or convert rows of it anew into the bound columns."""
    cdef uint8_t* cells
    cdef SQLUSMALLINT* status
    cdef SQLRETURN rc
    cdef int64_t first = 0, n = s.rowset_rows
    if s.state != ST_FETCHED and s.state != ST_FETCHED_EXTENDED:
        if s.state == ST_OPEN or s.state == ST_EXECUTED_NO_RESULT:
            return fail(&s.h, b"24000", b"The cursor stands on no rowset: fetch one first")
        return fail(&s.h, b"HY010", b"Nothing was fetched on this statement")
    if operation > SQL_ADD or lock > SQL_LOCK_UNLOCK:
        return fail(&s.h, b"HY092", b"SQLSetPos has no such operation or lock")
    if operation != SQL_POSITION and operation != SQL_REFRESH:
        return fail(&s.h, b"HYC00", b"Cursors are read-only: change rows by UPDATE, DELETE and INSERT statements")
    if lock != SQL_LOCK_NO_CHANGE:
        return fail(&s.h, b"HYC00", b"The driver locks no rows: use SQL_LOCK_NO_CHANGE")
    if s.rowset_rows == 0:
        return fail(&s.h, b"24000", b"The cursor stands on no row")
    if row == 0 and operation == SQL_POSITION:
        return fail(&s.h, b"HY109", b"SQL_POSITION needs one row of the rowset, from 1; 0 stands for all of them")
    if row > <SQLSETPOSIROW>s.rowset_size:
        return fail_num(&s.h, b"HY107", b"Row %d of a rowset whose size is %d", <int64_t>row, s.rowset_size)
    if row > <SQLSETPOSIROW>s.rowset_rows:
        return fail_num(&s.h, b"HY109", b"Row %d of the rowset was not fetched: the result ended after row %d of it",
                        <int64_t>row, s.rowset_rows)
    stand_on(s, <int64_t>row if row else 1)
    if operation == SQL_POSITION:
        return SQL_SUCCESS
    if s.bindings_changed:
        rc = build_plan(s)
        if rc != SQL_SUCCESS:
            return rc
    if row:
        first = <int64_t>row - 1
        n = 1
    cells = <uint8_t*>calloc(s.rowset_rows, 1)
    status = <SQLUSMALLINT*>calloc(s.rowset_rows, sizeof(SQLUSMALLINT))
    if cells is NULL or status is NULL:
        rc = no_memory(&s.h)
    else:
        rc = refresh(s, first, n, row == 0, cells, status)
    free(cells)
    free(status)
    return rc
