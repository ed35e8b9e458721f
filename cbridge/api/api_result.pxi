# SQLFetch, SQLFetchScroll, SQLGetData.
# Included by _core.pyx after api_column.pxi.

cdef public SQLRETURN SQLFetch(SQLHSTMT h) noexcept nogil:
    cdef Stmt* s = stmt(h)
    if s is NULL or not enter(&s.h, MAGIC_STMT):
        return SQL_INVALID_HANDLE
    return leave(&s.h, fetch(s, s.ard.array_size, s.ird.array_status_ptr))


cdef public SQLRETURN SQLFetchScroll(SQLHSTMT h, SQLSMALLINT orientation, SQLLEN offset) noexcept nogil:
    cdef Stmt* s = stmt(h)
    if s is NULL or not enter(&s.h, MAGIC_STMT):
        return SQL_INVALID_HANDLE
    if orientation != SQL_FETCH_NEXT:
        return leave(&s.h, fail_num(&s.h, b"HY106", b"Orientation %d needs a scrollable cursor; this one goes forward only "
                                    b"(SQL_FETCH_NEXT)", orientation, 0))
    return leave(&s.h, fetch(s, s.ard.array_size, s.ird.array_status_ptr))


cdef public SQLRETURN SQLGetData(SQLHSTMT h, SQLUSMALLINT column, SQLSMALLINT c_type, SQLPOINTER buffer, SQLLEN capacity,
                                 SQLLEN* ind) noexcept nogil:
    cdef Stmt* s = stmt(h)
    if s is NULL or not enter(&s.h, MAGIC_STMT):
        return SQL_INVALID_HANDLE
    return leave(&s.h, get_data(s, column, c_type, buffer, capacity, ind))
