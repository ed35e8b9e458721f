# The three structures of the Arrow C data and C stream interfaces (arrow.apache.org/docs/format/CDataInterface.html).

cdef extern from "argus/arrow.h" nogil:
    ctypedef struct ArrowSchema:
        const char* format
        const char* name
        const char* metadata
        long long flags
        long long n_children
        ArrowSchema** children
        ArrowSchema* dictionary
        void (*release)(ArrowSchema*) noexcept nogil
        void* private_data

    ctypedef struct ArrowArray:
        long long length
        long long null_count
        long long offset
        long long n_buffers
        long long n_children
        const void** buffers
        ArrowArray** children
        ArrowArray* dictionary
        void (*release)(ArrowArray*) noexcept nogil
        void* private_data

    ctypedef struct ArrowArrayStream:
        int (*get_schema)(ArrowArrayStream*, ArrowSchema*) noexcept nogil
        int (*get_next)(ArrowArrayStream*, ArrowArray*) noexcept nogil
        const char* (*get_last_error)(ArrowArrayStream*) noexcept nogil
        void (*release)(ArrowArrayStream*) noexcept nogil
        void* private_data
