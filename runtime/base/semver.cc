#include "base/semver.h"

#include <algorithm>

namespace footlight {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_identifier(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'; }

// One dot-separated identifier; numeric ones without leading zeros unless `zeros_allowed`.
std::optional<Version::Field> parse_field(std::string_view text, bool zeros_allowed) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_identifier)) return {};
  const bool numeric = std::all_of(text.begin(), text.end(), is_digit);
  if (numeric && text.size() > 1 && text[0] == '0' && !zeros_allowed) return {};
  return Version::Field{numeric, std::string(text)};
}

// Splits at dots; false where one part is no identifier.
bool parse_fields(std::string_view text, bool zeros_allowed, std::vector<Version::Field>& fields) {
  while (true) {
    const auto dot = text.find('.');
    auto field = parse_field(text.substr(0, dot), zeros_allowed);
    if (!field) return false;
    fields.push_back(std::move(*field));
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace

std::strong_ordering Version::Field::operator<=>(const Field& other) const {
  if (is_numeric != other.is_numeric) return is_numeric ? std::strong_ordering::less : std::strong_ordering::greater;
  if (is_numeric && text.size() != other.text.size()) return text.size() <=> other.text.size();
  return text.compare(other.text) <=> 0;
}

std::strong_ordering Version::operator<=>(const Version& other) const {
  for (int i = 0; i < 3; ++i)
    if (const auto order = core[i] <=> other.core[i]; order != 0) return order;
  // A release comes after its pre-releases.
  if (pre_release.empty() != other.pre_release.empty())
    return pre_release.empty() ? std::strong_ordering::greater : std::strong_ordering::less;
  return std::lexicographical_compare_three_way(pre_release.begin(), pre_release.end(), other.pre_release.begin(), other.pre_release.end());
}

std::optional<Version> parse_version(std::string_view text) {
  std::vector<Version::Field> build;
  if (const auto plus = text.find('+'); plus != std::string_view::npos) {
    if (!parse_fields(text.substr(plus + 1), true, build)) return {};
    text = text.substr(0, plus);
  }
  Version version;
  if (const auto dash = text.find('-'); dash != std::string_view::npos) {
    if (!parse_fields(text.substr(dash + 1), false, version.pre_release)) return {};
    text = text.substr(0, dash);
  }
  std::vector<Version::Field> core;
  if (!parse_fields(text, false, core) || core.size() != 3) return {};
  for (int i = 0; i < 3; ++i) {
    if (!core[i].is_numeric) return {};
    version.core[i] = std::move(core[i]);
  }
  return version;
}

bool VersionTest::holds_for(const Version& candidate) const {
  const auto order = candidate <=> version;
  switch (comparison) {
    case Comparison::lt: return order < 0;
    case Comparison::le: return order <= 0;
    case Comparison::eq: return order == 0;
    case Comparison::ge: return order >= 0;
    case Comparison::gt: return order > 0;
  }
  return false;
}

std::optional<VersionTest> parse_version_test(std::string_view text) {
  struct Sign {
    std::string_view text;
    VersionTest::Comparison comparison;
  };
  static constexpr Sign signs[] = {{"<=", VersionTest::Comparison::le}, {">=", VersionTest::Comparison::ge},
                                   {"<", VersionTest::Comparison::lt},  {">", VersionTest::Comparison::gt},
                                   {"==", VersionTest::Comparison::eq}, {"=", VersionTest::Comparison::eq}};
  VersionTest test;
  for (const Sign& sign : signs) {
    if (!text.starts_with(sign.text)) continue;
    test.comparison = sign.comparison;
    text.remove_prefix(sign.text.size());
    break;
  }
  while (text.starts_with(' ')) text.remove_prefix(1);
  auto version = parse_version(text);
  if (!version) return {};
  test.version = std::move(*version);
  return test;
}

}  // namespace footlight
