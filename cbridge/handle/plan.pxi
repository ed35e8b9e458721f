# The plan of a fetch: bound columns as ready Targets, made once after bindings or columns changed.
# Included by _core.pyx after descs.pxi.

cdef SQLSMALLINT modern_c_type(SQLSMALLINT t) noexcept nogil:
    """ODBC 2's codes of the datetime C types (9, 10, 11) as ODBC 3's."""
    if t == SQL_C_DATE:
        return SQL_C_TYPE_DATE
    if t == SQL_C_TIME:
        return SQL_C_TYPE_TIME
    if t == SQL_C_TIMESTAMP:
        return SQL_C_TYPE_TIMESTAMP
    return t


cdef SQLRETURN make_target(Stmt* s, SQLUSMALLINT column, SQLSMALLINT c_type, const DescRec* app, Target* t) noexcept nogil:
    """A Target for a column: default types resolved, the conversion proved allowed. `app`: the ARD record or NULL."""
    cdef const DescRec* rec = &s.ird.recs[column]
    cdef bint from_ard = c_type == SQL_ARD_TYPE
    if column == 0:
        return bookmark_target(s, c_type, app, t)
    if from_ard:
        c_type = SQL_C_DEFAULT if app is NULL else app.concise_type
    if c_type == SQL_C_DEFAULT:
        c_type = default_c_type(rec.concise_type, rec.is_unsigned == SQL_TRUE)
    c_type = modern_c_type(c_type)
    if not c_type_known(c_type):
        return fail_num(&s.h, b"HY003", b"%d is not a C type (column %d)", c_type, column)
    if not conversion_allowed(rec.concise_type, c_type):
        return fail_num(&s.h, b"07006", b"Column %d cannot be converted to the C type %d; the specification has no such "
                        b"conversion", column, c_type)
    memset(t, 0, sizeof(Target))
    t.sql_type = rec.concise_type
    t.c_type = c_type
    t.col_precision = rec.precision
    t.col_scale = rec.scale
    t.column_size = <SQLLEN>rec_column_size(rec)
    t.max_length = s.max_length
    t.leading = 2
    t.precision = 6
    t.wchar_size = wchar_bytes()
    if c_type == SQL_C_NUMERIC:
        t.precision = 38
        if rec.concise_type == SQL_DECIMAL or rec.concise_type == SQL_NUMERIC:
            t.precision = rec.precision if 0 < rec.precision <= 38 else 38
            t.scale = rec.scale
    if app is not NULL and (from_ard or app.concise_type == c_type):
        if c_type == SQL_C_NUMERIC and app.precision > 0:
            t.precision = app.precision
            t.scale = app.scale
        elif app.type == SQL_INTERVAL:
            t.leading = app.datetime_interval_precision if app.datetime_interval_precision > 0 else 2
            t.precision = app.precision
    return SQL_SUCCESS


cdef SQLRETURN bookmark_target(Stmt* s, SQLSMALLINT c_type, const DescRec* app, Target* t) noexcept nogil:
    """A Target for column 0: a number, or the bytes of one."""
    if c_type == SQL_ARD_TYPE and app is not NULL:
        c_type = app.concise_type
    if c_type == SQL_C_DEFAULT or c_type == SQL_ARD_TYPE:
        c_type = SQL_C_VARBOOKMARK if s.use_bookmarks == SQL_UB_VARIABLE else SQL_C_BOOKMARK
    if (c_type != SQL_C_BINARY and c_type != SQL_C_UBIGINT and c_type != SQL_C_SBIGINT and c_type != SQL_C_ULONG
            and c_type != SQL_C_SLONG and c_type != SQL_C_LONG):
        return fail_num(&s.h, b"07006", b"A bookmark cannot be had as C type %d: use SQL_C_VARBOOKMARK or SQL_C_BOOKMARK",
                        c_type, 0)
    if (c_type == SQL_C_BINARY) != (s.use_bookmarks == SQL_UB_VARIABLE):
        return fail_num(&s.h, b"07006", b"The C type %d is not that of the bookmarks that SQL_ATTR_USE_BOOKMARKS asked for",
                        c_type, 0)
    memset(t, 0, sizeof(Target))
    t.sql_type = SQL_BINARY
    t.c_type = c_type
    return SQL_SUCCESS


cdef SQLRETURN build_plan(Stmt* s) noexcept nogil:
    """Targets of all bound columns; a column beyond the result is 07009, a conversion that is none 07006."""
    cdef Desc* ard = s.ard
    cdef DescRec* r
    cdef SQLRETURN rc
    cdef int32_t i, n = 0
    free(s.plan)
    free(s.plan_columns)
    free(s.plan_quick)
    s.nplan = 0
    s.plan = <Target*>malloc((ard.count + 2) * sizeof(Target))
    s.plan_columns = <SQLUSMALLINT*>malloc((ard.count + 2) * sizeof(SQLUSMALLINT))
    s.plan_quick = <Quick*>calloc(ard.count + 2, sizeof(Quick))
    if s.plan is NULL or s.plan_columns is NULL or s.plan_quick is NULL:
        return no_memory(&s.h)
    for i in range(ard.count + 1):
        r = &ard.recs[i]
        if r.data_ptr is NULL and r.octet_length_ptr is NULL and r.indicator_ptr is NULL:
            continue
        if i == 0 and s.use_bookmarks == SQL_UB_OFF:
            return fail(&s.h, b"07009", b"Column 0 is bound, but bookmarks are off (SQL_ATTR_USE_BOOKMARKS)")
        if i > s.ird.count:
            return fail_num(&s.h, b"07009", b"Column %d is bound, but the result has %d columns", i, s.ird.count)
        rc = make_target(s, <SQLUSMALLINT>i, r.concise_type, r, &s.plan[n])
        if rc != SQL_SUCCESS:
            return rc
        s.plan[n].buffer = r.data_ptr
        s.plan[n].capacity = r.octet_length
        s.plan[n].octet_length = r.octet_length_ptr
        s.plan[n].indicator = r.indicator_ptr
        s.plan_columns[n] = <SQLUSMALLINT>i
        n += 1
    s.nplan = n
    s.bindings_changed = False
    return SQL_SUCCESS


cdef SQLRETURN getdata_target(Stmt* s, SQLUSMALLINT column, SQLSMALLINT c_type, SQLPOINTER buffer, SQLLEN capacity,
                              SQLLEN* ind, Target* t) noexcept nogil:
    """The Target of a SQLGetData call; SQL_C_DEFAULT and SQL_ARD_TYPE resolved."""
    cdef const DescRec* app = &s.ard.recs[column] if column <= s.ard.count else NULL
    cdef SQLRETURN rc = make_target(s, column, c_type, app, t)
    t.buffer = buffer
    t.capacity = capacity
    t.octet_length = ind
    t.indicator = ind
    return rc
