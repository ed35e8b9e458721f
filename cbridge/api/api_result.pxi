# SQLFetch, SQLFetchScroll, SQLExtendedFetch, SQLSetPos, SQLBulkOperations, SQLGetData.
# Included by _core.pyx after api_column.pxi.

cdef SQLRETURN fetch_call(Stmt* s, SQLUSMALLINT function, SQLSMALLINT orientation, SQLLEN offset, int64_t size,
                          SQLUSMALLINT* row_status, SQLULEN* rows, bint extended) noexcept nogil:
    """Fetch here, or on a worker where the application wants to poll and the rows are not here yet."""
    if asynchronous(s) and fetch_waits(s, size):
        return launch_fetch(s, function, orientation, offset, size, row_status, rows, extended)
    return fetch(s, orientation, offset, size, row_status, rows, extended)


cdef public SQLRETURN SQLFetch(SQLHSTMT h) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLFETCH, &rc):
        return rc
    if next_row(s, &rc):
        return leave(&s.h, rc)
    return leave(&s.h, fetch_call(s, SQL_API_SQLFETCH, SQL_FETCH_NEXT, 0, s.ard.array_size, s.ird.array_status_ptr,
                                  s.ird.rows_processed_ptr, False))


cdef public SQLRETURN SQLFetchScroll(SQLHSTMT h, SQLSMALLINT orientation, SQLLEN offset) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLFETCHSCROLL, &rc):
        return rc
    return leave(&s.h, fetch_call(s, SQL_API_SQLFETCHSCROLL, orientation, offset, s.ard.array_size, s.ird.array_status_ptr,
                                  s.ird.rows_processed_ptr, False))


cdef public SQLRETURN SQLExtendedFetch(SQLHSTMT h, SQLUSMALLINT orientation, SQLLEN offset, SQLULEN* rows,
                                       SQLUSMALLINT* row_status) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLEXTENDEDFETCH, &rc):
        return rc
    return leave(&s.h, fetch_call(s, SQL_API_SQLEXTENDEDFETCH, <SQLSMALLINT>orientation, offset, s.rowset_size_2, row_status,
                                  rows, True))


cdef public SQLRETURN SQLSetPos(SQLHSTMT h, SQLSETPOSIROW row, SQLUSMALLINT operation, SQLUSMALLINT lock) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLSETPOS, &rc):
        return rc
    return leave(&s.h, set_pos(s, row, operation, lock))


cdef public SQLRETURN SQLBulkOperations(SQLHSTMT h, SQLSMALLINT operation) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLBULKOPERATIONS, &rc):
        return rc
    return leave(&s.h, bulk_operations(s, operation))


cdef public SQLRETURN SQLGetData(SQLHSTMT h, SQLUSMALLINT column, SQLSMALLINT c_type, SQLPOINTER buffer, SQLLEN capacity,
                                 SQLLEN* ind) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLGETDATA, &rc):
        return rc
    if get_quickly(s, column, c_type, buffer, capacity, ind):
        return leave(&s.h, SQL_SUCCESS)
    return leave(&s.h, get_data(s, column, c_type, buffer, capacity, ind))
