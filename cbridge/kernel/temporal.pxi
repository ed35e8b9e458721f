# Civil days, times and timestamps <-> structures and text; time zones as step functions of UTC.
# Included by _core.pyx after numbers.pxi.
