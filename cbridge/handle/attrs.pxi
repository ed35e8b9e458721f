# Attributes of environments, connections and statements: defaults, and one table row per statement attribute.
# Included by _core.pyx after params.pxi.

cdef enum:
    MAX_SETS = 0x7FFFFFFF             # parameter sets of one execution
    ATTR_DRIVER_UNICODE_TYPE = 1065   # iODBC asks the environment which SQLWCHAR the driver speaks
    UNICODE_UTF16 = 1
    UNICODE_UCS4 = 3


cdef void dbc_defaults(Dbc* d) noexcept nogil:
    d.autocommit = SQL_AUTOCOMMIT_ON
    d.access_mode = SQL_MODE_READ_WRITE
    d.odbc_cursors = SQL_CUR_USE_DRIVER


cdef void stmt_defaults(Stmt* s) noexcept nogil:
    """The defaults of the SQLSetStmtAttr page, and what ODBC 2 applications set on the connection for all statements."""
    cdef SQLINTEGER i
    s.concurrency = SQL_CONCUR_READ_ONLY
    s.cursor_type = SQL_CURSOR_FORWARD_ONLY
    s.retrieve_data = SQL_RD_ON
    s.simulate_cursor = SQL_SC_NON_UNIQUE
    s.rowset_size_2 = 1
    s.metadata_id = s.dbc.metadata_id
    s.async_enable = s.dbc.async_enable
    for i in range(STMT_OPTIONS):
        if s.dbc.options.given >> i & 1:
            set_stmt_attr(s, i, <SQLPOINTER>s.dbc.options.values[i])
    diag_clear(&s.h)


# ---- statements ----
cdef SQLULEN* plain_attr(Stmt* s, SQLINTEGER attr) noexcept nogil:
    """The field behind an attribute that any statement may read and whose value is a number; NULL for others."""
    if attr == SQL_ATTR_ASYNC_ENABLE:
        return &s.async_enable
    if attr == SQL_ATTR_CONCURRENCY:
        return &s.concurrency
    if attr == SQL_ATTR_CURSOR_SCROLLABLE:
        return &s.cursor_scrollable
    if attr == SQL_ATTR_CURSOR_SENSITIVITY:
        return &s.cursor_sensitivity
    if attr == SQL_ATTR_CURSOR_TYPE:
        return &s.cursor_type
    if attr == SQL_ATTR_ENABLE_AUTO_IPD:
        return &s.enable_auto_ipd
    if attr == SQL_ATTR_KEYSET_SIZE:
        return &s.keyset_size
    if attr == SQL_ATTR_MAX_LENGTH:
        return &s.max_length
    if attr == SQL_ATTR_MAX_ROWS:
        return &s.max_rows
    if attr == SQL_ATTR_METADATA_ID:
        return &s.metadata_id
    if attr == SQL_ATTR_NOSCAN:
        return &s.noscan
    if attr == SQL_ATTR_QUERY_TIMEOUT:
        return &s.query_timeout
    if attr == SQL_ATTR_RETRIEVE_DATA:
        return &s.retrieve_data
    if attr == SQL_ATTR_SIMULATE_CURSOR:
        return &s.simulate_cursor
    if attr == SQL_ATTR_USE_BOOKMARKS:
        return &s.use_bookmarks
    if attr == SQL_ROWSET_SIZE:
        return &s.rowset_size_2
    if attr == SQL_ATTR_ROW_ARRAY_SIZE:
        return &s.ard.array_size
    if attr == SQL_ATTR_PARAMSET_SIZE:
        return &s.apd.array_size
    return NULL


cdef void** pointer_attr(Stmt* s, SQLINTEGER attr) noexcept nogil:
    """The field behind an attribute whose value is a pointer; NULL for others."""
    if attr == SQL_ATTR_FETCH_BOOKMARK_PTR:
        return <void**>&s.fetch_bookmark_ptr
    if attr == SQL_ATTR_ROW_BIND_OFFSET_PTR:
        return <void**>&s.ard.bind_offset_ptr
    if attr == SQL_ATTR_ROW_OPERATION_PTR:
        return <void**>&s.ard.array_status_ptr
    if attr == SQL_ATTR_ROW_STATUS_PTR:
        return <void**>&s.ird.array_status_ptr
    if attr == SQL_ATTR_ROWS_FETCHED_PTR:
        return <void**>&s.ird.rows_processed_ptr
    if attr == SQL_ATTR_PARAM_BIND_OFFSET_PTR:
        return <void**>&s.apd.bind_offset_ptr
    if attr == SQL_ATTR_PARAM_OPERATION_PTR:
        return <void**>&s.apd.array_status_ptr
    if attr == SQL_ATTR_PARAM_STATUS_PTR:
        return <void**>&s.ipd.array_status_ptr
    if attr == SQL_ATTR_PARAMS_PROCESSED_PTR:
        return <void**>&s.ipd.rows_processed_ptr
    return NULL


# What a numeric statement attribute takes: at most `limit` is a value of ODBC's, `only` is what this driver does.
cdef struct AttrRule:
    SQLINTEGER attr
    SQLULEN limit
    SQLULEN only
    SQLULEN also              # one more
    bint degrades             # 01S02 for other values of ODBC's; else HYC00
    bint before_cursor        # HY011 once prepared, 24000 with an open cursor


cdef AttrRule attr_rule(SQLINTEGER attr, SQLULEN value) noexcept nogil:
    """The rule of an attribute of which the driver does only some values; attr 0 in the answer: no rule, any value."""
    cdef AttrRule r
    memset(&r, 0, sizeof(r))
    r.attr = attr
    r.before_cursor = True
    if attr == SQL_ATTR_CONCURRENCY:
        r.limit = SQL_CONCUR_VALUES
        r.only = SQL_CONCUR_READ_ONLY
        r.degrades = True
    elif attr == SQL_ATTR_CURSOR_TYPE:
        r.limit = SQL_CURSOR_STATIC
        r.also = SQL_CURSOR_STATIC
        r.only = SQL_CURSOR_STATIC if value else SQL_CURSOR_FORWARD_ONLY
        r.degrades = True
    elif attr == SQL_ATTR_CURSOR_SCROLLABLE:
        r.limit = SQL_SCROLLABLE
        r.also = SQL_SCROLLABLE
    elif attr == SQL_ATTR_CURSOR_SENSITIVITY:
        r.limit = SQL_SENSITIVE
        r.also = SQL_INSENSITIVE
    elif attr == SQL_ATTR_SIMULATE_CURSOR:
        r.limit = SQL_SC_UNIQUE
        r.only = SQL_SC_NON_UNIQUE
        r.degrades = True
    elif attr == SQL_ATTR_USE_BOOKMARKS:
        r.limit = SQL_UB_VARIABLE
        r.only = value
    elif attr == SQL_ATTR_RETRIEVE_DATA:
        r.limit = SQL_RD_ON
        r.only = value
        r.before_cursor = False
    else:
        r.attr = 0
    return r


cdef bint auto_ipd(const Dbc* d) noexcept nogil:
    """SQL_ATTR_AUTO_IPD: as SQL_DESCRIBE_PARAMETER says."""
    cdef const InfoItem* item = find_info(d, SQL_DESCRIBE_PARAMETER)
    return item is not NULL and item.text is not NULL and item.text[0] == c"Y"


cdef void cursor_follows(Stmt* s, SQLINTEGER attr) noexcept nogil:
    """What the other attributes of a cursor become with the one just set, as the SQLSetStmtAttr page ties them."""
    if attr == SQL_ATTR_CURSOR_SCROLLABLE:
        s.cursor_type = SQL_CURSOR_STATIC if s.cursor_scrollable == SQL_SCROLLABLE else SQL_CURSOR_FORWARD_ONLY
    elif attr == SQL_ATTR_CURSOR_SENSITIVITY and s.cursor_sensitivity == SQL_INSENSITIVE:
        s.cursor_type = SQL_CURSOR_STATIC
    elif attr != SQL_ATTR_CURSOR_TYPE:
        return
    s.cursor_scrollable = SQL_NONSCROLLABLE if s.cursor_type == SQL_CURSOR_FORWARD_ONLY else SQL_SCROLLABLE
    s.cursor_sensitivity = SQL_UNSPECIFIED if s.cursor_type == SQL_CURSOR_FORWARD_ONLY else SQL_INSENSITIVE


cdef SQLRETURN set_plain(Stmt* s, SQLINTEGER attr, SQLULEN* field, SQLULEN value) noexcept nogil:
    """Store a numeric attribute after its rule: HY024 for what is no value, 01S02 or HYC00 for what is not done."""
    cdef AttrRule r = attr_rule(attr, value)
    if r.attr:
        if r.before_cursor and s.state >= ST_EXECUTED_NO_RESULT:
            return fail_num(&s.h, b"24000", b"Attribute %d cannot change after the statement was executed: close it first",
                            attr, 0)
        if r.before_cursor and s.prepared:
            return fail_num(&s.h, b"HY011", b"Attribute %d must be set before the statement is prepared", attr, 0)
        if value > r.limit or (value == 0 and attr == SQL_ATTR_CONCURRENCY):
            return fail_num(&s.h, b"HY024", b"Attribute %d has no value %d", attr, <int64_t>value)
        if value == r.only or value == r.also:
            field[0] = value
            cursor_follows(s, attr)
            return SQL_SUCCESS
        if not r.degrades:
            return fail_num(&s.h, b"HYC00", b"The driver does not do value %d of attribute %d", <int64_t>value, attr)
        field[0] = r.only
        cursor_follows(s, attr)
        return warn(&s.h, b"01S02", b"The driver does not do this value of the attribute and uses the nearest it does; "
                    b"SQLGetStmtAttr tells which")
    if attr == SQL_ATTR_ROW_ARRAY_SIZE or attr == SQL_ROWSET_SIZE:
        if value == 0:
            return fail(&s.h, b"HY024", b"A rowset has at least one row")
        s.bindings_changed = True
    elif attr == SQL_ATTR_PARAMSET_SIZE:
        if value == 0 or value > MAX_SETS:
            return fail_num(&s.h, b"HY024", b"A number of %d sets is not between 1 and %d", <int64_t>value, MAX_SETS)
    elif attr == SQL_ATTR_ENABLE_AUTO_IPD and value == SQL_TRUE and not auto_ipd(s.dbc):
        return fail(&s.h, b"HYC00", b"The engine does not tell the types of parameters before they are bound")
    elif (attr == SQL_ATTR_METADATA_ID or attr == SQL_ATTR_NOSCAN or attr == SQL_ATTR_ENABLE_AUTO_IPD
            or attr == SQL_ATTR_ASYNC_ENABLE) and value > 1:
        return fail_num(&s.h, b"HY024", b"Attribute %d has no value %d", attr, <int64_t>value)
    elif attr == SQL_ATTR_MAX_LENGTH:
        s.bindings_changed = True
    field[0] = value
    return SQL_SUCCESS


cdef SQLRETURN set_descriptor(Stmt* s, SQLINTEGER attr, SQLPOINTER value) noexcept nogil:
    """SQL_ATTR_APP_ROW_DESC and SQL_ATTR_APP_PARAM_DESC: an explicit descriptor, or back to the implicit one."""
    cdef Desc* x = desc(value)
    cdef Desc* own = s.own_ard if attr == SQL_ATTR_APP_ROW_DESC else s.own_apd
    if value is NULL:
        x = own
    elif x is NULL or x.dbc is not s.dbc:
        return fail(&s.h, b"HY024", b"This is not a descriptor of the statement's connection")
    elif x.stmt is not NULL and x is not own:
        return fail(&s.h, b"HY017", b"An implicit descriptor cannot be used by another statement")
    if attr == SQL_ATTR_APP_ROW_DESC:
        s.ard = x
        s.bindings_changed = True
    else:
        s.apd = x
    return SQL_SUCCESS


cdef SQLRETURN set_stmt_attr(Stmt* s, SQLINTEGER attr, SQLPOINTER value) noexcept nogil:
    cdef SQLULEN* number = plain_attr(s, attr)
    cdef void** pointer = pointer_attr(s, attr)
    if number is not NULL:
        return set_plain(s, attr, number, <SQLULEN>value)
    if pointer is not NULL:
        pointer[0] = value
        return SQL_SUCCESS
    if attr == SQL_ATTR_ROW_BIND_TYPE:
        s.ard.bind_type = <SQLINTEGER><SQLLEN>value
        return SQL_SUCCESS
    if attr == SQL_ATTR_PARAM_BIND_TYPE:
        s.apd.bind_type = <SQLINTEGER><SQLLEN>value
        return SQL_SUCCESS
    if attr == SQL_ATTR_APP_ROW_DESC or attr == SQL_ATTR_APP_PARAM_DESC:
        return set_descriptor(s, attr, value)
    if attr == SQL_ATTR_IMP_ROW_DESC or attr == SQL_ATTR_IMP_PARAM_DESC:
        return fail(&s.h, b"HY017", b"The implementation descriptors are the driver's own")
    if attr == SQL_ATTR_ROW_NUMBER:
        return fail(&s.h, b"HY092", b"SQL_ATTR_ROW_NUMBER can be read only")
    return fail_num(&s.h, b"HY092", b"%d is not a statement attribute", attr, 0)


cdef SQLRETURN get_stmt_attr(Stmt* s, SQLINTEGER attr, SQLPOINTER out) noexcept nogil:
    cdef SQLULEN* number = plain_attr(s, attr)
    cdef void** pointer = pointer_attr(s, attr)
    if out is NULL:
        return fail(&s.h, b"HY009", b"The buffer for the attribute is a null pointer")
    if number is not NULL:
        (<SQLULEN*>out)[0] = number[0]
    elif pointer is not NULL:
        (<void**>out)[0] = pointer[0]
    elif attr == SQL_ATTR_ROW_BIND_TYPE:
        (<SQLULEN*>out)[0] = s.ard.bind_type
    elif attr == SQL_ATTR_PARAM_BIND_TYPE:
        (<SQLULEN*>out)[0] = s.apd.bind_type
    elif attr == SQL_ATTR_APP_ROW_DESC:
        (<void**>out)[0] = s.ard
    elif attr == SQL_ATTR_APP_PARAM_DESC:
        (<void**>out)[0] = s.apd
    elif attr == SQL_ATTR_IMP_ROW_DESC:
        (<void**>out)[0] = s.ird
    elif attr == SQL_ATTR_IMP_PARAM_DESC:
        (<void**>out)[0] = s.ipd
    elif attr == SQL_GET_BOOKMARK and s.use_bookmarks == SQL_UB_OFF:
        return fail(&s.h, b"HY092", b"SQL_GET_BOOKMARK needs SQL_ATTR_USE_BOOKMARKS, set before the statement is executed")
    elif attr == SQL_ATTR_ROW_NUMBER or attr == SQL_GET_BOOKMARK:
        if s.current_batch is NULL:
            return fail(&s.h, b"24000", b"The cursor stands on no row")
        (<SQLULEN*>out)[0] = <SQLULEN>(s.rowset_start + s.current - 1)
    else:
        return fail_num(&s.h, b"HY092", b"%d is not a statement attribute", attr, 0)
    return SQL_SUCCESS


# ---- statement options of a connection ----
cdef SQLRETURN set_option(Dbc* d, SQLINTEGER attr, SQLULEN value) noexcept nogil:
    """An ODBC 2 application sets a statement option for the statements that the connection has and will have."""
    cdef Stmt* s = d.stmts
    cdef AttrRule r = attr_rule(attr, value)
    if value > r.limit if r.attr else (attr == SQL_ROWSET_SIZE and value == 0) or (attr == SQL_NOSCAN and value > SQL_TRUE):
        return fail_num(&d.h, b"HY024", b"Option %d has no value %d", attr, <int64_t>value)
    while s is not NULL:
        if r.attr and r.before_cursor and s.state >= ST_EXECUTED_NO_RESULT:
            return fail_num(&d.h, b"24000", b"Option %d cannot change: a statement of the connection was executed and is "
                            b"not closed", attr, 0)
        s = s.next
    d.options.values[attr] = value
    d.options.given |= <uint32_t>1 << attr
    s = d.stmts
    while s is not NULL:
        argus_lock(&s.h.lock)
        set_stmt_attr(s, attr, <SQLPOINTER>value)
        diag_clear(&s.h)
        argus_unlock(&s.h.lock)
        s = s.next
    if r.degrades and value != r.only and value != r.also:
        return warn(&d.h, b"01S02", b"The driver does not do this value of the option and uses the nearest it does; "
                    b"SQLGetStmtOption tells which")
    return SQL_SUCCESS
