# What a connection knows about its engine: the tables of SQLGetInfo and SQLGetFunctions, and what it has to ask for.
# Included by _core.pyx after bridge.pxi.

cdef int fill_info(Dbc* d, dict answers) except -1:
    """The SQLGetInfo answers as a sorted C table, so that SQLGetInfo itself needs no Python."""
    cdef int32_t i = 0
    info_release(d)
    d.info = <InfoItem*>calloc(len(answers) + 1, sizeof(InfoItem))
    if d.info is NULL:
        raise MemoryError
    for number in sorted(answers):
        width, value = answers[number]
        d.info[i].type = number
        d.info[i].width = width
        if width:
            d.info[i].number = value
        elif value is not None:
            d.info[i].text = copy_text(value)
        i += 1
        d.ninfo = i
    return 0


cdef int fill_lacking(Dbc* d, list numbers) except -1:
    """What SQLGetFunctions denies for this engine."""
    cdef int32_t i, n = len(numbers)
    if n >= 8:
        raise ValueError(f"{n} functions are lacking, there is room for 7")
    for i in range(n):
        d.lacking[i] = numbers[i]
    d.lacking[n] = 0
    return 0


cdef SQLRETURN py_session_info(Dbc* d, SQLUSMALLINT type, char** out):
    try:
        out[0] = copy_text((<object>d.py).session_info(type))
        return SQL_SUCCESS
    except BaseException as e:
        take_exception(&d.h, e)
        return SQL_ERROR


cdef SQLRETURN bridge_session_info(Dbc* d, SQLUSMALLINT type, char** out) noexcept nogil:
    """A SQLGetInfo answer that the session is asked for; *out is the caller's to free."""
    with gil:
        return py_session_info(d, type, out)
