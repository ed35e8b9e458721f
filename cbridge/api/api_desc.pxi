# SQLSetDescField.
# Included by _core.pyx after api_info.pxi.

cdef public SQLRETURN SQLSetDescField(SQLHDESC h, SQLSMALLINT i, SQLSMALLINT field, SQLPOINTER value,
                                      SQLINTEGER n) noexcept nogil:
    cdef Desc* x = desc(h)
    if x is NULL or not enter(&x.h, MAGIC_DESC):
        return SQL_INVALID_HANDLE
    return leave(&x.h, set_desc_field(x, i, field, value))


cdef public SQLRETURN SQLSetDescFieldW(SQLHDESC h, SQLSMALLINT i, SQLSMALLINT field, SQLPOINTER value,
                                       SQLINTEGER n) noexcept nogil:
    cdef Desc* x = desc(h)
    if x is NULL or not enter(&x.h, MAGIC_DESC):
        return SQL_INVALID_HANDLE
    return leave(&x.h, set_desc_field(x, i, field, value))
