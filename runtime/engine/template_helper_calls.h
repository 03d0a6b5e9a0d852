// What the functions behind template helpers have in common: their arguments read, and their answers.
//
// Missing values go in as null. Texts take them as the empty text, numbers and dates give null back
// (which renders as nothing); anything else of the wrong kind fails.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/locale.h"
#include "engine/template.h"

namespace footlight::helpers {

using Answer = Result<Value>;

Error failed(std::string message);
std::string a_kind(const Value& value);  // `a list`, `the text …`: for messages
Error not_a(std::string_view wanted, const HelperCall& call, std::size_t i, std::string_view hint = {});

inline bool has(const HelperCall& call, std::size_t i) { return i < call.args.size() && !call.args[i]->is_null(); }
inline const Value& arg(const HelperCall& call, std::size_t i) { return *call.args[i]; }
std::string shown(const Value& value);  // as `toString` gives it

// Reads argument `i`; the first argument that cannot be read is the error.
class Arguments {
 public:
  explicit Arguments(const HelperCall& call) : call_(call) {}

  std::optional<Error> error;

  std::string text(std::size_t i, std::string_view otherwise = {});
  double number(std::size_t i, double otherwise = 0);
  int whole(std::size_t i, int otherwise, int least, int most);
  const Array& list(std::size_t i);
  const LocaleRow* locale(std::size_t i);
  Zone zone(std::size_t i);
  // Milliseconds since 1970, `2026-12-01T09:00:00Z`, or a civil time in `zone`.
  Instant instant(std::size_t i, const Zone& zone);
  void fail(Error why);

 private:
  const HelperCall& call_;
};

Answer finish(Arguments& reader, Value value);
Answer finish_text(Arguments& reader, std::string text);
// `start` and `end` count characters; below zero from the end.
std::pair<std::size_t, std::size_t> range_of(Arguments& reader, const HelperCall& call, std::size_t size);

// texts, template_helpers_text.cc
Answer upper_case(const HelperCall& call);
Answer lower_case(const HelperCall& call);
Answer title_case(const HelperCall& call);
Answer capitalize(const HelperCall& call);
Answer trim_text(const HelperCall& call);
Answer concat(const HelperCall& call);
Answer replace(const HelperCall& call);
Answer substring(const HelperCall& call);
Answer slice(const HelperCall& call);
Answer truncate(const HelperCall& call);
Answer split(const HelperCall& call);
Answer join_list(const HelperCall& call);
Answer length(const HelperCall& call);
Answer starts_with(const HelperCall& call);
Answer ends_with(const HelperCall& call);
Answer contains(const HelperCall& call);
Answer index_of(const HelperCall& call);
Answer url_encode(const HelperCall& call);

// numbers and dates, template_helpers_number.cc
Answer format_number_helper(const HelperCall& call);
Answer format_percent_helper(const HelperCall& call);
Answer format_currency_helper(const HelperCall& call);
Answer round_number(const HelperCall& call);
Answer floor_number(const HelperCall& call);
Answer ceil_number(const HelperCall& call);
Answer abs_number(const HelperCall& call);
Answer min_number(const HelperCall& call);
Answer max_number(const HelperCall& call);
Answer sum_numbers(const HelperCall& call);
Answer format_date_helper(const HelperCall& call);
Answer date_add(const HelperCall& call);
Answer date_diff(const HelperCall& call);
Answer now(const HelperCall& call);

// lists and objects, template_helpers_list.cc
Answer first(const HelperCall& call);
Answer last(const HelperCall& call);
Answer count(const HelperCall& call);
Answer reverse(const HelperCall& call);
Answer sort(const HelperCall& call);
Answer sort_by(const HelperCall& call);
Answer top_n(const HelperCall& call);
Answer distinct(const HelperCall& call);
Answer in(const HelperCall& call);
Answer pluck(const HelperCall& call);
Answer keys(const HelperCall& call);
Answer values(const HelperCall& call);

// logic and kinds, template_helpers_logic.cc
Answer eq(const HelperCall& call);
Answer ne(const HelperCall& call);
Answer lt(const HelperCall& call);
Answer lte(const HelperCall& call);
Answer gt(const HelperCall& call);
Answer gte(const HelperCall& call);
Answer both(const HelperCall& call);
Answer either(const HelperCall& call);
Answer negation(const HelperCall& call);
Answer default_value(const HelperCall& call);
Answer to_number(const HelperCall& call);
Answer to_string_helper(const HelperCall& call);
Answer to_bool(const HelperCall& call);
Answer json(const HelperCall& call);

}  // namespace footlight::helpers
