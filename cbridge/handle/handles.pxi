# Env, Dbc, Stmt and Desc: the C structures behind the handles, their slab, their locks and their life.
# Included by _core.pyx first of handle/. A handle is proved by address range, slot border and magic before it is read.

cdef enum:
    MAGIC_ENV = 0x41564E45
    MAGIC_DBC = 0x43424441
    MAGIC_STMT = 0x544D5453
    MAGIC_DESC = 0x43534544
    MAGIC_FRONT = 0x544E5246   # of Stmt.front, which is no handle
    SLOT_BYTES = 1024
    N_INFO = 256
    ENGINE_BYTES = 40

# ---- diagnostics (diag.pxi) ----
cdef struct DiagRec:
    char sqlstate[6]
    SQLINTEGER native
    SQLLEN row            # SQL_DIAG_ROW_NUMBER; SQL_NO_ROW_NUMBER when it belongs to no row
    SQLINTEGER column     # SQL_DIAG_COLUMN_NUMBER; SQL_NO_COLUMN_NUMBER
    char* message         # UTF-8, malloc

cdef struct Head:
    uint32_t magic
    uint32_t lock         # argus_lock word (platform.h)
    SQLRETURN returncode  # SQL_DIAG_RETURNCODE of the last function
    int32_t ndiag, diag_cap
    int32_t told          # records that SQLError has answered already
    DiagRec* diags
    SQLLEN row_count      # SQL_DIAG_ROW_COUNT
    SQLINTEGER dynamic_function_code
    const char* dynamic_function  # static text

# ---- descriptors (descs.pxi) ----
cdef enum:                     # texts of a descriptor record
    TEXT_NAME, TEXT_LABEL, TEXT_TYPE_NAME, TEXT_LOCAL_TYPE_NAME, TEXT_LITERAL_PREFIX, TEXT_LITERAL_SUFFIX,
    TEXT_BASE_COLUMN_NAME, TEXT_BASE_TABLE_NAME, TEXT_TABLE_NAME, TEXT_SCHEMA_NAME, TEXT_CATALOG_NAME, N_DESC_TEXTS

cdef enum DescKind:
    DESC_ARD = 1, DESC_APD, DESC_IRD, DESC_IPD, DESC_EXPLICIT

cdef struct DescRec:
    SQLSMALLINT concise_type, type, datetime_interval_code, precision, scale, parameter_type
    SQLSMALLINT nullable, unnamed, is_unsigned, searchable, updatable, fixed_prec_scale
    SQLINTEGER datetime_interval_precision, auto_unique_value, case_sensitive, num_prec_radix
    SQLULEN length
    SQLLEN octet_length, display_size
    SQLPOINTER data_ptr
    SQLLEN* indicator_ptr
    SQLLEN* octet_length_ptr
    char* texts[N_DESC_TEXTS]   # UTF-8, malloc, NULL = ""

cdef struct Desc:
    Head h
    Dbc* dbc
    Stmt* stmt                  # owner of an implicit descriptor; NULL for an explicit one
    SQLSMALLINT kind, alloc_type
    SQLSMALLINT count           # SQL_DESC_COUNT
    int32_t capacity            # recs has capacity + 1 entries; recs[0] is the bookmark record
    DescRec* recs
    SQLULEN array_size
    SQLUSMALLINT* array_status_ptr
    SQLLEN* bind_offset_ptr
    SQLINTEGER bind_type
    SQLULEN* rows_processed_ptr
    Desc* next                  # explicit descriptors of the connection

# ---- the three other handles ----
cdef struct Reader    # reader.pxi
cdef struct Store     # store.pxi

# Rows of one batch that belong to the current rowset.
cdef struct Segment:
    Batch* batch
    int64_t first, rows

cdef enum Place:                # where a cursor stands
    BEFORE_START, ON_ROWSET, AFTER_END

cdef struct Env:
    Head h
    SQLINTEGER odbc_version     # 0 until set
    SQLUINTEGER connection_pooling, cp_match
    Dbc* first

# One answer of SQLGetInfo, made at connect so that SQLGetInfo itself needs no Python.
cdef struct InfoItem:
    SQLUSMALLINT type
    SQLSMALLINT width           # 2 or 4 for numbers (8 for SQLULEN), 0 for text
    uint64_t number
    char* text                  # UTF-8, malloc; NULL: the session has to be asked

# Statement options that an ODBC 2 application set on the connection: 0 .. SQL_USE_BOOKMARKS.
cdef enum:
    STMT_OPTIONS = 13

cdef struct StmtOptions:
    uint32_t given              # bits of the options that were set
    SQLULEN values[STMT_OPTIONS]

# What a connection was opened with, for SQL_ATTR_RESET_CONNECTION (api/reset.pxi).
cdef struct DbcStart:
    SQLUINTEGER access_mode, autocommit, connection_timeout, metadata_id, txn_isolation, translate_option
    SQLULEN async_enable
    StmtOptions options

cdef struct Dbc:
    Head h
    Env* env
    Dbc* next
    Stmt* stmts
    Desc* descs
    bint connected
    void* py                    # argus_odbc.driver.Connection, owned; changed only while the GIL is held
    void* browse                # argus_odbc.browse.Browse while SQLBrowseConnect asks on (state C3), owned
    bint browse_ended           # the last SQLBrowseConnect failed after it had asked
    int32_t ninfo
    InfoItem* info              # sorted by type
    SQLUSMALLINT lacking[8]     # SQL_API_* that the engine has nothing for; 0 ends them
    SQLUINTEGER access_mode, autocommit, connection_timeout, login_timeout, metadata_id, odbc_cursors
    SQLUINTEGER packet_size, txn_isolation, translate_option, ansi_app, trace, disconnect_behavior
    SQLULEN async_enable
    StmtOptions options
    SQLPOINTER quiet_mode
    DbcStart start
    char* current_catalog       # set before connect; UTF-8, malloc
    char engine[ENGINE_BYTES]   # SQL_DBMS_NAME, for the prefix of messages; "" while it is not known
    int64_t cursor_memory       # bytes that a scrollable cursor may take in memory

cdef enum StmtState:            # the names of Appendix B without its S
    ST_ALLOCATED = 1, ST_PREPARED_NO_RESULT, ST_PREPARED_RESULT, ST_EXECUTED_NO_RESULT,
    ST_OPEN, ST_FETCHED, ST_FETCHED_EXTENDED, ST_NEED_DATA, ST_MUST_PUT, ST_CAN_PUT, ST_EXECUTING, ST_ASYNC_CANCELED

cdef struct Stmt:
    Head h
    Dbc* dbc
    Stmt* next
    void* py                    # argus_odbc.driver.Statement, owned; changed only while the GIL is held
    int32_t state               # StmtState
    bint prepared               # a SQLPrepare stands behind the open result (SQL_CLOSE returns to it)
    int32_t function            # SQL_DIAG_DYNAMIC_FUNCTION_CODE of the text that is set
    bint described              # the IRD of the prepared text is known
    Desc* ard                   # current ones; own_* are the implicit ones
    Desc* apd
    Desc* ird
    Desc* ipd
    Desc* own_ard
    Desc* own_apd
    # attributes without a descriptor field
    SQLULEN async_enable, concurrency, cursor_scrollable, cursor_sensitivity, cursor_type, enable_auto_ipd
    SQLULEN keyset_size, max_length, max_rows, metadata_id, noscan, query_timeout, retrieve_data
    SQLULEN simulate_cursor, use_bookmarks, rowset_size_2   # SQL_ROWSET_SIZE, for SQLExtendedFetch
    SQLLEN* fetch_bookmark_ptr
    # result
    SQLLEN row_count
    SQLSMALLINT nparams
    Reader* reader              # NULL without a result
    Store* store                # all rows of a scrollable cursor, which owns their batches; else NULL
    Batch* batch                # forward-only: the batch that is being read, owned
    int64_t batch_row           # its first row that was not fetched yet
    int64_t rows_seen           # forward-only: rows fetched so far
    Segment* window             # the rowset; its batches are owned where there is no store
    int32_t nwindow, window_capacity
    int32_t place               # Place
    int64_t rowset_start        # 1-based number of the rowset's first row in the result
    int64_t rowset_rows         # rows in the rowset
    int64_t rowset_size         # rows that it was fetched with room for
    SQLUSMALLINT* rowset_status  # the application's array that the fetch filled, or NULL
    int64_t current             # 1-based row of the rowset on which the cursor stands
    Batch* current_batch        # where that row is
    int64_t batch_serial        # counts up whenever that may be another batch; for Quick.serial
    int64_t current_row
    SQLUSMALLINT getdata_column  # column of the running SQLGetData sequence
    bint getdata_runs
    SQLSMALLINT getdata_c_type  # its C type as the application named it
    Target getdata              # its progress
    Quick* quick                # by column of the open result, for SQLGetData; NULL until the first call
    int32_t nquick
    bint bindings_changed       # ARD changed since `plan` was made
    Target* plan                # one per bound column, made from ARD and IRD (rowset.pxi)
    SQLUSMALLINT* plan_columns
    Quick* plan_quick           # one per bound column, for fetches of one row
    int32_t nplan
    char* cursor_name
    # data-at-execution (params.pxi)
    void* put                   # PutState, malloc
    # asynchronous execution (api/async.pxi)
    uint32_t busy               # SQL_API_* number of the function that runs, or whose end was not told yet; 0 = none
    uint32_t call_done          # its worker has ended
    uint32_t call_cancelled     # SQLCancel came for it
    int call_pid
    void* call                  # AsyncCall, malloc
    Head front                  # diagnostics of other calls meanwhile


cdef inline bint waiting(const Stmt* s) noexcept nogil:
    """In the data-at-execution dialogue (S8 to S10)."""
    return ST_NEED_DATA <= s.state <= ST_CAN_PUT


# ---- the slab: one address range that stays mapped, so that any pointer can be proved without touching it ----
cdef extern from "argus/platform.h" nogil:
    void argus_lock(uint32_t* word)
    bint argus_try_lock(uint32_t* word)
    void argus_unlock(uint32_t* word)
    uint32_t argus_load(const uint32_t* word)
    void argus_store(uint32_t* word, uint32_t value)
    void argus_store_first(uint32_t* word, uint32_t value)
    uintptr_t argus_load_size(const uintptr_t* word)
    void argus_store_size(uintptr_t* word, uintptr_t value)
    void* argus_reserve(size_t nbytes)

cdef enum:
    SLAB_SLOTS = 1 << 18

# No initial values: the module's import would set them again, after the first handles were made. Any thread may prove a
# handle while another one makes one: what `prove` reads is read and written atomically.
cdef uint32_t slab_word
cdef uintptr_t slab_base      # address; 0 until the first handle
cdef uintptr_t slab_used      # bytes handed out so far; grows only
cdef char* slab_free_first
cdef char* slab_free_last


cdef void* slot_alloc() noexcept nogil:
    """A zeroed slot, which `slot_open` makes a handle; NULL when memory or slots are out. Freed slots are reused oldest
    first."""
    global slab_free_first, slab_free_last
    cdef char* p = NULL
    argus_lock(&slab_word)
    if slab_base == 0:
        argus_store_size(&slab_base, <uintptr_t>argus_reserve(<size_t>SLAB_SLOTS * SLOT_BYTES))
    if slab_base != 0:
        if slab_used < <uintptr_t>SLAB_SLOTS * SLOT_BYTES and (slab_free_first is NULL or slab_used < 64 * SLOT_BYTES):
            p = <char*>(slab_base + slab_used)
            argus_store_size(&slab_used, slab_used + SLOT_BYTES)
        elif slab_free_first is not NULL:
            p = slab_free_first
            slab_free_first = (<char**>(p + 16))[0]
            if slab_free_first is NULL:
                slab_free_last = NULL
    if p is not NULL:
        memset(p + 8, 0, SLOT_BYTES - 8)  # not magic and lock word: a thread may still wait for the handle that was here
    argus_unlock(&slab_word)
    return p


cdef inline void slot_open(Head* h, uint32_t magic) noexcept nogil:
    """The handle is whole: from here on it is one."""
    argus_store(&h.magic, magic)


cdef void slot_free(void* slot) noexcept nogil:
    """Make a handle invalid and its slot reusable. The caller holds the handle's lock and releases it afterwards."""
    global slab_free_first, slab_free_last
    cdef char* p = <char*>slot
    argus_lock(&slab_word)
    argus_store(&(<Head*>p).magic, 0)
    (<char**>(p + 16))[0] = NULL
    if slab_free_last is NULL:
        slab_free_first = p
    else:
        (<char**>(slab_free_last + 16))[0] = p
    slab_free_last = p
    argus_unlock(&slab_word)


cdef inline bint alive(const Head* h, uint32_t magic) noexcept nogil:
    return argus_load(&h.magic) == magic


cdef inline void* prove(void* handle, uint32_t magic) noexcept nogil:
    """`handle` when it is a live handle of that kind; never reads outside the slab."""
    cdef uintptr_t used = argus_load_size(&slab_used)  # first: there is a base where there is one slot
    cdef uintptr_t at = <uintptr_t>handle - argus_load_size(&slab_base)
    if handle is NULL or at >= used or at & (SLOT_BYTES - 1):
        return NULL
    return handle if alive(<Head*>handle, magic) else NULL


cdef inline Env* env(SQLHANDLE h) noexcept nogil:
    return <Env*>prove(h, MAGIC_ENV)


cdef inline Dbc* dbc(SQLHANDLE h) noexcept nogil:
    return <Dbc*>prove(h, MAGIC_DBC)


cdef inline Stmt* stmt(SQLHANDLE h) noexcept nogil:
    return <Stmt*>prove(h, MAGIC_STMT)


cdef inline Desc* desc(SQLHANDLE h) noexcept nogil:
    return <Desc*>prove(h, MAGIC_DESC)


cdef inline void fresh(Head* h) noexcept nogil:
    """What a function's call does away with: the records and fields of the one before."""
    if h.ndiag:
        diag_clear(h)
    h.row_count = 0


cdef inline bint enter(Head* h, uint32_t magic) noexcept nogil:
    """Take the handle's lock and drop its old diagnostics. False: it was freed while this thread waited."""
    argus_lock(&h.lock)
    if not alive(h, magic):
        argus_unlock(&h.lock)
        return False
    fresh(h)
    return True


cdef inline SQLRETURN leave(Head* h, SQLRETURN rc) noexcept nogil:
    """Note the return code for SQL_DIAG_RETURNCODE and give the lock back."""
    h.returncode = rc
    argus_unlock(&h.lock)
    return rc
