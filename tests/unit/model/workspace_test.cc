// Workspaces beyond the ledger: which values an attribute accepts, what a definition takes in, what
// of it does not fit, and how many approvals it needs.
#include "model/workspace.h"

#include <catch2/catch.hpp>

using namespace footlight;

namespace {

Value document(std::string_view json) {
  auto parsed = parse_json(json);
  INFO(json);
  if (!parsed) FAIL(parsed.error().message);
  return *parsed;
}

Workspace workspace(std::string_view json) {
  Problems problems;
  Workspace read = parse_workspace(document(json), problems);
  for (const Problem& problem : problems) UNSCOPED_INFO(to_line(problem));
  REQUIRE(problems.empty());
  return read;
}

Definition definition(std::string_view json) {
  Problems problems;
  Definition read = parse_definition(document(json), problems);
  for (const Problem& problem : problems) UNSCOPED_INFO(to_line(problem));
  REQUIRE(problems.empty());
  return read;
}

std::string lines_of(const Problems& problems) {
  std::string lines;
  for (const Problem& problem : problems) lines += to_line(problem) + "\n";
  return lines;
}

std::string keys(const auto& map) {
  std::string text;
  for (const auto& [name, value] : map) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

TEST_CASE("an attribute accepts the values of its type and no others") {
  struct Case {
    const char* type;
    const char* text;
    std::vector<const char*> accepts, refuses;
  };
  const Case cases[] = {
      {R"({"type": "any"})", "any", {"1", "\"x\"", "true", "[]", "{}"}, {}},
      {R"({"type": "text"})", "text", {"\"\"", "\"x\""}, {"1", "true", "[\"x\"]", "{}"}},
      {R"({"type": "number"})", "number", {"0", "-1e300", "0.5"}, {"\"1\"", "true", "[1]"}},
      {R"({"type": "number", "min": 0, "max": 10})", "number", {"0", "10", "0.001"}, {"-0.001", "10.001", "\"5\""}},
      {R"({"type": "boolean"})", "boolean", {"true", "false"}, {"0", "1", "\"true\""}},
      {R"({"type": "enum", "values": ["none", "gold"]})", "enum", {"\"none\"", "\"gold\""}, {"\"Gold\"", "\"\"", "1", "[\"gold\"]"}},
      {R"({"type": "list"})", "list", {"[]", "[1, \"x\", {}]"}, {"{}", "\"x\"", "1"}},
      {R"({"type": "list", "of": {"type": "text"}})", "list of text", {"[]", "[\"a\", \"b\"]"}, {"[\"a\", 1]", "\"a\""}},
      {R"({"type": "list", "of": {"type": "list", "of": {"type": "number"}}})",
       "list of list of number",
       {"[[1], []]"},
       {"[1]", "[[\"1\"]]"}},
      {R"({"type": "date"})",
       "date",
       {"\"2026-12-01\"", "\"2026-12-01T09:00\"", "\"2026-12-01T09:00:00Z\"", "\"2026-12-01T09:00+01:00\""},
       {"\"2026-02-30\"", "\"soon\"", "20261201", "\"09:00\""}},
  };
  for (const auto& [type, text, accepts, refuses] : cases) {
    const Workspace read = workspace(R"({"name": "shop", "attributes": {"a": )" + std::string(type) + "}}");
    const AttributeType& declared = read.attributes.at("a");
    INFO(type);
    CHECK(to_text(declared) == text);
    for (const char* value : accepts) {
      INFO(value);
      CHECK(declared.accepts(document(value)));
    }
    for (const char* value : refuses) {
      INFO(value);
      CHECK_FALSE(declared.accepts(document(value)));
    }
  }
}

TEST_CASE("a configuration is found by its name") {
  const Workspace shop = workspace(R"({"name": "shop", "surfaces": {"hero": {"format": "html", "rules": ["web://a/#b"]}}})");
  REQUIRE(shop.configuration("hero"));
  CHECK(shop.configuration("hero")->resolve.mode == Resolution::Mode::highest);
  CHECK_FALSE(shop.configuration("her"));
}

TEST_CASE("a definition takes in what it mentions, what that mentions, and nothing else") {
  const Workspace shop = workspace(R"({"name": "shop",
      "fragments": {"a": "{{> b}}", "b": "{{> c}}", "c": "{{> a}} end", "other": "x"},
      "audiences": {"gold": {"all": ["members", {"list": "vip"}]}, "members": {"no": "gold"}, "silver": true},
      "lists": {"vip": "abc", "eu": "def"}})");
  Definition taken = definition(R"({"kind": "campaign", "id": "x", "audience": "gold", "show": {"hero": "{{> a}}"}})");
  Problems problems;
  include_mentions(taken, shop, problems);
  CHECK(lines_of(problems) == "");
  CHECK(keys(taken.include.fragments) == "a, b, c");  // though they call each other in a circle
  CHECK(keys(taken.include.audiences) == "gold, members");
  CHECK(keys(taken.include.lists) == "vip");
  CHECK(taken.include.lists.at("vip") == "abc");

  Definition again = taken;
  include_mentions(again, shop, problems);
  CHECK(again == taken);
  CHECK(lines_of(problems) == "");

  // What was included, and approved, stays as it is when the workspace changes.
  Workspace changed = shop;
  changed.fragments["a"] = "changed";
  changed.audiences["gold"] = Predicate{};
  include_mentions(again, changed, problems);
  CHECK(again == taken);
}

TEST_CASE("what is mentioned and not there is told once, with what was probably meant") {
  const Workspace shop = workspace(R"({"name": "shop", "fragments": {"warm": "x"}, "audiences": {"gold": true}, "lists": {"vip": "abc"}})");
  Definition asked = definition(R"({"kind": "campaign", "id": "x", "audience": {"any": ["gild", "gild", {"list": "vap"}, "zzzzz"]},
      "show": {"hero": {"fragment": "wrm"}, "side": "{{> warm}}{{> cold}}"}})");
  Problems problems;
  include_mentions(asked, shop, problems);
  CHECK(lines_of(problems) ==
        "$.show.side: there is no fragment `cold` (unknown_fragment)\n"
        "$.show.hero: there is no fragment `wrm`; did you mean `warm`? (unknown_fragment)\n"
        "$.audience.any[0]: there is no audience `gild`; did you mean `gold`? (unknown_audience)\n"
        "$.audience.any[3]: there is no audience `zzzzz` (unknown_audience)\n"
        "$.audience.any[2]: there is no list `vap`; did you mean `vip`? (unknown_list)\n");
}

TEST_CASE("what does not fit the workspace is told, for journeys too") {
  const Workspace shop = workspace(R"({"name": "shop", "attributes": {"cart.total": {"type": "number"}},
      "surfaces": {"hero": {"format": "html", "rules": ["web://a/#b"]}, "banner": {"format": "json", "rules": ["web://a/#c"]}}})");
  CHECK(lines_of(check_against(definition(R"({"kind": "campaign", "id": "x", "audience": {"attr": "cart.total", "gt": 1},
      "show": {"hero": "x", "banner": {"a": 1}}})"),
                               shop)) == "");
  CHECK(lines_of(check_against(
            definition(
                R"({"kind": "campaign", "id": "x", "audience": {"all": [{"attr": "cart.totl", "gt": 1}, {"list": "vip", "by": "mail"}]},
      "show": {"her": "x", "hero": {"a": 1}, "other": "x"}, "include": {"audiences": {"gold": {"bucket": {"salt": "s", "by": "visitor"}}}}})"),
            shop)) ==
        "$.show.her: there is no surface configuration `her`; did you mean `hero`? (unknown_configuration)\n"
        "$.show.hero: `hero` shows html, not JSON (wrong_type)\n"
        "$.show.other: there is no surface configuration `other` (unknown_configuration)\n"
        "$.audience.all[0]: there is no attribute `cart.totl`; did you mean `cart.total`? (unknown_attribute)\n"
        "$.audience.all[1]: there is no attribute `mail` (unknown_attribute)\n"
        "$.include.audiences.gold: there is no attribute `visitor` (unknown_attribute)\n");
  CHECK(
      lines_of(check_against(definition(R"({"kind": "journey", "id": "x", "enter": {"audience": {"attr": "a", "eq": 1}}, "steps": [
      {"condition": [{"when": {"attr": "b", "eq": 1}, "then": [{"show": {"hreo": "x"}}]}]}]})"),
                             shop)) ==
      "$.steps[0].condition[0].then[0].show.hreo: there is no surface configuration `hreo`; did you mean `hero`? (unknown_configuration)\n"
      "$.enter.audience: there is no attribute `a` (unknown_attribute)\n"
      "$.steps[0].condition[0].when: there is no attribute `b` (unknown_attribute)\n");
}

TEST_CASE("a definition has Lua wherever it stands") {
  const char* base = R"({"kind": "campaign", "id": "x", "show": {"hero": "x"}})";
  CHECK_FALSE(has_lua(definition(base)));
  for (const char* with :
       {R"({"audience": {"any": ["everyone", {"no": {"lua": "f"}}]}})", R"({"targeting": {"lua": "f"}})", R"({"schedule": {"lua": "f"}})",
        R"({"schedule": {"except": ["2026-12-25"], "policy": {"lua": "f"}}})",
        R"({"show": {"hero": [{"element": "e", "content": {"lua": "f"}}]}})", R"({"include": {"audiences": {"gold": {"lua": "f"}}}})"}) {
    Value whole = document(base);
    const Value changes = document(with);
    for (const auto& [key, member] : changes.object()) whole.object()[key] = member;
    INFO(with);
    CHECK(has_lua(definition(to_json(whole))));
  }
  for (const char* steps :
       {R"([{"show": {"hero": {"lua": "f"}}}])", R"([{"split": [{"weight": 100, "then": [{"show": {"hero": {"lua": "f"}}}]}]}])",
        R"([{"condition": [{"when": {"lua": "f"}}]}])",
        R"([{"await": {"event": "e"}, "timeout": "1h", "otherwise": [{"condition": [{"when": {"no": {"lua": "f"}}}]}]}])"}) {
    INFO(steps);
    CHECK(has_lua(definition(R"({"kind": "journey", "id": "x", "enter": {"event": "e"}, "steps": )" + std::string(steps) + "}")));
  }
  CHECK(has_lua(definition(R"({"kind": "journey", "id": "x", "enter": {"audience": {"lua": "f"}}, "steps": ["finish"]})")));
  CHECK_FALSE(has_lua(definition(R"({"kind": "journey", "id": "x", "enter": {"event": "e"}, "steps": [{"show": {"hero": "x"}}]})")));
}

TEST_CASE("of the rules that ask the same people, the strictest says how many approvals are needed, and why") {
  const std::string surfaces =
      R"("surfaces": {"hero": {"format": "html", "rules": ["web://a/#b"]}, "side": {"format": "html", "rules": ["web://a/#c"]}})";
  struct Case {
    const char* rules;
    const char* definition;
    int approvers;
    const char* because;
  };
  const char* plain = R"({"kind": "campaign", "id": "x", "priority": 79, "tags": ["price"], "show": {"hero": "x"}})";
  const char* urgent = R"({"kind": "campaign", "id": "x", "priority": 80, "show": {"hero": {"lua": "f"}}})";
  const char* journey = R"({"kind": "journey", "id": "x", "enter": {"event": "e"}, "steps": [{"wait": "1h"}, {"show": {"side": "x"}}]})";
  const char* scripted = R"({"kind": "journey", "id": "x", "enter": {"event": "e"}, "steps": [{"show": {"side": {"lua": "f"}}}]})";
  const Case cases[] = {
      {"[]", plain, 0, ""},
      {"[{}]", plain, 1, "every experience"},
      {R"([{"approvers": 20}])", plain, 20, "every experience"},
      {R"([{"when": {"tag": "price"}, "approvers": 2}])", plain, 2, "tag `price`"},
      {R"([{"when": {"tag": "price"}, "approvers": 2}])", urgent, 0, ""},
      {R"([{"when": {"kind": "campaign"}}])", plain, 1, "kind campaign"},
      {R"([{"when": {"kind": "campaign"}}])", journey, 0, ""},
      {R"([{"when": {"kind": "journey"}}])", journey, 1, "kind journey"},
      {R"([{"when": {"surface": "hero"}}])", plain, 1, "surface `hero`"},
      {R"([{"when": {"surface": "side"}}])", plain, 0, ""},
      {R"([{"when": {"surface": "side"}}])", journey, 1, "surface `side`"},
      {R"([{"when": {"surface": "hero"}}])", journey, 0, ""},
      {R"([{"when": {"priority_from": 80}}])", plain, 0, ""},
      {R"([{"when": {"priority_from": 79}}])", plain, 1, "priority from 79"},
      {R"([{"when": {"has_lua": true}}])", plain, 0, ""},
      {R"([{"when": {"has_lua": false}}])", plain, 1, "without Lua"},
      {R"([{"when": {"has_lua": true}}])", urgent, 1, "with Lua"},
      {R"([{"when": {"has_lua": true}, "approvers": 2}])", scripted, 2, "with Lua"},
      {R"([{"when": {"tag": "price", "kind": "campaign", "surface": "hero", "priority_from": 1, "has_lua": false}, "approvers": 3}])",
       plain, 3, "tag `price`, kind campaign, surface `hero`, priority from 1, without Lua"},
      {R"([{"when": {"tag": "price", "kind": "journey"}}])", plain, 0, ""},
      {R"([{}, {"when": {"tag": "price"}, "approvers": 2}, {"when": {"kind": "campaign"}, "approvers": 2}])", plain, 2, "tag `price`"},
      {R"([{"when": {"tag": "price"}, "approvers": 2}, {}])", plain, 2, "tag `price`"},
  };
  for (const auto& [rules, asked, approvers, because] : cases) {
    const Workspace shop = workspace(R"({"name": "shop", )" + surfaces + R"(, "approvals": )" + rules + "}");
    const std::vector<ApprovalDemand> demands = approvals_for(definition(asked), shop);
    INFO(rules << " " << asked);
    REQUIRE(demands.size() == (approvers > 0 ? 1 : 0));
    if (demands.empty()) continue;
    CHECK(demands[0].approvers == approvers);
    CHECK(demands[0].because == because);
  }
}

TEST_CASE("rules that ask different people must each be met") {
  const Workspace shop = workspace(R"({"name": "shop", "surfaces": {"hero": {"format": "html", "rules": ["web://a/#b"]}}, "approvals": [
    {"when": {"tag": "price"}, "approvers": 2},
    {"when": {"kind": "campaign"}, "by": {"roles": ["admin", "admin"]}},
    {"when": {"priority_till": 49}, "by": {"names": ["bob", "ann"]}},
    {"when": {"priority_from": 50, "priority_till": 50}, "by": {"names": ["ann", "bob"]}, "approvers": 2}]})");
  const auto demands = approvals_for(definition(R"({"kind": "campaign", "id": "x", "tags": ["price"], "show": {"hero": "x"}})"), shop);
  REQUIRE(demands.size() == 3);
  CHECK(demands[0] == ApprovalDemand{2, "tag `price`", {}, {}});
  CHECK(demands[1] == ApprovalDemand{1, "kind campaign", {"admin"}, {}});
  CHECK(demands[2] == ApprovalDemand{2, "priority from 50, priority till 50", {}, {"ann", "bob"}});
}

TEST_CASE("the size class of an audience, as far as its conditions tell") {
  const auto size = [](const std::string& more) {
    return std::string(to_text(audience_size(definition(R"({"kind": "campaign", "id": "x", "show": {"hero": "x"})" + more + "}"))));
  };
  const auto of = [&](const std::string& audience) { return size(R"(, "audience": )" + audience); };
  const std::string tier = R"({"attr": "tier", "eq": "gold"})", list = R"({"list": "vip"})",
                    tenth = R"({"bucket": {"salt": "s", "from": 0, "to": 1000}})";
  CHECK(size("") == "everyone");
  CHECK(of("\"everyone\"") == "everyone");
  CHECK(of(R"({"bucket": {"salt": "s", "from": 0, "to": 10000}})") == "everyone");
  CHECK(of(tier) == "conditions");
  CHECK(of(R"({"no": )" + list + "}") == "conditions");  // everybody but a few
  CHECK(of(R"({"lua": "return function(p) return true end"})") == "conditions");
  CHECK(of(tenth) == "share");
  CHECK(of(list) == "listed");
  CHECK(of(R"({"all": [)" + tier + "," + tenth + "]}") == "share");
  CHECK(of(R"({"all": [)" + tier + "," + tenth + "," + list + "]}") == "listed");
  CHECK(of(R"({"any": [)" + list + "," + tenth + "]}") == "share");
  CHECK(of(R"({"any": [)" + list + R"(, "everyone"]})") == "everyone");
  CHECK(size(R"(, "audience": {"audience": "vips"}, "include": {"audiences": {"vips": {"all": ["everyone", )" + list + "]}}}") == "listed");
  const auto journey = [](const std::string& enter) {
    return std::string(
        to_text(audience_size(definition(R"({"kind": "journey", "id": "x", "steps": [{"wait": "1h"}], "enter": )" + enter + "}"))));
  };
  CHECK(journey(R"({"event": "cart"})") == "conditions");
  CHECK(journey(R"({"audience": )" + list + "}") == "listed");
}

TEST_CASE("a rule may ask for the size class of the audience") {
  const auto asks = [](const std::string& when, const std::string& audience) {
    const Workspace shop = workspace(
        R"({"name": "shop", "surfaces": {"hero": {"format": "html", "rules": ["web://a/#b"]}}, "approvals": [{"when": {"audience": )" +
        when + "}}]}");
    const auto demands =
        approvals_for(definition(R"({"kind": "campaign", "id": "x", "show": {"hero": "x"}, "audience": )" + audience + "}"), shop);
    return demands.empty() ? std::string() : demands[0].because;
  };
  CHECK(asks("\"everyone\"", "\"everyone\"") == "audience everyone");
  CHECK(asks("\"everyone\"", R"({"attr": "tier", "eq": "gold"})") == "");
  CHECK(asks(R"(["everyone", "conditions"])", R"({"attr": "tier", "eq": "gold"})") == "audience conditions");
  CHECK(asks(R"(["everyone", "conditions"])", R"({"list": "vip"})") == "");
}
