# Blocks: memory that an answer was received into, shared by the bytes object of Python and the batches that point into it.
# Included by _core.pyx after columns.pxi. The count is atomic: a batch is dropped by another thread than the reader's.

cdef extern from *:
    """
    #ifdef __linux__
    #include <sys/mman.h>
    #endif

    typedef struct {
        int64_t size;   /* bytes of data that may be written */
        int refs;
        uint8_t data[];
    } argus_block;

    /* Behind the data stand ARGUS_BLOCK_ROOM bytes that wide loads may read. */
    #define ARGUS_BLOCK_ROOM 64

    /* Bytes of the large pages that Linux may be asked for: 500 faults less for the first use of each. */
    #define ARGUS_LARGE_PAGE ((size_t)2 << 20)

    static inline argus_block *argus_block_new(int64_t size) {
        size_t whole = sizeof(argus_block) + (size_t)size + ARGUS_BLOCK_ROOM;
        argus_block *b = NULL;
    #ifdef MADV_HUGEPAGE
        if (whole >= 2 * ARGUS_LARGE_PAGE) {
            void *p;
            if (posix_memalign(&p, ARGUS_LARGE_PAGE, whole)) return NULL;
            (void)madvise(p, whole / ARGUS_LARGE_PAGE * ARGUS_LARGE_PAGE, MADV_HUGEPAGE);
            b = (argus_block *)p;
        } else
    #endif
            b = (argus_block *)malloc(whole);
        if (b) {
            b->size = size;
            b->refs = 1;
            memset(b->data + size, 0, ARGUS_BLOCK_ROOM);
        }
        return b;
    }
    static inline argus_block *argus_block_share(argus_block *b) {
        __atomic_fetch_add(&b->refs, 1, __ATOMIC_RELAXED);
        return b;
    }
    static inline void argus_block_drop(argus_block *b) {
        if (b && __atomic_sub_fetch(&b->refs, 1, __ATOMIC_ACQ_REL) == 0) free(b);
    }
    static inline int argus_block_alone(argus_block *b) { return __atomic_load_n(&b->refs, __ATOMIC_ACQUIRE) == 1; }
    """
    ctypedef struct Shared "argus_block":
        int64_t size
        uint8_t* data
    Shared* block_new "argus_block_new"(int64_t size) noexcept nogil
    Shared* block_share "argus_block_share"(Shared* b) noexcept nogil
    void block_drop "argus_block_drop"(Shared* b) noexcept nogil
    bint block_alone "argus_block_alone"(Shared* b) noexcept nogil


cdef void batch_drop_sharing(Batch* b) noexcept nogil:
    """`drop` of a batch whose texts and numbers (Column.data, .wire) are in a block, its owner; the rest came from malloc."""
    cdef int32_t i
    if b is NULL:
        return
    for i in range(b.ncols):
        free(<void*>b.cols[i].validity)
        if b.cols[i].wire is NULL:
            free(<void*>b.cols[i].values)
    block_drop(<Shared*>b.owner)
    free(b.cols)
    free(b)
