# Arrays of parameters: each set's values, status and diagnostics. Takes the GIL; included by _core.pyx after
# bridge_params.pxi. How sets become statements is decided in argus_odbc.sets.

from cpython.pycapsule cimport PyCapsule_New

cdef enum:
    MIN_COLUMN_SETS = 8        # for fewer sets, one statement each is as fast as making columns


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


# ---- all rows at once ----
cdef void drop_columns_capsule(object capsule) noexcept:
    sets_drop(<SetColumns*>PyCapsule_GetPointer(capsule, b"argus_sets"))


cdef void drop_stream_capsule(object capsule) noexcept:
    cdef ArrowArrayStream* x = <ArrowArrayStream*>PyCapsule_GetPointer(capsule, b"arrow_array_stream")
    if x.release is not NULL:
        x.release(x)
    free(x)


def open_sets(columns):
    """A new Arrow stream over the columns in a capsule, as `__arrow_c_stream__` answers it."""
    cdef ArrowArrayStream* x = set_stream_new(<SetColumns*>PyCapsule_GetPointer(columns, b"argus_sets"))
    if x is NULL:
        raise MemoryError
    return PyCapsule_New(x, b"arrow_array_stream", drop_stream_capsule)


cdef int note_all(Stmt* s, const int64_t* rows, int64_t n, const SetFault* faults, object error,
                  SetCounts* counts) except -1:
    """What became of sets that went all at once; `error`: why none of them is there, or None."""
    cdef int64_t i
    for i in range(n):
        if faults[i].status != CELL_DONE:
            counts.bad += 1
            set_status(s, rows[i], SQL_PARAM_ERROR)
            set_error(s, rows[i], cell_error(<CellStatus>faults[i].status, faults[i].parameter))
        elif error is not None:
            counts.bad += 1
            set_status(s, rows[i], SQL_PARAM_DIAG_UNAVAILABLE)
        else:
            counts.good += 1
            set_status(s, rows[i], SQL_PARAM_SUCCESS)
    counts.processed = <int64_t>s.apd.array_size
    if error is not None:
        take_exception(&s.h, error)
    return 0


cdef bint run_columns(Stmt* s, object run, SetCounts* counts) except -1:
    """Hand all sets over as one Arrow stream. False: it cannot be, or it failed and left nothing; they go one by one."""
    cdef int64_t k, n = 0, size = <int64_t>s.apd.array_size
    cdef bint suited
    cdef SetColumns* columns = sets_new(s, size)
    cdef int64_t* rows = <int64_t*>malloc((size + 1) * sizeof(int64_t))
    cdef SetFault* faults = <SetFault*>calloc(size + 1, sizeof(SetFault))
    try:
        if columns is NULL or rows is NULL or faults is NULL:
            return False
        for k in range(size):
            if not param_ignored(s, k):
                rows[n] = k
                n += 1
        with nogil:
            suited = sets_build(s, columns, rows, n, faults)
        if not suited or columns.nrows == 0:
            return False
        sets_share(columns)
        capsule = PyCapsule_New(columns, b"argus_sets", drop_columns_capsule)
        kinds = [s.ipd.recs[k].concise_type for k in range(1, s.nparams + 1)]
        done, error = run.insert(open_sets, capsule, kinds)
        if done:
            note_all(s, rows, n, faults, error, counts)
        return done
    finally:
        if columns is not NULL:
            sets_drop(columns)
        free(rows)
        free(faults)


cdef SQLRETURN py_execute_sets(Stmt* s):
    cdef SetCounts counts
    cdef int64_t k
    cdef SQLRETURN rc
    memset(&counts, 0, sizeof(counts))
    for k in range(<int64_t>s.apd.array_size):
        set_status(s, k, SQL_PARAM_UNUSED)
    try:
        st = statement_of(s)
        if not arm(s, st):
            return SQL_ERROR
        run = st.sets(s.query_timeout, s.max_rows)
        if not (s.apd.array_size >= MIN_COLUMN_SETS and run.takes_columns and run_columns(s, run, &counts)):
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
