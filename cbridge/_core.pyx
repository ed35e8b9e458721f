# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, embedsignature=False
# distutils: language = c
"""The native core of Argus: every SQL* function, the row cache and the conversions, as one module.

One module assembled by include, because a function cimported from a second Cython module is a NULL pointer
until Python runs, and most of these functions run before. Order: kernel, handle, bridge, api.
"""
include "imports.pxi"

include "kernel/columns.pxi"
include "kernel/target.pxi"
