# SQLBindParameter, SQLNumParams, SQLDescribeParam, SQLParamData, SQLPutData.
# Included by _core.pyx after api_column.pxi.

cdef SQLRETURN bind_parameter(Stmt* s, SQLUSMALLINT i, SQLSMALLINT direction, SQLSMALLINT c_type, SQLSMALLINT sql_type,
                              SQLULEN size, SQLSMALLINT digits, SQLPOINTER data, SQLLEN cap, SQLLEN* ind) noexcept nogil:
    cdef DescRec* a
    cdef DescRec* p
    if i == 0 or i > 32767:
        return fail_num(&s.h, b"07009", b"There is no parameter %d; the first one is 1", i, 0)
    if direction == SQL_PARAM_INPUT_OUTPUT and cap == SQL_SETPARAM_VALUE_MAX:
        # A manager's way to pass on SQLSetParam, which knows neither.
        direction = SQL_PARAM_INPUT
        cap = 0
    if is_output(direction):
        return fail(&s.h, b"HYC00", b"Output parameters need procedures, which these engines do not have")
    if direction != SQL_PARAM_INPUT:
        return fail_num(&s.h, b"HY105", b"%d is not a parameter direction", direction, 0)
    if c_type != SQL_C_DEFAULT and not c_type_known(modern_c_type(c_type)):
        return fail_num(&s.h, b"HY003", b"%d is not a C type (parameter %d)", c_type, i)
    if SQL_DATE <= sql_type <= SQL_TIMESTAMP:
        sql_type += SQL_TYPE_DATE - SQL_DATE
    if not sql_type_known(sql_type):
        return fail_num(&s.h, b"HY004", b"%d is not an SQL type (parameter %d)", sql_type, i)
    if not input_allowed(default_c_type(sql_type, False) if c_type == SQL_C_DEFAULT else modern_c_type(c_type), sql_type):
        return fail_num(&s.h, b"07006", b"The C type %d cannot be converted to the SQL type %d", c_type, sql_type)
    if cap < 0:
        return fail_num(&s.h, b"HY090", b"A buffer length of %d is negative (parameter %d)", cap, i)
    if data is NULL and ind is NULL:
        return fail_num(&s.h, b"HY009", b"Parameter %d has neither a value nor a length pointer", i, 0)
    if (sql_type == SQL_DECIMAL or sql_type == SQL_NUMERIC) and (digits < 0 or (size and <SQLULEN>digits > size)):
        return fail_num(&s.h, b"HY104", b"Parameter %d: a scale of %d does not fit its precision", i, digits)
    if desc_reserve(s.apd, i) != SQL_SUCCESS or desc_reserve(s.ipd, i) != SQL_SUCCESS:
        return no_memory(&s.h)
    a = &s.apd.recs[i]
    p = &s.ipd.recs[i]
    desc_set_concise(a, modern_c_type(c_type))
    type_defaults(a)
    a.octet_length = cap
    a.data_ptr = data
    a.octet_length_ptr = ind
    a.indicator_ptr = ind
    desc_set_concise(p, sql_type)
    ird_sizes(p, size, digits)
    p.parameter_type = direction
    p.nullable = SQL_NULLABLE
    if i > s.apd.count:
        s.apd.count = <SQLSMALLINT>i
    if i > s.ipd.count:
        s.ipd.count = <SQLSMALLINT>i
    return SQL_SUCCESS


cdef bint is_output(SQLSMALLINT direction) noexcept nogil:
    return (direction == SQL_PARAM_OUTPUT or direction == SQL_PARAM_INPUT_OUTPUT or direction == SQL_PARAM_OUTPUT_STREAM
            or direction == SQL_PARAM_INPUT_OUTPUT_STREAM)


cdef bint sql_type_known(SQLSMALLINT t) noexcept nogil:
    return (is_number_type(t) or is_char_type(t) or is_binary_type(t) or t == SQL_BIT or t == SQL_GUID
            or SQL_TYPE_DATE <= t <= SQL_TYPE_TIMESTAMP or SQL_INTERVAL_YEAR <= t <= SQL_INTERVAL_MINUTE_TO_SECOND)


cdef public SQLRETURN SQLBindParameter(SQLHSTMT h, SQLUSMALLINT i, SQLSMALLINT direction, SQLSMALLINT c_type,
                                       SQLSMALLINT sql_type, SQLULEN size, SQLSMALLINT digits, SQLPOINTER data,
                                       SQLLEN cap, SQLLEN* ind) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLBINDPARAMETER, &rc):
        return rc
    return leave(&s.h, bind_parameter(s, i, direction, c_type, sql_type, size, digits, data, cap, ind))


cdef public SQLRETURN SQLNumParams(SQLHSTMT h, SQLSMALLINT* n) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLNUMPARAMS, &rc):
        return rc
    if s.state == ST_ALLOCATED:
        return leave(&s.h, fail(&s.h, b"HY010", b"Nothing is prepared or executed on this statement"))
    if n is not NULL:
        n[0] = s.nparams
    return leave(&s.h, SQL_SUCCESS)


cdef SQLRETURN describe_param(Stmt* s, SQLUSMALLINT i, SQLSMALLINT* sql_type, SQLULEN* size, SQLSMALLINT* digits,
                              SQLSMALLINT* nullable) noexcept nogil:
    if s.state == ST_ALLOCATED:
        return fail(&s.h, b"HY010", b"Nothing is prepared or executed on this statement")
    if i == 0 or i > s.nparams:
        return fail_num(&s.h, b"07009", b"There is no parameter %d: the statement has %d markers", i, s.nparams)
    return bridge_describe_param(s, i, sql_type, size, digits, nullable)


cdef public SQLRETURN SQLDescribeParam(SQLHSTMT h, SQLUSMALLINT i, SQLSMALLINT* sql_type, SQLULEN* size,
                                       SQLSMALLINT* digits, SQLSMALLINT* nullable) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLDESCRIBEPARAM, &rc):
        return rc
    if asynchronous(s):
        return leave(&s.h, launch_param(s, i, sql_type, size, digits, nullable))
    return leave(&s.h, describe_param(s, i, sql_type, size, digits, nullable))


cdef public SQLRETURN SQLParamData(SQLHSTMT h, SQLPOINTER* token) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLPARAMDATA, &rc):
        return rc
    if asynchronous(s):
        return leave(&s.h, launch_token(s, token))
    return leave(&s.h, param_data(s, token))


cdef bint ends_dialogue(const char* sqlstate) noexcept nogil:
    """Whether an error of SQLPutData ends the data-at-execution dialogue; a call that was wrong in itself does not."""
    return not listed(sqlstate, b"07S01\0HY009\0HY010\0HY019\0HY020\0HY090\0")


cdef public SQLRETURN SQLPutData(SQLHSTMT h, SQLPOINTER data, SQLLEN n) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLPUTDATA, &rc):
        return rc
    rc = put_data(s, data, n)
    if rc == SQL_ERROR and s.h.ndiag and ends_dialogue(s.h.diags[0].sqlstate):
        params_cancel(s)
    return leave(&s.h, rc)
