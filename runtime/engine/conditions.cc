#include "engine/conditions.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#include "engine/bucket.h"
#include "engine/condition_lists.h"

namespace footlight {
namespace {

using Op = Predicate::Op;
using Kind = SlotValue::Kind;

bool equals(const SlotValue& value, const Value& wanted) {
  switch (value.kind) {
    case Kind::boolean: return wanted.is_boolean() && wanted.boolean() == value.boolean;
    case Kind::number: return wanted.is_number() && wanted.number() == value.number;
    case Kind::string: return wanted.is_string() && wanted.string() == value.string();
    default: return false;
  }
}

template <class T>
bool ordered(Op op, const T& left, const T& right) {
  switch (op) {
    case Op::lt: return left < right;
    case Op::le: return left <= right;
    case Op::gt: return left > right;
    default: return left >= right;
  }
}

// Neither listed nor known to be evaluated.
constexpr Condition unnumbered = UINT32_MAX;

bool is_test(Op op) { return op != Op::always && op != Op::all && op != Op::any && op != Op::no && op != Op::lua; }

// Equal values have equal hashes.
std::uint64_t hashed(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::boolean: return value.boolean() ? 3 : 5;
    case Value::Kind::number: return mixed(std::bit_cast<std::uint64_t>(value.number() + 0.0), 0x9E3779B97F4A7C15u);  // 0 and -0 are equal
    case Value::Kind::string: return quick_hash(value.string());
    case Value::Kind::array: {
      std::uint64_t hash = 7;
      for (const Value& item : value.array()) hash = mixed(hash + 0xD6E8FEB86659FD93u, hashed(item));
      return hash;
    }
    default: return 11;
  }
}

std::uint32_t hashed(const PredicateProgram::Node& node) {
  std::uint64_t hash = mixed(static_cast<std::uint64_t>(node.op) * 0xA24BAED4963EE407u + 1,
                             static_cast<std::uint64_t>(node.attribute) + 0x9E3779B97F4A7C15u);
  if (node.op == Op::bucket)
    hash = mixed(hash ^ quick_hash(node.rare->name),
                 std::bit_cast<std::uint64_t>(node.rare->lo + 0.0) ^ std::rotl(std::bit_cast<std::uint64_t>(node.rare->hi + 0.0), 17));
  else if (node.op != Op::list) hash = mixed(hash, hashed(node.operand) ^ 0xD6E8FEB86659FD93u);
  return static_cast<std::uint32_t>(hash >> 32) ^ static_cast<std::uint32_t>(hash);
}

bool are_same(const PredicateProgram::Node& a, const PredicateProgram::Node& b) {
  if (a.op != b.op || a.attribute != b.attribute) return false;
  if (a.op == Op::list) return a.ids() == b.ids();
  if (a.op == Op::bucket) return a.rare->lo == b.rare->lo && a.rare->hi == b.rare->hi && a.rare->name == b.rare->name;
  return a.operand == b.operand;
}

std::string key_of(const PredicateProgram::Node& test) {
  std::string key = std::to_string(static_cast<int>(test.op)) + ' ' + std::to_string(test.attribute) + ' ';
  switch (test.op) {
    case Op::bucket: return key + std::to_string(test.rare->lo) + ' ' + std::to_string(test.rare->hi) + ' ' + test.rare->name;
    case Op::list: return key + std::to_string(reinterpret_cast<std::uintptr_t>(test.ids()));
    default: append_json(key, test.operand); return key;
  }
}

}  // namespace

bool Conditions::Test::any_of(const SlotValue& value) const {
  return std::any_of(operand.array().begin(), operand.array().end(), [&](const Value& wanted) { return equals(value, wanted); });
}

bool Conditions::Test::holds(const SlotValue& value, const RequestSlots& slots) const {
  switch (op) {
    case Op::always: return true;
    case Op::exists: return value.kind != Kind::absent;
    case Op::eq: return equals(value, operand);
    case Op::in: return any_of(value);
    case Op::lt:
    case Op::le:
    case Op::gt:
    case Op::ge:
      if (value.kind == Kind::number && operand.is_number()) return ordered(op, value.number, operand.number());
      return value.kind == Kind::string && operand.is_string() && ordered(op, value.string(), std::string_view(operand.string()));
    case Op::between:
      return value.kind == Kind::number && operand.array()[0].number() <= value.number && value.number < operand.array()[1].number();
    case Op::starts: return value.kind == Kind::string && value.string().starts_with(operand.string());
    case Op::ends: return value.kind == Kind::string && value.string().ends_with(operand.string());
    case Op::contains: return value.kind == Kind::string && value.string().find(operand.string()) != std::string_view::npos;
    case Op::has_any: {
      if (value.kind != Kind::list) return false;
      const auto items = slots.items(value);
      return std::any_of(items.begin(), items.end(), [&](const SlotValue& item) { return any_of(item); });
    }
    case Op::has_all: {
      if (value.kind != Kind::list) return false;
      const auto items = slots.items(value);
      return std::all_of(operand.array().begin(), operand.array().end(), [&](const Value& wanted) {
        return std::any_of(items.begin(), items.end(), [&](const SlotValue& item) { return equals(item, wanted); });
      });
    }
    case Op::semver: {
      if (value.kind != Kind::string) return false;
      const auto met = parse_version(value.string());
      return met && rare->version->holds_for(*met);
    }
    case Op::bucket: {
      if (value.kind != Kind::string) return false;
      const int bucket = bucket_after(salt, value.string());
      return lo <= bucket && bucket < hi;
    }
    case Op::list: return value.kind == Kind::string && rare->ids->find(value.string()) != rare->ids->end();
    default: return false;  // groups and policies are no tests
  }
}

Conditions::Conditions() = default;
Conditions::~Conditions() = default;

std::uint32_t Conditions::find(const PredicateProgram::Node& node, std::uint32_t hash) const {
  if (known_.empty()) return Known::unused;
  for (std::size_t at = hash & (known_.size() - 1);; at = (at + 1) & (known_.size() - 1)) {
    const Known& known = known_[at];
    if (known.provisional == Known::unused) return Known::unused;
    if (known.hash == hash && are_same(*known.node, node)) return known.provisional;
  }
}

// Programs come and go beside the others, so what they test is known by what it says.
std::uint32_t Conditions::find_beside(const PredicateProgram::Node& node) const {
  if (!below_) return find(node, hashed(node));
  if (const std::uint32_t known = below_->find(node, hashed(node)); known != Known::unused) return known;
  const auto known = known_beside_.find(key_of(node));
  return known == known_beside_.end() ? Known::unused : known->second;
}

std::uint32_t Conditions::add(const PredicateProgram::Node& node) {
  const auto next = static_cast<std::uint32_t>((below_ ? below_->numbers_.size() : 0) + added_.size());
  if (below_) {
    if (const std::uint32_t known = below_->find(node, hashed(node)); known != Known::unused) return known;
    const auto [known, is_new] = known_beside_.try_emplace(key_of(node), next);
    if (!is_new) {
      ++added_[known->second - below_->numbers_.size()]->uses;
      return known->second;
    }
  } else {
    if (known_.size() < 2 * (added_.size() + 1)) {
      std::vector<Known> larger(std::max<std::size_t>(64, 2 * known_.size()));
      for (const Known& known : known_) {
        if (known.provisional == Known::unused) continue;
        std::size_t at = known.hash & (larger.size() - 1);
        while (larger[at].provisional != Known::unused) at = (at + 1) & (larger.size() - 1);
        larger[at] = known;
      }
      known_ = std::move(larger);
    }
    const std::uint32_t hash = hashed(node);
    std::size_t at = hash & (known_.size() - 1);
    for (; known_[at].provisional != Known::unused; at = (at + 1) & (known_.size() - 1)) {
      if (known_[at].hash != hash || !are_same(*known_[at].node, node)) continue;
      ++added_[known_[at].provisional]->uses;
      return known_[at].provisional;
    }
    known_[at] = {hash, next, &node};
  }
  auto made = std::make_shared<Test>();
  made->op = node.op;
  made->attribute = node.attribute;
  made->provisional = static_cast<std::uint32_t>(added_.size());
  if (node.op == Op::bucket) {
    made->lo = node.rare->lo;
    made->hi = node.rare->hi;
    made->salt = bucket_salt(node.rare->name);
  }
  made->operand = node.operand;
  made->rare = node.rare;
  added_.push_back(std::move(made));
  return next;
}

void Conditions::add(const PredicateProgram& program, std::vector<std::uint32_t>& numbers) {
  for (const PredicateProgram::Node& node : program.nodes()) numbers.push_back(is_test(node.op) ? add(node) : 0);
}

bool Conditions::find(const PredicateProgram& program, std::vector<std::uint32_t>& numbers) const {
  for (const PredicateProgram::Node& node : program.nodes()) {
    numbers.push_back(is_test(node.op) ? find_beside(node) : 0);
    if (numbers.back() == Known::unused) return false;
  }
  return true;
}

std::shared_ptr<Conditions> Conditions::beside(const std::shared_ptr<const Conditions>& known) {
  auto made = std::make_shared<Conditions>();
  if (!known->below_) {
    made->below_ = known;
    made->first_ = 2 * known->stride_;
    made->remembered_ = known->remembered_;
    return made;
  }
  made->below_ = known->below_;
  made->first_ = known->first_;
  made->known_beside_ = known->known_beside_;
  made->added_ = known->added_;
  made->numbers_ = known->numbers_;
  made->shares_ = known->shares_;
  made->unlisted_ = known->unlisted_;
  made->remembered_ = known->remembered_;
  return made;
}

Condition Conditions::listed(Test& test, float share) {
  Condition& number = numbers_[test.provisional];
  if (number != unnumbered) return number;
  number = first_ + static_cast<Condition>(shares_.size());
  shares_.push_back(share);
  return number;
}

void Conditions::seal() {
  if (!below_) shares_.assign(1, 1.0f);  // always_true
  std::size_t room = below_ ? beside_listed_max - std::min(beside_listed_max, numbers_.size()) : SIZE_MAX;
  numbers_.resize(added_.size(), unnumbered);
  std::map<int, std::vector<Test*>> by_attribute;
  for (const auto& test : added_) {
    const Condition number = numbers_[test->provisional];
    if (number < unlisted || (number == unnumbered && room > 0)) by_attribute[test->attribute].push_back(test.get());
    if (number == unnumbered && room > 0) --room;
  }
  list(by_attribute);
  stride_ = static_cast<Condition>(below_ ? beside_listed_max : 64 * words());
  const std::size_t unlisted_below = below_ ? below_->unlisted_.size() : 0;
  for (const auto& test : added_) {
    if (numbers_[test->provisional] != unnumbered) continue;
    numbers_[test->provisional] = unlisted | static_cast<Condition>(unlisted_below + unlisted_.size());
    if (test->uses > 1) test->memory = static_cast<std::int32_t>(remembered_++);
    if (below_) unlisted_.push_back(*test);
    else unlisted_.push_back(std::move(*test));
  }
  unlisted_.shrink_to_fit();
  if (below_) return;
  added_.clear();
  added_.shrink_to_fit();
}

void Conditions::answer(const RequestSlots& slots, Truths& truths) const {
  const Conditions& whole = below_ ? *below_ : *this;
  const std::size_t count = whole.words(), more = below_ ? words() : 0, more_stride = beside_listed_max / 64;
  truths.listed.assign(2 * count + (more > 0 ? more_stride + more : 0) + Lists::room_behind, 0);
  truths.remembered.assign(remembered_, 0);
  std::uint64_t* const bits = truths.listed.data();
  bits[0] = 1;  // always_true
  whole.lists_->set(slots, bits);
  for (std::size_t word = 0; word < count; ++word) bits[count + word] = ~bits[word];
  if (more == 0) return;
  std::uint64_t* const beside = bits + 2 * count;
  lists_->set(slots, beside);
  for (std::size_t word = 0; word < more; ++word) beside[more_stride + word] = ~beside[word];
}

const Conditions::Test& Conditions::test(Condition unlisted_one) const {
  const std::size_t number = unlisted_one & ~unlisted, below = below_ ? below_->unlisted_.size() : 0;
  return number < below ? below_->unlisted_[number] : unlisted_[number - below];
}

Conditions::Bucket Conditions::bucket(Condition condition) const {
  const Test& asked = test(condition);
  if (asked.op != Op::bucket) return {};
  // Buckets are whole numbers.
  const auto bound = [](double at) { return static_cast<std::uint16_t>(std::ceil(std::clamp(at, 0.0, 10'000.0))); };
  return {asked.attribute, asked.salt, bound(asked.lo), bound(asked.hi)};
}

bool Conditions::holds(Condition condition, const RequestSlots& slots, Truths& truths) const {
  const Test& test = this->test(condition);
  if (test.memory < 0) return test.holds(slots[test.attribute], slots);
  std::uint8_t& known = truths.remembered[static_cast<std::size_t>(test.memory)];
  if (known == 0) known = test.holds(slots[test.attribute], slots) ? 2 : 1;
  return known == 2;
}

std::size_t Conditions::bytes() const {
  return shares_.capacity() * sizeof(float) + numbers_.capacity() * sizeof(Condition) + unlisted_.capacity() * sizeof(Test) +
      known_.capacity() * sizeof(Known) + (lists_ ? lists_->bytes() : 0) + (below_ ? below_->bytes() : 0);
}

}  // namespace footlight
