// The helper library: one row for each helper. Docs are printed from the rows, and a test runs every
// example; the functions that they name are in template_helpers_*.cc.
#include "engine/template_helper_calls.h"

namespace footlight {
namespace {

using namespace helpers;

// name, usage, doc, since, example, least and most arguments, the argument that names a field, function
std::vector<HelperRow> make_rows() {
  return {
      {"abs", "abs(number)", "The number without its sign.", "0.1", "abs(-3) -> 3", 1, 1, -1, abs_number},
      {"and", "and(a, b, …)", "Whether all are true, as `#if` has it.", "0.1", "and(1, \"x\") -> true", 1, -1, -1, both},
      {"capitalize", "capitalize(text)", "The text with its first letter raised.", "0.1", "capitalize(\"hello world\") -> \"Hello world\"",
       1, 1, -1, capitalize},
      {"ceil", "ceil(number)", "The next whole number upwards.", "0.1", "ceil(1.2) -> 2", 1, 1, -1, ceil_number},
      {"concat", "concat(a, b, …)", "The texts, one behind the other.", "0.1", "concat(\"a\", 1, \"b\") -> \"a1b\"", 1, -1, -1, concat},
      {"contains", "contains(in, what)", "Whether a text has the other in it, or a list has the item.", "0.1",
       "contains(\"footlight\", \"light\") -> true", 2, 2, -1, contains},
      {"count", "count(list)", "How many items a list or members an object has; 0 where there is none.", "0.1", "count([1, 2]) -> 2", 1, 1,
       -1, count},
      {"dateAdd", "dateAdd(date, amount, unit, zone)",
       "The date, so many `milliseconds` to `years` on (below zero: back), days and longer by the calendar "
       "of the zone (default UTC).",
       "0.1", "dateAdd(\"2026-01-31T10:00:00Z\", 1, \"months\") -> \"2026-02-28T10:00:00Z\"", 3, 4, -1, date_add},
      {"dateDiff", "dateDiff(from, till, unit, zone)",
       "The whole `milliseconds` to `years` between two dates, below zero where the second is earlier.", "0.1",
       "dateDiff(\"2026-01-01\", \"2026-03-01\", \"days\") -> 59", 3, 4, -1, date_diff},
      {"default", "default(value, otherwise)", "The value, or the other where it is missing or an empty text: `?:`.", "0.1",
       "default(\"\", \"there\") -> \"there\"", 2, 2, -1, default_value},
      {"distinct", "distinct(list)", "The list without items that came before.", "0.1", "distinct([1, 2, 1]) -> [1,2]", 1, 1, -1, distinct},
      {"endsWith", "endsWith(text, end)", "Whether the text ends so.", "0.1", "endsWith(\"a.png\", \".png\") -> true", 2, 2, -1, ends_with},
      {"eq", "eq(a, b)", "Whether both are the same, of one kind: the text `1` is not the number 1.", "0.1", "eq(\"1\", 1) -> false", 2, 2,
       -1, eq},
      {"first", "first(list)", "The first item.", "0.1", "first([7, 8]) -> 7", 1, 1, -1, first},
      {"floor", "floor(number)", "The next whole number downwards.", "0.1", "floor(1.8) -> 1", 1, 1, -1, floor_number},
      {"formatCurrency", "formatCurrency(amount, currency, locale)",
       "An amount of money, by the currency's ISO code; locales en de fr es it nl pt ja, default en.", "0.1",
       "formatCurrency(1234.5, \"EUR\", \"de\") -> \"1.234,50\u00a0€\"", 2, 3, -1, format_currency_helper},
      {"formatDate", "formatDate(date, pattern, zone, locale)",
       "A date by a pattern of y M d E a H h m s S X Z z, in a zone (default UTC) and locale (default en). A "
       "date is an ISO text or milliseconds; without an offset it is the zone's.",
       "0.1",
       "formatDate(\"2026-12-01T09:05:00Z\", \"d MMMM yyyy, HH:mm\", \"Europe/Paris\", \"fr\") -> \"1 "
       "décembre 2026, 10:05\"",
       2, 4, -1, format_date_helper},
      {"formatNumber", "formatNumber(number, digits, locale)", "A number with grouped digits; `digits` behind the point, else up to 3.",
       "0.1", "formatNumber(1234.5, 2, \"en\") -> \"1,234.50\"", 1, 3, -1, format_number_helper},
      {"formatPercent", "formatPercent(share, digits, locale)", "A share as a percentage: 0.25 is 25%.", "0.1",
       "formatPercent(0.256, 1) -> \"25.6%\"", 1, 3, -1, format_percent_helper},
      {"gt", "gt(a, b)", "Whether a number or text is greater; false where one is missing.", "0.1", "gt(2, 1) -> true", 2, 2, -1, gt},
      {"gte", "gte(a, b)", "Whether a number or text is greater or equal.", "0.1", "gte(2, 2) -> true", 2, 2, -1, gte},
      {"in", "in(item, list)", "Whether the list has the item.", "0.1", "in(2, [1, 2]) -> true", 2, 2, -1, in},
      {"indexOf", "indexOf(text, what)", "Where the other text begins in it, in characters from 0; -1 where it does not.", "0.1",
       "indexOf(\"abc\", \"c\") -> 2", 2, 2, -1, index_of},
      {"join", "join(list, separator)", "The items as one text, separated by `, ` where nothing else is said.", "0.1",
       "join([1, 2], \"-\") -> \"1-2\"", 1, 2, -1, join_list},
      {"json", "json(value)", "The value as JSON; in HTML with `<`, `>` and `&` escaped inside.", "0.1",
       "json([1, \"a\"]) -> \"[1,\\\"a\\\"]\"", 1, 1, -1, json},
      {"keys", "keys(object)", "The names of the members, in the order of their bytes.", "0.1", "keys(null) -> []", 1, 1, -1, keys},
      {"last", "last(list)", "The last item.", "0.1", "last([7, 8]) -> 8", 1, 1, -1, last},
      {"length", "length(value)", "The characters of a text, the items of a list, the members of an object.", "0.1",
       "length(\"Zürich\") -> 6", 1, 1, -1, length},
      {"lowerCase", "lowerCase(text)", "The text in small letters.", "0.1", "lowerCase(\"ÄB\") -> \"äb\"", 1, 1, -1, lower_case},
      {"lt", "lt(a, b)", "Whether a number or text is less; false where one is missing.", "0.1", "lt(1, 2) -> true", 2, 2, -1, lt},
      {"lte", "lte(a, b)", "Whether a number or text is less or equal.", "0.1", "lte(2, 2) -> true", 2, 2, -1, lte},
      {"max", "max(a, b, …)", "The greatest of the numbers, or of a list's.", "0.1", "max(1, 3, 2) -> 3", 1, -1, -1, max_number},
      {"min", "min(a, b, …)", "The least of the numbers, or of a list's.", "0.1", "min([4, 2]) -> 2", 1, -1, -1, min_number},
      {"ne", "ne(a, b)", "Whether the two differ.", "0.1", "ne(1, 2) -> true", 2, 2, -1, ne},
      {"not", "not(value)", "Whether the value is false, as `#if` has it.", "0.1", "not(0) -> true", 1, 1, -1, negation},
      {"now", "now()", "The moment of the request, as an ISO text.", "0.1", "now() -> \"2026-12-01T09:00:00Z\"", 0, 0, -1, now},
      {"or", "or(a, b, …)", "Whether any is true, as `#if` has it.", "0.1", "or(0, \"\") -> false", 1, -1, -1, either},
      {"pluck", "pluck(list, field)", "One field of each item.", "0.1", "pluck([], name) -> []", 2, 2, 1, pluck},
      {"replace", "replace(text, what, by)", "The text with every occurrence replaced.", "0.1",
       "replace(\"a-b-c\", \"-\", \"+\") -> \"a+b+c\"", 3, 3, -1, replace},
      {"reverse", "reverse(list)", "The list from its end.", "0.1", "reverse([1, 2]) -> [2,1]", 1, 1, -1, reverse},
      {"round", "round(number, digits)", "The number rounded half away from zero, to so many digits (default 0).", "0.1",
       "round(1.005, 2) -> 1.01", 1, 2, -1, round_number},
      {"slice", "slice(list, from, till)", "The items from one position up to another, counted from 0, below zero from the end.", "0.1",
       "slice([1, 2, 3], 1) -> [2,3]", 2, 3, -1, slice},
      {"sort", "sort(list, order)", "The list in order, `asc` or `desc`: nothing, false, true, numbers, texts.", "0.1",
       "sort([3, 1, 2], \"desc\") -> [3,2,1]", 1, 2, -1, sort},
      {"sortBy", "sortBy(list, field, order)", "The list in the order of a field of its items, `asc` or `desc`.", "0.1",
       "sortBy([], price) -> []", 2, 3, 1, sort_by},
      {"split", "split(text, separator)", "The parts of a text; without a separator its characters.", "0.1",
       "split(\"a,b\", \",\") -> [\"a\",\"b\"]", 2, 2, -1, split},
      {"startsWith", "startsWith(text, start)", "Whether the text begins so.", "0.1", "startsWith(\"abc\", \"ab\") -> true", 2, 2, -1,
       starts_with},
      {"substring", "substring(text, from, till)",
       "The characters from one position up to another, counted from 0, below zero from the end.", "0.1",
       "substring(\"Zürich\", 0, 2) -> \"Zü\"", 2, 3, -1, substring},
      {"sum", "sum(a, b, …)", "The sum of the numbers, or of a list's; 0 where there is none.", "0.1", "sum([1, 2, 3]) -> 6", 1, -1, -1,
       sum_numbers},
      {"titleCase", "titleCase(text)", "Every word with a capital, the rest in small letters.", "0.1",
       "titleCase(\"o'neil JONES\") -> \"O'neil Jones\"", 1, 1, -1, title_case},
      {"toBool", "toBool(value)", "true or false, also from the texts true, false, yes, no, 1, 0.", "0.1", "toBool(\"yes\") -> true", 1, 1,
       -1, to_bool},
      {"toNumber", "toNumber(value)", "The number that a text spells.", "0.1", "toNumber(\" 12.5 \") -> 12.5", 1, 1, -1, to_number},
      {"toString", "toString(value)", "The value as text; lists and objects as JSON.", "0.1", "toString(12.5) -> \"12.5\"", 1, 1, -1,
       to_string_helper},
      {"topN", "topN(list, field, most)", "The items with the greatest values of a field, greatest first.", "0.1",
       "topN([], price, 3) -> []", 3, 3, 1, top_n},
      {"trim", "trim(text)", "The text without blanks and line ends around it.", "0.1", "trim(\"  a \") -> \"a\"", 1, 1, -1, trim_text},
      {"truncate", "truncate(text, most, end)", "At most so many characters, `…` or another end counted in.", "0.1",
       "truncate(\"footlight\", 5) -> \"foot…\"", 2, 3, -1, truncate},
      {"upperCase", "upperCase(text)", "The text in capitals.", "0.1", "upperCase(\"straße\") -> \"STRASSE\"", 1, 1, -1, upper_case},
      {"urlEncode", "urlEncode(text)", "The text for a part of a URL.", "0.1", "urlEncode(\"a b&c\") -> \"a%20b%26c\"", 1, 1, -1,
       url_encode},
      {"values", "values(object)", "The members' values, in the order of their names' bytes.", "0.1", "values(null) -> []", 1, 1, -1,
       values},
  };
}

}  // namespace

const std::vector<HelperRow>& template_helpers() {
  static const std::vector<HelperRow> rows = make_rows();
  return rows;
}

}  // namespace footlight
