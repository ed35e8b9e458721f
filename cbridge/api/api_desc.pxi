# SQLGetDescField, SQLSetDescField, SQLGetDescRec, SQLSetDescRec, SQLCopyDesc.
# Included by _core.pyx after api_info.pxi.

cdef public SQLRETURN SQLGetDescField(SQLHDESC h, SQLSMALLINT i, SQLSMALLINT field, SQLPOINTER out, SQLINTEGER cap,
                                      SQLINTEGER* total) noexcept nogil:
    cdef Desc* x = desc(h)
    cdef uint32_t* owner = NULL
    if x is NULL or not desc_enter(x, &owner):
        return desc_refused(x)
    return desc_leave(x, owner, get_desc_field(x, i, field, out, cap, total, False))


cdef public SQLRETURN SQLGetDescFieldW(SQLHDESC h, SQLSMALLINT i, SQLSMALLINT field, SQLPOINTER out, SQLINTEGER cap,
                                       SQLINTEGER* total) noexcept nogil:
    cdef Desc* x = desc(h)
    cdef uint32_t* owner = NULL
    if x is NULL or not desc_enter(x, &owner):
        return desc_refused(x)
    return desc_leave(x, owner, get_desc_field(x, i, field, out, cap, total, True))


cdef public SQLRETURN SQLSetDescField(SQLHDESC h, SQLSMALLINT i, SQLSMALLINT field, SQLPOINTER value,
                                      SQLINTEGER n) noexcept nogil:
    cdef Desc* x = desc(h)
    cdef uint32_t* owner = NULL
    if x is NULL or not desc_enter(x, &owner):
        return desc_refused(x)
    return desc_leave(x, owner, set_desc_field(x, i, field, value, n, False))


cdef public SQLRETURN SQLSetDescFieldW(SQLHDESC h, SQLSMALLINT i, SQLSMALLINT field, SQLPOINTER value,
                                       SQLINTEGER n) noexcept nogil:
    cdef Desc* x = desc(h)
    cdef uint32_t* owner = NULL
    if x is NULL or not desc_enter(x, &owner):
        return desc_refused(x)
    return desc_leave(x, owner, set_desc_field(x, i, field, value, n, True))


cdef public SQLRETURN SQLGetDescRec(SQLHDESC h, SQLSMALLINT i, SQLCHAR* name, SQLSMALLINT cap, SQLSMALLINT* total,
                                    SQLSMALLINT* type, SQLSMALLINT* sub, SQLLEN* length, SQLSMALLINT* precision,
                                    SQLSMALLINT* scale, SQLSMALLINT* nullable) noexcept nogil:
    cdef Desc* x = desc(h)
    cdef uint32_t* owner = NULL
    if x is NULL or not desc_enter(x, &owner):
        return desc_refused(x)
    return desc_leave(x, owner, get_desc_rec(x, i, name, cap, total, type, sub, length, precision, scale, nullable, False))


cdef public SQLRETURN SQLGetDescRecW(SQLHDESC h, SQLSMALLINT i, SQLWCHAR* name, SQLSMALLINT cap, SQLSMALLINT* total,
                                     SQLSMALLINT* type, SQLSMALLINT* sub, SQLLEN* length, SQLSMALLINT* precision,
                                     SQLSMALLINT* scale, SQLSMALLINT* nullable) noexcept nogil:
    cdef Desc* x = desc(h)
    cdef uint32_t* owner = NULL
    if x is NULL or not desc_enter(x, &owner):
        return desc_refused(x)
    return desc_leave(x, owner, get_desc_rec(x, i, name, cap, total, type, sub, length, precision, scale, nullable, True))


cdef public SQLRETURN SQLSetDescRec(SQLHDESC h, SQLSMALLINT i, SQLSMALLINT type, SQLSMALLINT sub, SQLLEN length,
                                    SQLSMALLINT precision, SQLSMALLINT scale, SQLPOINTER data, SQLLEN* total,
                                    SQLLEN* ind) noexcept nogil:
    cdef Desc* x = desc(h)
    cdef uint32_t* owner = NULL
    if x is NULL or not desc_enter(x, &owner):
        return desc_refused(x)
    return desc_leave(x, owner, set_desc_rec(x, i, type, sub, length, precision, scale, data, total, ind))


cdef public SQLRETURN SQLCopyDesc(SQLHDESC h, SQLHDESC target) noexcept nogil:
    if desc(h) is NULL or desc(target) is NULL:
        return SQL_INVALID_HANDLE
    return copy_desc(desc(h), desc(target))
