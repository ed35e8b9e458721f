# SQLAllocHandle, SQLFreeHandle, SQLFreeStmt, SQLCloseCursor: the life of handles as the application sees it.
# Included by _core.pyx first of api/.

cdef public SQLRETURN SQLAllocHandle(SQLSMALLINT kind, SQLHANDLE parent, SQLHANDLE* out) noexcept nogil:
    cdef Env* e
    if out is NULL:
        return SQL_ERROR
    out[0] = NULL
    if kind == SQL_HANDLE_ENV:
        e = <Env*>slot_alloc()
        if e is NULL:
            return SQL_ERROR
        slot_open(&e.h, MAGIC_ENV)
        out[0] = e
        return SQL_SUCCESS
    if kind == SQL_HANDLE_DBC:
        return alloc_dbc(env(parent), out)
    if kind == SQL_HANDLE_STMT or kind == SQL_HANDLE_DESC:
        return alloc_child(dbc(parent), kind, out)
    return SQL_ERROR


cdef SQLRETURN alloc_dbc(Env* e, SQLHANDLE* out) noexcept nogil:
    if e is NULL or not enter(&e.h, MAGIC_ENV):
        return SQL_INVALID_HANDLE
    if e.odbc_version == 0:
        return leave(&e.h, fail(&e.h, b"HY010", b"Set SQL_ATTR_ODBC_VERSION before allocating a connection"))
    out[0] = dbc_new(e)
    return leave(&e.h, SQL_SUCCESS if out[0] is not NULL else no_memory(&e.h))


cdef SQLRETURN alloc_child(Dbc* d, SQLSMALLINT kind, SQLHANDLE* out) noexcept nogil:
    cdef Desc* x
    if d is NULL or not enter(&d.h, MAGIC_DBC):
        return SQL_INVALID_HANDLE
    if not d.connected:
        return leave(&d.h, fail(&d.h, b"08003", b"The connection is not open: connect before allocating statements"))
    if kind == SQL_HANDLE_STMT:
        out[0] = stmt_new(d)
    else:
        x = desc_new(d, NULL, DESC_EXPLICIT)
        if x is not NULL:
            x.next = d.descs
            d.descs = x
        out[0] = x
    return leave(&d.h, SQL_SUCCESS if out[0] is not NULL else no_memory(&d.h))


cdef public SQLRETURN SQLFreeHandle(SQLSMALLINT kind, SQLHANDLE h) noexcept nogil:
    if kind == SQL_HANDLE_ENV and env(h) is not NULL:
        return env_free(env(h))
    if kind == SQL_HANDLE_DBC and dbc(h) is not NULL:
        return dbc_free(dbc(h))
    if kind == SQL_HANDLE_STMT and stmt(h) is not NULL:
        return stmt_free(stmt(h))
    if kind == SQL_HANDLE_DESC and desc(h) is not NULL:
        return free_explicit(desc(h))
    return SQL_INVALID_HANDLE


cdef SQLRETURN free_explicit(Desc* x) noexcept nogil:
    """Free an explicit descriptor; statements that used it return to their implicit one."""
    cdef Dbc* d = x.dbc
    cdef Desc** at
    cdef Stmt* s
    if x.stmt is not NULL:
        if not enter(&x.h, MAGIC_DESC):
            return SQL_INVALID_HANDLE
        return leave(&x.h, fail(&x.h, b"HY017", b"An implicit descriptor is freed with its statement, not by itself"))
    argus_lock(&d.h.lock)
    if not alive(&x.h, MAGIC_DESC):
        argus_unlock(&d.h.lock)
        return SQL_INVALID_HANDLE
    s = d.stmts
    while s is not NULL:
        if s.ard is x:
            s.ard = s.own_ard
            s.bindings_changed = True
        if s.apd is x:
            s.apd = s.own_apd
        s = s.next
    at = &d.descs
    while at[0] is not NULL and at[0] is not x:
        at = &at[0].next
    if at[0] is x:
        at[0] = x.next
    desc_free(x)
    argus_unlock(&d.h.lock)
    return SQL_SUCCESS


cdef void close_cursor(Stmt* s) noexcept nogil:
    """Back to the state before execution: prepared if there was a SQLPrepare, else allocated."""
    result_drop(s)
    s.row_count = -1
    if not s.prepared:
        s.state = ST_ALLOCATED
    elif s.state >= ST_EXECUTED_NO_RESULT:
        s.state = ST_PREPARED_RESULT if s.ird.count else ST_PREPARED_NO_RESULT


cdef SQLRETURN free_stmt(Stmt* s, SQLUSMALLINT option) noexcept nogil:
    if option == SQL_CLOSE:
        close_cursor(s)
    elif option == SQL_UNBIND:
        desc_clear_records(s.ard)
        s.ard.count = 0
        s.bindings_changed = True
    elif option == SQL_RESET_PARAMS:
        desc_clear_records(s.apd)
        s.apd.count = 0
    else:
        return fail_num(&s.h, b"HY092", b"SQLFreeStmt has no option %d", option, 0)
    return SQL_SUCCESS


cdef public SQLRETURN SQLFreeStmt(SQLHSTMT h, SQLUSMALLINT option) noexcept nogil:
    cdef Stmt* s = stmt(h)
    if s is NULL:
        return SQL_INVALID_HANDLE
    if option == SQL_DROP:
        return stmt_free(s)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLFREESTMT, &rc):
        return rc
    return leave(&s.h, free_stmt(s, option))


cdef public SQLRETURN SQLCloseCursor(SQLHSTMT h) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLCLOSECURSOR, &rc):
        return rc
    if s.reader is NULL:
        return leave(&s.h, fail(&s.h, b"24000", b"No cursor is open on the statement"))
    close_cursor(s)
    return leave(&s.h, SQL_SUCCESS)
