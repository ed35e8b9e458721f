# The C types, which SQL type has a way to which of them, and the SQLSTATE of every end of a conversion.
# Included by _core.pyx after values.pxi.

# C types by what has to be written. Integers keep their size and sign in CType.
cdef enum CClass:
    C_UNKNOWN = 0
    C_CHAR, C_WIDE, C_BYTES, C_INTEGER, C_BIT, C_FLOAT, C_DOUBLE, C_NUMERIC, C_DATE, C_TIME, C_TIMESTAMP, C_GUID
    C_INTERVAL

cdef struct CType:
    int32_t cclass
    int32_t size           # bytes; 0: as long as the data
    bint signed_


cdef CType c_type_of(SQLSMALLINT c_type) noexcept nogil:
    """What a concise C type code stands for. ODBC 2 codes without a sign are signed, 9 to 11 are the datetime types."""
    cdef CType t
    t.signed_ = True
    t.size = 0
    t.cclass = C_INTEGER
    if c_type == SQL_C_CHAR:
        t.cclass = C_CHAR
    elif c_type == SQL_C_WCHAR:
        t.cclass = C_WIDE
    elif c_type == SQL_C_BINARY:
        t.cclass = C_BYTES
    elif c_type == SQL_C_SBIGINT or c_type == SQL_C_UBIGINT:
        t.size = 8
        t.signed_ = c_type == SQL_C_SBIGINT
    elif c_type == SQL_C_SLONG or c_type == SQL_C_LONG or c_type == SQL_C_ULONG:
        t.size = 4
        t.signed_ = c_type != SQL_C_ULONG
    elif c_type == SQL_C_SSHORT or c_type == SQL_C_SHORT or c_type == SQL_C_USHORT:
        t.size = 2
        t.signed_ = c_type != SQL_C_USHORT
    elif c_type == SQL_C_STINYINT or c_type == SQL_C_TINYINT or c_type == SQL_C_UTINYINT:
        t.size = 1
        t.signed_ = c_type != SQL_C_UTINYINT
    elif c_type == SQL_C_BIT:
        t.cclass = C_BIT
        t.size = 1
    elif c_type == SQL_C_FLOAT:
        t.cclass = C_FLOAT
        t.size = 4
    elif c_type == SQL_C_DOUBLE:
        t.cclass = C_DOUBLE
        t.size = 8
    elif c_type == SQL_C_NUMERIC:
        t.cclass = C_NUMERIC
        t.size = sizeof(SQL_NUMERIC_STRUCT)
    elif c_type == SQL_C_TYPE_DATE or c_type == 9:
        t.cclass = C_DATE
        t.size = sizeof(SQL_DATE_STRUCT)
    elif c_type == SQL_C_TYPE_TIME or c_type == 10:
        t.cclass = C_TIME
        t.size = sizeof(SQL_TIME_STRUCT)
    elif c_type == SQL_C_TYPE_TIMESTAMP or c_type == 11:
        t.cclass = C_TIMESTAMP
        t.size = sizeof(SQL_TIMESTAMP_STRUCT)
    elif c_type == SQL_C_GUID:
        t.cclass = C_GUID
        t.size = sizeof(SQLGUID)
    elif SQL_C_INTERVAL_YEAR <= c_type <= SQL_C_INTERVAL_MINUTE_TO_SECOND:
        t.cclass = C_INTERVAL
        t.size = sizeof(SQL_INTERVAL_STRUCT)
    else:
        t.cclass = C_UNKNOWN
    return t


cdef bint c_type_known(SQLSMALLINT c_type) noexcept nogil:
    """True for every C type code that a column can be bound to; HY003 otherwise."""
    return c_type == SQL_C_DEFAULT or c_type == SQL_ARD_TYPE or c_type_of(c_type).cclass != C_UNKNOWN


cdef SQLLEN c_type_size(SQLSMALLINT c_type) noexcept nogil:
    """Bytes of a fixed-length C type; 0 for character, binary and unknown types."""
    return c_type_of(c_type).size


cdef bint conversion_allowed(SQLSMALLINT sql_type, SQLSMALLINT c_type) noexcept nogil:
    """Whether Appendix D has a way from the SQL type to the C type; 07006 when not."""
    cdef Family f = sql_family(sql_type)
    cdef int32_t c = c_type_of(c_type).cclass
    if c == C_UNKNOWN:
        return False
    if c == C_CHAR or c == C_WIDE or c == C_BYTES:
        return True
    if f == FAMILY_CHAR:
        return c != C_GUID
    if f == FAMILY_BINARY:
        return False
    if c == C_INTEGER or c == C_BIT or c == C_NUMERIC:
        if f == FAMILY_YEAR_MONTH or f == FAMILY_DAY_TIME:
            return one_field(sql_type)
        return f == FAMILY_EXACT or f == FAMILY_APPROX or f == FAMILY_BIT
    if c == C_FLOAT or c == C_DOUBLE:
        return f == FAMILY_EXACT or f == FAMILY_APPROX or f == FAMILY_BIT
    if c == C_DATE:
        return f == FAMILY_DATE or f == FAMILY_TIMESTAMP
    if c == C_TIME:
        return f == FAMILY_TIME or f == FAMILY_TIMESTAMP
    if c == C_TIMESTAMP:
        return f == FAMILY_DATE or f == FAMILY_TIME or f == FAMILY_TIMESTAMP
    if c == C_GUID:
        return f == FAMILY_GUID
    if f == FAMILY_EXACT:
        return one_field(c_type)
    return f == sql_family(c_type)


cdef SQLSMALLINT default_c_type(SQLSMALLINT sql_type, bint is_unsigned) noexcept nogil:
    """The C type that SQL_C_DEFAULT means for a SQL type."""
    if sql_type == SQL_WCHAR or sql_type == SQL_WVARCHAR or sql_type == SQL_WLONGVARCHAR:
        return SQL_C_WCHAR
    if sql_type == SQL_BIT:
        return SQL_C_BIT
    if sql_type == SQL_TINYINT:
        return SQL_C_UTINYINT if is_unsigned else SQL_C_STINYINT
    if sql_type == SQL_SMALLINT:
        return SQL_C_USHORT if is_unsigned else SQL_C_SSHORT
    if sql_type == SQL_INTEGER:
        return SQL_C_ULONG if is_unsigned else SQL_C_SLONG
    if sql_type == SQL_BIGINT:
        return SQL_C_UBIGINT if is_unsigned else SQL_C_SBIGINT
    if sql_type == SQL_REAL:
        return SQL_C_FLOAT
    if sql_type == SQL_FLOAT or sql_type == SQL_DOUBLE:
        return SQL_C_DOUBLE
    if sql_type == SQL_BINARY or sql_type == SQL_VARBINARY or sql_type == SQL_LONGVARBINARY:
        return SQL_C_BINARY
    if sql_type == SQL_GUID or sql_family(sql_type) >= FAMILY_DATE:
        return sql_type
    return SQL_C_CHAR


cdef const char* cell_sqlstate(CellStatus s) noexcept nogil:
    """The SQLSTATE of a conversion's end; "00000" when it went well."""
    if s == CELL_TRUNCATED:
        return b"01004"
    if s == CELL_FRACTION:
        return b"01S07"
    if s == CELL_NO_INDICATOR:
        return b"22002"
    if s == CELL_RANGE:
        return b"22003"
    if s == CELL_BAD_DATETIME:
        return b"22007"
    if s == CELL_FIELD_OVERFLOW:
        return b"22008"
    if s == CELL_INTERVAL_OVERFLOW:
        return b"22015"
    if s == CELL_BAD_CAST:
        return b"22018"
    if s == CELL_NOT_ALLOWED:
        return b"07006"
    if s == CELL_BAD_LENGTH:
        return b"HY090"
    if s == CELL_BAD_C_TYPE:
        return b"HY003"
    if s == CELL_NO_MEMORY:
        return b"HY001"
    if s == CELL_TOO_LONG:
        return b"22001"
    if s == CELL_NO_DEFAULT:
        return b"07S01"
    return b"00000"


cdef const char* cell_message(CellStatus s) noexcept nogil:
    """One sentence for the diagnostic record of a conversion's end."""
    if s == CELL_TRUNCATED:
        return b"The value is longer than the buffer and was cut; the length tells how much was left"
    if s == CELL_FRACTION:
        return b"Fractional digits were cut: the C type cannot hold them"
    if s == CELL_NO_INDICATOR:
        return b"The value is NULL and no indicator is bound to say so; bind StrLen_or_Ind"
    if s == CELL_RANGE:
        return b"The value does not fit the C type or the buffer"
    if s == CELL_BAD_DATETIME:
        return b"The value is no valid date, time or timestamp"
    if s == CELL_FIELD_OVERFLOW:
        return b"A field of the date, time or timestamp is outside what the C type can hold"
    if s == CELL_INTERVAL_OVERFLOW:
        return b"The interval needs more digits than the leading precision allows, or fields that the C type lacks"
    if s == CELL_BAD_CAST:
        return b"The text is no literal of the type that it is converted to"
    if s == CELL_NOT_ALLOWED:
        return b"No conversion exists between the SQL type and the C type"
    if s == CELL_BAD_LENGTH:
        return b"The length is negative and none of the special ones, or there is a length but no buffer"
    if s == CELL_BAD_C_TYPE:
        return b"The C type code is unknown"
    if s == CELL_NO_MEMORY:
        return b"Out of memory"
    if s == CELL_TOO_LONG:
        return b"The value is longer than the parameter's type allows"
    if s == CELL_NO_DEFAULT:
        return b"SQL_DEFAULT_PARAM is for parameters of procedures, which the engine does not have"
    return b""
