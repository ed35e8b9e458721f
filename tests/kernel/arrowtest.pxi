# batch_from_array for Python: an object with __arrow_c_array__ in, every cell as its SQL_C_CHAR text out.
# Included by _kernel.pyx.
from cpython.pycapsule cimport PyCapsule_GetPointer

NAMES = {v: k for k, v in KINDS.items()}


cdef object arrow_cell(const Column* c, int64_t row, SQLSMALLINT sql_type):
    """Text of one cell, None for NULL, the SQLSTATE in a tuple for an error."""
    cdef Target t
    cdef SQLLEN length = 0
    cdef char room[100]
    memset(&t, 0, sizeof(t))
    t.sql_type = sql_type
    t.c_type = SQL_C_CHAR
    t.col_precision = c.scale
    t.col_scale = c.scale
    t.buffer = room
    t.capacity = sizeof(room)
    t.octet_length = &length
    t.indicator = &length
    t.wchar_size = 2
    out = b""
    while True:
        status = put_cell(c, row, &t)
        if length == -1:
            return None
        if status != CELL_DONE and status != CELL_TRUNCATED:
            return (cell_sqlstate(status).decode(),)
        out += room
        if status == CELL_DONE:
            return out.decode()


def arrow_batch(source, sql_types, zones=None, first_length=None, grandchild_length=None):
    """(kinds, columns of texts) of an array; raises ValueError with the decoder's reason.

    `zones`: one Rows object (whose zone is used) or None per column. `first_length` overwrites the length of child 0,
    `grandchild_length` that of its child.
    """
    cdef char err[256]
    cdef const ZoneTable* tables[64]
    cdef ArrowSchema* schema
    cdef ArrowArray* array
    cdef Batch* b
    schema_capsule, array_capsule = source.__arrow_c_array__()
    schema = <ArrowSchema*>PyCapsule_GetPointer(schema_capsule, "arrow_schema")
    array = <ArrowArray*>PyCapsule_GetPointer(array_capsule, "arrow_array")
    if first_length is not None:
        array.children[0].length = first_length
    if grandchild_length is not None:
        array.children[0].children[0].length = grandchild_length
    for i in range(64):
        tables[i] = NULL
    for i, zone in enumerate(zones or []):
        if zone is not None:
            tables[i] = &(<Rows>zone).zone
    err[0] = 0
    with nogil:
        b = batch_from_array(schema, array, tables, err, sizeof(err))
    if b is NULL:
        if array.release is not NULL:
            raise AssertionError("a failed batch_from_array must release the array")
        raise ValueError(err.decode())
    try:
        kinds = [(NAMES[b.cols[i].kind], b.cols[i].scale) for i in range(b.ncols)]
        columns = [[arrow_cell(&b.cols[i], row, sql_types[i]) for row in range(b.nrows)] for i in range(b.ncols)]
    finally:
        batch_drop(b)
    return kinds, columns
