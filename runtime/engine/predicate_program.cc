#include "engine/predicate_program.h"

#include <algorithm>
#include <cmath>

#include "base/limits.h"
#include "base/text.h"
#include "engine/bucket.h"

namespace footlight {
namespace {

using Op = Predicate::Op;

template <class T>
bool ordered(Op op, const T& left, const T& right) {
  switch (op) {
    case Op::lt: return left < right;
    case Op::le: return left <= right;
    case Op::gt: return left > right;
    default: return left >= right;
  }
}

bool holds_any(const Array& wanted, const Value& value) { return std::find(wanted.begin(), wanted.end(), value) != wanted.end(); }

bool is_scalar(const Value& value) { return value.is_boolean() || value.is_number() || value.is_string(); }

std::string shown(const Value& value) { return clipped(to_json(value), 80); }

// So many of the parts of an `any` are told when none holds; more help nobody.
constexpr int parts_told = 8;

}  // namespace

std::shared_ptr<const IdList> parse_list(std::string_view content) {
  auto ids = std::make_shared<IdList>();
  for (const std::string_view line : split(content, '\n'))
    if (const std::string_view id = trim(line); !id.empty()) ids->emplace(id);
  return ids;
}

PredicateProgram PredicateProgram::compile(const Predicate& predicate, PredicateSurroundings& surroundings, Problems& problems) {
  PredicateProgram program;
  std::vector<std::string> open;  // named audiences being compiled: one within itself is an error

  // Named audiences may name others twice each: what they unfold to is bounded here, not by their text.
  std::size_t parts = 0;
  bool is_too_large = false;
  const auto too_large = [&](const Predicate& part) {
    if (!is_too_large)
      problems.push_back({Code::limit_exceeded, part.path,
                          "with the audiences it names a predicate has more than " + std::to_string(limits::predicate_nodes_max) +
                              " parts, or they are within each other more than " + std::to_string(limits::predicate_depth_max) +
                              " levels deep"});
    is_too_large = true;
  };

  const auto note_path = [&](Node& node, const std::string& path, std::string_view around) {
    node.has_whole_path = !path.starts_with(around);
    const std::string_view more = std::string_view(path).substr(node.has_whole_path ? 0 : around.size());
    node.path_begin = static_cast<std::uint32_t>(program.paths_.size());
    node.path_size = static_cast<std::uint32_t>(more.size());
    program.paths_ += more;
  };

  const auto compile_node = [&](const auto& self, const Predicate& part, std::string_view around) -> void {
    if (++parts > surroundings.nodes_max) return too_large(part);
    if (part.op == Op::audience) {
      const auto named = surroundings.include.audiences.find(part.name);
      if (named == surroundings.include.audiences.end()) {
        problems.push_back({Code::unknown_audience, part.path, "there is no audience `" + part.name + "`"});
        return;
      }
      if (std::find(open.begin(), open.end(), part.name) != open.end()) {
        problems.push_back({Code::bad_predicate, part.path, "the audience `" + part.name + "` includes itself"});
        return;
      }
      if (open.size() == static_cast<std::size_t>(limits::predicate_depth_max)) return too_large(part);
      open.push_back(part.name);
      self(self, named->second, around);
      open.pop_back();
      return;
    }
    if (part.op == Op::lua) {
      auto policy = surroundings.policy(part.lua, part.path);
      if (auto* native = std::get_if<Predicate>(&policy)) {
        self(self, *native, around);
        return;
      }
      const int here = static_cast<int>(program.nodes_.size());
      program.nodes_.push_back({.op = Op::lua, .end = here + 1, .policy = std::get<int>(policy)});
      note_path(program.nodes_.back(), part.path, around);
      for (const Predicate& condition : part.args) self(self, condition, part.path);
      program.nodes_[static_cast<std::size_t>(here)].end = static_cast<int>(program.nodes_.size());
      return;
    }
    const std::size_t here = program.nodes_.size();
    program.nodes_.push_back({.op = part.op});
    Node node{.op = part.op, .operand = part.operand};
    note_path(node, part.path, around);
    if (!part.attribute.empty()) node.attribute = surroundings.attributes.number_of(part.attribute);
    Node::Rare rare{part.name, part.lo, part.hi, {}, {}};
    if (part.op == Op::semver)
      if (auto version = parse_version_test(part.operand.string())) rare.version = std::move(*version);
    if (part.op == Op::list) {
      const auto hash = surroundings.include.lists.find(part.name);
      const auto list = hash == surroundings.include.lists.end() ? surroundings.lists.end() : surroundings.lists.find(hash->second);
      if (list == surroundings.lists.end()) problems.push_back({Code::unknown_list, part.path, "there is no list `" + part.name + "`"});
      else rare.ids = list->second;
    }
    if (part.op == Op::bucket || part.op == Op::list || part.op == Op::semver)
      node.rare = std::make_shared<const Node::Rare>(std::move(rare));
    for (const Predicate& arg : part.args) self(self, arg, part.path);
    node.end = static_cast<int>(program.nodes_.size());
    program.nodes_[here] = std::move(node);
  };
  compile_node(compile_node, predicate, "");
  // A predicate that could not be compiled is never run; `nodes_` is not left empty all the same.
  if (program.nodes_.empty()) program.nodes_.push_back({.op = Op::always, .end = 1});
  program.nodes_.shrink_to_fit();
  program.paths_.shrink_to_fit();
  return program;
}

std::string PredicateProgram::path_of(int at) const {
  std::string path;
  for (int here = 0;;) {
    const Node& node = nodes_[static_cast<std::size_t>(here)];
    if (node.end <= at) {
      here = node.end;
      continue;
    }
    if (node.has_whole_path) path.clear();
    path.append(paths_, node.path_begin, node.path_size);
    if (here++ == at) return path;
  }
}

// One evaluation: the failure of a policy ends it.
struct PredicateProgram::Run {
  const PredicateProgram& program;
  const Slots& slots;
  PolicyRunner& policies;
  const PolicyCall& call;
  std::optional<PolicyFailure> failure;

  const Node& node_at(int at) const { return program.nodes_[static_cast<std::size_t>(at)]; }

  bool holds(int at) {
    const Node& node = node_at(at);
    switch (node.op) {
      case Op::always: return true;
      case Op::all:
        for (int part = at + 1; part < node.end; part = end_of(part))
          if (!holds(part) || failure) return false;
        return true;
      case Op::any:
        for (int part = at + 1; part < node.end; part = end_of(part)) {
          if (holds(part)) return true;
          if (failure) return false;
        }
        return false;
      case Op::no: return !holds(at + 1) && !failure;
      case Op::lua: {
        auto answer = policies.targeting(node.policy, call);
        if (auto* failed = std::get_if<PolicyFailure>(&answer)) {
          failure = std::move(*failed);
          return false;
        }
        return std::get<bool>(answer);
      }
      default: {
        const Value* value = slots[node.attribute];
        return value && leaf(node, *value);
      }
    }
  }

  int end_of(int at) const { return node_at(at).end; }

  static bool leaf(const Node& node, const Value& value) {
    const Value& operand = node.operand;
    switch (node.op) {
      case Op::exists: return true;
      case Op::eq: return value == operand;
      case Op::in: return is_scalar(value) && holds_any(operand.array(), value);
      case Op::lt:
      case Op::le:
      case Op::gt:
      case Op::ge:
        if (value.is_number() && operand.is_number()) return ordered(node.op, value.number(), operand.number());
        return value.is_string() && operand.is_string() && ordered(node.op, value.string(), operand.string());
      case Op::between:
        return value.is_number() && operand.array()[0].number() <= value.number() && value.number() < operand.array()[1].number();
      case Op::starts: return value.is_string() && value.string().starts_with(operand.string());
      case Op::ends: return value.is_string() && value.string().ends_with(operand.string());
      case Op::contains: return value.is_string() && value.string().find(operand.string()) != std::string::npos;
      case Op::has_any:
        if (!value.is_array()) return false;
        return std::any_of(value.array().begin(), value.array().end(),
                           [&](const Value& item) { return is_scalar(item) && holds_any(operand.array(), item); });
      case Op::has_all:
        return value.is_array() && std::all_of(operand.array().begin(), operand.array().end(), [&](const Value& wanted) {
                 return holds_any(value.array(), wanted);
               });
      case Op::semver: {
        if (!value.is_string()) return false;
        const auto version = parse_version(value.string());
        return version && node.rare->version->holds_for(*version);
      }
      case Op::bucket: {
        if (!value.is_string()) return false;
        const int bucket = bucket_of(node.rare->name, value.string());
        return node.rare->lo <= bucket && bucket < node.rare->hi;
      }
      case Op::list: return value.is_string() && node.rare->ids->contains(value.string());
      default: return false;  // groups and policies are not leaves
    }
  }

  std::string told(const Node& test) const {
    Predicate said{.op = test.op, .attribute = slots.name(test.attribute), .operand = test.operand};
    if (test.rare) said.name = test.rare->name, said.lo = test.rare->lo, said.hi = test.rare->hi;
    return to_text(said);
  }

  // The first part that decided `wanted == false`; for `no`, what should not have held.
  Blame blame(int at, bool wanted) {
    const Node& node = node_at(at);
    const bool is_group = node.op == Op::all || node.op == Op::any;
    if (is_group) {
      // The part that decides: one that is false in `all`, one that is true in an unwanted `any`.
      const bool looking_for = !wanted;
      for (int part = at + 1; part < node.end; part = end_of(part))
        if (holds(part) == looking_for && (node.op == Op::all) == wanted) return blame(part, wanted);
      // Else every part has its share: all are false in `any`, all are true in an unwanted `all`.
      if ((node.op == Op::any) == wanted) {
        if (node.end > at + 1 && end_of(at + 1) == node.end) return blame(at + 1, wanted);
        std::string text;
        int told = 0, left = 0;
        for (int part = at + 1; part < node.end; part = end_of(part)) {
          if (++told > parts_told) ++left;
          else text += (text.empty() ? "" : "; ") + blame(part, wanted).text;
        }
        if (left > 0) text += "; and " + std::to_string(left) + " more";
        if (text.empty()) text = wanted ? "any of nothing is false" : "all of nothing is true";
        else if (wanted) text = "none of: " + text;
        return {std::move(text), program.path_of(at)};
      }
      return {wanted ? "holds" : "does not hold", program.path_of(at)};
    }
    if (node.op == Op::no) return blame(at + 1, !wanted);
    const std::string truth = wanted ? " is false" : " is true";
    if (node.op == Op::always) return {"everyone" + truth, program.path_of(at)};
    if (node.op == Op::lua) return {"the policy answers " + std::string(wanted ? "false" : "true"), program.path_of(at)};
    const Value* value = slots[node.attribute];
    std::string met = value ? shown(*value) : node.attribute == AttributeTable::identity ? "nobody known" : "absent";
    if (const auto misfit = slots.misfit(node.attribute); !value && misfit.value)
      met = shown(*misfit.value) + " is not " + to_text(*misfit.type) + ", so it counts as absent";
    if (value && value->is_string() && node.op == Op::bucket) met = "bucket " + std::to_string(bucket_of(node.rare->name, value->string()));
    return {told(node) + truth + " (" + met + ")", program.path_of(at)};
  }
};

PredicateProgram::Verdict PredicateProgram::operator()(const Slots& slots, PolicyRunner& policies, const PolicyCall& call) const {
  Run run{*this, slots, policies, call, {}};
  const bool holds = run.holds(0);
  return {holds && !run.failure, std::move(run.failure)};
}

bool PredicateProgram::asks_policies() const {
  return std::any_of(nodes_.begin(), nodes_.end(), [](const Node& node) { return node.op == Op::lua; });
}

PredicateProgram::Blame PredicateProgram::blame(const Slots& slots, PolicyRunner& policies, const PolicyCall& call) const {
  Run run{*this, slots, policies, call, {}};
  return run.blame(0, true);
}

PredicateProgram::Blame PredicateProgram::credit(const Slots& slots, PolicyRunner& policies, const PolicyCall& call) const {
  Run run{*this, slots, policies, call, {}};
  return run.blame(0, false);
}

}  // namespace footlight
