# Birth and death of handles, and the lists that tie children to parents.
# Included by _core.pyx after scroll.pxi. Order of locks: environment, connection, statement.

cdef Stmt* stmt_new(Dbc* d) noexcept nogil:
    """A statement with its four implicit descriptors, linked to the connection; NULL when memory is out."""
    cdef Stmt* s = <Stmt*>slot_alloc()
    if s is NULL:
        return NULL
    s.dbc = d
    s.front.magic = MAGIC_FRONT
    s.state = ST_ALLOCATED
    s.row_count = -1
    s.bindings_changed = True
    s.own_ard = desc_new(d, s, DESC_ARD)
    s.own_apd = desc_new(d, s, DESC_APD)
    s.ird = desc_new(d, s, DESC_IRD)
    s.ipd = desc_new(d, s, DESC_IPD)
    s.ard = s.own_ard
    s.apd = s.own_apd
    if s.ard is NULL or s.apd is NULL or s.ird is NULL or s.ipd is NULL:
        stmt_release(s)
        return NULL
    stmt_defaults(s)
    s.next = d.stmts
    d.stmts = s
    slot_open(&s.h, MAGIC_STMT)
    return s


cdef void stmt_release(Stmt* s) noexcept nogil:
    """Free what a statement owns and its slot; the caller holds its lock and has unlinked it."""
    result_drop(s)
    bridge_drop(&s.py)
    params_release(s)
    free(s.plan)
    free(s.plan_columns)
    free(s.plan_quick)
    free(s.window)
    free(s.cursor_name)
    desc_drop(s.own_ard)
    desc_drop(s.own_apd)
    desc_drop(s.ird)
    desc_drop(s.ipd)
    diag_release(&s.front)
    diag_release(&s.h)
    slot_free(s)


cdef void desc_drop(Desc* x) noexcept nogil:
    """desc_free for an implicit descriptor that may be missing."""
    if x is not NULL:
        desc_free(x)


cdef void unlink_stmt(Dbc* d, Stmt* s) noexcept nogil:
    cdef Stmt** at = &d.stmts
    while at[0] is not NULL and at[0] is not s:
        at = &at[0].next
    if at[0] is s:
        at[0] = s.next


cdef SQLRETURN stmt_free(Stmt* s) noexcept nogil:
    """SQLFreeHandle of a statement: the connection's lock first, then its own."""
    cdef Dbc* d = s.dbc
    if argus_load(&s.busy):
        return front_fail(s)
    argus_lock(&d.h.lock)
    argus_lock(&s.h.lock)
    if not alive(&s.h, MAGIC_STMT):
        argus_unlock(&s.h.lock)
        argus_unlock(&d.h.lock)
        return SQL_INVALID_HANDLE
    if s.busy:
        argus_unlock(&s.h.lock)
        argus_unlock(&d.h.lock)
        return front_fail(s)
    if waiting(s):
        fresh(&s.h)
        waits_for_data(s)
        argus_unlock(&d.h.lock)
        return leave(&s.h, SQL_ERROR)
    unlink_stmt(d, s)
    stmt_release(s)
    argus_unlock(&s.h.lock)
    argus_unlock(&d.h.lock)
    return SQL_SUCCESS


cdef Dbc* dbc_new(Env* e) noexcept nogil:
    cdef Dbc* d = <Dbc*>slot_alloc()
    if d is NULL:
        return NULL
    d.env = e
    dbc_defaults(d)
    d.next = e.first
    e.first = d
    slot_open(&d.h, MAGIC_DBC)
    return d


cdef void info_release(Dbc* d) noexcept nogil:
    cdef int32_t i
    for i in range(d.ninfo):
        free(d.info[i].text)
    free(d.info)
    d.info = NULL
    d.ninfo = 0


cdef void dbc_close(Dbc* d) noexcept nogil:
    """End the session and free statements and explicit descriptors; the handle stays allocated."""
    cdef Stmt* s
    cdef Desc* x
    while d.stmts is not NULL:
        s = d.stmts
        argus_lock(&s.h.lock)
        call_end(s)
        d.stmts = s.next
        stmt_release(s)
        argus_unlock(&s.h.lock)
    while d.descs is not NULL:
        x = d.descs
        d.descs = x.next
        desc_free(x)
    bridge_disconnect(d)
    info_release(d)
    d.connected = False


cdef SQLRETURN dbc_free(Dbc* d) noexcept nogil:
    cdef Env* e = d.env
    cdef Dbc** at = &e.first
    cdef SQLRETURN rc
    argus_lock(&e.h.lock)
    if not enter(&d.h, MAGIC_DBC):
        argus_unlock(&e.h.lock)
        return SQL_INVALID_HANDLE
    if d.connected:
        rc = leave(&d.h, fail(&d.h, b"HY010", b"The connection is open: call SQLDisconnect before SQLFreeHandle"))
        argus_unlock(&e.h.lock)
        return rc
    if d.browse is not NULL:
        rc = leave(&d.h, fail(&d.h, b"HY010", b"SQLBrowseConnect waits for its next call: call SQLDisconnect before "
                              b"SQLFreeHandle"))
        argus_unlock(&e.h.lock)
        return rc
    while at[0] is not NULL and at[0] is not d:
        at = &at[0].next
    if at[0] is d:
        at[0] = d.next
    free(d.current_catalog)
    diag_release(&d.h)
    slot_free(d)
    argus_unlock(&d.h.lock)
    argus_unlock(&e.h.lock)
    return SQL_SUCCESS


cdef SQLRETURN env_free(Env* e) noexcept nogil:
    if not enter(&e.h, MAGIC_ENV):
        return SQL_INVALID_HANDLE
    if e.first is not NULL:
        return leave(&e.h, fail(&e.h, b"HY010", b"The environment still has connections: free them first"))
    diag_release(&e.h)
    slot_free(e)
    argus_unlock(&e.h.lock)
    return SQL_SUCCESS
