# SQLCompleteAsync: polls whatever function runs, in the place of a repeated call with its arguments.
# Included by _core.pyx after api_column.pxi.

cdef SQLRETURN complete(Stmt* s, SQLRETURN* outcome) noexcept nogil:
    """The statement's lock is free. A description is finished by its own function, into the buffers of the first call."""
    cdef AsyncCall call
    cdef SQLUSMALLINT function = <SQLUSMALLINT>argus_load(&s.busy)
    cdef bint describes = False
    if function and s.call_pid == argus_pid() and not argus_load(&s.call_done):
        front_clear(s, SQL_STILL_EXECUTING)
        outcome[0] = SQL_STILL_EXECUTING
        return SQL_SUCCESS
    argus_lock(&s.h.lock)
    if not alive(&s.h, MAGIC_STMT):
        argus_unlock(&s.h.lock)
        return SQL_INVALID_HANDLE
    function = s.busy
    if not function:
        argus_unlock(&s.h.lock)
        return SQL_NO_DATA if asynchronous(s) else SQL_ERROR
    if s.call is not NULL:
        call = (<AsyncCall*>s.call)[0]
        describes = call.work == WORK_DESCRIBE
    argus_unlock(&s.h.lock)
    if not describes:
        poll(s, function, outcome)
    elif function == SQL_API_SQLNUMRESULTCOLS:
        outcome[0] = SQLNumResultCols(s, call.total)
    elif function == SQL_API_SQLDESCRIBECOL:
        outcome[0] = describe_col(s, call.column, call.text, call.capacity, call.total, call.sql_type, call.size,
                                  call.digits, call.nullable, call.wide)
    else:
        outcome[0] = col_attribute(s, call.column, call.field, call.text, call.capacity, call.total, call.number, call.wide)
    return SQL_SUCCESS


cdef public SQLRETURN SQLCompleteAsync(SQLSMALLINT kind, SQLHANDLE h, SQLRETURN* outcome) noexcept nogil:
    cdef Dbc* d = dbc(h)
    cdef Stmt* s = stmt(h)
    if kind == SQL_HANDLE_DBC and d is not NULL:
        return SQL_ERROR  # connection functions do not run asynchronously: SQL_ASYNC_DBC_FUNCTIONS says so
    if kind != SQL_HANDLE_STMT or s is NULL:
        return SQL_INVALID_HANDLE
    if outcome is NULL:
        return SQL_ERROR
    return complete(s, outcome)
