// Pearson's chi-squared test: could these counts have come from these shares by chance?
#pragma once

#include <optional>
#include <vector>

namespace footlight {

// The chance of a sum at least this large with so many degrees of freedom: the upper tail, to about 12 digits. 1 for a sum
// of 0 and less.
double chi_squared_tail(double sum, int degrees);

struct ChiSquared {
  double sum = 0;
  int degrees = 0;
  double p = 1;
  double least_expected = 0;  // below 5 the test says little
};

// `expected` are shares or counts, in any unit; where one is 0, its count must be 0 too, or p is 0. Nothing where there is
// nothing to test: fewer than two shares above 0, or no counts.
std::optional<ChiSquared> chi_squared(const std::vector<double>& counts, const std::vector<double>& expected);

// Of a table of counts, row by row: are rows and columns independent? Empty rows and columns count for nothing.
std::optional<ChiSquared> chi_squared_independence(const std::vector<std::vector<double>>& table);

}  // namespace footlight
