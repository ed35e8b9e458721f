# Arrays of parameters: each set's values, status and diagnostics. Takes the GIL; included by _core.pyx after
# bridge_params.pxi. How sets become statements is decided in argus_odbc.sets.

cdef void set_error(Stmt* s, int64_t k, object e):
    """The diagnostic record of a failed set, with its row number."""
    cdef bytes state = b"HY000", text
    native = 0
    column = SQL_NO_COLUMN_NUMBER
    if type(e).__name__ == "DriverError":
        state = str(e.sqlstate).encode("ascii", "replace").ljust(5, b"0")
        native = int(e.native)
        column = int(e.column)
        text = str(e.message).encode("utf-8", "replace")
    else:
        text = f"{type(e).__name__}: {e}".encode("utf-8", "replace")
    diag_add(&s.h, state, native, k + 1, column, text, len(text))


# What became of the sets so far.
cdef struct SetCounts:
    int64_t good, bad
    int64_t processed          # number of the last one that was looked at


cdef int run_chunk(Stmt* s, object run, list rows, list sets, SetCounts* counts) except -1:
    """Hand sets to the driver, note what became of each; rows: their indices, from 0."""
    cdef int64_t k
    outcomes = run.execute(sets)
    # Shorter than the sets when the rest is not worth trying.
    for k, outcome in zip(rows, outcomes):
        counts.processed = k + 1
        if outcome is None:
            counts.good += 1
            set_status(s, k, SQL_PARAM_SUCCESS)
        else:
            counts.bad += 1
            set_status(s, k, SQL_PARAM_ERROR)
            set_error(s, k, outcome)
    return 0


cdef int run_rows(Stmt* s, object run, SetCounts* counts) except -1:
    """All sets that are not to be ignored, in chunks as large as the driver wants them."""
    cdef int64_t k, n = <int64_t>s.apd.array_size
    cdef list rows = [], sets = []
    for k in range(n):
        if run.stopped:
            return 0
        if param_ignored(s, k):
            continue
        rows.append(k)
        try:
            sets.append(py_parameters(s, k))
        except BaseException as e:
            sets.append(e)
        if len(rows) == run.chunk:
            run_chunk(s, run, rows, sets, counts)
            rows = []
            sets = []
    if rows:
        run_chunk(s, run, rows, sets, counts)
    if not run.stopped:
        counts.processed = n
    return 0


cdef SQLRETURN py_execute_sets(Stmt* s):
    cdef SetCounts counts
    cdef int64_t k
    cdef SQLRETURN rc
    memset(&counts, 0, sizeof(counts))
    for k in range(<int64_t>s.apd.array_size):
        set_status(s, k, SQL_PARAM_UNUSED)
    try:
        st = statement_of(s)
        run = st.sets(s.query_timeout, s.max_rows)
        run_rows(s, run, &counts)
        sets_processed(s, counts.processed)
        if counts.bad and (counts.good == 0 or run.stopped):
            run.discard()
            return SQL_ERROR
        rc = adopt(s, run.operation())
        if counts.bad:
            return SQL_SUCCESS_WITH_INFO
        return no_data_if(s, st.touched_nothing, rc)
    except BaseException as e:
        sets_processed(s, counts.processed)
        take_exception(&s.h, e)
        return SQL_ERROR
