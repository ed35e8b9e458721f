# SQLPrepare, SQLExecute, SQLExecDirect, SQLCancel, SQLCancelHandle, SQLRowCount, SQLMoreResults.
# Included by _core.pyx after api_connect.pxi.

cdef SQLRETURN prepare(Stmt* s, void* text, SQLINTEGER n, bint wide) noexcept nogil:
    cdef TextIn t
    cdef SQLRETURN rc
    if text is NULL:
        return fail(&s.h, b"HY009", b"The SQL text is a null pointer")
    if s.reader is not NULL:
        return fail(&s.h, b"24000", b"A cursor is open on the statement: close it before the next SQLPrepare")
    rc = text_in(&s.h, text, n, wide, &t)
    if rc == SQL_SUCCESS:
        rc = bridge_prepare(s, &t)
    text_free(&t)
    if rc == SQL_SUCCESS and s.enable_auto_ipd and s.nparams:
        rc = bridge_describe_params(s)
    s.prepared = SQL_SUCCEEDED(rc)
    s.described = False
    s.ird.count = 0
    s.row_count = -1
    s.state = ST_PREPARED_NO_RESULT if s.prepared else ST_ALLOCATED
    return rc


cdef public SQLRETURN SQLPrepare(SQLHSTMT h, SQLCHAR* text, SQLINTEGER n) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLPREPARE, &rc):
        return rc
    if asynchronous(s):
        return leave(&s.h, launch_text(s, SQL_API_SQLPREPARE, WORK_PREPARE, text, n, False))
    return leave(&s.h, prepare(s, text, n, False))


cdef public SQLRETURN SQLPrepareW(SQLHSTMT h, SQLWCHAR* text, SQLINTEGER n) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLPREPARE, &rc):
        return rc
    if asynchronous(s):
        return leave(&s.h, launch_text(s, SQL_API_SQLPREPARE, WORK_PREPARE, text, n, True))
    return leave(&s.h, prepare(s, text, n, True))


cdef SQLRETURN describe_now(Stmt* s) noexcept nogil:
    """Make the IRD of a prepared statement known, without running it; once per SQLPrepare."""
    cdef SQLRETURN rc
    if s.described or (s.state != ST_PREPARED_NO_RESULT and s.state != ST_PREPARED_RESULT):
        return SQL_SUCCESS
    rc = bridge_describe(s)
    if SQL_SUCCEEDED(rc):
        s.described = True
        s.state = ST_PREPARED_RESULT if s.ird.count else ST_PREPARED_NO_RESULT
    return rc


cdef SQLRETURN run_now(Stmt* s) noexcept nogil:
    """Execute the text that is set, all parameter values at hand; also the end of a data-at-execution dialogue."""
    cdef SQLRETURN rc = bridge_execute(s)
    if rc == SQL_ERROR:
        result_drop(s)
        if s.prepared:
            s.state = ST_PREPARED_RESULT if s.ird.count else ST_PREPARED_NO_RESULT
        else:
            s.state = ST_ALLOCATED
    return rc


cdef SQLRETURN execute_prepared(Stmt* s) noexcept nogil:
    cdef SQLRETURN rc
    if not s.prepared:
        return fail(&s.h, b"HY010", b"Nothing is prepared on this statement: call SQLPrepare first")
    if s.reader is not NULL:
        return fail(&s.h, b"24000", b"A cursor is open on the statement: close it before the next SQLExecute")
    rc = params_begin(s)
    return run_now(s) if rc == SQL_SUCCESS else rc


cdef public SQLRETURN SQLExecute(SQLHSTMT h) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLEXECUTE, &rc):
        return rc
    if asynchronous(s):
        return leave(&s.h, launch(s, SQL_API_SQLEXECUTE, call_new(s, WORK_EXECUTE)))
    return leave(&s.h, execute_prepared(s))


cdef SQLRETURN exec_direct(Stmt* s, void* text, SQLINTEGER n, bint wide) noexcept nogil:
    cdef TextIn t
    cdef SQLRETURN rc
    if text is NULL:
        return fail(&s.h, b"HY009", b"The SQL text is a null pointer")
    if s.reader is not NULL:
        return fail(&s.h, b"24000", b"A cursor is open on the statement: close it before the next SQLExecDirect")
    rc = text_in(&s.h, text, n, wide, &t)
    s.prepared = False
    s.ird.count = 0
    s.state = ST_ALLOCATED
    if rc == SQL_SUCCESS:
        rc = bridge_prepare(s, &t)
    text_free(&t)
    if rc == SQL_SUCCESS:
        rc = params_begin(s)
    return run_now(s) if rc == SQL_SUCCESS else rc


cdef public SQLRETURN SQLExecDirect(SQLHSTMT h, SQLCHAR* text, SQLINTEGER n) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLEXECDIRECT, &rc):
        return rc
    if asynchronous(s):
        return leave(&s.h, launch_text(s, SQL_API_SQLEXECDIRECT, WORK_EXEC_DIRECT, text, n, False))
    return leave(&s.h, exec_direct(s, text, n, False))


cdef public SQLRETURN SQLExecDirectW(SQLHSTMT h, SQLWCHAR* text, SQLINTEGER n) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLEXECDIRECT, &rc):
        return rc
    if asynchronous(s):
        return leave(&s.h, launch_text(s, SQL_API_SQLEXECDIRECT, WORK_EXEC_DIRECT, text, n, True))
    return leave(&s.h, exec_direct(s, text, n, True))


cdef public SQLRETURN SQLCancel(SQLHSTMT h) noexcept nogil:
    """Where something runs, the thread that runs it holds the lock, which is not waited for."""
    cdef Stmt* s = stmt(h)
    cdef bint idle
    if s is NULL:
        return SQL_INVALID_HANDLE
    if argus_try_lock(&s.h.lock):
        if not alive(&s.h, MAGIC_STMT):
            argus_unlock(&s.h.lock)
            return SQL_INVALID_HANDLE
        if s.busy == 0 and waiting(s):
            fresh(&s.h)
            params_cancel(s)
            return leave(&s.h, SQL_SUCCESS)
        idle = s.py is NULL and s.busy == 0
        argus_unlock(&s.h.lock)
        if idle:
            return SQL_SUCCESS
    return bridge_cancel(h)


cdef public SQLRETURN SQLCancelHandle(SQLSMALLINT kind, SQLHANDLE h) noexcept nogil:
    cdef Dbc* d = dbc(h)
    if kind == SQL_HANDLE_STMT:
        return SQLCancel(h)
    if kind != SQL_HANDLE_DBC or d is NULL or not enter(&d.h, MAGIC_DBC):
        return SQL_INVALID_HANDLE
    if any_busy(d):
        return leave(&d.h, fail(&d.h, b"HY010", b"A function runs asynchronously on a statement of the connection: cancel it "
                                b"there, with SQL_HANDLE_STMT"))
    return leave(&d.h, SQL_SUCCESS)  # connection functions run to their end, so there is nothing to cancel


cdef public SQLRETURN SQLRowCount(SQLHSTMT h, SQLLEN* n) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLROWCOUNT, &rc):
        return rc
    if s.state < ST_EXECUTED_NO_RESULT:
        return leave(&s.h, fail(&s.h, b"HY010", b"Nothing was executed on this statement"))
    if n is not NULL:
        n[0] = s.row_count
    return leave(&s.h, SQL_SUCCESS)


cdef SQLRETURN more_results(Stmt* s) noexcept nogil:
    cdef SQLRETURN rc
    if s.state < ST_EXECUTED_NO_RESULT or s.py is NULL:
        return SQL_NO_DATA
    result_drop(s)
    rc = bridge_more_results(s)
    if rc == SQL_NO_DATA or rc == SQL_ERROR:
        close_cursor(s)
    return rc


cdef public SQLRETURN SQLMoreResults(SQLHSTMT h) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLMORERESULTS, &rc):
        return rc
    if asynchronous(s) and s.py is not NULL and s.state >= ST_EXECUTED_NO_RESULT:
        return leave(&s.h, launch(s, SQL_API_SQLMORERESULTS, call_new(s, WORK_MORE_RESULTS)))
    return leave(&s.h, more_results(s))
