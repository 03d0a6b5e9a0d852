// Predicate: a condition over one request, as documents say it.
//
// Forms of the document (each leaf about an absent attribute is false; `no` simply negates):
//   "everyone"                                      holds always
//   {"all": [P, …]}  {"any": [P, …]}  {"no": P}
//   {"attr": "cart.total", "gt": 50}                eq in lt le gt ge between starts ends contains
//                                                   has_any has_all semver exists; several are `all`
//   {"bucket": {"salt": "s", "from": 0, "to": 1000, "by": "id"}}   of 10,000; by: the identity
//   {"list": "vip.csv", "by": "id"}                 an uploaded list holds the identity
//   {"audience": "gold members"}                    a named audience; "gold members" alone too,
//                                                   where an audience is expected
//   {"lua": "return function(p, request) … end"}    a policy
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "footlight/value.h"

namespace footlight {

struct Predicate {
  enum class Op : std::uint8_t {
    always,
    all,
    any,
    no,
    exists,
    eq,
    in,
    lt,
    le,
    gt,
    ge,
    between,
    starts,
    ends,
    contains,
    has_any,
    has_all,
    semver,
    bucket,
    list,
    audience,
    lua,
  };

  Op op = Op::always;
  std::vector<Predicate> args;  // of all, any, no
  std::string attribute;        // dotted; of the tests, of bucket and list ("" is the identity)
  Value operand;                // of the tests: a scalar, a list, [lo, hi]
  std::string name;             // audience and list: which; bucket: the salt; semver: the comparison
  double lo = 0, hi = 0;        // bucket: [lo, hi) of 10,000
  std::string lua;              // source of a policy
  std::string path;             // JSON path of the document it was read from

  bool operator==(const Predicate&) const = default;
};

// Reads a predicate; every problem is reported with its path. What cannot be read is `always` in
// the result, so check `problems` before using it.
Predicate parse_predicate(const Value& document, const std::string& path, Problems& problems);

Value to_value(const Predicate& predicate);  // the canonical document
// `cart.total > 50`, as traces show it; longer values are cut.
std::string to_text(const Predicate& predicate, std::size_t value_bytes_max = 120);

}  // namespace footlight
