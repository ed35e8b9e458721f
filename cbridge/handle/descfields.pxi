# The fields of descriptors by number: which kind of descriptor has which, reading, writing, the consistency check.
# Included by _core.pyx after plan.pxi. Facts: the tables of the SQLSetDescField page.

cdef enum:
    ON_ARD = 1
    ON_APD = 2
    ON_APP = 3
    ON_IRD = 4
    ON_IPD = 8

cdef struct FieldRule:
    bint known, header
    int32_t readable, writable   # ON_* bits


cdef FieldRule field_rule(SQLSMALLINT f) noexcept nogil:
    """On which descriptors a field can be read and written."""
    cdef FieldRule r
    r.known = True
    r.header = False
    r.readable = ON_IRD
    r.writable = 0
    if f == SQL_DESC_ALLOC_TYPE:
        r.header = True
        r.readable = ON_APP | ON_IRD | ON_IPD
    elif f == SQL_DESC_ARRAY_SIZE or f == SQL_DESC_BIND_OFFSET_PTR or f == SQL_DESC_BIND_TYPE:
        r.header = True
        r.readable = r.writable = ON_APP
    elif f == SQL_DESC_ARRAY_STATUS_PTR:
        r.header = True
        r.readable = r.writable = ON_APP | ON_IRD | ON_IPD
    elif f == SQL_DESC_COUNT:
        r.header = True
        r.readable = ON_APP | ON_IRD | ON_IPD
        r.writable = ON_APP | ON_IPD
    elif f == SQL_DESC_ROWS_PROCESSED_PTR:
        r.header = True
        r.readable = r.writable = ON_IRD | ON_IPD
    elif (f == SQL_DESC_CASE_SENSITIVE or f == SQL_DESC_FIXED_PREC_SCALE or f == SQL_DESC_LOCAL_TYPE_NAME
          or f == SQL_DESC_NULLABLE or f == SQL_DESC_ROWVER or f == SQL_DESC_TYPE_NAME or f == SQL_DESC_UNSIGNED):
        r.readable = ON_IRD | ON_IPD
    elif (f == SQL_DESC_CONCISE_TYPE or f == SQL_DESC_TYPE or f == SQL_DESC_DATETIME_INTERVAL_CODE
          or f == SQL_DESC_DATETIME_INTERVAL_PRECISION or f == SQL_DESC_LENGTH or f == SQL_DESC_OCTET_LENGTH
          or f == SQL_DESC_NUM_PREC_RADIX or f == SQL_DESC_PRECISION or f == SQL_DESC_SCALE):
        r.readable = ON_APP | ON_IRD | ON_IPD
        r.writable = ON_APP | ON_IPD
    elif f == SQL_DESC_NAME or f == SQL_DESC_UNNAMED:
        r.readable = ON_IRD | ON_IPD
        r.writable = ON_IPD
    elif f == SQL_DESC_INDICATOR_PTR or f == SQL_DESC_OCTET_LENGTH_PTR:
        r.readable = r.writable = ON_APP
    elif f == SQL_DESC_DATA_PTR:
        r.readable = ON_APP
        r.writable = ON_APP | ON_IPD
    elif f == SQL_DESC_PARAMETER_TYPE:
        r.readable = r.writable = ON_IPD
    elif not (f == SQL_DESC_AUTO_UNIQUE_VALUE or f == SQL_DESC_BASE_COLUMN_NAME or f == SQL_DESC_BASE_TABLE_NAME
              or f == SQL_DESC_CATALOG_NAME or f == SQL_DESC_DISPLAY_SIZE or f == SQL_DESC_LABEL
              or f == SQL_DESC_LITERAL_PREFIX or f == SQL_DESC_LITERAL_SUFFIX or f == SQL_DESC_SCHEMA_NAME
              or f == SQL_DESC_SEARCHABLE or f == SQL_DESC_TABLE_NAME or f == SQL_DESC_UPDATABLE):
        r.known = False
        r.readable = 0
    return r


cdef int32_t kind_bits(const Desc* x) noexcept nogil:
    if x.kind == DESC_ARD:
        return ON_ARD
    if x.kind == DESC_APD:
        return ON_APD
    if x.kind == DESC_IRD:
        return ON_IRD
    return ON_IPD if x.kind == DESC_IPD else ON_APP


# ---- reading ----
cdef int32_t header_number(const Desc* x, SQLSMALLINT f, int64_t* v) noexcept nogil:
    """The value of a header field; returns its width in bytes."""
    if f == SQL_DESC_ALLOC_TYPE:
        v[0] = x.alloc_type
        return sizeof(SQLSMALLINT)
    if f == SQL_DESC_COUNT:
        v[0] = x.count
        return sizeof(SQLSMALLINT)
    if f == SQL_DESC_BIND_TYPE:
        v[0] = x.bind_type
        return sizeof(SQLINTEGER)
    if f == SQL_DESC_ARRAY_SIZE:
        v[0] = <int64_t>x.array_size
    elif f == SQL_DESC_ARRAY_STATUS_PTR:
        v[0] = <int64_t><intptr_t>x.array_status_ptr
    elif f == SQL_DESC_BIND_OFFSET_PTR:
        v[0] = <int64_t><intptr_t>x.bind_offset_ptr
    else:
        v[0] = <int64_t><intptr_t>x.rows_processed_ptr
    return sizeof(SQLLEN)


cdef int32_t rec_number(const DescRec* r, SQLSMALLINT f, int64_t* v) noexcept nogil:
    """The value of a numeric record field; returns its width in bytes, 0 when the field is none."""
    if f == SQL_DESC_LENGTH:
        v[0] = <int64_t>r.length
    elif f == SQL_DESC_OCTET_LENGTH:
        v[0] = r.octet_length
    elif f == SQL_DESC_DISPLAY_SIZE:
        v[0] = r.display_size
    elif f == SQL_DESC_DATA_PTR:
        v[0] = <int64_t><intptr_t>r.data_ptr
    elif f == SQL_DESC_INDICATOR_PTR:
        v[0] = <int64_t><intptr_t>r.indicator_ptr
    elif f == SQL_DESC_OCTET_LENGTH_PTR:
        v[0] = <int64_t><intptr_t>r.octet_length_ptr
    else:
        return rec_small_number(r, f, v)
    return sizeof(SQLLEN)


cdef int32_t rec_small_number(const DescRec* r, SQLSMALLINT f, int64_t* v) noexcept nogil:
    """rec_number for SQLINTEGER and SQLSMALLINT fields."""
    if f == SQL_DESC_AUTO_UNIQUE_VALUE:
        v[0] = r.auto_unique_value
    elif f == SQL_DESC_CASE_SENSITIVE:
        v[0] = r.case_sensitive
    elif f == SQL_DESC_NUM_PREC_RADIX:
        v[0] = r.num_prec_radix
    elif f == SQL_DESC_DATETIME_INTERVAL_PRECISION:
        v[0] = r.datetime_interval_precision
    else:
        if f == SQL_DESC_CONCISE_TYPE:
            v[0] = r.concise_type
        elif f == SQL_DESC_TYPE:
            v[0] = r.type
        elif f == SQL_DESC_DATETIME_INTERVAL_CODE:
            v[0] = r.datetime_interval_code
        elif f == SQL_DESC_PRECISION:
            v[0] = r.precision
        elif f == SQL_DESC_SCALE:
            v[0] = r.scale
        elif f == SQL_DESC_NULLABLE:
            v[0] = r.nullable
        elif f == SQL_DESC_UNNAMED:
            v[0] = r.unnamed
        elif f == SQL_DESC_UNSIGNED:
            v[0] = r.is_unsigned
        elif f == SQL_DESC_SEARCHABLE:
            v[0] = r.searchable
        elif f == SQL_DESC_UPDATABLE:
            v[0] = r.updatable
        elif f == SQL_DESC_FIXED_PREC_SCALE:
            v[0] = r.fixed_prec_scale
        elif f == SQL_DESC_PARAMETER_TYPE:
            v[0] = r.parameter_type
        elif f == SQL_DESC_ROWVER:
            v[0] = SQL_FALSE
        else:
            return 0
        return sizeof(SQLSMALLINT)
    return sizeof(SQLINTEGER)


cdef void store_number(SQLPOINTER out, int32_t width, int64_t v) noexcept nogil:
    """Write v with the width of its field; the application's buffer need not be aligned."""
    cdef int16_t small = <int16_t>v
    cdef int32_t middle = <int32_t>v
    if width == 2:
        memcpy(out, &small, 2)
    elif width == 4:
        memcpy(out, &middle, 4)
    else:
        memcpy(out, &v, 8)


cdef SQLRETURN ird_known(Desc* x) noexcept nogil:
    """An IRD can be read once its statement is prepared; its description is fetched now if it is not here yet."""
    cdef SQLRETURN rc
    if x.kind != DESC_IRD:
        return SQL_SUCCESS
    if x.stmt.state == ST_ALLOCATED:
        return fail(&x.h, b"HY007", b"The statement is neither prepared nor executed, so it has no columns to describe")
    rc = describe_now(x.stmt)
    if SQL_SUCCEEDED(rc):
        return SQL_SUCCESS
    return fail(&x.h, b"HY000", b"The engine could not describe the prepared statement: its diagnostics stand on the "
                b"statement handle")


cdef SQLRETURN check_record(Desc* x, SQLSMALLINT i) noexcept nogil:
    """07009 for a record number that the descriptor cannot have."""
    if i < 0:
        return fail_num(&x.h, b"07009", b"Descriptor record %d: numbers start at 1", i, 0)
    if i == 0 and x.kind == DESC_IRD and x.stmt.use_bookmarks != SQL_UB_OFF:
        return need_bookmark(x.stmt, 0)
    if i == 0 and (x.kind == DESC_IPD or x.kind == DESC_IRD or x.kind == DESC_APD):
        return fail(&x.h, b"07009", b"Descriptor record 0 is the bookmark: parameters have none, and columns only where "
                    b"SQL_ATTR_USE_BOOKMARKS is on")
    return SQL_SUCCESS


cdef SQLRETURN get_desc_field(Desc* x, SQLSMALLINT i, SQLSMALLINT f, SQLPOINTER out, SQLINTEGER cap, SQLINTEGER* total,
                              bint wide) noexcept nogil:
    """SQLGetDescField; lengths of text are bytes, also for the W form."""
    cdef FieldRule rule = field_rule(f)
    cdef int which
    cdef int64_t v = 0, n = 0
    cdef int32_t width
    cdef const char* text
    cdef SQLRETURN rc
    if not rule.known or not rule.readable & kind_bits(x):
        return fail_num(&x.h, b"HY091", b"%d is not a field that can be read from this kind of descriptor", f, 0)
    if not (rule.header and f != SQL_DESC_COUNT):
        rc = ird_known(x)
        if rc != SQL_SUCCESS:
            return rc
    if rule.header:
        width = header_number(x, f, &v)
    else:
        rc = check_record(x, i)
        if rc != SQL_SUCCESS:
            return rc
        if i > x.count:
            return SQL_NO_DATA
        which = text_field(<SQLUSMALLINT>f)
        if which >= 0:
            text = rec_text(&x.recs[i], which)
            rc = give(&x.h, text, strlen(text), out, cap, &n, wide, True)
            if total is not NULL and SQL_SUCCEEDED(rc):
                total[0] = <SQLINTEGER>n
            return rc
        width = rec_number(&x.recs[i], f, &v)
    if out is not NULL:
        store_number(out, width, v)
    if total is not NULL:
        total[0] = width
    return SQL_SUCCESS


# ---- writing ----
cdef void type_defaults(DescRec* r) noexcept nogil:
    """What setting a type sets with it, as the table of SQL_DESC_TYPE says."""
    cdef SQLSMALLINT t = r.concise_type
    if is_char_type(t):
        r.length = 1
        r.precision = 0
    elif t == SQL_DECIMAL or t == SQL_NUMERIC:
        r.scale = 0
        r.precision = 38
    elif t == SQL_FLOAT or t == SQL_REAL:
        r.precision = 15
    elif r.type == SQL_DATETIME:
        r.precision = 6 if t == SQL_TYPE_TIMESTAMP else 0
    elif r.type == SQL_INTERVAL:
        r.datetime_interval_precision = 2
        r.precision = 6 if has_seconds(t) else 0


cdef bint has_seconds(SQLSMALLINT t) noexcept nogil:
    """Interval types whose last field is the seconds."""
    return (t == SQL_INTERVAL_SECOND or t == SQL_INTERVAL_DAY_TO_SECOND or t == SQL_INTERVAL_HOUR_TO_SECOND
            or t == SQL_INTERVAL_MINUTE_TO_SECOND)


cdef SQLSMALLINT combined_type(SQLSMALLINT type, SQLSMALLINT code) noexcept nogil:
    """The concise type of a verbose type and a sub-code; SQL_UNKNOWN_TYPE when there is none."""
    if type == SQL_DATETIME:
        return 90 + code if 1 <= code <= 3 else SQL_UNKNOWN_TYPE
    if type == SQL_INTERVAL:
        return 100 + code if 1 <= code <= 13 else SQL_UNKNOWN_TYPE
    return type


cdef bint desc_type_known(const Desc* x, SQLSMALLINT concise) noexcept nogil:
    if x.kind == DESC_IPD:
        return sql_type_known(concise)
    return concise == SQL_C_DEFAULT or c_type_known(concise)


cdef SQLRETURN set_type(Desc* x, DescRec* r, SQLSMALLINT t, bint concise) noexcept nogil:
    """SQL_DESC_CONCISE_TYPE, or SQL_DESC_TYPE whose datetime and interval types wait for their sub-code."""
    if not concise:
        if SQL_TYPE_DATE <= t <= SQL_TYPE_TIMESTAMP or SQL_INTERVAL_YEAR <= t <= SQL_INTERVAL_MINUTE_TO_SECOND:
            return fail_num(&x.h, b"HY021", b"%d is a concise type: set it as SQL_DESC_CONCISE_TYPE, or set SQL_DESC_TYPE to "
                            b"SQL_DATETIME or SQL_INTERVAL and the sub-code apart", t, 0)
        if t == SQL_DATETIME or t == SQL_INTERVAL:
            if r.type != t and r.datetime_interval_code and r.type in (SQL_DATETIME, SQL_INTERVAL):
                r.datetime_interval_code = 0
            r.type = t
            r.concise_type = combined_type(t, r.datetime_interval_code)
            type_defaults(r)
            return SQL_SUCCESS
    else:
        t = modern_c_type(t)
    if not desc_type_known(x, t):
        return fail_num(&x.h, b"HY021", b"%d is not a type that this descriptor can have", t, 0)
    desc_set_concise(r, t)
    type_defaults(r)
    return SQL_SUCCESS


cdef SQLRETURN check_consistency(Desc* x, const DescRec* r) noexcept nogil:
    """HY021 where the type fields and what belongs to them do not go together."""
    cdef SQLSMALLINT t = r.concise_type
    if not desc_type_known(x, t) or combined_type(r.type, r.datetime_interval_code) != t:
        return fail_num(&x.h, b"HY021", b"Type %d with the datetime or interval code %d is not a type", r.type,
                        r.datetime_interval_code)
    if t == SQL_NUMERIC or t == SQL_DECIMAL:
        if not 1 <= r.precision <= 38 or r.scale > r.precision or (x.kind == DESC_IPD and r.scale < 0):
            return fail_num(&x.h, b"HY021", b"A precision of %d with a scale of %d is not possible: precisions go from 1 "
                            b"to 38", r.precision, r.scale)
    elif (r.type == SQL_DATETIME or (r.type == SQL_INTERVAL and has_seconds(t))) and not 0 <= r.precision <= 12:
        return fail_num(&x.h, b"HY021", b"%d is not a number of fractional digits of seconds", r.precision, 0)
    if r.type == SQL_INTERVAL and not 1 <= r.datetime_interval_precision <= 9:
        return fail_num(&x.h, b"HY021", b"%d is not a leading precision of an interval: those go from 1 to 9",
                        r.datetime_interval_precision, 0)
    return SQL_SUCCESS


cdef void drop_records(Desc* x, int32_t keep) noexcept nogil:
    """Records above `keep` back to their defaults."""
    cdef int32_t i
    for i in range(keep + 1, x.capacity + 1):
        rec_clear(&x.recs[i])
        rec_default(&x.recs[i], x.kind)


cdef SQLRETURN set_desc_header(Desc* x, SQLSMALLINT field, SQLPOINTER value) noexcept nogil:
    if field == SQL_DESC_ARRAY_SIZE:
        if <SQLULEN>value == 0:
            return fail(&x.h, b"HY092", b"An array has at least one element")
        x.array_size = <SQLULEN>value
    elif field == SQL_DESC_ARRAY_STATUS_PTR:
        x.array_status_ptr = <SQLUSMALLINT*>value
    elif field == SQL_DESC_BIND_OFFSET_PTR:
        x.bind_offset_ptr = <SQLLEN*>value
    elif field == SQL_DESC_BIND_TYPE:
        if <SQLLEN>value < 0 or <SQLLEN>value > 0x7FFFFFFF:
            return fail_num(&x.h, b"HY092", b"%d is neither SQL_BIND_BY_COLUMN nor the length of a row", <SQLLEN>value, 0)
        x.bind_type = <SQLINTEGER><SQLLEN>value
    elif field == SQL_DESC_ROWS_PROCESSED_PTR:
        x.rows_processed_ptr = <SQLULEN*>value
    else:
        # The argument is a SQLSMALLINT in a pointer: only its lower half is the application's.
        if <SQLSMALLINT><SQLLEN>value < 0:
            return fail_num(&x.h, b"07009", b"A descriptor cannot have %d records", <SQLSMALLINT><SQLLEN>value, 0)
        if desc_reserve(x, <SQLSMALLINT><SQLLEN>value) != SQL_SUCCESS:
            return no_memory(&x.h)
        x.count = <SQLSMALLINT><SQLLEN>value
        drop_records(x, x.count)
    return SQL_SUCCESS


cdef SQLRETURN set_name(Desc* x, DescRec* r, SQLPOINTER value, SQLINTEGER n, bint wide) noexcept nogil:
    """SQL_DESC_NAME of a parameter; n is in bytes, or SQL_NTS."""
    cdef TextIn t
    cdef SQLRETURN rc = text_in(&x.h, value, n // wchar_bytes() if wide and n > 0 else n, wide, &t)
    if rc == SQL_SUCCESS:
        if desc_set_text(r, TEXT_NAME, t.p if t.p is not NULL else <const char*>b"", t.n) != SQL_SUCCESS:
            rc = no_memory(&x.h)
        r.unnamed = SQL_NAMED if t.n else SQL_UNNAMED
    text_free(&t)
    return rc


cdef SQLRETURN set_pointer(Desc* x, DescRec* r, SQLPOINTER value) noexcept nogil:
    """SQL_DESC_DATA_PTR: checks the record; on an IPD that is all it does."""
    cdef SQLRETURN rc
    if value is not NULL:
        rc = check_consistency(x, r)
        if rc != SQL_SUCCESS or x.kind == DESC_IPD:
            return rc
        r.data_ptr = value
        return SQL_SUCCESS
    r.data_ptr = NULL
    if x.kind != DESC_IPD:
        while x.count and x.recs[x.count].data_ptr is NULL and x.recs[x.count].octet_length_ptr is NULL:
            x.count -= 1
    return SQL_SUCCESS


cdef SQLRETURN set_desc_number(Desc* x, DescRec* r, SQLSMALLINT field, SQLLEN v) noexcept nogil:
    """A numeric record field. Narrow fields are read from the lower bytes of v, which are the application's."""
    cdef SQLSMALLINT small = <SQLSMALLINT>v
    if field == SQL_DESC_TYPE or field == SQL_DESC_CONCISE_TYPE:
        return set_type(x, r, small, field == SQL_DESC_CONCISE_TYPE)
    if field == SQL_DESC_DATETIME_INTERVAL_CODE:
        if r.type == SQL_DATETIME or r.type == SQL_INTERVAL:
            if combined_type(r.type, small) == SQL_UNKNOWN_TYPE:
                return fail_num(&x.h, b"HY021", b"Type %d has no sub-code %d", r.type, small)
            r.concise_type = combined_type(r.type, small)
        elif not 0 <= small <= 13:
            return fail_num(&x.h, b"HY021", b"%d is not a datetime or interval code", small, 0)
        r.datetime_interval_code = small
        type_defaults(r)
    elif field == SQL_DESC_PRECISION:
        r.precision = small
    elif field == SQL_DESC_SCALE:
        r.scale = small
    elif field == SQL_DESC_LENGTH:
        r.length = <SQLULEN>v
    elif field == SQL_DESC_OCTET_LENGTH:
        if v < 0:
            return fail_num(&x.h, b"HY090", b"A buffer length of %d is negative", v, 0)
        r.octet_length = v
    elif field == SQL_DESC_DATETIME_INTERVAL_PRECISION:
        r.datetime_interval_precision = <SQLINTEGER>v
    elif field == SQL_DESC_NUM_PREC_RADIX:
        if <SQLINTEGER>v != 0 and <SQLINTEGER>v != 2 and <SQLINTEGER>v != 10:
            return fail_num(&x.h, b"HY092", b"%d is not a radix: 2, 10 or 0", <SQLINTEGER>v, 0)
        r.num_prec_radix = <SQLINTEGER>v
    elif field == SQL_DESC_UNNAMED:
        if small != SQL_UNNAMED:
            return fail(&x.h, b"HY092", b"A parameter becomes named by setting SQL_DESC_NAME, not SQL_DESC_UNNAMED")
        free(r.texts[<int>TEXT_NAME])
        r.texts[<int>TEXT_NAME] = NULL
        r.unnamed = SQL_UNNAMED
    else:
        if small == SQL_PARAM_OUTPUT or small == SQL_PARAM_INPUT_OUTPUT:
            return fail(&x.h, b"HYC00", b"Output parameters need procedures, which these engines do not have")
        if small != SQL_PARAM_INPUT:
            return fail_num(&x.h, b"HY105", b"%d is not a parameter direction", small, 0)
        r.parameter_type = small
    return SQL_SUCCESS


cdef SQLRETURN set_desc_record(Desc* x, DescRec* r, SQLSMALLINT field, SQLPOINTER value, SQLINTEGER n,
                               bint wide) noexcept nogil:
    cdef SQLRETURN rc
    if field == SQL_DESC_DATA_PTR:
        return set_pointer(x, r, value)
    if field == SQL_DESC_INDICATOR_PTR:
        r.indicator_ptr = <SQLLEN*>value
        return SQL_SUCCESS
    if field == SQL_DESC_OCTET_LENGTH_PTR:
        r.octet_length_ptr = <SQLLEN*>value
        return SQL_SUCCESS
    if field == SQL_DESC_NAME:
        return set_name(x, r, value, n, wide)
    rc = set_desc_number(x, r, field, <SQLLEN>value)
    if x.kind != DESC_IPD:
        r.data_ptr = NULL  # setting any other field unbinds the record, as the SQLSetDescField page says
    return rc


cdef SQLRETURN need_record(Desc* x, SQLSMALLINT i) noexcept nogil:
    """Make record i exist for writing; SQL_DESC_COUNT follows."""
    cdef SQLRETURN rc = check_record(x, i)
    if rc != SQL_SUCCESS:
        return rc
    if desc_reserve(x, i) != SQL_SUCCESS:
        return no_memory(&x.h)
    if i > x.count:
        x.count = i
    return SQL_SUCCESS


cdef SQLRETURN set_desc_field(Desc* x, SQLSMALLINT i, SQLSMALLINT field, SQLPOINTER value, SQLINTEGER n,
                              bint wide) noexcept nogil:
    """SQLSetDescField."""
    cdef FieldRule rule = field_rule(field)
    cdef SQLRETURN rc
    if not rule.known:
        return fail_num(&x.h, b"HY091", b"%d is not a descriptor field", field, 0)
    if not rule.writable & kind_bits(x):
        if x.kind == DESC_IRD and field != SQL_DESC_NAME:  # the page wants HY091 for the name, HY016 for all others
            return fail_num(&x.h, b"HY016", b"The implementation row descriptor describes the result: its field %d cannot be "
                            b"changed", field, 0)
        return fail_num(&x.h, b"HY091", b"Field %d cannot be set on this kind of descriptor", field, 0)
    bindings_touched(x)
    if rule.header:
        return set_desc_header(x, field, value)
    rc = need_record(x, i)
    if rc != SQL_SUCCESS:
        return rc
    return set_desc_record(x, &x.recs[i], field, value, n, wide)
