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
