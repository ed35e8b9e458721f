# SQLConnect, SQLDriverConnect, SQLBrowseConnect, SQLDisconnect, SQLEndTran, SQLNativeSql.
# Included by _core.pyx after api_handle.pxi.

cdef SQLRETURN may_open(Dbc* d) noexcept nogil:
    if d.connected:
        return fail(&d.h, b"08002", b"The connection is open already: call SQLDisconnect first")
    if d.browse is not NULL:
        return fail(&d.h, b"08002", b"SQLBrowseConnect waits for its next call: end that, or call SQLDisconnect first")
    return SQL_SUCCESS


cdef SQLRETURN open_session(Dbc* d, const TextIn* text, const TextIn* dsn, const TextIn* uid, const TextIn* pwd,
                            bint complete, char** completed) noexcept nogil:
    cdef SQLRETURN rc
    d.browse_ended = False
    rc = bridge_connect(d, text, dsn, uid, pwd, complete, completed)
    d.connected = SQL_SUCCEEDED(rc)
    note_start(d)
    return rc


cdef SQLRETURN connect_dsn(SQLHANDLE h, void* dsn, SQLSMALLINT dsn_n, void* uid, SQLSMALLINT uid_n, void* pwd,
                           SQLSMALLINT pwd_n, bint wide) noexcept nogil:
    cdef Dbc* d = dbc(h)
    cdef TextIn text, a, b, c
    cdef char* completed = NULL
    cdef SQLRETURN rc
    if d is NULL or not enter(&d.h, MAGIC_DBC):
        return SQL_INVALID_HANDLE
    text.p = NULL
    a.p = NULL
    b.p = NULL
    c.p = NULL
    rc = may_open(d)
    if rc == SQL_SUCCESS:
        rc = text_in(&d.h, dsn, dsn_n, wide, &a)
    if rc == SQL_SUCCESS:
        rc = text_in(&d.h, uid, uid_n, wide, &b)
    if rc == SQL_SUCCESS:
        rc = text_in(&d.h, pwd, pwd_n, wide, &c)
    if rc == SQL_SUCCESS:
        rc = open_session(d, &text, &a, &b, &c, False, &completed)
    text_free(&a)
    text_free(&b)
    text_free(&c)
    free(completed)
    return leave(&d.h, rc)


cdef public SQLRETURN SQLConnect(SQLHDBC h, SQLCHAR* dsn, SQLSMALLINT dsn_n, SQLCHAR* uid, SQLSMALLINT uid_n,
                                 SQLCHAR* pwd, SQLSMALLINT pwd_n) noexcept nogil:
    return connect_dsn(h, dsn, dsn_n, uid, uid_n, pwd, pwd_n, False)


cdef public SQLRETURN SQLConnectW(SQLHDBC h, SQLWCHAR* dsn, SQLSMALLINT dsn_n, SQLWCHAR* uid, SQLSMALLINT uid_n,
                                  SQLWCHAR* pwd, SQLSMALLINT pwd_n) noexcept nogil:
    return connect_dsn(h, dsn, dsn_n, uid, uid_n, pwd, pwd_n, True)


cdef SQLRETURN driver_connect(SQLHANDLE h, void* text, SQLSMALLINT n, void* out, SQLSMALLINT cap, SQLSMALLINT* total,
                              SQLUSMALLINT completion, bint wide) noexcept nogil:
    cdef Dbc* d = dbc(h)
    cdef TextIn t, none
    cdef char* completed = NULL
    cdef SQLRETURN rc, given
    if d is NULL or not enter(&d.h, MAGIC_DBC):
        return SQL_INVALID_HANDLE
    none.p = NULL
    none.n = 0
    if completion > SQL_DRIVER_COMPLETE_REQUIRED:
        return leave(&d.h, fail_num(&d.h, b"HY110", b"SQLDriverConnect has no completion mode %d", completion, 0))
    if cap < 0:
        return leave(&d.h, fail_num(&d.h, b"HY090", b"A buffer length of %d is negative", cap, 0))
    if completion == SQL_DRIVER_PROMPT:
        return leave(&d.h, fail(&d.h, b"IM008", b"The driver has no dialog to show: connect with SQL_DRIVER_NOPROMPT, or ask "
                                b"for what is needed with SQLBrowseConnect"))
    t.p = NULL
    rc = may_open(d)
    if rc == SQL_SUCCESS:
        if wide:
            settle_wchar(text, n)
        rc = text_in(&d.h, text, n, wide, &t)
    if rc == SQL_SUCCESS:
        rc = open_session(d, &t, &none, &none, &none, completion != SQL_DRIVER_NOPROMPT, &completed)
    text_free(&t)
    if SQL_SUCCEEDED(rc) and completed is not NULL:
        given = give16(&d.h, completed, strlen(completed), out, cap, total, wide, False)
        if given != SQL_SUCCESS:
            rc = given
    free(completed)
    return leave(&d.h, rc)


cdef public SQLRETURN SQLDriverConnect(SQLHDBC h, SQLHWND window, SQLCHAR* text, SQLSMALLINT n, SQLCHAR* out,
                                       SQLSMALLINT cap, SQLSMALLINT* total, SQLUSMALLINT completion) noexcept nogil:
    return driver_connect(h, text, n, out, cap, total, completion, False)


cdef public SQLRETURN SQLDriverConnectW(SQLHDBC h, SQLHWND window, SQLWCHAR* text, SQLSMALLINT n, SQLWCHAR* out,
                                        SQLSMALLINT cap, SQLSMALLINT* total, SQLUSMALLINT completion) noexcept nogil:
    return driver_connect(h, text, n, out, cap, total, completion, True)


cdef SQLRETURN browse(Dbc* d, void* text, SQLSMALLINT n, void* out, SQLSMALLINT cap, SQLSMALLINT* total,
                      bint wide) noexcept nogil:
    cdef TextIn t, whole, none
    cdef char* told = NULL
    cdef char* completed = NULL
    cdef SQLRETURN rc, given
    none.p = NULL
    none.n = 0
    if cap < 0:
        return fail_num(&d.h, b"HY090", b"A buffer length of %d is negative", cap, 0)
    if wide:
        settle_wchar(text, n)
    rc = text_in(&d.h, text, n, wide, &t)
    if rc != SQL_SUCCESS:
        return rc
    rc = bridge_browse(d, &t, &told)
    text_free(&t)
    if rc == SQL_SUCCESS:
        whole.p = told
        whole.n = strlen(told)
        rc = open_session(d, &whole, &none, &none, &none, False, &completed)
        free(told)
        told = completed
    if rc != SQL_NEED_DATA:
        d.browse_ended = rc == SQL_ERROR and d.browse is not NULL
        bridge_drop(&d.browse)
    if rc != SQL_ERROR and told is not NULL:
        given = give16(&d.h, told, strlen(told), out, cap, total, wide, False)
        if given != SQL_SUCCESS and rc != SQL_NEED_DATA:
            rc = given
    free(told)
    return rc


cdef SQLRETURN browse_connect(SQLHANDLE h, void* text, SQLSMALLINT n, void* out, SQLSMALLINT cap, SQLSMALLINT* total,
                              bint wide) noexcept nogil:
    cdef Dbc* d = dbc(h)
    if d is NULL or not enter(&d.h, MAGIC_DBC):
        return SQL_INVALID_HANDLE
    if d.connected:
        return leave(&d.h, may_open(d))
    return leave(&d.h, browse(d, text, n, out, cap, total, wide))


cdef public SQLRETURN SQLBrowseConnect(SQLHDBC h, SQLCHAR* text, SQLSMALLINT n, SQLCHAR* out, SQLSMALLINT cap,
                                       SQLSMALLINT* total) noexcept nogil:
    return browse_connect(h, text, n, out, cap, total, False)


cdef public SQLRETURN SQLBrowseConnectW(SQLHDBC h, SQLWCHAR* text, SQLSMALLINT n, SQLWCHAR* out, SQLSMALLINT cap,
                                        SQLSMALLINT* total) noexcept nogil:
    return browse_connect(h, text, n, out, cap, total, True)


cdef public SQLRETURN SQLDisconnect(SQLHDBC h) noexcept nogil:
    cdef Dbc* d = dbc(h)
    if d is NULL or not enter(&d.h, MAGIC_DBC):
        return SQL_INVALID_HANDLE
    # unixODBC takes a SQLBrowseConnect that failed for one that still asks, and passes on the call that ends it.
    if d.browse is not NULL or d.browse_ended:
        d.browse_ended = False
        bridge_drop(&d.browse)
        return leave(&d.h, SQL_SUCCESS)
    if not d.connected:
        return leave(&d.h, fail(&d.h, b"08003", b"The connection is not open"))
    if any_busy(d):
        return leave(&d.h, statements_busy(&d.h))
    if any_waiting(d):
        return leave(&d.h, statements_wait(&d.h))
    if bridge_may_disconnect(d) != SQL_SUCCESS:
        return leave(&d.h, SQL_ERROR)
    dbc_close(d)
    return leave(&d.h, SQL_SUCCESS_WITH_INFO if d.h.ndiag else SQL_SUCCESS)


cdef SQLRETURN end_tran(Dbc* d, SQLSMALLINT how) noexcept nogil:
    if how != SQL_COMMIT and how != SQL_ROLLBACK:
        return fail_num(&d.h, b"HY012", b"%d is neither SQL_COMMIT nor SQL_ROLLBACK", how, 0)
    if not d.connected:
        return fail(&d.h, b"08003", b"The connection is not open")
    if any_busy(d):
        return statements_busy(&d.h)
    if any_waiting(d):
        return statements_wait(&d.h)
    return bridge_end_tran(d, how == SQL_COMMIT)


cdef SQLRETURN end_all(Env* e, SQLSMALLINT how) noexcept nogil:
    """SQLEndTran of an environment: every open connection; 25S01 when one could not."""
    cdef Dbc* d = e.first
    cdef SQLRETURN one, rc = SQL_SUCCESS
    if how != SQL_COMMIT and how != SQL_ROLLBACK:
        return fail_num(&e.h, b"HY012", b"%d is neither SQL_COMMIT nor SQL_ROLLBACK", how, 0)
    while d is not NULL:
        if enter(&d.h, MAGIC_DBC):
            one = leave(&d.h, end_tran(d, how) if d.connected else SQL_SUCCESS)
            if one == SQL_ERROR:
                rc = SQL_ERROR
        d = d.next
    if rc == SQL_ERROR:
        return fail(&e.h, b"25S01", b"One connection could not end its transaction; its own diagnostics say why")
    return rc


cdef public SQLRETURN SQLEndTran(SQLSMALLINT kind, SQLHANDLE h, SQLSMALLINT how) noexcept nogil:
    cdef Dbc* d = dbc(h)
    cdef Env* e = env(h)
    if kind == SQL_HANDLE_DBC and d is not NULL and enter(&d.h, MAGIC_DBC):
        return leave(&d.h, end_tran(d, how))
    if kind == SQL_HANDLE_ENV and e is not NULL and enter(&e.h, MAGIC_ENV):
        return leave(&e.h, end_all(e, how))
    return SQL_INVALID_HANDLE


cdef SQLRETURN native_sql(SQLHANDLE h, void* text, SQLINTEGER n, void* out, SQLINTEGER cap, SQLINTEGER* total,
                          bint wide) noexcept nogil:
    cdef Dbc* d = dbc(h)
    cdef TextIn t
    cdef char* sql = NULL
    cdef int64_t whole = 0
    cdef SQLRETURN rc
    if d is NULL or not enter(&d.h, MAGIC_DBC):
        return SQL_INVALID_HANDLE
    if not d.connected:
        return leave(&d.h, fail(&d.h, b"08003", b"The connection is not open"))
    if text is NULL:
        return leave(&d.h, fail(&d.h, b"HY009", b"The SQL text is a null pointer"))
    rc = text_in(&d.h, text, n, wide, &t)
    if rc == SQL_SUCCESS:
        rc = bridge_native_sql(d, &t, &sql)
    text_free(&t)
    if rc == SQL_SUCCESS:
        rc = give(&d.h, sql, strlen(sql), out, cap, &whole, wide, False)
        if total is not NULL and SQL_SUCCEEDED(rc):
            total[0] = <SQLINTEGER>whole
    free(sql)
    return leave(&d.h, rc)


cdef public SQLRETURN SQLNativeSql(SQLHDBC h, SQLCHAR* text, SQLINTEGER n, SQLCHAR* out, SQLINTEGER cap,
                                   SQLINTEGER* total) noexcept nogil:
    return native_sql(h, text, n, out, cap, total, False)


cdef public SQLRETURN SQLNativeSqlW(SQLHDBC h, SQLWCHAR* text, SQLINTEGER n, SQLWCHAR* out, SQLINTEGER cap,
                                    SQLINTEGER* total) noexcept nogil:
    return native_sql(h, text, n, out, cap, total, True)
