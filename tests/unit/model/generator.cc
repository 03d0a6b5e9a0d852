#include "tests/unit/model/generator.h"

#include <cstdlib>

namespace footlight::test {
namespace {

constexpr double numbers[] = {-1, 0, 0.5, 1, 2, 5, 9.75, 100};
constexpr const char* texts[] = {"", "a", "ab", "abc", "b", "São Paulo", "1", "true", "x\"y"};
constexpr const char* versions[] = {"1.0.0-alpha", "1.0.0-rc.1", "1.0.0", "1.0.0+build", "1.2.0", "1.10.0", "2.0.0", "1.0", "none"};
constexpr const char* names[] = {"n", "s", "b", "l", "v", "d.e"};

}  // namespace

std::uint64_t seed_of_test() {
  const char* given = std::getenv("FOOTLIGHT_SEED");
  return given ? std::strtoull(given, nullptr, 10) : 20'261'201;
}

Value DocumentGenerator::scalar() {
  switch (below(3)) {
    case 0: return one_of(numbers);
    case 1: return one_of(texts);
    default: return chance(50);
  }
}

Value DocumentGenerator::scalars() {
  Array list;
  for (std::size_t i = below(4); i > 0; --i) list.push_back(scalar());
  // Beyond a handful of strings another way of looking them up is taken.
  if (chance(20))
    for (int i = 0; i < 12; ++i)
      list.push_back(i == 0 && chance(50) ? Value(one_of(numbers)) : Value(std::string("k") + std::to_string(i)));
  if (chance(10)) { list.assign(std::begin(texts), std::end(texts)); }
  return list;
}

Value DocumentGenerator::leaf(bool has_names) {
  const std::size_t form = below(has_names ? 18 : 15);
  Object test{{"attr", one_of(names)}};
  switch (form) {
    case 0: return "everyone";
    case 1: test["eq"] = scalar(); break;
    case 2: test["in"] = scalars(); break;
    case 3: test["lt"] = chance(70) ? Value(one_of(numbers)) : Value(one_of(texts)); break;
    case 4: test["le"] = chance(70) ? Value(one_of(numbers)) : Value(one_of(texts)); break;
    case 5: test["gt"] = chance(70) ? Value(one_of(numbers)) : Value(one_of(texts)); break;
    case 6: test["ge"] = chance(70) ? Value(one_of(numbers)) : Value(one_of(texts)); break;
    case 7: test["between"] = Array{one_of(numbers), one_of(numbers)}; break;
    case 8: test[chance(50) ? "starts" : "ends"] = one_of(texts); break;
    case 9: test["contains"] = one_of(texts); break;
    case 10: test["has_any"] = scalars(); break;
    case 11: test["has_all"] = scalars(); break;
    case 12: {
      constexpr const char* signs[] = {"", "=", "<", "<= ", ">", ">="};
      const std::string sign = one_of(signs);  // one after the other: what is drawn depends on it
      test["semver"] = sign + versions[below(7)];
      break;
    }
    case 13: test["exists"] = true; break;
    case 14: {
      const std::size_t from = below(10'001);
      Object bucket{{"salt", one_of(texts)}, {"from", static_cast<double>(from)}, {"to", static_cast<double>(from + below(10'001 - from))}};
      if (chance(30)) bucket["by"] = one_of(names);
      return Object{{"bucket", std::move(bucket)}};
    }
    case 15: {
      Object list{{"list", chance(50) ? "vip" : "eu"}};
      if (chance(30)) list["by"] = "s";
      return list;
    }
    case 16: return "gold";
    default: return Object{{"audience", "eu members"}};
  }
  if (chance(15)) test["exists"] = true;  // two tests of one attribute
  return test;
}

Value DocumentGenerator::predicate(int depth, bool has_names) {
  if (depth <= 1 || chance(40)) return leaf(has_names);
  if (chance(25)) return Object{{"no", predicate(depth - 1, has_names)}};
  Array parts;
  for (std::size_t i = below(4); i > 0; --i) parts.push_back(predicate(depth - 1, has_names));
  return Object{{chance(50) ? "all" : "any", std::move(parts)}};
}

Value DocumentGenerator::profile() {
  Object attributes;
  const auto put = [&](Object& into, const char* name, Value usual) {
    if (chance(15)) return;
    if (chance(5)) usual = Value();
    if (chance(10)) usual = scalar();
    into[name] = std::move(usual);
  };
  put(attributes, "n", one_of(numbers));
  put(attributes, "s", one_of(texts));
  put(attributes, "b", chance(50));
  put(attributes, "l", scalars());
  put(attributes, "v", one_of(versions));
  Object inner;
  put(inner, "e", scalar());
  if (chance(80)) attributes["d"] = std::move(inner);
  return attributes;
}

Value DocumentGenerator::content() {
  switch (below(6)) {
    case 0: return "plain";
    case 1: return "Hello {{name}} {{> warm}}";
    case 2: return Object{{"fragment", "warm"}};
    case 3: return Object{{"lua", "return function() return 'x' end"}};
    case 4: return Object{{"json", scalar()}};
    default: return Object{{"title", "{{x}}"}, {"items", Array{1, "{{y}}"}}};
  }
}

Value DocumentGenerator::show() {
  constexpr const char* configurations[] = {"hero", "banner", "a.b", "side"};
  Object show;
  do {
    Value& place = show[one_of(configurations)];
    if (chance(70)) {
      place = content();
    } else {
      Array elements;
      for (const char* element : {"title", "body", "e-1"})
        if (elements.empty() || chance(50)) elements.push_back(Object{{"element", element}, {"content", content()}});
      place = std::move(elements);
    }
  } while (chance(30));
  return show;
}

Array DocumentGenerator::steps(int depth) {
  Array list;
  for (std::size_t i = below(4); i > 0; --i) {
    switch (below(depth > 0 ? 9 : 5)) {
      case 0: list.push_back(Object{{"wait", chance(50) ? "90m" : "1h30m"}}); break;
      case 1: list.push_back(Object{{"show", show()}}); break;
      case 2: list.push_back(Object{{"until", Object{{"time", "09:00"}, {"zone", "profile"}}}}); break;
      case 3: list.push_back(Object{{"set", Object{{"a", scalar()}}}}); break;
      case 4: list.push_back(Object{{"finish", true}}); break;
      case 5:
        list.push_back(
            Object{{"await", Object{{"event", "e"}}}, {"timeout", "1d"}, {"then", steps(depth - 1)}, {"otherwise", steps(depth - 1)}});
        break;
      case 6:
        list.push_back(
            Object{{"condition", Array{Object{{"when", predicate(3)}, {"then", steps(depth - 1)}}}}, {"otherwise", steps(depth - 1)}});
        break;
      case 7: list.push_back(Object{{"split", Array{Object{{"weight", 25}, {"then", steps(depth - 1)}}, Object{{"weight", 75}}}}}); break;
      default:
        list.push_back(
            Object{{"fetch", "stock"}, {"with", Object{{"sku", "{{x}}"}}}, {"ok", steps(depth - 1)}, {"failed", steps(depth - 1)}});
        break;
    }
  }
  return list;
}

Value DocumentGenerator::definition() {
  Object document{{"id", chance(50) ? "gold-hero" : "a.b_c-1"}};
  if (chance(50)) document["priority"] = static_cast<double>(below(101));
  if (chance(30)) document["title"] = one_of(texts);
  if (chance(30)) document["description"] = "longer";
  if (chance(30)) document["tags"] = Array{"b", "a", "b"};
  if (chance(30)) document["from"] = chance(50) ? "2026-12-01T09:00" : "2026-12-01T09:00:00+01:00";
  if (chance(30)) document["till"] = "2026-12-24";
  if (chance(30)) document["zone"] = "Europe/Paris";
  if (chance(70)) document["audience"] = predicate(4);
  if (chance(20)) document["targeting"] = Object{{"lua", "return function(p) return true end"}};
  if (chance(40)) {
    Object schedule;
    if (chance(50)) schedule["weekly"] = Array{Object{{"days", "mon-fri,sun"}, {"hours", Array{"22:00-02:00", "08:00-12:00"}}}};
    if (chance(50)) schedule["except"] = Array{"2026-12-25", "2026-12-31/2027-01-01"};
    if (chance(30)) schedule["policy"] = Object{{"lua", "return function(now) return true end"}};
    if (chance(30)) schedule["zone"] = chance(50) ? "profile" : "Asia/Tokyo";
    if (schedule.empty() || (schedule.size() == 1 && schedule.contains("zone"))) schedule = Object{{"lua", "f"}};
    if (schedule.contains("zone") && !schedule.contains("weekly") && !schedule.contains("except")) schedule.erase("zone");
    document["schedule"] = std::move(schedule);
  }
  if (chance(30))
    document["include"] = Object{{"fragments", Object{{"warm", "<b>{{> other}}</b>"}}},
                                 {"lists", Object{{"vip", "abc"}}},
                                 {"audiences", Object{{"gold", predicate(3)}}}};
  if (chance(30)) {
    document["kind"] = "journey";
    document["enter"] = chance(50) ? Value(Object{{"event", "e"}}) : Value(Object{{"audience", predicate(3)}});
    if (chance(50)) document["again"] = chance(50) ? "never" : "24h";
    Array some = steps(3);
    if (some.empty()) some.push_back(Object{{"finish", true}});
    document["steps"] = std::move(some);
    return document;
  }
  document["kind"] = "campaign";
  const bool is_experiment = chance(40);
  if (is_experiment) {
    document["treatments"] =
        Object{{"warm", Object{{"weight", 45}, {"show", show()}}}, {"cool", Object{{"weight", 44.5}, {"show", show()}}}};
    document["holdout"] = 10.5;
    if (chance(50)) document["salt"] = "s";
  }
  if (!is_experiment || chance(30)) document["show"] = show();
  return document;
}

}  // namespace footlight::test
