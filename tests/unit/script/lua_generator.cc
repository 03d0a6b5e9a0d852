#include "lua_generator.h"

#include <utility>

namespace footlight::test {

void LuaGenerator::number(int depth, bool may_call) {
  if (!depth) {
    if (!scope_.numbers.empty() && chance(60)) return put(any(scope_.numbers));
    return put(any({"0", "1", "2", "3", "10", "0x1F", "2.5", ".5", "1e2"}));
  }
  switch (below(may_call ? 13 : 8)) {
    case 0:
    case 1: number(0); return;
    case 2:
      put("(");
      number(depth - 1, may_call);
      put(")");
      return;
    case 3:
    case 4:
      number(depth - 1, may_call);
      put(any({"+", "-", "*", "/", "%"}));
      number(depth - 1, may_call);
      return;
    case 5:
      put("-");
      number(depth - 1, may_call);
      return;
    case 6:
      if (scope_.tables.empty()) return number(0);
      put(any(scope_.tables));
      if (chance(50)) return put({".", "a"});
      put({"[", "'b'", "]"});
      return;
    case 7:
      if (scope_.tables.empty()) return number(0);
      put("#");
      put(any(scope_.tables));
      return;
    case 8:
      if (scope_.functions.empty()) return number(0);
      put(any(scope_.functions));
      put("\1(");
      number(depth - 1);
      put(",");
      number(depth - 1);
      put(")");
      return;
    case 9:
      put({"mark", "\1("});
      number(depth - 1);
      put(")");
      return;
    case 10:
      put({"(", "mark", "\1("});
      number(depth - 1);
      put(",");
      number(0);
      put({")", ")"});
      return;
    case 11:
      put("(");
      condition(depth - 1);
      put("and");
      number(depth - 1);
      put("or");
      number(depth - 1);
      put(")");
      return;
    default:
      // `^` only with small powers, so that numbers stay finite.
      put("(");
      number(0);
      put({")", "^", "2"});
      return;
  }
}

void LuaGenerator::text_value(int depth) {
  put(any({"'a'", "\"b\\n\"", "[[c\nd]]", "[==[]]e]==]", "'\\065\\\\'", "'é'"}));
  if (!depth) return;
  put("..");
  if (chance(50)) return text_value(depth - 1);
  number(0);
}

// Operands of comparisons make no calls: a call could assign a local that was read before it, and
// Lua implementations differ in which value counts.
void LuaGenerator::condition(int depth) {
  if (!depth) {
    number(0);
    put(any({"<", "<=", ">", ">=", "==", "~="}));
    return number(0);
  }
  switch (below(6)) {
    case 0:
      put("not");
      put("(");
      condition(depth - 1);
      put(")");
      return;
    case 1:
      put("(");
      condition(depth - 1);
      put(any({"and", "or"}));
      condition(depth - 1);
      put(")");
      return;
    case 2:
      put("(");
      text_value(0);
      put(any({"<", "<=", "==", "~="}));
      text_value(0);
      put(")");
      return;
    case 3:
      put("(");
      condition(depth - 1);
      put(any({"==", "~="}));
      put("(");
      condition(depth - 1);
      put({")", ")"});
      return;
    default:
      put("(");
      number(depth - 1, false);
      put(any({"<", "<=", ">", ">=", "==", "~="}));
      number(depth - 1, false);
      put(")");
      return;
  }
}

void LuaGenerator::body_of_function(int depth, const std::string& extra_parameter) {
  const Scope outside = scope_;
  const int loops = std::exchange(loops_, 0);
  const std::string a = fresh("p"), b = fresh("p");
  put("\1(");
  if (!extra_parameter.empty()) {
    put(extra_parameter);
    put(",");
  }
  put(a);
  put(",");
  put(b);
  const bool is_vararg = chance(30);
  if (is_vararg) put({",", "..."});
  put(")");
  scope_.numbers = {a, b};  // what is outside is read, not assigned
  put("local");
  const std::string copy = fresh("c");
  put(copy);
  put("=");
  put(outside.numbers.empty() ? "0" : any(outside.numbers));
  scope_.numbers.push_back(copy);
  block(depth - 1);
  put("return");
  number(2);
  if (is_vararg) put({",", "..."});
  put("end");
  scope_ = outside;
  loops_ = loops;
}

void LuaGenerator::statement(int depth) {
  switch (below(depth ? 18 : 6)) {
    case 0: {
      put("local");
      const std::string n = fresh("n");
      put(n);
      put("=");
      number(2);
      scope_.numbers.push_back(n);
      return;
    }
    case 1: {
      put({"mark", "\1("});
      if (chance(30)) text_value(2);
      else number(3);
      put(")");
      return;
    }
    case 2:
      if (scope_.numbers.size() < 2) return statement(0);
      put(any(scope_.numbers));
      put(",");
      put(any(scope_.numbers));
      put("=");
      number(2);
      put(",");
      number(2);
      return;
    case 3: {
      put("local");
      const std::string t = fresh("t");
      put(t);
      put({"=", "{"});
      number(1);
      put(any({",", ";"}));
      put({"a", "="});
      number(2);
      put({",", "[", "'b'", "]", "="});
      number(1);
      if (chance(50)) put(",");
      put("}");
      scope_.tables.push_back(t);
      return;
    }
    case 4:
      if (scope_.tables.empty()) return statement(0);
      put(any(scope_.tables));
      put({".", "a", "="});
      number(2);
      return;
    case 5:
      if (scope_.functions.empty()) return statement(0);
      put(";");
      put({"(", "mark", "\1)", "\1("});
      put(any(scope_.functions));
      put("\1(");
      number(1);
      put(",");
      number(1);
      put({")", ")"});
      return;
    case 6:
    case 7: {
      const Scope outside = scope_;
      put("if");
      condition(2);
      put("then");
      block(depth - 1);
      scope_ = outside;
      if (chance(40)) {
        put("elseif");
        condition(1);
        put("then");
        block(depth - 1);
        scope_ = outside;
      }
      if (chance(50)) {
        put("else");
        block(depth - 1);
        scope_ = outside;
      }
      put("end");
      return;
    }
    case 8:
    case 9: {
      const Scope outside = scope_;
      const std::string i = fresh("i");
      put("for");
      put(i);
      put({"=", "1", ","});
      put(any({"2", "3", "0"}));
      if (chance(30)) put({",", "2"});
      put("do");
      put({"local"});
      const std::string n = fresh("n");
      put(n);
      put("=");
      put(i);
      scope_.numbers.push_back(n);
      ++loops_;
      block(depth - 1);
      --loops_;
      if (chance(30)) put({"break"});
      put("end");
      scope_ = outside;
      return;
    }
    case 10: {
      const Scope outside = scope_;
      const std::string k = fresh("k"), v = fresh("v");
      put("for");
      put(k);
      put(",");
      put(v);
      put({"in", "ipairs", "\1(", "{"});
      number(1);
      put(",");
      number(1);
      put({"}", ")", "do"});
      scope_.numbers.push_back(v);
      ++loops_;
      block(depth - 1);
      --loops_;
      put("end");
      scope_ = outside;
      return;
    }
    case 11: {
      const Scope outside = scope_;
      const std::string n = fresh("w");
      put("local");
      put(n);
      put({"=", "0"});
      const bool is_while = chance(50);
      if (is_while) {
        put("while");
        put(n);
        put({"<", "3", "do"});
      } else {
        put("repeat");
      }
      put(n);
      put("=");
      put(n);
      put({"+", "1"});
      ++loops_;
      block(depth - 1);
      --loops_;
      if (is_while) {
        put("end");
      } else {
        put({"local"});
        const std::string inner = fresh("u");
        put(inner);
        put("=");
        put(n);
        put("until");
        put(inner);
        put({">=", "2"});
      }
      scope_ = outside;
      return;
    }
    case 12: {
      const Scope outside = scope_;
      put("do");
      block(depth - 1);
      put("end");
      scope_ = outside;
      return;
    }
    case 13: {
      const std::string f = fresh("f");
      put({"local", "function"});
      put(f);
      body_of_function(depth, "");
      scope_.functions.push_back(f);
      return;
    }
    case 14: {
      const std::string f = fresh("f");
      put("local");
      put(f);
      put({"=", "function"});
      body_of_function(depth, "");
      scope_.functions.push_back(f);
      return;
    }
    case 15: {
      if (scope_.tables.empty()) return statement(0);
      const std::string t = any(scope_.tables);
      put("function");
      put(t);
      put({":", "m"});
      body_of_function(depth, "");
      put({"mark", "\1("});
      put(t);
      put({":", "m", "\1("});
      number(1);
      put(",");
      number(1);
      put({")", ")"});
      return;
    }
    case 16:
      if (!loops_) return statement(0);
      put("if");
      condition(1);
      put({"then", "break", "end"});
      return;
    default:
      // An error that names its line, sometimes.
      if (!chance(15)) return statement(0);
      put({"error", "\1("});
      text_value(1);
      put(")");
      return;
  }
}

void LuaGenerator::block(int depth) {
  const unsigned n = 1 + below(4);
  for (unsigned i = 0; i < n; ++i) {
    statement(depth);
    if (chance(20)) put(";");
  }
}

std::vector<std::string> LuaGenerator::program() {
  out_.clear();
  scope_ = {};
  names_ = loops_ = 0;
  for (int i = 0; i < 4; ++i) block(3);
  put("return");
  number(3);
  put(",");
  condition(3);
  // `;` stands between statements only.
  Tokens tidy;
  for (std::string& t : out_) {
    const bool is_first = tidy.empty() || tidy.back() == ";" || tidy.back() == "do" || tidy.back() == "then" || tidy.back() == "else" ||
        tidy.back() == "repeat";
    if (t == ";" && is_first) continue;
    tidy.push_back(std::move(t));
  }
  return tidy;
}

std::string LuaGenerator::text(const std::vector<std::string>& tokens) {
  std::string out;
  for (const std::string& t : tokens) {
    if (t[0] == '\1') {
      out += t.substr(1);
      continue;
    }
    switch (below(12)) {
      case 0: out += "\n"; break;
      case 1: out += "\r\n"; break;
      case 2: out += "\r"; break;
      case 3: out += " -- note\n"; break;
      case 4: out += " -- note\r"; break;
      case 5: out += " --[[ long\n\n ]] "; break;
      case 6: out += "\t\n\n"; break;
      default: out += " ";
    }
    out += t;
  }
  return out;
}

}  // namespace footlight::test
