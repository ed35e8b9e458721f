# Intervals: year-month and day-time values <-> SQL_INTERVAL_STRUCT and literal text.
# Included by _core.pyx after temporal.pxi.
