# Dates, many at once: their day numbers as parts, and their texts as day numbers, for the years 1 to 9999.
# Included by _core.pyx after temporal.pxi, whose functions take one date, of any year.

cdef extern from *:
    """
    /* Arithmetic of 32 bits without branches or tables, so that the compiler does eight dates in one step. Conditions are
     * the sign of a difference, which is small. */
    ARGUS_CLONES static int argus_days_near(const int32_t *days, int64_t n) {
        uint32_t far = 0;
        for (int64_t i = 0; i < n; i++) {
            uint32_t day = (uint32_t)days[i] + 719162;
            far |= (day | (3652058 - day)) >> 31;
        }
        return !far;
    }

    /* As argus_civil_near; x * 62690 >> 27 is x / 2141 for 16 bits. year_month: the month in the upper half. */
    ARGUS_CLONES static void argus_civil_many(uint32_t *restrict year_month, uint16_t *restrict day,
                                              const int32_t *restrict days, int64_t n) {
        for (int64_t i = 0; i < n; i++) {
            uint32_t n1 = 4 * (uint32_t)(days[i] + 719468) + 3, century = n1 / 146097, n2 = (n1 - century * 146097) | 3;
            uint32_t year = n2 / 1461, of_year = (n2 - year * 1461) / 4, n3 = 2141 * of_year + 197913;
            uint32_t late = (305 - of_year) >> 31;
            year_month[i] = (100 * century + year + late) | ((n3 >> 16) - 12 * late) << 16;
            day[i] = (uint16_t)(((n3 & 0xFFFF) * 62690 >> 27) + 1);
        }
    }

    /* The texts "YYYY-MM-DD" of a list of strings, as far as one follows the other, taken apart: YYYY, -MM-, DD. */
    static inline int64_t argus_gather_dates(const uint8_t *p, const uint8_t *end, int64_t n, uint32_t *years,
                                             uint32_t *months, uint32_t *days) {
        int64_t i;
        for (i = 0; i < n && end - p >= 14; i++, p += 14) {
            uint32_t length;
            uint16_t last;
            memcpy(&length, p, 4);
            if (length != __builtin_bswap32(10)) break;
            memcpy(&years[i], p + 4, 4);
            memcpy(&months[i], p + 8, 4);
            memcpy(&last, p + 12, 2);
            days[i] = last;
        }
        return i;
    }

    /* Their day numbers. 0 when one of them is no date, or none of these years. */
    ARGUS_CLONES static int argus_days_many(int32_t *restrict out, const uint32_t *restrict years,
                                            const uint32_t *restrict months, const uint32_t *restrict days, int64_t n) {
        uint32_t any = 0;
        for (int64_t i = 0; i < n; i++) {
            uint32_t y = years[i] ^ 0x30303030, m = months[i] ^ 0x2D30302D, d = days[i] ^ 0x3030;
            uint32_t wrong = (y | (y + 0x76767676) | m | (m + 0x7F76767F) | d | (d + 0x7676)) & 0x80808080;
            uint32_t century, late, odd, february, last;
            y = y * 10 + (y >> 8);
            y = (y & 0xFF) * 100 + (y >> 16 & 0xFF);
            m = (m >> 8 & 0xFF) * 10 + (m >> 16 & 0xFF);
            d = (d & 0xFF) * 10 + (d >> 8 & 0xFF);
            century = y * 5243 >> 19;
            odd = (y & 3) | (century & 3 & (0 - ((y - century * 100 - 1) >> 31)));  /* not 0: no leap year */
            february = ((m ^ 2) - 1) >> 31;
            last = 30 + ((m + (m >> 3)) & 1) - february * (1 + ((0 - odd) >> 31));
            any |= wrong | ((12 - m) | (m - 1) | (last - d) | (d - 1) | (y - 1)) >> 31;
            late = (2 - m) >> 31;
            y += 399 + late;  /* years that begin in March, from 400 years earlier */
            century = y * 5243 >> 19;
            out[i] = (int32_t)((y * 1461 >> 2) - century + (century >> 2) + ((153 * (m + 9 - 12 * late) + 2) * 13108 >> 16) + d) -
                     (719469 + 146097);
        }
        return !any;
    }

    /* The texts "HH:MM:SS" as seconds of the day. 0 when one of them is none. */
    ARGUS_CLONES static int argus_clocks_many(int32_t *restrict out, const uint64_t *restrict texts, int64_t n) {
        uint64_t any = 0;
        for (int64_t i = 0; i < n; i++) {
            uint64_t v = texts[i] ^ 0x30303A30303A3030u;
            uint32_t h, m, s;
            any |= (v | (v + 0x76767F76767F7676u)) & 0x8080808080808080u;
            v = (v << 3) + (v << 1) + (v >> 8);
            h = v & 0xFF, m = v >> 24 & 0xFF, s = v >> 48 & 0xFF;
            any |= ((23 - h) | (59 - m) | (59 - s)) >> 31;
            out[i] = (int32_t)((h * 60 + m) * 60 + s);
        }
        return !any;
    }
    """
    bint days_near "argus_days_near"(const int32_t* days, int64_t n) noexcept nogil
    void civil_many "argus_civil_many"(uint32_t* year_month, uint16_t* day, const int32_t* days, int64_t n) noexcept nogil
    int64_t gather_dates "argus_gather_dates"(const uint8_t* p, const uint8_t* end, int64_t n, uint32_t* years,
                                              uint32_t* months, uint32_t* days) noexcept nogil
    bint days_many "argus_days_many"(int32_t* out, const uint32_t* years, const uint32_t* months, const uint32_t* days,
                                     int64_t n) noexcept nogil
    bint clocks_many "argus_clocks_many"(int32_t* out, const uint64_t* texts, int64_t n) noexcept nogil

cdef enum:
    DATES_AT_ONCE = 64
    DATES_WORTH = 8        # fewer in a row are read one by one
