# The rows of a scrollable cursor: every batch of the result, frozen; those that memory has no room for lie in a file.
# Included by _core.pyx after reader.pxi. The file has no name, so it is gone with the process, however that ends.

cdef extern from "argus/platform.h" nogil:
    int argus_spill_open(char* where, size_t nwhere)
    int argus_spill_write(int file, const void* p, size_t n, int64_t at)
    int argus_spill_read(int file, void* p, size_t n, int64_t at)
    void argus_spill_close(int file)
    void argus_error_text(int error, char* out, size_t n)

cdef struct StoreEntry:
    int64_t first          # 0-based number of its first row in the result
    int64_t size           # bytes of its block
    int64_t file_at        # where it lies in the file; -1: never written
    uint64_t used          # the rowset that needed it last
    Frozen* frozen         # NULL while it is only in the file

cdef struct Store:
    StoreEntry* entries
    int64_t n, capacity
    int64_t rows           # of all entries
    bint complete          # the result has no more
    bint whole             # the current fetch depends on where the result ends
    int64_t budget         # bytes that blocks may take in memory
    int64_t in_memory
    uint64_t rowset        # number of the current fetch, from 1 on: blocks that it uses stay in memory
    int64_t hand           # where the search for a block to spill goes on
    bint full              # the file takes no more; what is in it already can still leave memory
    int pid                # whose file it is: a forked child must not write over its parent's rows
    int file               # -1: not opened yet
    int64_t file_end
    char folder[256]       # where the file is


cdef Store* store_new(int64_t budget) noexcept nogil:
    cdef Store* st = <Store*>calloc(1, sizeof(Store))
    if st is not NULL:
        st.budget = budget
        st.pid = argus_pid()
        st.file = -1
        st.hand = -1
    return st


cdef void store_free(Store* st) noexcept nogil:
    cdef int64_t i
    if st is NULL:
        return
    for i in range(st.n):
        free(st.entries[i].frozen)
    free(st.entries)
    if st.file >= 0:
        argus_spill_close(st.file)
    free(st)


cdef void spill_error(Reader* r, Store* st, const char* what, int error) noexcept nogil:
    """End the result: a row of it can no longer be given."""
    cdef char reason[128]
    cdef char text[640]
    argus_error_text(error, reason, sizeof(reason))
    snprintf(text, sizeof(text), b"The scrollable cursor's rows need a temporary file, and %s in %s failed: %s; raise "
             b"CursorMemory, set TMPDIR to a folder with room, or use a forward-only cursor", what, st.folder, reason)
    reader_error(r, b"HY000", error, text, strlen(text))


cdef bint spill(Reader* r, Store* st, StoreEntry* e) noexcept nogil:
    """Take a block out of memory; it is written the first time only. False: r has the error."""
    cdef int error
    cdef const char* forked
    if e.file_at < 0:
        if st.pid != argus_pid():
            forked = b"The process forked while this result was open; the child must open a connection of its own"
            reader_error(r, b"08S01", 0, forked, strlen(forked))
            return False
        if st.file < 0:
            st.file = argus_spill_open(st.folder, sizeof(st.folder))
            if st.file < 0:
                spill_error(r, st, b"opening one", -st.file)
                st.file = -1
                return False
        error = argus_spill_write(st.file, e.frozen, e.size, st.file_end)
        if error:
            spill_error(r, st, b"writing", error)
            return False
        e.file_at = st.file_end
        st.file_end += e.size
    free(e.frozen)
    e.frozen = NULL
    st.in_memory -= e.size
    return True


cdef bint make_room(Reader* r, Store* st) noexcept nogil:
    """Spill blocks in turn until the rest fits; those of the current rowset stay. False: r has the error."""
    cdef int64_t passed = 0
    cdef StoreEntry* e
    while st.in_memory > st.budget and passed < st.n:
        st.hand = st.hand + 1 if st.hand + 1 < st.n else 0
        passed += 1
        e = &st.entries[st.hand]
        if e.frozen is NULL or e.used == st.rowset or (st.full and e.file_at < 0):
            continue
        if spill(r, st, e):
            passed = 0
        else:
            st.full = True
    return not st.full or st.in_memory <= st.budget


cdef bint store_add(Reader* r, Store* st, Batch* b) noexcept nogil:
    """Append a batch, which is freed. False: r has the error."""
    cdef StoreEntry* grown
    cdef StoreEntry* e
    cdef Frozen* f = batch_freeze(b)
    batch_drop(b)
    if f is not NULL and st.n == st.capacity:
        grown = <StoreEntry*>realloc(st.entries, (2 * st.capacity + 16) * sizeof(StoreEntry))
        if grown is NULL:
            free(f)
            f = NULL
        else:
            st.entries = grown
            st.capacity = 2 * st.capacity + 16
    if f is NULL:
        reader_error(r, b"HY001", 0, b"Memory is out", 13)
        return False
    e = &st.entries[st.n]
    e.first = st.rows
    e.size = f.size
    e.file_at = -1
    e.used = 0
    e.frozen = f
    st.n += 1
    st.rows += f.batch.nrows
    st.in_memory += f.size
    return make_room(r, st)


cdef void store_fill(Reader* r, Store* st, int64_t rows) noexcept nogil:
    """Read on until `rows` rows are here, or the result ends; an error ends it, and r has it."""
    cdef Batch* b
    while st.rows < rows and not st.complete:
        b = reader_next(r)
        if b is NULL:
            st.complete = True
        elif not store_add(r, st, b):
            st.complete = True


cdef Batch* store_batch(Reader* r, Store* st, int64_t row, int64_t* at) noexcept nogil:
    """The batch that holds a row (0-based, below st.rows), and the row's place in it. NULL: r has the error."""
    cdef int64_t low = 0, high = st.n - 1, middle
    cdef StoreEntry* e
    cdef int error
    while low < high:
        middle = (low + high + 1) // 2
        if st.entries[middle].first <= row:
            low = middle
        else:
            high = middle - 1
    e = &st.entries[low]
    e.used = st.rowset
    at[0] = row - e.first
    if e.frozen is NULL:
        e.frozen = <Frozen*>malloc(e.size)
        if e.frozen is NULL:
            reader_error(r, b"HY001", 0, b"Memory is out", 13)
            return NULL
        error = argus_spill_read(st.file, e.frozen, e.size, e.file_at)
        if error:
            free(e.frozen)
            e.frozen = NULL
            spill_error(r, st, b"reading", error)
            return NULL
        frozen_moved(e.frozen)
        st.in_memory += e.size
        make_room(r, st)  # also when the file is full, what was read before can be read again
    return &e.frozen.batch
