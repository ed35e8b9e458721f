# Integers, reals and decimals <-> text, and SQL_NUMERIC_STRUCT. Number text never passes through a locale.
# Included by _core.pyx after text.pxi; the C++ half is cbridge/numbers.cpp.

cdef extern from *:
    """
    #ifdef __cplusplus
    extern "C" {
    #endif
    int argus_double_to_text(double value, char *out);
    int argus_float_to_text(float value, char *out);
    int argus_double_from_text(const char *p, const char *end, double *out);
    int argus_float_from_text(const char *p, const char *end, float *out);
    int argus_i64_to_text(long long value, char *out);
    int argus_u64_to_text(unsigned long long value, char *out);
    #ifdef __cplusplus
    }
    #endif
    #define ARGUS_E19 ((argus_u128)10000000000000000000ull)
    static const argus_u128 argus_tens[39] = {
        1u, 10u, 100u, 1000u, 10000u, 100000u, 1000000u, 10000000u, 100000000u, 1000000000u, 10000000000ull,
        100000000000ull, 1000000000000ull, 10000000000000ull, 100000000000000ull, 1000000000000000ull,
        10000000000000000ull, 100000000000000000ull, 1000000000000000000ull, 10000000000000000000ull,
        ARGUS_E19 * 10ull, ARGUS_E19 * 100ull, ARGUS_E19 * 1000ull, ARGUS_E19 * 10000ull, ARGUS_E19 * 100000ull,
        ARGUS_E19 * 1000000ull, ARGUS_E19 * 10000000ull, ARGUS_E19 * 100000000ull, ARGUS_E19 * 1000000000ull,
        ARGUS_E19 * 10000000000ull, ARGUS_E19 * 100000000000ull, ARGUS_E19 * 1000000000000ull,
        ARGUS_E19 * 10000000000000ull, ARGUS_E19 * 100000000000000ull, ARGUS_E19 * 1000000000000000ull,
        ARGUS_E19 * 10000000000000000ull, ARGUS_E19 * 100000000000000000ull, ARGUS_E19 * 1000000000000000000ull,
        ARGUS_E19 * 10000000000000000000ull};
    static const double argus_real_tens[23] = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22};
    static const argus_u128 argus_u128_max = ~(argus_u128)0;
    static inline argus_u128 argus_make_u128(uint64_t hi, uint64_t lo) { return (argus_u128)hi << 64 | lo; }
    static inline uint64_t argus_u128_hi(argus_u128 v) { return (uint64_t)(v >> 64); }
    """
    int double_to_text "argus_double_to_text"(double value, char* out) noexcept nogil
    int float_to_text "argus_float_to_text"(float value, char* out) noexcept nogil
    int double_from_text "argus_double_from_text"(const char* p, const char* end, double* out) noexcept nogil
    int float_from_text "argus_float_from_text"(const char* p, const char* end, float* out) noexcept nogil
    int i64_to_text "argus_i64_to_text"(long long value, char* out) noexcept nogil
    int u64_to_text "argus_u64_to_text"(unsigned long long value, char* out) noexcept nogil
    const u128 U128_MAX "argus_u128_max"
    const u128* tens "argus_tens"
    const double* real_tens "argus_real_tens"
    u128 make_u128 "argus_make_u128"(uint64_t hi, uint64_t lo) noexcept nogil
    uint64_t u128_hi "argus_u128_hi"(u128 v) noexcept nogil

# The value is (negative ? -1 : 1) * digits * 10**-scale; lost: non-zero digits beyond those kept were dropped.
cdef struct Decimal:
    u128 digits
    int32_t scale
    bint negative
    bint lost

cdef enum:
    DECIMAL_TEXT = 400     # room for decimal_to_text: sign, 39 digits, point, zeros up to a scale of 255 and more
    MAX_DIGITS = 38        # decimal digits that SQL_NUMERIC_STRUCT and decimal128 carry


cdef inline u128 power_of_ten(int32_t n) noexcept nogil:
    """10**n for 0 <= n <= 38."""
    return tens[n]


cdef inline bint is_digit(char c) noexcept nogil:
    return c >= 48 and c <= 57


cdef inline bint is_space(char c) noexcept nogil:
    return c == 32 or (c >= 9 and c <= 13)


cdef inline void trim_text(const char** p, int64_t* n) noexcept nogil:
    """Drop spaces at both ends, as every text-to-value conversion of ODBC does."""
    while n[0] > 0 and is_space(p[0][0]):
        p[0] += 1
        n[0] -= 1
    while n[0] > 0 and is_space(p[0][n[0] - 1]):
        n[0] -= 1


cdef bint decimal_from_text(const char* p, int64_t n, Decimal* out) noexcept nogil:
    """Read a numeric literal: [sign] digits [. digits] [E [sign] digits]. False when it is none."""
    cdef int64_t i = 0
    cdef int32_t exponent = 0, seen = 0, d
    cdef bint point = False, down = False
    # Below this one more digit always fits into 38 digits.
    cdef u128 limit = power_of_ten(MAX_DIGITS - 1)
    out.digits = 0
    out.scale = 0
    out.negative = False
    out.lost = False
    trim_text(&p, &n)
    if i < n and (p[i] == c'-' or p[i] == c'+'):
        out.negative = p[i] == c'-'
        i += 1
    while i < n:
        if p[i] == c'.' and not point:
            point = True
        elif is_digit(p[i]):
            seen = 1
            d = p[i] - 48
            if out.digits < limit:
                out.digits = out.digits * 10 + <u128>d
                if point:
                    out.scale += 1
            else:
                out.lost = out.lost or d != 0
                if not point:
                    out.scale -= 1
        else:
            break
        i += 1
    if not seen:
        return False
    if i < n and (p[i] == c'e' or p[i] == c'E'):
        i += 1
        if i < n and (p[i] == c'-' or p[i] == c'+'):
            down = p[i] == c'-'
            i += 1
        if i >= n:
            return False
        while i < n and is_digit(p[i]):
            if exponent < 100000:
                exponent = exponent * 10 + (p[i] - 48)
            i += 1
        if not is_digit(p[i - 1]):
            return False
        out.scale += exponent if down else -exponent
    if i != n:
        return False
    if out.digits == 0 and not out.lost:
        out.scale = 0
    return True


cdef bint decimal_whole(const Decimal* d, u128* whole, bint* fraction) noexcept nogil:
    """The part before the point, and whether anything stands behind it. False: more than 128 bits."""
    cdef u128 unit
    cdef int32_t up
    fraction[0] = False
    whole[0] = d.digits
    if d.scale <= 0:
        up = -d.scale
        if d.lost:
            # Digits were dropped only beyond 38 of them, so the whole part is too large for any integer type.
            return False
        if d.digits == 0:
            return True
        if up > MAX_DIGITS:
            return False
        unit = power_of_ten(up)
        if d.digits > U128_MAX / unit:
            return False
        whole[0] = d.digits * unit
        return True
    fraction[0] = d.lost
    if d.scale > MAX_DIGITS:
        fraction[0] = d.digits != 0 or d.lost
        whole[0] = 0
        return True
    unit = power_of_ten(d.scale)
    whole[0] = d.digits / unit
    if d.digits % unit != 0:
        fraction[0] = True
    return True


cdef int32_t u128_to_text(u128 v, char* out) noexcept nogil:
    """Decimal digits of v, at most 39; returns how many."""
    cdef uint64_t unit = 10000000000000000000u
    cdef uint64_t low
    cdef int32_t n, i
    if u128_hi(v) == 0:
        return u64_to_text(<uint64_t>v, out)
    n = u128_to_text(v / <u128>unit, out)
    low = <uint64_t>(v % <u128>unit)
    for i in range(18, -1, -1):
        out[n + i] = <char>(48 + low % 10)
        low = low / 10
    return n + 19


cdef int32_t decimal_to_text(const Decimal* d, char* out) noexcept nogil:
    """Text of a decimal with exactly `scale` digits after the point, at most DECIMAL_TEXT bytes; returns its length.

    Scales outside -255 .. 255 do not occur: columns have none, and literals are kept as their own text.
    """
    cdef char digits[40]
    cdef int32_t n = u128_to_text(d.digits, digits), at = 0, whole
    if d.negative and d.digits != 0:
        out[0] = c'-'
        at = 1
    if d.scale <= 0:
        memcpy(out + at, digits, n)
        at += n
        if d.digits != 0:
            memset(out + at, 48, -d.scale)
            at += -d.scale
        return at
    whole = n - d.scale
    if whole <= 0:
        out[at] = c'0'
        out[at + 1] = c'.'
        memset(out + at + 2, 48, -whole)
        at += 2 - whole
        memcpy(out + at, digits, n)
        return at + n
    memcpy(out + at, digits, whole)
    at += whole
    out[at] = c'.'
    memcpy(out + at + 1, digits + whole, d.scale)
    return at + 1 + d.scale


cdef extern from *:
    """
    /* The eight digits of v < 10**8 as numbers 0 to 9, the first in the lowest byte. */
    static inline uint64_t argus_eight_digits(uint32_t v) {
        uint64_t x = v / 10000 | (uint64_t)(v % 10000) << 32, t;
        t = ((x * 10486) >> 20) & 0x0000007F0000007Fu;
        x = t | (x - t * 100) << 16;
        t = ((x * 103) >> 10) & 0x000F000F000F000Fu;
        return t | (x - t * 10) << 8;
    }

    /* The text of v / 10**scale, |v| < 10**16, 0 <= scale <= 15; writes up to 34 bytes to out, returns how many count.
     * All in registers: a copy of digits that were just written would wait until they have reached the cache. */
    static inline int32_t argus_decimal16(int64_t v, int32_t scale, char *out) {
        const uint64_t ascii = 0x3030303030303030u;
        uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v, high, low;
        int32_t zeros, whole, negative = v < 0;
        unsigned __int128 digits, part;
        out[0] = '-';
        out += negative;
        if (u < 100000000 && 0 < scale && scale < 8) {
            low = argus_eight_digits((uint32_t)u);
            /* A digit stands before the point even when it is 0. */
            zeros = __builtin_ctzll(low | (uint64_t)1 << (56 - 8 * scale)) >> 3;
            whole = 8 - scale - zeros;
            high = (low | ascii) >> (8 * zeros);
            memcpy(out, &high, 8);
            out[whole] = '.';
            low = (low | ascii) >> (64 - 8 * scale);
            memcpy(out + whole + 1, &low, 8);
            return negative + whole + 1 + scale;
        }
        high = argus_eight_digits((uint32_t)(u / 100000000));
        low = argus_eight_digits((uint32_t)(u % 100000000));
        zeros = high ? __builtin_ctzll(high) >> 3 : low ? 8 + (__builtin_ctzll(low) >> 3) : 15;
        if (zeros > 15 - scale) zeros = 15 - scale;
        whole = 16 - scale - zeros;
        digits = (unsigned __int128)(low | ascii) << 64 | high | ascii;
        part = digits >> (8 * zeros);
        memcpy(out, &part, 16);
        if (scale == 0) return negative + whole;
        part = (digits >> (8 * (15 - scale)) & ~(unsigned __int128)0xFF) | '.';
        memcpy(out + whole, &part, 16);
        return negative + whole + 1 + scale;
    }
    """
    int32_t decimal16_to_text "argus_decimal16"(int64_t v, int32_t scale, char* out) noexcept nogil

cdef enum:
    SIXTEEN_DIGITS = 10000000000000000


cdef CellStatus decimal_rescale(const Decimal* d, int32_t precision, int32_t scale, u128* digits) noexcept nogil:
    """The digits of d as a number with `scale` digits after the point, cut, not rounded; at most `precision` digits."""
    cdef int32_t up = scale - d.scale
    cdef bint lost = d.lost
    cdef u128 unit
    digits[0] = d.digits
    if up > 0 and d.digits != 0:
        if d.lost or up > MAX_DIGITS:
            return CELL_RANGE
        unit = power_of_ten(up)
        if d.digits > U128_MAX / unit:
            return CELL_RANGE
        digits[0] = d.digits * unit
    elif up < 0:
        if -up > MAX_DIGITS:
            digits[0] = 0
            lost = lost or d.digits != 0
        else:
            unit = power_of_ten(-up)
            digits[0] = d.digits / unit
            if d.digits % unit != 0:
                lost = True
    if precision < MAX_DIGITS and digits[0] >= power_of_ten(precision):
        return CELL_RANGE
    if digits[0] >= power_of_ten(MAX_DIGITS):
        return CELL_RANGE
    return CELL_FRACTION if lost else CELL_DONE


cdef CellStatus decimal_to_numeric(const Decimal* d, int32_t precision, int32_t scale,
                                   SQL_NUMERIC_STRUCT* out) noexcept nogil:
    """SQL_NUMERIC_STRUCT with the ARD's precision and scale; precision outside 1 .. 38 means 38."""
    cdef u128 digits
    cdef CellStatus status
    if precision < 1 or precision > MAX_DIGITS:
        precision = MAX_DIGITS
    if scale < -128 or scale > 127:
        return CELL_RANGE
    status = decimal_rescale(d, precision, scale, &digits)
    if status > CELL_FIRST_ERROR:
        return status
    out.precision = <SQLCHAR>precision
    out.scale = <SQLSCHAR>scale
    out.sign = 0 if d.negative and digits != 0 else 1
    # Little-endian, as every machine that the driver runs on.
    memcpy(out.val, &digits, 16)
    return status


cdef void decimal_from_numeric(const SQL_NUMERIC_STRUCT* s, Decimal* out) noexcept nogil:
    """The value of a SQL_NUMERIC_STRUCT, with the scale that stands in it."""
    memcpy(&out.digits, s.val, 16)
    out.scale = s.scale
    out.negative = s.sign == 0
    out.lost = False


cdef CellStatus real_from_text(const char* p, int64_t n, bint specials, double* out) noexcept nogil:
    """A numeric literal as double: 22018 when it is none, 22003 when too large. specials: NaN and Infinity are values."""
    cdef Decimal d
    cdef int status
    trim_text(&p, &n)
    if not decimal_from_text(p, n, &d) and not (specials and real_special(p, n)):
        return CELL_BAD_CAST
    if p[0] == c'+':
        p += 1
        n -= 1
    status = double_from_text(p, p + n, out)
    if status == 2:
        return CELL_BAD_CAST
    if status == 0:
        return CELL_DONE
    if d.scale > 0:
        # Too small for a double is not too large: it is zero.
        out[0] = -0.0 if d.negative else 0.0
        return CELL_DONE
    return CELL_RANGE


cdef bint real_special(const char* p, int64_t n) noexcept nogil:
    """NaN, inf, Infinity with or without sign, in any case: how engines print what no literal can say."""
    cdef const char* names[3]
    cdef int64_t i, k
    names[0] = b"nan"
    names[1] = b"inf"
    names[2] = b"infinity"
    if n > 0 and (p[0] == c'-' or p[0] == c'+'):
        p += 1
        n -= 1
    for k in range(3):
        if n != <int64_t>strlen(names[k]):
            continue
        i = 0
        while i < n and (p[i] | 32) == names[k][i]:
            i += 1
        if i == n:
            return True
    return False


cdef void decimal_from_real(double value, bint single, Decimal* out) noexcept nogil:
    """The shortest decimal that reads back as the same real; value must be finite."""
    cdef char room[32]
    cdef int n
    if single:
        n = float_to_text(<float>value, room)
    else:
        n = double_to_text(value, room)
    decimal_from_text(room, n, out)
