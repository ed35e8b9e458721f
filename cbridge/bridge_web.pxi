# What HTTP (argus_odbc/web/) does with a plain socket in one step. Beside a thread that runs Python each wait for the GIL
# costs up to its switch interval, 5 ms, so that the number of times it is let go counts, not the time that it is held.
# Included by _core.pyx after bridge_memory.pxi.

cdef extern from "argus/platform.h" nogil:
    int argus_send_now(int64_t socket, const void* p, size_t n, size_t* sent)
    int argus_look(int64_t socket)

cdef enum:
    ANSWER_WHOLE, ANSWER_NO_ROOM, ANSWER_ODD


cdef int receive_frame(char* p, int64_t* have, int64_t room, int64_t socket, int64_t timeout_ms, HttpFrame* f) noexcept nogil:
    """Receive until an answer is there, does not fit, or is for others to read (f.odd; also cut off): 0, or errno's."""
    cdef int64_t missing
    cdef size_t got
    cdef int error
    while True:
        missing = http_missing(p, have[0], f)
        if f.head and f.since == 0:
            f.since = argus_now_ns()
        # What a chunk says that it has is not believed before it has come.
        if missing <= 0 or have[0] == room or f.end > room:
            return 0
        if missing > room - have[0]:
            missing = room - have[0]
        got = 0
        error = argus_receive(socket, p + have[0], missing, room - have[0], timeout_ms, &got)
        have[0] += got
        if error:
            return error
        if <int64_t>got < missing:
            f.odd = True
            return 0


def receive_answer(WireMemory memory, int64_t descriptor, int64_t start, int64_t have, int64_t room, timeout):
    """Receive an HTTP answer, of which `have` bytes are there, into `room` bytes of a memory from `start` on, letting go of
    the GIL once. Returns (state, bytes that are there, bytes of its head, bytes of all of it where they are known, and how many
    seconds came behind the head).

    States: 0 all is there, 1 the room is too small, 2 the answer is cut off or of another form, for others to read on.
    Errors as WireMemory.receive.
    """
    cdef HttpFrame f
    cdef int64_t limit = -1 if timeout is None else int(timeout * 1000 + 0.999)
    cdef int64_t left = limit, begun = argus_now_ns(), before
    cdef int error
    if not 0 <= have <= room <= memory.block.size - start or start < 0:
        raise ValueError(f"{have} bytes of {room} from {start} on in {memory.block.size}")
    memset(&f, 0, sizeof(f))
    f.length = -1
    while True:
        before = have
        with nogil:
            error = receive_frame(<char*>memory.block.data + start, &have, room, descriptor, left, &f)
        if error != EINTR:
            break
        PyErr_CheckSignals()
        if have > before:
            begun = argus_now_ns()
        if limit >= 0:
            left = limit - (argus_now_ns() - begun) // 1000000
            left = left if left > 0 else 0
    if error:
        import os
        raise OSError(error, os.strerror(error))
    if f.odd:
        state = ANSWER_ODD
    else:
        state = ANSWER_NO_ROOM if http_missing(<char*>memory.block.data + start, have, &f) > 0 else ANSWER_WHOLE
    seconds = (argus_now_ns() - f.since) * 1e-9 if f.since else 0.0
    return state, have, f.head, f.end, seconds


def send_now(int64_t descriptor, bytes data):
    """Send what the socket takes at once, and keep the GIL meanwhile: for a request, which is small. Returns how much."""
    cdef size_t sent = 0
    cdef int error = argus_send_now(descriptor, <const char*>data, len(data), &sent)
    if error:
        import os
        raise OSError(error, os.strerror(error))
    return sent


def look(int64_t descriptor):
    """What a read would find now: 0 nothing yet, 1 bytes, -1 the end, or an error."""
    return argus_look(descriptor)
