#include "base/chi_squared.h"

#include <math.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace footlight {
namespace {

// Both halves share the factor x^a e^-x / Gamma(a).
double factor(double a, double x) {
  int sign = 0;
  return std::exp(a * std::log(x) - x - ::lgamma_r(a, &sign));
}

// The lower tail of the regularized incomplete gamma function, as its power series: for x < a + 1.
double lower_by_series(double a, double x) {
  double term = 1 / a, sum = term;
  for (double n = a + 1; std::fabs(term) > std::fabs(sum) * 1e-16; ++n) {
    term *= x / n;
    sum += term;
  }
  return sum * factor(a, x);
}

// The upper tail as a continued fraction, by Lentz's method: for x >= a + 1.
double upper_by_fraction(double a, double x) {
  constexpr double tiny = std::numeric_limits<double>::min() * 1e10;
  double b = x + 1 - a, c = 1 / tiny, d = 1 / b, fraction = d;
  for (int i = 1; i < 100'000; ++i) {
    const double numerator = -i * (i - a);
    b += 2;
    d = numerator * d + b;
    if (std::fabs(d) < tiny) d = tiny;
    c = b + numerator / c;
    if (std::fabs(c) < tiny) c = tiny;
    d = 1 / d;
    const double step = c * d;
    fraction *= step;
    if (std::fabs(step - 1) < 1e-16) break;
  }
  return fraction * factor(a, x);
}

}  // namespace

double chi_squared_tail(double sum, int degrees) {
  if (!(sum > 0) || degrees < 1) return 1;
  if (std::isinf(sum)) return 0;
  const double a = degrees / 2.0, x = sum / 2;
  const double tail = x < a + 1 ? 1 - lower_by_series(a, x) : upper_by_fraction(a, x);
  return std::clamp(tail, 0.0, 1.0);
}

std::optional<ChiSquared> chi_squared(const std::vector<double>& counts, const std::vector<double>& expected) {
  const double total = std::accumulate(counts.begin(), counts.end(), 0.0), whole = std::accumulate(expected.begin(), expected.end(), 0.0);
  if (counts.size() != expected.size() || !(total > 0) || !(whole > 0)) return {};
  ChiSquared test{.degrees = -1, .least_expected = std::numeric_limits<double>::infinity()};
  bool is_impossible = false;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double wanted = expected[i] / whole * total;
    if (!(wanted > 0)) {
      is_impossible |= counts[i] > 0;
      continue;
    }
    ++test.degrees;
    test.least_expected = std::min(test.least_expected, wanted);
    test.sum += (counts[i] - wanted) * (counts[i] - wanted) / wanted;
  }
  if (is_impossible) test.sum = std::numeric_limits<double>::infinity();
  else if (test.degrees < 1) return {};
  test.degrees = std::max(test.degrees, 1);
  test.p = chi_squared_tail(test.sum, test.degrees);
  return test;
}

std::optional<ChiSquared> chi_squared_independence(const std::vector<std::vector<double>>& table) {
  std::vector<double> rows, columns;
  double total = 0;
  for (const std::vector<double>& row : table) {
    rows.push_back(std::accumulate(row.begin(), row.end(), 0.0));
    columns.resize(std::max(columns.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) columns[i] += row[i];
    total += rows.back();
  }
  const auto used = [](const std::vector<double>& sums) {
    return static_cast<int>(std::count_if(sums.begin(), sums.end(), [](double sum) { return sum > 0; }));
  };
  ChiSquared test{.degrees = (used(rows) - 1) * (used(columns) - 1), .least_expected = std::numeric_limits<double>::infinity()};
  if (!(total > 0) || test.degrees < 1) return {};
  for (std::size_t r = 0; r < table.size(); ++r)
    for (std::size_t c = 0; c < table[r].size(); ++c) {
      const double wanted = rows[r] * columns[c] / total;
      if (!(wanted > 0)) continue;
      test.least_expected = std::min(test.least_expected, wanted);
      test.sum += (table[r][c] - wanted) * (table[r][c] - wanted) / wanted;
    }
  test.p = chi_squared_tail(test.sum, test.degrees);
  return test;
}

}  // namespace footlight
