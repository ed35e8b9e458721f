# Bound parameters: reading the application's buffers, and the data-at-execution dialogue.
# Included by _core.pyx after plan.pxi. Parameter arrays are not read yet: SQL_ATTR_PARAMSET_SIZE stays 1.

# The values that SQLPutData collects, one Piece per data-at-execution parameter.
cdef struct Piece:
    SQLSMALLINT parameter      # 1-based; 0 = this parameter's value is in its buffer
    bint null, given
    char* bytes                # as the application's C type wrote them, malloc
    int64_t n, cap

cdef struct PutState:
    int32_t count              # of pieces
    int32_t current            # 1-based; 0 before the first SQLParamData
    int32_t resume_state       # StmtState to return to when cancelled
    Piece* pieces              # index = parameter


cdef void put_release(PutState* p) noexcept nogil:
    cdef int32_t i
    if p is NULL:
        return
    for i in range(p.count + 1):
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


cdef inline SQLLEN param_shift(const Stmt* s) noexcept nogil:
    return s.apd.bind_offset_ptr[0] if s.apd.bind_offset_ptr is not NULL else 0


cdef SQLLEN param_length(const Stmt* s, const DescRec* r) noexcept nogil:
    """The length or indicator the application gave: SQL_NTS where there is no pointer, as the page says."""
    cdef SQLLEN shift = param_shift(s)
    if r.indicator_ptr is not NULL and (<SQLLEN*>(<char*>r.indicator_ptr + shift))[0] == SQL_NULL_DATA:
        return SQL_NULL_DATA
    if r.octet_length_ptr is not NULL:
        return (<SQLLEN*>(<char*>r.octet_length_ptr + shift))[0]
    return SQL_NTS


cdef inline bint at_execution(SQLLEN n) noexcept nogil:
    return n == SQL_DATA_AT_EXEC or n <= SQL_LEN_DATA_AT_EXEC_OFFSET


cdef inline bint param_described(const Stmt* s, int32_t i) noexcept nogil:
    """Both descriptors have a usable record; they may have been replaced or cut since the statement was started."""
    return i <= s.apd.capacity and i <= s.ipd.capacity and s.ipd.recs[i].concise_type != SQL_UNKNOWN_TYPE


cdef SQLRETURN not_described(Stmt* s, int32_t i) noexcept nogil:
    return fail_num(&s.h, b"07002", b"Parameter %d of %d is not bound: call SQLBindParameter, or set its record in the "
                    b"application and in the implementation parameter descriptor", i, s.nparams)


cdef SQLRETURN params_begin(Stmt* s) noexcept nogil:
    """Check the bindings of all markers; SQL_NEED_DATA when values are still to come through SQLPutData."""
    cdef int32_t i, waiting = 0
    cdef PutState* p
    params_release(s)
    if s.apd.array_size > 1 and s.nparams:
        return fail_num(&s.h, b"HYC00", b"The parameters are bound as an array of %d sets: the driver executes one set at a "
                        b"time", <int64_t>s.apd.array_size, 0)
    if s.nparams == 0:
        return SQL_SUCCESS
    if s.apd.count < s.nparams:
        return fail_num(&s.h, b"07002", b"The statement has %d parameter markers, but parameters are bound up to %d only",
                        s.nparams, s.apd.count)
    for i in range(1, s.nparams + 1):
        if not param_described(s, i) or (s.apd.recs[i].data_ptr is NULL and s.apd.recs[i].octet_length_ptr is NULL
                                         and s.apd.recs[i].indicator_ptr is NULL):
            return not_described(s, i)
        if at_execution(param_length(s, &s.apd.recs[i])):
            waiting += 1
    if waiting == 0:
        return SQL_SUCCESS
    p = <PutState*>calloc(1, sizeof(PutState))
    if p is NULL:
        return no_memory(&s.h)
    p.count = s.nparams
    p.pieces = <Piece*>calloc(s.nparams + 1, sizeof(Piece))
    if p.pieces is NULL:
        free(p)
        return no_memory(&s.h)
    for i in range(1, s.nparams + 1):
        if at_execution(param_length(s, &s.apd.recs[i])):
            p.pieces[i].parameter = <SQLSMALLINT>i
    p.resume_state = s.state
    s.put = p
    s.state = ST_NEED_DATA
    return SQL_NEED_DATA


cdef SQLRETURN param_data(Stmt* s, SQLPOINTER* token) noexcept nogil:
    """SQLParamData: name the next parameter that wants data, or run the statement when all have theirs."""
    cdef PutState* p = <PutState*>s.put
    cdef int32_t i
    if p is NULL or s.state < ST_NEED_DATA or s.state > ST_CAN_PUT:
        return fail(&s.h, b"HY010", b"No parameter waits for data")
    if s.state == ST_MUST_PUT:
        return fail_num(&s.h, b"HY010", b"Parameter %d has no data yet: call SQLPutData first", p.current, 0)
    for i in range(p.current + 1, p.count + 1):
        if p.pieces[i].parameter:
            if not param_described(s, i):
                return not_described(s, i)
            p.current = i
            s.state = ST_MUST_PUT
            if token is not NULL:
                token[0] = <char*>s.apd.recs[i].data_ptr + param_shift(s)
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
    if not param_described(s, p.current):
        return not_described(s, p.current)
    piece = &p.pieces[p.current]
    c_type = param_c_type(s, p.current)
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
    if data is NULL and n != 0:
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


cdef CellStatus param_value(Stmt* s, int32_t i, Value* v, bint* null) noexcept nogil:
    """Parameter i (1-based) as a Value of its SQL type; value_drop it in the end, whatever came back."""
    cdef DescRec* r = &s.apd.recs[i]
    cdef PutState* p = <PutState*>s.put
    cdef SQLSMALLINT c_type = param_c_type(s, i)
    cdef SQLLEN n
    cdef const void* data
    v.owned = NULL
    if p is not NULL and p.pieces[i].parameter:
        null[0] = p.pieces[i].null
        data = p.pieces[i].bytes if p.pieces[i].bytes is not NULL else <const char*>b""
        n = p.pieces[i].n
    else:
        n = param_length(s, r)
        null[0] = n == SQL_NULL_DATA
        data = <const char*>r.data_ptr + param_shift(s)
        if not null[0] and r.data_ptr is NULL:
            return CELL_BAD_LENGTH
    if null[0]:
        return CELL_DONE
    if c_type == SQL_C_BINARY and n == SQL_NTS:
        n = r.octet_length
    return value_from_c(c_type, s.ipd.recs[i].concise_type, data, n, wchar_bytes(), v)
