# SQLNumResultCols, SQLDescribeCol, SQLColAttribute, SQLBindCol.
# Included by _core.pyx after api_statement.pxi.

cdef SQLRETURN need_result(Stmt* s, SQLUSMALLINT column, bint counting) noexcept nogil:
    """The IRD is known, and has the column where one is named (0 = none named).

    counting: SQLNumResultCols, which may ask an executed statement without a result too.
    """
    cdef SQLRETURN rc
    if s.state == ST_ALLOCATED:
        return fail(&s.h, b"HY010", b"Nothing is prepared or executed on this statement")
    if s.state == ST_EXECUTED_NO_RESULT and (column or not counting):
        return fail(&s.h, b"24000", b"The statement that was executed gave no result set, so it has no columns")
    rc = describe_now(s)
    if not SQL_SUCCEEDED(rc):
        return rc
    if column == 0:
        return SQL_SUCCESS
    if s.ird.count == 0:
        return fail(&s.h, b"07005", b"The statement gives no result set, so it has no columns")
    if column > s.ird.count:
        return fail_num(&s.h, b"07009", b"Column %d of a result that has %d", column, s.ird.count)
    return SQL_SUCCESS


cdef SQLRETURN need_bookmark(Stmt* s, SQLUSMALLINT column) noexcept nogil:
    """For column 0: bookmarks are on, and the IRD's record 0 describes them."""
    cdef DescRec* r = &s.ird.recs[0]
    if column != 0:
        return SQL_SUCCESS
    if s.use_bookmarks == SQL_UB_OFF:
        return fail(&s.h, b"07009", b"Column 0 is the bookmark, and SQL_ATTR_USE_BOOKMARKS is off")
    desc_set_concise(r, SQL_BINARY if s.use_bookmarks == SQL_UB_VARIABLE else SQL_BIGINT)
    ird_sizes(r, 8 if s.use_bookmarks == SQL_UB_VARIABLE else 19, 0)
    r.octet_length = 8
    r.display_size = 16 if s.use_bookmarks == SQL_UB_VARIABLE else 20
    r.nullable = SQL_NO_NULLS
    r.unnamed = SQL_UNNAMED
    r.searchable = SQL_PRED_NONE
    return SQL_SUCCESS


cdef SQLRETURN num_result_cols(Stmt* s, SQLSMALLINT* n) noexcept nogil:
    cdef SQLRETURN rc = need_result(s, 0, True)
    if SQL_SUCCEEDED(rc) and n is not NULL:
        n[0] = s.ird.count
    return rc


cdef public SQLRETURN SQLNumResultCols(SQLHSTMT h, SQLSMALLINT* n) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLNUMRESULTCOLS, &rc):
        return rc
    if description_waits(s):
        return leave(&s.h, launch_count(s, n))
    return leave(&s.h, num_result_cols(s, n))


cdef SQLSMALLINT odbc2_type(Stmt* s, SQLSMALLINT t) noexcept nogil:
    """Datetime codes as the application's ODBC version knows them."""
    if s.dbc.env.odbc_version == SQL_OV_ODBC2 and t >= SQL_TYPE_DATE and t <= SQL_TYPE_TIMESTAMP:
        return t - SQL_TYPE_DATE + SQL_DATE
    return t


cdef SQLRETURN describe_col(SQLHSTMT h, SQLUSMALLINT c, void* name, SQLSMALLINT cap, SQLSMALLINT* total,
                            SQLSMALLINT* sql_type, SQLULEN* size, SQLSMALLINT* digits, SQLSMALLINT* nullable,
                            bint wide) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef DescRec* r
    cdef SQLRETURN rc
    cdef const char* label
    if not begin(s, SQL_API_SQLDESCRIBECOL, &rc):
        return rc
    if description_waits(s):
        return leave(&s.h, launch_column(s, c, name, cap, total, sql_type, size, digits, nullable, wide))
    rc = need_bookmark(s, c)
    if SQL_SUCCEEDED(rc):
        rc = need_result(s, c, False)
    if not SQL_SUCCEEDED(rc):
        return leave(&s.h, rc)
    r = &s.ird.recs[c]
    if sql_type is not NULL:
        sql_type[0] = odbc2_type(s, r.concise_type)
    if size is not NULL:
        size[0] = rec_column_size(r)
    if digits is not NULL:
        digits[0] = rec_decimal_digits(r)
    if nullable is not NULL:
        nullable[0] = r.nullable
    label = rec_text(r, TEXT_NAME)
    return leave(&s.h, give16(&s.h, label, strlen(label), name, cap, total, wide, False))


cdef public SQLRETURN SQLDescribeCol(SQLHSTMT h, SQLUSMALLINT c, SQLCHAR* name, SQLSMALLINT cap, SQLSMALLINT* total,
                                     SQLSMALLINT* sql_type, SQLULEN* size, SQLSMALLINT* digits,
                                     SQLSMALLINT* nullable) noexcept nogil:
    return describe_col(h, c, name, cap, total, sql_type, size, digits, nullable, False)


cdef public SQLRETURN SQLDescribeColW(SQLHSTMT h, SQLUSMALLINT c, SQLWCHAR* name, SQLSMALLINT cap, SQLSMALLINT* total,
                                      SQLSMALLINT* sql_type, SQLULEN* size, SQLSMALLINT* digits,
                                      SQLSMALLINT* nullable) noexcept nogil:
    return describe_col(h, c, name, cap, total, sql_type, size, digits, nullable, True)


cdef int text_field(SQLUSMALLINT field) noexcept nogil:
    """The text of a record that a field number names; -1 for numeric fields."""
    if field == SQL_DESC_NAME or field == SQL_COLUMN_NAME:
        return TEXT_NAME
    if field == SQL_DESC_LABEL:
        return TEXT_LABEL
    if field == SQL_DESC_TYPE_NAME:
        return TEXT_TYPE_NAME
    if field == SQL_DESC_LOCAL_TYPE_NAME:
        return TEXT_LOCAL_TYPE_NAME
    if field == SQL_DESC_LITERAL_PREFIX:
        return TEXT_LITERAL_PREFIX
    if field == SQL_DESC_LITERAL_SUFFIX:
        return TEXT_LITERAL_SUFFIX
    if field == SQL_DESC_BASE_COLUMN_NAME:
        return TEXT_BASE_COLUMN_NAME
    if field == SQL_DESC_BASE_TABLE_NAME:
        return TEXT_BASE_TABLE_NAME
    if field == SQL_DESC_TABLE_NAME:
        return TEXT_TABLE_NAME
    if field == SQL_DESC_SCHEMA_NAME:
        return TEXT_SCHEMA_NAME
    if field == SQL_DESC_CATALOG_NAME:
        return TEXT_CATALOG_NAME
    return -1


cdef bint number_field(Stmt* s, const DescRec* r, SQLUSMALLINT field, SQLLEN* out) noexcept nogil:
    """The value of a numeric field of SQLColAttribute; False for a number that names no field."""
    cdef FieldRule rule
    cdef int64_t v = 0
    if field == SQL_DESC_CONCISE_TYPE:
        out[0] = odbc2_type(s, r.concise_type)
    elif field == SQL_DESC_COUNT or field == SQL_COLUMN_COUNT:
        out[0] = s.ird.count
    elif field == SQL_COLUMN_LENGTH:
        out[0] = r.octet_length
    elif field == SQL_COLUMN_PRECISION:
        out[0] = <SQLLEN>rec_column_size(r)
    elif field == SQL_COLUMN_SCALE:
        out[0] = rec_decimal_digits(r)
    elif field == SQL_COLUMN_NULLABLE:
        out[0] = r.nullable
    else:
        rule = field_rule(<SQLSMALLINT>field)
        if not rule.readable & ON_IRD or rule.header or rec_number(r, <SQLSMALLINT>field, &v) == 0:
            return False
        out[0] = v
    return True


cdef SQLRETURN col_attribute(SQLHSTMT h, SQLUSMALLINT c, SQLUSMALLINT field, SQLPOINTER text, SQLSMALLINT cap,
                             SQLSMALLINT* total, SQLLEN* number, bint wide) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef const char* value
    cdef SQLRETURN rc
    cdef SQLLEN n = 0
    cdef int which = text_field(field)
    cdef bint count = field == SQL_DESC_COUNT or field == SQL_COLUMN_COUNT
    if not begin(s, SQL_API_SQLCOLATTRIBUTE, &rc):
        return rc
    if description_waits(s):
        return leave(&s.h, launch_attribute(s, c, field, text, cap, total, number, wide))
    rc = SQL_SUCCESS if count else need_bookmark(s, c)
    if SQL_SUCCEEDED(rc):
        rc = need_result(s, 0 if count else c, False)
    if not SQL_SUCCEEDED(rc):
        return leave(&s.h, rc)
    if which >= 0:
        value = rec_text(&s.ird.recs[c], which)
        return leave(&s.h, give16(&s.h, value, strlen(value), text, cap, total, wide, True))
    if not number_field(s, &s.ird.recs[0 if count else c], field, &n):
        return leave(&s.h, fail_num(&s.h, b"HY091", b"%d is not a field of a column", field, 0))
    if number is not NULL:
        number[0] = n
    return leave(&s.h, SQL_SUCCESS)


cdef public SQLRETURN SQLColAttribute(SQLHSTMT h, SQLUSMALLINT c, SQLUSMALLINT field, SQLPOINTER text, SQLSMALLINT cap,
                                      SQLSMALLINT* total, SQLLEN* number) noexcept nogil:
    return col_attribute(h, c, field, text, cap, total, number, False)


cdef public SQLRETURN SQLColAttributeW(SQLHSTMT h, SQLUSMALLINT c, SQLUSMALLINT field, SQLPOINTER text, SQLSMALLINT cap,
                                       SQLSMALLINT* total, SQLLEN* number) noexcept nogil:
    return col_attribute(h, c, field, text, cap, total, number, True)


cdef SQLRETURN bind_col(Stmt* s, SQLUSMALLINT c, SQLSMALLINT c_type, SQLPOINTER buffer, SQLLEN cap,
                        SQLLEN* ind) noexcept nogil:
    """Write the binding into the ARD; buffer NULL unbinds, and lowers SQL_DESC_COUNT as the page says."""
    cdef Desc* ard = s.ard
    cdef DescRec* r
    if (c == 0 and buffer is not NULL and c_type != SQL_C_VARBOOKMARK and c_type != SQL_C_BOOKMARK
            and c_type != SQL_C_ULONG):
        return fail_num(&s.h, b"07006", b"A bookmark cannot be had as C type %d: use SQL_C_VARBOOKMARK or SQL_C_BOOKMARK",
                        c_type, 0)
    if c > 32767:
        return fail_num(&s.h, b"07009", b"Column %d is beyond what any result has", c, 0)
    s.bindings_changed = True
    if buffer is NULL:
        if c <= ard.count:
            rec_clear(&ard.recs[c])
            rec_default(&ard.recs[c], ard.kind)
        while c and ard.count and ard.recs[ard.count].data_ptr is NULL:
            ard.count -= 1
        return SQL_SUCCESS
    if c_type != SQL_C_DEFAULT and not c_type_known(modern_c_type(c_type)):
        return fail_num(&s.h, b"HY003", b"%d is not a C type (column %d)", c_type, c)
    if cap < 0:
        return fail_num(&s.h, b"HY090", b"A buffer length of %d is negative (column %d)", cap, c)
    if desc_reserve(ard, c) != SQL_SUCCESS:
        return no_memory(&s.h)
    r = &ard.recs[c]
    desc_set_concise(r, modern_c_type(c_type))
    r.octet_length = cap
    r.length = cap
    r.precision = 38 if c_type == SQL_C_NUMERIC else (6 if r.type == SQL_INTERVAL else 0)
    r.scale = 0
    r.datetime_interval_precision = 2 if r.type == SQL_INTERVAL else 0
    r.data_ptr = buffer
    r.octet_length_ptr = ind
    r.indicator_ptr = ind
    if c > ard.count:
        ard.count = <SQLSMALLINT>c
    return SQL_SUCCESS


cdef public SQLRETURN SQLBindCol(SQLHSTMT h, SQLUSMALLINT c, SQLSMALLINT c_type, SQLPOINTER buffer, SQLLEN cap,
                                 SQLLEN* ind) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, SQL_API_SQLBINDCOL, &rc):
        return rc
    return leave(&s.h, bind_col(s, c, c_type, buffer, cap, ind))
