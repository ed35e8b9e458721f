# The bridge at the end of a Python that a host brought: what runs is cancelled, and no thread gets inside any more (boot.c).
# Included by _core.pyx after the other bridges.

cdef enum:
    END_WAIT_MS = 5000   # for statements that were cancelled because the process ends


def end_of_python():
    """The exit handler of a Python that a host brought; one that the driver started never ends."""
    if argus_end_begins():
        from argus_odbc import driver
        driver.cancel_all()
        with nogil:
            argus_end_waits(END_WAIT_MS)


import atexit
atexit.register(end_of_python)
