# Memory that answers are received into: a buffer for Python, shared with the batches whose texts stay in it.
# Included by _core.pyx after bridge_reader.pxi.

cdef extern from "Python.h":
    int PyErr_CheckSignals() except -1
    int PyBuffer_FillInfo(Py_buffer* view, object owner, void* p, Py_ssize_t n, int readonly, int flags) except -1


cdef int64_t times_given_back = 0


cdef class WireMemory:
    """Bytes of a fixed number, not zeroed. `free` tells when neither a view nor a batch uses them any more.

    `given_back` grows with each of all memories whose last view ends: the highest is the one that a cache may still have.
    """

    cdef Shared* block
    cdef int64_t views
    cdef readonly int64_t given_back

    def __cinit__(self, int64_t size):
        self.block = block_new(size)
        if self.block is NULL:
            raise MemoryError

    def __dealloc__(self):
        block_drop(self.block)

    def __len__(self):
        return self.block.size

    def __getbuffer__(self, Py_buffer* view, int flags):
        PyBuffer_FillInfo(view, self, self.block.data, self.block.size, 0, flags)
        self.views += 1

    def __releasebuffer__(self, Py_buffer* view):
        global times_given_back
        self.views -= 1
        if self.views == 0:
            times_given_back += 1
            self.given_back = times_given_back

    @property
    def free(self):
        return self.views == 0 and block_alone(self.block)

    def receive(self, int64_t descriptor, int64_t at, int64_t least, int64_t upto, timeout):
        """Receive from a socket into bytes at .. upto-1, `least` of them, without the GIL; returns how many came.

        Less than `least` means that the other side has closed. OSError, and TimeoutError when nothing comes for `timeout`
        seconds (None: no limit). A signal whose handler raises nothing makes no difference (PEP 475).
        """
        cdef size_t got = 0
        cdef int64_t limit = -1 if timeout is None else int(timeout * 1000 + 0.999)
        cdef int64_t left = limit, begun = argus_now_ns(), came = 0
        cdef int error
        if not 0 <= at <= upto <= self.block.size or least > upto - at:
            raise ValueError(f"bytes {at} to {upto}, at least {least}, of {self.block.size}")
        while True:
            with nogil:
                error = argus_receive(descriptor, self.block.data + at + came, least - came, upto - at - came, left, &got)
            came += got
            if error != EINTR:
                break
            PyErr_CheckSignals()
            if got:
                begun = argus_now_ns()
            if limit >= 0:
                left = limit - (argus_now_ns() - begun) // 1000000
                left = left if left > 0 else 0
        if error:
            import os
            raise OSError(error, os.strerror(error))
        return came
