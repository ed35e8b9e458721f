# The catalog functions: arguments checked, then one bridge call each; the rows come like any other result.
# Included by _core.pyx after api_diag.pxi.

cdef struct NameArg:
    void* text
    int64_t n


cdef SQLRETURN catalog_call(Stmt* s, const char* function, NameArg* args, int32_t nargs, int32_t a, int32_t b, int32_t c,
                            bint wide) noexcept nogil:
    cdef TextIn names[6]
    cdef int32_t i
    cdef SQLRETURN rc = SQL_SUCCESS
    if s.reader is not NULL:
        return fail(&s.h, b"24000", b"A cursor is open on the statement: close it before calling a catalog function")
    memset(names, 0, sizeof(names))
    s.prepared = False
    s.ird.count = 0
    for i in range(nargs):
        if rc == SQL_SUCCESS:
            rc = text_in(&s.h, args[i].text, args[i].n, wide, &names[i])
    if rc == SQL_SUCCESS:
        rc = bridge_catalog(s, function, names, nargs, a, b, c)
    for i in range(nargs):
        text_free(&names[i])
    if rc == SQL_ERROR:
        s.state = ST_ALLOCATED
    return rc


cdef SQLRETURN catalog_entry(SQLHSTMT h, SQLUSMALLINT api, const char* function, NameArg* args, int32_t nargs, int32_t a,
                             int32_t b, int32_t c, bint wide) noexcept nogil:
    cdef Stmt* s = stmt(h)
    cdef SQLRETURN rc
    if not begin(s, api, &rc):
        return rc
    if asynchronous(s):
        return leave(&s.h, launch_catalog(s, api, function, args, nargs, a, b, c, wide))
    return leave(&s.h, catalog_call(s, function, args, nargs, a, b, c, wide))


cdef public SQLRETURN SQLTables(SQLHSTMT h, SQLCHAR* s0, SQLSMALLINT n0, SQLCHAR* s1, SQLSMALLINT n1, SQLCHAR* s2,
                                SQLSMALLINT n2, SQLCHAR* s3, SQLSMALLINT n3) noexcept nogil:
    cdef NameArg args[4]
    args[0].text = s0
    args[0].n = n0
    args[1].text = s1
    args[1].n = n1
    args[2].text = s2
    args[2].n = n2
    args[3].text = s3
    args[3].n = n3
    return catalog_entry(h, SQL_API_SQLTABLES, b"tables", args, 4, 0, 0, 0, False)


cdef public SQLRETURN SQLTablesW(SQLHSTMT h, SQLWCHAR* s0, SQLSMALLINT n0, SQLWCHAR* s1, SQLSMALLINT n1,
                                 SQLWCHAR* s2, SQLSMALLINT n2, SQLWCHAR* s3, SQLSMALLINT n3) noexcept nogil:
    cdef NameArg args[4]
    args[0].text = s0
    args[0].n = n0
    args[1].text = s1
    args[1].n = n1
    args[2].text = s2
    args[2].n = n2
    args[3].text = s3
    args[3].n = n3
    return catalog_entry(h, SQL_API_SQLTABLES, b"tables", args, 4, 0, 0, 0, True)


cdef public SQLRETURN SQLColumns(SQLHSTMT h, SQLCHAR* s0, SQLSMALLINT n0, SQLCHAR* s1, SQLSMALLINT n1, SQLCHAR* s2,
                                 SQLSMALLINT n2, SQLCHAR* s3, SQLSMALLINT n3) noexcept nogil:
    cdef NameArg args[4]
    args[0].text = s0
    args[0].n = n0
    args[1].text = s1
    args[1].n = n1
    args[2].text = s2
    args[2].n = n2
    args[3].text = s3
    args[3].n = n3
    return catalog_entry(h, SQL_API_SQLCOLUMNS, b"columns", args, 4, 0, 0, 0, False)


cdef public SQLRETURN SQLColumnsW(SQLHSTMT h, SQLWCHAR* s0, SQLSMALLINT n0, SQLWCHAR* s1, SQLSMALLINT n1,
                                  SQLWCHAR* s2, SQLSMALLINT n2, SQLWCHAR* s3, SQLSMALLINT n3) noexcept nogil:
    cdef NameArg args[4]
    args[0].text = s0
    args[0].n = n0
    args[1].text = s1
    args[1].n = n1
    args[2].text = s2
    args[2].n = n2
    args[3].text = s3
    args[3].n = n3
    return catalog_entry(h, SQL_API_SQLCOLUMNS, b"columns", args, 4, 0, 0, 0, True)


cdef public SQLRETURN SQLPrimaryKeys(SQLHSTMT h, SQLCHAR* s0, SQLSMALLINT n0, SQLCHAR* s1, SQLSMALLINT n1,
                                     SQLCHAR* s2, SQLSMALLINT n2) noexcept nogil:
    cdef NameArg args[3]
    args[0].text = s0
    args[0].n = n0
    args[1].text = s1
    args[1].n = n1
    args[2].text = s2
    args[2].n = n2
    return catalog_entry(h, SQL_API_SQLPRIMARYKEYS, b"primary_keys", args, 3, 0, 0, 0, False)


cdef public SQLRETURN SQLPrimaryKeysW(SQLHSTMT h, SQLWCHAR* s0, SQLSMALLINT n0, SQLWCHAR* s1, SQLSMALLINT n1,
                                      SQLWCHAR* s2, SQLSMALLINT n2) noexcept nogil:
    cdef NameArg args[3]
    args[0].text = s0
    args[0].n = n0
    args[1].text = s1
    args[1].n = n1
    args[2].text = s2
    args[2].n = n2
    return catalog_entry(h, SQL_API_SQLPRIMARYKEYS, b"primary_keys", args, 3, 0, 0, 0, True)


cdef public SQLRETURN SQLStatistics(SQLHSTMT h, SQLCHAR* s0, SQLSMALLINT n0, SQLCHAR* s1, SQLSMALLINT n1,
                                    SQLCHAR* s2, SQLSMALLINT n2, SQLUSMALLINT unique,
                                    SQLUSMALLINT reserved) noexcept nogil:
    cdef NameArg args[3]
    args[0].text = s0
    args[0].n = n0
    args[1].text = s1
    args[1].n = n1
    args[2].text = s2
    args[2].n = n2
    return catalog_entry(h, SQL_API_SQLSTATISTICS, b"statistics", args, 3, unique, reserved, 0, False)


cdef public SQLRETURN SQLStatisticsW(SQLHSTMT h, SQLWCHAR* s0, SQLSMALLINT n0, SQLWCHAR* s1, SQLSMALLINT n1,
                                     SQLWCHAR* s2, SQLSMALLINT n2, SQLUSMALLINT unique,
                                     SQLUSMALLINT reserved) noexcept nogil:
    cdef NameArg args[3]
    args[0].text = s0
    args[0].n = n0
    args[1].text = s1
    args[1].n = n1
    args[2].text = s2
    args[2].n = n2
    return catalog_entry(h, SQL_API_SQLSTATISTICS, b"statistics", args, 3, unique, reserved, 0, True)


cdef public SQLRETURN SQLSpecialColumns(SQLHSTMT h, SQLUSMALLINT kind, SQLCHAR* s0, SQLSMALLINT n0, SQLCHAR* s1,
                                        SQLSMALLINT n1, SQLCHAR* s2, SQLSMALLINT n2, SQLUSMALLINT scope,
                                        SQLUSMALLINT nullable) noexcept nogil:
    cdef NameArg args[3]
    args[0].text = s0
    args[0].n = n0
    args[1].text = s1
    args[1].n = n1
    args[2].text = s2
    args[2].n = n2
    return catalog_entry(h, SQL_API_SQLSPECIALCOLUMNS, b"special_columns", args, 3, kind, scope, nullable, False)


cdef public SQLRETURN SQLSpecialColumnsW(SQLHSTMT h, SQLUSMALLINT kind, SQLWCHAR* s0, SQLSMALLINT n0, SQLWCHAR* s1,
                                         SQLSMALLINT n1, SQLWCHAR* s2, SQLSMALLINT n2, SQLUSMALLINT scope,
                                         SQLUSMALLINT nullable) noexcept nogil:
    cdef NameArg args[3]
    args[0].text = s0
    args[0].n = n0
    args[1].text = s1
    args[1].n = n1
    args[2].text = s2
    args[2].n = n2
    return catalog_entry(h, SQL_API_SQLSPECIALCOLUMNS, b"special_columns", args, 3, kind, scope, nullable, True)


cdef public SQLRETURN SQLForeignKeys(SQLHSTMT h, SQLCHAR* s0, SQLSMALLINT n0, SQLCHAR* s1, SQLSMALLINT n1,
                                     SQLCHAR* s2, SQLSMALLINT n2, SQLCHAR* s3, SQLSMALLINT n3, SQLCHAR* s4,
                                     SQLSMALLINT n4, SQLCHAR* s5, SQLSMALLINT n5) noexcept nogil:
    cdef NameArg args[6]
    args[0].text = s0
    args[0].n = n0
    args[1].text = s1
    args[1].n = n1
    args[2].text = s2
    args[2].n = n2
    args[3].text = s3
    args[3].n = n3
    args[4].text = s4
    args[4].n = n4
    args[5].text = s5
    args[5].n = n5
    return catalog_entry(h, SQL_API_SQLFOREIGNKEYS, b"foreign_keys", args, 6, 0, 0, 0, False)


cdef public SQLRETURN SQLForeignKeysW(SQLHSTMT h, SQLWCHAR* s0, SQLSMALLINT n0, SQLWCHAR* s1, SQLSMALLINT n1,
                                      SQLWCHAR* s2, SQLSMALLINT n2, SQLWCHAR* s3, SQLSMALLINT n3, SQLWCHAR* s4,
                                      SQLSMALLINT n4, SQLWCHAR* s5, SQLSMALLINT n5) noexcept nogil:
    cdef NameArg args[6]
    args[0].text = s0
    args[0].n = n0
    args[1].text = s1
    args[1].n = n1
    args[2].text = s2
    args[2].n = n2
    args[3].text = s3
    args[3].n = n3
    args[4].text = s4
    args[4].n = n4
    args[5].text = s5
    args[5].n = n5
    return catalog_entry(h, SQL_API_SQLFOREIGNKEYS, b"foreign_keys", args, 6, 0, 0, 0, True)


cdef public SQLRETURN SQLTablePrivileges(SQLHSTMT h, SQLCHAR* s0, SQLSMALLINT n0, SQLCHAR* s1, SQLSMALLINT n1,
                                         SQLCHAR* s2, SQLSMALLINT n2) noexcept nogil:
    cdef NameArg args[3]
    args[0].text = s0
    args[0].n = n0
    args[1].text = s1
    args[1].n = n1
    args[2].text = s2
    args[2].n = n2
    return catalog_entry(h, SQL_API_SQLTABLEPRIVILEGES, b"table_privileges", args, 3, 0, 0, 0, False)


cdef public SQLRETURN SQLTablePrivilegesW(SQLHSTMT h, SQLWCHAR* s0, SQLSMALLINT n0, SQLWCHAR* s1, SQLSMALLINT n1,
                                          SQLWCHAR* s2, SQLSMALLINT n2) noexcept nogil:
    cdef NameArg args[3]
    args[0].text = s0
    args[0].n = n0
    args[1].text = s1
    args[1].n = n1
    args[2].text = s2
    args[2].n = n2
    return catalog_entry(h, SQL_API_SQLTABLEPRIVILEGES, b"table_privileges", args, 3, 0, 0, 0, True)


cdef public SQLRETURN SQLColumnPrivileges(SQLHSTMT h, SQLCHAR* s0, SQLSMALLINT n0, SQLCHAR* s1, SQLSMALLINT n1,
                                          SQLCHAR* s2, SQLSMALLINT n2, SQLCHAR* s3, SQLSMALLINT n3) noexcept nogil:
    cdef NameArg args[4]
    args[0].text = s0
    args[0].n = n0
    args[1].text = s1
    args[1].n = n1
    args[2].text = s2
    args[2].n = n2
    args[3].text = s3
    args[3].n = n3
    return catalog_entry(h, SQL_API_SQLCOLUMNPRIVILEGES, b"column_privileges", args, 4, 0, 0, 0, False)


cdef public SQLRETURN SQLColumnPrivilegesW(SQLHSTMT h, SQLWCHAR* s0, SQLSMALLINT n0, SQLWCHAR* s1, SQLSMALLINT n1,
                                           SQLWCHAR* s2, SQLSMALLINT n2, SQLWCHAR* s3, SQLSMALLINT n3) noexcept nogil:
    cdef NameArg args[4]
    args[0].text = s0
    args[0].n = n0
    args[1].text = s1
    args[1].n = n1
    args[2].text = s2
    args[2].n = n2
    args[3].text = s3
    args[3].n = n3
    return catalog_entry(h, SQL_API_SQLCOLUMNPRIVILEGES, b"column_privileges", args, 4, 0, 0, 0, True)


cdef public SQLRETURN SQLProcedures(SQLHSTMT h, SQLCHAR* s0, SQLSMALLINT n0, SQLCHAR* s1, SQLSMALLINT n1,
                                    SQLCHAR* s2, SQLSMALLINT n2) noexcept nogil:
    cdef NameArg args[3]
    args[0].text = s0
    args[0].n = n0
    args[1].text = s1
    args[1].n = n1
    args[2].text = s2
    args[2].n = n2
    return catalog_entry(h, SQL_API_SQLPROCEDURES, b"procedures", args, 3, 0, 0, 0, False)


cdef public SQLRETURN SQLProceduresW(SQLHSTMT h, SQLWCHAR* s0, SQLSMALLINT n0, SQLWCHAR* s1, SQLSMALLINT n1,
                                     SQLWCHAR* s2, SQLSMALLINT n2) noexcept nogil:
    cdef NameArg args[3]
    args[0].text = s0
    args[0].n = n0
    args[1].text = s1
    args[1].n = n1
    args[2].text = s2
    args[2].n = n2
    return catalog_entry(h, SQL_API_SQLPROCEDURES, b"procedures", args, 3, 0, 0, 0, True)


cdef public SQLRETURN SQLProcedureColumns(SQLHSTMT h, SQLCHAR* s0, SQLSMALLINT n0, SQLCHAR* s1, SQLSMALLINT n1,
                                          SQLCHAR* s2, SQLSMALLINT n2, SQLCHAR* s3, SQLSMALLINT n3) noexcept nogil:
    cdef NameArg args[4]
    args[0].text = s0
    args[0].n = n0
    args[1].text = s1
    args[1].n = n1
    args[2].text = s2
    args[2].n = n2
    args[3].text = s3
    args[3].n = n3
    return catalog_entry(h, SQL_API_SQLPROCEDURECOLUMNS, b"procedure_columns", args, 4, 0, 0, 0, False)


cdef public SQLRETURN SQLProcedureColumnsW(SQLHSTMT h, SQLWCHAR* s0, SQLSMALLINT n0, SQLWCHAR* s1, SQLSMALLINT n1,
                                           SQLWCHAR* s2, SQLSMALLINT n2, SQLWCHAR* s3, SQLSMALLINT n3) noexcept nogil:
    cdef NameArg args[4]
    args[0].text = s0
    args[0].n = n0
    args[1].text = s1
    args[1].n = n1
    args[2].text = s2
    args[2].n = n2
    args[3].text = s3
    args[3].n = n3
    return catalog_entry(h, SQL_API_SQLPROCEDURECOLUMNS, b"procedure_columns", args, 4, 0, 0, 0, True)


cdef public SQLRETURN SQLGetTypeInfo(SQLHSTMT h, SQLSMALLINT sql_type) noexcept nogil:
    return catalog_entry(h, SQL_API_SQLGETTYPEINFO, b"type_info", NULL, 0, sql_type, 0, 0, False)


cdef public SQLRETURN SQLGetTypeInfoW(SQLHSTMT h, SQLSMALLINT sql_type) noexcept nogil:
    return catalog_entry(h, SQL_API_SQLGETTYPEINFO, b"type_info", NULL, 0, sql_type, 0, 0, True)
