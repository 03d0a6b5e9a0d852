// Documents, times and lists: on each limit and one step past it.
#include <catch2/catch.hpp>
#include <functional>

#include "base/limits.h"
#include "catalog/catalog.h"
#include "engine/ecma_pattern.h"
#include "footlight/store.h"
#include "footlight/time.h"
#include "model/definition.h"
#include "model/workspace.h"
#include "script/policies.h"
#include "script/workspace_files.h"

using namespace footlight;

namespace {

// The problems of a document as lines, "" where it has none.
std::string lines_of(const Problems& problems) {
  std::string lines;
  for (const Problem& problem : problems) lines += to_line(problem) + "\n";
  return lines;
}

std::string campaign_problems(double priority) {
  Problems problems;
  parse_definition(Object{{"kind", "campaign"}, {"id", "a"}, {"priority", priority}, {"show", Object{{"hero", "x"}}}}, problems);
  return lines_of(problems);
}

std::string workspace_problems(double stack, double priority_from) {
  Problems problems;
  parse_workspace(
      Object{{"name", "shop"},
             {"surfaces",
              Object{{"hero",
                      Object{{"format", "html"}, {"rules", Array{"web://shop.example/#hero"}}, {"resolve", Object{{"stack", stack}}}}}}},
             {"approvals", Array{Object{{"when", Object{{"priority_from", priority_from}}}, {"approvers", 1}}}}},
      problems);
  return lines_of(problems);
}

std::string approver_problems(int approvers) {
  Problems problems;
  parse_workspace(Object{{"name", "shop"}, {"approvals", Array{Object{{"approvers", approvers}}}}}, problems);
  return lines_of(problems);
}

// `n` different ids of six letters, the last one without a line end, as an editor may leave it.
std::string ids(std::size_t n) {
  std::string text;
  text.reserve(n * 7);
  for (std::size_t i = 0; i < n; ++i) {
    if (i > 0) text += '\n';
    std::size_t rest = i;
    for (int letter = 0; letter < 6; ++letter, rest /= 16) text += "abcdefghijklmnop"[rest % 16];
  }
  return text;
}

LoadedWorkspace load_with_list(std::string list) {
  LuaPolicyCompiler policies;
  const auto files = memory_files({{"workspace.lua", "workspace \"shop\" { surfaces = { hero = html { \"web://shop.example/#hero\" } } }"},
                                   {"lists/vips", std::move(list)}});
  return load_workspace(*files, policies);
}

}  // namespace

TEST_CASE("an approval rule asks for no more approvers than could ever meet") {
  CHECK(approver_problems(limits::approvers_max) == "");
  CHECK_THAT(approver_problems(limits::approvers_max + 1), Catch::Contains("$.approvals[0].approvers") && Catch::Contains("out_of_range"));
}

TEST_CASE("a priority goes from 0 to its limit") {
  const int most = limits::priority_max;
  CHECK(campaign_problems(0) == "");
  CHECK(campaign_problems(most) == "");
  CHECK(campaign_problems(-1) == "$.priority: -1 is outside 0 … 100 (out_of_range)\n");
  CHECK(campaign_problems(most + 1) == "$.priority: 101 is outside 0 … 100 (out_of_range)\n");
  CHECK(workspace_problems(1, most) == "");
  CHECK(workspace_problems(1, most + 1) == "$.approvals[0].when.priority_from: 101 is outside 0 … 100 (out_of_range)\n");
}

TEST_CASE("a stack has one to its limit of experiences") {
  const int most = static_cast<int>(limits::stack_max);
  CHECK(workspace_problems(1, 0) == "");
  CHECK(workspace_problems(most, 0) == "");
  CHECK(workspace_problems(0, 0) == "$.surfaces.hero.resolve.stack: 0 is outside 1 … 50 (out_of_range)\n");
  CHECK(workspace_problems(most + 1, 0) == "$.surfaces.hero.resolve.stack: 51 is outside 1 … 50 (out_of_range)\n");
}

TEST_CASE("times are of the accepted years, to the second") {
  const std::string first = std::to_string(limits::year_min), last = std::to_string(limits::year_max);
  const std::string before = std::to_string(limits::year_min - 1), after = std::to_string(limits::year_max + 1);
  CHECK(parse_instant(first + "-01-01T00:00:00Z")->ms == 0);
  CHECK(parse_instant(last + "-12-31T23:59:59.999Z").ok());
  CHECK(parse_civil(first + "-01-01").ok());
  CHECK(parse_civil(last + "-12-31T23:59:59").ok());
  const Zone paris = *Zone::find("Europe/Paris");
  CHECK(parse_in_zone(first + "-01-01T01:00", paris)->ms == 0);
  CHECK(parse_in_zone(last + "-12-31T23:59", paris).ok());

  const auto refused = [](const auto& result, const std::string& says) {
    INFO(says);
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code == Code::bad_time);
    CHECK_THAT(result.error().message, Catch::Contains(says));
  };
  const std::string years = "outside the years 1970 to 2200";
  refused(parse_instant(before + "-12-31T23:59:59.999Z"), years);
  refused(parse_instant(after + "-01-01T00:00:00Z"), years);
  refused(parse_civil(before + "-12-31"), years);
  refused(parse_civil(after + "-01-01"), years);
  // The year that is written is accepted, the instant that it names is of the one before or behind.
  refused(parse_instant(first + "-01-01T00:59:59+01:00"), years + " in UTC");
  refused(parse_instant(last + "-12-31T23:00:00-01:00"), years + " in UTC");
  refused(parse_in_zone(first + "-01-01T00:59:59", paris), years + " in UTC");
}

TEST_CASE("a schema's pattern may use so much memory and no more") {
  // Letters of every script, `n` times: its matcher has a few hundred instructions for each.
  const auto compile = [](int n) { return EcmaPattern::compile("^\\p{L}{" + std::to_string(n) + "}$"); };
  int most = 1, refused = 1'000;
  REQUIRE(compile(most).ok());
  REQUIRE_FALSE(compile(refused).ok());
  while (refused - most > 1) {
    const int middle = (most + refused) / 2;
    (compile(middle).ok() ? most : refused) = middle;
  }
  // An instruction has 16 bytes and RE2 gives its program two thirds of the memory: what is accepted
  // comes near the limit.
  CHECK(most > limits::schema_pattern_memory_max / 16 * 2 / 3 / 1'000);
  CHECK(compile(most)->is_found_in(std::string(static_cast<std::size_t>(most), 'a')));
  const auto error = compile(most + 1).error();
  CHECK(error.code == Code::limit_exceeded);
  CHECK_THAT(error.message, Catch::Contains("needs more than " + std::to_string(limits::schema_pattern_memory_max) + " bytes"));
}

TEST_CASE("a list has at most so many ids, however it ends, in a folder and when it is uploaded") {
  const std::string most = ids(limits::list_ids_max);
  const LoadedWorkspace loaded = load_with_list(most + "\n");
  CHECK(lines_of(loaded.problems) == "");
  CHECK(loaded.lists.size() == 1);
  const std::string more = ids(limits::list_ids_max + 1);
  CHECK(lines_of(load_with_list(more).problems) == "lists/vips: more than 1000000 ids (limit_exceeded)\n");

  LuaPolicyCompiler policies;
  const auto store = std::move(*open_store("memory:"));
  const auto catalog = std::move(*Catalog::open(*store, "shop", policies, {}));
  const auto configure = [&](const std::string& list) {
    const std::string hash = sha256_hex(list);
    return catalog->configure(Object{{"name", "shop"}, {"lists", Object{{"vips", hash}}}}, {"ann", {Role::admin}},
                              *parse_instant("2026-12-01T00:00:00Z"), {{hash, list}});
  };
  const auto refused = configure(more);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Code::validation_failed);
  CHECK_THAT(lines_of(refused.error().problems), Catch::Contains("a list has more than 1000000 ids (limit_exceeded)"));
  CHECK(catalog->head() == 0);
  const auto configured = configure(most);
  if (!configured) FAIL(to_text(configured.error()));
  CHECK(catalog->head() == 1);
}

TEST_CASE("a list's file has at most so many bytes") {
  std::string list(limits::list_bytes_max, 'a');
  CHECK(lines_of(load_with_list(list).problems) == "");
  list += 'a';
  const LoadedWorkspace loaded = load_with_list(std::move(list));
  CHECK(lines_of(loaded.problems) == "lists/vips: `lists/vips` has more than 67108864 bytes (too_large)\n");
  CHECK(loaded.lists.empty());
}
