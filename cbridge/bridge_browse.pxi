# The bridge of SQLBrowseConnect: one step of its dialogue.
# Included by _core.pyx after bridge.pxi.

cdef SQLRETURN py_browse(Dbc* d, const TextIn* text, char** out):
    try:
        from argus_odbc import driver
        if d.browse is NULL:
            own(&d.browse, driver.begin_browsing())
        dialogue = <object>d.browse
        asked = dialogue.step(to_str(text) or "", d.login_timeout)
        take_warnings(&d.h, dialogue.warnings)
        out[0] = copy_text(asked or dialogue.text)
        return SQL_NEED_DATA if asked else SQL_SUCCESS
    except BaseException as e:
        take_exception(&d.h, e)
        return SQL_ERROR


cdef SQLRETURN bridge_browse(Dbc* d, const TextIn* text, char** out) noexcept nogil:
    """One step of SQLBrowseConnect. *out (malloc): with SQL_NEED_DATA what is asked for, with SQL_SUCCESS the connection
    string that was put together."""
    if argus_boot() != 0:
        return fail(&d.h, b"HY000", argus_boot_error())
    with gil:
        return py_browse(d, text, out)
