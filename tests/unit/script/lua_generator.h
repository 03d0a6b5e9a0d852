// Random Lua programs that end by themselves, written with random blanks, comments and line ends.
#pragma once

#include <random>
#include <string>
#include <vector>

namespace footlight::test {

class LuaGenerator {
 public:
  explicit LuaGenerator(unsigned seed) : random_(seed) {}

  // The tokens of a program; one that must stay on the line of the token before it begins with `\1`.
  std::vector<std::string> program();
  // The tokens as text. `\r`, `\r\n` and comments of both kinds stand anywhere they may.
  std::string text(const std::vector<std::string>& tokens);

  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }

 private:
  using Tokens = std::vector<std::string>;
  struct Scope {
    std::vector<std::string> numbers, tables, functions;
  };

  bool chance(unsigned percent) { return below(100) < percent; }
  const std::string& any(const std::vector<std::string>& of) { return of[below(static_cast<unsigned>(of.size()))]; }
  std::string fresh(const char* prefix) { return prefix + std::to_string(++names_); }
  void put(const std::string& token) { out_.push_back(token); }
  void put(std::initializer_list<const char*> tokens) {
    for (const char* t : tokens) out_.push_back(t);
  }

  void block(int depth);
  void statement(int depth);
  void number(int depth, bool may_call = true);
  void condition(int depth);
  void text_value(int depth);
  void body_of_function(int depth, const std::string& extra_parameter);

  std::mt19937 random_;
  Tokens out_;
  Scope scope_;
  int names_ = 0, loops_ = 0;
};

}  // namespace footlight::test
