# The functions of ODBC 2 that ODBC 3 replaced, and SQLBindParam: each one is the function that took its place, with the
# arguments that it fixes. Included by _core.pyx last.
#
# A driver manager maps most of them itself. They are for programs that open the driver file without one, and for managers
# that pass on what an old program calls.

cdef public SQLRETURN SQLAllocEnv(SQLHENV* out) noexcept nogil:
    cdef SQLRETURN rc = SQLAllocHandle(SQL_HANDLE_ENV, NULL, out)
    if rc == SQL_SUCCESS:
        env(out[0]).odbc_version = SQL_OV_ODBC2
    return rc


cdef public SQLRETURN SQLAllocConnect(SQLHENV h, SQLHDBC* out) noexcept nogil:
    return SQLAllocHandle(SQL_HANDLE_DBC, h, out) if env(h) is not NULL else SQL_INVALID_HANDLE


cdef public SQLRETURN SQLAllocStmt(SQLHDBC h, SQLHSTMT* out) noexcept nogil:
    return SQLAllocHandle(SQL_HANDLE_STMT, h, out) if dbc(h) is not NULL else SQL_INVALID_HANDLE


cdef public SQLRETURN SQLFreeEnv(SQLHENV h) noexcept nogil:
    return SQLFreeHandle(SQL_HANDLE_ENV, h)


cdef public SQLRETURN SQLFreeConnect(SQLHDBC h) noexcept nogil:
    return SQLFreeHandle(SQL_HANDLE_DBC, h)


cdef public SQLRETURN SQLTransact(SQLHENV e, SQLHDBC d, SQLUSMALLINT how) noexcept nogil:
    if d is not NULL:
        return SQLEndTran(SQL_HANDLE_DBC, d, <SQLSMALLINT>how)
    return SQLEndTran(SQL_HANDLE_ENV, e, <SQLSMALLINT>how)


# ---- diagnostics: each call answers the next record, of the innermost handle that is given ----
cdef SQLRETURN next_error(SQLHANDLE e, SQLHANDLE d, SQLHANDLE s, void* state, SQLINTEGER* native, void* text,
                          SQLSMALLINT cap, SQLSMALLINT* total, bint wide) noexcept nogil:
    cdef SQLSMALLINT kind = SQL_HANDLE_STMT
    cdef SQLHANDLE h = s
    cdef Head* head
    cdef SQLRETURN rc
    if h is NULL:
        kind = SQL_HANDLE_DBC
        h = d
    if h is NULL:
        kind = SQL_HANDLE_ENV
        h = e
    head = head_open(kind, h)
    if head is NULL:
        return SQL_INVALID_HANDLE
    rc = head_rec(kind, h, head, <SQLSMALLINT>(head.told + 1), state, native, text, cap, total, wide)
    if SQL_SUCCEEDED(rc):
        head.told += 1
    argus_unlock(&head.lock)
    if SQL_SUCCEEDED(rc):
        return rc
    if rc == SQL_NO_DATA and state is not NULL:
        give_plain(b"00000", state, 6, NULL, wide, False)
    return rc


cdef public SQLRETURN SQLError(SQLHENV e, SQLHDBC d, SQLHSTMT s, SQLCHAR* state, SQLINTEGER* native, SQLCHAR* text,
                               SQLSMALLINT cap, SQLSMALLINT* total) noexcept nogil:
    return next_error(e, d, s, state, native, text, cap, total, False)


cdef public SQLRETURN SQLErrorW(SQLHENV e, SQLHDBC d, SQLHSTMT s, SQLWCHAR* state, SQLINTEGER* native, SQLWCHAR* text,
                                SQLSMALLINT cap, SQLSMALLINT* total) noexcept nogil:
    return next_error(e, d, s, state, native, text, cap, total, True)


# ---- options: attributes by their old names; texts end with a NUL, and a text that is read has room for 255 characters ----
cdef public SQLRETURN SQLSetConnectOption(SQLHDBC h, SQLUSMALLINT option, SQLULEN value) noexcept nogil:
    return SQLSetConnectAttr(h, option, <SQLPOINTER>value, SQL_NTS)


cdef public SQLRETURN SQLSetConnectOptionW(SQLHDBC h, SQLUSMALLINT option, SQLULEN value) noexcept nogil:
    return SQLSetConnectAttrW(h, option, <SQLPOINTER>value, SQL_NTS)


cdef public SQLRETURN SQLGetConnectOption(SQLHDBC h, SQLUSMALLINT option, SQLPOINTER out) noexcept nogil:
    return SQLGetConnectAttr(h, option, out, SQL_MAX_OPTION_STRING_LENGTH, NULL)


cdef public SQLRETURN SQLGetConnectOptionW(SQLHDBC h, SQLUSMALLINT option, SQLPOINTER out) noexcept nogil:
    return SQLGetConnectAttrW(h, option, out, SQL_MAX_OPTION_STRING_LENGTH * wchar_bytes(), NULL)


cdef public SQLRETURN SQLSetStmtOption(SQLHSTMT h, SQLUSMALLINT option, SQLULEN value) noexcept nogil:
    return SQLSetStmtAttr(h, option, <SQLPOINTER>value, SQL_NTS)


cdef public SQLRETURN SQLGetStmtOption(SQLHSTMT h, SQLUSMALLINT option, SQLPOINTER out) noexcept nogil:
    return SQLGetStmtAttr(h, option, out, SQL_MAX_OPTION_STRING_LENGTH, NULL)


cdef SQLRETURN set_scroll_options(Stmt* s, SQLUSMALLINT concurrency, SQLLEN keyset, SQLUSMALLINT rowset) noexcept nogil:
    """SQLSetScrollOptions as Appendix G maps it: a cursor by its kind, or by the size of its keyset."""
    cdef SQLULEN type
    cdef SQLRETURN one, rc = SQL_SUCCESS
    if keyset == SQL_SCROLL_FORWARD_ONLY:
        type = SQL_CURSOR_FORWARD_ONLY
    elif keyset == SQL_SCROLL_STATIC:
        type = SQL_CURSOR_STATIC
    elif keyset == SQL_SCROLL_DYNAMIC:
        type = SQL_CURSOR_DYNAMIC
    elif keyset == SQL_SCROLL_KEYSET_DRIVEN or keyset > rowset:
        type = SQL_CURSOR_KEYSET_DRIVEN
    else:
        return fail_num(&s.h, b"HY107", b"A keyset of %d rows is neither a kind of cursor nor above the rowset's %d", keyset,
                        rowset)
    if rowset == 0:
        return fail(&s.h, b"HY107", b"A rowset has at least one row")
    rc = set_stmt_attr(s, SQL_ATTR_CURSOR_TYPE, <SQLPOINTER>type)
    one = set_stmt_attr(s, SQL_ATTR_CONCURRENCY, <SQLPOINTER><SQLULEN>concurrency) if SQL_SUCCEEDED(rc) else SQL_SUCCESS
    if one != SQL_SUCCESS:
        rc = one
    if SQL_SUCCEEDED(rc):
        one = set_stmt_attr(s, SQL_ROWSET_SIZE, <SQLPOINTER><SQLULEN>rowset)
        if one != SQL_SUCCESS:
            rc = one
    if SQL_SUCCEEDED(rc) and keyset > 0:
        one = set_stmt_attr(s, SQL_ATTR_KEYSET_SIZE, <SQLPOINTER>keyset)
        if one != SQL_SUCCESS:
            rc = one
    return rc


cdef public SQLRETURN SQLSetScrollOptions(SQLHSTMT h, SQLUSMALLINT concurrency, SQLLEN keyset,
                                          SQLUSMALLINT rowset) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLSETSCROLLOPTIONS, &rc):
        return rc
    return leave(&s.h, set_scroll_options(s, concurrency, keyset, rowset))


# ---- parameters ----
cdef public SQLRETURN SQLBindParam(SQLHSTMT h, SQLUSMALLINT i, SQLSMALLINT c_type, SQLSMALLINT sql_type, SQLULEN size,
                                   SQLSMALLINT digits, SQLPOINTER data, SQLLEN* ind) noexcept nogil:
    return SQLBindParameter(h, i, SQL_PARAM_INPUT, c_type, sql_type, size, digits, data, 0, ind)


cdef public SQLRETURN SQLSetParam(SQLHSTMT h, SQLUSMALLINT i, SQLSMALLINT c_type, SQLSMALLINT sql_type, SQLULEN size,
                                  SQLSMALLINT digits, SQLPOINTER data, SQLLEN* ind) noexcept nogil:
    return SQLBindParameter(h, i, SQL_PARAM_INPUT_OUTPUT, c_type, sql_type, size, digits, data, SQL_SETPARAM_VALUE_MAX, ind)


cdef SQLRETURN param_options(Stmt* s, SQLULEN sets, SQLULEN* processed) noexcept nogil:
    cdef SQLRETURN rc = set_stmt_attr(s, SQL_ATTR_PARAMSET_SIZE, <SQLPOINTER>sets)
    return set_stmt_attr(s, SQL_ATTR_PARAMS_PROCESSED_PTR, processed) if rc == SQL_SUCCESS else rc


cdef public SQLRETURN SQLParamOptions(SQLHSTMT h, SQLULEN sets, SQLULEN* processed) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLPARAMOPTIONS, &rc):
        return rc
    return leave(&s.h, param_options(s, sets, processed))


# ---- columns ----
cdef public SQLRETURN SQLColAttributes(SQLHSTMT h, SQLUSMALLINT c, SQLUSMALLINT field, SQLPOINTER text, SQLSMALLINT cap,
                                       SQLSMALLINT* total, SQLLEN* number) noexcept nogil:
    return col_attribute(h, c, field, text, cap, total, number, False)


cdef public SQLRETURN SQLColAttributesW(SQLHSTMT h, SQLUSMALLINT c, SQLUSMALLINT field, SQLPOINTER text, SQLSMALLINT cap,
                                        SQLSMALLINT* total, SQLLEN* number) noexcept nogil:
    return col_attribute(h, c, field, text, cap, total, number, True)
