# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, embedsignature=False
# distutils: language = c
"""The native core of Argus: every SQL* function, the row cache and the conversions, as one module.

One module assembled by include, because a function cimported from a second Cython module is a NULL pointer
until Python runs, and most of these functions run before. Order: kernel, handle, bridge, api.
"""
include "imports.pxi"

include "kernel/columns.pxi"
include "kernel/target.pxi"
include "kernel/text.pxi"
include "kernel/numbers.pxi"
include "kernel/temporal.pxi"
include "kernel/intervals.pxi"
include "kernel/values.pxi"
include "kernel/ctypes.pxi"
include "kernel/pieces.pxi"
include "kernel/cells.pxi"
include "kernel/rowloops.pxi"
include "kernel/rowset.pxi"
include "kernel/inputs.pxi"
include "kernel/arrowbuf.pxi"
include "kernel/arrowrows.pxi"
include "kernel/arrowmore.pxi"
include "kernel/arrowjson.pxi"
include "kernel/hs2text.pxi"
include "kernel/hs2rows.pxi"
include "kernel/hs2scan.pxi"
