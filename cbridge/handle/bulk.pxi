# SQLBulkOperations: rows by their bookmarks; all that would change rows is refused.
# Included by _core.pyx after scroll.pxi.

cdef int64_t bookmark_at(const Desc* ard, int64_t at) noexcept nogil:
    """The bookmark in row `at` (from 0) of the bound column 0."""
    cdef const DescRec* r = &ard.recs[0]
    cdef SQLLEN shift = ard.bind_offset_ptr[0] if ard.bind_offset_ptr is not NULL else 0
    cdef SQLLEN stride = ard.bind_type
    cdef int64_t size = 4 if r.concise_type == SQL_C_ULONG else 8, mark = 0
    if stride == 0:
        stride = r.octet_length if r.concise_type == SQL_C_VARBOOKMARK else size
    memcpy(&mark, <const char*>r.data_ptr + shift + at * stride, size)
    return mark


cdef SQLRETURN fetch_bookmarked(Stmt* s, int64_t at, uint8_t* cells, SQLUSMALLINT* status) noexcept nogil:
    """The row that the bookmark in row `at` names, into row `at` of the bound columns."""
    cdef int64_t mark = bookmark_at(s.ard, at), in_batch = 0, bad
    cdef Segment seg
    status[at] = SQL_ROW_ERROR
    if mark < 1 or rows_up_to(s, mark) < mark:
        diag_add(&s.h, b"HY111", 0, at + 1, 0, b"The bookmark is not that of a row of this result", 48)
        return SQL_ERROR
    s.store.rowset += 1
    seg.batch = store_batch(s.reader, s.store, mark - 1, &in_batch)
    if seg.batch is NULL:
        return reader_failed(s, at + 1)
    seg.first = in_batch
    seg.rows = 1
    # fetch_columns writes the bookmark of row rowset_start + at, which is to be this one again.
    s.rowset_start = mark - at
    status[at] = SQL_ROW_SUCCESS
    bad = fetch_columns(s, &seg, 0, 1, at, cells, status)
    if status[at] == SQL_ROW_ERROR:
        return SQL_ERROR
    return SQL_SUCCESS_WITH_INFO if bad else SQL_SUCCESS


cdef SQLRETURN fetch_by_bookmark(Stmt* s) noexcept nogil:
    cdef int64_t at, size = s.ard.array_size, done = 0, errors = 0
    cdef SQLUSMALLINT* status
    cdef uint8_t cell = CELL_DONE
    cdef SQLRETURN rc = SQL_SUCCESS, one
    if s.use_bookmarks == SQL_UB_OFF or s.ard.recs[0].data_ptr is NULL:
        return fail(&s.h, b"HY092", b"SQL_FETCH_BY_BOOKMARK needs SQL_ATTR_USE_BOOKMARKS, and bookmarks in a bound column 0")
    if s.bindings_changed:
        rc = build_plan(s)
        if rc != SQL_SUCCESS:
            return rc
    status = <SQLUSMALLINT*>calloc(size, sizeof(SQLUSMALLINT))
    if status is NULL:
        return no_memory(&s.h)
    # Where the cursor stands is undefined until the next fetch, as the page says.
    window_drop(s)
    s.rowset_rows = 0
    for at in range(size):
        if s.ard.array_status_ptr is not NULL and s.ard.array_status_ptr[at] == SQL_ROW_IGNORE:
            continue
        one = fetch_bookmarked(s, at, &cell, status)
        done += 1
        errors += one == SQL_ERROR
        if one != SQL_SUCCESS:
            rc = SQL_SUCCESS_WITH_INFO
        if s.ird.array_status_ptr is not NULL:
            s.ird.array_status_ptr[at] = status[at]
    free(status)
    s.place = BEFORE_START
    return SQL_ERROR if done and errors == done else rc


cdef SQLRETURN bulk_operations(Stmt* s, SQLSMALLINT operation) noexcept nogil:
    if s.state == ST_FETCHED_EXTENDED:
        return fail(&s.h, b"HY010", b"SQLBulkOperations cannot follow SQLExtendedFetch on one cursor")
    if s.state == ST_EXECUTED_NO_RESULT:
        return fail(&s.h, b"24000", b"The statement has no open cursor: the last one executed gives no rows")
    if s.state != ST_OPEN and s.state != ST_FETCHED:
        return fail(&s.h, b"HY010", b"Nothing was executed on this statement, so there are no rows to work on")
    if operation < SQL_ADD or operation > SQL_FETCH_BY_BOOKMARK:
        return fail_num(&s.h, b"HY092", b"%d is not an operation of SQLBulkOperations", operation, 0)
    if operation != SQL_FETCH_BY_BOOKMARK:
        return fail(&s.h, b"HYC00", b"Cursors are read-only: change rows with UPDATE, DELETE and INSERT statements; an array of "
                    b"parameters inserts many rows at once")
    if s.store is NULL:
        return fail(&s.h, b"HYC00", b"A forward-only cursor cannot go back to the row of a bookmark: set SQL_ATTR_CURSOR_TYPE to "
                    b"SQL_CURSOR_STATIC before the statement is executed")
    return fetch_by_bookmark(s)
