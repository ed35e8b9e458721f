# Bound parameters: reading the application's buffers, and the data-at-execution dialogue.
# Included by _core.pyx after plan.pxi. Sets of an array count from 0 here, parameters from 1.

# The values that SQLPutData collects, one Piece for each parameter of each set that waits for data, in their order.
cdef struct Piece:
    int64_t set                # 0-based
    SQLSMALLINT parameter      # 1-based
    bint null, given
    char* bytes                # as the application's C type wrote them, malloc
    int64_t n, cap

cdef struct PutState:
    int64_t count              # of pieces
    int64_t current            # index of the one that SQLParamData named last; -1 before the first
    int32_t resume_state       # StmtState to return to when cancelled
    Piece* pieces


cdef void put_release(PutState* p) noexcept nogil:
    cdef int64_t i
    if p is NULL:
        return
    for i in range(p.count):
        free(p.pieces[i].bytes)
    free(p.pieces)
    free(p)


cdef void params_release(Stmt* s) noexcept nogil:
    put_release(<PutState*>s.put)
    s.put = NULL


cdef void params_cancel(Stmt* s) noexcept nogil:
    """SQLCancel during the dialogue: the values are dropped, nothing was executed."""
    if s.put is not NULL:
        s.state = (<PutState*>s.put).resume_state
    params_release(s)


# ---- where a value of a set lies ----
cdef inline SQLLEN param_shift(const Stmt* s, int64_t k, SQLLEN width) noexcept nogil:
    """From the bound address to that of set k (0-based); `width`: of one element of a column-wise array."""
    cdef SQLLEN shift = s.apd.bind_offset_ptr[0] if s.apd.bind_offset_ptr is not NULL else 0
    return shift + k * (width if s.apd.bind_type == SQL_BIND_BY_COLUMN else <SQLLEN>s.apd.bind_type)


cdef SQLLEN param_length(const Stmt* s, const DescRec* r, int64_t k) noexcept nogil:
    """The length or indicator the application gave: SQL_NTS where there is no pointer, as the page says."""
    cdef SQLLEN shift = param_shift(s, k, sizeof(SQLLEN))
    if r.indicator_ptr is not NULL and (<SQLLEN*>(<char*>r.indicator_ptr + shift))[0] == SQL_NULL_DATA:
        return SQL_NULL_DATA
    if r.octet_length_ptr is not NULL:
        return (<SQLLEN*>(<char*>r.octet_length_ptr + shift))[0]
    return SQL_NTS


cdef inline char* param_address(Stmt* s, int32_t i, int64_t k) noexcept nogil:
    """Where parameter i of set k has its value, or the token that SQLParamData gives back."""
    cdef SQLLEN width = c_type_size(param_c_type(s, i))
    return <char*>s.apd.recs[i].data_ptr + param_shift(s, k, width if width else s.apd.recs[i].octet_length)


cdef inline bint at_execution(SQLLEN n) noexcept nogil:
    return n == SQL_DATA_AT_EXEC or n <= SQL_LEN_DATA_AT_EXEC_OFFSET


cdef inline bint param_ignored(const Stmt* s, int64_t k) noexcept nogil:
    """SQL_ATTR_PARAM_OPERATION_PTR says that set k is not to be executed."""
    return s.apd.array_status_ptr is not NULL and s.apd.array_status_ptr[k] == SQL_PARAM_IGNORE


cdef inline void set_status(Stmt* s, int64_t k, SQLUSMALLINT status) noexcept nogil:
    if s.ipd.array_status_ptr is not NULL:
        s.ipd.array_status_ptr[k] = status


cdef inline void sets_processed(Stmt* s, int64_t n) noexcept nogil:
    if s.ipd.rows_processed_ptr is not NULL:
        s.ipd.rows_processed_ptr[0] = <SQLULEN>n


cdef inline bint param_described(const Stmt* s, int32_t i) noexcept nogil:
    """Both descriptors have a usable record; they may have been replaced or cut since the statement was started."""
    return i <= s.apd.capacity and i <= s.ipd.capacity and s.ipd.recs[i].concise_type != SQL_UNKNOWN_TYPE


cdef SQLRETURN not_described(Stmt* s, int32_t i) noexcept nogil:
    return fail_num(&s.h, b"07002", b"Parameter %d of %d is not bound: call SQLBindParameter, or set its record in the "
                    b"application and in the implementation parameter descriptor", i, s.nparams)


# ---- the dialogue ----
cdef SQLRETURN params_begin(Stmt* s) noexcept nogil:
    """Check the bindings of all markers; SQL_NEED_DATA when values are still to come through SQLPutData."""
    cdef int32_t i
    cdef int64_t k, sets = <int64_t>s.apd.array_size, waiting = 0
    cdef PutState* p
    params_release(s)
    if s.nparams == 0:
        return SQL_SUCCESS
    if s.apd.count < s.nparams:
        return fail_num(&s.h, b"07002", b"The statement has %d parameter markers, but parameters are bound up to %d only",
                        s.nparams, s.apd.count)
    for i in range(1, s.nparams + 1):
        if not param_described(s, i) or (s.apd.recs[i].data_ptr is NULL and s.apd.recs[i].octet_length_ptr is NULL
                                         and s.apd.recs[i].indicator_ptr is NULL):
            return not_described(s, i)
    for k in range(sets):
        if not param_ignored(s, k):
            for i in range(1, s.nparams + 1):
                waiting += at_execution(param_length(s, &s.apd.recs[i], k))
    if waiting == 0:
        return SQL_SUCCESS
    p = <PutState*>calloc(1, sizeof(PutState))
    if p is NULL:
        return no_memory(&s.h)
    p.pieces = <Piece*>calloc(waiting, sizeof(Piece))
    if p.pieces is NULL:
        free(p)
        return no_memory(&s.h)
    p.current = -1
    for k in range(sets):
        if param_ignored(s, k):
            continue
        for i in range(1, s.nparams + 1):
            # The lengths are the application's memory: another thread may have changed them since they were counted.
            if p.count < waiting and at_execution(param_length(s, &s.apd.recs[i], k)):
                p.pieces[p.count].set = k
                p.pieces[p.count].parameter = <SQLSMALLINT>i
                p.count += 1
    p.resume_state = s.state
    s.put = p
    s.state = ST_NEED_DATA
    return SQL_NEED_DATA


cdef Piece* piece_of(const PutState* p, int64_t k, int32_t i) noexcept nogil:
    """The collected value of parameter i in set k; NULL when it was not to come at execution."""
    cdef int64_t low = 0, high, mid
    cdef Piece* x
    if p is NULL:
        return NULL
    high = p.count
    while low < high:
        mid = (low + high) // 2
        x = &p.pieces[mid]
        if x.set < k or (x.set == k and x.parameter < i):
            low = mid + 1
        else:
            high = mid
    x = &p.pieces[low]
    return x if low < p.count and x.set == k and x.parameter == i else NULL


cdef SQLRETURN param_data(Stmt* s, SQLPOINTER* token) noexcept nogil:
    """SQLParamData: name the next parameter that wants data, or run the statement when all have theirs."""
    cdef PutState* p = <PutState*>s.put
    cdef Piece* piece
    if p is NULL or s.state < ST_NEED_DATA or s.state > ST_CAN_PUT:
        return fail(&s.h, b"HY010", b"No parameter waits for data")
    if s.state == ST_MUST_PUT:
        return fail_num(&s.h, b"HY010", b"Parameter %d has no data yet: call SQLPutData first",
                        p.pieces[p.current].parameter, 0)
    if p.current + 1 < p.count:
        piece = &p.pieces[p.current + 1]
        if not param_described(s, piece.parameter):
            return not_described(s, piece.parameter)
        p.current += 1
        s.state = ST_MUST_PUT
        sets_processed(s, piece.set + 1)
        if token is not NULL:
            token[0] = param_address(s, piece.parameter, piece.set)
        return SQL_NEED_DATA
    s.state = p.resume_state
    return run_now(s)


cdef SQLRETURN put_data(Stmt* s, SQLPOINTER data, SQLLEN n) noexcept nogil:
    """SQLPutData: one piece of the current parameter's value, in its C type; pieces of text and bytes add up."""
    cdef PutState* p = <PutState*>s.put
    cdef Piece* piece
    cdef SQLSMALLINT c_type
    cdef SQLLEN size
    cdef char* grown
    if p is NULL or (s.state != ST_MUST_PUT and s.state != ST_CAN_PUT):
        return fail(&s.h, b"HY010", b"No parameter waits for data: SQLParamData names the next one")
    piece = &p.pieces[p.current]
    if not param_described(s, piece.parameter):
        return not_described(s, piece.parameter)
    c_type = param_c_type(s, piece.parameter)
    size = c_type_size(c_type)
    if n == SQL_DEFAULT_PARAM:
        return fail(&s.h, b"07S01", b"SQL_DEFAULT_PARAM is for procedure calls only")
    if n == SQL_NULL_DATA:
        if piece.given:
            return fail(&s.h, b"HY020", b"NULL cannot be added to a value that has data already")
        piece.null = True
        piece.given = True
        s.state = ST_CAN_PUT
        return SQL_SUCCESS
    if piece.null:
        return fail(&s.h, b"HY020", b"Data cannot be added to a value that is NULL")
    if data is NULL and (n != 0 or size):
        return fail(&s.h, b"HY009", b"The data is a null pointer")
    if size:
        if piece.given:
            return fail(&s.h, b"HY019", b"A value of a fixed-length C type cannot be sent in pieces")
        n = size
    elif n == SQL_NTS:
        n = wide_strlen(data, wchar_bytes()) * wchar_bytes() if c_type == SQL_C_WCHAR else <SQLLEN>strlen(<char*>data)
    elif n < 0:
        return fail_num(&s.h, b"HY090", b"A data length of %d is negative", n, 0)
    if piece.n + n > piece.cap:
        grown = <char*>realloc(piece.bytes, piece.n + n + piece.cap + 64)
        if grown is NULL:
            return no_memory(&s.h)
        piece.bytes = grown
        piece.cap = piece.n + n + piece.cap + 64
    if n:
        memcpy(piece.bytes + piece.n, data, n)
    piece.n += n
    piece.given = True
    s.state = ST_CAN_PUT
    return SQL_SUCCESS


cdef SQLSMALLINT param_c_type(Stmt* s, int32_t i) noexcept nogil:
    cdef SQLSMALLINT t = s.apd.recs[i].concise_type
    return default_c_type(s.ipd.recs[i].concise_type, False) if t == SQL_C_DEFAULT else modern_c_type(t)


cdef CellStatus param_value(Stmt* s, int64_t k, int32_t i, Value* v, bint* null) noexcept nogil:
    """Parameter i (1-based) of set k (0-based) as a Value of its SQL type; value_drop it in the end, whatever came back."""
    cdef DescRec* r = &s.apd.recs[i]
    cdef Piece* piece = piece_of(<PutState*>s.put, k, i)
    cdef SQLSMALLINT c_type = param_c_type(s, i)
    cdef SQLLEN n
    cdef const void* data
    v.owned = NULL
    if piece is not NULL:
        null[0] = piece.null
        data = piece.bytes if piece.bytes is not NULL else <const char*>b""
        n = piece.n
    else:
        n = param_length(s, r, k)
        null[0] = n == SQL_NULL_DATA
        data = param_address(s, i, k)
        if n == SQL_DEFAULT_PARAM:
            return CELL_NO_DEFAULT
        # A length that asks for data at execution was written after the dialogue began: the address may be a token.
        if not null[0] and (r.data_ptr is NULL or at_execution(n)):
            return CELL_BAD_LENGTH
    if null[0]:
        return CELL_DONE
    if c_type == SQL_C_BINARY and n == SQL_NTS:
        n = r.octet_length
    return value_from_c(c_type, s.ipd.recs[i].concise_type, data, n, wchar_bytes(), v)


cdef CellStatus param_fitting(Stmt* s, int64_t k, int32_t i, Value* v, bint* null) noexcept nogil:
    """param_value, and the check that it fits the size and scale that the parameter was declared with."""
    cdef const DescRec* p = &s.ipd.recs[i]
    cdef SQLSMALLINT c_type = param_c_type(s, i)
    cdef CellStatus status = param_value(s, k, i, v, null)
    if status != CELL_DONE or null[0]:
        return status
    return value_fit(v, p.concise_type, c_type == SQL_C_CHAR or c_type == SQL_C_WCHAR, rec_column_size(p),
                     rec_decimal_digits(p))
