// Versions after semver.org 2.0.0: precedence as there, build metadata ignored.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace footlight {

struct Version {
  // Numeric fields as digit strings without leading zeros, compared by length first, so that no
  // size overflows.
  struct Field {
    bool is_numeric = true;
    std::string text;
    bool operator==(const Field&) const = default;
    std::strong_ordering operator<=>(const Field& other) const;
  };
  Field core[3];
  std::vector<Field> pre_release;

  bool operator==(const Version&) const = default;
  std::strong_ordering operator<=>(const Version& other) const;
};

std::optional<Version> parse_version(std::string_view text);  // strict: `1.0` and `01.0.0` are none

struct VersionTest {
  enum class Comparison { lt, le, eq, ge, gt } comparison = Comparison::eq;
  Version version;
  bool holds_for(const Version& candidate) const;
};
// `>=1.2.0`, `<2.0.0-rc.1`, `=1.0.0`, `1.0.0`; blanks after the sign are allowed.
std::optional<VersionTest> parse_version_test(std::string_view text);

}  // namespace footlight
