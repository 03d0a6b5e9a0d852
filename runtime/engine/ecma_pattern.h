// EcmaPattern: a regular expression as JSON Schema writes it (ECMA-262, with the `u` flag), matched in
// linear time.
//
// RE2 does the matching; its own dialect differs, so a pattern is translated first and what would mean
// another thing there is refused: lookahead `(?=` `(?!`, lookbehind `(?<=` `(?<!`, backreferences `\1`
// `\k<name>`, flags `(?i)`, RE2's own `\A` `\z` `\Q` `\C`, escapes that ECMA-262 does not know, halves
// of surrogate pairs, and repetitions beyond 1000. `\s`, `.`, `\u0041`, `\u{1F600}`, `\cA`, `[]`, `[^]`,
// `(?<name>` and `\p{Letter}` mean what they mean in ECMA-262.
#pragma once

#include <memory>
#include <string_view>

#include "footlight/error.h"

namespace re2 {
class RE2;
}

namespace footlight {

// Immutable, cheap to copy, any thread may use it.
class EcmaPattern {
 public:
  // Refuses with `bad_schema`, or `limit_exceeded` beyond `limits::schema_pattern_bytes_max` and
  // `limits::schema_pattern_memory_max`.
  static Result<EcmaPattern> compile(std::string_view pattern);

  // Whether it matches anywhere in `text`, which is UTF-8; `^` and `$` bind it to the ends.
  bool is_found_in(std::string_view text) const;

 private:
  explicit EcmaPattern(std::shared_ptr<const re2::RE2> matcher) : matcher_(std::move(matcher)) {}
  std::shared_ptr<const re2::RE2> matcher_;
};

}  // namespace footlight
