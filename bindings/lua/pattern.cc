#include "bindings/lua/pattern.h"

#include <cstring>

namespace footlight {

namespace {

constexpr int depth_max = 200;  // LuaJIT's; deeper is "pattern too complex" there too
constexpr char escape = '%';

// The classes of ASCII. The C library's depend on the locale, LuaJIT's do not.
bool is_lower(unsigned char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(unsigned char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(unsigned char c) { return c >= '0' && c <= '9'; }
bool is_graph(unsigned char c) { return c > 32 && c < 127; }
bool is_alnum(unsigned char c) { return is_lower(c) || is_upper(c) || is_digit(c); }

// `%a` and its kin; any other letter, and everything else, stands for itself.
bool in_class(unsigned char c, unsigned char name) {
  bool is_in = false;
  switch (name | 0x20) {
    case 'a': is_in = is_lower(c) || is_upper(c); break;
    case 'c': is_in = c < 32 || c == 127; break;
    case 'd': is_in = is_digit(c); break;
    case 'g': is_in = is_graph(c); break;
    case 'l': is_in = is_lower(c); break;
    case 'p': is_in = is_graph(c) && !is_alnum(c); break;
    case 's': is_in = c == ' ' || (c >= 9 && c <= 13); break;
    case 'u': is_in = is_upper(c); break;
    case 'w': is_in = is_alnum(c); break;
    case 'x': is_in = is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); break;
    case 'z': is_in = c == 0; break;
    default: return name == c;
  }
  if (is_lower(name)) return is_in;
  return is_upper(name) ? !is_in : name == c;
}

}  // namespace

std::size_t PatternMatch::malformed(const char* problem) {
  if (!problem_) problem_ = problem;
  return npos;
}

PatternMatch::Status PatternMatch::match_at(std::size_t offset) {
  level_ = 0;
  depth_ = 0;
  const std::size_t end = match(offset, 0);
  if (problem_) return Status::malformed;
  if (steps_left_ < 0) return Status::out_of_steps;
  if (end == npos) return Status::none;
  begin_ = offset;
  end_ = end;
  return Status::found;
}

PatternMatch::Status PatternMatch::search(std::size_t offset) {
  for (; offset <= subject_.size(); ++offset) {
    const Status status = match_at(offset);
    if (status != Status::none) return status;
  }
  return Status::none;
}

// The pattern item at p ends where? p is inside the pattern.
std::size_t PatternMatch::class_end(std::size_t p) {
  const std::size_t size = pattern_.size();
  const char first = pattern_[p++];
  if (first == escape) return p < size ? p + 1 : malformed("malformed pattern (ends with '%')");
  if (first != '[') return p;
  if (p < size && pattern_[p] == '^') ++p;
  do {  // the first character is taken as it is: `[]]` is a set of one
    if (p >= size) return malformed("malformed pattern (missing ']')");
    --steps_left_;
    if (pattern_[p++] == escape && p < size) ++p;
  } while (p >= size || pattern_[p] != ']');
  return p + 1;
}

// Is c in the set that opens at p and whose `]` is at `last`?
bool PatternMatch::in_set(unsigned char c, std::size_t p, std::size_t last) {
  bool found = true;
  if (pattern_[p + 1] == '^') {
    found = false;
    ++p;
  }
  while (++p < last) {
    --steps_left_;
    const auto here = static_cast<unsigned char>(pattern_[p]);
    if (here == escape) {
      if (in_class(c, static_cast<unsigned char>(pattern_[++p]))) return found;
    } else if (pattern_[p + 1] == '-' && p + 2 < last) {
      p += 2;
      if (here <= c && c <= static_cast<unsigned char>(pattern_[p])) return found;
    } else if (here == c) {
      return found;
    }
  }
  return !found;
}

// Does the item from p to `after` match the one character at s?
bool PatternMatch::single(std::size_t s, std::size_t p, std::size_t after) {
  if (s >= subject_.size()) return false;
  --steps_left_;
  const auto c = static_cast<unsigned char>(subject_[s]);
  switch (pattern_[p]) {
    case '.': return true;
    case escape: return in_class(c, static_cast<unsigned char>(pattern_[p + 1]));
    case '[': return in_set(c, p, after - 1);
    default: return static_cast<unsigned char>(pattern_[p]) == c;
  }
}

std::size_t PatternMatch::expand_most(std::size_t s, std::size_t p, std::size_t after) {
  std::size_t count = 0;
  while (single(s + count, p, after)) ++count;
  for (;; --count) {
    const std::size_t end = match(s + count, after + 1);
    if (end != npos || failed() || count == 0) return end;
  }
}

std::size_t PatternMatch::expand_least(std::size_t s, std::size_t p, std::size_t after) {
  for (;; ++s) {
    const std::size_t end = match(s, after + 1);
    if (end != npos || failed()) return end;
    if (!single(s, p, after)) return npos;
  }
}

std::size_t PatternMatch::open_capture(std::size_t s, std::size_t p, Capture::State state) {
  if (level_ >= captures_max) return malformed("too many captures");
  captures_[static_cast<std::size_t>(level_++)] = {s, 0, state};
  const std::size_t end = match(s, p);
  if (end == npos) --level_;
  return end;
}

std::size_t PatternMatch::close_capture(std::size_t s, std::size_t p) {
  int i = level_ - 1;
  while (i >= 0 && capture(i).state != Capture::State::open) --i;
  if (i < 0) return malformed("invalid pattern capture");
  Capture& capture = captures_[static_cast<std::size_t>(i)];
  capture.size = s - capture.from;
  capture.state = Capture::State::closed;
  const std::size_t end = match(s, p);
  if (end == npos) capture.state = Capture::State::open;
  return end;
}

// `%bxy` at s; p is at the x.
std::size_t PatternMatch::balanced(std::size_t s, std::size_t p) {
  if (p + 1 >= pattern_.size()) return malformed("unbalanced pattern");
  if (s >= subject_.size() || subject_[s] != pattern_[p]) return npos;
  const char opens = pattern_[p];
  const char closes = pattern_[p + 1];
  for (std::int64_t open = 1; ++s < subject_.size();) {
    if (--steps_left_ < 0) return npos;
    if (subject_[s] == closes) {
      if (--open == 0) return s + 1;
    } else if (subject_[s] == opens) {
      ++open;
    }
  }
  return npos;
}

std::size_t PatternMatch::back_reference(std::size_t s, char digit) {
  const int i = digit - '1';
  if (i < 0 || i >= level_ || capture(i).state == Capture::State::open) { return malformed("invalid capture index"); }
  const Capture& earlier = capture(i);
  if (earlier.state == Capture::State::position) return npos;  // a position is no text
  steps_left_ -= static_cast<std::int64_t>(earlier.size / 8);
  return subject_.substr(s).starts_with(subject_.substr(earlier.from, earlier.size)) ? s + earlier.size : npos;
}

// The offset behind the match of the pattern's rest from p, at s. Recursive only where it must come
// back: captures and repetitions.
std::size_t PatternMatch::match(std::size_t s, std::size_t p) {
  if (++depth_ > depth_max) return malformed("pattern too complex");
  struct Leave {
    int& depth;
    ~Leave() { --depth; }
  } leave{depth_};

  while (p < pattern_.size()) {
    if (--steps_left_ < 0 || problem_) return npos;
    const char next = p + 1 < pattern_.size() ? pattern_[p + 1] : '\0';
    const bool has_next = p + 1 < pattern_.size();
    switch (pattern_[p]) {
      case '(':
        return has_next && next == ')' ? open_capture(s, p + 2, Capture::State::position) : open_capture(s, p + 1, Capture::State::open);
      case ')': return close_capture(s, p + 1);
      case '$':
        if (!has_next) return s == subject_.size() ? s : npos;
        break;
      case escape:
        if (has_next && next == 'b') {
          s = balanced(s, p + 2);
          if (s == npos) return npos;
          p += 4;
          continue;
        }
        if (has_next && next == 'f') {  // a border: outside the set before s, inside it at s
          p += 2;
          if (p >= pattern_.size() || pattern_[p] != '[') { return malformed("missing '[' after '%f' in pattern"); }
          const std::size_t after = class_end(p);
          if (after == npos) return npos;
          const unsigned char before = s == 0 ? 0 : static_cast<unsigned char>(subject_[s - 1]);
          const unsigned char here = s < subject_.size() ? static_cast<unsigned char>(subject_[s]) : 0;
          if (in_set(before, p, after - 1) || !in_set(here, p, after - 1)) return npos;
          p = after;
          continue;
        }
        if (has_next && is_digit(static_cast<unsigned char>(next))) {
          s = back_reference(s, next);
          if (s == npos) return npos;
          p += 2;
          continue;
        }
        break;
      default: break;
    }
    const std::size_t after = class_end(p);
    if (after == npos) return npos;
    switch (after < pattern_.size() ? pattern_[after] : '\0') {
      case '?': {
        if (single(s, p, after)) {
          const std::size_t end = match(s + 1, after + 1);
          if (end != npos || failed()) return end;
        }
        p = after + 1;
        continue;
      }
      case '*': return expand_most(s, p, after);
      case '+': return single(s, p, after) ? expand_most(s + 1, p, after) : npos;
      case '-': return expand_least(s, p, after);
      default:
        if (!single(s, p, after)) return npos;
        ++s;
        p = after;
    }
  }
  return s;
}

}  // namespace footlight
