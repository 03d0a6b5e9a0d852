// Lua patterns, as Lua 5.1 and LuaJIT match them, with an end.
//
// The matcher of the standard library backtracks without a bound: `("a?"):rep(30) .. ("a"):rep(30)`
// runs for hours and no hook ever fires. This one counts its steps, so that a script pays for them,
// and nests at most 200 deep, as LuaJIT's does.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace footlight {

class PatternMatch {
 public:
  enum class Status { found, none, malformed, out_of_steps };

  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
  static constexpr int captures_max = 32;  // as in Lua

  // Both texts must outlive the match. A leading `^` is the caller's business: `gmatch` knows none.
  PatternMatch(std::string_view subject, std::string_view pattern, std::int64_t steps_max)
      : subject_(subject), pattern_(pattern), steps_left_(steps_max) {}

  // Tries at exactly this offset; found: `end()` is the offset behind the match.
  Status match_at(std::size_t offset);
  // Tries at this offset and all later ones; found: from `begin()` to `end()`.
  Status search(std::size_t offset);

  std::size_t begin() const { return begin_; }
  std::size_t end() const { return end_; }

  // A capture is a piece of the subject, or a position, `()`.
  struct Capture {
    std::size_t from = 0;
    std::size_t size = 0;
    enum class State { open, closed, position } state = State::open;
  };
  int captures() const { return level_; }
  const Capture& capture(int i) const { return captures_[static_cast<std::size_t>(i)]; }

  std::int64_t steps_left() const { return steps_left_; }
  const char* problem() const { return problem_; }  // of Status::malformed

 private:
  std::size_t match(std::size_t s, std::size_t p);
  std::size_t expand_most(std::size_t s, std::size_t p, std::size_t after);
  std::size_t expand_least(std::size_t s, std::size_t p, std::size_t after);
  std::size_t open_capture(std::size_t s, std::size_t p, Capture::State state);
  std::size_t close_capture(std::size_t s, std::size_t p);
  std::size_t balanced(std::size_t s, std::size_t p);
  std::size_t back_reference(std::size_t s, char digit);
  std::size_t class_end(std::size_t p);
  bool single(std::size_t s, std::size_t p, std::size_t after);
  bool in_set(unsigned char c, std::size_t p, std::size_t last);
  bool failed() const { return problem_ || steps_left_ < 0; }
  std::size_t malformed(const char* problem);

  std::string_view subject_;
  std::string_view pattern_;
  std::int64_t steps_left_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  int depth_ = 0;
  int level_ = 0;
  std::array<Capture, captures_max> captures_;
  const char* problem_ = nullptr;
};

}  // namespace footlight
