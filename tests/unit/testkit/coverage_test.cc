// Coverage: what the tests of a workspace have seen happen, and that looking changes nothing.
#include <algorithm>

#include "shop.h"
#include "testkit/coverage.h"
#include "testkit/report.h"

using namespace footlight;
using namespace footlight::test;
using Catch::Contains;

namespace {

struct Covered {
  CoverageReport report;
  std::string told;  // what the run said
};

Covered cover(const FileMap& more, int jobs = 1) {
  LuaPolicyCompiler policies;
  const auto files = memory_files(shop_files(more));
  const LoadedWorkspace loaded = load_workspace(*files, policies);
  for (const Problem& problem : loaded.problems) UNSCOPED_INFO(to_line(problem));
  REQUIRE_FALSE(has_errors(loaded.problems));
  auto coverage = Coverage::make(loaded, *files);
  REQUIRE(coverage);
  Covered covered;
  for (const TestResult& result : run_fixtures(loaded, {.files = files.get(), .jobs = jobs, .coverage = coverage->get()}).results)
    covered.told += report_text(result);
  std::string without;
  for (const TestResult& result : run_fixtures(loaded, {.files = files.get()}).results) without += report_text(result);
  CHECK(covered.told == without);
  covered.report = (*coverage)->report();
  return covered;
}

// `place text yes/no`, a line each.
std::string clauses(const CoverageReport& report) {
  std::string text;
  for (const CoveredClause& clause : report.clauses)
    text += clause.place + " " + clause.text + (clause.yes ? " T" : "") + (clause.no ? " F" : "") + "\n";
  return text;
}

std::uint64_t times(const std::vector<CoveredThing>& things, const std::string& name) {
  const auto found = std::find_if(things.begin(), things.end(), [&](const CoveredThing& thing) { return thing.name == name; });
  if (found == things.end()) FAIL("there is no " << name);
  return found->times;
}

}  // namespace

TEST_CASE("a native function's conditions are seen one by one, as far as they are asked") {
  const auto cases = [](const std::string& rows) {
    return FileMap{{"tests/a_test.lua", "cases \"c\" { on = \"hero\", { \"loyalty.tier\", \"cart.total\", \"shows\" }, " + rows + "}"}};
  };
  CHECK(clauses(cover(cases("{ \"none\", 60, \"all\" }")).report) ==
        "experiences/a.lua:3 p.loyalty.tier == \"gold\" F\nexperiences/a.lua:3 p.cart.total >= 50\n");
  CHECK(clauses(cover(cases("{ \"none\", 60, \"all\" }, { \"gold\", 60, \"gold\" }")).report) ==
        "experiences/a.lua:3 p.loyalty.tier == \"gold\" T F\nexperiences/a.lua:3 p.cart.total >= 50 T\n");
  const Covered whole = cover(cases("{ \"none\", 60, \"all\" }, { \"gold\", 60, \"gold\" }, { \"gold\", 49, \"all\" }"));
  CHECK(clauses(whole.report) == "experiences/a.lua:3 p.loyalty.tier == \"gold\" T F\nexperiences/a.lua:3 p.cart.total >= 50 T F\n");
  CHECK(whole.report.lines.at("experiences/a.lua").at(3) > 0);
  CHECK(times(whole.report.surfaces, "hero") > 0);
  CHECK(times(whole.report.surfaces, "banner") == 0);
  CHECK(times(whole.report.actions, "gold on hero") > 0);
  CHECK(times(whole.report.actions, "gold on banner") == 0);
}

TEST_CASE("functions of modules are seen at their own lines, once for all who use them") {
  const FileMap files{
      {"lib/carts.lua", R"(local M = {}
local least = 50
function M.is_big(p)
  if p.cart.total == nil then
    return false
  end
  return p.cart.total >= least
end
function M.unused() return 1 end
return M
)"},
      {"experiences/m.lua",
       "local carts = require \"lib.carts\"\ncampaign \"m\" { priority = 99, audience = carts.is_big, show = { hero = \"m\" } }\n"},
      {"experiences/n.lua",
       "local carts = require \"lib.carts\"\ncampaign \"n\" {\n  priority = 98,\n  audience = function(p)\n    return carts.is_big(p) and "
       "p.cart.total < 100\n  end,\n  show = { hero = \"n\" },\n}\n"},
      {"tests/a_test.lua",
       "local carts = require \"lib.carts\"\ntest \"modules\" (function(t)\n  t:yes(carts.is_big { cart = { total = 50 } } and "
       "carts.unused() == 1)\n  t:activate_all()\n"
       "  t:profile { cart = { total = 60 } }:on \"hero\":shows \"m\"\n  t:profile { cart = { total = 40 } }:on \"hero\":must_not_show "
       "\"m\"\nend)\n"}};
  const Covered covered = cover(files);
  INFO(covered.told);
  CHECK_THAT(clauses(covered.report), Contains("lib/carts.lua:4 p.cart.total == nil F\nlib/carts.lua:7 p.cart.total >= least T F\n"));
  CHECK_THAT(clauses(covered.report), Contains("experiences/n.lua:5 carts.is_big(p) T F\nexperiences/n.lua:5 p.cart.total < 100 T\n"));
  const auto& lines = covered.report.lines.at("lib/carts.lua");
  CHECK(lines.at(4) > 0);
  CHECK(lines.at(5) == 0);
  CHECK(lines.at(7) > 0);
  CHECK_FALSE(lines.contains(9));  // nothing of the workspace takes it along
  CHECK(covered.report.sources.contains("lib/carts.lua"));
}

TEST_CASE("functions that stay Lua: their lines, conditions, helpers, in the file as it is written") {
  const FileMap files{{"experiences/b.lua", R"(-- a helper that two functions share
local function is_big(total)
  if total == nil then
    return false
  end
  return total * 2 > 100 and total ~= 77
end

campaign "big" {
  priority = 70,
  audience = function(p, request)
    local is_it = is_big(p.cart.total)
    if not is_it or request.context.off then
      return false
    end
    return p.member or "yes"
  end,
  schedule = function(now) return now.hour >= 8 end,
  show = { hero = function(p)
    for i = 1, 2 do
      if i > 5 then return "never" end
    end
    return "<b>big</b>"
  end },
}
conflict "hero" (function(candidates)
  return candidates
end)
)"},
                      {"tests/a_test.lua", R"(test "big" (function(t)
  t:at "2026-01-01T10:00" t:activate_all()
  t:profile { cart = { total = 60 } }:on "hero":shows "big"
  t:profile { cart = { total = 40 } }:on "hero":shows "all"
end))"}};
  const Covered covered = cover(files);
  CHECK_THAT(covered.told, Contains("ok    "));
  const std::string text = clauses(covered.report);
  INFO(text);
  for (const char* line :
       {"experiences/b.lua:3 total == nil F\n", "experiences/b.lua:6 total * 2 > 100 T F\n", "experiences/b.lua:6 total ~= 77 T\n",
        "experiences/b.lua:13 is_it T F\n", "experiences/b.lua:13 request.context.off F\n", "experiences/b.lua:16 p.member F\n",
        "experiences/b.lua:18 now.hour >= 8 T\n", "experiences/b.lua:18 the schedule is open T\n", "experiences/b.lua:21 i > 5 F\n"})
    CHECK_THAT(text, Contains(line));
  const auto& lines = covered.report.lines.at("experiences/b.lua");
  CHECK(lines.at(4) == 0);
  CHECK(lines.at(14) > 0);
  CHECK(lines.at(23) > 0);
  CHECK(lines.at(27) > 0);  // the conflict policy
  CHECK_FALSE(lines.contains(10));
  CHECK(times(covered.report.policies, "schedule of big") > 0);
  CHECK(times(covered.report.policies, "conflict of hero") > 0);
  CHECK_THAT(coverage_text(covered.report),
             Contains("experiences/b.lua:3  total == nil  never true") && Contains("lines never run\n  experiences/b.lua:4\n"));
}

TEST_CASE("conditions in words, named audiences once for all who name them") {
  const FileMap files{
      {"audiences/a.lua", "audience \"good\" (any {\n  attr \"loyalty.tier\":eq \"gold\",\n  attr \"cart.total\":gt(100),\n})"},
      {"experiences/b.lua",
       "campaign \"one\" { priority = 80, audience = all { \"good\", no(attr \"member\":eq(true)) }, show = { hero = \"1\" } }\n"
       "campaign \"two\" { priority = 70, audience = \"good\", from = \"2026-06-01T00:00\", show = { hero = \"2\" } }"},
      {"tests/a_test.lua", "cases \"c\" { on = \"hero\", { \"loyalty.tier\", \"shows\" }, { \"gold\", \"one\" }, { \"none\", \"all\" } }"}};
  const Covered covered = cover(files);
  const std::string text = clauses(covered.report);
  INFO(text);
  CHECK_THAT(text, Contains("audiences/a.lua:2 loyalty.tier == \"gold\" T F\n"));
  CHECK_THAT(text, Contains("audiences/a.lua:3 cart.total > 100 F\n"));
  CHECK_THAT(text, Contains("experiences/b.lua:1 member == true F\n"));
  CHECK_THAT(text, Contains("experiences/b.lua:2 the schedule is open F\n"));
}

TEST_CASE("lifecycle transitions, by commands and by the clock") {
  const Covered covered = cover(
      {{"experiences/b.lua",
        "campaign \"timed\" { from = \"2026-02-01T00:00\", till = \"2026-03-01T00:00\", audience = everyone, show = { hero = \"x\" } }"},
       {"tests/a_test.lua", R"(test "t" (function(t)
  t:at "2026-01-10T00:00" t:activate "timed" t:at "2026-02-02T00:00" t:at "2026-03-02T00:00" t:archive "timed"
  t:submit "all" t:withdraw "all" t:activate "all" t:stop "all"
end))"}});
  const auto& transitions = covered.report.transitions;
  for (const char* name :
       {"campaign: activate, from draft", "campaign: submit, from draft", "campaign: withdraw, from in review", "campaign: stop, from live",
        "campaign: starts, from scheduled", "campaign: ends, from live", "campaign: archive, from completed"})
    CHECK(times(transitions, name) > 0);
  CHECK(times(transitions, "campaign: unschedule, from scheduled") == 0);
  CHECK(std::none_of(transitions.begin(), transitions.end(), [](const CoveredThing& thing) { return thing.name.starts_with("journey"); }));
}

TEST_CASE("a policy that fails or is stopped is covered as far as it came, and its neighbours as ever") {
  const Covered covered =
      cover({{"experiences/b.lua", R"(campaign "loops" { priority = 90, show = { hero = "x" }, audience = function(p)
  local n = 0
  while n >= 0 do n = n + 1 end
  return true
end }
campaign "throws" { priority = 85, show = { hero = "y" }, audience = function(p)
  error("no")
end })"},
             {"tests/a_test.lua", "test \"t\" (function(t) t:activate_all() t:profile {}:on \"hero\":shows \"all\" end)"}});
  CHECK_THAT(covered.told, Contains("ok    "));
  const auto& lines = covered.report.lines.at("experiences/b.lua");
  CHECK(lines.at(3) > 0);
  CHECK(lines.at(4) == 0);
  CHECK(lines.at(7) > 0);
}

TEST_CASE("any number of jobs counts the same, and an edited revision is not the folder's") {
  FileMap files;
  for (int i = 0; i < 4; ++i)
    files["tests/f" + std::to_string(i) + "_test.lua"] =
        "cases \"c\" { on = \"hero\", { \"loyalty.tier\", \"shows\" }, { \"gold\", \"all\" }, { \"none\", \"all\" } }";
  CHECK(coverage_json(cover(files, 1).report, "shop") == coverage_json(cover(files, 3).report, "shop"));
  const Covered edited = cover({{"tests/a_test.lua",
                                 "test \"t\" (function(t) t:edit(\"gold\", { priority = 99 }) t:activate_all() t:profile { loyalty = { "
                                 "tier = \"gold\" } }:on \"hero\" :shows \"all\" end)"}});
  CHECK(clauses(edited.report) == "experiences/a.lua:3 p.loyalty.tier == \"gold\"\nexperiences/a.lua:3 p.cart.total >= 50\n");
}

TEST_CASE("the page escapes what people wrote, and needs no other file") {
  const Covered covered = cover({{"experiences/b.lua",
                                  "campaign \"x\" { audience = function(p) return p.cart.total > 1 and \"</pre><script>\" ~= "
                                  "p.loyalty.tier end, show = { hero = \"<i>\" } }"},
                                 {"tests/a_test.lua", "test \"t\" (function(t) t:activate_all() t:profile {}:on \"hero\" end)"}});
  const std::string page = coverage_html(covered.report, "<shop>");
  CHECK_THAT(page,
             Contains("Coverage of &lt;shop&gt;") && Contains("&lt;/pre&gt;&lt;script&gt;") && !Contains("<script") &&
                 !Contains("http://") && !Contains("https://"));
  auto json = parse_json(coverage_json(covered.report, "shop"));
  REQUIRE(json);
  CHECK(json->find("summary")->find("clauses")->find("all")->number() > 3);
}
