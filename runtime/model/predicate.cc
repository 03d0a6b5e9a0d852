#include "model/predicate.h"

#include <algorithm>

#include "base/limits.h"
#include "base/semver.h"
#include "base/text.h"
#include "model/reader.h"

namespace footlight {
namespace {

using Op = Predicate::Op;

enum class Operand { scalar, number, string, list, pair, yes, version };

// The tests of an attribute: the word of the document, the operand it takes, how it reads.
struct Test {
  std::string word;
  Op op;
  Operand operand;
  std::string sign;
};
const std::vector<Test>& tests() {
  static const std::vector<Test> table = {
      {"eq", Op::eq, Operand::scalar, "=="},
      {"in", Op::in, Operand::list, "in"},
      {"lt", Op::lt, Operand::number, "<"},
      {"le", Op::le, Operand::number, "<="},
      {"gt", Op::gt, Operand::number, ">"},
      {"ge", Op::ge, Operand::number, ">="},
      {"between", Op::between, Operand::pair, "in"},
      {"starts", Op::starts, Operand::string, "starts with"},
      {"ends", Op::ends, Operand::string, "ends with"},
      {"contains", Op::contains, Operand::string, "contains"},
      {"has_any", Op::has_any, Operand::list, "has any of"},
      {"has_all", Op::has_all, Operand::list, "has all of"},
      {"semver", Op::semver, Operand::version, "is version"},
      {"exists", Op::exists, Operand::yes, "exists"},
  };
  return table;
}

bool is_scalar(const Value& value) { return value.is_boolean() || value.is_number() || value.is_string(); }

// Why `value` cannot be the operand of `test`; empty when it can.
std::string operand_problem(const Test& test, const Value& value) {
  switch (test.operand) {
    case Operand::scalar: return is_scalar(value) ? "" : type_message("a string, a number, true or false", value);
    case Operand::number: return value.is_number() || value.is_string() ? "" : type_message("a number or a string", value);
    case Operand::string: return value.is_string() ? "" : type_message("a string", value);
    case Operand::list:
      if (value.is_object() && value.object().empty()) return "";
      if (!value.is_array()) return type_message("a list", value);
      return std::all_of(value.array().begin(), value.array().end(), is_scalar) ? "" : "expected a list of strings, numbers, true or false";
    case Operand::pair:
      if (value.is_array() && value.array().size() == 2 && value.array()[0].is_number() && value.array()[1].is_number()) return "";
      return "expected two numbers, from and below: [lo, hi]";
    case Operand::yes: return value.is_boolean() && value.boolean() ? "" : "expected true; write {\"no\": …} for its opposite";
    case Operand::version: {
      if (!value.is_string()) return type_message("a string like \">=1.2.0\"", value);
      return parse_version_test(value.string()) ? "" : "`" + value.string() + "` is not a comparison with a version like `>=1.2.0`";
    }
  }
  return "";
}

class Parser {
 public:
  explicit Parser(Problems& problems) : problems_(problems) {}

  Predicate read(const Value& document, const std::string& path, int depth) {
    if (!has_room(path, depth)) return {};
    if (document.is_boolean() && document.boolean()) return {.path = path};
    if (document.is_string()) {
      if (document.string() == "everyone") return {.path = path};
      return {.op = Op::audience, .name = document.string(), .path = path};
    }
    if (!document.is_object()) {
      report(Code::bad_predicate, path, type_message("a condition", document));
      return {};
    }
    struct Form {
      std::string_view key;
      Predicate (Parser::*read)(const Value&, const std::string&, int);
    };
    static constexpr Form forms[] = {
        {"all", &Parser::group},     {"any", &Parser::group}, {"no", &Parser::negation},       {"attr", &Parser::attribute},
        {"bucket", &Parser::bucket}, {"list", &Parser::list}, {"audience", &Parser::audience}, {"lua", &Parser::lua},
    };
    for (const Form& form : forms)
      if (document.find(form.key)) return (this->*form.read)(document, path, depth);
    std::vector<std::string> keys;
    for (const Form& form : forms) keys.emplace_back(form.key);
    std::string message = "not a condition: it has none of `all`, `any`, `no`, `attr`, `bucket`, `list`, `audience`, `lua`";
    if (!document.object().empty())
      if (const std::string near = nearest(document.object().begin()->first, keys); !near.empty())
        message += "; did you mean `" + near + "`?";
    report(Code::bad_predicate, path, message);
    return {};
  }

 private:
  // Counts one more part; reports the first that is too many, and each that is too deep.
  bool has_room(const std::string& path, int depth) {
    if (++nodes_ > limits::predicate_nodes_max) {
      if (nodes_ == limits::predicate_nodes_max + 1)
        report(Code::limit_exceeded, path, "a predicate has more than " + std::to_string(limits::predicate_nodes_max) + " parts");
      return false;
    }
    if (depth <= limits::predicate_depth_max) return true;
    report(Code::limit_exceeded, path, "a predicate is nested more than " + std::to_string(limits::predicate_depth_max) + " levels deep");
    return false;
  }

  Predicate group(const Value& document, const std::string& path, int depth) {
    Reader reader(document, path, problems_);
    const bool is_all = document.find("all") != nullptr;
    const std::string_view key = is_all ? "all" : "any";
    Predicate group{.op = is_all ? Op::all : Op::any, .path = path};
    if (const Array* parts = reader.array(key)) {
      group.args.reserve(parts->size());
      for (std::size_t i = 0; i < parts->size(); ++i)
        group.args.push_back(read((*parts)[i], reader.path_of(key) + "[" + std::to_string(i) + "]", depth + 1));
    }
    reader.finish();
    return group;
  }

  Predicate negation(const Value& document, const std::string& path, int depth) {
    Reader reader(document, path, problems_);
    Predicate negation{.op = Op::no, .path = path};
    negation.args.push_back(read(*reader.take("no"), reader.path_of("no"), depth + 1));
    reader.finish();
    return negation;
  }

  Predicate attribute(const Value& document, const std::string& path, int depth) {
    Reader reader(document, path, problems_);
    const auto named = reader.text("attr");
    const std::string name = named.value_or("");
    // Without a name it would test the identity, as buckets and lists do.
    if (named && name.empty()) reader.report(Code::bad_predicate, "attr", "the name of the attribute is empty");
    bool is_tested = false;
    Predicate all{.op = Op::all, .path = path};
    for (const Test& test : tests()) {
      const Value* operand = reader.take(test.word);
      if (!operand) continue;
      is_tested = true;
      if (const std::string why = operand_problem(test, *operand); !why.empty()) {
        reader.report(Code::bad_predicate, test.word, why);
        continue;
      }
      Predicate leaf{.op = test.op, .attribute = name, .operand = *operand, .path = path};
      if (test.operand == Operand::list && operand->is_object()) leaf.operand = Array{};
      if (test.op == Op::exists) leaf.operand = Value();
      all.args.push_back(std::move(leaf));
    }
    if (!is_tested && !name.empty())
      report(Code::bad_predicate, path, "`" + name + "` is named but not tested; add `eq`, `in`, `gt`, `exists` or another test");
    reader.finish();
    if (all.args.size() == 1) return std::move(all.args[0]);
    // Several tests are written out as parts of an `all`, and count as that.
    for (std::size_t i = 0; i < all.args.size(); ++i)
      if (!has_room(path, depth + 1)) return {};
    return all;
  }

  Predicate bucket(const Value& document, const std::string& path, int) {
    Reader outer(document, path, problems_);
    Reader reader(*outer.take("bucket"), path + ".bucket", problems_);
    Predicate bucket{.op = Op::bucket, .path = path};
    bucket.name = reader.required_text("salt").value_or("");
    bucket.attribute = reader.text("by").value_or("");
    bucket.lo = reader.number("from", 0, 10'000).value_or(0);
    bucket.hi = reader.number("to", 0, 10'000).value_or(10'000);
    if (bucket.hi < bucket.lo) reader.report(Code::out_of_range, "to", "`to` is below `from`");
    reader.finish();
    outer.finish();
    return bucket;
  }

  Predicate list(const Value& document, const std::string& path, int) {
    Reader reader(document, path, problems_);
    Predicate list{.op = Op::list, .path = path};
    list.name = reader.required_text("list").value_or("");
    list.attribute = reader.text("by").value_or("");
    reader.finish();
    return list;
  }

  Predicate audience(const Value& document, const std::string& path, int) {
    Reader reader(document, path, problems_);
    Predicate audience{.op = Op::audience, .path = path};
    audience.name = reader.required_text("audience").value_or("");
    reader.finish();
    return audience;
  }

  Predicate lua(const Value& document, const std::string& path, int) {
    Reader reader(document, path, problems_);
    Predicate lua{.op = Op::lua, .path = path};
    lua.lua = reader.required_text("lua").value_or("");
    reader.finish();
    return lua;
  }

  void report(Code code, const std::string& path, std::string message) { problems_.push_back({code, path, std::move(message)}); }

  Problems& problems_;
  std::size_t nodes_ = 0;
};

const Test& test_of(Op op) {
  return *std::find_if(tests().begin(), tests().end(), [&](const Test& test) { return test.op == op; });
}

std::string whole_number(double number) {
  std::string text;
  append_json_number(text, number);
  return text;
}

}  // namespace

Predicate parse_predicate(const Value& document, const std::string& path, Problems& problems) {
  return Parser(problems).read(document, path, 1);
}

Value to_value(const Predicate& predicate) {
  switch (predicate.op) {
    case Op::always: return "everyone";
    case Op::all:
    case Op::any: {
      Array parts;
      for (const Predicate& part : predicate.args) parts.push_back(to_value(part));
      return Object{{predicate.op == Op::all ? "all" : "any", std::move(parts)}};
    }
    case Op::no: return Object{{"no", to_value(predicate.args[0])}};
    case Op::bucket: {
      Object bucket{{"salt", predicate.name}, {"from", predicate.lo}, {"to", predicate.hi}};
      if (!predicate.attribute.empty()) bucket["by"] = predicate.attribute;
      return Object{{"bucket", std::move(bucket)}};
    }
    case Op::list: {
      Object list{{"list", predicate.name}};
      if (!predicate.attribute.empty()) list["by"] = predicate.attribute;
      return list;
    }
    case Op::audience: return Object{{"audience", predicate.name}};
    case Op::lua: return Object{{"lua", predicate.lua}};
    default:
      return Object{{"attr", predicate.attribute},
                    {test_of(predicate.op).word, predicate.op == Op::exists ? Value(true) : predicate.operand}};
  }
}

std::string to_text(const Predicate& predicate, std::size_t value_bytes_max) {
  switch (predicate.op) {
    case Op::always: return "everyone";
    case Op::all:
    case Op::any: {
      std::string text;
      for (const Predicate& part : predicate.args) {
        if (!text.empty()) text += predicate.op == Op::all ? " and " : " or ";
        const bool group = part.op == Op::all || part.op == Op::any;
        text += group ? "(" + to_text(part, value_bytes_max) + ")" : to_text(part, value_bytes_max);
      }
      if (!text.empty()) return text;
      return predicate.op == Op::all ? "all of nothing" : "any of nothing";
    }
    case Op::no: return "not (" + to_text(predicate.args[0], value_bytes_max) + ")";
    case Op::bucket:
      return "bucket of `" + predicate.name + "` in [" + whole_number(predicate.lo) + ", " + whole_number(predicate.hi) + ")";
    case Op::list: return "in list `" + predicate.name + "`";
    case Op::audience: return "in audience `" + predicate.name + "`";
    case Op::lua: return "policy";
    case Op::exists: return predicate.attribute + " exists";
    default: {
      return predicate.attribute + " " + test_of(predicate.op).sign + " " + clipped(to_json(predicate.operand), value_bytes_max);
    }
  }
}

}  // namespace footlight
