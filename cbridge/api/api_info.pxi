# SQLGetInfo and SQLGetFunctions: tables, and Python only for what the session has to be asked for.
# Included by _core.pyx after api_attr.pxi.

cdef const InfoItem* find_info(const Dbc* d, SQLUSMALLINT type) noexcept nogil:
    """The answer to an InfoType, by binary search; NULL when there is none."""
    cdef int32_t low = 0, high = d.ninfo, mid
    while low < high:
        mid = (low + high) // 2
        if d.info[mid].type < type:
            low = mid + 1
        else:
            high = mid
    return &d.info[low] if low < d.ninfo and d.info[low].type == type else NULL


cdef const char* early_info(SQLUSMALLINT type) noexcept nogil:
    """What is known before a connection is open; NULL for all else."""
    if type == SQL_DRIVER_ODBC_VER:
        return b"03.80"
    if type == SQL_DRIVER_NAME:
        return b"libargus_odbc.so"
    if type == SQL_DRIVER_VER:
        return b"00.01.0000"
    if type == SQL_ODBC_VER:
        return b"03.80.0000"
    return NULL


cdef SQLRETURN get_info(Dbc* d, SQLUSMALLINT type, SQLPOINTER out, SQLSMALLINT cap, SQLSMALLINT* total,
                        bint wide) noexcept nogil:
    cdef const InfoItem* item
    cdef const char* text = early_info(type)
    cdef char* asked = NULL
    cdef SQLRETURN rc
    if d.connected:
        item = find_info(d, type)
        if item is NULL and text is NULL:
            return fail_num(&d.h, b"HY096", b"%d is not an information type of ODBC", type, 0)
        if item is not NULL and item.width:
            if out is not NULL:
                memcpy(out, &item.number, item.width)  # little-endian: the low bytes come first
            if total is not NULL:
                total[0] = item.width
            return SQL_SUCCESS
        if item is not NULL:
            text = item.text
    elif text is NULL:
        return fail(&d.h, b"08003", b"The connection is not open, and this information comes from it")
    if cap < 0:
        return fail_num(&d.h, b"HY090", b"A buffer length of %d is negative", cap, 0)
    if text is NULL:
        rc = bridge_session_info(d, type, &asked)
        if rc != SQL_SUCCESS:
            return rc
        text = asked
    rc = give16(&d.h, text, strlen(text), out, cap, total, wide, True)
    free(asked)
    return rc


cdef public SQLRETURN SQLGetInfo(SQLHDBC h, SQLUSMALLINT type, SQLPOINTER out, SQLSMALLINT cap,
                                 SQLSMALLINT* total) noexcept nogil:
    cdef Dbc* d = dbc(h)
    if d is NULL or not enter(&d.h, MAGIC_DBC):
        return SQL_INVALID_HANDLE
    return leave(&d.h, get_info(d, type, out, cap, total, False))


cdef public SQLRETURN SQLGetInfoW(SQLHDBC h, SQLUSMALLINT type, SQLPOINTER out, SQLSMALLINT cap,
                                  SQLSMALLINT* total) noexcept nogil:
    cdef Dbc* d = dbc(h)
    if d is NULL or not enter(&d.h, MAGIC_DBC):
        return SQL_INVALID_HANDLE
    return leave(&d.h, get_info(d, type, out, cap, total, True))


cdef bint function_built(SQLUSMALLINT f) noexcept nogil:
    """The functions that the driver has."""
    return (f == SQL_API_SQLALLOCHANDLE or f == SQL_API_SQLFREEHANDLE or f == SQL_API_SQLCONNECT
            or f == SQL_API_SQLDRIVERCONNECT or f == SQL_API_SQLBROWSECONNECT
            or f == SQL_API_SQLDISCONNECT or f == SQL_API_SQLEXECDIRECT
            or f == SQL_API_SQLPREPARE or f == SQL_API_SQLEXECUTE or f == SQL_API_SQLNUMRESULTCOLS
            or f == SQL_API_SQLDESCRIBECOL or f == SQL_API_SQLCOLATTRIBUTE or f == SQL_API_SQLBINDCOL
            or f == SQL_API_SQLFETCH or f == SQL_API_SQLFETCHSCROLL or f == SQL_API_SQLGETDATA
            or f == SQL_API_SQLMORERESULTS or f == SQL_API_SQLROWCOUNT or f == SQL_API_SQLCLOSECURSOR
            or f == SQL_API_SQLFREESTMT or f == SQL_API_SQLCANCEL or f == SQL_API_SQLENDTRAN
            or f == SQL_API_SQLTABLES or f == SQL_API_SQLCOLUMNS or f == SQL_API_SQLPRIMARYKEYS
            or f == SQL_API_SQLFOREIGNKEYS or f == SQL_API_SQLSTATISTICS or f == SQL_API_SQLSPECIALCOLUMNS
            or f == SQL_API_SQLGETTYPEINFO or f == SQL_API_SQLGETINFO or f == SQL_API_SQLGETFUNCTIONS
            or f == SQL_API_SQLGETDIAGREC or f == SQL_API_SQLGETDIAGFIELD or f == SQL_API_SQLSETENVATTR
            or f == SQL_API_SQLGETENVATTR or f == SQL_API_SQLSETCONNECTATTR or f == SQL_API_SQLGETCONNECTATTR
            or f == SQL_API_SQLSETSTMTATTR or f == SQL_API_SQLGETSTMTATTR or f == SQL_API_SQLBINDPARAMETER
            or f == SQL_API_SQLDESCRIBEPARAM
            or f == SQL_API_SQLNUMPARAMS or f == SQL_API_SQLNATIVESQL or f == SQL_API_SQLPARAMDATA
            or f == SQL_API_SQLPUTDATA or f == SQL_API_SQLPROCEDURES or f == SQL_API_SQLPROCEDURECOLUMNS
            or f == SQL_API_SQLTABLEPRIVILEGES or f == SQL_API_SQLCOLUMNPRIVILEGES or f == SQL_API_SQLCANCELHANDLE
            or f == SQL_API_SQLCOMPLETEASYNC
            or f == SQL_API_SQLSETCURSORNAME or f == SQL_API_SQLGETCURSORNAME or f == SQL_API_SQLSETDESCFIELD
            or f == SQL_API_SQLGETDESCFIELD or f == SQL_API_SQLGETDESCREC or f == SQL_API_SQLSETDESCREC
            or f == SQL_API_SQLCOPYDESC or f == SQL_API_SQLEXTENDEDFETCH or f == SQL_API_SQLSETPOS
            or f == SQL_API_SQLBULKOPERATIONS or f == SQL_API_SQLALLOCENV or f == SQL_API_SQLALLOCCONNECT
            or f == SQL_API_SQLALLOCSTMT or f == SQL_API_SQLFREEENV or f == SQL_API_SQLFREECONNECT
            or f == SQL_API_SQLTRANSACT or f == SQL_API_SQLERROR or f == SQL_API_SQLSETCONNECTOPTION
            or f == SQL_API_SQLGETCONNECTOPTION or f == SQL_API_SQLSETSTMTOPTION or f == SQL_API_SQLGETSTMTOPTION
            or f == SQL_API_SQLSETSCROLLOPTIONS or f == SQL_API_SQLBINDPARAM or f == SQL_API_SQLSETPARAM
            or f == SQL_API_SQLPARAMOPTIONS)


cdef bint function_there(const Dbc* d, SQLUSMALLINT f) noexcept nogil:
    """Built, and of use with this connection's engine."""
    cdef int32_t i = 0
    while d.connected and d.lacking[i]:
        if d.lacking[i] == f:
            return False
        i += 1
    return function_built(f)


cdef SQLRETURN get_functions(Dbc* d, SQLUSMALLINT f, SQLUSMALLINT* out) noexcept nogil:
    cdef int32_t i
    if out is NULL:
        return fail(&d.h, b"HY009", b"The buffer for the answer is a null pointer")
    if f == SQL_API_ODBC3_ALL_FUNCTIONS:
        memset(out, 0, SQL_API_ODBC3_ALL_FUNCTIONS_SIZE * sizeof(SQLUSMALLINT))
        for i in range(SQL_API_ODBC3_ALL_FUNCTIONS_SIZE * 16):
            if function_there(d, <SQLUSMALLINT>i):
                out[i >> 4] |= <SQLUSMALLINT>(1 << (i & 15))
        return SQL_SUCCESS
    if f == SQL_API_ALL_FUNCTIONS:
        for i in range(100):
            out[i] = SQL_TRUE if function_there(d, <SQLUSMALLINT>i) else SQL_FALSE
        return SQL_SUCCESS
    if f > 4000:
        return fail_num(&d.h, b"HY095", b"%d is not a function of ODBC", f, 0)
    out[0] = SQL_TRUE if function_there(d, f) else SQL_FALSE
    return SQL_SUCCESS


cdef public SQLRETURN SQLGetFunctions(SQLHDBC h, SQLUSMALLINT f, SQLUSMALLINT* out) noexcept nogil:
    cdef Dbc* d = dbc(h)
    if d is NULL or not enter(&d.h, MAGIC_DBC):
        return SQL_INVALID_HANDLE
    return leave(&d.h, get_functions(d, f, out))
