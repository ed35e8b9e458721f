# Asynchronous execution: a worker thread for the function that runs, and the polling of it by repeated calls.
# Included by _core.pyx first of api/. While a statement is `busy`, its fields and its diagnostics belong to the worker,
# which holds the lock; what other calls are told meanwhile stands in `front`.

cdef enum:
    SQL_API_SQLCOMPLETEASYNC = 1551  # of ODBC 3.8; unixODBC's headers lack it

cdef enum Work:
    WORK_PREPARE, WORK_EXEC_DIRECT, WORK_EXECUTE, WORK_PARAM_DATA, WORK_FETCH, WORK_MORE_RESULTS, WORK_CATALOG,
    WORK_DESCRIBE, WORK_DESCRIBE_PARAM

# A call with copies of its arguments: an application may reuse its buffers for input once it has SQL_STILL_EXECUTING.
cdef struct AsyncCall:
    Stmt* s
    Work work
    SQLRETURN rc
    argus_thread thread
    TextIn texts[6]            # owned
    int32_t ntexts
    const char* catalog_function
    int32_t numbers[3]
    SQLPOINTER* token
    SQLUSMALLINT parameter
    SQLSMALLINT* sql_type
    SQLULEN* size
    SQLSMALLINT* digits
    SQLSMALLINT* nullable
    SQLUSMALLINT column, field
    SQLPOINTER text
    SQLSMALLINT capacity
    SQLSMALLINT* total
    SQLLEN* number
    bint wide
    SQLLEN offset
    int64_t rowset
    SQLUSMALLINT* row_status
    SQLULEN* rows


cdef void call_free(AsyncCall* call) noexcept nogil:
    cdef int32_t i
    for i in range(call.ntexts):
        text_free(&call.texts[i])
    free(call)


cdef SQLRETURN work_catalog(Stmt* s, AsyncCall* call) noexcept nogil:
    cdef NameArg args[6]
    cdef int32_t i
    for i in range(call.ntexts):
        args[i].text = call.texts[i].p
        args[i].n = call.texts[i].n
    return catalog_call(s, call.catalog_function, args, call.ntexts, call.numbers[0], call.numbers[1], call.numbers[2], False)


cdef SQLRETURN work_now(Stmt* s, AsyncCall* call) noexcept nogil:
    """Run the call on this thread, which holds the statement's lock."""
    if call.work == WORK_PREPARE:
        return prepare(s, call.texts[0].p, <SQLINTEGER>call.texts[0].n, False)
    if call.work == WORK_EXEC_DIRECT:
        return exec_direct(s, call.texts[0].p, <SQLINTEGER>call.texts[0].n, False)
    if call.work == WORK_EXECUTE:
        return execute_prepared(s)
    if call.work == WORK_PARAM_DATA:
        return param_data(s, call.token)
    if call.work == WORK_FETCH:
        return fetch(s, <SQLSMALLINT>call.numbers[0], call.offset, call.rowset, call.row_status, call.rows, call.numbers[1])
    if call.work == WORK_MORE_RESULTS:
        return more_results(s)
    if call.work == WORK_CATALOG:
        return work_catalog(s, call)
    if call.work == WORK_DESCRIBE_PARAM:
        return describe_param(s, call.parameter, call.sql_type, call.size, call.digits, call.nullable)
    return describe_now(s)


cdef void worker_run(void* arg) noexcept nogil:
    """The worker: waits until the call that started it has let go of the statement, works, and says that it is done."""
    cdef AsyncCall* call = <AsyncCall*>arg
    cdef Stmt* s = call.s
    argus_lock(&s.h.lock)
    if alive(&s.h, MAGIC_STMT) and s.call is call:
        call.rc = work_now(s, call)
        s.h.returncode = call.rc
        argus_store(&s.call_done, 1)
    argus_unlock(&s.h.lock)


cdef AsyncCall* call_new(Stmt* s, Work work) noexcept nogil:
    cdef AsyncCall* call = <AsyncCall*>calloc(1, sizeof(AsyncCall))
    if call is NULL:
        no_memory(&s.h)
        return NULL
    call.s = s
    call.work = work
    return call


cdef SQLRETURN launch(Stmt* s, SQLUSMALLINT function, AsyncCall* call) noexcept nogil:
    """Start the worker on `call`, which it owns from here on. The caller holds the lock and leaves next."""
    cdef SQLRETURN rc
    if call is NULL:
        return SQL_ERROR
    s.call = call
    s.call_done = 0
    argus_store(&s.call_cancelled, 0)
    s.call_pid = argus_pid()
    front_clear(s, SQL_STILL_EXECUTING)
    argus_store(&s.busy, function)
    if argus_thread_start(worker_run, call, &call.thread) == 0:
        return SQL_STILL_EXECUTING
    s.call = NULL
    argus_store(&s.busy, 0)
    rc = work_now(s, call)  # no thread was to be had
    call_free(call)
    return rc


cdef SQLRETURN launch_token(Stmt* s, SQLPOINTER* token) noexcept nogil:
    cdef AsyncCall* call = call_new(s, WORK_PARAM_DATA)
    if call is not NULL:
        call.token = token
    return launch(s, SQL_API_SQLPARAMDATA, call)


cdef SQLRETURN launch_fetch(Stmt* s, SQLUSMALLINT function, SQLSMALLINT orientation, SQLLEN offset, int64_t size,
                            SQLUSMALLINT* row_status, SQLULEN* rows, bint extended) noexcept nogil:
    cdef AsyncCall* call = call_new(s, WORK_FETCH)
    if call is not NULL:
        call.numbers[0] = orientation
        call.numbers[1] = extended
        call.offset = offset
        call.rowset = size
        call.row_status = row_status
        call.rows = rows
    return launch(s, function, call)


cdef SQLRETURN launch_param(Stmt* s, SQLUSMALLINT i, SQLSMALLINT* sql_type, SQLULEN* size, SQLSMALLINT* digits,
                            SQLSMALLINT* nullable) noexcept nogil:
    cdef AsyncCall* call = call_new(s, WORK_DESCRIBE_PARAM)
    if call is not NULL:
        call.parameter = i
        call.sql_type = sql_type
        call.size = size
        call.digits = digits
        call.nullable = nullable
    return launch(s, SQL_API_SQLDESCRIBEPARAM, call)


cdef SQLRETURN launch_count(Stmt* s, SQLSMALLINT* n) noexcept nogil:
    cdef AsyncCall* call = call_new(s, WORK_DESCRIBE)
    if call is not NULL:
        call.total = n
    return launch(s, SQL_API_SQLNUMRESULTCOLS, call)


cdef SQLRETURN launch_column(Stmt* s, SQLUSMALLINT c, void* name, SQLSMALLINT cap, SQLSMALLINT* total,
                             SQLSMALLINT* sql_type, SQLULEN* size, SQLSMALLINT* digits, SQLSMALLINT* nullable,
                             bint wide) noexcept nogil:
    cdef AsyncCall* call = call_new(s, WORK_DESCRIBE)
    if call is not NULL:
        call.column = c
        call.text = name
        call.capacity = cap
        call.total = total
        call.sql_type = sql_type
        call.size = size
        call.digits = digits
        call.nullable = nullable
        call.wide = wide
    return launch(s, SQL_API_SQLDESCRIBECOL, call)


cdef SQLRETURN launch_attribute(Stmt* s, SQLUSMALLINT c, SQLUSMALLINT field, SQLPOINTER text, SQLSMALLINT cap,
                                SQLSMALLINT* total, SQLLEN* number, bint wide) noexcept nogil:
    cdef AsyncCall* call = call_new(s, WORK_DESCRIBE)
    if call is not NULL:
        call.column = c
        call.field = field
        call.text = text
        call.capacity = cap
        call.total = total
        call.number = number
        call.wide = wide
    return launch(s, SQL_API_SQLCOLATTRIBUTE, call)


cdef SQLRETURN launch_text(Stmt* s, SQLUSMALLINT function, Work work, void* text, SQLINTEGER n, bint wide) noexcept nogil:
    cdef AsyncCall* call = call_new(s, work)
    cdef SQLRETURN rc
    if call is NULL:
        return SQL_ERROR
    call.ntexts = 1
    rc = text_in(&s.h, text, n, wide, &call.texts[0])
    if rc != SQL_SUCCESS:
        call_free(call)
        return rc
    return launch(s, function, call)


cdef SQLRETURN launch_catalog(Stmt* s, SQLUSMALLINT api, const char* function, NameArg* args, int32_t nargs, int32_t a,
                              int32_t b, int32_t c, bint wide) noexcept nogil:
    cdef AsyncCall* call = call_new(s, WORK_CATALOG)
    cdef SQLRETURN rc = SQL_SUCCESS
    cdef int32_t i
    if call is NULL:
        return SQL_ERROR
    call.catalog_function = function
    call.ntexts = nargs
    call.numbers[0] = a
    call.numbers[1] = b
    call.numbers[2] = c
    for i in range(nargs):
        if rc == SQL_SUCCESS:
            rc = text_in(&s.h, args[i].text, args[i].n, wide, &call.texts[i])
    if rc != SQL_SUCCESS:
        call_free(call)
        return rc
    return launch(s, api, call)


cdef inline bint asynchronous(const Stmt* s) noexcept nogil:
    return s.async_enable == SQL_ASYNC_ENABLE_ON


cdef bint description_waits(const Stmt* s) noexcept nogil:
    """Whether a function that describes columns has to ask the engine first, and may be polled meanwhile."""
    return (asynchronous(s) and not s.described
            and (s.state == ST_PREPARED_NO_RESULT or s.state == ST_PREPARED_RESULT))


# ---- every other call on the statement meanwhile ----
cdef void front_clear(Stmt* s, SQLRETURN rc) noexcept nogil:
    argus_lock(&s.front.lock)
    diag_clear(&s.front)
    s.front.returncode = rc
    argus_unlock(&s.front.lock)


cdef SQLRETURN front_fail(Stmt* s) noexcept nogil:
    front_clear(s, SQL_ERROR)
    argus_lock(&s.front.lock)
    fail(&s.front, b"HY010", b"Another function runs asynchronously on the statement: call that one until it no longer "
         b"answers SQL_STILL_EXECUTING, or SQLCancel")
    argus_unlock(&s.front.lock)
    return SQL_ERROR


cdef inline bint begin(Stmt* s, SQLUSMALLINT function, SQLRETURN* rc) noexcept nogil:
    """Enter a statement for an exported function, or answer in *rc why it does not run: invalid handle, still running,
    the outcome of the asynchronous call that this one asks about, HY010 where another one runs or parameter data is
    waited for."""
    if s is not NULL and argus_load(&s.busy) == 0 and argus_try_lock(&s.h.lock):
        if alive(&s.h, MAGIC_STMT) and s.busy == 0 and not waiting(s):
            fresh(&s.h)
            return True
        argus_unlock(&s.h.lock)
    return begin_slowly(s, function, rc)


cdef bint begin_slowly(Stmt* s, SQLUSMALLINT function, SQLRETURN* rc) noexcept nogil:
    """`begin` where the handle is no statement, busy, waiting for data, or locked by another thread."""
    rc[0] = SQL_INVALID_HANDLE
    if s is NULL:
        return False
    while argus_load(&s.busy) == 0:
        argus_lock(&s.h.lock)
        if not alive(&s.h, MAGIC_STMT):
            argus_unlock(&s.h.lock)
            return False
        if s.busy == 0:
            fresh(&s.h)
            if waiting(s) and function != SQL_API_SQLPARAMDATA and function != SQL_API_SQLPUTDATA:
                rc[0] = leave(&s.h, waits_for_data(s))
                return False
            return True
        argus_unlock(&s.h.lock)  # another thread has started an asynchronous call since
    return poll(s, function, rc)


cdef bint poll(Stmt* s, SQLUSMALLINT function, SQLRETURN* rc) noexcept nogil:
    """A call on a busy statement. True: it is entered, and the function goes on with the description it waited for."""
    cdef AsyncCall* call
    cdef bint goes_on
    rc[0] = SQL_ERROR
    if argus_load(&s.busy) != function:
        front_fail(s)
        return False
    if s.call_pid == argus_pid() and not argus_load(&s.call_done):
        rc[0] = SQL_STILL_EXECUTING
        front_clear(s, SQL_STILL_EXECUTING)
        return False
    argus_lock(&s.h.lock)
    call = <AsyncCall*>s.call
    if not alive(&s.h, MAGIC_STMT) or s.busy != function or call is NULL:
        argus_unlock(&s.h.lock)  # another thread has asked first
        front_fail(s)
        return False
    if s.call_pid != argus_pid():
        call.rc = fail(&s.h, b"08S01", b"The process forked while this function ran; the child must open a connection of "
                       b"its own")
        s.h.returncode = SQL_ERROR
    else:
        argus_thread_join(call.thread)
    rc[0] = call.rc
    goes_on = call.work == WORK_DESCRIBE and SQL_SUCCEEDED(call.rc)
    call_free(call)
    s.call = NULL
    argus_store(&s.call_cancelled, 0)
    argus_store(&s.busy, 0)
    if not goes_on:
        argus_unlock(&s.h.lock)
    return goes_on


cdef bint any_busy(Dbc* d) noexcept nogil:
    """Whether a function runs asynchronously on a statement of the connection, whose lock is held."""
    cdef Stmt* s = d.stmts
    while s is not NULL:
        if argus_load(&s.busy):
            return True
        s = s.next
    return False


cdef bint any_waiting(const Dbc* d) noexcept nogil:
    """Whether a statement of the connection, whose lock is held, waits for parameter data."""
    cdef const Stmt* s = d.stmts
    while s is not NULL:
        if waiting(s):
            return True
        s = s.next
    return False


cdef SQLRETURN statements_wait(Head* h) noexcept nogil:
    return fail(h, b"HY010", b"A statement of the connection waits for parameter data: finish it with SQLParamData, or call "
                b"SQLCancel")


cdef SQLRETURN statements_busy(Head* h) noexcept nogil:
    return fail(h, b"HY010", b"A function runs asynchronously on a statement of the connection: let it end, or cancel it")


cdef void call_end(Stmt* s) noexcept nogil:
    """Stop the worker of a statement that is about to be freed; the lock is held, and given up meanwhile."""
    cdef AsyncCall* call = <AsyncCall*>s.call
    if call is NULL:
        return
    s.call = NULL
    if s.call_pid == argus_pid():
        argus_unlock(&s.h.lock)
        bridge_cancel(s)
        argus_thread_join(call.thread)
        argus_lock(&s.h.lock)
    call_free(call)
    argus_store(&s.busy, 0)
