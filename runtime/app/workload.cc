#include "app/workload.h"

#include <algorithm>
#include <map>

namespace footlight {
namespace {

Value bucket_predicate(const Value& of, std::string_view by) {
  return Object{{"bucket", Object{{"salt", of.string_or("salt", "")}, {"from", *of.find("lo")}, {"to", *of.find("hi")}, {"by", by}}}};
}

std::string semver_range(const Value& tree) {
  static const std::map<std::string, std::string> signs = {{"lt", "<"}, {"le", "<="}, {"eq", "="}, {"ge", ">="}, {"gt", ">"}};
  return signs.at(tree.string_or("cmp", "eq")) + tree.string_or("value", "");
}

Result<Value> predicate_of(const Value& tree) {
  const std::string op = tree.string_or("op", "");
  const auto parts = [&](const char* key) -> Result<Value> {
    Array args;
    for (const Value& arg : tree.find("args") ? tree.find("args")->array() : Array{}) {
      auto part = predicate_of(arg);
      if (!part) return part;
      args.push_back(std::move(*part));
    }
    return Value(Object{{key, std::move(args)}});
  };
  if (op == "true") return Value("everyone");
  if (op == "and") return parts("all");
  if (op == "or") return parts("any");
  if (op == "not") {
    auto part = predicate_of(*tree.find("arg"));
    if (!part) return part;
    return Value(Object{{"no", std::move(*part)}});
  }
  const std::string attribute = tree.string_or("attr", "");
  if (op == "bucket") return bucket_predicate(tree, attribute);
  Object leaf{{"attr", attribute}};
  const auto value = [&](const char* key) { return tree.find(key) ? *tree.find(key) : Value(); };
  struct Word {
    std::string_view op, word;
    const char* operand;
  };
  static constexpr Word words[] = {{"eq", "eq", "value"},
                                   {"in", "in", "values"},
                                   {"lt", "lt", "value"},
                                   {"le", "le", "value"},
                                   {"gt", "gt", "value"},
                                   {"ge", "ge", "value"},
                                   {"prefix", "starts", "value"},
                                   {"suffix", "ends", "value"},
                                   {"contains", "contains", "value"},
                                   {"has_any", "has_any", "values"},
                                   {"has_all", "has_all", "values"}};
  if (op == "exists") leaf["exists"] = true;
  else if (op == "range") leaf["between"] = Array{value("lo"), value("hi")};
  else if (op == "semver") {
    leaf["semver"] = semver_range(tree);
  } else {
    const auto word = std::find_if(std::begin(words), std::end(words), [&](const Word& row) { return row.op == op; });
    if (word == std::end(words)) return refuse(Code::bad_predicate, "the workload uses the operator `" + op + "`, which is not known");
    leaf[std::string(word->word)] = value(word->operand);
  }
  return Value(std::move(leaf));
}

// The same tree as a Lua expression over `p`, whatever is there of an attribute.
Result<std::string> expression_of(const Value& tree) {
  const std::string op = tree.string_or("op", "");
  const auto joined = [](const std::vector<std::string>& parts, std::string_view word, const char* none) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "(" : " " + std::string(word) + " ") + part;
    return text.empty() ? none : text + ")";
  };
  const auto parts = [&](std::string_view word, const char* none) -> Result<std::string> {
    std::vector<std::string> made;
    for (const Value& arg : tree.find("args") ? tree.find("args")->array() : Array{}) {
      auto part = expression_of(arg);
      if (!part) return part;
      made.push_back(std::move(*part));
    }
    return joined(made, word, none);
  };
  if (op == "true") return std::string("true");
  if (op == "and") return parts("and", "true");
  if (op == "or") return parts("or", "false");
  if (op == "not") {
    auto part = expression_of(*tree.find("arg"));
    return part ? Result<std::string>("not " + *part) : part;
  }
  const std::string at = "p." + tree.string_or("attr", "");
  const auto literal = [](const Value& value) { return to_json(value); };  // texts, numbers and booleans are written alike
  const auto value = [&](const char* key) { return tree.find(key) ? literal(*tree.find(key)) : std::string("nil"); };
  const auto each = [&](const auto& write, std::string_view word, const char* none) {
    std::vector<std::string> made;
    for (const Value& item : tree.find("values")->array()) made.push_back(write(literal(item)));
    return joined(made, word, none);
  };
  const auto is_a = [&](const char* type) { return "(type(" + at + ") == \"" + type + "\" and "; };
  if (op == "exists") return "(" + at + " ~= nil)";
  if (op == "eq") return "(" + at + " == " + value("value") + ")";
  if (op == "in") return each([&](const std::string& item) { return at + " == " + item; }, "or", "false");
  static const std::map<std::string, std::string> orders = {{"lt", "<"}, {"le", "<="}, {"gt", ">"}, {"ge", ">="}};
  if (const auto order = orders.find(op); order != orders.end())
    return is_a("number") + at + " " + order->second + " " + value("value") + ")";
  if (op == "range") return is_a("number") + at + " >= " + value("lo") + " and " + at + " < " + value("hi") + ")";
  static const std::map<std::string, std::string> methods = {{"prefix", "starts"}, {"suffix", "ends"}, {"contains", "contains"}};
  if (const auto method = methods.find(op); method != methods.end())
    return is_a("string") + at + ":" + method->second + "(" + value("value") + "))";
  if (op == "has_any" || op == "has_all") {
    const std::string has = each([&](const std::string& item) { return "contains(" + at + ", " + item + ")"; },
                                 op == "has_any" ? "or" : "and", op == "has_any" ? "false" : "true");
    return is_a("table") + has + ")";
  }
  if (op == "semver") return is_a("string") + "semver.satisfies(" + at + ", " + to_json(semver_range(tree)) + "))";
  if (op == "bucket") {
    const std::string bucket = "hash.bucket(" + value("salt") + ", " + at + ")";
    return is_a("string") + bucket + " >= " + value("lo") + " and " + bucket + " < " + value("hi") + ")";
  }
  return refuse(Code::bad_predicate, "the workload uses the operator `" + op + "`, which is not known");
}

}  // namespace

Result<SnapshotSource> source_of(const Value& workload, bool opaque) {
  if (workload.string_or("format", "") != "decide-workload/1")
    return refuse(Code::usage, "workload.json is not of the format decide-workload/1");
  SnapshotSource source{.version = "bench"};
  Object surfaces, attributes;
  std::map<std::string, std::string> configurations;
  for (const Value& attribute : workload.find("attributes")->array()) attributes[attribute.string_or("name", "")] = Object{{"type", "any"}};
  for (const Value& surface : workload.find("surfaces")->array()) {
    const std::string name = "s" + std::to_string(configurations.size());
    configurations[surface.string()] = name;
    surfaces[name] = Object{{"format", "json"}, {"rules", Array{surface}}};
  }
  Problems problems;
  source.workspace =
      parse_workspace(Object{{"name", "bench"}, {"attributes", std::move(attributes)}, {"surfaces", std::move(surfaces)}}, problems);
  for (const Value& row : workload.find("experiences")->array()) {
    Value audience = "everyone", targeting;
    if (!opaque) {
      auto predicate = predicate_of(*row.find("audience"));
      if (!predicate) return predicate.error();
      audience = std::move(*predicate);
    } else {
      auto expression = expression_of(*row.find("audience"));
      if (!expression) return expression.error();
      // What loops is not made into conditions.
      targeting = Object{
          {"lua", "return function(p)\n  local answer = false\n  for _ = 1, 1 do answer = " + *expression + " end\n  return answer\nend"}};
    }
    if (const Value* traffic = row.find("traffic"))
      audience = Object{{"all", Array{bucket_predicate(*traffic, "id"), std::move(audience)}}};
    Array elements;
    for (const Value& element : row.find("elements")->array())
      elements.push_back(
          Object{{"element", element.string_or("element", "")},
                 {"content", Object{{"json", Object{{"op", element.string_or("op", "")}, {"content", *element.find("content")}}}}}});
    Object document{{"kind", "campaign"},
                    {"id", row.string_or("id", "")},
                    {"priority", *row.find("priority")},
                    {"audience", std::move(audience)},
                    {"show", Object{{configurations[row.string_or("surface", "")], std::move(elements)}}}};
    if (!targeting.is_null()) document["targeting"] = std::move(targeting);
    ServedExperience served{.definition = parse_definition(document, problems),
                            .activated_at = {static_cast<std::int64_t>(row.find("published")->number()) * 1000}};
    const Value* schedule = row.find("schedule");
    if (schedule && schedule->find("start")) served.start = Instant{static_cast<std::int64_t>(schedule->find("start")->number()) * 1000};
    if (schedule && schedule->find("end")) served.end = Instant{static_cast<std::int64_t>(schedule->find("end")->number()) * 1000};
    source.experiences.push_back(std::move(served));
  }
  if (has_errors(problems)) return refuse(Code::validation_failed, std::move(problems), "the workload does not become a workspace");
  return source;
}

}  // namespace footlight
