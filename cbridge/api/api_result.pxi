# SQLFetch, SQLFetchScroll, SQLGetData.
# Included by _core.pyx after api_column.pxi.

cdef public SQLRETURN SQLFetch(SQLHSTMT h) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLFETCH, &rc):
        return rc
    if asynchronous(s) and fetch_waits(s, s.ard.array_size):
        return leave(&s.h, launch(s, SQL_API_SQLFETCH, call_new(s, WORK_FETCH)))
    return leave(&s.h, fetch(s, s.ard.array_size, s.ird.array_status_ptr))


cdef public SQLRETURN SQLFetchScroll(SQLHSTMT h, SQLSMALLINT orientation, SQLLEN offset) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLFETCHSCROLL, &rc):
        return rc
    if orientation != SQL_FETCH_NEXT:
        return leave(&s.h, fail_num(&s.h, b"HY106", b"Orientation %d needs a scrollable cursor; this one goes forward only "
                                    b"(SQL_FETCH_NEXT)", orientation, 0))
    if asynchronous(s) and fetch_waits(s, s.ard.array_size):
        return leave(&s.h, launch(s, SQL_API_SQLFETCHSCROLL, call_new(s, WORK_FETCH)))
    return leave(&s.h, fetch(s, s.ard.array_size, s.ird.array_status_ptr))


cdef public SQLRETURN SQLGetData(SQLHSTMT h, SQLUSMALLINT column, SQLSMALLINT c_type, SQLPOINTER buffer, SQLLEN capacity,
                                 SQLLEN* ind) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLGETDATA, &rc):
        return rc
    return leave(&s.h, get_data(s, column, c_type, buffer, capacity, ind))
