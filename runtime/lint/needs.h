// What a condition needs of single attributes, read off its form: an interval of numbers, or a few texts. All
// requests that meet it are within; two conditions whose needs exclude each other can never meet. Cheap, and
// by it pairs of experiences are sorted out before any is looked at closely (see overlap.cc).
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "engine/snapshot.h"

namespace footlight {

struct Interval {
  double from = 0, till = 0;
  bool has_from = true, has_till = true;  // whether the ends themselves are within
  bool is_empty() const { return from > till || (from == till && !(has_from && has_till)); }
};
using Words = std::vector<std::string>;  // sorted, each once; canonical JSON of texts and truths

// By attribute, sorted, each once. Buckets and time stand here too, under names that no attribute has.
struct Need {
  std::string of;
  std::variant<Interval, Words> within;
};
using Needs = std::vector<Need>;

Needs needs_of(const Predicate& condition);                       // written out
Need bucket_need(const std::string& salt, double lo, double hi);  // of an experiment's identity
Need time_need(std::optional<Instant> start, std::optional<Instant> end);

void add_need(Needs& needs, Need need);  // both hold from now on
bool exclude_each_other(const Needs& left, const Needs& right);
bool exclude_each_other(const Need& left, const Need& right);  // of the same attribute

}  // namespace footlight
