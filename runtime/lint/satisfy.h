// Whether some request can meet several conditions at once, and one that does.
//
// Sound both ways: `never` is said only where it is proved for every request, from the declared types of
// attributes and what the tests say of them; a witness meets all of it, but for policies, whose answer only
// running them can tell (`asks_policy`). Between the two stands `unknown`: nothing is claimed.
//
// How: conjunctions are taken apart, alternatives are tried one after the other; the tests that come
// together on one attribute are then answered for that attribute alone, since tests compare with constants
// only. Work is bounded by limits::satisfy_steps_max, counted, so that the answer is the same everywhere.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engine/predicate_program.h"
#include "model/workspace.h"

namespace footlight {

using IdLists = std::map<std::string, std::shared_ptr<const IdList>>;  // by SHA-256

// The condition with the audiences that it names written out, functions replaced where `lift` knows their
// native form, and lists named by their SHA-256. Empty where something that it names is missing, or it is
// larger than a predicate may be: that is reported where it is compiled.
using LiftPolicy = std::function<std::optional<Predicate>(const Predicate& lua)>;
std::optional<Predicate> written_out(const Predicate& condition, const Included& include, const LiftPolicy& lift);

// What is asked of a request: that the condition holds, or that it does not. Written out.
struct Demand {
  const Predicate* condition = nullptr;
  bool holds = true;
};

struct Witness {
  std::optional<std::string> identity;      // none: no test asks for one
  std::map<std::string, Value> attributes;  // by dotted name; what is not named is absent
};

struct Satisfaction {
  enum class Answer { meets, never, unknown } answer = Answer::unknown;
  Witness witness;           // of `meets`
  bool asks_policy = false;  // the witness may fail by what a policy answers
  long steps = 0;            // what finding the answer took
};

Satisfaction satisfy(std::span<const Demand> demands, const AttributeTypes& attributes, const IdLists& lists);

}  // namespace footlight
