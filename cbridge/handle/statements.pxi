# What kind of statement a text is, for SQL_DIAG_DYNAMIC_FUNCTION and its code.
# Included by _core.pyx after strings.pxi. It reads words, not grammar: a text that it does not know is "unknown".

cdef enum:
    WORD_BYTES = 24

cdef struct Words:
    const char* p
    const char* end


cdef const char* dynamic_functions() noexcept nogil:
    """Each text of SQL_DIAG_DYNAMIC_FUNCTION with a NUL, then its code in one signed byte."""
    return (
        b"ALTER DOMAIN\0\x03" b"ALTER TABLE\0\x04" b"CREATE ASSERTION\0\x06" b"CALL\0\x07"
        b"CREATE CHARACTER SET\0\x08" b"CREATE COLLATION\0\x0a" b"DELETE WHERE\0\x13" b"CREATE DOMAIN\0\x17"
        b"DROP ASSERTION\0\x18" b"DROP CHARACTER SET\0\x19" b"DROP COLLATION\0\x1a" b"DROP DOMAIN\0\x1b"
        b"DROP SCHEMA\0\x1f" b"DROP TABLE\0\x20" b"DROP TRANSLATION\0\x21" b"DROP VIEW\0\x24"
        b"DYNAMIC DELETE CURSOR\0\x26" b"GRANT\0\x30" b"INSERT\0\x32" b"REVOKE\0\x3b" b"CREATE SCHEMA\0\x40"
        b"CREATE TABLE\0\x4d" b"CREATE TRANSLATION\0\x4f" b"DYNAMIC UPDATE CURSOR\0\x51" b"UPDATE WHERE\0\x52"
        b"CREATE VIEW\0\x54" b"SELECT CURSOR\0\x55" b"CREATE INDEX\0\xff" b"DROP INDEX\0\xfe" b"\0")


cdef const char* function_text(int32_t code) noexcept nogil:
    """SQL_DIAG_DYNAMIC_FUNCTION for a code; "" when it is unknown."""
    cdef const char* at = dynamic_functions()
    cdef size_t n = strlen(at)
    while n:
        if <int32_t>(<const signed char*>at)[n + 1] == code:
            return at
        at += n + 2
        n = strlen(at)
    return b""


cdef int32_t function_code(const char* text) noexcept nogil:
    cdef const char* at = dynamic_functions()
    cdef size_t n = strlen(at)
    while n:
        if strcmp(at, text) == 0:
            return <int32_t>(<const signed char*>at)[n + 1]
        at += n + 2
        n = strlen(at)
    return SQL_DIAG_UNKNOWN_STATEMENT


cdef void skip_past(Words* w, const char* mark, int64_t n) noexcept nogil:
    """Go behind the next `mark` of n bytes, or to the end."""
    while w.p < w.end:
        if w.end - w.p >= n and memcmp(w.p, mark, n) == 0:
            w.p += n
            return
        w.p += 1


cdef bint next_word(Words* w, char* out) noexcept nogil:
    """The next word, in upper case and cut to WORD_BYTES; comments, quoted parts and signs are stepped over."""
    cdef int64_t n = 0
    cdef char c
    while w.p < w.end:
        c = w.p[0]
        if c == c"-" and w.end - w.p > 1 and w.p[1] == c"-":
            skip_past(w, b"\n", 1)
        elif c == c"/" and w.end - w.p > 1 and w.p[1] == c"*":
            w.p += 2
            skip_past(w, b"*/", 2)
        elif c == c"'" or c == c'"' or c == c"`":
            w.p += 1
            skip_past(w, &c, 1)
        elif (c | 32) >= c"a" and (c | 32) <= c"z":
            break
        else:
            w.p += 1
    while w.p < w.end and ((w.p[0] | 32) >= c"a" and (w.p[0] | 32) <= c"z" or w.p[0] == c"_"):
        if n < WORD_BYTES - 1:
            out[n] = w.p[0] - 32 if w.p[0] >= c"a" else w.p[0]
            n += 1
        w.p += 1
    out[n] = 0
    return n > 0


cdef bint listed(const char* word, const char* words) noexcept nogil:
    """Whether `word` is one of the NUL-terminated `words`, which an empty one ends."""
    while words[0]:
        if strcmp(word, words) == 0:
            return True
        words += strlen(words) + 1
    return False


cdef bint positioned(Words* w) noexcept nogil:
    """Whether the rest of an UPDATE or DELETE says WHERE CURRENT OF."""
    cdef char word[WORD_BYTES]
    cdef bint after_current = False
    while next_word(w, word):
        if after_current and strcmp(word, b"OF") == 0:
            return True
        after_current = strcmp(word, b"CURRENT") == 0
    return False


cdef int32_t statement_function(const char* sql, int64_t n) noexcept nogil:
    """SQL_DIAG_DYNAMIC_FUNCTION_CODE of n bytes of SQL."""
    cdef Words w
    cdef char verb[WORD_BYTES]
    cdef char word[WORD_BYTES]
    cdef char text[WORD_BYTES * 2 + 8]
    w.p = sql
    w.end = sql + n
    if sql is NULL or not next_word(&w, verb):
        return SQL_DIAG_UNKNOWN_STATEMENT
    if listed(verb, b"SELECT\0WITH\0VALUES\0FROM\0TABLE\0"):
        return SQL_DIAG_SELECT_CURSOR
    if strcmp(verb, b"DELETE") == 0:
        return SQL_DIAG_DYNAMIC_DELETE_CURSOR if positioned(&w) else SQL_DIAG_DELETE_WHERE
    if strcmp(verb, b"UPDATE") == 0:
        return SQL_DIAG_DYNAMIC_UPDATE_CURSOR if positioned(&w) else SQL_DIAG_UPDATE_WHERE
    if not listed(verb, b"CREATE\0DROP\0ALTER\0"):
        return function_code(verb)
    while next_word(&w, word):
        if not listed(word, b"OR\0REPLACE\0TEMPORARY\0TEMP\0GLOBAL\0LOCAL\0UNIQUE\0EXTERNAL\0MANAGED\0"
                      b"MATERIALIZED\0RECURSIVE\0TRANSACTIONAL\0PERSISTENT\0"):
            break
    # A DATABASE of Hive, Impala and Spark is ODBC's schema.
    if strcmp(word, b"DATABASE") == 0:
        memcpy(word, b"SCHEMA", 7)
    snprintf(text, sizeof(text), b"%s %s", <const char*>verb, <const char*>word)
    if strcmp(word, b"CHARACTER") == 0:
        memcpy(text + strlen(text), b" SET", 5)
    return function_code(text)


cdef void note_function(Stmt* s, SQLRETURN rc) noexcept nogil:
    """Fill the header's dynamic function after the text of the statement was executed."""
    # WITH leads an INSERT too: only a result shows a cursor.
    if s.function == SQL_DIAG_SELECT_CURSOR and s.reader is NULL and rc != SQL_ERROR:
        s.h.dynamic_function_code = SQL_DIAG_UNKNOWN_STATEMENT
    else:
        s.h.dynamic_function_code = s.function
    s.h.dynamic_function = function_text(s.h.dynamic_function_code)
