# SQLSetDescField by number, on the descriptors that an application may write.
# Included by _core.pyx after plan.pxi.

cdef SQLRETURN set_desc_header(Desc* x, SQLSMALLINT field, SQLPOINTER value) noexcept nogil:
    """A header field; SQL_NEED_DATA stands for "this is not a header field"."""
    if field == SQL_DESC_ARRAY_SIZE:
        if <SQLULEN>value == 0:
            return fail(&x.h, b"HY024", b"An array has at least one element")
        x.array_size = <SQLULEN>value
    elif field == SQL_DESC_ARRAY_STATUS_PTR:
        x.array_status_ptr = <SQLUSMALLINT*>value
    elif field == SQL_DESC_BIND_OFFSET_PTR:
        x.bind_offset_ptr = <SQLLEN*>value
    elif field == SQL_DESC_BIND_TYPE:
        x.bind_type = <SQLINTEGER><SQLLEN>value
    elif field == SQL_DESC_ROWS_PROCESSED_PTR:
        x.rows_processed_ptr = <SQLULEN*>value
    elif field == SQL_DESC_COUNT:
        if <SQLLEN>value < 0 or <SQLLEN>value > 32767:
            return fail_num(&x.h, b"07009", b"A descriptor cannot have %d records", <SQLLEN>value, 0)
        if desc_reserve(x, <int32_t><SQLLEN>value) != SQL_SUCCESS:
            return no_memory(&x.h)
        x.count = <SQLSMALLINT><SQLLEN>value
    else:
        return SQL_NEED_DATA
    return SQL_SUCCESS


cdef SQLRETURN set_desc_record(Desc* x, DescRec* r, SQLSMALLINT field, SQLPOINTER value) noexcept nogil:
    cdef SQLLEN v = <SQLLEN>value
    if field == SQL_DESC_TYPE or field == SQL_DESC_CONCISE_TYPE:
        desc_set_concise(r, modern_c_type(<SQLSMALLINT>v))
    elif field == SQL_DESC_PRECISION:
        r.precision = <SQLSMALLINT>v
    elif field == SQL_DESC_SCALE:
        r.scale = <SQLSMALLINT>v
    elif field == SQL_DESC_LENGTH:
        r.length = <SQLULEN>v
    elif field == SQL_DESC_OCTET_LENGTH:
        r.octet_length = v
    elif field == SQL_DESC_DATETIME_INTERVAL_PRECISION:
        r.datetime_interval_precision = <SQLINTEGER>v
    elif field == SQL_DESC_DATETIME_INTERVAL_CODE:
        r.datetime_interval_code = <SQLSMALLINT>v
        if r.type == SQL_DATETIME:
            r.concise_type = <SQLSMALLINT>(v + 90)
        elif r.type == SQL_INTERVAL:
            r.concise_type = <SQLSMALLINT>(v + 100)
    elif field == SQL_DESC_NUM_PREC_RADIX:
        r.num_prec_radix = <SQLINTEGER>v
    elif field == SQL_DESC_DATA_PTR:
        r.data_ptr = value
        return SQL_SUCCESS
    elif field == SQL_DESC_INDICATOR_PTR:
        r.indicator_ptr = <SQLLEN*>value
        return SQL_SUCCESS
    elif field == SQL_DESC_OCTET_LENGTH_PTR:
        r.octet_length_ptr = <SQLLEN*>value
        return SQL_SUCCESS
    elif field == SQL_DESC_PARAMETER_TYPE and x.kind == DESC_IPD:
        r.parameter_type = <SQLSMALLINT>v
    else:
        return fail_num(&x.h, b"HY091", b"%d is not a field that can be set on this descriptor", field, 0)
    if x.kind != DESC_IPD:
        r.data_ptr = NULL  # setting any other field unbinds the record, as the SQLSetDescField page says
    return SQL_SUCCESS


cdef SQLRETURN set_desc_field(Desc* x, SQLSMALLINT i, SQLSMALLINT field, SQLPOINTER value) noexcept nogil:
    cdef SQLRETURN rc
    if x.kind == DESC_IRD and field != SQL_DESC_ARRAY_STATUS_PTR and field != SQL_DESC_ROWS_PROCESSED_PTR:
        return fail(&x.h, b"HY016", b"The implementation row descriptor describes the result and cannot be changed")
    if x.stmt is not NULL:
        x.stmt.bindings_changed = True
    rc = set_desc_header(x, field, value)
    if rc != SQL_NEED_DATA:
        return rc
    if i < 1:
        return fail_num(&x.h, b"07009", b"There is no descriptor record %d", i, 0)
    if desc_reserve(x, i) != SQL_SUCCESS:
        return no_memory(&x.h)
    if i > x.count:
        x.count = i
    return set_desc_record(x, &x.recs[i], field, value)
