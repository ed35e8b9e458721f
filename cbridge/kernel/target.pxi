# Target and CellStatus: where a converted cell goes and how the conversion ended; the contract between cursor and cells.
# Included by _core.pyx after columns.pxi.

cdef enum CellStatus:
    CELL_DONE = 0
    CELL_TRUNCATED         # 01004: text or bytes cut; the length says the whole remaining length
    CELL_FRACTION          # 01S07: fractional digits lost
    CELL_NO_DATA           # SQLGetData: the column was read to its end
    CELL_FIRST_ERROR
    CELL_NO_INDICATOR      # 22002: NULL without an indicator
    CELL_RANGE             # 22003
    CELL_BAD_DATETIME      # 22007
    CELL_FIELD_OVERFLOW    # 22008
    CELL_INTERVAL_OVERFLOW  # 22015
    CELL_BAD_CAST          # 22018
    CELL_NOT_ALLOWED       # 07006
    CELL_BAD_LENGTH        # HY090
    CELL_BAD_C_TYPE        # HY003
    CELL_NO_MEMORY         # HY001
    CELL_TOO_LONG          # 22001: parameters only
    CELL_NO_DEFAULT        # 07S01: parameters only

# One bound column or one SQLGetData call. Everything but `position` is filled in before the first cell.
cdef struct Target:
    SQLSMALLINT sql_type       # concise SQL type of the column
    SQLSMALLINT c_type         # concise C type; never SQL_C_DEFAULT or SQL_ARD_TYPE (resolve first)
    SQLSMALLINT precision      # SQL_C_NUMERIC: ARD precision; intervals: ARD seconds precision
    SQLSMALLINT scale          # SQL_C_NUMERIC: ARD scale
    SQLINTEGER leading         # intervals: ARD leading-field precision
    SQLSMALLINT col_precision  # column's own precision (decimal digits of time, timestamp and interval seconds)
    SQLSMALLINT col_scale      # column's own scale
    SQLLEN column_size         # IRD length, for SQL_CHAR padding decisions and 22003 messages
    SQLULEN max_length         # SQL_ATTR_MAX_LENGTH; 0 = none
    void* buffer               # may be NULL: only the length is wanted
    SQLLEN capacity            # BufferLength in bytes; ignored for fixed-length C types
    SQLLEN* octet_length       # may be NULL
    SQLLEN* indicator          # may be NULL; usually equal to octet_length
    int64_t position           # SQLGetData in pieces: source units already given; -1: read to its end
    int32_t wchar_size         # bytes of a SQLWCHAR in this process: 2 or 4
    int64_t counted_at         # SQL_C_WCHAR in pieces: the position for which `counted` holds; 0 = none
    int64_t counted            # units from there to the end, so that a long value is not counted anew for each piece
