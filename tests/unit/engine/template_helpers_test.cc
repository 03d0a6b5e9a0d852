// The helper library: every example of every row holds, and the tables of locales and letters are those
// that browsers have.
#include <catch2/catch.hpp>

#include <algorithm>

#include "engine/letters.h"
#include "engine/locale.h"
#include "engine/template.h"

using namespace footlight;

namespace {

const Instant moment = *parse_instant("2026-12-01T09:00:00Z");

// The value of one expression, as JSON.
std::string valued(const std::string& expression, const Value& data = Value(Object{})) {
  const auto raw = compile_template("{%= json(" + expression + ") %}", TemplateFormat::text, {}, "x");
  if (!raw.ok()) return to_text(raw.error());
  const auto out = render(*raw, {.profile = &data, .now = moment});
  return out.ok() ? *out : out.error().message;
}

}  // namespace

TEST_CASE("every helper's example holds, and its row is in order") {
  const auto& rows = template_helpers();
  CHECK(std::is_sorted(rows.begin(), rows.end(), [](const HelperRow& a, const HelperRow& b) { return a.name < b.name; }));
  for (const HelperRow& row : rows) {
    INFO(row.name);
    const std::string example(row.example);
    const auto arrow = example.find(" -> ");
    REQUIRE(arrow != std::string::npos);
    CHECK(example.starts_with(std::string(row.name) + '('));
    CHECK(row.usage.starts_with(std::string(row.name) + '('));
    CHECK_FALSE(row.doc.empty());
    CHECK((row.max_args == -1 || (row.min_args <= row.max_args && row.field_arg < row.max_args)));
    CHECK(valued(example.substr(0, arrow)) == example.substr(arrow + 4));
  }
}

TEST_CASE("helpers take what is missing, and edges") {
  const Value data = *parse_json(R"({"list": [{"n": 2, "s": "b"}, {"n": 10, "s": "a"}, {"s": "c"}], "o": {"b": 1, "a": 2}, "t": "é😀x"})");
  struct Line {
    const char* expression;
    const char* gives;
  };
  for (const auto& [expression, gives] : {
           Line{"upperCase(missing)", "\"\""},
           Line{"round(missing)", "null"},
           Line{"formatDate(missing, \"y\")", "null"},
           Line{"formatCurrency(missing, \"EUR\")", "null"},
           Line{"first(missing)", "null"},
           Line{"count(missing)", "0"},
           Line{"sum([])", "0"},
           Line{"max([])", "null"},
           Line{"min(3, missing, 1)", "1"},
           Line{"length(t)", "3"},
           Line{"substring(t, 1, 2)", "\"😀\""},
           Line{"substring(t, -1)", "\"x\""},
           Line{"substring(t, 5, 9)", "\"\""},
           Line{"pluck(sortBy(list, n), s)", "[\"c\",\"b\",\"a\"]"},
           Line{"pluck(sortBy(list, \"s\", \"desc\"), \"s\")", "[\"c\",\"b\",\"a\"]"},
           Line{"pluck(topN(list, n, 2), n)", "[10,2]"},
           Line{"sort([\"b\", 2, true, null, \"a\", 10])", "[null,true,2,10,\"a\",\"b\"]"},
           Line{"keys(o)", "[\"a\",\"b\"]"},
           Line{"values(o)", "[2,1]"},
           Line{"join([1, null, true, \"x\"])", "\"1, , true, x\""},
           Line{"replace(\"aaa\", \"\", \"b\")", "\"aaa\""},
           Line{"split(\"\", \",\")", "[\"\"]"},
           Line{"split(\"ab\", \"\")", "[\"a\",\"b\"]"},
           Line{"round(2.5)", "3"},
           Line{"round(-2.5)", "-3"},
           Line{"round(1234.567, -2)", "1200"},
           Line{"round(-0.4)", "0"},
           Line{"toNumber(\"1e3\")", "1000"},
           Line{"toNumber(true)", "1"},
           Line{"toBool(\"No\")", "false"},
           Line{"toString([1])", "\"[1]\""},
           Line{"titleCase(\"ÉCOLE des-arts\")", "\"École Des-Arts\""},
           Line{"truncate(\"abc\", 3)", "\"abc\""},
           Line{"truncate(\"abcd\", 1)", "\"…\""},
           Line{"dateAdd(\"2024-02-29T12:00:00Z\", 1, \"year\")", "\"2025-02-28T12:00:00Z\""},
           Line{"dateAdd(\"2026-03-28T09:00:00+01:00\", 1, \"day\", \"Europe/Berlin\")", "\"2026-03-29T07:00:00Z\""},
           Line{"dateAdd(\"2026-03-28T09:00:00+01:00\", 24, \"hours\", \"Europe/Berlin\")", "\"2026-03-29T08:00:00Z\""},
           Line{"dateAdd(0, 90, \"seconds\")", "\"1970-01-01T00:01:30Z\""},
           Line{"dateAdd(0, -1, \"days\")",
                "x:1: `{%= json(dateAdd(0, -1, \"days\")) %}` fails in `dateAdd`: the date is beyond the "
                "years 1970 to 2199"},
           Line{"dateDiff(\"2026-01-31\", \"2026-02-28\", \"months\")", "1"},
           Line{"dateDiff(\"2026-01-31\", \"2026-02-27\", \"months\")", "0"},
           Line{"dateDiff(\"2026-03-01\", \"2026-01-01\", \"months\")", "-2"},
           Line{"dateDiff(\"2000-06-15\", now(), \"years\")", "26"},
           Line{"dateDiff(0, 59999, \"minutes\")", "0"},
           Line{"formatDate(\"2026-12-01T23:30:00Z\", \"EEEE, d MMM yy 'at' h:mm a XXX z\", \"Asia/Tokyo\", "
                "\"en\")",
                "\"Wednesday, 2 Dec 26 at 8:30 AM +09:00 Asia/Tokyo\""},
           Line{"formatDate(\"2026-12-01\", \"HH:mm Z\", \"America/New_York\")", "\"00:00 -0500\""},
           Line{"formatDate(1764581400123, \"yyyy-MM-dd'T'HH:mm:ss.SSSX\")", "\"2025-12-01T09:30:00.123Z\""},
           Line{"formatDate(0, \"y年M月d日(E)\", \"UTC\", \"ja\")", "\"1970年1月1日(木)\""},
       }) {
    INFO(expression);
    CHECK(valued(expression, data) == gives);
  }
}

TEST_CASE("numbers and money are written as browsers write them") {
  struct Line {
    const char* locale;
    const char *number, *euro, *dollar, *yen;  // 1234567.891, -1234.5, -1234.5, 1234.5
  };
  for (const auto& [locale, number, euro, dollar, yen] : {
           Line{"en", "1,234,567.891", "-€1,234.50", "-$1,234.50", "¥1,235"},
           Line{"de", "1.234.567,891", "-1.234,50\u00a0€", "-1.234,50\u00a0$", "1.235\u00a0¥"},
           Line{"fr", "1\u202f234\u202f567,891", "-1\u202f234,50\u00a0€", "-1\u202f234,50\u00a0$US", "1\u202f235\u00a0JPY"},
           Line{"es", "1.234.567,891", "-1234,50\u00a0€", "-1234,50\u00a0US$", "1235\u00a0JPY"},
           Line{"it", "1.234.567,891", "-1234,50\u00a0€", "-1234,50\u00a0USD", "1235\u00a0JPY"},
           Line{"nl", "1.234.567,891", "€\u00a0-1.234,50", "US$\u00a0-1.234,50", "JP¥\u00a01.235"},
           Line{"pt", "1.234.567,891", "-€\u00a01.234,50", "-US$\u00a01.234,50", "JP¥\u00a01.235"},
           Line{"ja", "1,234,567.891", "-€1,234.50", "-$1,234.50", "￥1,235"},
       }) {
    INFO(locale);
    const LocaleRow& row = **find_locale(std::string(locale) + "-XX");
    CHECK(format_number(1234567.891, 3, false, row) == number);
    CHECK(*format_currency(-1234.5, "EUR", row) == euro);
    CHECK(*format_currency(-1234.5, "USD", row) == dollar);
    CHECK(*format_currency(1234.5, "JPY", row) == yen);
  }
  const LocaleRow& en = **find_locale("en");
  CHECK(format_number(1.005, 2, true, en) == "1.01");
  CHECK(format_number(0.000123, 2, true, en) == "0.00");
  CHECK(format_number(-0.001, 2, true, en) == "0.00");
  CHECK(format_number(999.995, 2, true, en) == "1,000.00");
  CHECK(format_number(9.99, 0, false, en) == "10");
  CHECK(format_number(1e21, 0, false, en) == "1,000,000,000,000,000,000,000");
  CHECK(*format_currency(1, "CHF", en) == "CHF\u00a01.00");
  CHECK(*format_currency(1, "KWD", en) == "KWD\u00a01.000");
}

TEST_CASE("letters change their case in Latin, Greek, Cyrillic and Armenian") {
  CHECK(upper_text("straße àéîõü ÿ žluťoučký ğşı ὀ λόγος привет ћ ձայն ấ 日本 😀") ==
        "STRASSE ÀÉÎÕÜ Ÿ ŽLUŤOUČKÝ ĞŞI ὀ ΛΌΓΟΣ ПРИВЕТ Ћ ՁԱՅՆ Ấ 日本 😀");
  CHECK(lower_text("ÀÉÎÕÜ Ÿ ŽLUŤOUČKÝ ΛΌΓΟΣ ΣΑΣ ПРИВЕТ Ћ ՁԱՅՆ Ấ") == "àéîõü ÿ žluťoučký λόγος σας привет ћ ձայն ấ");
}

TEST_CASE("numbers become text as in JavaScript") {
  struct Line {
    double number;
    const char* text;
  };
  for (const auto& [number, text] : {Line{0, "0"}, Line{-0.0, "0"}, Line{1.5e-7, "1.5e-7"}, Line{0.000001, "0.000001"}, Line{1e21, "1e+21"},
                                     Line{123456789012345680000.0, "123456789012345680000"}, Line{-1.25, "-1.25"}, Line{0.1, "0.1"},
                                     Line{1e-7, "1e-7"}, Line{100, "100"}, Line{5e-324, "5e-324"}}) {
    std::string out;
    append_number(out, number);
    CHECK(out == text);
  }
}
