# UTF-8 <-> UTF-16/UTF-32: conversion, lengths and cuts that never split a character.
# Included by _core.pyx after target.pxi; bytes in, bytes out.

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>
    typedef unsigned __int128 argus_u128;
    typedef __int128 argus_i128;

    static inline uint64_t argus_load64(const void *p) { uint64_t v; memcpy(&v, p, 8); return v; }

    /* Bytes at p that are ASCII, counted from the start, in steps that the compiler turns into wide loads. */
    static inline int64_t argus_ascii_prefix(const char *p, int64_t n) {
        int64_t i = 0;
        for (; i + 32 <= n; i += 32)
            if ((argus_load64(p + i) | argus_load64(p + i + 8) | argus_load64(p + i + 16) | argus_load64(p + i + 24))
                & 0x8080808080808080ull)
                break;
        for (; i + 8 <= n; i += 8)
            if (argus_load64(p + i) & 0x8080808080808080ull)
                break;
        while (i < n && !(p[i] & 0x80))
            i++;
        return i;
    }

    static inline void argus_widen16(const char *restrict p, int64_t n, char *restrict out) {
        for (int64_t i = 0; i < n; i++) {
            uint16_t u = (unsigned char)p[i];
            memcpy(out + 2 * i, &u, 2);
        }
    }

    static inline void argus_widen32(const char *restrict p, int64_t n, char *restrict out) {
        for (int64_t i = 0; i < n; i++) {
            uint32_t u = (unsigned char)p[i];
            memcpy(out + 4 * i, &u, 4);
        }
    }
    """
    ctypedef unsigned long long u128 "argus_u128"
    ctypedef long long i128 "argus_i128"
    int64_t ascii_prefix "argus_ascii_prefix"(const char* p, int64_t n) noexcept nogil
    void widen16 "argus_widen16"(const char* p, int64_t n, char* out) noexcept nogil
    void widen32 "argus_widen32"(const char* p, int64_t n, char* out) noexcept nogil


cdef inline int32_t read_utf8(const uint8_t* p, int64_t n, uint32_t* code) noexcept nogil:
    """Decode one character of the n > 0 bytes at p; returns its bytes. A byte that starts no valid character is U+FFFD."""
    cdef uint32_t b = p[0]
    code[0] = b
    if b < 0x80:
        return 1
    code[0] = 0xFFFD
    if b < 0xC2 or b > 0xF4:
        return 1
    if n < 2 or (p[1] & 0xC0) != 0x80:
        return 1
    if b < 0xE0:
        code[0] = (b & 0x1F) << 6 | (p[1] & 0x3F)
        return 2
    if b < 0xF0:
        # E0 must not be overlong, ED must not be a surrogate.
        if (b == 0xE0 and p[1] < 0xA0) or (b == 0xED and p[1] > 0x9F) or n < 3 or (p[2] & 0xC0) != 0x80:
            return 1
        code[0] = (b & 0x0F) << 12 | <uint32_t>(p[1] & 0x3F) << 6 | (p[2] & 0x3F)
        return 3
    if (b == 0xF0 and p[1] < 0x90) or (b == 0xF4 and p[1] > 0x8F):
        return 1
    if n < 4 or (p[2] & 0xC0) != 0x80 or (p[3] & 0xC0) != 0x80:
        return 1
    code[0] = (b & 0x07) << 18 | <uint32_t>(p[1] & 0x3F) << 12 | <uint32_t>(p[2] & 0x3F) << 6 | (p[3] & 0x3F)
    return 4


cdef inline int32_t write_utf8(uint32_t code, char* out) noexcept nogil:
    """Encode one character into up to 4 bytes at out; returns how many."""
    if code < 0x80:
        out[0] = <char>code
        return 1
    if code < 0x800:
        out[0] = <char>(0xC0 | code >> 6)
        out[1] = <char>(0x80 | (code & 0x3F))
        return 2
    if code < 0x10000:
        out[0] = <char>(0xE0 | code >> 12)
        out[1] = <char>(0x80 | (code >> 6 & 0x3F))
        out[2] = <char>(0x80 | (code & 0x3F))
        return 3
    out[0] = <char>(0xF0 | code >> 18)
    out[1] = <char>(0x80 | (code >> 12 & 0x3F))
    out[2] = <char>(0x80 | (code >> 6 & 0x3F))
    out[3] = <char>(0x80 | (code & 0x3F))
    return 4


cdef int64_t utf8_floor(const char* p, int64_t n, int64_t cut) noexcept nogil:
    """The largest character border <= cut in the n bytes at p: where a piece of cut bytes has to end."""
    cdef const uint8_t* u = <const uint8_t*>p
    cdef int64_t start = cut
    cdef uint32_t code
    if cut >= n:
        return n
    while start > 0 and cut - start < 3 and (u[start] & 0xC0) == 0x80:
        start -= 1
    # Stray continuation bytes belong to no character and may be cut anywhere.
    if start < cut and start + read_utf8(u + start, n - start, &code) > cut:
        return start
    return cut


cdef int64_t utf8_wide_units(const char* p, int64_t n, int32_t wchar_bytes) noexcept nogil:
    """SQLWCHAR units that the n bytes of UTF-8 at p become."""
    cdef int64_t i = ascii_prefix(p, n), units = i
    cdef uint32_t code
    while i < n:
        i += read_utf8(<const uint8_t*>p + i, n - i, &code)
        units += 2 if code > 0xFFFF and wchar_bytes == 2 else 1
    return units


cdef int64_t wide_from_utf8(const char* src, int64_t n, int32_t wchar_bytes, void* dst, int64_t cap_units,
                            int64_t* src_used) noexcept nogil:
    """Convert as many whole characters of src as fit cap_units; no terminator. Returns units written.

    src_used (may be NULL) receives the bytes of src that were converted. Invalid bytes become U+FFFD.
    """
    cdef int64_t i = ascii_prefix(src, n if n < cap_units else cap_units), units
    cdef uint32_t code
    cdef uint16_t pair[2]
    cdef int32_t used
    if wchar_bytes == 2:
        widen16(src, i, <char*>dst)
    else:
        widen32(src, i, <char*>dst)
    units = i
    while i < n and units < cap_units:
        used = read_utf8(<const uint8_t*>src + i, n - i, &code)
        if wchar_bytes == 4:
            memcpy(<char*>dst + 4 * units, &code, 4)
            units += 1
        elif code <= 0xFFFF:
            pair[0] = <uint16_t>code
            memcpy(<char*>dst + 2 * units, pair, 2)
            units += 1
        else:
            if units + 2 > cap_units:
                break
            pair[0] = <uint16_t>(0xD800 + ((code - 0x10000) >> 10))
            pair[1] = <uint16_t>(0xDC00 + ((code - 0x10000) & 0x3FF))
            memcpy(<char*>dst + 2 * units, pair, 4)
            units += 2
        i += used
    if src_used is not NULL:
        src_used[0] = i
    return units


cdef inline uint32_t wide_unit(const void* p, int64_t i, int32_t wchar_bytes) noexcept nogil:
    """Unit i of SQLWCHAR text that may be unaligned."""
    cdef uint16_t u16
    cdef uint32_t u32
    if wchar_bytes == 2:
        memcpy(&u16, <const char*>p + 2 * i, 2)
        return u16
    memcpy(&u32, <const char*>p + 4 * i, 4)
    return u32


cdef int64_t wide_strlen(const void* p, int32_t wchar_bytes) noexcept nogil:
    """Units before the terminating zero unit."""
    cdef int64_t n = 0
    while wide_unit(p, n, wchar_bytes) != 0:
        n += 1
    return n


cdef int32_t read_wide(const void* src, int64_t i, int64_t units, int32_t wchar_bytes, uint32_t* code) noexcept nogil:
    """Decode the character at unit i; returns its units, 0 where the text is not valid UTF-16 or UTF-32."""
    cdef uint32_t low
    code[0] = wide_unit(src, i, wchar_bytes)
    if code[0] < 0xD800 or (0xE000 <= code[0] <= 0x10FFFF):
        return 1
    if wchar_bytes == 4 or code[0] > 0xDBFF or i + 1 >= units:
        return 0
    low = wide_unit(src, i + 1, wchar_bytes)
    if low < 0xDC00 or low > 0xDFFF:
        return 0
    code[0] = 0x10000 + ((code[0] - 0xD800) << 10) + (low - 0xDC00)
    return 2


cdef int64_t utf8_from_wide(const void* src, int64_t units, int32_t wchar_bytes, char* dst, int64_t cap) noexcept nogil:
    """Convert SQLWCHAR text to UTF-8. Returns the bytes needed, which may exceed cap; -1 for invalid text.

    Only whole characters are written, and nothing beyond cap bytes; dst may be NULL when cap is 0.
    """
    cdef int64_t i = 0, need = 0
    cdef uint32_t code
    cdef int32_t step, size
    cdef char room[4]
    while i < units:
        step = read_wide(src, i, units, wchar_bytes, &code)
        if step == 0:
            return -1
        i += step
        if code < 0x80 and need < cap:
            dst[need] = <char>code
            need += 1
            continue
        size = write_utf8(code, room)
        if need + size <= cap:
            memcpy(dst + need, room, size)
        else:
            # What follows must not fill the gap of a character that was left out.
            cap = 0
        need += size
    return need
