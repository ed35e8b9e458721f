# Exported functions that are not built: one helper answers them all, and SQLGetFunctions says false for each.
# Included by _core.pyx last.


cdef public SQLRETURN SQLBrowseConnect(SQLHDBC h, SQLCHAR* text, SQLSMALLINT n, SQLCHAR* out, SQLSMALLINT cap,
                                       SQLSMALLINT* total) noexcept nogil:
    cdef Dbc* x = dbc(h)
    if x is NULL or not enter(&x.h, MAGIC_DBC):
        return SQL_INVALID_HANDLE
    return leave(&x.h, not_built(&x.h, b"SQLBrowseConnect"))


cdef public SQLRETURN SQLBrowseConnectW(SQLHDBC h, SQLWCHAR* text, SQLSMALLINT n, SQLWCHAR* out, SQLSMALLINT cap,
                                        SQLSMALLINT* total) noexcept nogil:
    cdef Dbc* x = dbc(h)
    if x is NULL or not enter(&x.h, MAGIC_DBC):
        return SQL_INVALID_HANDLE
    return leave(&x.h, not_built(&x.h, b"SQLBrowseConnect"))
