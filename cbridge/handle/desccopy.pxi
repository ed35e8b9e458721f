# Entering a descriptor call, whole records at once, and copies between descriptors.
# Included by _core.pyx after descfields.pxi. Order of locks: connection, statement, descriptor.

cdef uint32_t* owner_lock(Desc* x) noexcept nogil:
    """The lock of what may use the descriptor beside this call: its statement, or the connection of an explicit one.

    NULL when the owner is gone. `x` may be freed meanwhile, so what it points at is proved before it is used.
    """
    cdef Stmt* s = x.stmt
    cdef Dbc* d = x.dbc
    if s is not NULL:
        return &s.h.lock if stmt(s) is not NULL else NULL
    return &d.h.lock if dbc(d) is not NULL else NULL


cdef bint desc_enter(Desc* x, uint32_t** owner) noexcept nogil:
    """Take the owner's lock, then the descriptor's. False: it was freed meanwhile, or see desc_busy.

    The statement that owns an implicit descriptor writes it under its own lock only.
    """
    owner[0] = owner_lock(x)
    if owner[0] is NULL or (x.stmt is not NULL and desc_busy(x)):
        return False
    argus_lock(owner[0])
    if not enter(&x.h, MAGIC_DESC):
        argus_unlock(owner[0])
        return False
    if owner_lock(x) != owner[0] or desc_busy(x):
        argus_unlock(&x.h.lock)
        argus_unlock(owner[0])
        return False
    return True


cdef bint desc_busy(const Desc* x) noexcept nogil:
    """Whether a statement that uses the descriptor runs asynchronously or waits for parameter data; an explicit one's
    connection is locked."""
    cdef Stmt* s = x.stmt
    if s is not NULL:
        return argus_load(&s.busy) != 0 or waiting(s)
    s = x.dbc.stmts
    while s is not NULL:
        if (s.ard is x or s.apd is x) and (argus_load(&s.busy) or waiting(s)):
            return True
        s = s.next
    return False


cdef SQLRETURN desc_refused(Desc* x) noexcept nogil:
    """What a function answers that could not enter a descriptor."""
    if x is NULL or owner_lock(x) is NULL or not enter(&x.h, MAGIC_DESC):
        return SQL_INVALID_HANDLE
    return leave(&x.h, fail(&x.h, b"HY010", b"A statement that uses the descriptor runs asynchronously or waits for data"))


cdef SQLRETURN desc_leave(Desc* x, uint32_t* owner, SQLRETURN rc) noexcept nogil:
    leave(&x.h, rc)
    argus_unlock(owner)
    return rc


cdef void bindings_touched(Desc* x) noexcept nogil:
    """The next fetch of every statement that uses the descriptor makes its plan anew."""
    cdef Stmt* s
    if x.stmt is not NULL:
        x.stmt.bindings_changed = True
        return
    s = x.dbc.stmts
    while s is not NULL:
        if s.ard is x:
            s.bindings_changed = True
        s = s.next


cdef SQLRETURN get_desc_rec(Desc* x, SQLSMALLINT i, void* name, SQLSMALLINT cap, SQLSMALLINT* total, SQLSMALLINT* type,
                            SQLSMALLINT* sub, SQLLEN* length, SQLSMALLINT* precision, SQLSMALLINT* scale,
                            SQLSMALLINT* nullable, bint wide) noexcept nogil:
    """SQLGetDescRec; fields that the kind of descriptor does not have are left as they are."""
    cdef const DescRec* r
    cdef const char* text
    cdef SQLRETURN rc = ird_known(x)
    if rc == SQL_SUCCESS:
        rc = check_record(x, i)
    if rc != SQL_SUCCESS:
        return rc
    if i > x.count:
        return SQL_NO_DATA
    r = &x.recs[i]
    if type is not NULL:
        type[0] = r.type
    if sub is not NULL and (r.type == SQL_DATETIME or r.type == SQL_INTERVAL):
        sub[0] = r.datetime_interval_code
    if length is not NULL:
        length[0] = r.octet_length
    if precision is not NULL:
        precision[0] = r.precision
    if scale is not NULL:
        scale[0] = r.scale
    if x.kind != DESC_IRD and x.kind != DESC_IPD:
        return SQL_SUCCESS
    if nullable is not NULL:
        nullable[0] = r.nullable
    text = rec_text(r, TEXT_NAME)
    return give16(&x.h, text, strlen(text), name, cap, total, wide, False)


cdef SQLRETURN set_desc_rec(Desc* x, SQLSMALLINT i, SQLSMALLINT type, SQLSMALLINT sub, SQLLEN length,
                            SQLSMALLINT precision, SQLSMALLINT scale, SQLPOINTER data, SQLLEN* total,
                            SQLLEN* ind) noexcept nogil:
    """SQLSetDescRec: the whole record, with the consistency check."""
    cdef DescRec* r
    cdef SQLRETURN rc
    if x.kind == DESC_IRD:
        return fail(&x.h, b"HY016", b"The implementation row descriptor describes the result and cannot be changed")
    bindings_touched(x)
    rc = need_record(x, i)
    if rc != SQL_SUCCESS:
        return rc
    r = &x.recs[i]
    rc = set_type(x, r, type, False)
    if rc == SQL_SUCCESS and (type == SQL_DATETIME or type == SQL_INTERVAL):
        rc = set_desc_number(x, r, SQL_DESC_DATETIME_INTERVAL_CODE, sub)
    if rc == SQL_SUCCESS:
        rc = set_desc_number(x, r, SQL_DESC_OCTET_LENGTH, length)
    if rc != SQL_SUCCESS:
        return rc
    r.precision = precision
    r.scale = scale
    if x.kind != DESC_IPD:
        r.octet_length_ptr = total
        r.indicator_ptr = ind
    rc = check_consistency(x, r)
    if rc != SQL_SUCCESS or x.kind == DESC_IPD:
        return rc
    return set_pointer(x, r, data)


cdef bint rec_copy(DescRec* target, const DescRec* source) noexcept nogil:
    """A deep copy over a record that owns nothing yet; False when memory is out."""
    cdef int k
    memcpy(target, source, sizeof(DescRec))
    memset(target.texts, 0, sizeof(target.texts))
    for k in range(N_DESC_TEXTS):
        if source.texts[k] is not NULL:
            if desc_set_text(target, k, source.texts[k], strlen(source.texts[k])) != SQL_SUCCESS:
                return False
    return True


cdef void recs_free(DescRec* recs, int32_t n) noexcept nogil:
    cdef int32_t i
    if recs is NULL:
        return
    for i in range(n):
        rec_clear(&recs[i])
    free(recs)


cdef DescRec* recs_copy(const Desc* x) noexcept nogil:
    """Records 0..count as an array of their own; NULL when memory is out."""
    cdef DescRec* recs = <DescRec*>calloc(x.count + 1, sizeof(DescRec))
    cdef int32_t i
    if recs is NULL:
        return NULL
    for i in range(x.count + 1):
        if not rec_copy(&recs[i], &x.recs[i]):
            recs_free(recs, x.count + 1)
            return NULL
    return recs


cdef SQLRETURN take_copy(Desc* x, const Desc* header, DescRec* recs) noexcept nogil:
    """Replace the fields of a descriptor by those of a snapshot; `recs` is consumed where this succeeds."""
    cdef SQLRETURN rc
    cdef int32_t i
    if x.kind == DESC_IRD:
        return fail(&x.h, b"HY016", b"The implementation row descriptor describes the result and cannot be changed")
    for i in range(1, header.count + 1):
        if recs[i].data_ptr is not NULL:
            rc = check_consistency(x, &recs[i])
            if rc != SQL_SUCCESS:
                return rc
    recs_free(x.recs, x.capacity + 1)
    x.recs = recs
    x.capacity = header.count
    x.count = header.count
    x.array_size = header.array_size
    x.array_status_ptr = header.array_status_ptr
    x.bind_offset_ptr = header.bind_offset_ptr
    x.bind_type = header.bind_type
    x.rows_processed_ptr = header.rows_processed_ptr
    bindings_touched(x)
    return SQL_SUCCESS


cdef SQLRETURN copy_desc(Desc* source, Desc* target) noexcept nogil:
    """SQLCopyDesc through a snapshot, so that never two descriptors are locked at once."""
    cdef uint32_t* owner = NULL
    cdef Desc header
    cdef DescRec* recs
    cdef bint unknown
    cdef SQLRETURN rc
    if not desc_enter(source, &owner):
        return desc_refused(source)
    unknown = ird_known(source) != SQL_SUCCESS
    header = source[0]
    recs = NULL if unknown else recs_copy(source)
    desc_leave(source, owner, SQL_SUCCESS)
    if not desc_enter(target, &owner):
        recs_free(recs, header.count + 1)
        return desc_refused(target)
    if unknown:
        rc = fail(&target.h, b"HY007", b"The source describes the result of a statement that is neither prepared nor executed")
    elif recs is NULL:
        rc = no_memory(&target.h)
    else:
        rc = take_copy(target, &header, recs)
    if rc != SQL_SUCCESS:
        recs_free(recs, header.count + 1)
    return desc_leave(target, owner, rc)
