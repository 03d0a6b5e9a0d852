#include "lint/needs.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace footlight {
namespace {

using Op = Predicate::Op;

constexpr double infinity = std::numeric_limits<double>::infinity();

std::string bucket_name(const std::string& salt, const std::string& attribute) { return "\x01" + attribute + "\x01" + salt; }

bool is_word(const Value& value) { return value.is_string() || value.is_boolean(); }

Words words_of(const Array& values) {
  Words words;
  for (const Value& value : values) words.push_back(to_json(value));
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

std::optional<Need> need_of(const Predicate& leaf) {
  const Value& operand = leaf.operand;
  switch (leaf.op) {
    case Op::eq:
      if (operand.is_number()) return Need{leaf.attribute, Interval{operand.number(), operand.number()}};
      return Need{leaf.attribute, words_of({operand})};
    case Op::in: {
      const Array& values = operand.array();
      if (std::all_of(values.begin(), values.end(), is_word)) return Need{leaf.attribute, words_of(values)};
      Interval whole{infinity, -infinity};
      for (const Value& value : values) {
        if (!value.is_number()) return {};
        whole.from = std::min(whole.from, value.number());
        whole.till = std::max(whole.till, value.number());
      }
      return Need{leaf.attribute, whole};
    }
    case Op::lt:
    case Op::le:
      if (!operand.is_number()) return {};
      return Need{leaf.attribute, Interval{-infinity, operand.number(), true, leaf.op == Op::le}};
    case Op::gt:
    case Op::ge:
      if (!operand.is_number()) return {};
      return Need{leaf.attribute, Interval{operand.number(), infinity, leaf.op == Op::ge, true}};
    case Op::between: return Need{leaf.attribute, Interval{operand.array()[0].number(), operand.array()[1].number(), true, false}};
    case Op::bucket: return Need{bucket_name(leaf.name, leaf.attribute), Interval{leaf.lo, leaf.hi, true, false}};
    default: return {};
  }
}

Interval common(const Interval& left, const Interval& right) {
  Interval both = left;
  if (right.from > both.from || (right.from == both.from && !right.has_from)) both.from = right.from, both.has_from = right.has_from;
  if (right.till < both.till || (right.till == both.till && !right.has_till)) both.till = right.till, both.has_till = right.has_till;
  return both;
}

Interval hull(const Interval& left, const Interval& right) {
  Interval whole = left;
  if (right.from < whole.from || (right.from == whole.from && right.has_from)) whole.from = right.from, whole.has_from = right.has_from;
  if (right.till > whole.till || (right.till == whole.till && right.has_till)) whole.till = right.till, whole.has_till = right.has_till;
  return whole;
}

// What both branches need, widened to hold either. A number here and a text there need nothing in common.
Needs either(const Needs& left, const Needs& right) {
  Needs both;
  for (const Need& need : left) {
    const auto other = std::find_if(right.begin(), right.end(), [&](const Need& candidate) { return candidate.of == need.of; });
    if (other == right.end() || other->within.index() != need.within.index()) continue;
    if (const auto* interval = std::get_if<Interval>(&need.within)) {
      both.push_back({need.of, hull(*interval, std::get<Interval>(other->within))});
    } else {
      Words words;
      const Words &a = std::get<Words>(need.within), &b = std::get<Words>(other->within);
      std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(words));
      both.push_back({need.of, std::move(words)});
    }
  }
  return both;
}

Needs needs(const Predicate& part, bool holds) {
  switch (part.op) {
    case Op::no: return needs(part.args[0], !holds);
    case Op::all:
    case Op::any: {
      Needs result;
      bool is_first = true;
      for (const Predicate& arg : part.args) {
        Needs of_arg = needs(arg, holds);
        if ((part.op == Op::all) == holds)
          for (Need& need : of_arg) add_need(result, std::move(need));
        else result = is_first ? std::move(of_arg) : either(result, of_arg);
        is_first = false;
      }
      return result;
    }
    default: break;
  }
  if (!holds) return {};  // an absent attribute will do
  if (auto need = need_of(part)) return {std::move(*need)};
  return {};
}

}  // namespace

Needs needs_of(const Predicate& condition) { return needs(condition, true); }

Need bucket_need(const std::string& salt, double lo, double hi) { return {bucket_name(salt, ""), Interval{lo, hi, true, false}}; }

Need time_need(std::optional<Instant> start, std::optional<Instant> end) {
  return {"\x02", Interval{start ? static_cast<double>(start->ms) : -infinity, end ? static_cast<double>(end->ms) : infinity, true, false}};
}

void add_need(Needs& needs, Need need) {
  const auto at =
      std::lower_bound(needs.begin(), needs.end(), need.of, [](const Need& known, const std::string& of) { return known.of < of; });
  if (at == needs.end() || at->of != need.of) {
    needs.insert(at, std::move(need));
    return;
  }
  if (at->within.index() != need.within.index()) {
    at->within = Words{};  // a number and a text at once: nothing is both
    return;
  }
  if (auto* interval = std::get_if<Interval>(&at->within)) {
    *interval = common(*interval, std::get<Interval>(need.within));
    return;
  }
  Words words;
  const Words &a = std::get<Words>(at->within), &b = std::get<Words>(need.within);
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(words));
  at->within = std::move(words);
}

bool exclude_each_other(const Need& left, const Need& right) {
  if (left.within.index() != right.within.index()) return true;
  if (const auto* interval = std::get_if<Interval>(&left.within)) return common(*interval, std::get<Interval>(right.within)).is_empty();
  const Words &a = std::get<Words>(left.within), &b = std::get<Words>(right.within);
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i] == b[j]) return false;
    if (a[i] < b[j]) ++i;
    else ++j;
  }
  return true;
}

bool exclude_each_other(const Needs& left, const Needs& right) {
  for (std::size_t i = 0, j = 0; i < left.size() && j < right.size();) {
    if (left[i].of == right[j].of) {
      if (exclude_each_other(left[i], right[j])) return true;
      ++i, ++j;
    } else if (left[i].of < right[j].of) {
      ++i;
    } else {
      ++j;
    }
  }
  return false;
}

}  // namespace footlight
