# The bridge: only it and the other bridge_*.pxi take the GIL; one function per call into argus_odbc.driver.
# Included by _core.pyx after handle/. Each bridge_* is nogil and hands to a py_* that catches every exception, because
# an exception that reaches a `noexcept` border would be printed and answered as success.
from cpython.pycapsule cimport PyCapsule_GetPointer
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject

cdef extern from "Python.h":
    ctypedef struct Py_buffer:
        void* buf
        Py_ssize_t len
    int PyObject_GetBuffer(object, Py_buffer*, int) except -1
    void PyBuffer_Release(Py_buffer*)
    int PyBUF_SIMPLE

cdef extern from "argus/boot.h" nogil:
    """
    /* What Cython writes for `with gil`. */
    #define PyGILState_Ensure() ((PyGILState_STATE)argus_gil_enter())
    #define PyGILState_Release(gil) argus_gil_leave((int)(gil))
    """
    int argus_end_begins()
    void argus_end_waits(int64_t timeout_ms)
    int argus_boot()
    const char* argus_boot_error()
    void argus_connected()


cdef void take_exception(Head* h, object e):
    """An exception as a diagnostic record: DriverError by its own SQLSTATE, anything else as HY000 with its type."""
    cdef bytes state, text
    if type(e).__name__ == "DriverError":
        state = str(e.sqlstate).encode("ascii", "replace").ljust(5, b"0")
        text = str(e.message).encode("utf-8", "replace")
        diag_add(h, state, int(e.native), SQL_NO_ROW_NUMBER if e.column < 0 else 1, int(e.column), text, len(text))
        return
    if isinstance(e, MemoryError):
        no_memory(h)
        return
    text = f"{type(e).__name__}: {e}".encode("utf-8", "replace")
    diag_add(h, b"HY000", 0, SQL_NO_ROW_NUMBER, SQL_NO_COLUMN_NUMBER, text, len(text))


cdef SQLRETURN take_warnings(Head* h, object warnings):
    """(SQLSTATE, native, text) triples as records; SQL_SUCCESS_WITH_INFO when there was one."""
    cdef bytes state, text
    cdef SQLRETURN rc = SQL_SUCCESS
    for s, native, message in warnings:
        state = s.encode("ascii")
        text = message.encode("utf-8", "replace")
        diag_add(h, state, native, SQL_NO_ROW_NUMBER, SQL_NO_COLUMN_NUMBER, text, len(text))
        rc = SQL_SUCCESS_WITH_INFO
    return rc


cdef char* copy_text(object s) except? NULL:
    """A malloc'd NUL-terminated UTF-8 copy of a str."""
    cdef bytes b = s.encode("utf-8", "surrogatepass")
    cdef char* p = <char*>malloc(len(b) + 1)
    if p is NULL:
        raise MemoryError
    memcpy(p, <const char*>b, len(b) + 1)
    return p


cdef str to_str(const TextIn* t):
    """A text argument as str; None where the application passed NULL."""
    if t.p is NULL:
        return None
    return t.p[:t.n].decode("utf-8", "surrogateescape")


cdef void own(void** slot, object o):
    """Store a new reference, then drop the old one (whose destructor may run Python)."""
    cdef void* old = slot[0]
    Py_INCREF(o)
    slot[0] = <void*>o
    if old is not NULL:
        Py_DECREF(<object>old)


cdef void py_drop(void** slot):
    cdef void* old = slot[0]
    slot[0] = NULL
    try:
        Py_DECREF(<object>old)
    except BaseException as e:
        from argus_odbc import log
        log.logger.error("A destructor failed: %r", e)


# The exception that the calling thread is in. A Python host frees handles while it raises, from its destructors;
# code of ours that ran with that exception set would take it for its own and lose it.
cdef struct Raised:
    PyObject* type
    PyObject* value
    PyObject* trace


cdef inline void put_aside(Raised* e) noexcept:
    PyErr_Fetch(&e.type, &e.value, &e.trace)


cdef inline void put_back(Raised* e) noexcept:
    PyErr_Restore(e.type, e.value, e.trace)


cdef void bridge_drop(void** slot) noexcept nogil:
    """Give up a Python reference; NULL-safe."""
    cdef Raised e
    if slot[0] is not NULL:
        with gil:
            put_aside(&e)
            py_drop(slot)
            put_back(&e)


# ---- connections ----
cdef SQLRETURN py_connect(Dbc* d, const TextIn* text, const TextIn* dsn, const TextIn* uid, const TextIn* pwd,
                          bint complete, char** completed):
    try:
        from argus_odbc import driver
        c = driver.connect(
            text=to_str(text), dsn=to_str(dsn), uid=to_str(uid), pwd=to_str(pwd), login_timeout=d.login_timeout,
            connection_timeout=d.connection_timeout,
            catalog=None if d.current_catalog is NULL else (<bytes>d.current_catalog).decode("utf-8"),
            autocommit=d.autocommit == SQL_AUTOCOMMIT_ON, isolation=d.txn_isolation,
            read_only=d.access_mode == SQL_MODE_READ_ONLY, complete=bool(complete))
        own(&d.py, c)
        set_engine(d, c.backend.capabilities.dbms_name)
        d.cursor_memory = <int64_t>c.settings.cursor_memory << 20
        fill_info(d, c.info())
        fill_lacking(d, c.lacking())
        d.txn_isolation = c.isolation
        completed[0] = copy_text(c.completed)
        return take_warnings(&d.h, c.warnings)
    except BaseException as e:
        set_engine(d, getattr(e, "engine", ""))
        take_exception(&d.h, e)
        set_engine(d, "")
        return SQL_ERROR


cdef int set_engine(Dbc* d, str name) except -1:
    """The engine's name for the prefix of messages, cut to what there is room for."""
    cdef bytes text = name.encode("utf-8")[:ENGINE_BYTES - 1].decode("utf-8", "ignore").encode("utf-8")
    memcpy(d.engine, <const char*>text, len(text) + 1)
    return 0


cdef SQLRETURN bridge_connect(Dbc* d, const TextIn* text, const TextIn* dsn, const TextIn* uid, const TextIn* pwd,
                              bint complete, char** completed) noexcept nogil:
    """Open the session; *completed gets the connection string for SQLDriverConnect (malloc, without foreign secrets).

    complete: a string that lacks something is refused, as a dialog that cannot be shown.
    """
    cdef SQLRETURN rc
    if argus_boot() != 0:
        return fail(&d.h, b"HY000", argus_boot_error())
    with gil:
        rc = py_connect(d, text, dsn, uid, pwd, complete, completed)
    argus_connected()
    return rc


cdef void py_disconnect(Dbc* d):
    try:
        (<object>d.py).disconnect()
    except BaseException as e:
        take_exception(&d.h, e)


cdef void bridge_disconnect(Dbc* d) noexcept nogil:
    cdef Raised e
    if d.py is not NULL:
        with gil:
            put_aside(&e)
            py_disconnect(d)
            put_back(&e)
        d.engine[0] = 0
        bridge_drop(&d.py)


cdef object py_dbc_call(Dbc* d, object name, object args):
    """conn.name(*args); None after an exception, which is a diagnostic record then."""
    try:
        return (getattr(<object>d.py, name)(*args),)
    except BaseException as e:
        take_exception(&d.h, e)
        return None


cdef SQLRETURN bridge_end_tran(Dbc* d, bint commit) noexcept nogil:
    cdef Raised e
    cdef SQLRETURN rc
    with gil:
        put_aside(&e)
        rc = SQL_ERROR if py_dbc_call(d, "commit" if commit else "rollback", ()) is None else SQL_SUCCESS
        put_back(&e)
    return rc


cdef SQLRETURN bridge_set_autocommit(Dbc* d, bint on) noexcept nogil:
    with gil:
        return SQL_ERROR if py_dbc_call(d, "set_autocommit", (bool(on),)) is None else SQL_SUCCESS


cdef SQLRETURN bridge_set_timeout(Dbc* d, SQLUINTEGER seconds) noexcept nogil:
    with gil:
        return SQL_ERROR if py_dbc_call(d, "set_connection_timeout", (seconds,)) is None else SQL_SUCCESS


cdef SQLRETURN bridge_reset(Dbc* d) noexcept nogil:
    with gil:
        return SQL_ERROR if py_dbc_call(d, "reset", ()) is None else SQL_SUCCESS


cdef SQLRETURN py_set_isolation(Dbc* d, SQLUINTEGER* level):
    try:
        from argus_odbc import driver
        given = (<object>d.py).set_isolation(level[0])
        if given == level[0]:
            return SQL_SUCCESS
        rc = take_warnings(&d.h, [driver.substituted(level[0], given)])
        level[0] = given
        return rc
    except BaseException as e:
        take_exception(&d.h, e)
        return SQL_ERROR


cdef SQLRETURN bridge_set_isolation(Dbc* d, SQLUINTEGER* level) noexcept nogil:
    """*level becomes the one that is set: the engine may have only stronger ones."""
    with gil:
        return py_set_isolation(d, level)


cdef SQLRETURN bridge_may_disconnect(Dbc* d) noexcept nogil:
    """25000 while a transaction is open."""
    cdef Raised e
    cdef SQLRETURN rc
    with gil:
        put_aside(&e)
        rc = SQL_ERROR if py_dbc_call(d, "may_disconnect", ()) is None else SQL_SUCCESS
        put_back(&e)
    return rc


cdef SQLRETURN py_set_catalog(Dbc* d, const char* name, int64_t n):
    try:
        (<object>d.py).set_current_catalog(name[:n].decode("utf-8", "surrogateescape"))
        return SQL_SUCCESS
    except BaseException as e:
        take_exception(&d.h, e)
        return SQL_ERROR


cdef SQLRETURN bridge_set_catalog(Dbc* d, const char* name, int64_t n) noexcept nogil:
    with gil:
        return py_set_catalog(d, name, n)


cdef SQLRETURN py_is_alive(Dbc* d, bint* alive):
    try:
        alive[0] = (<object>d.py).is_alive()
        return SQL_SUCCESS
    except BaseException as e:
        take_exception(&d.h, e)
        return SQL_ERROR


cdef SQLRETURN bridge_is_alive(Dbc* d, bint* alive) noexcept nogil:
    with gil:
        return py_is_alive(d, alive)


cdef SQLRETURN py_native_sql(Dbc* d, const TextIn* sql, char** out):
    try:
        out[0] = copy_text((<object>d.py).native_sql(to_str(sql)))
        return SQL_SUCCESS
    except BaseException as e:
        take_exception(&d.h, e)
        return SQL_ERROR


cdef SQLRETURN bridge_native_sql(Dbc* d, const TextIn* sql, char** out) noexcept nogil:
    """*out: the SQL as the engine would get it (malloc)."""
    with gil:
        return py_native_sql(d, sql, out)


# ---- statements ----
cdef object statement_of(Stmt* s):
    """The driver.Statement behind a handle, made on first use."""
    if s.py is NULL:
        own(&s.py, (<object>s.dbc.py).statement())
    return <object>s.py


cdef SQLRETURN py_prepare(Stmt* s, const TextIn* sql):
    try:
        st = statement_of(s)
        s.nparams = st.prepare(to_str(sql), s.noscan == SQL_NOSCAN_ON)
        return SQL_SUCCESS
    except BaseException as e:
        take_exception(&s.h, e)
        return SQL_ERROR


cdef SQLRETURN bridge_prepare(Stmt* s, const TextIn* sql) noexcept nogil:
    s.function = statement_function(sql.p, sql.n)
    with gil:
        return py_prepare(s, sql)


cdef SQLRETURN py_describe(Stmt* s):
    try:
        columns = statement_of(s).describe()
        fill_ird(s, columns if columns is not None else ())
        return SQL_SUCCESS
    except BaseException as e:
        take_exception(&s.h, e)
        return SQL_ERROR


cdef SQLRETURN bridge_describe(Stmt* s) noexcept nogil:
    """Fill the IRD of a prepared statement without running it; no columns where there is no result."""
    with gil:
        return py_describe(s)


cdef int fill_ird(Stmt* s, object columns) except -1:
    """Write the result's columns (argus_odbc.types.Column) into the IRD."""
    cdef Desc* d = s.ird
    cdef DescRec* r
    cdef SQLSMALLINT i = 0
    if desc_reserve(d, len(columns)) != SQL_SUCCESS:
        raise MemoryError
    desc_clear_records(d)
    d.count = len(columns)
    for c in columns:
        i += 1
        r = &d.recs[i]
        desc_set_concise(r, c.sql_type)
        r.nullable = c.nullable
        r.unnamed = SQL_NAMED if c.name else SQL_UNNAMED
        r.is_unsigned = SQL_TRUE if c.unsigned else SQL_FALSE
        r.searchable = c.searchable
        r.updatable = SQL_ATTR_READONLY
        r.fixed_prec_scale = SQL_TRUE if c.fixed_prec_scale else SQL_FALSE
        r.auto_unique_value = SQL_TRUE if c.auto_unique else SQL_FALSE
        r.case_sensitive = SQL_TRUE if c.case_sensitive else SQL_FALSE
        r.num_prec_radix = c.num_prec_radix
        r.display_size = c.display_size
        r.octet_length = c.octet_length
        ird_sizes(r, c.column_size, c.decimal_digits)
        ird_bits(r)
        r.texts[<int>TEXT_NAME] = copy_text(c.name)
        r.texts[<int>TEXT_LABEL] = copy_text(c.name)
        r.texts[<int>TEXT_TYPE_NAME] = copy_text(c.type_name)
        r.texts[<int>TEXT_LOCAL_TYPE_NAME] = copy_text(c.local_type_name)
        r.texts[<int>TEXT_LITERAL_PREFIX] = copy_text(c.literal_prefix)
        r.texts[<int>TEXT_LITERAL_SUFFIX] = copy_text(c.literal_suffix)
        r.texts[<int>TEXT_BASE_COLUMN_NAME] = copy_text(c.base_column)
        r.texts[<int>TEXT_BASE_TABLE_NAME] = copy_text(c.base_table)
        r.texts[<int>TEXT_TABLE_NAME] = copy_text(c.table)
        r.texts[<int>TEXT_SCHEMA_NAME] = copy_text(c.schema)
        r.texts[<int>TEXT_CATALOG_NAME] = copy_text(c.catalog)
    s.bindings_changed = True
    return 0


cdef int fill_zones(Reader* r, object columns) except -1:
    """The zone tables of columns whose UTC timestamps are shown in a named zone."""
    cdef int64_t i, k
    if not any(c.zone for c in columns):
        return 0
    from argus_odbc.zones import zone_steps
    r.zones = <ZoneTable*>calloc(r.ncols, sizeof(ZoneTable))
    r.zone_of = <const ZoneTable**>calloc(r.ncols, sizeof(void*))
    if r.zones is NULL or r.zone_of is NULL:
        raise MemoryError
    for i, c in enumerate(columns):
        if not c.zone:
            continue
        at, offsets = zone_steps(c.zone)
        r.zones[i].at = <int64_t*>malloc((len(at) + 1) * sizeof(int64_t))
        r.zones[i].offset = <int32_t*>malloc((len(at) + 1) * sizeof(int32_t))
        if r.zones[i].at is NULL or r.zones[i].offset is NULL:
            raise MemoryError
        for k in range(len(at)):
            r.zones[i].at[k] = at[k]
            r.zones[i].offset[k] = offsets[k]
        r.zones[i].n = len(at)
        r.zone_of[i] = &r.zones[i]
    return 0


cdef SQLRETURN adopt(Stmt* s, object op) except? SQL_STILL_EXECUTING:
    """Make an executed operation the statement's result."""
    cdef Reader* r
    columns = op.columns or ()
    fill_ird(s, columns)
    s.row_count = op.row_count
    s.h.row_count = op.row_count
    if columns:
        r = <Reader*>calloc(1, sizeof(Reader))
        if r is NULL:
            raise MemoryError
        r.ncols = len(columns)
        own(&r.op, op)
        s.reader = r
        fill_zones(r, columns)
        if s.cursor_type == SQL_CURSOR_STATIC:
            s.store = store_new(s.dbc.cursor_memory)
            if s.store is NULL:
                raise MemoryError
        s.state = ST_OPEN
    else:
        s.state = ST_EXECUTED_NO_RESULT
        op.close()
    return take_warnings(&s.h, op.warnings)


cdef bint arm(Stmt* s, object st) except -1:
    """Begin with no SQLCancel noted; False when one came for this asynchronous call before it got here (HY008)."""
    if argus_load(&s.call_cancelled):
        fail(&s.h, b"HY008", b"The statement was cancelled before it was executed")
        return False
    st.arm()
    return True


cdef SQLRETURN py_execute(Stmt* s):
    try:
        st = statement_of(s)
        if not arm(s, st):
            return SQL_ERROR
        op = st.execute(py_parameters(s, 0) if s.nparams else [], s.query_timeout, s.max_rows)
        return no_data_if(s, st.touched_nothing, adopt(s, op))
    except BaseException as e:
        take_exception(&s.h, e)
        return SQL_ERROR


cdef SQLRETURN no_data_if(Stmt* s, bint touched_nothing, SQLRETURN rc) noexcept nogil:
    """A searched UPDATE or DELETE that changed no row is SQL_NO_DATA since ODBC 3."""
    if touched_nothing and s.dbc.env.odbc_version >= 3 and rc == SQL_SUCCESS:
        return SQL_NO_DATA
    return rc


cdef SQLRETURN bridge_execute(Stmt* s) noexcept nogil:
    """Run the text that bridge_prepare set, with the bound parameters; the result becomes the statement's."""
    cdef SQLRETURN rc
    if s.nparams and (s.apd.array_size > 1 or s.apd.array_status_ptr is not NULL):
        with gil:
            rc = py_execute_sets(s)
        note_function(s, rc)
        return rc
    with gil:
        rc = py_execute(s)
    note_function(s, rc)
    set_status(s, 0, SQL_PARAM_ERROR if rc == SQL_ERROR else (
        SQL_PARAM_SUCCESS_WITH_INFO if rc == SQL_SUCCESS_WITH_INFO else SQL_PARAM_SUCCESS))
    sets_processed(s, 1)
    return rc


cdef SQLRETURN py_catalog(Stmt* s, const char* function, const TextIn* names, int32_t nnames, tuple numbers):
    cdef int32_t i
    try:
        st = statement_of(s)
        args = []
        for i in range(nnames):
            args.append(to_str(&names[i]))
        op = st.catalog((<bytes>function).decode("ascii"), args, numbers, s.metadata_id == SQL_TRUE,
                        s.dbc.env.odbc_version == SQL_OV_ODBC2)
        return adopt(s, op)
    except BaseException as e:
        take_exception(&s.h, e)
        return SQL_ERROR


cdef SQLRETURN bridge_catalog(Stmt* s, const char* function, const TextIn* names, int32_t nnames, int32_t a, int32_t b,
                              int32_t c) noexcept nogil:
    """A catalog function's result: names and up to three numeric arguments go to driver.Statement.catalog."""
    with gil:
        return py_catalog(s, function, names, nnames, (a, b, c))


cdef SQLRETURN py_more_results(Stmt* s):
    try:
        st = statement_of(s)
        op = st.next_result()
        if op is None:
            return SQL_NO_DATA
        return adopt(s, op)
    except BaseException as e:
        take_exception(&s.h, e)
        return SQL_ERROR


cdef SQLRETURN bridge_more_results(Stmt* s) noexcept nogil:
    cdef SQLRETURN rc
    with gil:
        rc = py_more_results(s)
    # The text names the first statement of a batch; of a later one only its result is known.
    s.function = SQL_DIAG_SELECT_CURSOR if s.reader is not NULL else SQL_DIAG_UNKNOWN_STATEMENT
    note_function(s, rc)
    return rc


cdef SQLRETURN py_cancel(SQLHANDLE h):
    """Without the statement's lock: `py` changes only under the GIL, and the slab stays mapped."""
    cdef Stmt* s = stmt(h)
    if s is NULL:
        return SQL_INVALID_HANDLE
    if argus_load(&s.busy):
        argus_store(&s.call_cancelled, 1)
    if s.py is NULL:
        return SQL_SUCCESS
    st = <object>s.py
    try:
        st.cancel()
        return SQL_SUCCESS
    except BaseException as e:
        # The diagnostics belong to the thread that runs the statement, so the reason goes to the log.
        from argus_odbc import log
        log.logger.warning("SQLCancel failed: %s", e)
        return SQL_ERROR


cdef SQLRETURN bridge_cancel(SQLHANDLE h) noexcept nogil:
    with gil:
        return py_cancel(h)
