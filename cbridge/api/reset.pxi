# SQL_ATTR_RESET_CONNECTION: a connection that goes back to a pool becomes as it was when it was opened.
# Included by _core.pyx after api_attr.pxi.

cdef void note_start(Dbc* d) noexcept nogil:
    """Keep what a reset returns to; called when the session has been opened."""
    d.start.access_mode = d.access_mode
    d.start.autocommit = d.autocommit
    d.start.connection_timeout = d.connection_timeout
    d.start.metadata_id = d.metadata_id
    d.start.txn_isolation = d.txn_isolation
    d.start.translate_option = d.translate_option
    d.start.async_enable = d.async_enable
    d.start.options = d.options


cdef void back_to_start(Dbc* d) noexcept nogil:
    d.access_mode = d.start.access_mode
    d.autocommit = d.start.autocommit
    d.connection_timeout = d.start.connection_timeout
    d.metadata_id = d.start.metadata_id
    d.txn_isolation = d.start.txn_isolation
    d.translate_option = d.start.translate_option
    d.async_enable = d.start.async_enable
    d.options = d.start.options
    d.quiet_mode = NULL


cdef void renew_stmt(Stmt* s) noexcept nogil:
    """A statement that was not freed has nothing of the old session any more."""
    argus_lock(&s.h.lock)
    params_release(s)
    s.prepared = False
    s.described = False
    close_cursor(s)
    s.state = ST_ALLOCATED
    s.nparams = 0
    s.ird.count = 0
    bridge_drop(&s.py)
    argus_unlock(&s.h.lock)


cdef SQLRETURN reset_connection(Dbc* d, SQLUINTEGER v) noexcept nogil:
    cdef Stmt* s = d.stmts
    cdef SQLRETURN rc
    if v != SQL_RESET_CONNECTION_YES:
        return fail_num(&d.h, b"HY024", b"SQL_ATTR_RESET_CONNECTION has no value %d", v, 0)
    if not d.connected:
        return fail(&d.h, b"08003", b"The connection is not open, so there is nothing to reset")
    while s is not NULL:
        renew_stmt(s)
        s = s.next
    rc = bridge_reset(d)
    if SQL_SUCCEEDED(rc):
        back_to_start(d)
    return rc
