// Number text without a locale: std::from_chars and std::to_chars as C functions for kernel/numbers.pxi.
// The only C++ of the core; nothing here allocates or throws.
#include <charconv>
#include <cstring>
#include <system_error>

namespace {

template <typename Real>
int real_to_text(Real value, char *out) noexcept {
  if (value != value) {
    std::memcpy(out, "NaN", 3);
    return 3;
  }
  if (value - value != 0) {
    const bool negative = value < 0;
    std::memcpy(out, negative ? "-Infinity" : "Infinity", negative ? 9 : 8);
    return negative ? 9 : 8;
  }
  // By itself to_chars would choose 1e+05 for 100000; people expect an exponent only where there are many zeros.
  const Real size = value < 0 ? -value : value;
  const bool plain = size == 0 || (size >= Real(1e-4) && size < Real(1e16));
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  return static_cast<int>(std::to_chars(out, out + 32, value, format).ptr - out);
}

template <typename Real>
int real_from_text(const char *p, const char *end, Real *out) noexcept {
  const std::from_chars_result r = std::from_chars(p, end, *out);
  if (r.ec == std::errc::invalid_argument || r.ptr != end) return 2;
  return r.ec == std::errc::result_out_of_range ? 1 : 0;
}

}  // namespace

extern "C" {

// The shortest text that reads back as the same value; out has 32 bytes. Returns the characters written.
int argus_double_to_text(double value, char *out) noexcept { return real_to_text(value, out); }
int argus_float_to_text(float value, char *out) noexcept { return real_to_text(value, out); }

// Reads all of [p, end) as a decimal number. 0: done, 1: out of range, 2: not a number.
int argus_double_from_text(const char *p, const char *end, double *out) noexcept { return real_from_text(p, end, out); }
int argus_float_from_text(const char *p, const char *end, float *out) noexcept { return real_from_text(p, end, out); }

int argus_i64_to_text(long long value, char *out) noexcept {
  return static_cast<int>(std::to_chars(out, out + 24, value).ptr - out);
}

int argus_u64_to_text(unsigned long long value, char *out) noexcept {
  return static_cast<int>(std::to_chars(out, out + 24, value).ptr - out);
}

}  // extern "C"
