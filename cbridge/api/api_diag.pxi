# SQLGetDiagRec, SQLGetDiagField: reading the records of any handle, without changing them and without Python.
# Included by _core.pyx after api_result.pxi. The handle's lock is held meanwhile: another thread's call on the same handle,
# such as a new statement of the connection, does away with the records.

cdef Head* stmt_head(Stmt* s) noexcept nogil:
    """Where a statement's records are: with those of other calls while a function runs asynchronously."""
    if s is not NULL and argus_load(&s.busy):
        return &s.front
    return <Head*>s


cdef Head* head_of(SQLSMALLINT kind, SQLHANDLE h) noexcept nogil:
    if kind == SQL_HANDLE_ENV:
        return <Head*>env(h)
    if kind == SQL_HANDLE_DBC:
        return <Head*>dbc(h)
    if kind == SQL_HANDLE_STMT:
        return stmt_head(stmt(h))
    if kind == SQL_HANDLE_DESC:
        return <Head*>desc(h)
    return NULL


cdef Head* head_open(SQLSMALLINT kind, SQLHANDLE h) noexcept nogil:
    """Lock where the records of a handle are; NULL, and nothing is locked, when it is none any more."""
    cdef Head* head = head_of(kind, h)
    if head is NULL:
        return NULL
    argus_lock(&head.lock)
    if head_of(kind, h) is head:
        return head
    argus_unlock(&head.lock)
    # Freed, or an asynchronous function has begun or ended meanwhile.
    head = head_of(kind, h)
    if head is not NULL:
        argus_lock(&head.lock)
    return head


cdef const char* odbc2_states() noexcept nogil:
    """Pairs of ODBC 3 and ODBC 2 states (Appendix A, "SQLSTATE mappings")."""
    return (
        b"42S02S0002" b"42S01S0001" b"42S22S0022" b"42S21S0021" b"42S11S0011" b"42S12S0012" b"4200037000" b"2200722008"
        b"2201822005" b"07009S1002" b"HY000S1000" b"HY001S1001" b"HY003S1003" b"HY004S1004" b"HY008S1008" b"HY009S1009"
        b"HY010S1010" b"HY011S1011" b"HY012S1012" b"HY024S1009" b"HY090S1090" b"HY091S1091" b"HY092S1092" b"HY096S1096"
        b"HY106S1106" b"HY110S1110" b"HYC00S1C00" b"HYT00S1T00" b"0700524000" b"HY007S1010" b"HY01870100" b"HY01922003"
        b"HY095S1095" b"HY097S1097" b"HY098S1098" b"HY099S1099" b"HY100S1100" b"HY101S1101" b"HY103S1103" b"HY104S1104"
        b"HY105S1105" b"HY107S1107" b"HY109S1109" b"HY111S1111")


cdef void write_state(const DiagRec* r, bint odbc2, char* out) noexcept nogil:
    """The record's SQLSTATE, in its ODBC 2 form for an ODBC 2 application; 6 bytes with the NUL."""
    cdef const char* pair = odbc2_states()
    memcpy(out, r.sqlstate, 5)
    out[5] = 0
    while odbc2 and pair[0]:
        if memcmp(pair, r.sqlstate, 5) == 0:
            memcpy(out, pair + 5, 5)
            return
        pair += 10


cdef bint for_odbc2(SQLSMALLINT kind, SQLHANDLE h) noexcept nogil:
    cdef Env* e = NULL
    if kind == SQL_HANDLE_ENV:
        e = env(h)
    elif kind == SQL_HANDLE_DBC and dbc(h) is not NULL:
        e = dbc(h).env
    elif kind == SQL_HANDLE_STMT and stmt(h) is not NULL:
        e = stmt(h).dbc.env
    return e is not NULL and e.odbc_version == SQL_OV_ODBC2


cdef SQLRETURN give_plain(const char* s, void* out, SQLSMALLINT cap, SQLSMALLINT* total, bint wide,
                          bint in_bytes) noexcept nogil:
    """give16 without a record: the diagnostic functions post none of their own."""
    cdef Head scratch
    cdef SQLRETURN rc
    memset(&scratch, 0, sizeof(scratch))
    rc = give16(&scratch, s, strlen(s), out, cap, total, wide, in_bytes)
    diag_release(&scratch)
    return rc


cdef const char* message_of(const DiagRec* r) noexcept nogil:
    cdef const char* p = r.message
    if p is NULL:
        p = b"[Argus] Out of memory"
    return p


cdef SQLRETURN diag_rec(SQLSMALLINT kind, SQLHANDLE handle, SQLSMALLINT i, void* state, SQLINTEGER* native, void* text,
                        SQLSMALLINT cap, SQLSMALLINT* total, bint wide) noexcept nogil:
    cdef Head* h = head_open(kind, handle)
    cdef SQLRETURN rc
    if h is NULL:
        return SQL_INVALID_HANDLE
    rc = head_rec(kind, handle, h, i, state, native, text, cap, total, wide)
    argus_unlock(&h.lock)
    return rc


cdef SQLRETURN head_rec(SQLSMALLINT kind, SQLHANDLE handle, const Head* h, SQLSMALLINT i, void* state, SQLINTEGER* native,
                        void* text, SQLSMALLINT cap, SQLSMALLINT* total, bint wide) noexcept nogil:
    """diag_rec with the records locked."""
    cdef DiagRec* r
    cdef char code[6]
    if i < 1 or cap < 0:
        return SQL_ERROR
    if i > h.ndiag:
        return SQL_NO_DATA
    r = &h.diags[i - 1]
    if state is not NULL:
        write_state(r, for_odbc2(kind, handle), code)
        give_plain(code, state, 6, NULL, wide, False)
    if native is not NULL:
        native[0] = r.native
    return give_plain(message_of(r), text, cap, total, wide, False)


cdef public SQLRETURN SQLGetDiagRec(SQLSMALLINT kind, SQLHANDLE h, SQLSMALLINT i, SQLCHAR* state, SQLINTEGER* native,
                                    SQLCHAR* text, SQLSMALLINT cap, SQLSMALLINT* total) noexcept nogil:
    return diag_rec(kind, h, i, state, native, text, cap, total, False)


cdef public SQLRETURN SQLGetDiagRecW(SQLSMALLINT kind, SQLHANDLE h, SQLSMALLINT i, SQLWCHAR* state, SQLINTEGER* native,
                                     SQLWCHAR* text, SQLSMALLINT cap, SQLSMALLINT* total) noexcept nogil:
    return diag_rec(kind, h, i, state, native, text, cap, total, True)


cdef SQLLEN cursor_rows(Stmt* s) noexcept nogil:
    """Rows of the open cursor, as far as they are known: -1 where they are not, 0 without a cursor."""
    return s.row_count if s.reader is not NULL else 0


cdef SQLRETURN diag_header(Head* h, SQLSMALLINT kind, SQLSMALLINT field, SQLPOINTER out, SQLSMALLINT cap,
                           SQLSMALLINT* total, bint wide) noexcept nogil:
    cdef Stmt* s = <Stmt*>h
    cdef bint running = h.magic == MAGIC_FRONT
    if field == SQL_DIAG_NUMBER:
        if out is not NULL:
            (<SQLINTEGER*>out)[0] = h.ndiag
    elif field == SQL_DIAG_RETURNCODE:
        if out is not NULL:
            (<SQLRETURN*>out)[0] = h.returncode
    elif kind != SQL_HANDLE_STMT:
        return SQL_ERROR
    elif running and (field == SQL_DIAG_ROW_COUNT or field == SQL_DIAG_CURSOR_ROW_COUNT):
        return SQL_ERROR
    elif field == SQL_DIAG_ROW_COUNT:
        if s.state < ST_EXECUTED_NO_RESULT or s.state >= ST_NEED_DATA:
            return SQL_ERROR
        if out is not NULL:
            (<SQLLEN*>out)[0] = h.row_count
    elif field == SQL_DIAG_CURSOR_ROW_COUNT:
        if out is not NULL:
            (<SQLLEN*>out)[0] = cursor_rows(s)
    elif field == SQL_DIAG_DYNAMIC_FUNCTION_CODE:
        if out is not NULL:
            (<SQLINTEGER*>out)[0] = h.dynamic_function_code
    else:
        return give_plain(h.dynamic_function if h.dynamic_function is not NULL else <const char*>b"", out, cap, total, wide, True)
    return SQL_SUCCESS


cdef const char* states_of_odbc() noexcept nogil:
    """SQLSTATEs whose subclass ODBC defined (SQLGetDiagField, SQL_DIAG_SUBCLASS_ORIGIN), beside all of class IM."""
    return (
        b"01S00 01S01 01S02 01S06 01S07 07S01 08S01 21S01 21S02 25S01 25S02 25S03 42S01 42S02 42S11 42S12 42S21 42S22 "
        b"HY095 HY097 HY098 HY099 HY100 HY101 HY105 HY107 HY109 HY110 HY111 HYT00 HYT01 ")


cdef const char* origin(const char* sqlstate, bint subclass) noexcept nogil:
    """SQL_DIAG_CLASS_ORIGIN and SQL_DIAG_SUBCLASS_ORIGIN: ODBC's own states against the standard's."""
    cdef const char* at = states_of_odbc()
    if memcmp(sqlstate, b"IM", 2) == 0:
        return b"ODBC 3.0"
    while subclass and at[0]:
        if memcmp(at, sqlstate, 5) == 0:
            return b"ODBC 3.0"
        at += 6
    return b"ISO 9075"


cdef const char* name_in_info(SQLSMALLINT kind, SQLHANDLE handle, SQLUSMALLINT info_type) noexcept nogil:
    """A text of SQLGetInfo of the handle's connection; empty before connect."""
    cdef Dbc* d = NULL
    cdef int32_t i
    if kind == SQL_HANDLE_DBC:
        d = dbc(handle)
    elif kind == SQL_HANDLE_STMT and stmt(handle) is not NULL:
        d = stmt(handle).dbc
    elif kind == SQL_HANDLE_DESC and desc(handle) is not NULL:
        d = desc(handle).dbc
    if d is not NULL:
        for i in range(d.ninfo):
            if d.info[i].type == info_type and d.info[i].text is not NULL:
                return d.info[i].text
    return b""


cdef SQLRETURN diag_record_field(SQLSMALLINT kind, SQLHANDLE handle, const DiagRec* r, SQLSMALLINT field, SQLPOINTER out,
                                 SQLSMALLINT cap, SQLSMALLINT* total, bint wide) noexcept nogil:
    cdef char code[6]
    if field == SQL_DIAG_NATIVE or field == SQL_DIAG_COLUMN_NUMBER:
        if out is not NULL:
            (<SQLINTEGER*>out)[0] = r.native if field == SQL_DIAG_NATIVE else r.column
        return SQL_SUCCESS
    if field == SQL_DIAG_ROW_NUMBER:
        if out is not NULL:
            (<SQLLEN*>out)[0] = r.row
        return SQL_SUCCESS
    if cap < 0:
        return SQL_ERROR
    if field == SQL_DIAG_SQLSTATE:
        write_state(r, for_odbc2(kind, handle), code)
        return give_plain(code, out, cap, total, wide, True)
    if field == SQL_DIAG_MESSAGE_TEXT:
        return give_plain(message_of(r), out, cap, total, wide, True)
    if field == SQL_DIAG_CLASS_ORIGIN or field == SQL_DIAG_SUBCLASS_ORIGIN:
        return give_plain(origin(r.sqlstate, field == SQL_DIAG_SUBCLASS_ORIGIN), out, cap, total, wide, True)
    if field == SQL_DIAG_SERVER_NAME:
        return give_plain(name_in_info(kind, handle, SQL_DATA_SOURCE_NAME), out, cap, total, wide, True)
    if field == SQL_DIAG_CONNECTION_NAME:
        return give_plain(name_in_info(kind, handle, SQL_SERVER_NAME), out, cap, total, wide, True)
    return SQL_ERROR


cdef SQLRETURN diag_field(SQLSMALLINT kind, SQLHANDLE handle, SQLSMALLINT i, SQLSMALLINT field, SQLPOINTER out,
                          SQLSMALLINT cap, SQLSMALLINT* total, bint wide) noexcept nogil:
    cdef Head* h = head_open(kind, handle)
    cdef SQLRETURN rc
    if h is NULL:
        return SQL_INVALID_HANDLE
    rc = head_field(kind, handle, h, i, field, out, cap, total, wide)
    argus_unlock(&h.lock)
    return rc


cdef SQLRETURN head_field(SQLSMALLINT kind, SQLHANDLE handle, Head* h, SQLSMALLINT i, SQLSMALLINT field, SQLPOINTER out,
                          SQLSMALLINT cap, SQLSMALLINT* total, bint wide) noexcept nogil:
    """diag_field with the records locked."""
    if (field == SQL_DIAG_NUMBER or field == SQL_DIAG_RETURNCODE or field == SQL_DIAG_ROW_COUNT
            or field == SQL_DIAG_CURSOR_ROW_COUNT or field == SQL_DIAG_DYNAMIC_FUNCTION
            or field == SQL_DIAG_DYNAMIC_FUNCTION_CODE):
        return diag_header(h, kind, field, out, cap, total, wide)
    if i < 1:
        return SQL_ERROR
    if i > h.ndiag:
        return SQL_NO_DATA
    return diag_record_field(kind, handle, &h.diags[i - 1], field, out, cap, total, wide)


cdef public SQLRETURN SQLGetDiagField(SQLSMALLINT kind, SQLHANDLE h, SQLSMALLINT i, SQLSMALLINT field, SQLPOINTER out,
                                      SQLSMALLINT cap, SQLSMALLINT* total) noexcept nogil:
    return diag_field(kind, h, i, field, out, cap, total, False)


cdef public SQLRETURN SQLGetDiagFieldW(SQLSMALLINT kind, SQLHANDLE h, SQLSMALLINT i, SQLSMALLINT field, SQLPOINTER out,
                                       SQLSMALLINT cap, SQLSMALLINT* total) noexcept nogil:
    return diag_field(kind, h, i, field, out, cap, total, True)
