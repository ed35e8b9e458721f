# SQLSetEnvAttr, SQLGetEnvAttr, SQLSetConnectAttr, SQLGetConnectAttr, SQLSetStmtAttr, SQLGetStmtAttr.
# Included by _core.pyx after api_param.pxi.

cdef enum:
    CP_DRIVER_AWARE = 3    # not in unixODBC's headers


cdef SQLRETURN set_env_attr(Env* e, SQLINTEGER attr, SQLPOINTER value) noexcept nogil:
    cdef SQLINTEGER v = <SQLINTEGER><SQLLEN>value
    if attr == SQL_ATTR_ODBC_VERSION:
        if v != SQL_OV_ODBC2 and v != SQL_OV_ODBC3 and v != SQL_OV_ODBC3_80:
            return fail_num(&e.h, b"HY024", b"SQL_ATTR_ODBC_VERSION has no value %d (2, 3 and 380 are known)", v, 0)
        if e.first is not NULL:
            return fail(&e.h, b"HY010", b"SQL_ATTR_ODBC_VERSION must be set before connections are allocated")
        e.odbc_version = v
    elif attr == SQL_ATTR_CONNECTION_POOLING:
        if v < SQL_CP_OFF or v > CP_DRIVER_AWARE:
            return fail_num(&e.h, b"HY024", b"SQL_ATTR_CONNECTION_POOLING has no value %d", v, 0)
        e.connection_pooling = v
    elif attr == SQL_ATTR_CP_MATCH:
        if v != SQL_CP_STRICT_MATCH and v != SQL_CP_RELAXED_MATCH:
            return fail_num(&e.h, b"HY024", b"SQL_ATTR_CP_MATCH has no value %d", v, 0)
        e.cp_match = v
    elif attr == SQL_ATTR_OUTPUT_NTS:
        if v != SQL_TRUE:
            return fail(&e.h, b"HYC00", b"The driver always terminates text (SQL_ATTR_OUTPUT_NTS is SQL_TRUE)")
    elif attr == ATTR_DRIVER_UNICODE_TYPE:
        if v != (UNICODE_UCS4 if wchar_bytes() == 4 else UNICODE_UTF16):
            return fail(&e.h, b"HYC00", b"The width of SQLWCHAR follows the driver manager in this process")
    else:
        return fail_num(&e.h, b"HY092", b"%d is not an environment attribute", attr, 0)
    return SQL_SUCCESS


cdef SQLRETURN get_env_attr(Env* e, SQLINTEGER attr, SQLPOINTER out) noexcept nogil:
    cdef SQLINTEGER v
    if attr == SQL_ATTR_ODBC_VERSION:
        v = e.odbc_version
    elif attr == SQL_ATTR_CONNECTION_POOLING:
        v = e.connection_pooling
    elif attr == SQL_ATTR_CP_MATCH:
        v = e.cp_match
    elif attr == SQL_ATTR_OUTPUT_NTS:
        v = SQL_TRUE
    elif attr == ATTR_DRIVER_UNICODE_TYPE:
        v = UNICODE_UCS4 if wchar_bytes() == 4 else UNICODE_UTF16
    else:
        return fail_num(&e.h, b"HY092", b"%d is not an environment attribute", attr, 0)
    if out is not NULL:
        (<SQLINTEGER*>out)[0] = v
    return SQL_SUCCESS


cdef public SQLRETURN SQLSetEnvAttr(SQLHENV h, SQLINTEGER attr, SQLPOINTER value, SQLINTEGER n) noexcept nogil:
    cdef Env* e = env(h)
    if e is NULL or not enter(&e.h, MAGIC_ENV):
        return SQL_INVALID_HANDLE
    return leave(&e.h, set_env_attr(e, attr, value))


cdef public SQLRETURN SQLGetEnvAttr(SQLHENV h, SQLINTEGER attr, SQLPOINTER out, SQLINTEGER cap,
                                    SQLINTEGER* total) noexcept nogil:
    cdef Env* e = env(h)
    if e is NULL or not enter(&e.h, MAGIC_ENV):
        return SQL_INVALID_HANDLE
    if total is not NULL:
        total[0] = sizeof(SQLINTEGER)
    return leave(&e.h, get_env_attr(e, attr, out))


cdef bint any_open(const Dbc* d) noexcept nogil:
    """Whether a statement of the connection has a result that was not closed."""
    cdef const Stmt* s = d.stmts
    while s is not NULL:
        if s.reader is not NULL:
            return True
        s = s.next
    return False


cdef SQLRETURN set_catalog(Dbc* d, SQLPOINTER value, SQLINTEGER n, bint wide) noexcept nogil:
    """SQL_ATTR_CURRENT_CATALOG; the W form counts bytes. Before connect the name waits for the session."""
    cdef TextIn t
    cdef SQLRETURN rc
    if value is NULL:
        return fail(&d.h, b"HY009", b"The catalog name is a null pointer")
    rc = text_in(&d.h, value, n // wchar_bytes() if wide and n > 0 else n, wide, &t)
    if rc != SQL_SUCCESS:
        return rc
    if d.connected and any_open(d):
        text_free(&t)
        return fail(&d.h, b"24000", b"A statement of the connection has an open result: close it before the catalog changes")
    if d.connected:
        rc = bridge_set_catalog(d, t.p, t.n)
        text_free(&t)
        return rc
    free(d.current_catalog)
    d.current_catalog = t.p
    return SQL_SUCCESS


cdef SQLRETURN set_autocommit(Dbc* d, SQLUINTEGER v) noexcept nogil:
    cdef SQLRETURN rc = SQL_SUCCESS
    if v > SQL_AUTOCOMMIT_ON:
        return fail_num(&d.h, b"HY024", b"SQL_ATTR_AUTOCOMMIT has no value %d", v, 0)
    if d.connected:
        rc = bridge_set_autocommit(d, v == SQL_AUTOCOMMIT_ON)
    if SQL_SUCCEEDED(rc):
        d.autocommit = v
    return rc


cdef SQLRETURN set_isolation(Dbc* d, SQLUINTEGER v) noexcept nogil:
    cdef SQLRETURN rc = SQL_SUCCESS
    if (v != SQL_TXN_READ_UNCOMMITTED and v != SQL_TXN_READ_COMMITTED and v != SQL_TXN_REPEATABLE_READ
            and v != SQL_TXN_SERIALIZABLE):
        return fail_num(&d.h, b"HY024", b"%d is not an isolation level", v, 0)
    if d.connected:
        rc = bridge_set_isolation(d, &v)
    if SQL_SUCCEEDED(rc):
        d.txn_isolation = v
    return rc


cdef SQLRETURN set_async(Dbc* d, SQLUINTEGER v) noexcept nogil:
    """SQL_ATTR_ASYNC_ENABLE of a connection: for its statements and for those to come."""
    cdef Stmt* s = d.stmts
    d.async_enable = v
    while s is not NULL:
        argus_lock(&s.h.lock)
        s.async_enable = v
        argus_unlock(&s.h.lock)
        s = s.next
    return SQL_SUCCESS


cdef SQLUINTEGER* plain_dbc_attr(Dbc* d, SQLINTEGER attr) noexcept nogil:
    """The field behind a connection attribute that is only kept; NULL for others."""
    if attr == SQL_ATTR_ACCESS_MODE:
        return &d.access_mode
    if attr == SQL_ATTR_CONNECTION_TIMEOUT:
        return &d.connection_timeout
    if attr == SQL_ATTR_LOGIN_TIMEOUT:
        return &d.login_timeout
    if attr == SQL_ATTR_METADATA_ID:
        return &d.metadata_id
    if attr == SQL_ATTR_ODBC_CURSORS:
        return &d.odbc_cursors
    if attr == SQL_ATTR_PACKET_SIZE:
        return &d.packet_size
    if attr == SQL_ATTR_ANSI_APP:
        return &d.ansi_app
    if attr == SQL_ATTR_TRACE:
        return &d.trace
    if attr == SQL_ATTR_TRANSLATE_OPTION:
        return &d.translate_option
    if attr == SQL_ATTR_DISCONNECT_BEHAVIOR:
        return &d.disconnect_behavior
    return NULL


cdef SQLRETURN set_dbc_attr(Dbc* d, SQLINTEGER attr, SQLPOINTER value, SQLINTEGER n, bint wide) noexcept nogil:
    cdef SQLUINTEGER* field = plain_dbc_attr(d, attr)
    cdef SQLUINTEGER v = <SQLUINTEGER><SQLULEN>value
    if d.browse is not NULL:
        return fail(&d.h, b"HY010", b"SQLBrowseConnect waits for its next call: attributes are set before it begins")
    if any_busy(d):
        return statements_busy(&d.h)
    if any_waiting(d):
        return statements_wait(&d.h)
    if attr == SQL_ATTR_AUTOCOMMIT:
        return set_autocommit(d, v)
    if attr == SQL_ATTR_TXN_ISOLATION:
        return set_isolation(d, v)
    if attr == SQL_ATTR_CURRENT_CATALOG:
        return set_catalog(d, value, n, wide)
    if (attr == SQL_ATTR_LOGIN_TIMEOUT or attr == SQL_ATTR_PACKET_SIZE) and d.connected:
        return fail_num(&d.h, b"HY011", b"Attribute %d must be set before connecting", attr, 0)
    if attr == SQL_ATTR_ODBC_CURSORS and d.connected:
        return fail(&d.h, b"08002", b"SQL_ATTR_ODBC_CURSORS must be set before connecting")
    if attr == SQL_ATTR_ODBC_CURSORS and v > SQL_CUR_USE_DRIVER:
        return fail_num(&d.h, b"HY024", b"SQL_ATTR_ODBC_CURSORS has no value %d", v, 0)
    if (attr == SQL_ATTR_ACCESS_MODE or attr == SQL_ATTR_METADATA_ID or attr == SQL_ATTR_TRACE
            or attr == SQL_ATTR_DISCONNECT_BEHAVIOR or attr == SQL_ATTR_ASYNC_ENABLE) and v > 1:
        return fail_num(&d.h, b"HY024", b"Attribute %d has no value %d", attr, v)
    if attr == SQL_ATTR_CONNECTION_TIMEOUT and d.connected and bridge_set_timeout(d, v) != SQL_SUCCESS:
        return SQL_ERROR
    if field is not NULL:
        field[0] = v
        return SQL_SUCCESS
    if attr == SQL_ATTR_QUIET_MODE:
        d.quiet_mode = value
    elif attr == SQL_ATTR_RESET_CONNECTION:
        return reset_connection(d, v)
    elif attr == SQL_ATTR_ASYNC_ENABLE:
        return set_async(d, v)
    elif 0 <= attr < STMT_OPTIONS:
        return set_option(d, attr, <SQLULEN>value)
    elif attr == SQL_ATTR_ASYNC_DBC_FUNCTIONS_ENABLE and v == SQL_ASYNC_DBC_ENABLE_OFF:
        return SQL_SUCCESS
    elif attr == SQL_ATTR_CONNECTION_DEAD or attr == SQL_ATTR_AUTO_IPD:
        return fail_num(&d.h, b"HY092", b"Attribute %d can be read only", attr, 0)
    elif attr == SQL_ATTR_ASYNC_DBC_FUNCTIONS_ENABLE or attr == SQL_ATTR_ENLIST_IN_DTC \
            or attr == SQL_ATTR_TRANSLATE_LIB or attr == SQL_ATTR_TRACEFILE:
        return fail_num(&d.h, b"HYC00", b"The driver does not do connection attribute %d", attr, 0)
    else:
        return fail_num(&d.h, b"HY092", b"%d is not a connection attribute", attr, 0)
    return SQL_SUCCESS


cdef SQLRETURN get_catalog(Dbc* d, SQLPOINTER out, SQLINTEGER cap, SQLINTEGER* total, bint wide) noexcept nogil:
    cdef char* owned = NULL
    cdef const char* name = d.current_catalog
    cdef int64_t whole = 0
    cdef SQLRETURN rc
    if d.connected:
        rc = bridge_session_info(d, SQL_DATABASE_NAME, &owned)
        if rc != SQL_SUCCESS:
            return rc
        name = owned
    if name is NULL:
        name = b""
    rc = give(&d.h, name, strlen(name), out, cap, &whole, wide, True)
    if total is not NULL and SQL_SUCCEEDED(rc):
        total[0] = <SQLINTEGER>whole
    free(owned)
    return rc


cdef SQLRETURN get_dbc_attr(Dbc* d, SQLINTEGER attr, SQLPOINTER out, SQLINTEGER cap, SQLINTEGER* total,
                            bint wide) noexcept nogil:
    cdef SQLUINTEGER* field = plain_dbc_attr(d, attr)
    cdef SQLUINTEGER v = 0
    cdef bint alive = False
    cdef SQLRETURN rc
    if d.browse is not NULL:
        return fail(&d.h, b"HY010", b"SQLBrowseConnect waits for its next call: attributes are asked for when it has ended")
    if attr == SQL_ATTR_CURRENT_CATALOG:
        return get_catalog(d, out, cap, total, wide)
    if field is not NULL:
        v = field[0]
    elif attr == SQL_ATTR_AUTOCOMMIT:
        v = d.autocommit
    elif attr == SQL_ATTR_TXN_ISOLATION:
        v = d.txn_isolation if d.txn_isolation else default_isolation(d)
    elif attr == SQL_ATTR_CONNECTION_DEAD:
        if not d.connected:
            return fail(&d.h, b"08003", b"The connection is not open")
        rc = bridge_is_alive(d, &alive)
        if rc != SQL_SUCCESS:
            return rc
        v = SQL_CD_FALSE if alive else SQL_CD_TRUE
    elif attr == SQL_ATTR_AUTO_IPD:
        v = auto_ipd(d)
    elif attr == SQL_ATTR_ASYNC_ENABLE:
        if out is not NULL:
            (<SQLULEN*>out)[0] = d.async_enable
        if total is not NULL:
            total[0] = sizeof(SQLULEN)
        return SQL_SUCCESS
    elif attr == SQL_ATTR_ASYNC_DBC_FUNCTIONS_ENABLE:
        v = 0
    elif attr == SQL_ATTR_QUIET_MODE:
        if out is not NULL:
            (<SQLPOINTER*>out)[0] = d.quiet_mode
        return SQL_SUCCESS
    elif attr == SQL_ATTR_TRANSLATE_LIB or attr == SQL_ATTR_TRACEFILE or attr == SQL_ATTR_ENLIST_IN_DTC:
        return fail_num(&d.h, b"HYC00", b"The driver does not do connection attribute %d", attr, 0)
    else:
        return fail_num(&d.h, b"HY092", b"%d is not a connection attribute", attr, 0)
    if out is not NULL:
        (<SQLUINTEGER*>out)[0] = v
    if total is not NULL:
        total[0] = sizeof(SQLUINTEGER)
    return SQL_SUCCESS


cdef SQLUINTEGER default_isolation(Dbc* d) noexcept nogil:
    """SQL_DEFAULT_TXN_ISOLATION as SQLGetInfo answers it."""
    cdef const InfoItem* item = find_info(d, SQL_DEFAULT_TXN_ISOLATION)
    return 0 if item is NULL else <SQLUINTEGER>item.number


cdef public SQLRETURN SQLSetConnectAttr(SQLHDBC h, SQLINTEGER attr, SQLPOINTER value, SQLINTEGER n) noexcept nogil:
    cdef Dbc* d = dbc(h)
    if d is NULL or not enter(&d.h, MAGIC_DBC):
        return SQL_INVALID_HANDLE
    return leave(&d.h, set_dbc_attr(d, attr, value, n, False))


cdef public SQLRETURN SQLSetConnectAttrW(SQLHDBC h, SQLINTEGER attr, SQLPOINTER value, SQLINTEGER n) noexcept nogil:
    cdef Dbc* d = dbc(h)
    if d is NULL or not enter(&d.h, MAGIC_DBC):
        return SQL_INVALID_HANDLE
    return leave(&d.h, set_dbc_attr(d, attr, value, n, True))


cdef public SQLRETURN SQLGetConnectAttr(SQLHDBC h, SQLINTEGER attr, SQLPOINTER out, SQLINTEGER cap,
                                        SQLINTEGER* total) noexcept nogil:
    cdef Dbc* d = dbc(h)
    if d is NULL or not enter(&d.h, MAGIC_DBC):
        return SQL_INVALID_HANDLE
    return leave(&d.h, get_dbc_attr(d, attr, out, cap, total, False))


cdef public SQLRETURN SQLGetConnectAttrW(SQLHDBC h, SQLINTEGER attr, SQLPOINTER out, SQLINTEGER cap,
                                         SQLINTEGER* total) noexcept nogil:
    cdef Dbc* d = dbc(h)
    if d is NULL or not enter(&d.h, MAGIC_DBC):
        return SQL_INVALID_HANDLE
    return leave(&d.h, get_dbc_attr(d, attr, out, cap, total, True))


cdef public SQLRETURN SQLSetStmtAttr(SQLHSTMT h, SQLINTEGER attr, SQLPOINTER value, SQLINTEGER n) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLSETSTMTATTR, &rc):
        return rc
    return leave(&s.h, set_stmt_attr(s, attr, value))


cdef public SQLRETURN SQLSetStmtAttrW(SQLHSTMT h, SQLINTEGER attr, SQLPOINTER value, SQLINTEGER n) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLSETSTMTATTR, &rc):
        return rc
    return leave(&s.h, set_stmt_attr(s, attr, value))


cdef public SQLRETURN SQLGetStmtAttr(SQLHSTMT h, SQLINTEGER attr, SQLPOINTER out, SQLINTEGER cap,
                                     SQLINTEGER* total) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLGETSTMTATTR, &rc):
        return rc
    if total is not NULL:
        total[0] = sizeof(SQLULEN)
    return leave(&s.h, get_stmt_attr(s, attr, out))


cdef public SQLRETURN SQLGetStmtAttrW(SQLHSTMT h, SQLINTEGER attr, SQLPOINTER out, SQLINTEGER cap,
                                      SQLINTEGER* total) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLGETSTMTATTR, &rc):
        return rc
    if total is not NULL:
        total[0] = sizeof(SQLULEN)
    return leave(&s.h, get_stmt_attr(s, attr, out))
