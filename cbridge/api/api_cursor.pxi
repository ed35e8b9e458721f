# SQLSetCursorName, SQLGetCursorName.
# Included by _core.pyx after api_result.pxi.

cdef SQLRETURN set_cursor_name(Stmt* s, void* name, SQLSMALLINT n, bint wide) noexcept nogil:
    cdef TextIn t
    cdef Stmt* other
    cdef SQLRETURN rc
    if name is NULL:
        return fail(&s.h, b"HY009", b"The cursor name is a null pointer")
    if s.state >= ST_EXECUTED_NO_RESULT:
        return fail(&s.h, b"24000", b"The name cannot change once the statement was executed: set it before, or close the result")
    rc = text_in(&s.h, name, n, wide, &t)
    if rc != SQL_SUCCESS:
        return rc
    if t.n == 0 or t.n > 128 or (t.n >= 7 and memcmp(t.p, b"SQL_CUR", 7) == 0) or (t.n >= 6 and memcmp(t.p, b"SQLCUR", 6) == 0):
        rc = fail(&s.h, b"34000", b"A cursor name has 1 to 128 bytes and does not begin with SQL_CUR or SQLCUR")
    other = s.dbc.stmts
    while other is not NULL and rc == SQL_SUCCESS:
        if other is not s and other.cursor_name is not NULL and strcmp(other.cursor_name, t.p) == 0:
            rc = fail1(&s.h, b"3C000", b"Another statement of the connection has a cursor named ", t.p, b"")
        other = other.next
    if rc != SQL_SUCCESS:
        text_free(&t)
        return rc
    free(s.cursor_name)
    s.cursor_name = t.p
    return SQL_SUCCESS


cdef public SQLRETURN SQLSetCursorName(SQLHSTMT h, SQLCHAR* name, SQLSMALLINT n) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLSETCURSORNAME, &rc):
        return rc
    return leave(&s.h, set_cursor_name(s, name, n, False))


cdef public SQLRETURN SQLSetCursorNameW(SQLHSTMT h, SQLWCHAR* name, SQLSMALLINT n) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLSETCURSORNAME, &rc):
        return rc
    return leave(&s.h, set_cursor_name(s, name, n, True))


cdef SQLRETURN get_cursor_name(Stmt* s, void* out, SQLSMALLINT cap, SQLSMALLINT* total, bint wide) noexcept nogil:
    """The name given, else one made of the handle's slot, which no other live statement has."""
    cdef char made[32]
    cdef int64_t n
    cdef const char* name = s.cursor_name
    if cap < 0:
        return fail_num(&s.h, b"HY090", b"A buffer length of %d is negative", cap, 0)
    if name is NULL:
        memcpy(made, b"SQL_CUR", 7)
        n = 7 + put_decimal(made + 7, <int64_t>((<uintptr_t>s - <uintptr_t>slab_base) // SLOT_BYTES))
        made[n] = 0
        name = made
    return give16(&s.h, name, strlen(name), out, cap, total, wide, False)


cdef public SQLRETURN SQLGetCursorName(SQLHSTMT h, SQLCHAR* out, SQLSMALLINT cap, SQLSMALLINT* total) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLGETCURSORNAME, &rc):
        return rc
    return leave(&s.h, get_cursor_name(s, out, cap, total, False))


cdef public SQLRETURN SQLGetCursorNameW(SQLHSTMT h, SQLWCHAR* out, SQLSMALLINT cap, SQLSMALLINT* total) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLGETCURSORNAME, &rc):
        return rc
    return leave(&s.h, get_cursor_name(s, out, cap, total, True))
