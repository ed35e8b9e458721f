# Bound parameters as argus_odbc.backends.base.Parameter objects. Takes the GIL; included by _core.pyx after bridge.pxi.

cdef object plain_text(const Value* v, SQLSMALLINT sql_type):
    cdef char out[DECIMAL_TEXT]
    cdef int64_t n = value_to_text(v, sql_type, out)
    return out[:n].decode("ascii")


cdef object value_object(const Value* v, SQLSMALLINT sql_type):
    """A Value as the Python object that a backend binds."""
    if v.kind == VALUE_TEXT:
        return v.text[:v.length].decode("utf-8", "surrogateescape")
    if v.kind == VALUE_BYTES:
        return <bytes>v.text[:v.length]
    if v.kind == VALUE_REAL:
        return v.real
    if v.kind == VALUE_UUID:
        import uuid
        return uuid.UUID(bytes=<bytes>v.text[:16])
    text = plain_text(v, sql_type)
    if v.kind == VALUE_DECIMAL:
        import decimal
        return decimal.Decimal(text)
    return text


cdef object typed(object value, SQLSMALLINT sql_type):
    """Texts of date and time values as datetime objects where those hold them exactly; integers as int."""
    import datetime
    if sql_type == SQL_BIT:
        return bool(int(value))
    if sql_type in (SQL_TINYINT, SQL_SMALLINT, SQL_INTEGER, SQL_BIGINT):
        return int(value)
    if not isinstance(value, str):
        return value
    try:
        if sql_type == SQL_TYPE_DATE:
            return datetime.date.fromisoformat(value)
        # More than microseconds would be cut without a word.
        if sql_type == SQL_TYPE_TIME and len(value) <= 15:
            return datetime.time.fromisoformat(value)
        if sql_type == SQL_TYPE_TIMESTAMP and len(value) <= 26:
            return datetime.datetime.fromisoformat(value)
    except ValueError:
        return value  # beyond what datetime holds (year 0, year 10000): the ODBC text goes on
    return value


cdef object cell_error(CellStatus status, int32_t i):
    """The DriverError of a parameter that cannot be converted."""
    from argus_odbc.errors import DriverError
    error = DriverError((<bytes>cell_sqlstate(status)).decode("ascii"), 0,
                        f"Parameter {i}: " + (<bytes>cell_message(status)).decode("utf-8"))
    error.column = i
    return error


cdef list py_parameters(Stmt* s, int64_t k):
    """The bound parameters of set k, in order; DriverError with the parameter's number when a value cannot be read."""
    from argus_odbc.backends.base import Parameter
    from argus_odbc.errors import DriverError
    cdef Value v
    cdef CellStatus status
    cdef bint null = False
    cdef int32_t i
    cdef SQLSMALLINT t
    out = []
    for i in range(1, s.nparams + 1):
        if not param_described(s, i):
            raise DriverError("07002", 0, f"Parameter {i} lost its binding while the statement waited for data")
        t = s.ipd.recs[i].concise_type
        value = None
        try:
            status = param_fitting(s, k, i, &v, &null)
            if status > CELL_FIRST_ERROR:
                raise cell_error(status, i)
            if not null:
                value = typed(value_object(&v, t), t)
        finally:
            value_drop(&v)
        out.append(Parameter(value, t, rec_column_size(&s.ipd.recs[i]), rec_decimal_digits(&s.ipd.recs[i])))
    return out


cdef SQLRETURN py_describe_params(Stmt* s):
    """The parameters' columns into the IPD's records; those beyond the markers stay."""
    cdef int32_t i = 0
    cdef DescRec* r
    try:
        columns = statement_of(s).describe_parameters()
        if desc_reserve(s.ipd, s.nparams) != SQL_SUCCESS:
            raise MemoryError
        for c in columns:
            i += 1
            r = &s.ipd.recs[i]
            desc_set_concise(r, c.sql_type)
            ird_sizes(r, c.column_size, c.decimal_digits)
            r.parameter_type = SQL_PARAM_INPUT
            r.nullable = c.nullable
            r.is_unsigned = SQL_TRUE if c.unsigned else SQL_FALSE
            r.fixed_prec_scale = SQL_TRUE if c.fixed_prec_scale else SQL_FALSE
            r.case_sensitive = SQL_TRUE if c.case_sensitive else SQL_FALSE
            r.num_prec_radix = c.num_prec_radix
            r.unnamed = SQL_UNNAMED
            free(r.texts[<int>TEXT_TYPE_NAME])
            r.texts[<int>TEXT_TYPE_NAME] = NULL
            r.texts[<int>TEXT_TYPE_NAME] = copy_text(c.type_name)
        if s.ipd.count < i:
            s.ipd.count = <SQLSMALLINT>i
        return SQL_SUCCESS
    except BaseException as e:
        take_exception(&s.h, e)
        return SQL_ERROR


cdef SQLRETURN bridge_describe_params(Stmt* s) noexcept nogil:
    """Populate the IPD automatically (SQL_ATTR_ENABLE_AUTO_IPD)."""
    with gil:
        return py_describe_params(s)


cdef SQLRETURN py_describe_param(Stmt* s, int32_t i, SQLSMALLINT* sql_type, SQLULEN* size, SQLSMALLINT* digits,
                                 SQLSMALLINT* nullable):
    try:
        column = statement_of(s).describe_parameters()[i - 1]
        if sql_type is not NULL:
            sql_type[0] = column.sql_type
        if size is not NULL:
            size[0] = column.column_size
        if digits is not NULL:
            digits[0] = column.decimal_digits
        if nullable is not NULL:
            nullable[0] = column.nullable
        return SQL_SUCCESS
    except BaseException as e:
        take_exception(&s.h, e)
        return SQL_ERROR


cdef SQLRETURN bridge_describe_param(Stmt* s, int32_t i, SQLSMALLINT* sql_type, SQLULEN* size, SQLSMALLINT* digits,
                                     SQLSMALLINT* nullable) noexcept nogil:
    """SQLDescribeParam; the answer is asked for once per SQLPrepare."""
    with gil:
        return py_describe_param(s, i, sql_type, size, digits, nullable)
