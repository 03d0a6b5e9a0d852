// The chi-squared test against tables that everybody has, and against cases worked by hand.
#include "base/chi_squared.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace footlight;

TEST_CASE("the upper tail is the one of the printed tables") {
  // Degrees of freedom, critical value, probability: NIST/SEMATECH e-Handbook, table 1.3.6.7.4, to three decimals.
  const struct {
    int degrees;
    double sum, p;
  } rows[] = {{1, 3.841, 0.05},   {1, 6.635, 0.01},    {1, 10.828, 0.001},   {2, 4.605, 0.10},     {2, 5.991, 0.05},
              {2, 13.816, 0.001}, {3, 7.815, 0.05},    {5, 15.086, 0.01},    {10, 18.307, 0.05},   {10, 29.588, 0.001},
              {30, 43.773, 0.05}, {30, 59.703, 0.001}, {100, 124.342, 0.05}, {100, 149.449, 0.001}};
  for (const auto& row : rows) {
    INFO(row.degrees << " degrees, " << row.sum);
    CHECK(chi_squared_tail(row.sum, row.degrees) == Approx(row.p).epsilon(0.001));
  }
}

TEST_CASE("the upper tail has closed forms to be held against, far into the tail too") {
  for (const double sum : {1e-6, 0.01, 0.5, 1.0, 3.0, 10.0, 40.0, 100.0, 300.0}) {
    INFO(sum);
    CHECK(chi_squared_tail(sum, 2) == Approx(std::exp(-sum / 2)).epsilon(1e-11));
    CHECK(chi_squared_tail(sum, 1) == Approx(std::erfc(std::sqrt(sum / 2))).epsilon(1e-11));
    CHECK(chi_squared_tail(sum, 4) == Approx(std::exp(-sum / 2) * (1 + sum / 2)).epsilon(1e-11));
    CHECK(chi_squared_tail(sum, 6) == Approx(std::exp(-sum / 2) * (1 + sum / 2 + sum * sum / 8)).epsilon(1e-11));
  }
  CHECK(chi_squared_tail(0, 3) == 1);
  CHECK(chi_squared_tail(-1, 3) == 1);
  CHECK(chi_squared_tail(INFINITY, 3) == 0);
  CHECK(chi_squared_tail(1e9, 3) == 0);
  CHECK(chi_squared_tail(5, 0) == 1);
}

TEST_CASE("counts against shares: a die that is fair enough, and one that is not") {
  const auto fair = chi_squared({16, 18, 16, 14, 12, 12}, {1, 1, 1, 1, 1, 1});  // sum of squares / expected 88/6
  REQUIRE(fair);
  CHECK(fair->degrees == 5);
  CHECK(fair->sum == Approx(2.0).epsilon(1e-12));
  CHECK(fair->p == Approx(0.8491450360846096).epsilon(1e-10));
  CHECK(fair->least_expected == Approx(88.0 / 6));
  const auto unfair = chi_squared({500, 400}, {50, 50});
  REQUIRE(unfair);
  CHECK(unfair->sum == Approx(100.0 / 9).epsilon(1e-12));
  CHECK(unfair->p == Approx(std::erfc(std::sqrt(50.0 / 9))).epsilon(1e-11));
}

TEST_CASE("a part without a share must stay empty, and nothing is said of nothing") {
  CHECK(chi_squared({10, 10, 1}, {50, 50, 0})->p == 0);
  CHECK(chi_squared({10, 10, 0}, {50, 50, 0})->degrees == 1);
  CHECK(chi_squared({10, 10, 0}, {50, 50, 0})->p == 1);
  CHECK_FALSE(chi_squared({0, 0}, {50, 50}));
  CHECK_FALSE(chi_squared({10}, {100}));
  CHECK_FALSE(chi_squared({1, 2}, {1, 1, 1}));
}

TEST_CASE("two splits: independent where the table is a product, dependent where one tells the other") {
  const auto product = chi_squared_independence({{10, 20}, {30, 60}});
  REQUIRE(product);
  CHECK(product->degrees == 1);
  CHECK(product->sum == Approx(0).margin(1e-12));
  CHECK(product->p == Approx(1).epsilon(1e-9));
  // Worked by hand: rows 20 and 30, columns 25 and 25, expected 10 10 15 15.
  CHECK(chi_squared_independence({{15, 5}, {10, 20}})->sum == Approx(25.0 / 10 * 2 + 25.0 / 15 * 2).epsilon(1e-12));
  CHECK(chi_squared_independence({{50, 0}, {0, 50}})->p < 1e-20);
  CHECK_FALSE(chi_squared_independence({{50, 50}, {0, 0}}));
}
